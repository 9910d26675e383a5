"""Shares of a gap that sets of units close, by size, as a figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from rnnvis.measures.outputs.patching import Found

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 118, 14, 36


def shares_figure(state: str, sets: Sequence[Found], whole: float) -> str:
    """SVG, in the colour of the text around it: the share on unseen pairs with its standard error, on those that were
    searched, of random sets (mean, lowest and highest), of what differs most, and of the `whole` state."""
    every = [0.0, 1.0, whole, *(value for found in sets for value in _values(found))]
    low, high = min(every), max(every)
    sizes = len(sets)

    def x(size: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (size - 0.5) / max(1, sizes)

    def y(share: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - share) / (high - low)

    marks = []
    for share in (0.0, 0.5, 1.0):
        marks.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(share):.1f}" y2="{y(share):.1f}" opacity=".2"/>')
        marks.append(_text(LEFT - 6, y(share) + 4, f"{share:g}", "end"))
    marks.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(whole):.1f}" y2="{y(whole):.1f}" opacity=".7"/>')
    for size, found in enumerate(sets, 1):
        marks.append(_text(x(size), HEIGHT - BOTTOM + 16, str(size), "middle"))
        if len(found.random):
            ends = y(float(found.random.min())), y(float(found.random.max()))
            marks.append(
                f'<line x1="{x(size):.1f}" x2="{x(size):.1f}" y1="{ends[0]:.1f}" y2="{ends[1]:.1f}" stroke-width="6" '
                'opacity=".25"/>'
            )
        if found.standard_error == found.standard_error:
            ends = y(found.unseen - found.standard_error), y(found.unseen + found.standard_error)
            marks.append(f'<line x1="{x(size):.1f}" x2="{x(size):.1f}" y1="{ends[0]:.1f}" y2="{ends[1]:.1f}"/>')
    lines: tuple[tuple[str, str, Callable[[Found], float | None]], ...] = (
        ("unseen pairs", 'stroke-width="2"', lambda of: of.unseen),
        ("pairs searched", 'stroke-dasharray="1 3"', lambda of: of.seen),
        ("most different", 'stroke-dasharray="6 3"', lambda of: of.differing),
        ("random sets", 'opacity=".55"', lambda of: float(of.random.mean()) if len(of.random) else None),
    )
    last: list[tuple[float, str]] = [(y(whole), "all units")]
    for name, style, value in lines:
        points = [(x(size), y(v)) for size, found in enumerate(sets, 1) if (v := value(found)) is not None]
        if not points:
            continue
        marks.append(f'<polyline fill="none" {style} points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>')
        marks += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5" fill="currentColor" {style}/>' for a, b in points]
        last.append((points[-1][1], name))
    below = -100.0
    for at, name in sorted(last):
        below = max(at + 4, below + 14)
        marks.append(_text(WIDTH - RIGHT + 8, below, name, "start"))
    marks.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, "units or chips carried over", "middle"))
    title = escape(f"Share of the gap closed by sets of {state}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{title}" stroke="currentColor" font-family="sans-serif" font-size="12">'
        f"<title>{title}</title>{''.join(marks)}</svg>"
    )


def _values(found: Found) -> list[float]:
    error = found.standard_error if found.standard_error == found.standard_error else 0.0
    ends = [found.unseen - error, found.unseen + error, found.seen, found.differing]
    return ends + ([float(found.random.min()), float(found.random.max())] if len(found.random) else [])


def _text(x: float, y: float, said: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" stroke="none" fill="currentColor">{escape(said)}</text>'
    )
