"""A start for the word embeddings: singular vectors of the corpus' own co-occurrences."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from rnnvis.corpora import Corpus


def svd_embeddings(corpus: Corpus, size: int, window: int = 5, smoothing: float = 0.75) -> np.ndarray:
    """Word vectors, float32 [V, size], from the training sentences.

    Positive pointwise mutual information of words at most `window` apart (a pair at distance d counts
    1 / d), context counts raised to `smoothing`, then U √Σ of its truncated SVD: Levy, Goldberg and Dagan
    (2015), *Improving distributional similarity with lessons learned from word embeddings*. The vectors are
    scaled to unit root mean square over all entries. Deterministic: the sign of each singular vector is fixed.
    """
    counts = _co_occurrences(corpus, window)
    size_ = min(size, counts.shape[0] - 1)
    start = np.random.default_rng(0).standard_normal(counts.shape[0])
    with threadpool_limits(1):
        u, s, _ = svds(_ppmi(counts, smoothing), k=size_, v0=start)
    order = np.argsort(-s, kind="stable")
    vectors = u[:, order] * np.sqrt(s[order])
    vectors *= np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(size_)])
    vectors /= np.sqrt(np.mean(vectors**2))
    return np.pad(vectors, ((0, 0), (0, size - size_))).astype(np.float32)


def _co_occurrences(corpus: Corpus, window: int) -> sp.csr_array:
    """Symmetric weighted pair counts, float64 [V, V]."""
    training = [corpus.tokens[i] for i in corpus.indices("train")]
    gap = np.full(window, -1, dtype=np.int64)
    stream = np.concatenate([part for sentence in training for part in (sentence.astype(np.int64), gap)])
    size = len(corpus.vocabulary)
    total = sp.csr_array((size, size), dtype=np.float64)
    for distance in range(1, window + 1):
        left, right = stream[:-distance], stream[distance:]
        real = (left >= 0) & (right >= 0)
        weight = np.full(int(real.sum()), 1.0 / distance)
        total += sp.coo_array((weight, (left[real], right[real])), shape=(size, size)).tocsr()
    return (total + total.T).tocsr()


def _ppmi(counts: sp.csr_array, smoothing: float) -> sp.csr_array:
    """max(0, log p(w, c) / (p(w) p(c)^smoothing)), sparse."""
    words = counts.sum(axis=1)
    contexts = words**smoothing
    contexts /= contexts.sum()
    pairs = counts.tocoo()
    row, column = pairs.coords
    information = np.log(pairs.data / (words[row] * contexts[column]))
    kept = information > 0
    return sp.coo_array((information[kept], (row[kept], column[kept])), shape=counts.shape).tocsr()
