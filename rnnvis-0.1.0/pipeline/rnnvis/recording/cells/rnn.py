"""Elman's network: `nn.RNN` and `nn.RNNCell`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnvis.recording.cells.cell import Cell, Enter, States, Weights, summed


class Elman(Cell):
    """h_t = tanh(W x_t + b + U h_{t−1} + c), or ReLU of it (torch.nn.RNN)."""

    layer, step = nn.RNN, nn.RNNCell
    modes = ("RNN_TANH", "RNN_RELU")
    states = ("h",)

    def bounded(self, module: nn.Module) -> tuple[str, ...]:
        return () if _relu(module) else ("h",)

    def weights(self, module: nn.Module, layer: int = 0, reverse: bool = False) -> Weights:
        return summed(super().weights(module, layer, reverse))

    def advance(self, module: nn.Module, read: Tensor, before: States, weights: Weights, after: States) -> None:
        read.addmm_(before[0], weights.hidden.t())
        if _relu(module):
            torch.clamp(read, min=0, out=after[0])
        else:
            torch.tanh(read, out=after[0])

    def intervened(self, module: nn.Module, read: Tensor, before: States, weights: Weights, enter: Enter) -> States:
        total = read + functional.linear(before[0], weights.hidden)
        return (enter("h", torch.relu(total) if _relu(module) else torch.tanh(total)),)


def _relu(module: nn.Module) -> bool:
    return getattr(module, "nonlinearity", "") == "relu" or getattr(module, "mode", "") == "RNN_RELU"
