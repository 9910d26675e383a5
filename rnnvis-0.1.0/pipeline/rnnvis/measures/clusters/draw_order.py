"""In which order clusters are drawn, so that the links between them are short and change little with k."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

_ROUNDS = 20
_NEGATIVE = 0.5
_INERTIA = 0.05


def link_length(means: np.ndarray, word_order: np.ndarray, unit_order: np.ndarray) -> float:
    """Σ weight · |height of word cluster − height of unit cluster| over all links, heights in 0…1 by rank.

    A link weighs its block mean squared, a negative one half of that: so groups end up beside what they
    raise.
    """
    heights = np.abs(_heights(word_order)[:, None] - _heights(unit_order)[None, :])
    return float((_weights(means) * heights).sum())


def draw_orders(
    means: np.ndarray, before: tuple[np.ndarray, np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Word clusters and unit clusters from top to bottom, for block means [word clusters, unit clusters].

    With the orders `before` (for one cluster fewer a side, labels matched), each new cluster starts beside
    the one most like it, and a place that is only slightly better is not taken. Without, the order starts
    from the leading singular vectors. Then each side in turn takes its best places given the other's: an
    assignment problem, solved exactly.
    """
    weights = _weights(means)
    if before is None:
        left, _, right = np.linalg.svd(means)
        words, units = np.argsort(-left[:, 0], kind="stable"), np.argsort(-right[0], kind="stable")
        inertia = 0.0
    else:
        words, units = _inserted(before[0], means), _inserted(before[1], means.T)
        inertia = _INERTIA
    start = _heights(words), _heights(units)
    for _ in range(_ROUNDS):
        new_words = _best_places(weights, _heights(units), start[0], inertia)
        new_units = _best_places(weights.T, _heights(new_words), start[1], inertia)
        if np.array_equal(new_words, words) and np.array_equal(new_units, units):
            break
        words, units = new_words, new_units
    return words, units


def _weights(means: np.ndarray) -> np.ndarray:
    return means**2 * np.where(means < 0, _NEGATIVE, 1.0)


def _heights(order: np.ndarray) -> np.ndarray:
    """Height 0…1 of each cluster, by label, from the order."""
    heights = np.empty(len(order))
    heights[order] = (np.arange(len(order)) + 0.5) / len(order)
    return heights


def _best_places(weights: np.ndarray, other: np.ndarray, start: np.ndarray, inertia: float) -> np.ndarray:
    """The order of the rows that makes links to the other side, standing at `other`, shortest."""
    k = len(weights)
    places = (np.arange(k) + 0.5) / k
    length = weights @ np.abs(other[:, None] - places[None, :])
    stay = inertia * weights.sum() / k * np.abs(places[None, :] - start[:, None])
    row, place = linear_sum_assignment(length + stay)
    order = np.empty(k, dtype=np.int64)
    order[place] = row
    return order


def _inserted(order: np.ndarray, means: np.ndarray) -> np.ndarray:
    """`order` with the clusters that it lacks put in, each just after the one whose block means are most like it."""
    placed = [int(r) for r in order if r < len(means)]
    for new in sorted(set(range(len(means))) - set(placed)):
        gap = ((means[placed] - means[new]) ** 2).sum(axis=1)
        placed.insert(int(np.argmin(gap)) + 1, new)
    return np.array(placed, dtype=np.int64)
