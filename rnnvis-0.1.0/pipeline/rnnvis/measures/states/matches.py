"""Which unit (or cluster of units) of one state answers to the words as one of another state does.

The likeness of unit i of A and unit j of B is the Pearson correlation of their expected responses over the words that
both were measured on. A one-to-one match maximises the sum of likenesses (the assignment problem; H. W. Kuhn, "The
Hungarian method for the assignment problem", Naval Research Logistics Quarterly 2, 1955), as Li et al. matched units
of networks ("Convergent learning: do different neural networks learn the same representations?", ICLR 2016).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

NONE = -1


@dataclass(frozen=True)
class Match:
    """For each of A's units: `b` int32 [A], its partner in the one-to-one match, −1 for none, with `strength` float32
    [A], their correlation, zero for none; `best` int32 [A], the most alike unit of B, which several may share, with
    `best_strength` float32 [A]."""

    b: np.ndarray = field(repr=False)
    strength: np.ndarray = field(repr=False)
    best: np.ndarray = field(repr=False)
    best_strength: np.ndarray = field(repr=False)


def match(a: np.ndarray, b: np.ndarray) -> Match:
    """Match the columns of `a` [W, A] with those of `b` [W, B]; row w of both belongs to the same word.

    A column that is the same for every word is like nothing: its correlations are zero.
    """
    likeness = correlations(a, b)
    rows, columns = linear_sum_assignment(likeness, maximize=True)
    partner = np.full(len(likeness), NONE, dtype=np.int32)
    partner[rows] = columns
    strength = np.where(partner == NONE, 0.0, likeness[np.arange(len(likeness)), partner])
    best = likeness.argmax(axis=1)
    return Match(
        partner,
        strength.astype(np.float32),
        best.astype(np.int32),
        likeness[np.arange(len(likeness)), best].astype(np.float32),
    )


def correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson correlation of every column of `a` [W, A] with every column of `b` [W, B], float64 [A, B]."""
    return np.clip(_standard(a).T @ _standard(b), -1, 1)


def profiles(responses: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Mean response of each of `k` clusters of units: [W, H] and labels [H] (−1 for none) → float64 [W, k]."""
    inside = np.stack([labels == cluster for cluster in range(k)], axis=1)
    return responses.astype(np.float64) @ inside / np.maximum(inside.sum(axis=0), 1)


def _standard(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(axis=0, dtype=np.float64)
    length = np.linalg.norm(centred, axis=0)
    alike = length <= 1e-12 * np.maximum(np.abs(values).max(axis=0, initial=0), 1e-300)
    return np.divide(centred, length, out=np.zeros_like(centred), where=~alike)
