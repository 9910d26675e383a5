"""Words and units in two dimensions, from their expected responses."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

PERPLEXITY = 30.0
ROUNDS = 400  # 1000, as scikit-learn has it, take 2.6 times as long and keep neighbours no better (see site/methods.md)
_LEAST = 6


def unit_length(matrix: np.ndarray) -> np.ndarray:
    """Each row of `matrix` [n, d] divided by its Euclidean length, float64; rows of zeros stay zero."""
    rows = matrix.astype(np.float64)
    _, power = np.frexp(np.abs(rows).max(axis=1, keepdims=True, initial=0))
    rows = np.ldexp(rows, -power)  # exact, and the squares of any numbers can then be summed
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)


def pca(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First two principal components: coordinates float64 [n, 2] and their shares of the variance, float64 [2].

    Rows of `matrix` [n, d] (a word's responses over the units, or a unit's over the words) are scaled to length one,
    so that strength does not decide, then columns are centred; coordinates are U·S of the singular value
    decomposition. Of the two signs that an axis may have, the one that makes its largest coordinate positive.
    """
    rows = unit_length(matrix)
    left, size, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    found, share = np.zeros((len(rows), 2)), np.zeros(2)
    total = float(np.square(size).sum())
    if total > 0:
        count = min(2, len(size))
        found[:, :count] = left[:, :count] * size[:count]
        share[:count] = np.square(size[:count]) / total
    largest = found[np.abs(found).argmax(axis=0), (0, 1)]
    return found * np.where(largest < 0, -1, 1), share


def tsne(matrix: np.ndarray) -> np.ndarray | None:
    """t-SNE of the rows of `matrix` [n, d], scaled to length one, float64 [n, 2]; None for fewer than six rows.

    van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 9 (2008), by scikit-learn, with perplexity 30 (less
    where there are few rows). It starts from the principal components, scaled down as Kobak and Berens advise ("The
    art of using t-SNE for single-cell transcriptomics", Nature Communications 10, 2019), with a fixed seed and one
    thread, so that it gives the same picture each time. It is moved `ROUNDS` times.
    """
    if len(matrix) < _LEAST:
        return None
    start, _ = pca(matrix)
    start = start / max(float(start[:, 0].std()), 1e-12) * 1e-4
    machine = TSNE(
        perplexity=min(PERPLEXITY, (len(matrix) - 1) / 3),
        init=start.astype(np.float32),
        max_iter=ROUNDS,
        random_state=0,
        n_jobs=1,
    )
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: np.ndarray = machine.fit_transform(unit_length(matrix).astype(np.float32))
    return found.astype(np.float64) - found.mean(axis=0)
