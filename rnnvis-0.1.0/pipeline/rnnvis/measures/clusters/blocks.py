"""Block-average co-clustering: word and unit clusters whose block means reproduce the matrix.

X ≈ M[z, u] with word labels z, unit labels u and M[r, c] the mean of X over block (r, c) (Cho, Dhillon,
Guan and Sra 2004; Banerjee et al. 2007). With block sums S and cluster sizes n, m, the explained sum of
squares is Σ S[r, c]² / (n_r m_c), which every step here raises.

A step moves rows of one side, all that gain by it at once (`step`); what a move gains is exact, with the change
of both clusters' means counted in (Hartigan 1975), so that the optima are those that no single move improves.
The sums that labels make are kept, and brought up to date for the rows that moved alone. All of it is
deterministic. `rnnvis.measures.clusters.growth` makes the clusterings of all k from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rnnvis.measures.clusters.grouped import Array, Matrix, sums

_ROUNDS = 100


@dataclass(frozen=True)
class Side:
    """The labels of one side's n items, its k clusters' sizes, and each item's sums over the other side's l clusters.

    `labels` int64 [n], `sizes` float64 [k], `over` [n, l] in the dtype of the matrix.
    """

    labels: np.ndarray
    sizes: np.ndarray
    over: np.ndarray

    @property
    def k(self) -> int:
        """The number of clusters."""
        return len(self.sizes)


@dataclass(frozen=True)
class Fit:
    """A co-clustering with its sums: `blocks` float64 [k, l] holds those over each block."""

    x: Matrix
    rows: Side
    columns: Side
    blocks: np.ndarray

    @classmethod
    def of(cls, x: Array | Matrix, z: np.ndarray, u: np.ndarray) -> Fit:
        """The sums that the labels z of rows and u of columns make."""
        x = x if isinstance(x, Matrix) else Matrix.of(x)
        words, units = int(z.max()) + 1, int(u.max()) + 1
        over = x.over_columns(u, units)
        rows = Side(z, np.bincount(z, minlength=words).astype(np.float64), over)
        columns = Side(u, np.bincount(u, minlength=units).astype(np.float64), x.turned.over_columns(z, words))
        return cls(x, rows, columns, sums(over.astype(np.float64), z, words))

    @classmethod
    def single(cls, x: Array) -> Fit:
        """One cluster on each side."""
        return cls.of(x, np.zeros(x.shape[0], dtype=np.int64), np.zeros(x.shape[1], dtype=np.int64))

    @property
    def turned(self) -> Fit:
        """The same, transposed."""
        return Fit(self.x.turned, self.columns, self.rows, self.blocks.T)

    @property
    def labels(self) -> tuple[np.ndarray, np.ndarray]:
        """Labels of rows and of columns."""
        return self.rows.labels, self.columns.labels

    @cached_property
    def explained(self) -> float:
        """Σ S² / (n m): the part of ‖x‖² that the block means explain."""
        return _explained(self.blocks, self.rows.sizes, self.columns.sizes)


def _explained(blocks: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> float:
    return float((blocks**2 / rows[:, None] / columns).sum())


@dataclass(frozen=True)
class _Move:
    """Rows that change their cluster: what that makes of the sizes and the block sums; `by` [k, rows] of ±1."""

    rows: np.ndarray
    to: np.ndarray
    by: np.ndarray
    sizes: np.ndarray
    blocks: np.ndarray


def _move(fit: Fit, rows: np.ndarray, to: np.ndarray) -> _Move:
    by, each = np.zeros((fit.rows.k, len(rows)), fit.rows.over.dtype), np.arange(len(rows))
    by[fit.rows.labels[rows], each] = -1
    by[to, each] = 1
    sizes = fit.rows.sizes + by.sum(axis=1, dtype=np.float64)
    return _Move(rows, to, by, sizes, fit.blocks + by @ fit.rows.over[rows])


def _moved(fit: Fit, move: _Move) -> Fit:
    labels = fit.rows.labels.copy()
    labels[move.rows] = move.to
    over = fit.columns.over + fit.x.change(move.rows, move.by)
    columns = Side(fit.columns.labels, fit.columns.sizes, over)
    return Fit(fit.x, Side(labels, move.sizes, fit.rows.over), columns, move.blocks)


def split(fit: Fit, part: np.ndarray) -> Fit:
    """The rows `part` (indices), some of one cluster, become a cluster of their own, with the highest label."""
    source, k = fit.rows.labels[part[0]], fit.rows.k
    labels = fit.rows.labels.copy()
    labels[part] = k
    gone = (len(part), fit.x.rows[part].sum(axis=0), fit.rows.over[part].sum(axis=0, dtype=np.float64))
    sizes, over, blocks = (
        np.concatenate([kept, np.atleast_1d(moved)[None]])
        for kept, moved in zip((fit.rows.sizes[:, None], fit.columns.over.T, fit.blocks), gone, strict=True)
    )
    for whole in (sizes, over, blocks):
        whole[source] -= whole[k]
    columns = Side(fit.columns.labels, fit.columns.sizes, np.ascontiguousarray(over.T))
    return Fit(fit.x, Side(labels, sizes[:, 0], fit.rows.over), columns, blocks)


def merge(fit: Fit) -> Fit:
    """The two clusters of rows that lose least by it become one; those after the second are renumbered."""
    n = fit.rows.sizes
    means = fit.blocks / n[:, None] / np.sqrt(fit.columns.sizes)
    norms = (means**2).sum(axis=1)
    apart = norms[:, None] + norms - 2 * means @ means.T
    loss = apart * np.multiply.outer(n, n) / np.add.outer(n, n)
    loss[np.tril_indices(len(n))] = np.inf
    first, second = np.unravel_index(int(loss.argmin()), loss.shape)
    names = np.arange(len(n)) - (np.arange(len(n)) > second)
    names[second] = first
    joined = np.zeros((len(n), len(n) - 1))
    joined[np.arange(len(n)), names] = 1
    over = fit.columns.over @ joined.astype(fit.columns.over.dtype)
    rows = Side(names[fit.rows.labels], n @ joined, fit.rows.over)
    return Fit(fit.x, rows, Side(fit.columns.labels, fit.columns.sizes, over), joined.T @ fit.blocks)


def step(fit: Fit, least: float) -> Fit | None:
    """Move rows to other clusters where that raises the explained sum by more than `least`; None if none can.

    Moving row y from cluster a (size n_a, mean μ_a) to b changes it by |y − μ_a|² n_a / (n_a − 1) −
    |y − μ_b|² n_b / (n_b + 1). All rows that gain move together if the sum rises by that; else those that come
    closer to a mean, which it cannot lower; else one row for each pair of clusters. The last row of a cluster stays.
    """
    over, z, n, m = fit.rows.over, fit.rows.labels, fit.rows.sizes, fit.columns.sizes
    k = fit.rows.k
    means = fit.blocks / n[:, None] / m
    shrink = n / (n + 1)
    kind = over.dtype
    # |y − μ|² n / (n + 1) of all pairs by one product: of [y, |y|², 1] with [−2μ, 1, |μ|²] n / (n + 1).
    items = np.empty((len(z), len(m) + 2), kind)
    items[:, :-2], items[:, -2], items[:, -1] = over, (over**2) @ (1 / m).astype(kind), 1
    clusters = np.column_stack([-2 * means, np.ones(k), (means**2) @ m]) * shrink[:, None]
    join = items @ clusters.T.astype(kind)
    flat, at = join.ravel(), np.arange(0, len(z) * k, k)
    own = flat[at + z]
    flat[at + z] = np.inf
    to = join.argmin(axis=1)
    nearest = flat[at + to]
    # An item of its own cluster loses by leaving: |y − μ_a|² n / (n − 1), of which `own` is n / (n + 1).
    leave = np.where(n > 1, (n + 1) / np.maximum(n - 1, 1), 0).astype(kind)
    gain = own * leave[z] - nearest
    rows = np.flatnonzero(gain > least)
    if not len(rows):
        return None
    gain, now = gain[rows], fit.explained + least
    closer = nearest[rows] / shrink[to[rows]] < own[rows] / shrink[z[rows]] - least
    for some in (rows, rows[closer]):
        move = _move(fit, some, to[some])
        if move.sizes.min() > 0 and _explained(move.blocks, move.sizes, m) > now:
            return _moved(fit, move)
    some = rows[_apart(gain, z[rows], to[rows])]
    return _moved(fit, _move(fit, some, to[some]))


def _apart(gain: np.ndarray, source: np.ndarray, to: np.ndarray) -> list[int]:
    """Which moves to make, best first, so that no cluster takes part in two: their gains add up exactly."""
    taken: set[int] = set()
    chosen = []
    for i in np.argsort(-gain, kind="stable").tolist():
        pair = {int(source[i]), int(to[i])}
        if not taken & pair:
            taken |= pair
            chosen.append(i)
    return chosen


def settle(fit: Fit, rounds: int = _ROUNDS, enough: float = 0.0, before: float = 0.0) -> Fit:
    """Move rows and columns in turn, until nothing moves, or for so many rounds.

    With `enough`, also until a round gains less than that share of all that was gained since the sum was `before`.
    """
    rounding = 1e-10 if fit.rows.over.dtype == np.float64 else 1e-7
    least = rounding * fit.x.total
    value = fit.explained
    for _ in range(rounds):
        by_rows = step(fit, least)
        fit = by_rows or fit
        by_columns = step(fit.turned, least)
        fit = by_columns.turned if by_columns else fit
        if not by_rows and not by_columns:
            break
        if enough:
            last, value = value, fit.explained
            if value - last < enough * (value - before):
                break
    return fit


def block_sizes(z: np.ndarray, u: np.ndarray, words: int, units: int) -> np.ndarray:
    """How many entries each block has, [words, units]."""
    return np.outer(np.bincount(z[z >= 0], minlength=words), np.bincount(u[u >= 0], minlength=units))
