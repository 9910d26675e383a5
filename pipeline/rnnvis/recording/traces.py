"""What one call of a recurrent module leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from torch import Tensor


@dataclass(frozen=True)
class LayerTrace:
    """One layer, in one direction, of one call of a recurrent module.

    Tensors are batch first, [B, T, units], whatever the module's own layout; entries at or after a row's
    length mean nothing. `lengths` [B] counts the steps that the module itself took: T for each row unless
    packed. `module` is the module's path ("model" for the root), `name` adds layer and direction:
    "encoder.rnn.0.reverse". `inputs` is what the module read, [B, T, inputs], of its first layer only.
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
