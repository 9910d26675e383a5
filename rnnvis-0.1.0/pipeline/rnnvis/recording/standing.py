"""Recurrent modules that hand back the states they are given, in place of those they would come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnvis.recording.alignment import Plan
from rnnvis.recording.arguments import tensors
from rnnvis.recording.capture import recurrent_modules, taken_over, watched
from rnnvis.recording.cells import Cell, cell_of
from rnnvis.recording.layers import Form, Rows, final, output
from rnnvis.recording.untouched import one_at_a_time


@contextmanager
def standing_in(model: nn.Module, states: Mapping[str, Tensor], plan: Plan) -> Iterator[None]:
    """While open, the recurrent modules of `model` hand back `states`, [B, units] by name, at every step they take; or
    those of each word, [T, B, units], where they read whole sequences.

    Names and `plan` are those of a recording. A module of which a state is missing runs as it is, and so does one with
    a forward of its own that does not call torch's.
    """
    layers: dict[int, _Layer] = {}
    kinds: dict[type[nn.Module], None] = {}
    with ExitStack() as undone:
        undone.enter_context(one_at_a_time())
        for path, module in recurrent_modules(model, plan.only).items():
            cell, form = cell_of(module) or Cell(), Form.of(module)
            passes = [
                tuple(states.get(f"{name}.{kind}") for kind in cell.states)
                for name in names_of(path, form, plan.of(path).backward)
            ]
            given = [tuple(state for state in one if state is not None) for one in passes]
            if any(len(one) != len(cell.states) for one in given):
                continue
            if isinstance(module, nn.RNNCellBase) or (cell.step is not None and isinstance(module, cell.step)):
                undone.enter_context(watched(module, _Step(given[0]).take))
            elif cell.layer is not None:
                backward = plan.of(path).backward
                turned = [tuple(s.flip(0) if backward and s.dim() == 3 else s for s in one) for one in given]
                layers[id(module)] = _Layer(form, turned)
                kinds[cell.layer] = None
        for kind in kinds:
            undone.enter_context(taken_over(kind, layers))
        yield


def names_of(path: str, form: Form, backward: bool) -> list[str]:
    """What a recording calls the layers and directions of the module at `path`, in the order of its final states;
    `backward`: it reads the words from the last to the first.
    """
    names = [form.name(path, layer, way) for layer in range(form.layers) for way in range(form.directions)]
    if not backward:
        return names
    return [name.removesuffix(".reverse") if name.endswith(".reverse") else f"{name}.reverse" for name in names]


@dataclass(frozen=True)
class _Step:
    """A cell that is called once for every step."""

    states: tuple[Tensor, ...]

    def take(self, *args: Any, **kwargs: Any) -> Any:
        given = next(tensors([*args, *kwargs.values()]))
        if any(state.dim() == 3 for state in self.states):
            raise ValueError("a cell that is called step by step cannot be given the states of a whole sequence")
        one = isinstance(given, Tensor) and given.dim() == 1
        after = tuple((state[0] if one else state).clone() for state in self.states)
        return after if len(after) > 1 else after[0]


@dataclass(frozen=True)
class _Layer:
    """A module that reads whole sequences: `passes` are the states of its layers and directions, [B, units] each, or
    [T, B, units] in the order of what it reads."""

    form: Form
    passes: Sequence[tuple[Tensor, ...]]

    def take(self, torchs: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        sequences = args[0] if args else kwargs["input"]
        read = Rows.of(sequences, self.form.batch_first)
        order = sequences.sorted_indices if isinstance(sequences, PackedSequence) else None
        given = [tuple(s if order is None else s.index_select(-2, order) for s in one) for one in self.passes]
        top = torch.cat([one[0] for one in given[-self.form.directions :]], dim=-1)
        h = (top if top.dim() == 3 else top.expand(len(read.values), *top.shape)).clone()
        ways = [way for _ in range(self.form.layers) for way in range(self.form.directions)]
        ends = [
            tuple(s if s.dim() == 2 else s[0 if way else -1] for s in one) for one, way in zip(given, ways, strict=True)
        ]
        last = final(ends, read)
        return output(h, sequences, read, self.form), last if len(last) > 1 else last[0]
