"""Mean and variance per group of rows, streaming and mergeable."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

from rnnvis.measures.kept import Keeping, Kept

_BLOCK = 2**15
_COLUMNS = 64


class GroupedMoments(Keeping):
    """Count, mean and sum of squared deviations of rows [N, units], for each of `groups` groups.

    float64 throughout. Memory is units × the groups that have rows, whatever the number of rows. Rows are taken about
    the mean that their group has so far, or its first row; accumulators are combined by the formula of Chan, Golub and
    LeVeque (1979). So no large sums of squares are ever subtracted.
    """

    def __init__(self, groups: int, units: int) -> None:
        self.count = np.zeros(groups, dtype=np.int64)
        self._place = np.full(groups, -1, dtype=np.int64)
        self._used = 0
        self._mean, self._m2 = np.zeros((0, units)), np.zeros((0, units))

    @property
    def mean(self) -> np.ndarray:
        """Means [groups, units], zero without rows."""
        return self.of(slice(None))[1]

    @property
    def m2(self) -> np.ndarray:
        """Sums of squared deviations [groups, units], zero without rows."""
        return self.of(slice(None))[2]

    def m2_over(self, groups: slice) -> np.ndarray:
        """Sum over these groups of their sums of squared deviations, [units]."""
        place = self._place[groups]
        place = place[place >= 0]
        units = self._m2.shape[1]
        return sum((self._m2[place[rows]].sum(axis=0) for rows in row_blocks(len(place), units)), np.zeros(units))

    def of(self, groups: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Counts [n], means and sums of squared deviations [n, units] of these groups."""
        place = self._place[groups]
        mean, m2 = np.zeros((2, len(place), self._mean.shape[1]))
        mean[place >= 0], m2[place >= 0] = self._mean[place[place >= 0]], self._m2[place[place >= 0]]
        return self.count[groups], mean, m2

    def add(self, group: np.ndarray, rows: np.ndarray) -> None:
        """Take in `rows` [N, units]; `group` [N] says where each belongs."""
        if not len(group):
            return
        order = np.argsort(group, kind="stable")
        of = np.asarray(group)[order]
        starts = np.flatnonzero(np.concatenate([[True], of[1:] != of[:-1]]))
        count = np.diff(np.append(starts, len(of)))
        # One sparse row of ones per group: a segment sum without copying the rows into order.
        segments = sp.csr_matrix((np.ones(len(of)), order, np.append(starts, len(of))), shape=(len(starts), len(of)))
        segment_of = np.empty(len(of), dtype=np.int64)
        segment_of[order] = np.repeat(np.arange(len(starts)), count)
        groups = of[starts]
        place, new = self._places(groups), self.count[groups] == 0
        self._mean[place[new]] = rows[order[starts[new]]]
        self.count[groups] += count
        seen = self.count[groups].astype(np.float64)[:, None]
        wide = -(-rows.shape[1] // max(1, -(-rows.shape[1] // _COLUMNS))) or 1  # blocks of one size, about
        scratch = np.empty((2, len(rows) * wide))  # once: fresh memory is slow to touch
        for first in range(0, rows.shape[1], wide):
            columns = slice(first, first + wide)
            some = rows[:, columns]
            values, means = scratch[:, : some.size].reshape(2, *some.shape)
            mean = self._mean[place, columns]
            values[:] = some
            values -= mean.take(segment_of, axis=0, out=means, mode="clip")
            off = segments @ values  # about the mean so far, so that Σ (x − mean)² grows by squares − off² / n
            squares = segments @ np.square(values, out=values)
            step = off / seen
            mean += step
            squares -= np.multiply(off, step, out=step)
            self._mean[place, columns] = mean
            self._m2[place, columns] += squares

    def add_to(self, group: int, count: int, mean: np.ndarray, m2: np.ndarray) -> None:
        """Take in so many rows of one group, of which mean and sum of squared deviations [units] are known."""
        at, many = np.array([group]), np.array([count])
        self._combine(self._places(at), self.count[at], many, mean[None], m2[None])
        self.count[at] += many

    def merge(self, other: GroupedMoments) -> None:
        """Take in everything that `other` has seen; `other` is not changed."""
        used = np.flatnonzero(other.count)
        self._combine(self._places(used), self.count[used], *other.of(used))
        self.count[used] += other.count[used]

    def kept(self) -> dict[str, np.ndarray]:
        """The groups that have rows, int64 [n], with their counts, means and sums of squared deviations."""
        used = np.flatnonzero(self.count)
        return {"group": used, **dict(zip(("count", "mean", "m2"), self.of(used), strict=True))}

    def restore(self, kept: Kept) -> None:
        """Take up what another one has `kept`."""
        place = self._places(kept["group"])
        self.count[kept["group"]], self._mean[place], self._m2[place] = (kept[name] for name in ("count", "mean", "m2"))

    def _combine(
        self, place: np.ndarray, before: np.ndarray, count: np.ndarray, mean: np.ndarray, m2: np.ndarray
    ) -> None:
        """Pool what was seen of groups at `place` with what comes; `before` are their counts so far."""
        _, self._mean[place], self._m2[place] = pool(before, self._mean[place], self._m2[place], count, mean, m2)

    def _places(self, groups: np.ndarray) -> np.ndarray:
        """Where these groups lie; those without rows so far get a place."""
        new = groups[self._place[groups] < 0]
        if len(new):
            self._place[new] = np.arange(self._used, self._used + len(new))
            self._used += len(new)
            if self._used > len(self._mean):
                room = min(len(self._place), max(self._used, len(self._mean) * 17 // 16))
                for array in (self._mean, self._m2):
                    array.resize((room, array.shape[1]), refcheck=False)
        return self._place[groups]

    def standard_error(self) -> np.ndarray:
        """√(M2 / (n − 1) / n) per group and unit; nan below two rows."""
        return standard_error(self.count, self.m2)


def block_rows(units: int) -> int:
    """Rows in a block of `row_blocks`."""
    return max(1, _BLOCK // max(1, units))


def row_blocks(rows: int, units: int) -> Iterator[slice]:
    """Slices of `rows` rows of so few values that a few copies of a block stay in a processor's cache."""
    size = block_rows(units)
    return (slice(start, start + size) for start in range(0, rows, size))


def pool(
    count_a: np.ndarray,
    mean_a: np.ndarray,
    m2_a: np.ndarray,
    count_b: np.ndarray,
    mean_b: np.ndarray,
    m2_b: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts [G], means and sums of squared deviations [G, units] of the union of two samples per group."""
    count = count_a + count_b
    share = np.divide(count_b, count, out=np.zeros(len(count)), where=count > 0)[:, None]
    gap = mean_b - mean_a
    mean = gap * share
    mean += mean_a
    m2 = np.square(gap, out=gap)
    m2 *= count_a[:, None] * share
    m2 += m2_a
    m2 += m2_b
    return count, mean, m2


def standard_error(count: np.ndarray, m2: np.ndarray) -> np.ndarray:
    """Standard error of a mean from its count [G] and sum of squared deviations [G, units]; nan for n < 2."""
    n = np.where(count >= 2, count, np.nan).astype(np.float64)[:, None]
    return np.sqrt(m2 / (n * (n - 1)))
