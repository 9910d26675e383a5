"""Units against channels: how the state of each unit goes along with each number of a signal, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rnnvis.recording import StepBatch

STRETCHES, FEWEST = 32, 8
"""Parts of the text of which each is left out once, for standard errors; below the second number there are none."""
LEAST_STEPS = 50
"""Steps of a stretch that is no whole sequence: what is much longer ago is taken to be forgotten."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Correlations:
    """Pearson's correlation of the H units of one state with C channels, `value` float32 [H, C], nan where either never
    changes; `standard_error` float32 [H, C], nan where there are too few stretches of text."""

    value: np.ndarray
    standard_error: np.ndarray


@dataclass(frozen=True)
class Channels:
    """Numbers that stand beside the N steps of a text: `names` [C], whether each is `truth` that the model does not
    read, bool [C], their `values` float32 [N, C] and the `lengths` int64 [S] of the sequences. `correlations` are those
    of the units of each state, by its name."""

    names: tuple[str, ...]
    truth: np.ndarray
    values: np.ndarray = field(repr=False)
    lengths: np.ndarray = field(repr=False)
    correlations: Mapping[str, Correlations] = field(repr=False, default_factory=dict)


def stretches(lengths: np.ndarray) -> np.ndarray:
    """The stretch of text that each step belongs to, int64 [N]: 32 of about one length, in order.

    Where there are at least twice as many sequences of `lengths` [S], each is in one stretch as a whole; else stretches
    end anywhere, and have 50 steps at least.
    """
    count = int(lengths.sum())
    if (lengths > 0).sum() >= 2 * STRETCHES:
        begins = np.cumsum(lengths) - lengths
        return np.repeat(begins * STRETCHES // max(1, count), lengths)
    return np.arange(count) * max(1, min(STRETCHES, count // LEAST_STEPS)) // max(1, count)


class ChannelCorrelations:
    """Takes in steps, and correlates their states with `channels`; sequences where `measured` bool [S] is False are
    passed over. Memory grows with units × channels."""

    def __init__(self, channels: Channels, measured: np.ndarray | None = None) -> None:
        self.channels = channels
        taken = np.ones(len(channels.lengths), bool) if measured is None else measured
        self._taken = np.repeat(taken, channels.lengths)
        self._stretch = stretches(channels.lengths)
        self._sums: dict[str, _Sums] = {}

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        """Take in N steps at `rows` int64 [N] of the text."""
        there = self._taken[rows]
        places = rows[there]
        values, stretch = self.channels.values[places].astype(np.float64), self._stretch[places]
        for name, states in batch.states.items():
            if name not in self._sums and len(places):
                self._sums[name] = _Sums(states[there][0], values[0])
            if len(places):
                self._sums[name].add(states[there].astype(np.float64), values, stretch)

    def result(self) -> dict[str, Correlations]:
        """The correlations by state."""
        return {name: sums.result() for name, sums in self._sums.items()}


class _Sums:
    """Sums over each stretch, of values less those of one step: what never changes is zero exactly."""

    def __init__(self, states: np.ndarray, values: np.ndarray) -> None:
        self.from_states, self.from_values = states.astype(np.float64), values
        units, channels = len(states), len(values)
        self.count = np.zeros(STRETCHES)
        self.s, self.ss = np.zeros((2, STRETCHES, units))
        self.x, self.xx = np.zeros((2, STRETCHES, channels))
        self.sx = np.zeros((STRETCHES, units, channels))

    def add(self, states: np.ndarray, values: np.ndarray, stretch: np.ndarray) -> None:
        states, values = states - self.from_states, values - self.from_values
        for number in np.unique(stretch).tolist():
            here = stretch == number
            s, x = states[here], values[here]
            self.count[number] += len(s)
            self.s[number] += s.sum(axis=0)
            self.ss[number] += np.square(s).sum(axis=0)
            self.x[number] += x.sum(axis=0)
            self.xx[number] += np.square(x).sum(axis=0)
            self.sx[number] += s.T @ x

    def result(self) -> Correlations:
        used = np.flatnonzero(self.count)
        parts = [part[used] for part in (self.count, self.s, self.ss, self.x, self.xx, self.sx)]
        whole = [part.sum(axis=0) for part in parts]
        value = _correlation(*whole)
        error = np.full(value.shape, np.nan)
        if len(used) >= FEWEST:
            without = np.stack(
                [_correlation(*(of - part[i] for of, part in zip(whole, parts, strict=True))) for i in range(len(used))]
            )
            spread = np.square(without - without.mean(axis=0)).sum(axis=0)
            error = np.sqrt((len(used) - 1) / len(used) * spread)
        return Correlations(value.astype(np.float32), error.astype(np.float32))


def _correlation(
    count: np.ndarray, s: np.ndarray, ss: np.ndarray, x: np.ndarray, xx: np.ndarray, sx: np.ndarray
) -> np.ndarray:
    """Pearson's correlation from sums over `count` steps, float64 [H, C]."""
    across, along = ss - s * s / count, xx - x * x / count
    changes = np.outer(across > _ROUNDING * ss, along > _ROUNDING * xx)
    scale = np.sqrt(np.outer(np.maximum(across, 0), np.maximum(along, 0)))
    found = np.full(changes.shape, np.nan)
    np.divide(sx - np.outer(s, x) / count, scale, out=found, where=changes & (scale > 0))
    return found.clip(-1, 1)
