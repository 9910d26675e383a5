"""The co-clustering methods, behind one signature.

Each takes the matrix [words, units] without zero rows or columns and the numbers of clusters wanted, and
yields the labels of words and units for each of them. One decomposition serves all numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import scipy.sparse as sp

from rnnvis.errors import RnnvisError
from rnnvis.measures.clusters import blocks

Labels = tuple[np.ndarray, np.ndarray]
Method = Callable[[np.ndarray, Sequence[tuple[int, int]]], Iterator[Labels]]


def unit_rows(matrix: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1; zero rows stay zero. float64."""
    largest = np.abs(matrix).max(axis=1, keepdims=True)
    scaled = matrix / np.where(largest > 0, largest, 1)
    norms = np.linalg.norm(scaled, axis=1, keepdims=True)
    return scaled / np.where(norms > 0, norms, 1)


def block(matrix: np.ndarray, ks: Sequence[tuple[int, int]]) -> Iterator[Labels]:
    """Block means of the unit rows, grown by splitting (see `rnnvis.measures.clusters.blocks`)."""
    x = unit_rows(matrix)
    grown = {}
    wanted = {max(k) for k in ks}
    square = all(words == units for words, units in ks)
    if square:
        for step, labels in enumerate(blocks.grow(x, max(wanted), max(wanted)), start=1):
            grown[step] = labels
    for words, units in ks:
        yield grown[words] if square else list(blocks.grow(x, words, units))[-1]


def spectral(matrix: np.ndarray, ks: Sequence[tuple[int, int]]) -> Iterator[Labels]:
    """k-means of words and of units on the leading k singular vectors of the signed matrix.

    Unit rows, divided by the square roots of the row and column sums of |R| (Dhillon 2001, with signs
    kept); vectors are scaled by their singular values. k-means starts from farthest points, so it is
    deterministic.
    """
    x = unit_rows(matrix)
    size = np.abs(x)
    scaled = x / np.sqrt(np.outer(size.sum(axis=1), size.sum(axis=0)))
    left, values, right = np.linalg.svd(scaled, full_matrices=False)
    for words, units in ks:
        rank = max(words, units)
        rows, columns = left[:, :rank] * values[:rank], right[:rank].T * values[:rank]
        yield k_means(rows, words), k_means(columns, units)


def modularity(matrix: np.ndarray, ks: Sequence[tuple[int, int]]) -> Iterator[Labels]:
    """Communities of words and the units that they raise (scikit-network).

    The graph joins each word to each unit with weight max(R, 0) of the unit rows; the Paris dendrogram
    (Bonald et al. 2018), which merges by the gain in modularity over resolutions, is cut at k. Words and
    units are cut together, so a community may hold words only or units only.
    """
    from sknetwork.hierarchy import Paris, cut_straight

    _same_sides("modularity", ks)
    graph = sp.csr_matrix(np.maximum(unit_rows(matrix), 0))
    if not graph.nnz:
        raise RnnvisError(
            'method "modularity" joins words to the units they raise, but no response is positive',
            'use method "block"',
        )
    paris = Paris()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # scikit-network on scipy's integer matrices
        paris.fit(graph, force_bipartite=True)
    for k, _ in ks:
        labels = cut_straight(paris.dendrogram_full_, n_clusters=k)
        yield labels[: len(matrix)].astype(np.int64), labels[len(matrix) :].astype(np.int64)


def rnnvis(matrix: np.ndarray, ks: Sequence[tuple[int, int]]) -> Iterator[Labels]:
    """What RNNVis ran: scikit-learn's SpectralCoclustering on R − min(R), seed fixed (Ming et al. 2017)."""
    from sklearn.cluster import SpectralCoclustering

    _same_sides("rnnvis", ks)
    shifted = matrix - matrix.min()
    if not shifted.any(axis=1).all() or not shifted.any(axis=0).all():
        raise RnnvisError(
            'method "rnnvis" shifts the matrix to non-negative, which leaves a row or column of zeros here',
            'use method "block", which needs no shift',
        )
    for k, _ in ks:
        model = SpectralCoclustering(n_clusters=k, random_state=0).fit(shifted)
        yield model.row_labels_.astype(np.int64), model.column_labels_.astype(np.int64)


METHODS: dict[str, Method] = {
    "block": block,
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
        members = blocks.indicator(labels, k)
        centres = (members.T @ points) / members.sum(axis=0)[:, None]
    if (labels < 0).any():  # only if points coincide, so that some centre is nearest to none
        labels = np.where(labels < 0, new, labels)
    return labels


def _same_sides(method: str, ks: Sequence[tuple[int, int]]) -> None:
    if any(words != units for words, units in ks):
        raise RnnvisError(
            f'method "{method}" makes as many unit clusters as word clusters',
            'give one number k, or use method "block" or "spectral"',
        )
