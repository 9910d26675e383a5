"""Mean and variance per group of rows, streaming and mergeable."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

_BLOCK = 2**16
_COLUMNS = 64


class GroupedMoments:
    """Count, mean and sum of squared deviations of rows [N, units], for each of `groups` groups.

    float64 throughout. Memory is units × the groups that have rows, whatever the number of rows. Batches and
    accumulators are combined by the formula of Chan, Golub and LeVeque (1979), so no large sums of squares are ever
    subtracted.
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
        place = self._places(of[starts])
        before = self.count[of[starts]]
        scratch = np.empty((2, len(rows) * min(_COLUMNS, rows.shape[1])))  # once: fresh memory is slow to touch
        for first in range(0, rows.shape[1], _COLUMNS):
            columns = slice(first, first + _COLUMNS)
            some = rows[:, columns]
            values, means = scratch[:, : some.size].reshape(2, *some.shape)
            values[:] = some
            mean = segments @ values
            mean /= count[:, None]
            values -= mean.take(segment_of, axis=0, out=means, mode="clip")
            self._combine(place, before, count, mean, segments @ np.square(values, out=values), columns)
        self.count[of[starts]] += count

    def add_to(self, group: int, sums: Sums) -> None:
        """Take in the rows of `sums`, all of them of one group."""
        if sums.count:
            at, count = np.array([group]), np.array([sums.count])
            mean, m2 = sums.moments()
            self._combine(self._places(at), self.count[at], count, mean[None], m2[None])
            self.count[at] += count

    def merge(self, other: GroupedMoments) -> None:
        """Take in everything that `other` has seen; `other` is not changed."""
        used = np.flatnonzero(other.count)
        self._combine(self._places(used), self.count[used], *other.of(used))
        self.count[used] += other.count[used]

    def _combine(
        self,
        place: np.ndarray,
        before: np.ndarray,
        count: np.ndarray,
        mean: np.ndarray,
        m2: np.ndarray,
        columns: slice = slice(None),
    ) -> None:
        """Pool what was seen of these units in groups at `place` with what comes; `before` are their counts so far."""
        _, self._mean[place, columns], self._m2[place, columns] = pool(
            before, self._mean[place, columns], self._m2[place, columns], count, mean, m2
        )

    def _places(self, groups: np.ndarray) -> np.ndarray:
        """Where these groups lie; those without rows so far get a place."""
        new = groups[self._place[groups] < 0]
        if len(new):
            self._place[new] = np.arange(self._used, self._used + len(new))
            self._used += len(new)
            if self._used > len(self._mean):
                room = min(len(self._place), max(self._used, len(self._mean) * 5 // 4))
                for array in (self._mean, self._m2):
                    array.resize((room, array.shape[1]), refcheck=False)
        return self._place[groups]

    def standard_error(self) -> np.ndarray:
        """√(M2 / (n − 1) / n) per group and unit; nan below two rows."""
        return standard_error(self.count, self.m2)


class Sums:
    """Sums over rows [N, units] of their deviations from the mean of the first block, and of the squares of these.

    That mean lies near enough to the mean of all: rounding grows by at most the number of blocks.
    """

    def __init__(self) -> None:
        self.count = 0
        self._about = self._sum = self._squares = np.zeros(0)

    def add(self, rows: np.ndarray) -> None:
        """Take in a block of float64 `rows`, which are written over."""
        if not len(rows):
            return
        if not self.count:
            self._about = rows.mean(axis=0)
            self._sum, self._squares = np.zeros((2, rows.shape[1]))
        self.count += len(rows)
        rows -= self._about
        self._sum += rows.sum(axis=0)
        self._squares += np.square(rows, out=rows).sum(axis=0)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and sum of squared deviations from it, [units] each."""
        off = self._sum / self.count
        return self._about + off, np.maximum(self._squares - off * self._sum, 0)


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
