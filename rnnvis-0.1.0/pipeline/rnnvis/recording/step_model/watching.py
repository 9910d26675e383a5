"""A few sentences through a recorded model, each alone: what its layers read and came to, and what it answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.recording.alignment import Plan
from rnnvis.recording.arguments import tensors
from rnnvis.recording.called import Forward
from rnnvis.recording.returned import Returned
from rnnvis.recording.steps import run_alone, run_batches
from rnnvis.text.sentences import lengths_of

SENTENCES = 50
"""So many are run to hold a step model against its model, of different lengths."""
LONGEST = 400
"""Words of each, from its beginning."""
BATCH = 4096
STEPS = 6000
"""Words of all of them, about, where sentences are long."""


@dataclass(frozen=True)
class Layer:
    """One layer in one direction: the path of its module, its number there, and whether it reads from the last word;
    `second` is whether it is the module's own second direction."""

    name: str
    module: str
    number: int
    reversed: bool
    second: bool


@dataclass(frozen=True)
class Watched:
    """One sentence of T words. `inputs` [T, I] by module, `states` and `previous` [T, units] by name, in the model's
    precision; `given` are tensors [T, I] of floating point numbers that the model was called with, where there are any;
    `passed` is what went into modules and came out of them, [T, F] each, by path, of those that take a row a word.
    `values` [n, C] are the answers to the steps `known` int64 [n], or to the whole; None where none is known."""

    tokens: np.ndarray
    inputs: Mapping[str, np.ndarray] = field(repr=False)
    states: Mapping[str, np.ndarray] = field(repr=False)
    previous: Mapping[str, np.ndarray] = field(repr=False)
    given: Sequence[np.ndarray] = field(repr=False)
    values: Tensor | None = field(repr=False)
    known: np.ndarray = field(repr=False)
    passed: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Watch:
    """How a model is run to be watched; see `rnnvis.recording.steps.run_alone`."""

    model: nn.Module
    fill: int
    forward: Forward
    plan: Plan
    answer: Returned | None

    def run(
        self, sentences: Sequence[np.ndarray], through: Sequence[str] = (), only: Sequence[int] | None = None
    ) -> tuple[list[Watched], list[Layer], list[str]]:
        """What each of `sentences` came to, the layers in the order in which they ran, and what could not be recorded
        of them, in words. `through` are paths of modules of which it is kept what passes, `only` the places of the
        sentences that are run."""
        found: list[Watched] = []
        layers: dict[str, Layer] = {}
        problems: list[str] = []
        given: list[np.ndarray] = []
        passing: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        handles = [self.model.register_forward_pre_hook(_keeping(given), with_kwargs=True)]
        modules = dict(self.model.named_modules())
        handles += [modules[path].register_forward_hook(_passing(passing, path), with_kwargs=True) for path in through]
        try:
            runs = run_alone(
                self.model,
                {"": sentences},
                np.arange(len(sentences)) if only is None else np.asarray(only),
                {"": self.fill},
                self.forward,
                self.plan,
                answer=self.answer,
            )
            for rows, traces, reads, answered in runs:
                tokens = np.asarray(sentences[int(rows[0])])
                if len(traces) != len({trace.name for trace in traces}):
                    problems.append("a recurrent module runs more than once for each word")
                for trace in traces:
                    at = trace.name.removesuffix(".reverse").rpartition(".")[2]
                    second = trace.reverse != self.plan.of(trace.module).backward
                    layers[trace.name] = Layer(trace.name, trace.module, int(at), trace.reverse, second)
                    if trace.left_out:
                        problems.append(trace.left_out)
                    if trace.states["h"].shape[1] != len(tokens) or reads[""].lengths[0] != len(tokens):
                        problems.append(f'"{trace.module}" does not take one step for each word')
                known = np.flatnonzero(answered.known) if answered is not None else np.zeros(0, np.int64)
                found.append(
                    Watched(
                        tokens,
                        {t.module: _array(t.inputs) for t in traces if t.inputs is not None},
                        {f"{t.name}.{kind}": _array(s) for t in traces for kind, s in t.states.items()},
                        {f"{t.name}.{kind}": _array(s) for t in traces for kind, s in t.previous.items()},
                        [of for of in given if of.ndim == 2 and len(of) == len(tokens)],
                        None if answered is None or not len(known) else answered.of(known).detach().cpu(),
                        known,
                        _rows(passing, len(tokens)),
                    )
                )
                given.clear()
                passing.clear()
        finally:
            for handle in handles:
                handle.remove()
        return found, list(layers.values()), list(dict.fromkeys(problems))

    def read(self, sentences: Sequence[np.ndarray], module: str) -> np.ndarray:
        """What `module` reads along these sentences, one after the other, [N, I]; they go through the model at once."""
        found: list[np.ndarray | None] = [None] * len(sentences)
        runs = run_batches(self.model, {"": sentences}, BATCH, {"": self.fill}, self.forward, self.plan, gates=False)
        for rows, traces, _, _ in runs:
            inputs = next(trace.inputs for trace in traces if trace.module == module and trace.inputs is not None)
            whole = inputs.detach().float().cpu().numpy()
            for row, of in zip(rows.tolist(), whole, strict=True):
                found[row] = of[: len(sentences[row])]
        return np.concatenate([of for of in found if of is not None])


def chosen(texts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The beginnings of up to 50 sentences of different lengths, the shortest and the longest among them."""
    lengths = np.minimum(lengths_of(texts), LONGEST)
    usable = np.flatnonzero(lengths > 0)
    order = usable[np.argsort(lengths[usable], kind="stable")]
    picked = order[np.unique(np.linspace(0, len(order) - 1, SENTENCES).astype(int))]
    longest = max(8, STEPS // max(1, len(picked)))
    cut = longest if lengths[picked].sum() > STEPS else LONGEST
    return [np.asarray(texts[int(i)])[: LONGEST if i == picked[-1] else cut] for i in picked]


def _keeping(into: list[np.ndarray]) -> Any:
    def keep(_: nn.Module, args: Any, kwargs: Any) -> None:
        for value in tensors([*args, *kwargs.values()]):
            if not isinstance(value, Tensor) or not value.is_floating_point():
                continue
            if value.dim() == 3 and 1 in value.shape[:2]:  # one sentence, batch or time first
                into.append(_array(value if len(value) == 1 else value.transpose(0, 1)))
            elif value.dim() == 2:
                into.append(_array(value))

    return keep


def _passing(into: dict[str, list[tuple[np.ndarray, np.ndarray]]], path: str) -> Any:
    def keep(_: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        x = next(iter(tensors([*args, *kwargs.values()])), None)
        if isinstance(x, Tensor) and isinstance(output, Tensor):
            before, after = (_array(of.reshape(-1, of.shape[-1])) for of in (x, output))
            into.setdefault(path, []).append((before, after))

    return keep


def _rows(
    passing: Mapping[str, Sequence[tuple[np.ndarray, np.ndarray]]], steps: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What passed through modules in one call or many, of those that were given a row for each of `steps` words."""
    whole = {path: tuple(np.concatenate(side) for side in zip(*calls, strict=True)) for path, calls in passing.items()}
    return {path: (of[0], of[1]) for path, of in whole.items() if len(of[0]) == len(of[1]) == steps}


def _array(value: Tensor) -> np.ndarray:
    """Of a batch of one sentence [1, T, units], or of anything else as it is."""
    value = value.detach()[0] if value.dim() == 3 else value.detach()
    found: np.ndarray = (value if value.dtype == torch.float64 else value.float()).cpu().numpy()
    return found
