"""Recurrent layers that torch does not have, called as its own are."""

from __future__ import annotations

from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnvis.errors import RnnvisError
from rnnvis.recording.cells.cell import Cell, States, Weights


class Stacked(nn.Module):
    """Layers of one of our cells over whole sequences, called as `nn.RNNBase` is: `(input, hx) → (output, final)`.

    `input` is float [B, T, I], or [T, B, I] without `batch_first`; `output` the same with the H units of the last
    layer. `hx` and `final` are [layers, B, ·]: one tensor of a cell with one state, else a tuple of them, zero by
    default. Dropout acts between layers, in training only. Raises RnnvisError for packed sequences.
    """

    cell: ClassVar[StackedCell]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        batch_first: bool = False,
        dropout: float = 0.0,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first, self.dropout, self.bidirectional = batch_first, dropout, False
        for layer in range(num_layers):
            for name, weight in self.cell.made(self, hidden_size if layer else input_size).items():
                self.register_parameter(f"{name}_l{layer}", nn.Parameter(weight.to(device=device, dtype=dtype)))

    def forward(self, input: Tensor, hx: Tensor | States | None = None) -> tuple[Tensor, Any]:
        """What the last layer comes to at every step, and the states after the last one."""
        self.check_input(input)
        x = input.transpose(0, 1) if self.batch_first else input
        starts = self._starts(x, hx)
        ends = []
        for layer in range(self.num_layers):
            x = functional.dropout(x, self.dropout, self.training) if layer else x
            weights = self.of_layer(layer)
            states = tuple(start[layer] for start in starts)
            outputs = []
            for read in self.cell.read(x, weights):
                states = self.cell.intervened(self, read, states, weights, _same)
                outputs.append(states[0])
            x = torch.stack(outputs)
            ends.append(states)
        final = tuple(torch.stack(of) for of in zip(*ends, strict=True))
        return x.transpose(0, 1) if self.batch_first else x, final if len(final) > 1 else final[0]

    def of_layer(self, layer: int) -> Weights:
        """The weights of a layer, with their gradients."""
        input = self.get_parameter(f"weight_ih_l{layer}")
        hidden, bias = (getattr(self, f"{name}_l{layer}", None) for name in ("weight_hh", "bias_ih"))
        return Weights(input, input.new_zeros(0) if hidden is None else hidden, bias)

    def check_input(self, input: Any, sizes: Tensor | None = None) -> None:
        """RnnvisError for anything but a batch of padded sequences of `input_size` numbers."""
        if sizes is not None or not isinstance(input, Tensor) or input.dim() != 3 or input.shape[-1] != self.input_size:
            given = tuple(input.shape) if isinstance(input, Tensor) else type(input).__name__
            raise RnnvisError(
                f"{type(self).__name__} reads sequences of {self.input_size} numbers a step, not {given}",
                f"give a padded batch [B, T, {self.input_size}]",
            )

    def check_forward_args(self, input: Tensor, hx: Tensor | States, sizes: Tensor | None = None) -> None:
        """RnnvisError for first states that do not fit."""
        rows = input.shape[0 if self.batch_first else 1]
        wanted = [(self.num_layers, rows, size) for size in self.cell.sizes(self)]
        given = [tuple(of.shape) for of in ((hx,) if isinstance(hx, Tensor) else hx)]
        if given != wanted:
            raise RnnvisError(f"{type(self).__name__} starts from states of shape {wanted}, not {given}", "change hx")

    def _starts(self, x: Tensor, hx: Tensor | States | None) -> States:
        if hx is None:
            return tuple(x.new_zeros(self.num_layers, x.shape[1], size) for size in self.cell.sizes(self))
        self.check_forward_args(x.transpose(0, 1) if self.batch_first else x, hx)
        return (hx,) if isinstance(hx, Tensor) else tuple(hx)


class StackedCell(Cell):
    """The kind of cell in a `Stacked`: beside what any cell says, the weights that a layer of it starts with."""

    def made(self, module: Stacked, inputs: int) -> dict[str, Tensor]:
        """New weights of a layer that reads so many inputs, drawn at random: "weight_ih", "bias_ih", and "weight_hh" of
        a cell that reads its own state."""
        raise NotImplementedError

    def weights(self, module: nn.Module, layer: int = 0, reverse: bool = False) -> Weights:
        of = cast(Stacked, module).of_layer(layer)
        return Weights(of.input.detach(), of.hidden.detach(), None if of.input_bias is None else of.input_bias.detach())


def uniform(*shape: int, fan: int) -> Tensor:
    """Uniform within ±1/√fan, as torch's own layers start."""
    bound = fan**-0.5
    return torch.empty(shape).uniform_(-bound, bound)


def _same(name: str, value: Tensor) -> Tensor:
    return value


__all__ = ["Stacked", "StackedCell", "uniform"]
