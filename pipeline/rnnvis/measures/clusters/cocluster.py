"""Co-clustering of words and units: the groups, and the block means that are drawn as links between them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment
from threadpoolctl import threadpool_limits

from rnnvis.errors import RnnvisError
from rnnvis.measures.clusters.blocks import block_means, indicator
from rnnvis.measures.clusters.draw_order import draw_orders
from rnnvis.measures.clusters.methods import METHODS
from rnnvis.measures.clusters.quality import Labels, Quality, quality, spectrum


@dataclass(frozen=True)
class Coclustering:
    """One co-clustering of a matrix [n words, m units] into k = (word clusters, unit clusters).

    `word_labels` int64 [n] and `unit_labels` int64 [m]; −1 marks a zero row or column, which belongs to no
    cluster; `zero_words` and `zero_units` list those. `block_means` float64 [word clusters, unit clusters]:
    the mean of the matrix, as given, over each block (0 where a cluster is empty; the method "block"
    leaves none). `word_order` and `unit_order`: the clusters from top to bottom, so
    that strong links are short.
    """

    method: str
    k: tuple[int, int]
    word_labels: np.ndarray = field(repr=False)
    unit_labels: np.ndarray = field(repr=False)
    block_means: np.ndarray = field(repr=False)
    quality: Quality
    word_order: np.ndarray = field(repr=False)
    unit_order: np.ndarray = field(repr=False)
    zero_words: np.ndarray = field(repr=False)
    zero_units: np.ndarray = field(repr=False)


def cocluster(
    matrix: Any,
    k: int | tuple[int, int] = 10,
    method: str = "block",
    halves: tuple[Any, Any] | None = None,
) -> Coclustering:
    """Group the rows (words) and columns (units) of a signed matrix so that its block means reproduce it.

    `matrix` is an ndarray or scipy.sparse matrix [words, units], for instance expected responses; rows are
    compared by direction (scaled to unit length). `k` is the number of clusters, or (words, units).
    `method` is one of

    - "block" (default): block means of the signed rows, grown by splitting;
    - "spectral": k-means on the leading k singular vectors of the signed, normalised matrix;
    - "modularity": communities of words and the units they raise (scikit-network);
    - "rnnvis": scikit-learn's SpectralCoclustering on the matrix shifted to non-negative, as RNNVis did.

    `halves` are two matrices of the same shape, measured on disjoint halves of the text: with them the
    result says how much of one half the clustering of the other explains, and how stable it is.
    Deterministic; labels equal those of `sweep` up to renaming. Zero rows and columns are labelled −1.

    Raises RnnvisError for an unknown method, a k out of range, a matrix that is not two-dimensional,
    numeric and finite, or halves of another shape.
    """
    return sweep(matrix, [k], method, halves)[0]


def sweep(
    matrix: Any,
    ks: Sequence[int | tuple[int, int]] | None = None,
    method: str = "block",
    halves: tuple[Any, Any] | None = None,
    word_scores: np.ndarray | None = None,
) -> list[Coclustering]:
    """Co-clusterings for every number in `ks` (default 2…min(30, words, units)), from one decomposition.

    Labels are matched from each k to the next (Hungarian matching on shared members), so that a cluster
    keeps its number as long as it lives, and draw orders change little. `word_scores` [words] (for instance
    effects on the verdict) says which end of the order is the top: where they are higher. Otherwise as
    `cocluster`.
    """
    if method not in METHODS:
        near = difflib.get_close_matches(str(method), METHODS, n=1)
        known = "methods: " + ", ".join(METHODS)
        raise RnnvisError(f'unknown co-clustering method "{method}"', f'"{near[0]}"? {known}' if near else known)
    whole = _dense(matrix, "the matrix")
    parts = None if halves is None else _both(halves, whole.shape)
    rows, columns = int(whole.any(axis=1).sum()), int(whole.any(axis=0).sum())
    if ks is None:
        ks = range(2, min(30, rows, columns) + 1)
    pairs = [_pair(k, rows, columns) for k in ks]
    with threadpool_limits(limits=1):
        found = _labels(whole, pairs, method, "the matrix")
        of_halves = None
        spectra = None
        if parts is not None:
            named = zip(parts, ("the first half", "the second half"), strict=True)
            of_halves = [_labels(half, pairs, method, name) for half, name in named]
            spectra = spectrum(parts[0]), spectrum(parts[1])
        results: list[Coclustering] = []
        for at, (k, labels) in enumerate(zip(pairs, found, strict=True)):
            before = results[-1] if results else None
            if before is not None:
                labels = (
                    match(before.word_labels, labels[0], before.k[0], k[0]),
                    match(before.unit_labels, labels[1], before.k[1], k[1]),
                )
            means = block_means(whole, *labels, *k)
            orders = draw_orders(means, None if before is None else (before.word_order, before.unit_order))
            if before is None and word_scores is not None:
                orders = _upright(orders, labels[0], word_scores)
            both = None if of_halves is None else (of_halves[0][at], of_halves[1][at])
            results.append(
                Coclustering(
                    method=method,
                    k=k,
                    word_labels=labels[0],
                    unit_labels=labels[1],
                    block_means=means,
                    quality=quality(whole, labels, k, parts, both, spectra),
                    word_order=orders[0],
                    unit_order=orders[1],
                    zero_words=np.flatnonzero(labels[0] < 0),
                    zero_units=np.flatnonzero(labels[1] < 0),
                )
            )
    return results


def match(before: np.ndarray, labels: np.ndarray, k_before: int, k: int) -> np.ndarray:
    """`labels` renamed so that as many items as possible keep their label of `before` (Hungarian matching).

    Clusters without a predecessor take the labels left over, larger clusters first; −1 stays.
    """
    shared = indicator(labels, k).T @ indicator(before, max(k_before, k))
    cluster, name = linear_sum_assignment(-shared[:, :k])
    size = np.bincount(labels[labels >= 0], minlength=k)
    kept = shared[cluster, name] > 0
    renamed = np.full(k, -1)
    renamed[cluster[kept]] = name[kept]
    free = sorted(set(range(k)) - set(renamed.tolist()))
    new = sorted(np.flatnonzero(renamed < 0), key=lambda r: (-size[r], r))
    renamed[new] = free
    return np.where(labels >= 0, renamed[labels], -1)


def word_strengths(matrix: Any, unit_labels: np.ndarray, units: int) -> np.ndarray:
    """Mean response of each word over each unit cluster, float64 [words, unit clusters]; 0 for an empty cluster."""
    q = indicator(unit_labels, units)
    return (_dense(matrix, "the matrix") @ q) / np.maximum(q.sum(axis=0), 1)


def _labels(matrix: np.ndarray, ks: list[tuple[int, int]], method: str, name: str) -> list[Labels]:
    """Labels for each k, −1 for zero rows and columns."""
    rows, columns = np.flatnonzero(matrix.any(axis=1)), np.flatnonzero(matrix.any(axis=0))
    for words, units in ks:
        if len(rows) < words or len(columns) < units:
            raise RnnvisError(
                f"{name} has {len(rows)} words and {len(columns)} units with a response, too few for "
                f"{words} × {units} clusters",
                "choose a smaller k, or measure more text",
            )
    found = []
    used = matrix[np.ix_(rows, columns)]
    for z, u in METHODS[method](used / np.abs(used).max(), ks):
        words_of, units_of = np.full(len(matrix), -1), np.full(matrix.shape[1], -1)
        words_of[rows], units_of[columns] = z, u
        found.append((words_of, units_of))
    return found


def _upright(orders: Labels, word_labels: np.ndarray, scores: np.ndarray) -> Labels:
    """The orders, turned over if the words with higher scores would be at the bottom."""
    p = indicator(word_labels, len(orders[0]))
    mean = (p.T @ scores) / np.maximum(p.sum(axis=0), 1)
    slope = np.arange(len(orders[0])) - (len(orders[0]) - 1) / 2
    return (orders[0][::-1], orders[1][::-1]) if slope @ mean[orders[0]] > 0 else orders


def _dense(matrix: Any, name: str) -> np.ndarray:
    fix = "give an array [words, units] of finite numbers"
    try:
        dense = np.asarray(matrix.toarray() if sp.issparse(matrix) else matrix, dtype=np.float64)
    except (TypeError, ValueError):
        raise RnnvisError(f"{name} is not an array of numbers", fix) from None
    if dense.ndim != 2 or not dense.size:
        raise RnnvisError(f"{name} has the shape {dense.shape}, not words × units", fix)
    bad = np.argwhere(~np.isfinite(dense))
    if len(bad):
        row, column = bad[0]
        raise RnnvisError(
            f"{name} holds {len(bad)} values that are not finite, the first at word {row}, unit {column}",
            "leave out words without a measured response",
        )
    return dense


def _both(halves: Any, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(halves, tuple | list) or len(halves) != 2:
        raise RnnvisError("halves must be two matrices", "give (responses of one half, responses of the other)")
    a, b = _dense(halves[0], "the first half"), _dense(halves[1], "the second half")
    if a.shape != shape or b.shape != shape:
        raise RnnvisError(
            f"the halves have the shapes {a.shape} and {b.shape}, the matrix {shape}",
            "measure the same words and units in both halves",
        )
    return a, b


def _pair(k: Any, rows: int, columns: int) -> tuple[int, int]:
    pair = tuple(k) if isinstance(k, tuple | list) else (k, k)
    whole = len(pair) == 2 and all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in pair)
    if not whole:
        raise RnnvisError(f"k = {k!r} is not a number of clusters", "give a whole number, or (words, units)")
    words, units = int(pair[0]), int(pair[1])
    if min(words, units) < 2 or words > rows or units > columns:
        raise RnnvisError(
            f"k = {k!r} is out of range: the matrix has {rows} words and {columns} units with a response",
            f"choose k from 2 to {min(rows, columns)}",
        )
    return words, units
