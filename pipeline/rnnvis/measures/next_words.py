"""What a language model expects after every step, and which next words a unit speaks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

TOP = 5
OF_UNIT = 10


@dataclass(frozen=True)
class NextWords:
    """Guesses at N steps. `p` float32 [N], the probability of the word that came, and `loss` = −ln p in nats; nan where
    none came. `known` bool [N]: the steps whose likeliest words were kept, `ids` int32 [known, 5] with probabilities
    `top` float32 [known, 5], likeliest first."""

    p: np.ndarray = field(repr=False)
    loss: np.ndarray = field(repr=False)
    known: np.ndarray = field(repr=False)
    ids: np.ndarray = field(repr=False)
    top: np.ndarray = field(repr=False)


class NextWordCollector:
    """Takes in logits of single steps, in any order."""

    def __init__(self, following: np.ndarray, known: np.ndarray) -> None:
        """`following` int64 [N]: the word after each step, −1 for none; `known` bool [N] as in `NextWords`."""
        self.following, self.known = following, known
        self._loss = np.full(len(following), np.nan, np.float32)
        self._place = np.cumsum(known) - 1
        self._ids = np.zeros((int(known.sum()), TOP), np.int32)
        self._top = np.zeros((int(known.sum()), TOP), np.float32)

    def add(self, rows: np.ndarray, logits: np.ndarray) -> None:
        """Take in the steps `rows` [n] with their logits [n, V]; ties go to the more frequent word."""
        largest = logits.max(axis=1, keepdims=True)
        normaliser = largest[:, 0] + np.log(np.exp(logits - largest).sum(axis=1))
        came = self.following[rows]
        has = came >= 0
        self._loss[rows[has]] = (normaliser - logits[np.arange(len(rows)), came])[has]
        shown = self.known[rows]
        if shown.any():
            some, norm = logits[shown], normaliser[shown]
            candidates = np.sort(np.argpartition(-some, TOP - 1, axis=1)[:, :TOP], axis=1)
            values = np.take_along_axis(some, candidates, axis=1)
            order = np.argsort(-values, axis=1, kind="stable")
            at = self._place[rows[shown]]
            self._ids[at] = np.take_along_axis(candidates, order, axis=1)
            self._top[at] = np.exp(np.take_along_axis(values, order, axis=1) - norm[:, None])

    def result(self) -> NextWords:
        """What was taken in so far."""
        return NextWords(np.exp(-self._loss), self._loss, self.known, self._ids, self._top)


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
