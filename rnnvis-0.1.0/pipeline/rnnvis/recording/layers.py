"""Modules that read whole sequences, such as `nn.LSTM`: all their layers and directions, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnvis.recording.cells import Cell
from rnnvis.recording.holding import Held, held_pass
from rnnvis.recording.passes import Pass, one_pass, row_lengths
from rnnvis.recording.traces import LayerTrace

Sequences = Tensor | PackedSequence


@dataclass(frozen=True)
class Form:
    """How a module is built: layers, directions, and whether its tensors are batch first."""

    layers: int
    directions: int
    batch_first: bool

    @classmethod
    def of(cls, module: nn.Module) -> Form:
        """Of a module; one layer in one direction, time first, where it does not say."""
        return cls(
            layers=int(getattr(module, "num_layers", 1)),
            directions=2 if getattr(module, "bidirectional", False) else 1,
            batch_first=bool(getattr(module, "batch_first", False)),
        )

    @property
    def passes(self) -> int:
        """Layers × directions: first states of a module are stacked so."""
        return self.layers * self.directions

    def name(self, path: str, layer: int, direction: int) -> str:
        """What a layer of the module at `path` is called."""
        return f"{path}.{layer}{'.reverse' if direction else ''}"


@dataclass(frozen=True)
class Rows:
    """Sequences time first, `values` [T, B, ·]. Packed ones are sorted by length: `sizes` rows take each step, and
    `back` is where each row of the batch has gone. `single`: there was no batch dimension.
    """

    values: Tensor = field(repr=False)
    sizes: Tensor | None = None
    back: Tensor | None = None
    single: bool = False

    @classmethod
    def of(cls, sequences: Sequences, batch_first: bool) -> Rows:
        """Of what a module is called with or gives back."""
        if isinstance(sequences, PackedSequence):
            values, _ = pad_packed_sequence(PackedSequence(sequences.data, sequences.batch_sizes))
            return cls(values, sequences.batch_sizes, sequences.unsorted_indices)
        if sequences.dim() == 2:
            return cls(sequences[:, None], single=True)
        return cls(sequences.transpose(0, 1) if batch_first else sequences)

    @property
    def lengths(self) -> Tensor:
        """Steps [B] of each row of the batch."""
        steps, rows = self.values.shape[:2]
        if self.sizes is None:
            return torch.full((rows,), steps, device=self.values.device)
        lengths = row_lengths(self.sizes).to(self.values.device)
        return lengths if self.back is None else lengths[self.back]

    def batch(self, values: Tensor) -> Tensor:
        """Values [T, B, ·] of these rows as [B, T, ·], in the order of the batch."""
        return (values if self.back is None else values.index_select(1, self.back)).transpose(0, 1)


@dataclass(frozen=True)
class Ran:
    """What one call of a module came to: its traces, its output and final states as it hands them back, and `gap`, see
    `Pass`.
    """

    traces: list[LayerTrace]
    output: Sequences
    final: tuple[Tensor, ...]
    gap: float


def run(
    path: str,
    cell: Cell,
    module: nn.Module,
    sequences: Sequences,
    start: Sequence[Tensor] | None,
    gates: bool,
    given: Tensor | None = None,
    held: Sequence[Held] = (),
    taken: int = 0,
) -> Ran:
    """Take every step of `module` over `sequences`.

    `start` are its first states, [layers × directions, B, units] each (without B where there is no batch), zero by
    default. `given` [T, B, ·] is the output that the module itself came to, rows ordered as the steps are taken:
    see `one_pass`. What is `held` enters after `taken` steps of the module before.
    """
    form, read = Form.of(module), Rows.of(sequences, bool(getattr(module, "batch_first", False)))
    x = read.values
    starts = _starts(cell, module, form, read, start, sequences)
    sizes = None if read.sizes is None else read.sizes.tolist()
    lengths = read.lengths
    traces: list[LayerTrace] = []
    ends: list[tuple[Tensor, ...]] = []
    gap = 0.0
    for layer in range(form.layers):
        own = given is not None and layer == form.layers - 1
        whole = given.chunk(form.directions, dim=-1) if own and given is not None else (None,) * form.directions
        outputs = []
        for direction in range(form.directions):
            first = [s[layer * form.directions + direction] for s in starts]
            weights = cell.weights(module, layer, bool(direction))
            if held:
                here = [one for one in held if (one.layer, one.direction) == (layer, direction)]
                order = sequences.sorted_indices if isinstance(sequences, PackedSequence) else None
                made = held_pass(cell, module, weights, x, first, sizes, bool(direction), here, order, taken)
            else:
                made = one_pass(cell, module, weights, x, first, sizes, bool(direction), gates, whole[direction])
            traces.append(_trace(path, cell, module, form, (layer, direction), read, lengths, made))
            outputs.append(made.states[0])
            ends.append(made.last)
            gap = max(gap, made.gap)
        x = torch.cat(outputs, dim=-1) if len(outputs) > 1 else outputs[0]
    return Ran(traces, output(x, sequences, read, form), final(ends, read), gap)


def _trace(
    path: str,
    cell: Cell,
    module: nn.Module,
    form: Form,
    place: tuple[int, int],
    read: Rows,
    lengths: Tensor,
    made: Pass,
) -> LayerTrace:
    layer, direction = place
    return LayerTrace(
        module=path,
        name=form.name(path, layer, direction),
        reverse=bool(direction),
        packed=read.sizes is not None,
        lengths=lengths,
        states={name: read.batch(value) for name, value in zip(cell.states, made.states, strict=True)},
        previous={name: read.batch(value) for name, value in zip(cell.states, made.previous, strict=True)},
        gates={name: read.batch(value) for name, value in made.gates.items()},
        inputs=read.batch(read.values) if layer == 0 else None,
        bounded=cell.bounded(module),
    )


def _starts(
    cell: Cell, module: nn.Module, form: Form, read: Rows, start: Sequence[Tensor] | None, sequences: Sequences
) -> list[Tensor]:
    if start is None:
        rows = read.values.shape[1]
        like = cell.weights(module).input
        return [like.new_zeros(form.passes, rows, size) for size in cell.sizes(module)]
    starts = [s[:, None] if s.dim() == 2 else s for s in start]
    order = sequences.sorted_indices if isinstance(sequences, PackedSequence) else None
    return starts if order is None else [s.index_select(1, order) for s in starts]


def output(h: Tensor, sequences: Sequences, read: Rows, form: Form) -> Sequences:
    """A copy of the last layer's hidden states [T, B, ·], as torch lays them out: what follows may write into it."""
    if isinstance(sequences, PackedSequence):
        real = torch.arange(h.shape[1]) < sequences.batch_sizes[:, None]
        return PackedSequence(
            h[real.to(h.device)], sequences.batch_sizes, sequences.sorted_indices, sequences.unsorted_indices
        )
    h = h.clone() if form.directions == 1 else h
    return h[:, 0] if read.single else h.transpose(0, 1) if form.batch_first else h


def final(ends: Sequence[tuple[Tensor, ...]], read: Rows) -> tuple[Tensor, ...]:
    stacked = [torch.stack(of) for of in zip(*ends, strict=True)]
    if read.back is not None:
        stacked = [s.index_select(1, read.back) for s in stacked]
    return tuple(s[:, 0] for s in stacked) if read.single else tuple(stacked)
