"""Drift of states that are carried on: what becomes of each unit as a stream gets older."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Drift:
    """Of one state of H units, by age of the stream in steps, in A classes: from `ages[a]` on, before `ages[a + 1]`.

    `ages` int64 [A + 1]; the first class is the young one. `streams` int64 [A]: the streams that are so old, `steps`
    int64 [A] their steps there. `mean` float32 [A, H] is the mean state over these steps. `drift` float32 [A, H]: by
    how much a stream's mean there differs from its own mean while young, mean over the streams, in standard deviations
    of the young state; nan of a unit that never changes while young. `standard_error` float32 [A, H] takes streams as
    independent, nan below two.
    """

    ages: np.ndarray
    streams: np.ndarray
    steps: np.ndarray
    mean: np.ndarray = field(repr=False)
    drift: np.ndarray = field(repr=False)
    standard_error: np.ndarray = field(repr=False)


class DriftRecorder:
    """Takes in the steps of G `streams`, by classes of age that begin at `ages` int64 [A + 1], ascending from 0."""

    def __init__(self, streams: int, ages: np.ndarray) -> None:
        self.ages, self.streams = ages, streams
        self._count = np.zeros((streams, len(ages) - 1), np.int64)
        self._sum: np.ndarray | None = None
        self._from = np.zeros(0)
        self._young = np.zeros((2, 0))

    def add(self, states: np.ndarray, stream: np.ndarray, age: np.ndarray) -> None:
        """Take in states [N, H] of these streams int [N], at these ages int [N]; what is older is passed over."""
        inside = age < self.ages[-1]
        if not inside.any():
            return
        values, of = states[inside].astype(np.float64), stream[inside]
        which = np.searchsorted(self.ages, age[inside], side="right") - 1
        if self._sum is None:
            self._from = values[0]
            self._sum = np.zeros((*self._count.shape, len(self._from)))
            self._young = np.zeros((2, len(self._from)))
        values = values - self._from
        np.add.at(self._count, (of, which), 1)
        np.add.at(self._sum, (of, which), values)
        young = values[which == 0]
        self._young += young.sum(axis=0), np.square(young).sum(axis=0)

    def result(self) -> Drift:
        """What was taken in; at least one step."""
        assert self._sum is not None
        steps = self._count.sum(axis=0)
        seen = np.maximum(1, steps)[:, None]
        mean = np.where(steps[:, None] > 0, self._sum.sum(axis=0) / seen + self._from, np.nan)
        young = max(1, int(steps[0]))
        spread = np.sqrt(np.maximum(0, self._young[1] / young - np.square(self._young[0] / young)))
        spread[spread == 0] = np.nan
        of_stream = self._sum / np.maximum(1, self._count)[:, :, None]
        moved = of_stream - of_stream[:, :1]
        there = (self._count > 0) & (self._count[:, :1] > 0)
        many = there.sum(axis=0)
        drift, error = np.full((2, *mean.shape), np.nan)
        for a in np.flatnonzero(many).tolist():
            of = moved[there[:, a], a] / spread
            drift[a] = of.mean(axis=0)
            if many[a] > 1:
                error[a] = of.std(axis=0, ddof=1) / np.sqrt(many[a])
        return Drift(
            self.ages,
            (self._count > 0).sum(axis=0),
            steps,
            mean.astype(np.float32),
            drift.astype(np.float32),
            error.astype(np.float32),
        )
