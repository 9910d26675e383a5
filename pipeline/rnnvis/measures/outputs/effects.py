"""What words do to a classifier's verdict: the push on its log-odds, overall and by context."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rnnvis.measures.moments import GroupedMoments
from rnnvis.measures.words.quantiles import QuantileAccumulator

CONTEXTS = ("negative", "positive")


def log_odds_direction(weight: np.ndarray) -> np.ndarray:
    """v = difference of the two classes' output weights [2, H] → [H]: log-odds of class 1 = v·h + constant."""
    return np.asarray(weight[1], dtype=np.float64) - np.asarray(weight[0], dtype=np.float64)


def push(delta: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Change of the log-odds at each step, v·Δh: [N, H] · [H] → float64 [N]."""
    return np.asarray(delta, dtype=np.float64) @ np.asarray(v, dtype=np.float64)


def probability_before(logits: np.ndarray, pushes: np.ndarray) -> np.ndarray:
    """P(class 1) just before each word, float64 [N], from the logits after it [N, 2] and the word's push [N]."""
    odds = logits[:, 1].astype(np.float64) - logits[:, 0] - pushes
    return 0.5 * (1 + np.tanh(odds / 2))


@dataclass(frozen=True)
class WordEffects:
    """Per word, in log-odds: `count` int64 [W]; `push` float32 [W], its mean over the uses (nan without uses);
    `standard_error` float32 [W] (nan below two uses); `quantiles` float32 [W, 5] (nan without uses)."""

    count: np.ndarray
    push: np.ndarray = field(repr=False)
    standard_error: np.ndarray = field(repr=False)
    quantiles: np.ndarray = field(repr=False)


class EffectAccumulator:
    """Streams each use's push into `WordEffects`; merges like `ResponseAccumulator`."""

    def __init__(self, words: int) -> None:
        self._moments = GroupedMoments(words, 1)
        self._quantiles = QuantileAccumulator(np.arange(words), 1)

    def add(self, token_id: np.ndarray, pushes: np.ndarray) -> None:
        """Take in N steps: words [N] and pushes [N]."""
        self._moments.add(token_id, pushes[:, None])
        self._quantiles.add(token_id, pushes[:, None])

    def merge(self, other: EffectAccumulator) -> None:
        """Take in everything that `other` has seen."""
        self._moments.merge(other._moments)
        self._quantiles.merge(other._quantiles)

    def result(self) -> WordEffects:
        """The effects of what was seen so far."""
        m = self._moments
        return WordEffects(
            count=m.count.copy(),
            push=np.where(m.count > 0, m.mean[:, 0], np.nan).astype(np.float32),
            standard_error=m.standard_error()[:, 0].astype(np.float32),
            quantiles=self._quantiles.result().values[:, 0],
        )


@dataclass(frozen=True)
class WordInContext:
    """Arrays [W, 2], columns as in `CONTEXTS`: uses, mean ‖Δ‖ and mean push on the log-odds, with standard errors.

    Means are nan without uses, standard errors below two uses.
    """

    count: np.ndarray
    norm: np.ndarray = field(repr=False)
    norm_standard_error: np.ndarray = field(repr=False)
    push: np.ndarray = field(repr=False)
    push_standard_error: np.ndarray = field(repr=False)


class ContextAccumulator:
    """The size of the change and the push at each word, after a negative and after a positive beginning.

    The context of a use is negative if P(class 1) just before the word is at most `low`, positive from
    `high` on; uses between the two are left out.
    """

    def __init__(self, words: int, high: float = 0.7, low: float = 0.3) -> None:
        self.words, self.high, self.low = words, high, low
        self._moments = GroupedMoments(2 * words, 2)

    def add(self, token_id: np.ndarray, delta: np.ndarray, pushes: np.ndarray, before: np.ndarray) -> None:
        """Take in N steps: words [N], changes [N, H], pushes [N], P(class 1) before the word [N]."""
        positive = before >= self.high
        counted = positive | (before <= self.low)
        norm = np.linalg.norm(np.asarray(delta, dtype=np.float64), axis=1)
        rows = np.stack([norm, pushes], axis=1)
        group = np.asarray(token_id, dtype=np.int64) * 2 + positive
        self._moments.add(group[counted], rows[counted])

    def merge(self, other: ContextAccumulator) -> None:
        """Take in everything that `other` has seen."""
        self._moments.merge(other._moments)

    def result(self) -> WordInContext:
        """Means and errors of what was seen so far."""
        m = self._moments
        shape = (self.words, 2)
        mean = np.where(m.count[:, None] > 0, m.mean, np.nan).astype(np.float32)
        error = m.standard_error().astype(np.float32)
        return WordInContext(
            count=m.count.reshape(shape).copy(),
            norm=mean[:, 0].reshape(shape),
            norm_standard_error=error[:, 0].reshape(shape),
            push=mean[:, 1].reshape(shape),
            push_standard_error=error[:, 1].reshape(shape),
        )
