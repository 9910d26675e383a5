"""The references: one small PNG a scene and theme, and what is left when a picture differs from its own."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from tests.browser.snapshots.compare import difference, drawing

FOLDER = Path(__file__).parent / "references"
LEFT = Path(__file__).parents[3] / "build" / "snapshots"
COLOURS = (64, 128, 256)


def path_of(name: str, theme: str) -> Path:
    """The reference of a scene."""
    return FOLDER / f"{name}-{theme}.png"


def renew(name: str, theme: str, picture: bytes) -> bool:
    """Keep `picture` as the reference, unless the present one shows the same; whether it was renewed."""
    path = path_of(name, theme)
    actual = reduced(picture)
    if path.is_file() and not difference(Image.open(path), actual):
        return False
    FOLDER.mkdir(exist_ok=True)
    _with_few_colours(actual).save(path, optimize=True)
    return True


def _with_few_colours(actual: Image.Image) -> Image.Image:
    """`actual` with the smallest palette that changes nothing that the comparison sees."""
    for colours in COLOURS:
        kept = actual.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
        if not difference(kept, actual).pixels.any():
            return kept
    return actual


def reduced(picture: bytes) -> Image.Image:
    """A PNG at half its size, each pixel the mean of four: what is kept, and compared."""
    return Image.open(io.BytesIO(picture)).convert("RGB").reduce(2)


def told(name: str, theme: str, picture: bytes) -> str | None:
    """What is wrong with `picture`, in words; None where it shows what the reference shows.

    Expected, actual and difference are then left in `build/snapshots/`.
    """
    path = path_of(name, theme)
    if not path.is_file():
        return f"{path.name} is missing: python -m tests.browser.snapshots --update {name}"
    expected, actual = Image.open(path).convert("RGB"), reduced(picture)
    found = difference(expected, actual)
    if not found:
        return None
    LEFT.mkdir(parents=True, exist_ok=True)
    for kind, image in (("expected", expected), ("actual", actual), ("difference", drawing(actual, found))):
        image.save(LEFT / f"{name}-{theme}-{kind}.png")
    if expected.size != actual.size:
        return f"{name} ({theme}) is {actual.size} large and was {expected.size}; see {LEFT}/{name}-{theme}-*.png"
    x, y = (2 * at for at in found.squares[0])
    where = f"{len(found.squares)} places, first at x={x}, y={y}"
    return f"{name} ({theme}) differs in {where}; see {LEFT}/{name}-{theme}-*.png"
