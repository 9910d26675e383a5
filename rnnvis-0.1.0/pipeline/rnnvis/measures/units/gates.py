"""How far the gates of a layer are open: whether they blend or decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from rnnvis.measures.kept import Keeping
from rnnvis.measures.moments import row_blocks
from rnnvis.recording.cells import OPENED

CLOSED, OPEN = 0.1, 0.9


def keeping(gates: Iterable[str]) -> str | None:
    """The one of `gates` that is the share of a state that is kept: a cell calls it "f" or "z"; None without one."""
    return next((name for name in gates if name in ("f", "z")), None)


@dataclass(frozen=True)
class Gates:
    """Of each gate by name, float32 [H]: `mean`; `closed` and `open`, shares of the steps below 0.1 and above 0.9."""

    mean: dict[str, np.ndarray] = field(repr=False)
    closed: dict[str, np.ndarray] = field(repr=False)
    open: dict[str, np.ndarray] = field(repr=False)

    @property
    def keeping(self) -> str | None:
        """Name of the gate that keeps memory, forget gate or update gate; None of a layer without one."""
        return keeping(self.mean)


class GateAccumulator(Keeping):
    """Streams the gates of H units into `Gates`; accumulators of parts merge."""

    KEPT = ("count", "_sum", "_closed", "_open")

    def __init__(self, units: int) -> None:
        self.units = units
        self.count = 0
        self._sum: dict[str, np.ndarray] = {}
        self._closed: dict[str, np.ndarray] = {}
        self._open: dict[str, np.ndarray] = {}

    def add(self, gates: Mapping[str, np.ndarray]) -> None:
        """Take in N steps: the gates of one layer by name, [N, H] each. Every call names the same gates."""
        self.count += len(next(iter(gates.values()), ()))
        for name, values in gates.items():
            total = np.zeros(values.shape[1])
            closed, opened = np.zeros((2, values.shape[1]), dtype=np.int64)
            for rows in row_blocks(*values.shape):
                block = values[rows]
                total += block.sum(axis=0, dtype=np.float64)
                closed += _true(block < CLOSED)
                opened += _true(block > OPEN)
            self._take(name, total, closed, opened)

    def merge(self, other: GateAccumulator) -> None:
        """Take in everything that `other` has seen."""
        self.count += other.count
        for name, total in other._sum.items():
            self._take(name, total, other._closed[name], other._open[name])

    def result(self) -> Gates:
        """The gates of what was seen so far."""
        n = max(self.count, 1)

        def shares(of: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            return {name: (of[name] / n).astype(np.float32) for name in of}

        return Gates(shares(self._sum), shares(self._closed), shares(self._open))

    def _take(self, name: str, total: np.ndarray, closed: np.ndarray, open_: np.ndarray) -> None:
        for of, found in ((self._sum, total), (self._closed, closed), (self._open, open_)):
            of[name] = of[name] + found if name in of else found


def _true(block: np.ndarray) -> np.ndarray:
    """How many of each column of bool [n, H] are true."""
    return np.add.reduce(block.view(np.uint8), axis=0, dtype=np.int32)


def gates_of(state: str, gates: Mapping[str, np.ndarray], units: int) -> dict[str, np.ndarray]:
    """The gates of the layer that the state called `state` belongs to, by their own names.

    None of a projected state, whose units are mixtures of those that the gates belong to.
    """
    layer = state.rsplit(".", 1)[0]
    found = {name.rsplit(".", 1)[1]: values for name, values in gates.items() if name.rsplit(".", 1)[0] == layer}
    return {name: values for name, values in found.items() if values.shape[1] == units and name != OPENED}
