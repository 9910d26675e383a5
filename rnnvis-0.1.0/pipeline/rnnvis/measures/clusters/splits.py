"""Which cluster to split in two, and how: along the direction in which its members differ most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.utils.extmath import randomized_svd

from rnnvis.measures.clusters.blocks import Fit
from rnnvis.measures.clusters.grouped import Array, divided, squares

_RANK = 16
_LIKELIEST = 2
_ROUNDS = 2


class Splits:
    """The best splits of clusters of the rows and of the columns of `x`.

    Between whole rows, columns are divided by the square root of their root mean square, so that loud units do not
    hide structure in quiet ones, and projected on the leading 16 singular vectors; rows and columns alike.
    """

    def __init__(self, x: Array) -> None:
        quieted = divided(x, columns=np.sqrt(np.sqrt(squares(x, axis=0) / x.shape[0])))
        left, values, right = randomized_svd(
            quieted, min(_RANK, *x.shape), n_iter=2, power_iteration_normalizer="QR", random_state=0, flip_sign=False
        )
        self._rows, self._columns = left * values, right.T * values

    def of_rows(self, fit: Fit) -> list[np.ndarray]:
        """Members of new clusters: after the best split between block means, and the best one between whole rows."""
        return _candidates(fit, self._rows)

    def of_columns(self, fit: Fit) -> list[np.ndarray]:
        """The same for the columns."""
        return _candidates(fit.turned, self._columns)


def _candidates(fit: Fit, whole: np.ndarray) -> list[np.ndarray]:
    side = fit.rows
    clusters = Members.of(side.labels, side.k)
    by_whole = best_split(whole, clusters)
    if fit.columns.k == 1:
        return [by_whole]
    # Sums over clusters / √size: so far apart are rows of block means.
    return [best_split(side.over / np.sqrt(fit.columns.sizes).astype(side.over.dtype), clusters), by_whole]


@dataclass(frozen=True)
class Members:
    """The members of clusters as indices [n], cluster after cluster, with the clusters' sizes and starts [k]."""

    order: np.ndarray
    sizes: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray, k: int) -> Members:
        """Of labels 0…k − 1, none of them without a member."""
        small = labels.astype(np.int16) if k < 2**15 else labels  # sorted by counting
        sizes = np.bincount(labels, minlength=k)
        return cls(np.argsort(small, kind="stable"), sizes, np.cumsum(sizes) - sizes)


def best_split(y: np.ndarray, clusters: Members) -> np.ndarray:
    """The smaller part of the best split in two of one of the `clusters` of the rows `y` [n, d], as indices.

    Best is what explains most of the squares. Tried are the two clusters with the largest sum of squares along one
    axis, which bounds what a split explains.
    """
    sizes, starts = clusters.sizes, clusters.starts
    centred = y.take(clusters.order, axis=0)
    centred -= np.repeat(np.add.reduceat(centred, starts, axis=0) / sizes[:, None].astype(y.dtype), sizes, axis=0)
    inside = [slice(at, at + size) for at, size in zip(starts.tolist(), sizes.tolist(), strict=True)]
    largest, axes = _leading(np.stack([centred[some].T @ centred[some] for some in inside]))
    largest[sizes < 2] = -1
    best = -1.0, clusters.order[:0]
    for r in np.argsort(-largest, kind="stable")[:_LIKELIEST].tolist():
        if largest[r] > best[0]:
            gain, part = two_means(centred[inside[r]], axes[r])
            if gain > best[0]:
                best = gain, clusters.order[inside[r]][part]
    return best[1]


def _leading(scatter: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of symmetric matrices [k, d, d]: bounds from above on their largest eigenvalues, and (nearly) the vectors."""
    size = np.trace(scatter, axis1=1, axis2=2)
    power = scatter / np.where(size > 0, size, 1)[:, None, None]
    for _ in range(3):
        power = power @ power
    bound = size * np.trace(power, axis1=1, axis2=2) ** (1 / 8)
    return bound, power[np.arange(len(power)), np.argmax(np.diagonal(power, axis1=1, axis2=2), axis=1)]


def two_means(centred: np.ndarray, axis: np.ndarray) -> tuple[float, np.ndarray]:
    """Gain in explained sum of squares of a split of the rows [n ≥ 2, d], of mean 0, and bool [n], the smaller part.

    Two-means, started from the best threshold along `axis`.
    """
    n = len(centred)
    along = centred @ axis
    order = np.argsort(along, kind="stable")
    below = np.cumsum(along[order])[:-1]
    size = np.arange(1, n)
    at = int(np.argmax(below**2 / (size * (n - size))))
    part = np.zeros(n, dtype=bool)
    part[order[at + 1 :]] = True
    inside, total = n - at - 1, part @ centred
    for _ in range(_ROUNDS):
        centre, other = total / inside, -total / (n - inside)
        closer = centred @ (centre - other) > (centre @ centre - other @ other) / 2
        count = int(np.count_nonzero(closer))
        if not 0 < count < n or np.array_equal(closer, part):
            break
        part, inside, total = closer, count, closer @ centred
    if 2 * inside > n or (2 * inside == n and part[0]):
        part, inside, total = ~part, n - inside, -total
    return float(total @ total) * (1 / inside + 1 / (n - inside)), part
