"""What single units do: distribution, saturation, memory, selectivity, and the words that move them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from scipy.stats import rankdata

from rnnvis.measures.kept import Keeping
from rnnvis.measures.moments import GroupedMoments, block_rows, row_blocks

BINS = 64
SATURATED = 0.9
_FINE = 512
_REACH = 1.0
_WIDTH = 2 * _REACH / _FINE
_COLUMNS = 32


@dataclass(frozen=True)
class Units:
    """Measures of H units over all steps seen; float32 [H] unless said otherwise.

    `saturation`: share of steps with |s| > 0.9, nan for an unbounded state. `time_scale` = −1/ln ρ₁ in
    words, ρ₁ the correlation of s_t with s_{t−1} over all pairs inside a sentence (about the overall mean,
    not each sentence's own: centring short sentences would pull ρ₁ down); nan unless 0 < ρ₁ < 1.
    `histogram` int64 [H, 64] with common `edges` float32 [65].
    """

    count: int
    mean: np.ndarray = field(repr=False)
    mean_absolute: np.ndarray = field(repr=False)
    standard_deviation: np.ndarray = field(repr=False)
    saturation: np.ndarray = field(repr=False)
    time_scale: np.ndarray = field(repr=False)
    histogram: np.ndarray = field(repr=False)
    edges: np.ndarray = field(repr=False)

    def measures(self) -> dict[str, np.ndarray]:
        """What it holds one value a unit of, by name."""
        return {name: values for name, values in vars(self).items() if name not in ("count", "histogram", "edges")}


class UnitAccumulator(Keeping):
    """Streams states into `Units`; moments in float64, counts in integers.

    `bounded` says that states lie in [−1, 1] (h of LSTM, GRU and tanh layers): the histogram then has 64
    equal bins. Otherwise it is counted in bins of 1/256 in asinh(s), as many as its states need, and published in
    64 bins, equal in asinh(s), over the range that was used.
    """

    KEPT = ("_steps", "_absolute", "_saturated", "_fine", "_pairs")

    def __init__(self, units: int, bounded: bool) -> None:
        self.units, self.bounded = units, bounded
        self._steps = GroupedMoments(1, units)
        self._absolute = np.zeros(units)
        self._saturated = np.zeros(units, dtype=np.int64)
        self._fine = np.zeros((units, BINS if bounded else _FINE), dtype=np.int64)
        self._pairs = GroupedMoments(3, units)  # of the states before, those after, and their sums

    @property
    def count(self) -> int:
        """Steps seen."""
        return int(self._steps.count[0])

    def add(self, state: np.ndarray, previous: np.ndarray, continued: np.ndarray) -> None:
        """Take in N steps: states and previous states [N, H]; `continued` bool [N], whether the previous state is a
        step of the same sentence (not its reset)."""
        if not len(state):
            return
        if not self.bounded:
            self._widen(float(np.arcsinh(np.float64(max(-state.min(), state.max())))))
        size = block_rows(self.units)
        about = state[:size].mean(axis=0, dtype=np.float64)
        takes = np.stack([np.ones(len(state)), continued])  # all steps, and those that are one of a pair
        scratch = np.empty((3, size, self.units))  # allocated once: fresh memory is slow to touch
        sizes = np.empty((size, self.units), state.dtype)
        sums, squares = np.zeros((2, 2, self.units))
        before, squares_before, products = np.zeros((3, self.units))
        bins = _Bins(self._fine, size if self.bounded else len(state))
        for rows in row_blocks(*state.shape):
            take, s = takes[:, rows], state[rows]
            after, old, work = scratch[:, : len(s)]
            after[:] = s
            after -= about
            old[:] = previous[rows]
            old -= about
            sums += take @ after
            squares += take @ np.square(after, out=work)
            before += take[1] @ old
            products += take[1] @ np.multiply(after, old, out=work)
            squares_before += take[1] @ np.square(old, out=old)
            size_of = np.abs(s, out=sizes[: len(s)])
            work[:] = size_of
            self._absolute += take[0] @ work
            if self.bounded:
                self._saturated += np.add.reduce((size_of > SATURATED).view(np.uint8), axis=0, dtype=np.int32)
                bins.take(_bounded_bins(s, out=size_of))
            else:
                bins.take(_open_bins(s, self._fine.shape[1], out=work))
        bins.count()
        count, pairs = len(state), int(np.count_nonzero(continued))
        self._steps.add_to(0, count, *_moments(count, about, sums[0], squares[0]))
        if pairs:
            mean_a, m2_a = _moments(pairs, about, before, squares_before)
            mean_b, m2_b = _moments(pairs, about, sums[1], squares[1])
            together = m2_a + m2_b + 2 * (products - before / pairs * sums[1])
            for group, of in enumerate(((mean_a, m2_a), (mean_b, m2_b), (mean_a + mean_b, np.maximum(together, 0)))):
                self._pairs.add_to(group, pairs, *of)

    def merge(self, other: UnitAccumulator) -> None:
        """Take in everything that `other` has seen."""
        self._steps.merge(other._steps)
        self._pairs.merge(other._pairs)
        wide = max(self._fine.shape[1], other._fine.shape[1])
        self._fine = _centred(self._fine, wide) + _centred(other._fine, wide)
        for name in ("_absolute", "_saturated"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def result(self) -> Units:
        """The measures of what was seen so far."""
        n = max(self.count, 1)
        nothing = np.full(self.units, np.nan)
        histogram, edges = self._histogram()
        columns = {
            "mean": self._steps.mean[0],
            "mean_absolute": self._absolute / n,
            "standard_deviation": np.sqrt(self._steps.m2[0] / n),
            "saturation": self._saturated / n if self.bounded else nothing,
            "time_scale": decay_time(self._lag_one()),
        }
        columns = {name: value.astype(np.float32) for name, value in columns.items()}
        return Units(count=self.count, **columns, histogram=histogram, edges=edges)

    def _widen(self, reach: float) -> None:
        """Make room for |asinh(s)| up to `reach`, in steps of the first range."""
        self._fine = _centred(self._fine, max(self._fine.shape[1], _FINE * int(reach / _REACH + 1)))

    def _lag_one(self) -> np.ndarray:
        """ρ₁ = Cov(a, b) / √(Var a · Var b), with 2 Cov(a, b) = Var(a + b) − Var a − Var b."""
        a, b, both = self._pairs.m2 / max(int(self._pairs.count[0]), 1)
        covariance = (both - a - b) / 2
        spread = np.sqrt(a * b)
        # Rounded, so that a state that never changes has ρ₁ = 1 and not just below.
        return np.divide(covariance, spread, out=np.full(self.units, np.nan), where=spread > 1e-12).round(12)

    def _histogram(self) -> tuple[np.ndarray, np.ndarray]:
        if self.bounded:
            return self._fine.copy(), np.linspace(-1, 1, BINS + 1, dtype=np.float32)
        used = np.flatnonzero(self._fine.sum(axis=0))
        middle = self._fine.shape[1] // 2
        reach = max(middle - used[0], used[-1] + 1 - middle, 1) if len(used) else 1
        width = -(-int(reach) // (BINS // 2))
        low = middle - width * BINS // 2
        padded = np.pad(self._fine, ((0, 0), (max(-low, 0),) * 2))[:, max(low, 0) :][:, : width * BINS]
        edges = np.sinh((np.arange(BINS + 1) - BINS // 2) * width * _WIDTH)
        return padded.reshape(self.units, BINS, width).sum(axis=2), edges.astype(np.float32)


class _Bins:
    """Counts steps into `counts` int64 [H, bins], as many at once as have `room`."""

    def __init__(self, counts: np.ndarray, room: int) -> None:
        self._counts = counts
        units, bins = counts.shape
        self._columns = units if bins == BINS else _COLUMNS  # so that the counts fit into a processor's cache
        self._places = np.empty((room, units), dtype=np.int32)
        self._offset = (np.arange(units) % self._columns * bins).astype(np.int32)
        self._taken = 0

    def take(self, bins: np.ndarray) -> None:
        """Take in the bins [n, H] of n steps, whole numbers."""
        if self._taken + len(bins) > len(self._places):
            self.count()
        places = self._places[self._taken : self._taken + len(bins)]
        places[:] = bins
        places += self._offset
        self._taken += len(bins)

    def count(self) -> None:
        """Count what was taken in."""
        for first in range(0, len(self._counts), self._columns):
            counts = self._counts[first : first + self._columns]
            places = self._places[: self._taken, first : first + self._columns].reshape(-1)
            counted = torch.bincount(torch.from_numpy(places), minlength=counts.size)  # of 32 bits, unlike NumPy's
            counts += counted.numpy().reshape(counts.shape)
        self._taken = 0


def _bounded_bins(s: np.ndarray, out: np.ndarray) -> np.ndarray:
    """The bins of states in [−1, 1]. Exact in the states' own type: nothing is added before it is a whole number."""
    np.floor(np.multiply(s, BINS / 2, out=out), out=out)
    out += BINS / 2
    return np.clip(out, 0, BINS - 1, out=out)


def _open_bins(s: np.ndarray, bins: int, out: np.ndarray) -> np.ndarray:
    """The bins of states of any size, among `bins` of asinh(s), of which the middle two meet at zero."""
    out[:] = s
    np.arcsinh(out, out=out)
    out += bins / 2 * _WIDTH
    out /= _WIDTH
    return np.clip(out, 0, bins - 1, out=out)


def _moments(count: int, about: np.ndarray, total: np.ndarray, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and sum of squared deviations from it, [H] each, of `count` values whose deviations from `about`, and the
    squares of these, were summed. It is the mean of the first of them, near enough to that of all."""
    off = total / count
    return about + off, np.maximum(squares - off * total, 0)


def _centred(counts: np.ndarray, bins: int) -> np.ndarray:
    """`counts` [H, fewer or as many] with as many empty bins on either side as make them `bins`."""
    more = (bins - counts.shape[1]) // 2
    return np.pad(counts, ((0, 0), (more, more))) if more else counts


def decay_time(rate: np.ndarray) -> np.ndarray:
    """−1/ln(rate): steps until a share 1/e is left when a share `rate` stays each step; nan unless 0 < rate < 1."""
    rate = np.asarray(rate, dtype=np.float64)
    inside = (rate > 0) & (rate < 1)
    return np.where(inside, -1 / np.log(np.where(inside, rate, 0.5)), np.nan)


def hoyer_sparsity(values: np.ndarray) -> np.ndarray:
    """(√n − ‖x‖₁/‖x‖₂) / (√n − 1) of each column [n, H] (Hoyer 2004): 0 all equal, 1 a single entry; nan for zeros."""
    values = np.abs(np.asarray(values, dtype=np.float64))
    root = np.sqrt(len(values))
    norm = np.sqrt((values**2).sum(axis=0))
    defined = (norm > 0) & (len(values) > 1)
    ratio = np.divide(values.sum(axis=0), norm, out=np.full(norm.shape, np.nan), where=defined)
    return (root - ratio) / (root - 1) if len(values) > 1 else ratio


def of_responses(responses: np.ndarray) -> dict[str, np.ndarray]:
    """Measures of units by their expected responses to words [words, H], by name, float32 [H] each."""
    return {"sparsity": hoyer_sparsity(responses).astype(np.float32)}


def label_auc(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of each unit's value [S, H] for label 1 against label 0 [S], float32 [H].

    By midranks, so ties count half; other labels are passed over; nan if one of the two does not occur.
    """
    known = (labels == 0) | (labels == 1)
    positive = labels[known] == 1
    ones, zeros = int(positive.sum()), int((~positive).sum())
    if not ones or not zeros:
        return np.full(values.shape[1], np.nan, dtype=np.float32)
    ranks = rankdata(values[known], axis=0)
    area = (ranks[positive].sum(axis=0) - ones * (ones + 1) / 2) / (ones * zeros)
    return area.astype(np.float32)


def top_words(scores: np.ndarray, word_ids: np.ndarray, m: int = 10) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Up to m words that raise and up to m that lower each unit most, for each of H units int32 [0 … m].

    `scores` [words, H] is the mean response (or mean over standard error) of `word_ids` [words]; ties go to
    the earlier row. A word that does neither is in no list.
    """
    ids = np.asarray(word_ids, dtype=np.int32)

    def most(of: np.ndarray) -> list[np.ndarray]:
        order = np.argsort(-of, axis=0, kind="stable")[:m].T
        return [ids[rows[of[rows, unit] > 0]] for unit, rows in enumerate(order)]

    return most(scores), most(-scores)
