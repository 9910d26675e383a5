"""minGRU: a gated unit whose gate and candidate read the input alone (Feng et al. 2024)."""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnvis.recording.cells.cell import Enter, States, Weights
from rnnvis.recording.cells.stacked import Stacked, StackedCell, uniform


class MinimalGatedUnit(StackedCell):
    """z = σ(W x_t + b), n = g(W x_t + b), h_t = z h_{t−1} + (1 − z) n, where g(x) = x + ½ for x ≥ 0, else σ(x).

    z is the share that is kept, 1 − z of Feng et al. (2024), section 3.1; g is that of their appendix B.
    """

    states = ("h",)
    gates = MappingProxyType({"z": 0})

    def made(self, module: Stacked, inputs: int) -> dict[str, Tensor]:
        """Gates start open by different amounts, so that units keep for one to some twenty steps."""
        bias = torch.zeros(2 * module.hidden_size)
        bias[: module.hidden_size] = torch.linspace(0, 3, module.hidden_size)
        return {"weight_ih": uniform(2 * module.hidden_size, inputs, fan=inputs), "bias_ih": bias}

    def read(self, x: Tensor, weights: Weights) -> Tensor:
        z, n = functional.linear(x, weights.input, weights.input_bias).chunk(2, dim=-1)
        return torch.cat([torch.sigmoid(z), torch.where(n >= 0, n + 0.5, torch.sigmoid(n))], dim=-1)

    def advance(self, module: nn.Module, read: Tensor, before: States, weights: Weights, after: States) -> None:
        z, n = read.chunk(2, dim=-1)
        torch.lerp(n, before[0], z, out=after[0])

    def intervened(self, module: nn.Module, read: Tensor, before: States, weights: Weights, enter: Enter) -> States:
        z, n = read.chunk(2, dim=-1)
        return (enter("h", torch.lerp(n, before[0], z)),)


class MinGRU(Stacked):
    """Layers of minGRU over whole sequences, see `MinimalGatedUnit`."""

    cell = MinimalGatedUnit()


MinimalGatedUnit.layer = MinGRU
