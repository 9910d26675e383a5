"""A start for the word embeddings, from nothing but the training sentences and their scores."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from rnnvis.text.corpus import Corpus

WINDOW = 5
SMOOTHING = 0.75
PRIOR_SENTENCES = 3.0


def svd_embeddings(corpus: Corpus, size: int) -> np.ndarray:
    """Word vectors, float32 [V, size], from the words beside each word.

    Positive pointwise mutual information of words at most five apart (a pair at distance d counts 1 / d; context
    counts raised to ¾), then U √Σ of its truncated SVD: Levy, Goldberg and Dagan (2015), *Improving distributional
    similarity with lessons learned from word embeddings*. The vectors are scaled to a root mean square of 1 over
    all entries. Deterministic: the start of the decomposition and the sign of each singular vector are fixed.
    """
    information = _ppmi(_co_occurrences(corpus, WINDOW), SMOOTHING)
    rank = min(size, information.shape[0] - 1)
    start = np.random.default_rng(0).standard_normal(information.shape[0])
    with threadpool_limits(1):
        u, s, _ = svds(information, k=rank, v0=start)
    order = np.argsort(-s, kind="stable")
    vectors = u[:, order] * np.sqrt(s[order])
    vectors *= np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(rank)])
    vectors /= np.sqrt(np.mean(vectors**2))
    return np.pad(vectors, ((0, 0), (0, size - rank))).astype(np.float32)


def score_feature(corpus: Corpus, weights: np.ndarray) -> np.ndarray:
    """The mean score of the training sentences that hold a word, float32 [V], in standard deviations.

    Each sentence counts with its weight [N], and three sentences of score zero are added to every word, so that a
    rare word says little. Zero everywhere for a corpus without scores.
    """
    total, weight = np.zeros(len(corpus.vocabulary)), np.full(len(corpus.vocabulary), PRIOR_SENTENCES)
    for i in corpus.indices("train"):
        if not np.isnan(corpus.score[i]):
            words = np.unique(corpus.tokens[i])
            total[words] += weights[i] * corpus.score[i]
            weight[words] += weights[i]
    mean = total / weight
    return (mean / (mean.std() or 1.0)).astype(np.float32)


def _co_occurrences(corpus: Corpus, window: int) -> sp.csr_array:
    """Symmetric weighted pair counts, float64 [V, V]; no pair spans two sentences."""
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
