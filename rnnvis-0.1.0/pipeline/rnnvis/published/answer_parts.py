"""Do the parts of an answer sum to it? Asked before they are written, and of what was written."""

from __future__ import annotations

import numpy as np

from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.answer_memory import NEAR

_HALF, _LEAST = 2.0**-11, 2.0**-25


def missed(part: np.ndarray, starts: np.ndarray, rest: np.ndarray, answer: np.ndarray) -> int | None:
    """The first of R rows where part[starts[i]:starts[i + 1]] and `rest` [R] do not sum to `answer` [R]; None where all
    do, but for what rounding to half precision makes of each part."""
    rows = np.flatnonzero(np.diff(starts))
    total, size = np.zeros(len(rest)), np.zeros(len(rest))
    values = part.astype(np.float64)
    if len(rows):
        total[rows] = np.add.reduceat(values, starts[rows])
        size[rows] = np.add.reduceat(np.abs(values), starts[rows])
    off = np.abs(total + rest - answer)
    near = NEAR * np.maximum(1.0, size + np.abs(rest)) + _HALF * size + _LEAST * np.diff(starts)
    wrong = np.flatnonzero(~(off <= near))
    return int(wrong[0]) if len(wrong) else None


def check(part: np.ndarray, starts: np.ndarray, rest: np.ndarray, answer: np.ndarray) -> None:
    """RnnvisError where they do not."""
    row = missed(part, starts, rest, answer)
    if row is not None:
        total = float(part[starts[row] : starts[row + 1]].sum(dtype=np.float64) + rest[row])
        raise RnnvisError(
            f"answer_memory: the parts of row {row} sum to {total:g}, and the answer is {float(answer[row]):g}",
            "this is a fault of rnnvis: please report it",
        )
