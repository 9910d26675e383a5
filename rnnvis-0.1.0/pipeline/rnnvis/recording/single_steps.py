"""Traces of cells that are called once for every step, as `nn.LSTMCell` is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.arguments import bound, input_size, own_forward, tensors
from rnnvis.recording.cells import Cell
from rnnvis.recording.holding import Held, entering
from rnnvis.recording.passes import EXACT, difference, tolerance
from rnnvis.recording.traces import LayerTrace

_MANY_ROWS = 16


class CellCalls:
    """Collects the calls of one cell; the n-th call is step n of every row of its batch."""

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
        self.torchs_kernel, self.held = torchs_kernel, held
        self.own = own_forward(module, cell)
        if held and self.own:
            raise RnnvisError(
                f'"{path}" is a {type(module).__name__} with a forward of its own, so its steps cannot be held',
                "describe its states with a rnnvis.StateSource whose steps take a hold",
            )
        self.inputs: list[Tensor] = []
        self.before: list[tuple[Tensor, ...] | None] = []
        self.after: list[tuple[Tensor, ...]] = []
        self.read: list[Tensor] = []
        self._handed: tuple[Tensor, ...] = ()
        self._versions: list[int] = []

    @property
    def called(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.after)

    def watch(self, forward: Callable[..., Any]) -> Callable[..., Any]:
        """Stand in for `forward`: what the cell read, the states it started from, and those it ended in are kept.

        Torch's own cells take the step by their formula, which leaves the gates behind.
        """
        follow = self._own if self.own else self._torchs

        def watched(*args: Any, **kwargs: Any) -> Any:
            if self.held:
                return self._held_step(*args, **kwargs)
            if not self.own and not self.torchs_kernel and not kwargs and self._fits_formula(*args):
                return self._step(*args)
            output = forward(*args, **kwargs)
            follow(forward, args, kwargs, output)
            return output

        return watched

    def _fits_formula(self, x: Any, hx: Any = None) -> bool:
        """Whether the formula is to stand in for torch's forward: of arguments that surely fit, and of many rows. Of a
        few it is faster to find all gates at once, after the last step.
        """
        states = (hx,) if isinstance(hx, Tensor) else hx
        fits = (
            not torch.is_grad_enabled()
            and isinstance(x, Tensor)
            and x.dim() == 2
            and len(x) >= _MANY_ROWS
            and x.shape[1] == self.module.input_size
            and x.dtype in EXACT
            and not torch.is_autocast_enabled(x.device.type)
        )
        if not fits or states is None:
            return fits
        sizes = self.cell.sizes(self.module)
        return (
            isinstance(states, tuple)
            and len(states) == len(sizes)
            and all(s.shape == (len(x), n) and s.dtype == x.dtype for s, n in zip(states, sizes, strict=True))
        )

    def _step(self, x: Tensor, hx: Any = None) -> Any:
        before = (hx,) if isinstance(hx, Tensor) else hx
        if before is None:
            before = tuple(x.new_zeros(len(x), size) for size in self.cell.sizes(self.module))
        weights = self.cell.weights(self.module)
        read = self.cell.read(x, weights)
        after = tuple(torch.empty_like(state) for state in before)
        self.cell.advance(self.module, read, before, weights, after)
        if self.gates:
            self.read.append(read)
        self._keep(x, before, after)
        return after if len(after) > 1 else after[0]

    def _held_step(self, input: Tensor, hx: Any = None) -> Any:
        """A step in which states are held; called as torch's cells are."""
        if input.dtype not in EXACT or torch.is_autocast_enabled(input.device.type):
            raise RnnvisError(
                f'"{self.path}" is not called with tensors of single or double precision, so its steps cannot be held',
                "hold states of the model in single precision, without autocast: model.float()",
            )
        x = input if input.dim() == 2 else input[None]
        before = (hx,) if isinstance(hx, Tensor) else hx
        if before is None:
            before = tuple(x.new_zeros(len(x), size) for size in self.cell.sizes(self.module))
        before = tuple(s if s.dim() == 2 else s[None] for s in before)
        for one in self.held:
            one.check_rows(len(x))
        weights = self.cell.weights(self.module)
        enter = entering(self.cell, self.held, len(self.after), before, slice(None))
        after = self.cell.intervened(self.module, self.cell.read(x, weights), before, weights, enter)
        self._keep(x, before, after)
        after = after if input.dim() == 2 else tuple(s[0] for s in after)
        return after if len(after) > 1 else after[0]

    def _torchs(self, forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        x = args[0] if args else kwargs["input"]
        hx = args[1] if len(args) > 1 else kwargs.get("hx")
        self._keep(x, (hx,) if isinstance(hx, Tensor) else hx, (output,) if isinstance(output, Tensor) else output)

    def _own(self, forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        arguments = bound(forward, args, kwargs, input_size(self.module))
        states = [state for state in tensors(output) if isinstance(state, Tensor)]
        after = tuple(states[: len(self.cell.states)])
        if not isinstance(arguments.input, Tensor) or not after:
            raise RnnvisError(
                f'"{self.path}" is a {type(self.module).__name__} that is not called with an input and does not hand '
                "back states",
                "describe its states with a rnnvis.StateSource",
            )
        self._keep(arguments.input, arguments.states([tuple(state.shape) for state in after]), after)

    def _keep(self, x: Tensor, before: Any, after: Any) -> None:
        # Copies: loops may write into their states. What is handed back as it was is not copied again.
        self.inputs.append(x.detach().clone())
        same = before is not None and len(before) == len(self._handed)
        if same and all(
            b is h and b._version == v for b, h, v in zip(before, self._handed, self._versions, strict=True)
        ):
            self.before.append(self.after[-1])
        else:
            self.before.append(None if before is None else tuple(state.detach().clone() for state in before))
        self.after.append(tuple(state.detach().clone() for state in after))
        self._handed = () if after[0].is_inference() else tuple(after)
        self._versions = [state._version for state in self._handed]

    def trace(self) -> LayerTrace:
        """All calls as one trace, [B, calls, units]; RnnvisError where calls had different numbers of rows."""
        sizes = {len(x) if x.dim() == 2 else 1 for x in self.inputs}
        if len(sizes) > 1:
            raise RnnvisError(
                f'"{self.path}" was called with {min(sizes)} to {max(sizes)} rows in one pass, so its rows cannot be '
                "followed from step to step",
                "let forward step the whole batch; what comes after the end of a sequence is not counted",
            )
        names = self.cell.states[: len(self.after[0])]
        zero = tuple(torch.zeros_like(state) for state in self.after[0])
        x = _stacked(self.inputs)
        after = tuple(_stacked([states[i] for states in self.after]) for i in range(len(names)))
        before = tuple(_stacked([(states or zero)[i] for states in self.before]) for i in range(len(names)))
        found, gap = ({}, 0.0) if self.held else self._formula(x, before, after)
        agree = gap <= tolerance(after[0].dtype)
        if not agree:
            self._check_previous(before, after)
        return LayerTrace(
            module=self.path,
            name=f"{self.path}.0",
            reverse=False,
            packed=False,
            lengths=torch.full((sizes.pop(),), len(self.after), device=x.device),
            states={name: _batch_first(s) for name, s in zip(names, after, strict=True)},
            previous={name: _batch_first(s) for name, s in zip(names, before, strict=True)},
            gates={name: _batch_first(gate) for name, gate in found.items()} if agree and self.gates else {},
            inputs=_batch_first(x),
            bounded=self.cell.bounded(self.module) if agree else (),
            left_out="" if agree or not self.cell.has_formula else self._left_out(gap),
        )

    def _left_out(self, gap: float) -> str:
        return (
            f'"{self.path}" is a {type(self.module).__name__} whose states are not those of the formula of its weights '
            f"(they differ by {gap:.2g}). The states that it hands back are recorded, without gates and bounds."
        )

    @torch.no_grad()
    def _formula(
        self, x: Tensor, before: tuple[Tensor, ...], after: tuple[Tensor, ...]
    ) -> tuple[dict[str, Tensor], float]:
        """The gates of all steps [T, B, H], and how far the states are from what the formula makes of `before`."""
        if not self.cell.has_formula or len(after) != len(self.cell.states):
            return {}, torch.inf
        if len(self.read) == len(self.after):
            return self.cell.gates_of(self.module, torch.stack(self.read)), 0.0
        if not self.gates and not self.own:
            return {}, 0.0
        weights = self.cell.weights(self.module)
        read = self.cell.read(x.flatten(0, 1), weights)
        found = tuple(torch.empty_like(state.flatten(0, 1)) for state in after)
        self.cell.advance(self.module, read, tuple(s.flatten(0, 1) for s in before), weights, found)
        gap = max(float(difference(s.flatten(0, 1), f)) for s, f in zip(after, found, strict=True))
        return self.cell.gates_of(self.module, read.view(*x.shape[:2], -1)), gap

    def _check_previous(self, before: tuple[Tensor, ...], after: tuple[Tensor, ...]) -> None:
        """Of a cell with code of its own, that the states found among its arguments are those it was in."""
        if all(float(difference(b[1:], a[:-1])) <= tolerance(a.dtype) for a, b in zip(after, before, strict=True)):
            return
        raise RnnvisError(
            f'"{self.path}" is a {type(self.module).__name__} with a forward of its own, and the states that it starts '
            "a step from are not those that it handed back before",
            "describe its states with a rnnvis.StateSource",
        )


def _unchanged(state: Tensor, handed: Tensor, version: int) -> bool:
    return state is handed and state._version == version


def _stacked(values: list[Tensor]) -> Tensor:
    """[T, B, n], also where the cell was called on a single row [n]."""
    stacked = torch.stack(values)
    return stacked if stacked.dim() == 3 else stacked[:, None]


def _batch_first(values: Tensor) -> Tensor:
    return values.transpose(0, 1)
