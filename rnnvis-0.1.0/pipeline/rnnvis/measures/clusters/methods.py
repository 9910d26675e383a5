"""The co-clustering methods, behind one signature.

Each takes the matrix [words, units] without zero rows or columns and the numbers of clusters wanted, and
yields the labels of words and units for each of them. One decomposition serves all numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from rnnvis.errors import RnnvisError
from rnnvis.measures.clusters.grouped import Array, divided, leading_vectors, squares, sums, unit_rows, used
from rnnvis.measures.clusters.growth import grow

_MOST_SHIFTED = 10**8
_LEAST_WEIGHT = 1e-18
Labels = tuple[np.ndarray, np.ndarray]
Method = Callable[[Array, Sequence[tuple[int, int]]], Iterator[Labels]]


def block(matrix: Array, ks: Sequence[tuple[int, int]]) -> Iterator[Labels]:
    """Block means of the unit rows, grown by splitting (see `rnnvis.measures.clusters.growth`)."""
    x = unit_rows(matrix)
    if all(words == units for words, units in ks):
        largest = max(max(k) for k in ks)
        found = dict(grow(x, largest, largest, {words for words, _ in ks}))
        yield from (found[words] for words, _ in ks)
    else:
        for words, units in ks:
            yield next(labels for _, labels in grow(x, words, units, {max(words, units)}))


def direction(matrix: Array, ks: Sequence[tuple[int, int]]) -> Iterator[Labels]:
    """As `block`, of columns at unit length too: units that answer to the same words at different loudness belong
    together, where `block` parts the loud ones from the quiet ones."""
    x = unit_rows(matrix)
    yield from block(divided(x, columns=np.sqrt(squares(x, 0))), ks)


def spectral(matrix: Array, ks: Sequence[tuple[int, int]]) -> Iterator[Labels]:
    """k-means of words and of units on the leading k singular vectors of the signed matrix.

    Unit rows, divided by the square roots of the row and column sums of |R| (Dhillon 2001, with signs
    kept); vectors are scaled by their singular values. k-means starts from farthest points, so it is
    deterministic.
    """
    x = unit_rows(matrix)
    size = abs(x)
    scaled = divided(x, rows=np.sqrt(size.sum(axis=1)), columns=np.sqrt(size.sum(axis=0)))
    left, values, right = leading_vectors(scaled, max(max(k) for k in ks))
    for words, units in ks:
        rank = max(words, units)
        rows, columns = left[:, :rank] * values[:rank], right[:rank].T * values[:rank]
        yield k_means(rows, words), k_means(columns, units)


def modularity(matrix: Array, ks: Sequence[tuple[int, int]]) -> Iterator[Labels]:
    """Communities of words and the units that they raise (scikit-network).

    The graph joins each word to each unit with weight max(R, 0) of the unit rows; the Paris dendrogram
    (Bonald et al. 2018), which merges by the gain in modularity over resolutions, is cut at k. Words and
    units are cut together, so a community may hold words only or units only.
    """
    try:
        from sknetwork.hierarchy import Paris
    except ImportError:
        raise RnnvisError(
            'method "modularity" needs scikit-network, which is not installed',
            'use method "block", or: pip install scikit-network (on Python 3.14 it needs a C++ compiler)',
        ) from None
    _same_sides("modularity", ks)
    graph = sp.csr_matrix(unit_rows(matrix).maximum(0) if sp.issparse(matrix) else np.maximum(unit_rows(matrix), 0))
    graph.data[graph.data < _LEAST_WEIGHT] = 0  # Paris divides by them
    graph.eliminate_zeros()
    if not graph.nnz:
        raise RnnvisError(
            'method "modularity" joins words to the units they raise, but no response is positive',
            'use method "block"',
        )
    paris = Paris(reorder=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # scikit-network on scipy's integer matrices
        paris.fit(graph, force_bipartite=True)
    for k, _ in ks:
        labels = cut(paris.dendrogram_full_, k)
        yield labels[: matrix.shape[0]], labels[matrix.shape[0] :]


def cut(dendrogram: np.ndarray, k: int) -> np.ndarray:
    """Labels int64 [n] of the k clusters that are left by the lowest n − k merges of a dendrogram [n − 1, 4].

    Row t merges two clusters into number n + t, at the height in its third column. Of merges at equal heights (or at
    none, between parts of a graph that nothing joins) the earlier one counts as lower, so there are always k clusters.
    """
    n = len(dendrogram) + 1
    pairs, heights = dendrogram[:, :2].astype(np.int64), dendrogram[:, 2].copy()
    for t, (a, b) in enumerate(pairs.tolist()):
        heights[t] = max([heights[t], *(heights[c - n] for c in (a, b) if c >= n)])
    merges = np.sort(np.argsort(heights, kind="stable")[: n - k])
    joined = sp.coo_array(
        (np.ones(2 * len(merges)), (np.repeat(n + merges, 2), pairs[merges].ravel())), shape=(2 * n - 1, 2 * n - 1)
    )
    parts = connected_components(joined, directed=False)[1][:n]
    return np.unique(parts, return_inverse=True)[1].astype(np.int64)


def rnnvis(matrix: Array, ks: Sequence[tuple[int, int]]) -> Iterator[Labels]:
    """What RNNVis ran: scikit-learn's SpectralCoclustering on R − min(R), seed fixed (Ming et al. 2017)."""
    from sklearn.cluster import SpectralCoclustering

    _same_sides("rnnvis", ks)
    least = matrix.min()
    if least and sp.issparse(matrix):
        if np.prod(matrix.shape) > _MOST_SHIFTED:
            raise RnnvisError(
                'method "rnnvis" shifts the matrix to non-negative, which leaves no zeros of '
                f"{matrix.shape[0]} × {matrix.shape[1]}",
                'use method "block", which needs no shift',
            )
        matrix = matrix.toarray()
    shifted = matrix - least if least else matrix
    if [len(some) for some in used(shifted)] != list(shifted.shape):
        raise RnnvisError(
            'method "rnnvis" shifts the matrix to non-negative, which leaves a row or column of zeros here',
            'use method "block", which needs no shift',
        )
    for k, _ in ks:
        model = SpectralCoclustering(n_clusters=k, random_state=0).fit(shifted)
        yield model.row_labels_.astype(np.int64), model.column_labels_.astype(np.int64)


FAINT = {"block": 1e-18, "direction": 1e-150}
"""How small a unit may be beside the rows, by methods that square it: "block" does so in single precision."""

METHODS: dict[str, Method] = {
    "block": block,
    "direction": direction,
    "spectral": spectral,
    "modularity": modularity,
    "rnnvis": rnnvis,
}


def k_means(points: np.ndarray, k: int, rounds: int = 100) -> np.ndarray:
    """Labels of `points` [n, d] by k-means from farthest points: the longest first, then ever the farthest."""
    chosen = [int(np.argmax((points**2).sum(axis=1)))]
    nearest = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    for _ in range(1, k):
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    centres = points[chosen]
    labels = np.full(len(points), -1)
    labels[chosen] = np.arange(k)
    for _ in range(rounds):
        new = np.argmin((centres**2).sum(axis=1) - 2 * points @ centres.T, axis=1)
        if np.array_equal(new, labels) or not np.bincount(new, minlength=k).all():
            break
        labels = new
        centres = sums(points, labels, k) / np.bincount(labels, minlength=k)[:, None]
    if (labels < 0).any():  # only if points coincide, so that some centre is nearest to none
        labels = np.where(labels < 0, new, labels)
    return labels


def _same_sides(method: str, ks: Sequence[tuple[int, int]]) -> None:
    if any(words != units for words, units in ks):
        raise RnnvisError(
            f'method "{method}" makes as many unit clusters as word clusters',
            'give one number k, or use method "block" or "spectral"',
        )
