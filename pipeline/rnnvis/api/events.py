"""Events: named classes of the steps of a signal, which stand where words stand in a text.

`rnnvis.events.bins`, `.threshold` and `.codebook` are rules that name every step of all signals of a recording.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

import numpy as np

from rnnvis.arguments import ANY, FLAG, Kind, between, checks_arguments, is_number, is_row, is_whole, shown
from rnnvis.errors import RnnvisError

MOST_EVENTS = 4096
LEAST_USES, USUAL_SIZE = 50, 32
"""Of a codebook that nobody asked for: steps for each event, and the events that it has at most."""
_FITTED = 50_000
_BLOCK = 8192
_SHOWN_VALUES = 3


def _is_finite(value: Any) -> bool:
    return is_number(value) and abs(value) <= sys.float_info.max


CHANNEL = Kind(
    lambda value: isinstance(value, str) or is_whole(value), "give the number of a channel, from 0, or its name"
)
SIZE = between(2, MOST_EVENTS)
NAME_THEM = (
    "name the steps, rnnvis.Signal(frames, names), or give a rule, such as rnnvis.events.bins(0) or "
    "rnnvis.events.threshold(0, at=…)"
)


@dataclass(frozen=True)
class Steps:
    """All N steps of the signals of a recording: `values` float64 [N, C], `channels` their names, `lengths` int64 [S]
    the steps of each signal."""

    values: np.ndarray = field(repr=False)
    channels: tuple[str, ...]
    lengths: np.ndarray = field(repr=False)

    def channel(self, wanted: int | str) -> tuple[int, str]:
        """Number and name of a channel that is `wanted` by either; RnnvisError where there is none."""
        at = self.channels.index(wanted) if isinstance(wanted, str) and wanted in self.channels else wanted
        if not is_whole(at) or not 0 <= int(at) < len(self.channels):
            many = len(self.channels)
            named = ", ".join(self.channels[:8]) + (", …" if many > 8 else "")
            raise RnnvisError(
                f"events are made of the channel {shown(wanted)}, which the signals do not have",
                f"it is one of {named}, or a number from 0 to {many - 1}",
            )
        return int(at), self.channels[int(at)]

    def place(self, row: int) -> str:
        """`3:17` for step 17 of signal 3."""
        starts = np.cumsum(self.lengths) - self.lengths
        signal = int(np.searchsorted(starts, row, side="right")) - 1
        return f"{signal}:{row - int(starts[signal])}"


@runtime_checkable
class Rule(Protocol):
    """What names the steps of signals."""

    def events(self, steps: Steps) -> tuple[np.ndarray, tuple[str, ...]]:
        """The event of each step, int32 [N], and the names of the events."""
        ...


@dataclass(frozen=True)
class Bins:
    """A rule: which of several ranges one channel lies in. See `bins`."""

    channel: int | str
    count: int
    edges: tuple[float, ...] | None

    def events(self, steps: Steps) -> tuple[np.ndarray, tuple[str, ...]]:
        at, name = steps.channel(self.channel)
        values = steps.values[:, at]
        edges = self.edges or np.quantile(values, np.arange(1, self.count) / self.count).tolist()
        if self.edges is None:
            edges = [edge for edge in np.unique(edges).tolist() if edge < values.max()]
            if not edges:
                raise RnnvisError(f'the channel "{name}" has no two quantiles: it hardly changes', NAME_THEM)
        said = _numbers(edges)
        names = [f"{name} up to {said[0]}", *(f"{name} {a} to {b}" for a, b in pairwise(said))]
        return np.searchsorted(edges, values, side="left").astype(np.int32), (*names, f"{name} above {said[-1]}")


@dataclass(frozen=True)
class Threshold:
    """A rule: whether one channel is above a value, and where it crosses it. See `threshold`."""

    channel: int | str
    at: float
    crossings: bool

    def events(self, steps: Steps) -> tuple[np.ndarray, tuple[str, ...]]:
        at, name = steps.channel(self.channel)
        above = steps.values[:, at] > self.at
        [said] = _numbers([self.at])
        if not self.crossings:
            return above.astype(np.int32), (f"{name} up to {said}", f"{name} above {said}")
        before = np.roll(above, 1)
        starts = (np.cumsum(steps.lengths) - steps.lengths)[steps.lengths > 0]
        before[starts] = above[starts]
        event = above.astype(np.int32)
        event[above & ~before], event[before & ~above] = 2, 3
        return event, tuple(f"{name} {word} {said}" for word in ("up to", "above", "rises above", "falls to"))


@dataclass(frozen=True)
class Codebook:
    """A rule: the nearest of the centres that k-means finds. See `codebook`."""

    size: int | None
    seed: int
    scaled: bool

    def events(self, steps: Steps) -> tuple[np.ndarray, tuple[str, ...]]:
        values = steps.values
        size = self.size
        if size is None:
            size = min(USUAL_SIZE, len(values) // LEAST_USES)
            if size < 2:
                raise RnnvisError(
                    f"{len(values):,} steps are too few for a codebook, which makes events where none are named",
                    NAME_THEM,
                )
        some = values[:: -(-len(values) // _FITTED)]
        different = len(np.unique(some, axis=0))
        if different < size:
            raise RnnvisError(
                f"{len(values):,} steps of {different:,} different frames are too few for a codebook of {size:,}",
                f"ask for fewer, rnnvis.events.codebook({max(2, different // 4)}); or {NAME_THEM}"
                if different > 1
                else NAME_THEM,
            )
        scale = values.std(axis=0) if self.scaled else np.ones(values.shape[1])
        scale[scale == 0] = 1
        from sklearn.cluster import KMeans  # Loading it takes seconds, and few need it.

        fitted = KMeans(size, n_init=1, random_state=self.seed).fit(some / scale)
        centres = np.asarray(fitted.cluster_centers_, np.float64)
        event, gap = _nearest(values / scale, centres)
        uses = np.bincount(event, minlength=size)
        order = np.lexsort([np.arange(size), -uses])
        order = order[uses[order] > 0]
        names = []
        for centre in order.tolist():
            mine = np.flatnonzero(event == centre)
            names.append(_frame(steps, int(mine[gap[mine].argmin()])))
        place = np.empty(size, np.int32)
        place[order] = np.arange(len(order))
        return place[event], tuple(names)


@checks_arguments(channel=CHANNEL, count=SIZE, edges=ANY)
def bins(channel: int | str = 0, count: int = 5, edges: Sequence[float] | None = None) -> Bins:
    """A rule that names each step by the range in which one channel lies: `x up to −0.3`, `x −0.3 to 0.1`, …

    The ranges end at the quantiles that cut all steps of the recording into `count` parts of one size, or at `edges`,
    ascending, in the channel's unit; an edge belongs to the range below it. `channel` is its number or its name.
    Raises RnnvisError: edges that do not rise, fewer than two ranges; when recording, a channel that is not there or
    hardly changes.
    """
    if edges is not None:
        given = tuple(edges) if is_row(edges) else ()
        rising = all(map(_is_finite, given)) and all(low < high for low, high in pairwise(map(float, given)))
        if not given or not rising:
            raise RnnvisError(f"edges is {shown(edges)}", "give one or more numbers, each larger than the one before")
        return Bins(channel, len(given) + 1, tuple(float(edge) for edge in given))
    return Bins(channel, count, None)


@checks_arguments(channel=CHANNEL, at=Kind(_is_finite, "give a number, in the unit of the channel"), crossings=FLAG)
def threshold(channel: int | str = 0, at: float = 0.0, crossings: bool = True) -> Threshold:
    """A rule that names each step by whether one channel is above `at`, in its unit: `x up to 0`, `x above 0`.

    With `crossings` the step at which it comes to be so has a name of its own, `x rises above 0`, `x falls to 0`; a
    signal's first step crosses nothing. `channel` is its number or its name. Raises RnnvisError: `at` is no number;
    when recording, a channel that is not there.
    """
    return Threshold(channel, float(at), crossings)


@checks_arguments(size=SIZE, seed=between(0, 2**32 - 1), scaled=FLAG)
def codebook(size: int | None = None, seed: int = 0, scaled: bool = True) -> Codebook:
    """A rule that names each step by the nearest of `size` centres of all frames, found by k-means.

    A centre is called by the real frame that is nearest to it: by its place, `3:17` for step 17 of signal 3, behind its
    values where it has up to three. They are numbered by their uses, the most first. `scaled` divides channels by
    their standard deviations before. Without `size` there are as many as have 50 steps each, 32 at most. The same
    `seed` gives the same. Raises RnnvisError when recording: too few steps, or too few different ones.
    """
    return Codebook(size, int(seed), scaled)


def _nearest(values: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each row of `values` [N, C] the nearest centre, int64 [N], and the squared distance, float64 [N]."""
    event, gap = np.empty(len(values), np.int64), np.empty(len(values))
    for start in range(0, len(values), _BLOCK):
        rows = values[start : start + _BLOCK]
        far = np.square(rows).sum(axis=1)[:, None] - 2 * rows @ centres.T + np.square(centres).sum(axis=1)
        event[start : start + _BLOCK] = far.argmin(axis=1)
        gap[start : start + _BLOCK] = far.min(axis=1)
    return event, gap


def _frame(steps: Steps, row: int) -> str:
    """What an event is called that the frame in `row` stands for."""
    values = steps.values[row]
    if len(values) > _SHOWN_VALUES:
        return f"like {steps.place(row)}"
    said = ", ".join(_number(float(value), 3) for value in values)
    return f"{said} ({steps.place(row)})"


def _numbers(values: Sequence[float]) -> list[str]:
    """`values` in as few digits, three at least, as tell them apart."""
    for digits in range(3, 17):
        said = [_number(float(value), digits) for value in values]
        if len(set(said)) == len(said):
            break
    return said


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}g}".replace("-", "−")
