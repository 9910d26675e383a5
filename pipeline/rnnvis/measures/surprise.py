"""How unusual a step is among the uses of its own word."""

from __future__ import annotations

import numpy as np


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
    order = np.argsort(token_id, kind="stable")
    of = np.asarray(token_id)[order]
    starts = np.flatnonzero(np.concatenate([[True], of[1:] != of[:-1]])) if len(of) else of
    for rows in np.split(order, starts[1:]):
        mine = distance[rows]
        uses = np.sort(mine if measured is None else mine[measured[rows]])
        if len(uses):
            nearer = np.searchsorted(uses, mine, side="left")
            middle = nearer + np.searchsorted(uses, mine, side="right")
            found[rows] = 50.0 * middle / len(uses)
    return found
