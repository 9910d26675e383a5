"""Padding at the ends of rows, found and cut off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

PADS = frozenset(("<pad>", "<PAD>", "[PAD]", "[pad]", "<|pad|>", "<pad_token>", "<padding>", "_PAD_", "__PAD__"))
"""What vocabularies call the token that fills rows up and is no word."""


def unpadded(row: np.ndarray, pads: Iterable[int]) -> np.ndarray:
    """`row` [T] without the ids `pads` at its end."""
    real = np.flatnonzero(~np.isin(row, list(pads)))
    return row[: real[-1] + 1 if len(real) else 0]


def only_at_ends(ids: np.ndarray, pads: Iterable[int]) -> bool:
    """Whether the rows of `ids` [B, T] hold `pads` only behind something else, and some hold one."""
    real = ~np.isin(ids, list(pads))
    return bool(not real.all() and real[:, :1].all() and (real[:, :-1] >= real[:, 1:]).all())


def filling(rows: Sequence[np.ndarray]) -> tuple[int, int] | None:
    """The id that fills up the ends of rows [T], and of how many; none where every end may be words.

    An id is taken for padding where it stands nowhere but in runs at the ends of at least two rows, one of them longer
    than one step, and not all rows have runs of one length. Rows of a single id say nothing.
    """
    lines = [row for row in rows if len(row) and (row != row[-1]).any()]
    if len(lines) < 2:
        return None
    lengths = np.array([len(line) for line in lines])
    ids = np.concatenate(lines)
    stops = np.cumsum(lengths)
    last = ids[stops - 1]
    at = np.arange(len(ids))
    other = np.where(ids == np.repeat(last, lengths), -1, at)
    inside = np.maximum(
        np.maximum.reduceat(other, stops - lengths), stops - lengths - 1
    )  # the last step before the run
    runs = stops - 1 - inside
    elsewhere = np.unique(ids[at <= np.repeat(inside, lengths)])
    for number in np.setdiff1d(last[runs > 1], elsewhere).tolist():
        of = runs[last == number]
        if len(of) > 1 and (len(of) < len(rows) or of.min() < of.max()):
            return number, len(of)
    return None
