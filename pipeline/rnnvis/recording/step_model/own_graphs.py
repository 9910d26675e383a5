"""The steps and the answers of a `StateSource` as ONNX graphs: its own code, run by torch's exporter with states put in
by its holds."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Mapping, Sequence
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.recording.called import Batch, device_of
from rnnvis.recording.returned import Returned
from rnnvis.recording.source import StateSource, answers_of
from rnnvis.recording.step_model.graphs import exported, on_scale, rows_of
from rnnvis.recording.step_model.running import LENGTH, TOKENS
from rnnvis.recording.step_model.spec import SCALE, SHIFT
from rnnvis.recording.step_model.tensors import UnfitError


def step_graph(source: StateSource, sizes: Mapping[str, int], back: bool) -> np.ndarray:
    """One step of the states `sizes`, units by name, that read on, or `back`: the graph that `spec.Steps` tells of."""
    names = tuple(sizes)
    inputs = [
        of for units in sizes.values() for of in (torch.zeros(1, units), torch.ones(1, units), torch.zeros(1, units))
    ]
    of_inputs = [of for name in names for of in (name, SCALE.format(name), SHIFT.format(name))]
    outputs = [f"{name} after" for name in names]
    return exported(_Step(source, names, back), (_word(), *inputs), (TOKENS, *of_inputs), outputs)


def word_graph(source: StateSource, answer: Returned, sizes: Mapping[str, int], probabilities: bool) -> np.ndarray:
    """The answer after one word as a graph of that word and of the states after it."""
    inputs = [torch.zeros(1, units) for units in sizes.values()]
    return exported(_AfterWord(source, answer, tuple(sizes), probabilities), (_word(), *inputs), (TOKENS, *sizes))


def padded_graph(
    source: StateSource, answer: Returned, sizes: Mapping[str, int], probabilities: bool, longest: int
) -> np.ndarray:
    """The answers as a graph of all words and of the states along them, filled up to `longest` words."""
    inputs = [torch.zeros(longest, units) for units in sizes.values()]
    module = _AfterAll(source, answer, tuple(sizes), probabilities)
    tokens = torch.zeros(longest, dtype=torch.int64)
    return exported(module, (tokens, torch.tensor([longest]), *inputs), (TOKENS, LENGTH, *sizes))


def _word() -> Tensor:
    return torch.zeros(1, dtype=torch.int64)


class _Traced(nn.Module):
    """A source as it is traced: what it leaves in its attributes is left in a copy, or undone."""

    def __init__(self, source: StateSource, names: Sequence[str]) -> None:
        super().__init__()
        self.source: Any = source if isinstance(source, nn.Module) else _apart(source, {})
        self._names = tuple(names)
        self._device = device_of(source) if isinstance(source, nn.Module) else torch.device("cpu")

    def batch(self, ids: Tensor, lengths: Tensor) -> Batch:
        """What its methods are called with."""
        return Batch(ids, lengths, torch.zeros(1, dtype=torch.int64, device=self._device))


def _apart(value: Any, known: dict[int, Any]) -> Any:
    """A copy of a source with all that it keeps in containers and in objects of its own; tensors are shared."""
    if id(value) in known:
        return known[id(value)]
    if isinstance(value, tuple):
        inside = [_apart(one, known) for one in value]
        return type(value)(*inside) if hasattr(value, "_fields") else type(value)(inside)
    if isinstance(value, MethodType):
        return MethodType(value.__func__, _apart(value.__self__, known))
    own = hasattr(value, "__dict__") and not isinstance(value, (Tensor, type, FunctionType, ModuleType))
    if not own and not isinstance(value, (list, deque, dict, set)):
        return value
    try:
        found = copy.copy(value)
    except TypeError:  # What cannot be copied, as an open file, is no place for tensors.
        return value
    if found is value:  # There is one of it alone, as of a logger: it belongs to others too.
        return value
    known[id(value)] = found
    if isinstance(value, (list, deque)):
        found.clear()
        found.extend(_apart(one, known) for one in value)
    elif isinstance(value, dict):
        found.update({key: _apart(one, known) for key, one in value.items()})
    if own:
        vars(found).update({name: _apart(one, known) for name, one in vars(value).items()})
    return found


class _Step(_Traced):
    """The second of two steps, in the order in which the states read; after the first they are what is given."""

    def __init__(self, source: StateSource, names: Sequence[str], back: bool) -> None:
        super().__init__(source, names)
        self._place = 0 if back else 1

    def forward(self, tokens: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
        tokens = tokens.to(self._device)
        rows = [given[i : i + 3] for i in range(0, len(given), 3)]
        mine = {name: tuple(of.to(self._device) for of in row) for name, row in zip(self._names, rows, strict=True)}

        def hold(name: str, step: int, state: Any) -> Any:
            if name not in mine:
                return state
            state = torch.as_tensor(state)
            before, scale, shift = (of.to(state.dtype) for of in mine[name])
            # Clones: cells may write into their states.
            return state * scale + shift if int(step) == self._place else before.clone()

        batch = self.batch(torch.stack([tokens, tokens], dim=1), torch.tensor([2], device=self._device))
        found = [
            {name: torch.as_tensor(given[name]).clone() for name in self._names}
            for given in self.source.steps(batch, hold=hold)
        ]
        return tuple(found[self._place][name].float() for name in self._names)


class _Answered(_Traced):
    """Answers of states that are given."""

    def __init__(self, source: StateSource, answer: Returned, names: Sequence[str], probabilities: bool) -> None:
        super().__init__(source, names)
        self._answer, self._probabilities = answer, probabilities

    def said(self, ids: Tensor, lengths: Tensor, states: Mapping[str, Sequence[Tensor]]) -> Tensor:
        """The answers [1, C] or [T, C] where the states after each place are these, [1, units]."""

        def hold(name: str, step: int, state: Any) -> Any:
            if name not in states:
                return state
            return states[name][int(step)].to(self._device, torch.as_tensor(state).dtype).clone()

        give: Any = answers_of(self.source)
        returned = give(self.batch(ids, lengths.to(self._device)), hold=hold)
        return on_scale(self._answer, rows_of(self._answer, returned, ids.shape[1]), self._probabilities)


class _AfterWord(_Answered):
    def forward(self, tokens: Tensor, *states: Tensor) -> Tensor:
        tokens = tokens.to(self._device)
        given = {name: (of, of) for name, of in zip(self._names, states, strict=True)}
        values = self.said(torch.stack([tokens, tokens], dim=1), torch.tensor([2]), given)
        return values[-1:]


class _AfterAll(_Answered):
    def forward(self, tokens: Tensor, length: Tensor, *states: Tensor) -> Tensor:
        given = {name: of.unsqueeze(1).unbind(0) for name, of in zip(self._names, states, strict=True)}
        return self.said(tokens.to(self._device)[None], length, given)


def missing_hold(source: StateSource) -> UnfitError:
    """What is said of a source whose states cannot be put in."""
    return UnfitError(
        f"{type(source).__name__} is a StateSource that does not say how its states are held",
        "let steps take one more argument: steps(self, batch, hold), with state = hold(name, step, state) as soon as a "
        "state is computed",
    )
