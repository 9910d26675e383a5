"""95 % intervals of a share and of a mean."""

from __future__ import annotations

import math

import numpy as np

from rnnvis.measures.figures import clustered_mean

Z = 1.959964  # of the normal distribution, 95 % lie within ±Z standard deviations


def wilson(share: float, n: int, z: float = Z) -> tuple[float, float]:
    """95 % interval of a share observed in n cases (Wilson 1927)."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def mean_interval(values: np.ndarray, group: np.ndarray) -> tuple[float, float, float]:
    """Mean of `values` [N] and the ends of its 95 % interval, which takes groups [N], not values, as independent (ratio
    estimator: Cochran 1977, equation 6.13); the ends are nan with a single group."""
    mean, error = clustered_mean(np.asarray(values, dtype=np.float64), group)
    return mean, mean - Z * error, mean + Z * error
