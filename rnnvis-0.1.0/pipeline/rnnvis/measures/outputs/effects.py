"""What words do to an answer: their push on each of its scores, overall and by what would have been answered before.

Scores are those of `rnnvis.recording.scores`: K = 1 for two classes (log-odds of the second) and for a number, K = C
for C > 2 classes (the logit of each against the mean of the others).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rnnvis.measures.kept import Keeping
from rnnvis.measures.moments import GroupedMoments
from rnnvis.measures.words.quantiles import QuantileAccumulator

CONTEXTS = ("negative", "positive")


@dataclass(frozen=True)
class WordEffects:
    """Per word and score: `count` int64 [W]; `push` float32 [W, K], its mean over the uses (nan without uses);
    `standard_error` float32 [W, K] (nan below two uses); `quantiles` float32 [W, K, 5] (nan without uses)."""

    count: np.ndarray
    push: np.ndarray = field(repr=False)
    standard_error: np.ndarray = field(repr=False)
    quantiles: np.ndarray = field(repr=False)


class EffectAccumulator(Keeping):
    """Streams each use's push into `WordEffects`; merges like `ResponseAccumulator`."""

    KEPT = ("_moments", "_quantiles")

    def __init__(self, words: int, scores: int = 1) -> None:
        self._moments = GroupedMoments(words, scores)
        self._quantiles = QuantileAccumulator(np.arange(words), scores)

    def add(self, token_id: np.ndarray, pushes: np.ndarray) -> None:
        """Take in N steps: words [N] and pushes [N, K]."""
        self._moments.add(token_id, pushes)
        self._quantiles.add(token_id, pushes)

    def merge(self, other: EffectAccumulator) -> None:
        """Take in everything that `other` has seen."""
        self._moments.merge(other._moments)
        self._quantiles.merge(other._quantiles)

    def result(self) -> WordEffects:
        """The effects of what was seen so far."""
        m = self._moments
        return WordEffects(
            count=m.count.copy(),
            push=np.where(m.count[:, None] > 0, m.mean, np.nan).astype(np.float32),
            standard_error=m.standard_error().astype(np.float32),
            quantiles=self._quantiles.result().values,
        )


@dataclass(frozen=True)
class WordInContext:
    """Arrays [W, K, 2], columns as in `CONTEXTS`: uses, mean ‖Δ‖ and mean push on the score, with standard errors.

    Means are nan without uses, standard errors below two uses.
    """

    count: np.ndarray
    norm: np.ndarray = field(repr=False)
    norm_standard_error: np.ndarray = field(repr=False)
    push: np.ndarray = field(repr=False)
    push_standard_error: np.ndarray = field(repr=False)


class ContextAccumulator(Keeping):
    """The size of the change and the push at each word, after a beginning that speaks against a class and for it.

    The context of a use is negative if the probability of the score's class just before the word is at most `low`,
    positive from `high` on; uses between the two are left out.
    """

    KEPT = ("_moments",)

    def __init__(self, words: int, scores: int = 1, high: float = 0.7, low: float = 0.3) -> None:
        self.words, self.scores, self.high, self.low = words, scores, high, low
        self._moments = GroupedMoments(2 * words * scores, 2)

    def add(self, token_id: np.ndarray, delta: np.ndarray, pushes: np.ndarray, before: np.ndarray) -> None:
        """Take in N steps: words [N], changes [N, H], pushes [N, K], probabilities before the word [N, K]."""
        norm = np.linalg.norm(np.asarray(delta, dtype=np.float64), axis=1)
        for score in range(self.scores):
            positive = before[:, score] >= self.high
            counted = positive | (before[:, score] <= self.low)
            group = (np.asarray(token_id, dtype=np.int64) * self.scores + score) * 2 + positive
            self._moments.add(group[counted], np.stack([norm, pushes[:, score]], axis=1)[counted])

    def merge(self, other: ContextAccumulator) -> None:
        """Take in everything that `other` has seen."""
        self._moments.merge(other._moments)

    def result(self) -> WordInContext:
        """Means and errors of what was seen so far."""
        m = self._moments
        shape = (self.words, self.scores, 2)
        mean = np.where(m.count[:, None] > 0, m.mean, np.nan).astype(np.float32)
        error = m.standard_error().astype(np.float32)
        return WordInContext(
            count=m.count.reshape(shape).copy(),
            norm=mean[:, 0].reshape(shape),
            norm_standard_error=error[:, 0].reshape(shape),
            push=mean[:, 1].reshape(shape),
            push_standard_error=error[:, 1].reshape(shape),
        )
