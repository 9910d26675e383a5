"""How unusual a step is among the uses of its own word."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_BLOCK = 2**20


def distances(token_id: np.ndarray, delta: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Euclidean distance ‖Δ_t − response(word)‖ of each step, float32 [N].

    `token_id` [N], `delta` [N, H], `mean` [W, H] as in `Responses`.
    """
    gap = np.asarray(delta, dtype=np.float64) - mean[token_id]
    return np.sqrt(np.einsum("nh,nh->n", gap, gap)).astype(np.float32)


def surprise(token_id: np.ndarray, distance: np.ndarray, measured: np.ndarray | None = None) -> np.ndarray:
    """Percentile, 0–100, of each step's distance among the measured uses of its word, float32 [N].

    100 · (uses that are nearer + half of those as near) / uses, the step itself counting among the uses if
    it is measured. `measured` bool [N] (default: all) leaves probe sentences out of the comparison while
    they still get their percentile; nan where a word has no measured use.
    """
    found = np.full(len(token_id), np.nan, np.float32)
    for rows in _by_word(token_id):
        mine = distance[rows]
        uses = np.sort(mine if measured is None else mine[measured[rows]])
        if len(uses):
            nearer = np.searchsorted(uses, mine, side="left")
            middle = nearer + np.searchsorted(uses, mine, side="right")
            found[rows] = 50.0 * middle / len(uses)
    return found


def _by_word(token_id: np.ndarray) -> Iterator[np.ndarray]:
    """The rows of each word, one word after the other; sorts at most the rows of a block of words at a time."""
    words = int(token_id.max(initial=-1)) + 1
    below = np.zeros(words + 1, dtype=np.int64)
    for start in range(0, len(token_id), _BLOCK):
        below[1:] += np.bincount(token_id[start : start + _BLOCK], minlength=words)
    below = np.cumsum(below)
    first = 0
    while first < words:
        last = max(first + 1, int(np.searchsorted(below, below[first] + _BLOCK, side="right")) - 1)
        rows = np.flatnonzero((token_id >= first) & (token_id < last))
        if last > first + 1:
            rows = rows[np.argsort(token_id[rows], kind="stable")]
        yield from np.split(rows, below[first + 1 : last] - below[first])
        first = last
