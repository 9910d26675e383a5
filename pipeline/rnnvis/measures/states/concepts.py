"""How well one unit, or one feature, tells where a concept is: F1, chosen on one half and judged on the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Detector:
    """The unit that tells a concept best: `sign` · value > `threshold`, with its F1 where it was chosen (`seen`) and on
    states that took no part in that (`unseen`)."""

    unit: int
    sign: int
    threshold: float
    seen: float
    unseen: float


def detectors(
    seen: np.ndarray,
    unseen: np.ndarray,
    concepts: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    both_ways: bool,
) -> dict[str, Detector]:
    """The best detector of each concept among the columns of states [N, U] `seen`, judged on [M, U] `unseen`.

    `concepts` say by name where each is, bool [N] and [M]. Unit, threshold and, with `both_ways`, sign are those with
    the largest F1 = 2 TP / (2 TP + FP + FN) on what is seen, every threshold tried; of equals the first unit.
    """
    names = list(concepts)
    best: dict[str, tuple[float, int, int, float]] = {name: (-1.0, 0, 1, 0.0) for name in names}
    inside = np.stack([concepts[name][0] for name in names], axis=1) if names else np.zeros((len(seen), 0), bool)
    row, concept = np.nonzero(inside)
    count = inside.sum(axis=0)
    known = np.flatnonzero(count)
    first = (np.cumsum(count) - count)[known]  # where each concept's hits begin, sorted by concept
    found = np.arange(1, len(row) + 1) - np.repeat(first, count[known])
    for unit in range(seen.shape[1]):
        for sign in (1, -1) if both_ways else (1,):
            value = sign * seen[:, unit].astype(np.float64)
            order = np.argsort(-value, kind="stable")
            ranked = value[order]
            cuts = np.flatnonzero(ranked[:-1] > ranked[1:])  # between different values only
            if not len(cuts) or not len(row):
                continue
            rank = np.empty(len(order), np.int64)
            rank[order] = np.arange(len(order))
            # F1 falls from one hit to the next: its largest is at the first cut after a hit.
            hits = rank[row]
            after = np.lexsort([hits, concept])
            cut = np.searchsorted(cuts, hits[after])
            said = cut < len(cuts)  # else it stands among the smallest values, below all cuts
            cut = np.where(said, cut, 0)
            f1 = np.where(said, 2 * found / (cuts[cut] + 1 + count[concept[after]]), 0.0)
            largest = np.maximum.reduceat(f1, first)
            at = np.minimum.reduceat(np.where(f1 == np.repeat(largest, count[known]), cut, len(cuts)), first)
            for number, score, of in zip(known.tolist(), largest.tolist(), at.tolist(), strict=True):
                if score > best[names[number]][0]:
                    threshold = float((ranked[cuts[of]] + ranked[cuts[of] + 1]) / 2)
                    best[names[number]] = score, unit, sign, threshold
    result = {}
    for name, (score, unit, sign, threshold) in best.items():
        said = sign * unseen[:, unit].astype(np.float64) > threshold
        result[name] = Detector(unit, sign, threshold, max(0.0, score), f1_of(said, concepts[name][1]))
    return result


def f1_of(said: np.ndarray, true: np.ndarray) -> float:
    """2 TP / (2 TP + FP + FN) of bool [M]; 0 where nothing is said and nothing is so."""
    together = int(said.sum() + true.sum())
    return 2 * int((said & true).sum()) / together if together else 0.0
