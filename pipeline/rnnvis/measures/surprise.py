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
    token_id = np.asarray(token_id, dtype=np.int64)
    reference = np.ones(len(token_id), dtype=bool) if measured is None else np.asarray(measured, dtype=bool)
    # Ranks of the distances make (word, distance) one sortable integer that keeps ties.
    values, rank = np.unique(distance, return_inverse=True)
    key = token_id * (len(values) + 1) + rank
    uses = np.sort(key[reference])
    start = np.searchsorted(uses, token_id * (len(values) + 1), side="left")
    stop = np.searchsorted(uses, (token_id + 1) * (len(values) + 1), side="left")
    nearer = np.searchsorted(uses, key, side="left") - start
    as_near = np.searchsorted(uses, key, side="right") - start
    count = (stop - start).astype(np.float64)
    middle = 50.0 * (nearer + as_near)
    return np.divide(middle, count, out=np.full(len(key), np.nan), where=count > 0).astype(np.float32)
