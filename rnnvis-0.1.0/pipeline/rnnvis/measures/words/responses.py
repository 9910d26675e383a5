"""The expected response of every unit to every word: how much reading the word changes the unit.

response(w) = E[Δ_t | x_t = w] with Δ_t = s_t − s_{t−1}, estimated by the mean over every use of the word in
the measured text, with its standard error and its split-half reliability.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rnnvis.measures.kept import Keeping
from rnnvis.measures.moments import GroupedMoments, pool, row_blocks, standard_error


@dataclass(frozen=True)
class Responses:
    """Expected responses of one state, W words × H units.

    `count` int64 [W] uses; `mean` float32 [W, H], zero for a word without uses; `standard_error` float32
    [W, H], nan below two uses; `reliability` float32 [W], the correlation of the two halves' mean vectors,
    nan if a half has no use of the word; `norm` float32 [W] = ‖mean‖; `half_a`, `half_b` float32 [W, H],
    the means over two disjoint halves of the sentences (zero without uses there), with their counts int64
    [W].

    What is kept are the rows of the words that have uses; each look at `mean`, `standard_error`, `half_a` or
    `half_b` makes a new array of all words.
    """

    count: np.ndarray
    reliability: np.ndarray = field(repr=False)
    norm: np.ndarray = field(repr=False)
    half_a_count: np.ndarray = field(repr=False)
    half_b_count: np.ndarray = field(repr=False)
    used_mean: np.ndarray = field(repr=False)
    used_standard_error: np.ndarray = field(repr=False)
    used_half_a: np.ndarray = field(repr=False)
    used_half_b: np.ndarray = field(repr=False)

    @property
    def mean(self) -> np.ndarray:
        """Expected responses, float32 [W, H]."""
        return self._of_all(self.used_mean, 0)

    @property
    def standard_error(self) -> np.ndarray:
        """Their standard errors, float32 [W, H]."""
        return self._of_all(self.used_standard_error, np.nan)

    @property
    def half_a(self) -> np.ndarray:
        """Means over the first half of the sentences, float32 [W, H]."""
        return self._of_all(self.used_half_a, 0)

    @property
    def half_b(self) -> np.ndarray:
        """Means over the second half of the sentences, float32 [W, H]."""
        return self._of_all(self.used_half_b, 0)

    def _of_all(self, used: np.ndarray, otherwise: float) -> np.ndarray:
        found = np.full((len(self.count), used.shape[1]), otherwise, dtype=used.dtype)
        found[self.count > 0] = used
        return found


class ResponseAccumulator(Keeping):
    """Streams the changes Δ of one state into `Responses`; memory grows with words × units only.

    Accumulators over parts of a corpus merge to the accumulator over all of it, in any order, up to the
    rounding of float64.
    """

    KEPT = ("_moments",)

    def __init__(self, words: int, units: int) -> None:
        self.words, self.units = words, units
        self._moments = GroupedMoments(2 * words, units)

    def add(self, token_id: np.ndarray, delta: np.ndarray, sentence_half: np.ndarray) -> None:
        """Take in N steps: words [N], changes [N, units], and the half (0 or 1) of each step's sentence [N]."""
        group = np.asarray(token_id, dtype=np.int64) + self.words * np.asarray(sentence_half, dtype=np.int64)
        self._moments.add(group, delta)

    def merge(self, other: ResponseAccumulator) -> None:
        """Take in everything that `other` has seen; `other` is not changed."""
        self._moments.merge(other._moments)

    def within(self) -> np.ndarray:
        """Squares of the changes around their word's mean in the same half, float64 [2, units]."""
        halves = (slice(half * self.words, (half + 1) * self.words) for half in (0, 1))
        return np.stack([self._moments.m2_over(half) for half in halves])

    def result(self) -> Responses:
        """The responses to what was seen so far."""
        count_a, count_b = self._moments.count.reshape(2, self.words)
        used = np.flatnonzero(count_a + count_b)
        mean, error, half_a, half_b = np.empty((4, len(used), self.units), dtype=np.float32)
        reliability = np.full(self.words, np.nan, dtype=np.float32)
        norm = np.zeros(self.words, dtype=np.float32)
        for rows in row_blocks(len(used), self.units):
            words = used[rows]
            a, b = self._moments.of(words), self._moments.of(words + self.words)
            count, pooled, m2 = pool(*a, *b)
            mean[rows], half_a[rows], half_b[rows] = pooled, a[1], b[1]
            error[rows] = standard_error(count, m2)
            both = (a[0] > 0) & (b[0] > 0)
            reliability[words] = np.where(both, row_correlation(a[1], b[1]), np.nan)
            norm[words] = np.linalg.norm(pooled, axis=1)
        return Responses(
            count=count_a + count_b,
            reliability=reliability,
            norm=norm,
            half_a_count=count_a.copy(),
            half_b_count=count_b.copy(),
            used_mean=mean,
            used_standard_error=error,
            used_half_a=half_a,
            used_half_b=half_b,
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
