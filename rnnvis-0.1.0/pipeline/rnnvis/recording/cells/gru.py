"""The gated recurrent unit: `nn.GRU` and `nn.GRUCell`."""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnvis.recording.cells.cell import Cell, Enter, States, Weights, sigmoid_


class GatedUnit(Cell):
    """r, z = σ(W x_t + b + U h_{t−1} + c), n = tanh(W x_t + b + r (U h_{t−1} + c)), h_t = (1 − z) n + z h_{t−1}.

    z is the share that is kept (torch.nn.GRU).
    """

    layer, step = nn.GRU, nn.GRUCell
    modes = ("GRU",)
    states = ("h",)
    gates = MappingProxyType({"r": 0, "z": 1})

    def bounded(self, module: nn.Module) -> tuple[str, ...]:
        return ("h",)

    def advance(self, module: nn.Module, read: Tensor, before: States, weights: Weights, after: States) -> None:
        (h,) = before
        r, z, n = read.chunk(3, dim=-1)
        add_r, add_z, add_n = functional.linear(h, weights.hidden, weights.hidden_bias).chunk(3, dim=-1)
        r.add_(add_r).sigmoid_()
        sigmoid_(z.add_(add_z))
        n.addcmul_(r, add_n).tanh_()
        torch.lerp(n, h, z, out=after[0])

    def intervened(self, module: nn.Module, read: Tensor, before: States, weights: Weights, enter: Enter) -> States:
        (h,) = before
        r, z, n = read.chunk(3, dim=-1)
        add_r, add_z, add_n = functional.linear(h, weights.hidden, weights.hidden_bias).chunk(3, dim=-1)
        n = torch.tanh(n + torch.sigmoid(r + add_r) * add_n)
        return (enter("h", torch.lerp(n, h, torch.sigmoid(z + add_z))),)
