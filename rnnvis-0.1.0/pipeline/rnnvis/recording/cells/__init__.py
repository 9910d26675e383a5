"""The kinds of recurrent cells that are recorded exactly: one file and one line each."""

from __future__ import annotations

from torch import nn

from rnnvis.recording.cells.cell import OPENED, Cell, Enter, Weights
from rnnvis.recording.cells.gru import GatedUnit
from rnnvis.recording.cells.lstm import LongShortTermMemory
from rnnvis.recording.cells.min_gru import MinGRU, MinimalGatedUnit
from rnnvis.recording.cells.rnn import Elman
from rnnvis.recording.cells.selective import SelectiveState, StateSpace
from rnnvis.recording.cells.slstm import SLSTM, ScalarMemory
from rnnvis.recording.cells.stacked import Stacked

CELLS: tuple[Cell, ...] = (
    Elman(),
    GatedUnit(),
    LongShortTermMemory(),
    MinimalGatedUnit(),
    SelectiveState(),
    ScalarMemory(),
)

SEQUENCES = (nn.RNNBase, Stacked)
"""Modules that read whole sequences and hand on one state a layer."""

_WITHOUT_FORMULA = Cell()


def cell_of(module: nn.Module) -> Cell | None:
    """The kind of recurrent cell in `module`; None of a module that is none.

    Subclasses count as what they are made from, whatever their `forward` does. A cell that says only that it is one
    (`nn.RNNCellBase`) is of a kind without a formula: its states are those that it hands back.
    """
    found = next((cell for cell in CELLS if cell.takes(module)), None)
    return found or (_WITHOUT_FORMULA if isinstance(module, nn.RNNCellBase) else None)


def class_names() -> list[str]:
    """The names of the classes that are recorded: "RNN", "RNNCell" and so on."""
    return [kind.__name__ for cell in CELLS for kind in (cell.layer, cell.step) if kind is not None]


__all__ = [
    "CELLS",
    "OPENED",
    "SEQUENCES",
    "SLSTM",
    "Cell",
    "Enter",
    "MinGRU",
    "StateSpace",
    "Weights",
    "cell_of",
    "class_names",
]
