"""What a language model expects after every step, and which next words a unit speaks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

TOP = 5
OF_UNIT = 10


@dataclass(frozen=True)
class NextWords:
    """Guesses at n chosen steps: `rows` int64 [n] are their places among all steps.

    `p` float32 [n] is the probability of the word that came and `loss` = −ln p in nats, nan where none came; `ids`
    int32 [n, 5] are the likeliest words and `top` float32 [n, 5] their probabilities, likeliest first.
    """

    rows: np.ndarray = field(repr=False)
    p: np.ndarray = field(repr=False)
    loss: np.ndarray = field(repr=False)
    ids: np.ndarray = field(repr=False)
    top: np.ndarray = field(repr=False)


class NextWordCollector:
    """Takes in logits of the chosen steps, in any order."""

    def __init__(self, following: np.ndarray, chosen: np.ndarray) -> None:
        """`following` int64 [N]: the word after each step, −1 for none; `chosen` bool [N]: the steps that count."""
        self.following, self.chosen = following, chosen
        self._place = np.cumsum(chosen) - 1
        count = int(chosen.sum())
        self._loss = np.full(count, np.nan, np.float32)
        self._ids = np.zeros((count, TOP), np.int32)
        self._top = np.zeros((count, TOP), np.float32)

    def add(self, rows: np.ndarray, logits: np.ndarray) -> None:
        """Take in the chosen steps `rows` [n] with their logits [n, V]; ties go to the more frequent word."""
        largest = logits.max(axis=1, keepdims=True)
        normaliser = largest[:, 0] + np.log(np.exp(logits - largest).sum(axis=1))
        at, came = self._place[rows], self.following[rows]
        has = came >= 0
        self._loss[at[has]] = (normaliser - logits[np.arange(len(rows)), came])[has]
        candidates = np.sort(np.argpartition(-logits, TOP - 1, axis=1)[:, :TOP], axis=1)
        values = np.take_along_axis(logits, candidates, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        self._ids[at] = np.take_along_axis(candidates, order, axis=1)
        self._top[at] = np.exp(np.take_along_axis(values, order, axis=1) - normaliser[:, None])

    def result(self) -> NextWords:
        """What was taken in so far."""
        return NextWords(np.flatnonzero(self.chosen), np.exp(-self._loss), self._loss, self._ids, self._top)


def following_words(tokens: Sequence[np.ndarray], documents: Sequence[np.ndarray]) -> np.ndarray:
    """The word after each step, int64 [N], steps in the sentences' order: −1 after the last word of a document."""
    lengths = np.array([len(row) for row in tokens], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    following = np.full(int(lengths.sum()), -1, dtype=np.int64)
    for document in documents:
        rows = np.concatenate([np.arange(starts[i], starts[i] + lengths[i]) for i in document])
        words = np.concatenate([tokens[i] for i in document])
        following[rows[:-1]] = words[1:]
    return following


def words_spoken_for(weights: np.ndarray, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The next words that a unit raises and that it lowers most, both int32 [H, min(10, words)].

    `weights` [V, H] are those of the output layer: one more unit of state adds weights[w, u] to the logit of w. `words`
    [n] are the word numbers that may be named; ties go to the earlier one.
    """
    scores = weights[words]
    up = np.argsort(-scores, axis=0, kind="stable")[:OF_UNIT].T
    down = np.argsort(scores, axis=0, kind="stable")[:OF_UNIT].T
    return words[up].astype(np.int32), words[down].astype(np.int32)
