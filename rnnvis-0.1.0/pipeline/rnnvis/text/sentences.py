"""Sentences of word ids in one array: no object a sentence, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import overload

import numpy as np


class Sentences(Sequence[np.ndarray]):
    """`ids` int32 [N], cut into sentences of `lengths` int64 [S]; item i is a view, int32 [T]."""

    def __init__(self, ids: np.ndarray, lengths: np.ndarray) -> None:
        self.ids, self.lengths = ids, lengths
        self.starts = np.concatenate([[0], np.cumsum(lengths)])

    @staticmethod
    def of(rows: Iterable[np.ndarray]) -> Sentences:
        """`rows` [T] each, joined; `Sentences` are kept as they are."""
        if isinstance(rows, Sentences):
            return rows
        rows = list(rows)
        return Sentences(np.concatenate([np.zeros(0, np.int32), *rows], dtype=np.int32), lengths_of(rows))

    @property
    def sentence_id(self) -> np.ndarray:
        """Sentence number of every step, int32 [N]."""
        return np.repeat(np.arange(len(self.lengths), dtype=np.int32), self.lengths)

    @property
    def step(self) -> np.ndarray:
        """Number of every step in its sentence, int16 [N]."""
        return (np.arange(self.starts[-1]) - np.repeat(self.starts[:-1], self.lengths)).astype(np.int16)

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[np.ndarray]:
        ends = self.starts.tolist()
        return (self.ids[start:stop] for start, stop in pairwise(ends))

    @overload
    def __getitem__(self, at: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, at: slice) -> list[np.ndarray]: ...
    def __getitem__(self, at: int | slice) -> np.ndarray | list[np.ndarray]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        place = range(len(self))[at]
        return self.ids[self.starts[place] : self.starts[place + 1]]


def lengths_of(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Ids in each of `rows`, int64 [S]."""
    return rows.lengths if isinstance(rows, Sentences) else np.array([len(row) for row in rows], np.int64)


def largest_id(rows: Sequence[np.ndarray]) -> int:
    """The largest id in any of `rows`; −1 where there is none."""
    if isinstance(rows, Sentences):
        return int(rows.ids.max(initial=-1))
    return max((int(row.max()) for row in rows if len(row)), default=-1)
