"""What of a stream's past is still in the answer: the answer from all of it against that from the last steps alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rnnvis.measures.figures import clustered_mean


@dataclass(frozen=True)
class Remembered:
    """How far the answer from the last `steps` int64 [n] alone is from that of the whole past.

    `distance` float64 [n] is the mean total variation between the two distributions over classes, ½ Σ |p − q|, from 0
    (nothing before counts) to 1; of a number, the mean size of the difference. `standard_error` float64 [n] takes
    streams as independent, nan below two. `answers` int64 [n] are the answers that were compared.
    """

    steps: np.ndarray
    distance: np.ndarray
    standard_error: np.ndarray = field(repr=False)
    answers: np.ndarray = field(repr=False)


def total_variation(whole: np.ndarray, last: np.ndarray) -> np.ndarray:
    """½ Σ |p − q| of log-probabilities [N, C] each, float64 [N]; of numbers [N, 1] their distance."""
    if whole.shape[1] == 1:
        return np.abs(whole - last)[:, 0]
    far: np.ndarray = 0.5 * np.abs(np.exp(whole) - np.exp(last)).sum(axis=1)
    return far


def remembered(steps: np.ndarray, distances: list[np.ndarray], streams: list[np.ndarray]) -> Remembered:
    """From the `distances` [N] of each number of `steps` [n], and the streams int [N] that they are of."""
    found = [clustered_mean(far, of) for far, of in zip(distances, streams, strict=True)]
    return Remembered(
        steps,
        np.array([mean for mean, _ in found]),
        np.array([error for _, error in found]),
        np.array([len(far) for far in distances], np.int64),
    )
