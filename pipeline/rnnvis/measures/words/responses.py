"""The expected response of every unit to every word: how much reading the word changes the unit.

response(w) = E[Δ_t | x_t = w] with Δ_t = s_t − s_{t−1}, estimated by the mean over every use of the word in
the measured text, with its standard error and its split-half reliability.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rnnvis.measures.moments import GroupedMoments, pool, standard_error


@dataclass(frozen=True)
class Responses:
    """Expected responses of one state, W words × H units.

    `count` int64 [W] uses; `mean` float32 [W, H], zero for a word without uses; `standard_error` float32
    [W, H], nan below two uses; `reliability` float32 [W], the correlation of the two halves' mean vectors,
    nan if a half has no use of the word; `norm` float32 [W] = ‖mean‖; `half_a`, `half_b` float32 [W, H],
    the means over two disjoint halves of the sentences (zero without uses there), with their counts int64
    [W].
    """

    count: np.ndarray
    mean: np.ndarray = field(repr=False)
    standard_error: np.ndarray = field(repr=False)
    reliability: np.ndarray = field(repr=False)
    norm: np.ndarray = field(repr=False)
    half_a: np.ndarray = field(repr=False)
    half_b: np.ndarray = field(repr=False)
    half_a_count: np.ndarray = field(repr=False)
    half_b_count: np.ndarray = field(repr=False)


class ResponseAccumulator:
    """Streams the changes Δ of one state into `Responses`; memory grows with words × units only.

    Accumulators over parts of a corpus merge to the accumulator over all of it, in any order, up to the
    rounding of float64.
    """

    def __init__(self, words: int, units: int) -> None:
        self.words = words
        self._moments = GroupedMoments(2 * words, units)

    def add(self, token_id: np.ndarray, delta: np.ndarray, sentence_half: np.ndarray) -> None:
        """Take in N steps: words [N], changes [N, units], and the half (0 or 1) of each step's sentence [N]."""
        group = np.asarray(token_id, dtype=np.int64) + self.words * np.asarray(sentence_half, dtype=np.int64)
        self._moments.add(group, delta)

    def merge(self, other: ResponseAccumulator) -> None:
        """Take in everything that `other` has seen; `other` is not changed."""
        self._moments.merge(other._moments)

    def result(self) -> Responses:
        """The responses to what was seen so far."""
        a, b = slice(None, self.words), slice(self.words, None)
        m = self._moments
        count, mean, m2 = pool(m.count[a], m.mean[a], m.m2[a], m.count[b], m.mean[b], m.m2[b])
        both = (m.count[a] > 0) & (m.count[b] > 0)
        return Responses(
            count=count,
            mean=mean.astype(np.float32),
            standard_error=standard_error(count, m2).astype(np.float32),
            reliability=np.where(both, row_correlation(m.mean[a], m.mean[b]), np.nan).astype(np.float32),
            norm=np.linalg.norm(mean, axis=1).astype(np.float32),
            half_a=m.mean[a].astype(np.float32),
            half_b=m.mean[b].astype(np.float32),
            half_a_count=m.count[a].copy(),
            half_b_count=m.count[b].copy(),
        )


def sentence_halves(keys: Sequence[str]) -> np.ndarray:
    """Half (0 or 1) of each sentence, int8: the parity of a hash of its key, so it depends on nothing else."""
    return np.array([hashlib.blake2b(k.encode(), digest_size=1).digest()[0] & 1 for k in keys], dtype=np.int8)


def row_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson correlation of row i of `a` with row i of `b`, both [W, H]; nan where a row is constant."""
    a = a - a.mean(axis=1, keepdims=True)
    b = b - b.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.divide((a * b).sum(axis=1), scale, out=np.full(len(a), np.nan), where=scale > 0)
