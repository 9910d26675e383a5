"""Co-clustering of words and units: the groups, and the block means that are drawn as links between them."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment
from threadpoolctl import ThreadpoolController

from rnnvis.arguments import ANY, checks_arguments
from rnnvis.errors import RnnvisError
from rnnvis.measures.clusters.blocks import block_sizes
from rnnvis.measures.clusters.draw_order import draw_orders
from rnnvis.measures.clusters.grouped import Array, dense, groups, sizes_by_row, squares, unit_rows, used
from rnnvis.measures.clusters.methods import FAINT, METHODS
from rnnvis.measures.clusters.quality import Halves, Labels, Measured, Quality, quality, shared

_PLAIN = 100  # as a power of two: squares of sums of such numbers are neither infinite nor zero
_FAINT = 1e-200
_LEAVE = "leave it out, or scale it: its numbers are in other units than those of the rest"


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


@checks_arguments(matrix=ANY, k=ANY, halves=ANY)
def cocluster(
    matrix: Any,
    k: int | tuple[int, int] = 10,
    method: str = "block",
    halves: tuple[Any, Any] | None = None,
) -> Coclustering:
    """Group the rows (words) and columns (units) of a signed matrix so that its block means reproduce it.

    `matrix` is an ndarray or scipy.sparse matrix [words, units], for instance expected responses; a sparse one is not
    made dense. Rows are compared by direction (scaled to unit length). `k` is the number of clusters, or
    (words, units). `method` is one of

    - "block" (default): block means of the signed rows, grown by splitting;
    - "direction": the same of units at equal loudness: which words move a unit decides, not how far;
    - "spectral": k-means on the leading k singular vectors of the signed, normalised matrix;
    - "modularity": communities of words and the units they raise (scikit-network);
    - "rnnvis": scikit-learn's SpectralCoclustering on the matrix shifted to non-negative, as RNNVis did.

    `halves` are two matrices of the same shape, measured on disjoint halves of the text: with them the
    result says how much of one half the clustering of the other explains, and how stable it is.
    Deterministic; labels equal those of `sweep` up to renaming. Zero rows and columns are labelled −1.

    Numbers of any size are taken. Raises RnnvisError for an unknown method, a k out of range, a matrix that is not
    two-dimensional, real, unmasked and finite, halves of another shape, and, by its number, for a unit (or a word) that
    is so faint beside the others that the method would take it for zero.
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
    whole, exponent = _scaled(_checked(matrix, "the matrix"), "the matrix")
    parts = None if halves is None else _both(halves, whole.shape)
    rows, columns = (len(some) for some in used(whole))
    if ks is None:
        ks = range(2, min(30, rows, columns) + 1)
    pairs = [_pair(k, rows, columns) for k in ks]
    with _threads().limit(limits=1):
        found = _labels(whole, pairs, method, "the matrix")
        measured = Measured(whole)
        both = [] if parts is None else _halves(parts, pairs, method)
        results: list[Coclustering] = []
        for at, (k, labels) in enumerate(zip(pairs, found, strict=True)):
            before = results[-1] if results else None
            if before is not None:
                labels = (
                    match(before.word_labels, labels[0], before.k[0], k[0]),
                    match(before.unit_labels, labels[1], before.k[1], k[1]),
                )
            sums = measured.sums(labels, k)
            means = sums.signed / np.maximum(block_sizes(*labels, *k), 1)  # of the scaled matrix
            orders = draw_orders(means, None if before is None else (before.word_order, before.unit_order))
            if before is None and word_scores is not None:
                orders = _upright(orders, labels[0], word_scores)
            results.append(
                Coclustering(
                    method=method,
                    k=k,
                    word_labels=labels[0],
                    unit_labels=labels[1],
                    block_means=np.ldexp(means, exponent),
                    quality=quality(measured, labels, k, both[at] if both else None, sums),
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
    common = shared(labels, before, k, max(k_before, k))[:, :k]
    cluster, name = linear_sum_assignment(-common)
    size = np.bincount(labels[labels >= 0], minlength=k)
    kept = common[cluster, name] > 0
    renamed = np.full(k, -1)
    renamed[cluster[kept]] = name[kept]
    free = sorted(set(range(k)) - set(renamed.tolist()))
    new = sorted(np.flatnonzero(renamed < 0), key=lambda r: (-size[r], r))
    renamed[new] = free
    return np.where(labels >= 0, renamed[labels], -1)


def word_strengths(matrix: Any, unit_labels: np.ndarray, units: int) -> np.ndarray:
    """Mean response of each word over each unit cluster, float64 [words, unit clusters]; 0 for an empty cluster."""
    sizes = np.bincount(unit_labels[unit_labels >= 0], minlength=units)
    given, exponent = _scaled(_checked(matrix, "the matrix"), "the matrix")
    over = dense(given @ groups(unit_labels, units).T) / np.maximum(sizes, 1)
    return np.ldexp(over, exponent) if exponent else over


def _halves(parts: tuple[Array, Array], ks: list[tuple[int, int]], method: str) -> list[Halves]:
    """For each k the clusterings of both halves."""
    names = ("the first half", "the second half")
    of_a, of_b = (_labels(half, ks, method, name) for half, name in zip(parts, names, strict=True))
    measured = Measured(parts[0]), Measured(parts[1])
    rank = max((min(k) for k in ks), default=1)
    spectra = measured[0].spectrum(rank), measured[1].spectrum(rank)
    return [Halves(measured, both, spectra) for both in zip(of_a, of_b, strict=True)]


@functools.cache
def _threads() -> ThreadpoolController:
    """Whoever multiplies for NumPy and SciPy, both imported by now: to look for them takes milliseconds."""
    return ThreadpoolController()


def _labels(matrix: Array, ks: list[tuple[int, int]], method: str, name: str) -> list[Labels]:
    """Labels for each k, −1 for zero rows and columns."""
    rows, columns = used(matrix)
    for words, units in ks:
        if len(rows) < words or len(columns) < units:
            raise RnnvisError(
                f"{name} has {len(rows)} words and {len(columns)} units with a response, too few for "
                f"{words} × {units} clusters",
                "choose a smaller k, or measure more text",
            )
    found = []
    shape = matrix.shape
    if (len(rows), len(columns)) != matrix.shape:
        matrix = matrix[rows][:, columns]
    matrix = matrix / abs(matrix).max()
    _check_faint(matrix, columns, method, name)
    for z, u in METHODS[method](matrix, ks):
        words_of, units_of = (np.full(n, -1) for n in shape)
        words_of[rows], units_of[columns] = z, u
        found.append((words_of, units_of))
    return found


def _check_faint(matrix: Array, columns: np.ndarray, method: str, name: str) -> None:
    """RnnvisError for a unit of `matrix` that the method could not tell from one that responds to nothing."""
    if method not in FAINT:
        return
    of_unit = np.sqrt(squares(unit_rows(matrix), 0))
    if of_unit.min() < FAINT[method]:
        raise RnnvisError(
            f"{name}: unit {columns[of_unit.argmin()]} responds to no word with {FAINT[method]:g} of what the others "
            f'do, which the method "{method}" cannot tell from nothing',
            _LEAVE if method == "direction" else f'{_LEAVE}; or use method "direction": units at equal loudness',
        )


def _upright(orders: Labels, word_labels: np.ndarray, scores: np.ndarray) -> Labels:
    """The orders, turned over if the words with higher scores would be at the bottom."""
    inside, k = word_labels >= 0, len(orders[0])
    size = np.bincount(word_labels[inside], minlength=k)
    mean = np.bincount(word_labels[inside], weights=scores[inside], minlength=k) / np.maximum(size, 1)
    slope = np.arange(len(orders[0])) - (len(orders[0]) - 1) / 2
    return (orders[0][::-1], orders[1][::-1]) if slope @ mean[orders[0]] > 0 else orders


def _checked(matrix: Any, name: str) -> Array:
    """`matrix` as a float64 array, or as a CSR one without stored zeros where it is sparse."""
    fix = "give an array [words, units] of finite numbers"
    if np.ma.is_masked(matrix):
        raise RnnvisError(f"{name} is a masked array, and hides some of its values", "leave out its words or units")
    try:
        if (matrix if sp.issparse(matrix) else np.asarray(matrix)).dtype.kind not in "biufO":
            raise TypeError
        if sp.issparse(matrix):
            given = sp.csr_array(matrix, dtype=np.float64, copy=True)
        else:
            given = np.asarray(matrix, dtype=np.float64, order="C")
    except (TypeError, ValueError):
        raise RnnvisError(f"{name} is not an array of numbers", fix) from None
    if given.ndim != 2 or not all(given.shape):
        raise RnnvisError(f"{name} has the shape {given.shape}, not words × units", fix)
    if sp.issparse(given):
        given.sum_duplicates()
        given.eliminate_zeros()
    finite = np.isfinite(given.data if sp.issparse(given) else given)
    if not finite.all():
        places = given.tocoo().coords if sp.issparse(given) else np.indices(given.shape, sparse=True)
        row, column = (int(np.broadcast_to(of, finite.shape)[~finite][0]) for of in places)
        raise RnnvisError(
            f"{name} holds {(~finite).sum()} values that are not finite, the first at word {row}, unit {column}",
            "leave out words without a measured response",
        )
    return given


def _scaled(matrix: Array, name: str) -> tuple[Array, int]:
    """`matrix`, and 0; one of numbers whose squares cannot be summed divided by a power of two, and that power.

    RnnvisError for a word or a unit that would be nothing then, beside the others.
    """
    of_word, of_unit = sizes_by_row(matrix), sizes_by_row(matrix.T)
    largest = float(of_word.max())
    for side, sizes in (("word", of_word), ("unit", of_unit)):
        faint = np.flatnonzero((sizes > 0) & (sizes / (largest or 1) < _FAINT))
        if len(faint):
            raise RnnvisError(
                f"{name}: no response of {side} {faint[0]} is above {sizes[faint[0]]:.3g}, and the largest one of all "
                f"is {largest:.3g}: too far apart to be compared",
                _LEAVE,
            )
    exponent = int(np.frexp(largest)[1])
    if abs(exponent) <= _PLAIN:
        return matrix, 0
    if sp.issparse(matrix):
        scaled = sp.csr_array((np.ldexp(matrix.data, -exponent), matrix.indices, matrix.indptr), shape=matrix.shape)
        scaled.eliminate_zeros()
        return scaled, exponent
    return np.ldexp(matrix, -exponent), exponent


def _both(halves: Any, shape: tuple[int, ...]) -> tuple[Array, Array]:
    if not isinstance(halves, tuple | list) or len(halves) != 2:
        raise RnnvisError("halves must be two matrices", "give (responses of one half, responses of the other)")
    a, b = _checked(halves[0], "the first half"), _checked(halves[1], "the second half")
    if a.shape != shape or b.shape != shape:
        raise RnnvisError(
            f"the halves have the shapes {a.shape} and {b.shape}, the matrix {shape}",
            "measure the same words and units in both halves",
        )
    return _scaled(a, "the first half")[0], _scaled(b, "the second half")[0]


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
