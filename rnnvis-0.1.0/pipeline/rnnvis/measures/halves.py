"""Half precision where it holds the values, single precision where it does not."""

from __future__ import annotations

import numpy as np
import torch

LARGEST = float(np.finfo(np.float16).max)
SMALLEST = float(np.finfo(np.float16).tiny)
MOST = 1e15


def unmeasurable(values: np.ndarray) -> np.ndarray:
    """Rows and units, int [n, 2], of the values [N, H] that are no numbers, or beyond 1e15 in size: squares of such
    cannot be summed, and no recurrence that works reaches them.
    """
    if not values.size or (values.max() <= MOST and values.min() >= -MOST):
        return np.zeros((0, 2), np.int64)
    return np.argwhere(~(np.abs(values) <= MOST))


def halved(values: np.ndarray) -> np.ndarray:
    """`values` as float16, each then within 2⁻¹¹ of itself or 2⁻²⁵; nan stays nan.

    Where the largest of them is beyond 65,504, the array is float32 and only what lies above that keeps single
    precision; where none reaches 6.1e-5, all of them keep it.
    """
    size = np.abs(values)
    largest = float(np.nanmax(size, initial=0.0))
    if SMALLEST <= largest <= LARGEST or largest == 0:
        return values.astype(np.float16, copy=False)
    found: np.ndarray = values.astype(np.float32)
    if largest > LARGEST:
        fits = size <= LARGEST
        found[fits] = found[fits].astype(np.float16)
    return found


class KeptStates:
    """Rows of a state [rows, units], zero at first, kept as `halved` has them, whatever the order they come in."""

    def __init__(self, rows: int, units: int) -> None:
        self._values = np.zeros((rows, units), np.float16)
        self._largest = 0.0

    def put(self, at: np.ndarray, states: np.ndarray) -> None:
        """`states` [N, units] as the rows `at`: N numbers, or a mask."""
        self._largest = max(self._largest, float(np.abs(states).max(initial=0.0)))
        if not SMALLEST <= self._largest <= LARGEST:
            self._values = self._values.astype(np.float32, copy=False)
        if self._values.dtype == np.float16 and states.dtype == np.float32:
            states = (
                torch.from_numpy(np.ascontiguousarray(states)).half().numpy()
            )  # rounds alike, several times as fast
        self._values[at] = states

    def of(self, rows: np.ndarray) -> np.ndarray:
        """The rows that the mask `rows` names, as they are kept so far."""
        return self._values[rows]

    def result(self) -> np.ndarray:
        """All rows, float16 or float32."""
        return halved(self._values)
