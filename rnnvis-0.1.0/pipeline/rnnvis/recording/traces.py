"""What one call of a recurrent module leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class LayerTrace:
    """One layer, in one direction, of one call of a recurrent module.

    Tensors are batch first, [B, T, units], whatever the module's own layout; entries at or after a row's
    length mean nothing. `lengths` [B] counts the steps that the module itself took: T for each row unless
    packed. `module` is the module's path ("model" for the root), `name` adds layer and direction:
    "encoder.rnn.0.reverse". `inputs` is what the module read, [B, T, inputs], of its first layer only. `bounded` are
    the states that lie in [−1, 1] wherever a sequence starts from such. `left_out` says what could not be recorded, and
    why.
    """

    module: str
    name: str
    reverse: bool
    packed: bool
    lengths: Tensor
    states: dict[str, Tensor] = field(repr=False)
    previous: dict[str, Tensor] = field(repr=False)
    gates: dict[str, Tensor] = field(repr=False)
    inputs: Tensor | None = field(repr=False, default=None)
    bounded: tuple[str, ...] = ()
    left_out: str = ""

    def turned(self) -> LayerTrace:
        """The same of a module that read its words from the last to the first: each step at its word, the direction
        the other one. All rows must be of one length.
        """
        name = self.name.removesuffix(".reverse")

        def flipped(of: dict[str, Tensor]) -> dict[str, Tensor]:
            return {kind: value.flip(1) for kind, value in of.items()}

        return replace(
            self,
            name=name if self.reverse else f"{name}.reverse",
            reverse=not self.reverse,
            states=flipped(self.states),
            previous=flipped(self.previous),
            gates=flipped(self.gates),
            inputs=None if self.inputs is None else self.inputs.flip(1),
        )

    def reordered(self, rows: Tensor) -> LayerTrace:
        """The same with row `rows[b]` in place of row b."""

        def taken(of: dict[str, Tensor]) -> dict[str, Tensor]:
            return {kind: value[rows.to(value.device)] for kind, value in of.items()}

        return replace(
            self,
            lengths=self.lengths[rows],
            states=taken(self.states),
            previous=taken(self.previous),
            gates=taken(self.gates),
            inputs=None if self.inputs is None else self.inputs[rows],
        )


def previous_states(states: Tensor, start: Tensor, lengths: Tensor, reverse: bool) -> Tensor:
    """The state before each step, [B, T, H]: s_{t−1}, or s_{t+1} in the reverse direction.

    Before the first step taken (the last one of the sequence in the reverse direction) it is `start` [B, H].
    """
    if not reverse:
        return torch.cat([start[:, None], states[:, :-1]], dim=1)
    shifted = torch.cat([states[:, 1:], start[:, None]], dim=1)
    first = torch.arange(states.shape[1], device=states.device) >= (lengths[:, None] - 1)
    return torch.where(first[..., None], start[:, None], shifted)
