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
    count = inside.sum(axis=0)
    place = np.arange(1, len(seen) + 1)
    for unit in range(seen.shape[1]):
        for sign in (1, -1) if both_ways else (1,):
            value = sign * seen[:, unit].astype(np.float64)
            order = np.argsort(-value, kind="stable")
            ranked = value[order]
            cuts = np.flatnonzero(np.append(ranked[:-1] > ranked[1:], False))  # between different values only
            if not len(cuts):
                continue
            found = np.cumsum(inside[order], axis=0)[cuts]
            f1 = 2 * found / (place[cuts, None] + count)
            at = f1.argmax(axis=0)
            for number, name in enumerate(names):
                score = float(f1[at[number], number])
                if score > best[name][0]:
                    cut = cuts[at[number]]
                    best[name] = score, unit, sign, float((ranked[cut] + ranked[cut + 1]) / 2)
    result = {}
    for name, (score, unit, sign, threshold) in best.items():
        said = sign * unseen[:, unit].astype(np.float64) > threshold
        result[name] = Detector(unit, sign, threshold, max(0.0, score), f1_of(said, concepts[name][1]))
    return result


def f1_of(said: np.ndarray, true: np.ndarray) -> float:
    """2 TP / (2 TP + FP + FN) of bool [M]; 0 where nothing is said and nothing is so."""
    together = int(said.sum() + true.sum())
    return 2 * int((said & true).sum()) / together if together else 0.0
