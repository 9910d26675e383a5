"""What one call of a recurrent module leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True)
class LayerTrace:
    """One layer, in one direction, of one call of a recurrent module.

    Tensors are batch first, [B, T, units], whatever the module's own layout; entries at or after a row's
    length mean nothing. `lengths` [B] counts the steps that the module itself took: T for each row unless
    packed. `module` is the module's path ("model" for the root), `name` adds layer and direction:
    "encoder.rnn.0.reverse".
    """

    module: str
    name: str
    reverse: bool
    packed: bool
    lengths: Tensor
    states: dict[str, Tensor] = field(repr=False)
    previous: dict[str, Tensor] = field(repr=False)
    gates: dict[str, Tensor] = field(repr=False)
