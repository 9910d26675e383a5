"""Quantiles per word and unit, streaming and mergeable: exact for most words, histograms for the commonest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rnnvis.measures.kept import Keeping
from rnnvis.measures.moments import row_blocks

LEVELS = (0.09, 0.25, 0.50, 0.75, 0.91)

BINS = 1024
SCALE = 0.05
LARGEST = 1000.0
_REACH = float(np.arcsinh(LARGEST / SCALE))
BIN_WIDTH = 2 * _REACH / BINS
_PENDING = 2**20  # values


@dataclass(frozen=True)
class Quantiles:
    """`values` float32 [words, units, 5]: the 9, 25, 50, 75 and 91 % quantiles; nan for a word without uses."""

    word_ids: np.ndarray
    values: np.ndarray = field(repr=False)


class QuantileAccumulator(Keeping):
    """Quantiles of the changes at the uses of chosen words.

    A word with at most `exact_uses` uses keeps them all, and its quantiles are exact (linear between order
    statistics, as `numpy.quantile`). A word with more goes into an integer histogram of asinh(x / 0.05)
    with 1024 fixed bins up to |x| = 1000, and more of the same width where a change goes beyond, read by linear
    interpolation inside a bin: the error is at most 0.021 · √(q² + 0.05²), that is 2.1 % of a large value and
    0.001 near zero. Which of both happens depends
    on the number of uses alone, so the result does not depend on batches or on the order of merging. Memory
    grows with words × units.
    """

    KEPT = ("count", "_slot", "_kept", "_row_of", "_histograms")

    def __init__(self, word_ids: np.ndarray, units: int, exact_uses: int = 512) -> None:
        self.word_ids = np.unique(np.asarray(word_ids, dtype=np.int32))
        self.units = units
        self.exact_uses = exact_uses
        self.count = np.zeros(len(self.word_ids), dtype=np.int64)
        self._slot = np.zeros(0, dtype=np.int64)
        self._kept = np.zeros((0, units), dtype=np.float32)
        self._pending: list[tuple[np.ndarray, np.ndarray]] = []
        self._pending_rows = 0
        self._row_of = np.full(len(self.word_ids), -1, dtype=np.int64)
        self._histograms = np.zeros((0, units, BINS), dtype=np.int32)

    def kept(self) -> dict[str, np.ndarray]:
        """What it has seen, every use in its place."""
        self._compact()
        return super().kept()

    def add(self, token_id: np.ndarray, delta: np.ndarray) -> None:
        """Take in N steps: words [N] and changes [N, units]; other words are passed over."""
        if not len(self.word_ids):
            return
        slot = np.searchsorted(self.word_ids, token_id).clip(max=len(self.word_ids) - 1)
        mine = self.word_ids[slot] == token_id
        self._append(slot[mine], delta[mine].astype(np.float32, copy=False))

    def merge(self, other: QuantileAccumulator) -> None:
        """Take in everything that `other`, over the same words, has seen; `other` keeps its uses."""
        other._compact()
        self._compact()
        self._append(other._slot, other._kept)
        counted = np.flatnonzero(other._row_of >= 0)
        self.count[counted] += other._histograms[other._row_of[counted], 0].sum(axis=1)
        rows = self._rows(counted)
        bins = max(self._histograms.shape[2], other._histograms.shape[2])
        self._histograms = _centred(self._histograms, bins)
        self._histograms[rows] += _centred(other._histograms, bins)[other._row_of[counted]]
        self._compact()

    def result(self) -> Quantiles:
        """The quantiles of what was seen so far."""
        self._compact()
        values = np.full((len(self.word_ids), self.units, len(LEVELS)), np.nan, dtype=np.float32)
        starts = np.searchsorted(self._slot, np.arange(len(self.word_ids) + 1))
        for slot in np.unique(self._slot):
            uses = np.sort(self._kept[starts[slot] : starts[slot + 1]], axis=0)
            place = np.array(LEVELS) * (len(uses) - 1)
            low = np.floor(place).astype(int)
            high = np.minimum(low + 1, len(uses) - 1)
            part = (place - low)[:, None]
            values[slot] = (uses[low] + part * (uses[high] - uses[low].astype(np.float64))).T
        for slot in np.flatnonzero(self._row_of >= 0):
            values[slot] = _histogram_quantiles(self._histograms[self._row_of[slot]])
        return Quantiles(self.word_ids, values)

    def _append(self, slot: np.ndarray, rows: np.ndarray) -> None:
        if not len(slot):
            return
        self.count += np.bincount(slot, minlength=len(self.count))
        self._pending.append((slot, rows))
        self._pending_rows += len(slot)
        if self._pending_rows > max(_PENDING // self.units, len(self._slot) // 2):
            self._compact()

    def _compact(self) -> None:
        """Sort pending uses in by word; move words with too many uses into histograms."""
        parts = [(self._slot, self._kept), *self._pending]
        self._pending, self._pending_rows = [], 0
        slot = np.concatenate([of for of, _ in parts])
        order = np.argsort(slot, kind="stable")
        slot = slot[order]
        many = (self.count > self.exact_uses)[slot]
        starts = np.flatnonzero(np.diff(slot[many], prepend=-1))
        for row, uses in zip(self._rows(slot[many][starts]), np.split(order[many], starts)[1:], strict=True):
            self._count(row, self._uses(parts, uses))
        self._slot, self._kept = slot[~many], self._uses(parts, order[~many])

    def _uses(self, parts: Sequence[tuple[np.ndarray, np.ndarray]], order: np.ndarray) -> np.ndarray:
        """The uses that `order` [n] numbers through all `parts`, float32 [n, units]."""
        found = np.empty((len(order), self.units), dtype=np.float32)
        first = 0
        for _, rows in parts:
            mine = np.flatnonzero((order >= first) & (order < first + len(rows)))
            found[mine] = rows[order[mine] - first]
            first += len(rows)
        return found

    def _count(self, row: int, uses: np.ndarray) -> None:
        """Add the uses [n, units] of one word to its histogram."""
        reach = float(np.arcsinh(np.abs(uses).max(initial=0) / SCALE))
        self._histograms = _centred(self._histograms, BINS * int(reach / _REACH + 1))
        bins = self._histograms.shape[2]
        places = np.empty(uses.shape, dtype=np.int64)
        for rows in row_blocks(*uses.shape):
            places[rows] = bin_of(uses[rows], bins)
            places[rows] += np.arange(self.units) * bins
        found = np.bincount(places.reshape(-1), minlength=self.units * bins)
        self._histograms[row] += found.reshape(self.units, bins)

    def _rows(self, slots: np.ndarray) -> np.ndarray:
        """Histogram rows of these words; a word without one gets an empty one."""
        new = np.unique(slots[self._row_of[slots] < 0])
        if len(new):
            self._row_of[new] = len(self._histograms) + np.arange(len(new))
            empty = np.zeros((len(new), *self._histograms.shape[1:]), dtype=np.int32)
            self._histograms = np.concatenate([self._histograms, empty])
        return self._row_of[slots]


def bin_of(values: np.ndarray, bins: int = BINS) -> np.ndarray:
    """The bin of each value, int64, among `bins` of which the middle two meet at zero."""
    place = (np.arcsinh(np.asarray(values, dtype=np.float64) / SCALE) + bins / 2 * BIN_WIDTH) / BIN_WIDTH
    return np.clip(place, 0, bins - 1, out=place).astype(np.int64)


def _centred(histograms: np.ndarray, bins: int) -> np.ndarray:
    """`histograms` [words, units, BINS or more] with at least `bins` bins, as many more on either side."""
    more = max(0, bins - histograms.shape[2]) // 2
    return np.pad(histograms, ((0, 0), (0, 0), (more, more))) if more else histograms


def _histogram_quantiles(histogram: np.ndarray) -> np.ndarray:
    """Quantiles [units, 5] of counts [units, bins]."""
    reach = histogram.shape[1] / 2 * BIN_WIDTH
    below = np.cumsum(histogram, axis=1)
    wanted = np.array(LEVELS) * below[:, -1:]
    rows = np.arange(len(histogram))[:, None]
    at = np.zeros(wanted.shape, dtype=np.int64)  # bins that lie wholly below
    for bit in reversed(range(histogram.shape[1].bit_length())):
        further = at + (1 << bit)
        inside = further <= histogram.shape[1]
        at = np.where(inside & (below[rows, np.where(inside, further, 1) - 1] < wanted), further, at)
    inside = histogram[rows, at]
    part = (wanted - (below[rows, at] - inside)) / inside
    return SCALE * np.sinh((at + part) * BIN_WIDTH - reach)
