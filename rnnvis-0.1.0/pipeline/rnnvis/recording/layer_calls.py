"""The calls of one module that reads whole sequences, by torch's own `forward` or by one of a subclass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnvis.errors import RnnvisError
from rnnvis.recording.arguments import Arguments, bound, input_size, tensors
from rnnvis.recording.cells import SEQUENCES, Cell
from rnnvis.recording.holding import Held
from rnnvis.recording.joined import Call
from rnnvis.recording.layers import Form, Ran, Rows, Sequences, run
from rnnvis.recording.passes import EXACT, difference, tolerance
from rnnvis.recording.traces import LayerTrace, previous_states


class LayerCalls:
    """Collects the calls of one module in `made`."""

    def __init__(
        self,
        path: str,
        cell: Cell,
        module: nn.Module,
        gates: bool,
        torchs_kernel: bool = False,
        held: Sequence[Held] = (),
    ) -> None:
        self.path, self.cell, self.module, self.gates = path, cell, module, gates
        self.torchs_kernel, self.held = torchs_kernel and not held, held
        self.form = Form.of(module)
        self.made: list[Call] = []
        self._inside: list[tuple[Ran, bool]] | None = None

    def take(self, torchs: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Stand in for `torchs`, the forward of torch's class: the same output, and a call more in `made`."""
        module = self.module
        if module.training and float(getattr(module, "dropout", False)) and self.form.layers > 1:
            raise RnnvisError(
                f'"{self.path}" is in training mode: its dropout between layers cannot be recorded',
                "call model.eval() first",
            )
        sequences, hx = (args + (None,) * 2)[:2] if not kwargs else _torchs(args, kwargs)
        start = None if hx is None else (hx,) if isinstance(hx, Tensor) else tuple(hx)
        if not self.torchs_kernel and self._fits_formula(sequences, hx, start):
            ran = run(self.path, self.cell, module, sequences, start, self.gates, held=self.held, taken=self._taken)
            output: Any = (ran.output, ran.final if len(ran.final) > 1 else ran.final[0])
        elif self.held:
            raise RnnvisError(
                f'"{self.path}" is not called with tensors of single or double precision, so its steps cannot be held',
                "hold states of the model in single precision, without autocast: model.float()",
            )
        else:
            output = torchs(module, *args, **kwargs)
            with torch.no_grad():
                ran = self._followed(sequences, start, output[0])
        if self._inside is None:
            self.made.append(Call(self._agreed(ran, start, output[0]), start is not None))
        else:
            self._inside.append((ran, start is not None))
        return output

    def watch(self, forward: Callable[..., Any]) -> Callable[..., Any]:
        """Stand in for a `forward` of the module's own."""

        def watched(*args: Any, **kwargs: Any) -> Any:
            around, self._inside = self._inside, []
            try:
                output = forward(*args, **kwargs)
                inside = self._inside
            finally:
                self._inside = around
            with torch.no_grad():
                self.made.append(self._own(inside, bound(forward, args, kwargs, input_size(self.module)), output))
            return output

        return watched

    def _fits_formula(self, sequences: Any, hx: Any, start: Sequence[Tensor] | None) -> bool:
        """Whether the formula may stand in for torch's forward. Raises as that does where arguments do not fit."""
        packed = isinstance(sequences, PackedSequence)
        values = sequences.data if packed else sequences
        if (
            (torch.is_grad_enabled() and not self.held)
            or not isinstance(values, Tensor)
            or not isinstance(self.module, SEQUENCES)
        ):
            return False
        whole = packed or values.dim() == 3
        states = len(self.cell.states)
        fits = (
            values.dtype in EXACT
            and not torch.is_autocast_enabled(values.device.type)
            and (start is None or (len(start) == states and isinstance(hx, Tensor) == (states == 1)))
            and (whole or values.dim() == 2)
            and (start is None or all(s.dim() == (3 if whole else 2) and s.dtype == values.dtype for s in start))
        )
        if fits:
            dims = values if whole else values[None] if self.module.batch_first else values[:, None]
            sizes = sequences.batch_sizes if packed else None
            self.module.check_input(dims, sizes)
            if start is not None:
                given = tuple(s if whole else s[:, None] for s in start)
                self.module.check_forward_args(dims, given if states > 1 else given[0], sizes)  # type: ignore[arg-type]
        return fits

    @property
    def _taken(self) -> int:
        """Steps of the calls before."""
        ran = [call.traces[0] for call in self.made] + [one.traces[0] for one, _ in self._inside or ()]
        return sum(trace.states["h"].shape[1] for trace in ran)

    def _followed(self, sequences: Sequences, start: Sequence[Tensor] | None, output: Sequences) -> Ran:
        """What the formula gives where each step starts from the hidden states in `output`."""
        given = Rows.of(output, self.form.batch_first)
        return run(self.path, self.cell, self.module, sequences, start, self.gates, given.values)

    def _agreed(self, ran: Ran, start: Sequence[Tensor] | None, output: Sequences) -> list[LayerTrace]:
        """The traces of `ran`, unless the module came to other hidden states than the formula."""
        if ran.gap <= tolerance(ran.traces[-1].states["h"].dtype):
            return ran.traces
        read = Rows.of(output, self.form.batch_first)
        return self._hidden_states(ran, read.batch(read.values), start)

    def _own(self, inside: list[tuple[Ran, bool]], arguments: Arguments, output: Any) -> Call:
        """The call of a forward of the module's own, `inside` of which torch's ran so often."""
        given = next(tensors(output), None)
        if len(inside) == 1:
            ran, started = inside[0]
            top = torch.cat([trace.states["h"] for trace in ran.traces[-self.form.directions :]], dim=-1)
            shown = None if given is None else _batch_of(given, top, self.form.batch_first)
            real = torch.arange(top.shape[1], device=top.device) < ran.traces[0].lengths[:, None]
            gap = 0.0 if shown is None else float(difference(shown[real], top[real]))
            ran = replace(ran, gap=max(gap, ran.gap))
            if ran.gap <= tolerance(top.dtype) or shown is None:
                return Call(ran.traces, started)
            return Call(self._hidden_states(ran, shown, arguments.states(self._shapes(top))), started)
        sequences = arguments.input
        if sequences is None or given is None or not self._fits(sequences, given):
            raise RnnvisError(
                f'"{self.path}" is a {type(self.module).__name__} with a forward of its own, which does not hand back '
                f"the hidden states of every step of its input",
                "describe its states with a rnnvis.StateSource",
            )
        rows = Rows.of(sequences, self.form.batch_first)
        start = arguments.states(self._shapes(rows.batch(rows.values)))
        ran = self._followed(sequences, start, given)
        return Call(self._agreed(ran, start, given), start is not None)

    def _shapes(self, batch: Tensor) -> list[tuple[int, ...]]:
        """The shapes of first states of [B, T, ·] sequences."""
        return [(self.form.passes, len(batch), size) for size in self.cell.sizes(self.module)]

    def _fits(self, sequences: Sequences, output: Sequences) -> bool:
        """Whether `output` may hold the hidden states after each step of `sequences`."""
        if type(sequences) is not type(output):
            return False
        width = self.cell.sizes(self.module)[0] * self.form.directions
        if isinstance(sequences, PackedSequence) and isinstance(output, PackedSequence):
            return output.data.shape == (len(sequences.data), width)
        return sequences.dim() in (2, 3) and output.shape == (*sequences.shape[:-1], width)  # type: ignore[union-attr]

    def _hidden_states(self, ran: Ran, h: Tensor, start: Sequence[Tensor] | None) -> list[LayerTrace]:
        """Traces of nothing but what the module handed back, the hidden states [B, T, ·] of its last layer."""
        last = ran.traces[-self.form.directions :]
        traces = []
        for direction, part in enumerate(h.chunk(self.form.directions, dim=-1)):
            first = part.new_zeros(part[:, 0].shape) if start is None else start[0][direction - self.form.directions]
            trace = last[direction]
            traces.append(
                replace(
                    trace,
                    states={"h": part},
                    previous={"h": previous_states(part, first, trace.lengths, trace.reverse)},
                    gates={},
                    inputs=ran.traces[0].inputs,
                    bounded=(),
                    left_out=f'"{self.path}" is a {type(self.module).__name__} whose hidden states are not those of '
                    f"the formula of its weights (they differ by {ran.gap:.2g}). What it hands back is recorded, the "
                    "hidden states of its last layer; its gates, cell states and other layers are left out. A "
                    "rnnvis.StateSource can give them.",
                )
            )
        return traces


def _torchs(args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    given = dict(zip(("input", "hx"), args, strict=False)) | kwargs
    return given.get("input"), given.get("hx")


def _batch_of(output: Sequences, like: Tensor, batch_first: bool) -> Tensor | None:
    """`output` as [B, T, ·] like `like`; None if it is something else."""
    if not isinstance(output, PackedSequence) and output.dim() not in (2, 3):
        return None
    read = Rows.of(output, batch_first)
    values = read.batch(read.values)
    rows, steps, width = like.shape
    if values.shape[0] != rows or values.shape[1] < steps or values.shape[2] != width:
        return None
    return values[:, :steps]
