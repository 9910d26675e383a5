"""What has to be known of a kind of recurrent cell, so that its states and gates can be recorded.

Shapes: N rows (sequences, or sequences × steps), I inputs, H units, P projected units (P = H without a projection).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional

States = tuple[Tensor, ...]

_ONE = torch.ones(())

OPENED = "opened"
"""Beside the gates of a cell, and none itself: by how much the output reads each number of its gated state, where that
is not o ⊙ tanh(c) / c, as of an LSTM."""

Enter = Callable[[str, Tensor], Tensor]
"""From the name of a state and what a step came to [N, ·] to what everything reads from there on."""


@dataclass(frozen=True)
class Weights:
    """Weights of one layer in one direction, as torch stacks them: `input` [G·H, I] and `hidden` [G·H, P] for G gates.

    A bias that only adds to the other one may be in `input_bias` alone.
    """

    input: Tensor
    hidden: Tensor
    input_bias: Tensor | None = None
    hidden_bias: Tensor | None = None
    projection: Tensor | None = None


class Cell:
    """One kind of cell. A subclass says its modules, its states, and the formula of one step.

    `layer` is the module that reads whole sequences, `(input, hx) → (output, final states)`; `step` the one that takes
    a single step, `(input, hx) → states`. Either may be missing. `modes` are what `nn.RNNBase` calls the kind.
    `states` names the states, in the order in which they are handed on; the first is the output. `gates` says
    of what opens and closes, between 0 and 1, which block of H columns of `read` it is in after a step. One that is the
    share of a state that is kept is called "f" or "z".
    """

    layer: type[nn.Module] | None = None
    step: type[nn.Module] | None = None
    modes: tuple[str, ...] = ()
    states: tuple[str, ...] = ("h", "c")
    gates: Mapping[str, int] = MappingProxyType({})

    @property
    def has_formula(self) -> bool:
        """Whether `advance` is known."""
        return type(self).advance is not Cell.advance

    def takes(self, module: nn.Module) -> bool:
        """Whether `module` is of this kind."""
        kinds = tuple(kind for kind in (self.layer, self.step) if kind is not None)
        return isinstance(module, kinds) or (isinstance(module, nn.RNNBase) and module.mode in self.modes)

    def sizes(self, module: nn.Module) -> tuple[int, ...]:
        """Units of each of the states."""
        return (int(module.hidden_size),) * len(self.states)  # type: ignore[arg-type]

    def bounded(self, module: nn.Module) -> tuple[str, ...]:
        """States that lie in [−1, 1] if the states that a sequence starts from do."""
        return ()

    def weights(self, module: nn.Module, layer: int = 0, reverse: bool = False) -> Weights:
        """The weights that torch's own `forward` would use now: those of a layer in one direction, or of a step."""
        end = (f"_l{layer}" + ("_reverse" if reverse else "")) if isinstance(module, nn.RNNBase) else ""
        of = _named_weights(module)
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
        found = [None if (weight := of.get(name + end)) is None else weight.detach() for name in names]
        return Weights(*found)  # type: ignore[arg-type]

    def read(self, x: Tensor, weights: Weights) -> Tensor:
        """What the inputs […, I] add to each gate, W x + b: […, G·H]."""
        return functional.linear(x, weights.input, weights.input_bias)

    def advance(self, module: nn.Module, read: Tensor, before: States, weights: Weights, after: States) -> None:
        """One step: from the states `before` [N, ·] and what was `read` [N, G·H] to the states `after`, written there.

        `read` is overwritten: afterwards it holds the gates.
        """
        raise NotImplementedError

    def intervened(self, module: nn.Module, read: Tensor, before: States, weights: Weights, enter: Enter) -> States:
        """The step of `advance` with an intervention: each state that it comes to goes through `enter`, and what
        follows from it, as h from c, reads what that gives back.

        Nothing is overwritten, so that gradients can be followed.
        """
        raise NotImplementedError

    def gates_of(self, module: nn.Module, read: Tensor) -> dict[str, Tensor]:
        """The gates […, H] by name, out of what `advance` has made of `read`."""
        units = int(module.hidden_size)  # type: ignore[arg-type]
        return {name: read[..., at * units : (at + 1) * units] for name, at in self.gates.items()}


def summed(weights: Weights) -> Weights:
    """The same with both biases in one, for cells that only add them."""
    if weights.input_bias is None or weights.hidden_bias is None:
        return weights
    both = weights.input_bias + weights.hidden_bias
    return Weights(weights.input, weights.hidden, both, None, weights.projection)


def sigmoid_(x: Tensor) -> Tensor:
    """σ(x) in place, as 1 − σ(−x): a gate that keeps near 1 is rounded once, so that little adds up over many steps."""
    return torch.sub(_ONE, x.neg_().sigmoid_(), out=x)


def _named_weights(module: nn.Module) -> dict[str, Tensor]:
    """By name; of a layer, those in the flat list that its kernels read, which an attribute need not equal."""
    if isinstance(module, nn.RNNBase):
        return dict(zip(module._flat_weights_names, module._flat_weights, strict=True))  # type: ignore[arg-type]
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return {name: value for name in names if (value := getattr(module, name, None)) is not None}
