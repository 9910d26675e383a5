"""A selective state-space layer: how long it keeps is read off the input (Gu and Dao 2023)."""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnvis.recording.cells.cell import OPENED, Enter, States, Weights
from rnnvis.recording.cells.stacked import Stacked, StackedCell, uniform

NUMBERS = 4


class SelectiveState(StackedCell):
    """Δ = softplus(W x_t + b), c_t = exp(Δ A) ⊙ c_{t−1} + (Δ ⊙ u) Bᵀ, h_t = silu(z) ⊙ c_t C, for c [H, N] and A < 0;
    u, z, Δ [H] and B, C [N] are all linear in x_t.

    Algorithm 2 of Gu and Dao (2023) without convolution and skip connection, so that all of h is read off c. Units of
    c are its rows one after the other, N = 4 numbers to each unit of h.
    """

    states = ("h", "c")
    gates = MappingProxyType({"f": 0})

    def sizes(self, module: nn.Module) -> tuple[int, ...]:
        units = int(module.hidden_size)  # type: ignore[arg-type]
        return units, units * NUMBERS

    def made(self, module: Stacked, inputs: int) -> dict[str, Tensor]:
        """Steps Δ start between .02 and .5, spread by their logarithm, and A = −1 … −N, as in the paper's code."""
        units = module.hidden_size
        bias = torch.zeros(3 * units + 2 * NUMBERS)
        pace = torch.exp(torch.linspace(-3.9, -0.7, units))
        bias[2 * units : 3 * units] = pace + torch.log(-torch.expm1(-pace))
        return {
            "weight_ih": uniform(3 * units + 2 * NUMBERS, inputs, fan=inputs),
            "bias_ih": bias,
            "weight_hh": torch.arange(1.0, NUMBERS + 1).log().repeat(units, 1),
        }

    def read(self, x: Tensor, weights: Weights) -> Tensor:
        """What is kept, what is written, and how what is there is read: three blocks of H · N."""
        units = len(weights.hidden)
        said = functional.linear(x, weights.input, weights.input_bias)
        u, z, pace, b, c = said.split([units, units, units, NUMBERS, NUMBERS], dim=-1)
        pace = functional.softplus(pace)
        kept = torch.exp(-pace[..., None] * weights.hidden.exp())
        written = (pace * u)[..., None] * b[..., None, :]
        opened = functional.silu(z)[..., None] * c[..., None, :]
        return torch.cat([of.flatten(-2) for of in (kept, written, opened)], dim=-1)

    def advance(self, module: nn.Module, read: Tensor, before: States, weights: Weights, after: States) -> None:
        kept, written, opened = read.chunk(3, dim=-1)
        torch.addcmul(written, kept, before[1], out=after[1])
        torch.sum((opened * after[1]).unflatten(-1, (-1, NUMBERS)), dim=-1, out=after[0])

    def intervened(self, module: nn.Module, read: Tensor, before: States, weights: Weights, enter: Enter) -> States:
        kept, written, opened = read.chunk(3, dim=-1)
        c = enter("c", torch.addcmul(written, kept, before[1]))
        return enter("h", (opened * c).unflatten(-1, (-1, NUMBERS)).sum(dim=-1)), c

    def gates_of(self, module: nn.Module, read: Tensor) -> dict[str, Tensor]:
        kept, _, opened = read.chunk(3, dim=-1)
        return {"f": kept, OPENED: opened}


class StateSpace(Stacked):
    """Selective state-space layers over whole sequences, see `SelectiveState`."""

    cell = SelectiveState()


SelectiveState.layer = StateSpace
