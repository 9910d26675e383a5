"""States held from outside: whatever reads them, the next step, the next layer or the head, reads the held values."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.alignment import Alignment
from rnnvis.recording.cells import Cell, Enter, Weights, cell_of
from rnnvis.recording.code import SparseCode
from rnnvis.recording.passes import Pass, difference, tolerance
from rnnvis.recording.traces import LayerTrace

_NAME = re.compile(r"(?P<path>.+)\.(?P<layer>\d+)(?P<reverse>\.reverse)?\.(?P<kind>\w+)")
_FAR = np.iinfo(np.int64).max // 2


@dataclass(frozen=True)
class Hold:
    """Units of one state that are held after steps of every sequence.

    `state` is its name, "rnn.0.h"; `units` int64 [U] their numbers. `value` is float [U], or [S, U] with a row for each
    of `sequences` int64 [S], their numbers, ascending. Without it a unit keeps what it was before the step. `first` and
    `last` say between which words of a sequence it is held, both included, in the order in which the state reads: of a
    state that reads backwards `first` is the later word. They are numbers or int64 [S]. Without `first` the steps
    before the first word are held too (start tokens; what a sequence starts from is not), without `last` those after
    the end.

    With `scale` a unit is not held at a value: what the step comes to is multiplied by that. With `steer`, float
    [S, U], requiring gradients, the state has that added.

    With a `code` the units are latents of the state: the state changes by what their change makes in it, and what the
    code does not hold stays. With `rebuilt` the code's reconstruction takes the place of the whole state.
    """

    state: str
    units: np.ndarray
    value: np.ndarray | None = field(repr=False, default=None)
    first: int | np.ndarray | None = None
    last: int | np.ndarray | None = None
    sequences: np.ndarray | None = field(repr=False, default=None)
    steer: Tensor | None = field(repr=False, default=None)
    scale: float | None = None
    code: SparseCode | None = field(repr=False, default=None)
    rebuilt: bool = False

    @property
    def by_sequence(self) -> bool:
        """Whether what is held is not the same in every sequence."""
        return self.sequences is not None

    @property
    def place(self) -> tuple[str, int, bool, str]:
        """The module's path, the layer, whether it reads backwards, and which of its states it is."""
        found = _NAME.fullmatch(self.state)
        if found is None:
            raise RnnvisError(f'"{self.state}" is no name of a state', 'name one, as in "rnn.0.h"')
        return found["path"], int(found["layer"]), found["reverse"] is not None, found["kind"]

    def bound(self, rows: np.ndarray, lengths: np.ndarray, on: torch.device, one: Alignment) -> Held:
        """What that is in a batch of the sequences `rows` [B] of `lengths` [B] words, which are read as `one` says."""
        path, layer, reverse, kind = self.place
        at = self._of(rows)
        first, last = (_chosen(bound, at, far) for bound, far in ((self.first, -_FAR), (self.last, _FAR)))
        if reverse:  # in words from the first to the last
            first, last = (-last if self.last is None else last), (-first if self.first is None else first)
        if one.backward:
            end = one.start + np.maximum(0, lengths - one.first - one.last) - 1
            first, last = end - last, end - first
        else:
            first, last = first + one.start, last + one.start
        value = None if self.value is None else np.atleast_2d(self.value)[at if self.value.ndim == 2 else slice(None)]
        return Held(
            path=path,
            layer=layer,
            direction=int(reverse != one.backward),
            kind=kind,
            units=torch.from_numpy(np.array(self.units, np.int64)).to(on),
            value=None if value is None else torch.from_numpy(np.ascontiguousarray(value)).to(on),
            first=torch.from_numpy(np.atleast_1d(first)).to(on),
            last=torch.from_numpy(np.atleast_1d(last)).to(on),
            steer=None if self.steer is None else self.steer[at].to(on),
            scale=self.scale,
            code=self.code,
            rebuilt=self.rebuilt,
        )

    def _of(self, rows: np.ndarray) -> slice | np.ndarray:
        """Where `rows` stand among `sequences`."""
        if self.sequences is None:
            return slice(None)
        at = np.searchsorted(self.sequences, rows)
        if (at == len(self.sequences)).any() or (self.sequences[at] != rows).any():
            raise RnnvisError(f'"{self.state}" is held in other sequences than run', "run those that the hold names")
        return at


def _chosen(bound: int | np.ndarray | None, at: slice | np.ndarray, far: int) -> np.ndarray:
    if bound is None:
        return np.array([far])
    return np.array([bound]) if isinstance(bound, int | np.integer) else np.asarray(bound, np.int64)[at]


@dataclass(frozen=True)
class Held:
    """A hold as it enters a pass of one module over a batch of B rows.

    `direction` 1 is the pass from the last step to the first. `value` [B, U] or [1, U]; None: what the unit was before.
    `first` and `last` [B] or [1]: the steps of the module between which it is held, both included. `steer` [B, U] is
    added, or `scale` multiplied with, instead.
    """

    path: str
    layer: int
    direction: int
    kind: str
    units: Tensor = field(repr=False)
    value: Tensor | None = field(repr=False)
    first: Tensor = field(repr=False)
    last: Tensor = field(repr=False)
    steer: Tensor | None = field(repr=False, default=None)
    scale: float | None = None
    code: SparseCode | None = field(repr=False, default=None)
    rebuilt: bool = False

    @cached_property
    def _alike(self) -> tuple[int, int] | None:
        """The first and the last step, where they are those of all rows."""
        return (int(self.first), int(self.last)) if len(self.first) == len(self.last) == 1 else None

    def cast(self, dtype: torch.dtype) -> Held:
        """The same with values of this type."""
        return self if self.value is None or self.value.dtype == dtype else replace(self, value=self.value.to(dtype))

    def into(self, value: Tensor, before: Tensor, step: int, rows: Tensor | slice) -> Tensor:
        """The state `value` [n, ·] after `step`, which started from `before`, with its units held in these `rows`."""
        inside = None
        if self._alike is not None:
            if not self._alike[0] <= step <= self._alike[1]:
                return value
        else:
            inside = (self.first <= step) & (step <= self.last)
            if not inside.any():
                return value
            inside = inside[rows][:, None]
        if self.code is not None:
            changed = self._coded(self.code, value, before, rows)
            return changed if inside is None else torch.where(inside, changed, value)
        if self.steer is not None:
            wanted = value[:, self.units] + self.steer[rows]
        elif self.scale is not None:
            wanted = value[:, self.units] * self.scale
        elif self.value is None:
            wanted = before[:, self.units]
        else:
            wanted = self.value[rows] if len(self.value) > 1 else self.value.expand(len(value), -1)
        wanted = wanted if inside is None else torch.where(inside, wanted, value[:, self.units])
        return value.index_copy(1, self.units, wanted.to(value.dtype))

    def _coded(self, code: SparseCode, value: Tensor, before: Tensor, rows: Tensor | slice) -> Tensor:
        """The state `value` [n, ·] with its latents held, or as the code rebuilds it."""
        latents = code.encoded(value)
        if self.rebuilt:
            return code.decoded(latents)
        if self.steer is not None:
            return code.changed(value, self.units, self.steer[rows].to(value))
        now = latents[:, self.units]
        if self.scale is not None:
            wanted = now * self.scale
        elif self.value is None:
            wanted = code.encoded(before)[:, self.units]
        else:
            wanted = self.value[rows] if len(self.value) > 1 else self.value.expand(len(value), -1)
        return code.changed(value, self.units, wanted.to(value) - now)

    def check_rows(self, rows: int) -> None:
        """RnnvisError where the module reads another number of rows than the batch has, and they are not all alike."""
        several = {len(of) for of in (self.value, self.first, self.last, self.steer) if of is not None} - {1}
        if several - {rows}:
            raise RnnvisError(
                f'"{self.path}" reads {rows} rows where a batch has {max(several)}: which to hold is not known',
                "hold the same values at the same steps in all sequences",
            )

    def check(self, traces: Sequence[LayerTrace]) -> None:
        """RnnvisError unless the traces of a pass hold what they should: the module may have code of its own."""
        name = f"{self.path}.{self.layer}{'.reverse' if self.direction else ''}"
        trace = next((trace for trace in traces if trace.name == name), None)
        if trace is None:
            raise RnnvisError(f'"{self.path}" did not run, so it cannot be held', "hold a state of a module that runs")
        if trace.left_out or self.kind not in trace.states:
            raise RnnvisError(
                trace.left_out or f'"{trace.name}" has no state "{self.kind}"',
                "such a state cannot be held; describe it with a rnnvis.StateSource whose steps take a hold",
            )
        state, previous = trace.states[self.kind].detach(), trace.previous[self.kind].detach()
        if self.gap(state, previous, trace.lengths) > tolerance(state.dtype):
            raise RnnvisError(
                f'"{self.path}" goes on with other states than those that were held: it takes steps by code of its own',
                "describe its states with a rnnvis.StateSource whose steps take a hold",
            )

    def gap(self, states: Tensor, previous: Tensor, lengths: Tensor) -> float:
        """How far `states` [B, T, ·], of steps that started from `previous`, are from what is held; see `difference`.
        0 of what is steered or scaled, and of latents, whose values are not known."""
        if self.steer is not None or self.scale is not None or self.code is not None:
            return 0.0
        step = torch.arange(states.shape[1], device=states.device)
        inside = (self.first[:, None] <= step) & (step <= self.last[:, None]) & (step < lengths[:, None])
        there, before = states[..., self.units], previous[..., self.units]
        wanted = before if self.value is None else self.value[:, None].expand_as(there).to(there.dtype)
        return float(difference(wanted[inside], there[inside]))


def check_holds(holds: Collection[Hold], modules: Mapping[str, nn.Module], backward: Collection[str]) -> None:
    """RnnvisError, naming it, for a state or a unit that the recurrent `modules` do not have."""
    for hold in holds:
        path, layer, reverse, kind = hold.place
        module = modules.get(path)
        cell = None if module is None else cell_of(module)
        layers = int(getattr(module, "num_layers", 1))
        ways = {path in backward, (path in backward) != bool(getattr(module, "bidirectional", False))}
        if module is None or cell is None or kind not in cell.states or layer >= layers or reverse not in ways:
            known = ", ".join(f"{name} ({type(m).__name__})" for name, m in modules.items())
            raise RnnvisError(f'there is no state "{hold.state}" to hold', f"recurrent modules: {known}")
        if not cell.has_formula:
            raise RnnvisError(
                f'"{path}" is a {type(module).__name__}, whose steps are not known, so it cannot be held',
                "describe its states with a rnnvis.StateSource whose steps take a hold",
            )
        size = cell.sizes(module)[cell.states.index(kind)] if hold.code is None else hold.code.size
        outside = [unit for unit in hold.units.tolist() if not 0 <= unit < size]
        if outside:
            raise RnnvisError(f'"{hold.state}" has no unit {outside[0]}', f"its units are 0 to {size - 1}")


def entering(cell: Cell, held: Sequence[Held], step: int, before: Sequence[Tensor], rows: Tensor | slice) -> Enter:
    """What a step of a cell hands its states to, so that they are held."""
    of = dict(zip(cell.states, before, strict=True))

    def enter(name: str, value: Tensor) -> Tensor:
        for one in held:
            if one.kind == name:
                value = one.into(value, of[name], step, rows)
        return value

    return enter


def held_pass(
    cell: Cell,
    module: nn.Module,
    weights: Weights,
    x: Tensor,
    start: Sequence[Tensor],
    sizes: Sequence[int] | None,
    reverse: bool,
    held: Sequence[Held],
    order: Tensor | None,
    offset: int,
) -> Pass:
    """`one_pass` with states `held`; gradients are followed, and there are no gates.

    `order` [B] are the rows of the batch that those of `x` are; `offset` is how many steps the module has taken before.
    """
    steps, rows = x.shape[:2]
    for one in held:
        one.check_rows(rows)
    read = cell.read(x, weights)
    held = [one.cast(read.dtype) for one in held]
    now = tuple(start)
    states: list[tuple[Tensor, ...]] = [now] * steps
    previous = states.copy()
    for t in reversed(range(steps)) if reverse else range(steps):
        n = rows if sizes is None else sizes[t]
        previous[t] = now
        before = tuple(s[:n] for s in now)
        these = slice(n) if order is None else order[:n]
        enter = entering(cell, held, offset + t, before, these)
        after = cell.intervened(module, read[t, :n], before, weights, enter)
        now = after if n == rows else tuple(torch.cat([a, s[n:]]) for a, s in zip(after, now, strict=True))
        states[t] = now
    return Pass(
        states=tuple(torch.stack(of) for of in zip(*states, strict=True)),
        previous=tuple(torch.stack(of) for of in zip(*previous, strict=True)),
        last=now,
        gates={},
    )
