"""One figure of a state as a whole, with its standard error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Figure:
    """One figure of a state; `standard_error` is nan where none is known."""

    measure: str
    value: float
    about: str
    standard_error: float = float("nan")


def mean_over_sentences(name: str, values: np.ndarray, sentence: np.ndarray, about: str) -> Figure:
    """The mean of `values` [N], nan left out; its standard error takes sentences [N], not steps, as independent (ratio
    estimator: Cochran 1977, equation 6.13)."""
    mean, error = clustered_mean(values, sentence)
    return Figure(name, mean, about, error)


def clustered_mean(values: np.ndarray, group: np.ndarray) -> tuple[float, float]:
    """Mean of `values` [N], nan left out, and its standard error, groups [N] as independent; nan where unknown."""
    known = ~np.isnan(values)
    if not known.any():
        return float("nan"), float("nan")
    _, of = np.unique(group[known], return_inverse=True)
    total, count = np.bincount(of, values[known]), np.bincount(of)
    mean, groups = float(total.sum() / count.sum()), len(count)
    if groups < 2:
        return mean, float("nan")
    spread = float(np.square(total - mean * count).sum()) * groups / (groups - 1)
    return mean, float(np.sqrt(spread) / count.sum())
