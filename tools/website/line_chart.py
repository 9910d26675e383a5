"""Lines with error bars as SVG, in the colour of the text around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup, escape

from tools.website.markup import decimal, filled

WIDTH, HEIGHT = 640, 264
LEFT, RIGHT, TOP, BOTTOM = 52, 132, 12, 42
BAR = 1.96
"""Half of a 95 % interval, in standard errors."""
_STYLES = {
    "strong": 'stroke-width="2"',
    "plain": 'stroke-width="1.2"',
    "dashed": 'stroke-width="1.2" stroke-dasharray="6 3"',
    "dotted": 'stroke-width="1.2" stroke-dasharray="1.5 3"',
}


@dataclass(frozen=True)
class Line:
    """A named line: a value at each place, None where there is none, with its standard error or None; `style` is
    strong, plain, dashed or dotted."""

    name: str
    points: Sequence[tuple[float | None, float | None]]
    style: str = "plain"


def line_chart(title: str, places: Sequence[str], across: str, up: str, lines: Sequence[Line]) -> Markup:
    """The `lines` over `places` that are evenly apart; the axes are called `across` and `up`. Bars are 95 % intervals.

    Names stand at the ends of the lines.
    """
    ends = [
        value + side * BAR * (error or 0.0)
        for line in lines
        for value, error in line.points
        if value is not None
        for side in (-1, 1)
    ]
    low, high = min(0.0, *ends), max(0.0, *ends)
    step = _round_step((high - low) / 4 or 1.0)
    low, high = floor(low / step) * step, -floor(-high / step) * step
    digits = max(0, -floor(log10(step)))

    def x(place: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / max(1, len(places))

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low or 1.0)

    marks: list[Markup] = []
    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        strength = ".6" if abs(value) < step / 2 else ".2"
        marks.append(_rule(LEFT, y(value), WIDTH - RIGHT, y(value), f'opacity="{strength}"'))
        marks.append(_label(LEFT - 6, y(value) + 4, decimal(value, digits), "end"))
    marks += [_label(x(i), HEIGHT - BOTTOM + 16, place, "middle") for i, place in enumerate(places)]
    marks.append(_label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, across, "middle"))
    last: list[tuple[float, str]] = []
    for line in lines:
        known = [(x(i), value, error) for i, (value, error) in enumerate(line.points) if value is not None]
        if not known:
            continue
        style = _STYLES[line.style]
        path = " ".join(f"{at:.1f},{y(value):.1f}" for at, value, _ in known)
        marks.append(Markup('<polyline fill="none" {} points="{}"/>').format(Markup(style), path))
        for at, value, error in known:
            if error:
                marks.append(_rule(at, y(value - BAR * error), at, y(value + BAR * error), 'stroke-width="1"'))
            marks.append(Markup('<circle cx="{}" cy="{}" r="2.2" fill="currentColor"/>').format(*_short(at, y(value))))
        last.append((y(known[-1][1]), line.name))
    below = -100.0
    for at, name in sorted(last):
        below = max(at + 4, below + 14)
        marks.append(_label(WIDTH - RIGHT + 8, below, name, "start"))
    return (
        filled(
            '<figure class="rv-chart"><svg viewBox="0 0 {} {}" role="img" aria-label="{}" stroke="currentColor" '
            'font-family="sans-serif" font-size="12">{}</svg><figcaption>{}; {}. Bars are 95 % intervals.</figcaption>'
            "</figure>",
            *(WIDTH, HEIGHT, title, Markup().join(marks), title, up),
        )
        + "\n"
    )


def _round_step(least: float) -> float:
    """The next of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** floor(log10(least))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= least * (1 - 1e-9))


def _rule(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    line = Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" {}/>')
    return line.format(*_short(x1, y1, x2, y2), Markup(style))


def _label(x: float, y: float, said: str, anchor: str) -> Markup:
    text = Markup('<text x="{}" y="{}" text-anchor="{}" stroke="none" fill="currentColor">{}</text>')
    return text.format(*_short(x, y), anchor, escape(said))


def _short(*values: float) -> tuple[str, ...]:
    return tuple(f"{value:.1f}" for value in values)
