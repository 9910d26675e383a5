"""Sentences side by side: which share a batch, and how they are filled up to one length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np

from rnnvis.text.sentences import lengths_of

T = TypeVar("T")


@dataclass(frozen=True)
class Rows:
    """Sentences of one batch as arrays: `ids` int64 [B, T], `lengths` int64 [B]; `real` bool [B, T] where they are."""

    ids: np.ndarray
    lengths: np.ndarray
    real: np.ndarray


@dataclass(frozen=True)
class Shard:
    """Part `index`, from 0, of `count` parts of a text: every `count`-th of its batches (or documents). The batches are
    those of the whole text, so that a model comes to the same numbers in parts as in one run."""

    index: int = 0
    count: int = 1

    def of(self, batches: Iterable[T]) -> Iterator[T]:
        """Its own among all `batches`."""
        return islice(batches, self.index, None, self.count)

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


WHOLE = Shard()


def padded(sentences: Sequence[np.ndarray], padding_id: int) -> Rows:
    """`sentences` side by side, filled up with `padding_id`."""
    lengths = lengths_of(sentences)
    real = np.arange(max(1, int(lengths.max()))) < lengths[:, None]
    ids = np.full(real.shape, padding_id, dtype=np.int64)
    ids[real] = np.concatenate([np.asarray(s, np.int64) for s in sentences])
    return Rows(ids, lengths, real)


def length_batches(
    lengths: Sequence[int] | np.ndarray, batch_steps: int, alike: bool | np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Positions of non-empty sentences, longest first, in batches of at most `batch_steps` padded steps.

    With `alike` [S, n] only sentences with equal numbers share a batch; True stands for their lengths. No batch has
    as many sentences as steps, so that a model that mistakes one for the other is found out.
    """
    of = np.asarray(lengths, dtype=np.int64)
    key = of[:, None] if alike is None or isinstance(alike, bool) else np.column_stack([of, alike])
    equal = alike is not None and alike is not False
    order = np.lexsort([*(-key[:, ::-1].T)]) if len(of) else np.zeros(0, np.int64)
    order = order[of[order] > 0]
    start = 0
    while start < len(order):
        longest = int(of[order[start]])
        stop = min(len(order), start + max(1, batch_steps // longest))
        if equal:
            others = np.flatnonzero((key[order[start:stop]] != key[order[start]]).any(axis=1))
            stop = start + int(others[0]) if len(others) else stop
        if stop - start == longest and longest > 1:
            stop -= 1
        yield order[start:stop]
        start = stop
