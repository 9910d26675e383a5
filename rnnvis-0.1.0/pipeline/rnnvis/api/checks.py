"""What every batch of a recording must be: observers that measure nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rnnvis.errors import RnnvisError
from rnnvis.measures.halves import unmeasurable
from rnnvis.measures.measure import Observer
from rnnvis.recording import StepBatch

_ROUNDING = 1e-5


@dataclass
class Once:
    """Shows an observer each batch once, also where a pass is begun again."""

    observer: Observer
    seen: int = 0
    at: int = 0

    def again(self) -> None:
        """The pass begins again, with the same batches."""
        self.at = 0

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        self.at += 1
        if self.at > self.seen:
            self.seen = self.at
            self.observer.add(batch, rows)


@dataclass(frozen=True)
class Numbers:
    """Refuses states that are no numbers, or that have grown beyond all measure."""

    name: str

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        of = f' of what "{self.name}" reads' if self.name else ""
        for state, values in batch.states.items():
            wrong = unmeasurable(values)
            if len(wrong):
                row, unit = wrong[0]
                raise RnnvisError(
                    f"{state} is {values[row, unit]} in sequence {batch.sentence_id[row]}{of}, step {batch.step[row]}, "
                    f"unit {unit}",
                    "check the weights: training may have diverged; in half precision, record model.float()",
                )


@dataclass
class SameStates:
    """Refuses a batch that has other states or gates than the first one."""

    names: list[str] = field(default_factory=list)

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        names = [*batch.states, *batch.gates]
        self.names = self.names or names
        if names != self.names:
            other = sorted({*names} ^ {*self.names})
            raise RnnvisError(
                f"{', '.join(other)} can be recorded for some sequences and not for others: in sequence "
                f"{batch.sentence_id[0]} forward changes what its layers do",
                "describe the states with a rnnvis.StateSource, or choose other modules with only=",
            )


class BeyondBoundsError(Exception):
    """A state that was taken for bounded is not; says so."""

    def __init__(self, state: str, largest: float) -> None:
        super().__init__(f"{state} goes beyond ±1, to {largest:.3g}: it is not called bounded.")
        self.state = state


@dataclass(frozen=True)
class Bounds:
    """Raises `BeyondBoundsError` for a state of these names that leaves [−1, 1]."""

    names: Sequence[str]

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        for name in self.names:
            values = batch.states.get(name)
            if values is None or not values.size:
                continue
            largest = max(float(values.max()), -float(values.min()))
            if largest > 1 + _ROUNDING:
                raise BeyondBoundsError(name, largest)
