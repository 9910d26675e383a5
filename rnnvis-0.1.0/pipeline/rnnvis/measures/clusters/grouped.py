"""Sums over groups of rows, of dense and of sparse matrices alike: what co-clustering spends its time on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import svds

Array = Any  # np.ndarray or sp.csr_array, always two-dimensional


def groups(labels: np.ndarray, k: int, weights: np.ndarray | None = None) -> sp.csc_array:
    """Sparse [k, n]: in column i the weight of item i (1 without), at its label; none at a negative label."""
    weights = np.ones(len(labels)) if weights is None else weights
    indices, ends = labels.astype(np.int32), np.arange(len(labels) + 1, dtype=np.int32)
    inside = labels >= 0
    if not inside.all():
        weights, indices = weights[inside], indices[inside]
        ends[1:] = np.cumsum(inside)
    return sp.csc_array((weights, indices, ends), shape=(k, len(labels)))


def sums(rows: Array, labels: np.ndarray, k: int) -> np.ndarray:
    """Sums of the rows [n, m] with the same label, float [k, m]; rows with a negative label are left out."""
    weights = np.ones(len(labels), rows.dtype)
    return dense(groups(labels, k, weights) @ rows)


def dense(x: Array) -> np.ndarray:
    """`x` as an ndarray."""
    return x.toarray() if sp.issparse(x) else x


def block_sums(x: Array, z: sp.csc_array, u: sp.csc_array) -> np.ndarray:
    """Sums of `x` [n, m] over blocks, float64 [k, l], by `groups` z [k, n] of its rows and u [l, m] of its columns."""
    if sp.issparse(x):
        return z @ (x @ u.T.tocsr()).toarray()  # for the order see `Matrix.over_columns`
    return (u @ (z @ x).T).T


@dataclass(frozen=True)
class Matrix:
    """A matrix [n, m] with its transpose beside it, both laid out by rows: dense arrays, or sparse ones in CSR."""

    rows: Array
    columns: Array
    total: float
    """The sum of all squares."""

    @classmethod
    def of(cls, rows: Array) -> Matrix:
        """`rows` [n, m] with a transposed copy."""
        columns = rows.T.tocsr() if sp.issparse(rows) else np.ascontiguousarray(rows.T)
        return cls(rows, columns, float(squares(rows, axis=1).sum(dtype=np.float64)))

    @property
    def turned(self) -> Matrix:
        """The same, transposed; nothing is copied."""
        return Matrix(self.columns, self.rows, self.total)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return self.rows.shape

    def over_columns(self, labels: np.ndarray, k: int) -> np.ndarray:
        """For each row its sums over the columns with the same label, float [n, k], laid out by rows."""
        if sp.issparse(self.rows):
            # A row's sums are few: they stay in the processor's cache, where those over rows of a wide matrix do not.
            return (self.rows @ groups(labels, k, np.ones(len(labels), self.rows.dtype)).T.tocsr()).toarray()
        return np.ascontiguousarray(sums(self.columns, labels, k).T)

    def change(self, moved: np.ndarray, by: np.ndarray) -> np.ndarray:
        """For each column, how its sums over the row clusters change: float [m, k], `by` [k, moved rows] of ±1."""
        if sp.issparse(self.rows):
            return (self.rows[moved].T.tocsr() @ sp.csr_array(by.T)).toarray()
        return self.rows[moved].T @ by.T


def used(x: Array) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns with a number other than zero, as indices."""
    if sp.issparse(x):
        rows, columns = x.nonzero()
        return np.unique(rows), np.unique(columns)
    return np.flatnonzero(x.any(axis=1)), np.flatnonzero(x.any(axis=0))


def divided(x: Array, rows: np.ndarray | None = None, columns: np.ndarray | None = None) -> Array:
    """`x` with each row and each column divided by a number of its own."""
    if sp.issparse(x):
        data = x.data if rows is None else x.data / np.repeat(rows, np.diff(x.indptr))
        data = data if columns is None else data / columns[x.indices]
        return sp.csr_array((data, x.indices, x.indptr), shape=x.shape)
    x = x if rows is None else x / rows[:, None]
    return x if columns is None else x / columns


def squares(x: Array, axis: int) -> np.ndarray:
    """Sums of squares along `axis`, in the dtype of `x`."""
    if sp.issparse(x):
        return (x * x).sum(axis=axis)
    return np.einsum("ij,ij->i" if axis == 1 else "ij,ij->j", x, x)


def sizes_by_row(x: Array) -> np.ndarray:
    """The largest size of a number in each row, float64 [n]."""
    largest = abs(x).max(axis=1)
    return (largest.toarray() if sp.issparse(largest) else largest).ravel().astype(np.float64)


def row_lengths(x: Array) -> tuple[np.ndarray, np.ndarray]:
    """The largest size in each row, and the length of the row divided by it; 1 for rows of zeros. float64 [n].

    Two numbers, as the square of a small one may be none.
    """
    largest = sizes_by_row(x)
    largest[largest == 0] = 1
    lengths = np.sqrt(squares(divided(x, rows=largest), axis=1))
    lengths[lengths == 0] = 1
    return largest, lengths


def unit_rows(x: Array) -> Array:
    """Rows scaled to length 1; zero rows stay zero. float64."""
    largest, lengths = row_lengths(x)
    return divided(divided(x, rows=largest), rows=lengths)


def leading_vectors(x: Array, rank: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leading left singular vectors [n, r], values [r] and right vectors [r, m], largest first.

    All of them for an array; `rank` of them for a sparse matrix, by Lanczos from a fixed start.
    """
    if not sp.issparse(x) or 2 * rank >= min(x.shape):
        return np.linalg.svd(dense(x), full_matrices=False)
    start = np.random.default_rng(0).standard_normal(min(x.shape))
    left, values, right = svds(x, k=rank, v0=start)
    order = np.argsort(-values, kind="stable")
    return left[:, order], values[order], right[order]
