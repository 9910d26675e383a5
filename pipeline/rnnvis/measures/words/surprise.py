"""How unusual a step is among the uses of its own word."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnnvis.measures.moments import row_blocks

_BLOCK = 2**18


def distances(token_id: np.ndarray, delta: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Euclidean distance ‖Δ_t − response(word)‖ of each step, float32 [N].

    `token_id` [N], `delta` [N, H], `mean` [W, H] as in `Responses`.
    """
    found = np.empty(len(delta), np.float32)
    for rows in row_blocks(*delta.shape):
        gap = delta[rows].astype(np.float64)
        gap -= mean.take(token_id[rows], axis=0)
        found[rows] = np.sqrt(np.einsum("nh,nh->n", gap, gap))
    return found


def surprise(token_id: np.ndarray, distance: np.ndarray, measured: np.ndarray | None = None) -> np.ndarray:
    """Percentile, 0–100, of each step's distance among the measured uses of its word, float32 [N].

    100 · (uses that are nearer + half of those as near) / uses, the step itself counting among the uses if
    it is measured. `measured` bool [N] (default: all) leaves probe sentences out of the comparison while
    they still get their percentile; nan where a word has no measured use.
    """
    found = np.full(len(token_id), np.nan, np.float32)
    for rows in _words_together(token_id):
        rows = rows[np.lexsort((distance[rows], token_id[rows]))]
        word, size = token_id[rows], distance[rows]
        new_word = np.append(True, word[1:] != word[:-1])
        new_size = new_word | np.append(True, size[1:] != size[:-1])
        counted = np.ones(len(rows), bool) if measured is None else measured[rows]
        uses = np.append(0, np.cumsum(counted, dtype=np.int32))  # measured ones before each place
        of_word, of_size = (uses[np.append(np.flatnonzero(new), len(rows))] for new in (new_word, new_size))
        here = np.cumsum(new_word, dtype=np.int32) - 1
        all_uses = np.diff(of_word)[here]
        middle = -2 * of_word[here]
        here = np.cumsum(new_size, dtype=np.int32) - 1
        middle += (of_size[:-1] + of_size[1:])[here]
        known = all_uses > 0
        found[rows[known]] = 50.0 * middle[known] / all_uses[known]
    return found


def _words_together(token_id: np.ndarray) -> Iterator[np.ndarray]:
    """The rows of a block of words, block after block; as many words as have about 2¹⁸ uses, or one."""
    words = int(token_id.max(initial=-1)) + 1
    below = np.zeros(words + 1, dtype=np.int64)
    for start in range(0, len(token_id), _BLOCK):
        below[1:] += np.bincount(token_id[start : start + _BLOCK], minlength=words)
    below = np.cumsum(below)
    first = 0
    while first < words:
        last = max(first + 1, int(np.searchsorted(below, below[first] + _BLOCK, side="right")) - 1)
        if below[last] > below[first]:
            yield np.flatnonzero((token_id >= first) & (token_id < last))
        first = last
