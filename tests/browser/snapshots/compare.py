"""Whether two pictures show the same: deaf to anti-aliasing, not to what a person would see.

Both pictures are blurred a little. A pixel of one then differs where it cannot be had by moving the other by less than
half a pixel: in some channel it lies more than `NEAR` outside the range of the colours on the way to the pixels around.
Edges that another version of the browser smooths otherwise, or draws a fraction of a pixel aside, stay inside that
range; a letter that is gone, a mark that moved or a surface of another colour do not. Single pixels are forgiven: what
counts is how many differ in one square of `SQUARE` × `SQUARE` pixels, so that a small change is not lost in a large
picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

NEAR = 16
"""Of 255. References have a palette: this is above what the palette alone changes."""
ASIDE = 0.4
"""How far towards the pixels around a picture may be moved."""
SQUARE = 8
FORGIVEN = 6
"""Differing pixels that a square may have."""


@dataclass(frozen=True)
class Difference:
    """What differs: `pixels` bool [height, width], and the corners (x, y) of the squares in which too much does."""

    pixels: np.ndarray = field(repr=False)
    squares: tuple[tuple[int, int], ...]

    def __bool__(self) -> bool:
        return bool(self.squares)


def difference(expected: Image.Image, actual: Image.Image) -> Difference:
    """Where `actual` does not show what `expected` shows. Pictures of different size differ everywhere."""
    if expected.size != actual.size:
        everywhere = np.ones((actual.height, actual.width), dtype=bool)
        return Difference(everywhere, _squares(everywhere))
    a, b = (_blurred(np.asarray(image.convert("RGB"), dtype=np.float32)) for image in (expected, actual))
    pixels = _outside(a, b) | _outside(b, a)
    return Difference(pixels, _squares(pixels))


def drawing(actual: Image.Image, found: Difference) -> Image.Image:
    """`actual` made pale, what differs in red, and a frame around each square that counts."""
    pale = 255 - (255 - np.asarray(actual.convert("RGB"), dtype=np.float32)) * 0.3
    frame = np.zeros_like(found.pixels)
    for x, y in found.squares:
        frame[y : y + SQUARE, x : x + SQUARE] = True
        frame[y + 1 : y + SQUARE - 1, x + 1 : x + SQUARE - 1] = False
    pale[frame] = (255, 170, 0)
    pale[found.pixels] = (215, 0, 30)
    return Image.fromarray(pale.astype(np.uint8))


def _outside(inner: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Pixels of `inner` that lie outside the range of `of` and of the colours on the way to its 3 × 3 pixels there."""
    low, high = ((1 - ASIDE) * of + ASIDE * _around(of, chosen) for chosen in (np.minimum, np.maximum))
    return ((inner < low - NEAR) | (inner > high + NEAR)).any(axis=2)


def _blurred(values: np.ndarray) -> np.ndarray:
    """The mean of the 3 × 3 pixels around each."""
    return _around(values, np.add) / 9


def _around(values: np.ndarray, joined: np.ufunc) -> np.ndarray:
    for axis in (0, 1):
        padded = np.pad(values, [(1, 1) if i == axis else (0, 0) for i in range(3)], mode="edge")
        cut = [padded.take(range(i, i + values.shape[axis]), axis=axis) for i in range(3)]
        values = joined(joined(cut[0], cut[1]), cut[2])
    return values


def _squares(pixels: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Squares with too many of `pixels`; they overlap by half, so that a change on a border is not shared out."""
    half = SQUARE // 2
    height, width = (-(-size // half) * half + half for size in pixels.shape)
    padded = np.zeros((height, width), dtype=np.int32)
    padded[: pixels.shape[0], : pixels.shape[1]] = pixels
    quarter = padded.reshape(height // half, half, width // half, half).sum(axis=(1, 3))
    count = quarter[:-1, :-1] + quarter[1:, :-1] + quarter[:-1, 1:] + quarter[1:, 1:]
    return tuple((int(x) * half, int(y) * half) for y, x in np.argwhere(count > FORGIVEN))
