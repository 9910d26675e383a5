"""Long short-term memory: `nn.LSTM` and `nn.LSTMCell`."""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnvis.recording.cells.cell import Cell, Enter, States, Weights, sigmoid_, summed


class LongShortTermMemory(Cell):
    """i, f, o = σ(W x_t + b + U h_{t−1} + c), g = tanh(the same), c_t = f c_{t−1} + i g, h_t = o tanh(c_t).

    With `proj_size` h_t is V (o tanh(c_t)) and has as many units (torch.nn.LSTM).
    """

    layer, step = nn.LSTM, nn.LSTMCell
    modes = ("LSTM",)
    states = ("h", "c")
    gates = MappingProxyType({"i": 0, "f": 1, "o": 3})

    def sizes(self, module: nn.Module) -> tuple[int, ...]:
        units = int(module.hidden_size)  # type: ignore[arg-type]
        return getattr(module, "proj_size", 0) or units, units

    def bounded(self, module: nn.Module) -> tuple[str, ...]:
        return () if getattr(module, "proj_size", 0) else ("h",)

    def weights(self, module: nn.Module, layer: int = 0, reverse: bool = False) -> Weights:
        return summed(super().weights(module, layer, reverse))

    def advance(self, module: nn.Module, read: Tensor, before: States, weights: Weights, after: States) -> None:
        (h, c), (next_h, next_c) = before, after
        read.addmm_(h, weights.hidden.t())
        i, f, g, o = read.chunk(4, dim=-1)
        torch.mul(i.sigmoid_(), g.tanh_(), out=next_c)
        next_c.addcmul_(sigmoid_(f), c)
        o.sigmoid_()
        if weights.projection is None:
            torch.tanh(next_c, out=next_h)
            next_h.mul_(o)
        else:
            torch.mm(o * next_c.tanh(), weights.projection.t(), out=next_h)

    def intervened(self, module: nn.Module, read: Tensor, before: States, weights: Weights, enter: Enter) -> States:
        h, c = before
        i, f, g, o = (read + functional.linear(h, weights.hidden)).chunk(4, dim=-1)
        c = enter("c", torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g))
        h = torch.sigmoid(o) * torch.tanh(c)
        return enter("h", h if weights.projection is None else functional.linear(h, weights.projection)), c
