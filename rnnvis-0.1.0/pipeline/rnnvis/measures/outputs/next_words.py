"""Which word comes after every step, and which next words a unit speaks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

OF_UNIT = 10


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
