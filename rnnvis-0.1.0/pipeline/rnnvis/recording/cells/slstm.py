"""sLSTM: an LSTM with an exponential input gate and a normaliser (Beck et al. 2024)."""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnvis.recording.cells.cell import OPENED, Enter, States, Weights
from rnnvis.recording.cells.stacked import Stacked, StackedCell, uniform


class ScalarMemory(StackedCell):
    """i, f, g, o linear in x_t and h_{t−1}; with n_t = ln(σ(f) e^{n_{t−1}} + e^i), the logarithm of the normaliser, and
    k = σ(f) e^{n_{t−1} − n_t}: c_t = k c_{t−1} + (1 − k) tanh(g), h_t = σ(o) c_t.

    Equations 8 to 14 of Beck et al. (2024) with their cell state already divided by the normaliser, which is why the
    share kept, k, is at most 1, and no stabiliser is needed. A sequence starts from the normaliser 1, not 0.
    """

    states = ("h", "c", "n")
    gates = MappingProxyType({"f": 1, "o": 3})

    def bounded(self, module: nn.Module) -> tuple[str, ...]:
        return ("h", "c")

    def made(self, module: Stacked, inputs: int) -> dict[str, Tensor]:
        """Orthogonal recurrent weights; forget gates start between .88 and .99."""
        units = module.hidden_size
        bias = torch.zeros(4 * units)
        bias[units : 2 * units] = torch.linspace(2, 5, units)
        hidden = torch.cat([nn.init.orthogonal_(torch.empty(units, units)) for _ in range(4)])
        return {"weight_ih": uniform(4 * units, inputs, fan=inputs), "bias_ih": bias, "weight_hh": hidden}

    def advance(self, module: nn.Module, read: Tensor, before: States, weights: Weights, after: States) -> None:
        h, c, n = before
        read.addmm_(h, weights.hidden.t())
        i, f, g, o = read.chunk(4, dim=-1)
        left = functional.logsigmoid(f).add_(n)
        torch.logaddexp(left, i, out=after[2])
        torch.sigmoid(left.sub_(i), out=f)
        torch.lerp(g.tanh_(), c, f, out=after[1])
        torch.mul(o.sigmoid_(), after[1], out=after[0])

    def intervened(self, module: nn.Module, read: Tensor, before: States, weights: Weights, enter: Enter) -> States:
        h, c, n = before
        i, f, g, o = (read + functional.linear(h, weights.hidden)).chunk(4, dim=-1)
        left = functional.logsigmoid(f) + n
        now = enter("n", torch.logaddexp(left, i))
        c = enter("c", torch.lerp(torch.tanh(g), c, torch.sigmoid(left - i)))
        return enter("h", torch.sigmoid(o) * c), c, now

    def gates_of(self, module: nn.Module, read: Tensor) -> dict[str, Tensor]:
        gates = super().gates_of(module, read)
        return gates | {OPENED: gates["o"]}


class SLSTM(Stacked):
    """Layers of sLSTM over whole sequences, see `ScalarMemory`."""

    cell = ScalarMemory()


ScalarMemory.layer = SLSTM
