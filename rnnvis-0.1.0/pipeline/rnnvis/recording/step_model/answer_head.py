"""The head of a recorded model as linear layers, layer norms and activations, told from what goes through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.recording.arguments import tensors as tensors_in
from rnnvis.recording.heads import Head
from rnnvis.recording.step_model.chains import Passed, activations, chain, close, is_known, operations
from rnnvis.recording.step_model.formulas import ACTIVATIONS, log_probabilities
from rnnvis.recording.step_model.spec import HeadSpec, Operation
from rnnvis.recording.step_model.tensors import Tensors, UnfitError

ROWS = 12
"""States that go through the head, one at a time, to see what it does to them."""
NEAR = 1e-4
_AT: dict[str, Literal["last", "mean", "max"]] = {"end": "last", "mean": "mean", "max": "max"}

Means = Literal["class", "tag", "next word", "number"]
Scores = Literal["logits", "one logit", "numbers"]


@dataclass(frozen=True)
class Answered:
    """What an answer means, and `log_probabilities`: of a model's values [n, C] (numbers stay what they are).
    `rounded`: the values are probabilities, whose logarithms near 0 and 1 say little."""

    means: Means
    rounded: bool
    log_probabilities: Callable[[Tensor], Tensor] = field(repr=False)


@dataclass(frozen=True)
class _Through:
    """What went into the linear layers and layer norms that a state went through, and what came out of them, [F] each,
    in order; and the answer, log-probabilities [C] or a number."""

    passed: Sequence[Passed]
    answer: np.ndarray


def recognised(head: Head, answered: Answered, states: Mapping[str, np.ndarray], tensors: Tensors) -> HeadSpec:
    """`head` as operations; `states` [N, units] by name are some that the model came to. UnfitError where it does
    something else than these can say."""
    rows = np.unique(np.linspace(0, len(next(iter(states.values()))) - 1, ROWS).astype(int))
    few = {name: states[name][rows] for name in head.states}
    through = [_through(head, answered, {name: of[i : i + 1] for name, of in few.items()}) for i in range(len(rows))]
    answer = np.stack([one.answer for one in through])
    found = _by_modules(head, through, few, answer, tensors) or _by_weights(head, answer, few, tensors)
    if found is None:
        by = ", ".join(f'"{name}"' for name in head.modules) or "code of its own"
        raise UnfitError(
            f"the answer is made of {' and '.join(head.states)} by {by}, which is more than linear layers, layer "
            "norms and usual activations one after the other",
            f"heads of torch.nn.Linear, torch.nn.LayerNorm and {', '.join(ACTIVATIONS)} have an answer in a step model",
        )
    reads, operations, scores = found
    return {
        "reads": reads,
        "at": "each" if head.per == "step" else _AT.get(head.at, "last word"),
        "operations": operations,
        "means": answered.means,
        "per": "step" if head.per == "step" else "sequence",
        "scores": scores,
        "along": head.ends_anywhere,
    }


_Found = tuple[list[str], list[Operation], Scores]


def _by_modules(
    head: Head, through: Sequence[_Through], few: Mapping[str, np.ndarray], answer: np.ndarray, tensors: Tensors
) -> _Found | None:
    modules = [of.module for of in through[0].passed]
    if not modules or any([of.module for of in one.passed] != modules for one in through):
        return None
    passed = [
        Passed(module, *(np.stack([getattr(one.passed[i], side) for one in through]) for side in ("before", "after")))
        for i, module in enumerate(modules)
    ]
    for last in reversed(passed):
        for scores in _scores_of(last.after.shape[1], answer.shape[1]):
            for name, of in activations() if scores == "numbers" else activations()[:1]:
                if not close(log_probabilities(of(last.after), scores), answer, NEAR):
                    continue
                found = chain(last.before, few, [one for one in passed if one is not last])
                if found is not None:
                    steps = [*found[1], last.module, *([name] if name else [])]
                    return found[0], operations(steps, "head", tensors), scores
    return None


def _by_weights(head: Head, answer: np.ndarray, few: Mapping[str, np.ndarray], tensors: Tensors) -> _Found | None:
    """Of a head that is linear, whatever its code: the weights that were found by asking it."""
    if head.weights is None or head.bias is None:
        return None
    weights, bias = np.concatenate([head.weights[name] for name in few], axis=1), head.bias
    for scores in _scores_of(len(bias), answer.shape[1]):
        share = (len(bias) - 1) / len(bias) if scores == "logits" else 1.0
        values = share * (np.concatenate(list(few.values()), axis=1).astype(np.float64) @ weights.T + bias)
        if close(log_probabilities(values, scores), answer, NEAR):
            names = tensors.add("head.weight", share * weights), tensors.add("head.bias", share * bias)
            return list(few), [{"linear": {"weight": names[0], "bias": names[1]}}], scores
    return None


def _scores_of(size: int, classes: int) -> Iterator[Scores]:
    if size == classes and size > 1:
        yield "logits"
    if size == 1:
        yield "one logit" if classes == 2 else "numbers"


def _through(head: Head, answered: Answered, state: Mapping[str, np.ndarray]) -> _Through:
    """One state through the head. All that passes is alike then, whatever its shape."""
    seen: list[Passed] = []
    parts = dict(head.replay.called.model.named_modules())
    handles = [
        parts[path].register_forward_hook(_keeping(seen), with_kwargs=True)
        for path in head.modules
        if is_known(parts[path])
    ]
    try:
        with torch.no_grad():
            values = head.replay.values(next(head.replay.chunks(state)))
    finally:
        for handle in handles:
            handle.remove()
    return _Through(seen, answered.log_probabilities(values.double())[0].cpu().numpy())


def _keeping(into: list[Passed]) -> Any:
    def keep(module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        x = next(iter(tensors_in([*args, *kwargs.values()])), None)
        if isinstance(x, Tensor) and all(of.module is not module for of in into):
            before, after = (_row(of) for of in (x, output))
            if before is not None and after is not None:
                into.append(Passed(module, before, after))

    return keep


def _row(of: Tensor) -> np.ndarray | None:
    """The last row of a tensor [..., F]."""
    found: np.ndarray = of.detach().reshape(-1, of.shape[-1])[-1].double().cpu().numpy()
    return found
