"""Linear layers, layer norms and activations one after the other, told from what went into them and what came out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import nn

from rnnvis.recording.step_model.formulas import ACTIVATIONS
from rnnvis.recording.step_model.spec import Operation
from rnnvis.recording.step_model.tensors import Tensors

SAME = 1e-5
DEEP = 12
"""Modules one after the other, at most."""


@dataclass(frozen=True)
class Passed:
    """A module with what it read and gave, [N, F] each."""

    module: nn.Module
    before: np.ndarray = field(repr=False)
    after: np.ndarray = field(repr=False)


def is_known(module: nn.Module) -> bool:
    """Whether `module` is an operation of step models that has weights."""
    return isinstance(module, nn.Linear) or (isinstance(module, nn.LayerNorm) and len(module.normalized_shape) == 1)


def operation(module: nn.Module, name: str, tensors: Tensors) -> Operation:
    """A module that `is_known`, its weights put into `tensors` under `name`."""
    bias = None if module.bias is None else tensors.add(f"{name}.bias", module.bias)  # type: ignore[arg-type]
    if isinstance(module, nn.LayerNorm):
        weight = None if module.weight is None else tensors.add(f"{name}.weight", module.weight)
        return {"norm": {"weight": weight, "bias": bias, "epsilon": module.eps}}
    assert isinstance(module, nn.Linear)
    return {"linear": {"weight": tensors.add(f"{name}.weight", module.weight), "bias": bias}}


def chain(
    into: np.ndarray, known: Mapping[str, np.ndarray], passed: Sequence[Passed], deep: int = DEEP
) -> tuple[list[str], list[nn.Module | str]] | None:
    """How `into` [N, I] comes from some of the `known` [N, F] side by side: their names, then modules of `passed` and
    names of activations in the order in which they are applied. None where it does not."""
    for names, activation in starts(known, into):
        return names, [activation] if activation else []
    for one in reversed(passed) if deep else ():
        for activation, of in activations():
            if not close(of(one.after), into):
                continue
            found = chain(one.before, known, [other for other in passed if other is not one], deep - 1)
            if found is not None:
                return found[0], [*found[1], one.module, *([activation] if activation else [])]
    return None


def operations(steps: Sequence[nn.Module | str], name: str, tensors: Tensors) -> list[Operation]:
    """The steps of a `chain`, their weights put into `tensors` under `name`."""
    modules = [of for of in steps if not isinstance(of, str)]
    return [
        {"activation": of} if isinstance(of, str) else operation(of, f"{name}.{modules.index(of)}", tensors)  # type: ignore[typeddict-item]
        for of in steps
    ]


def starts(known: Mapping[str, np.ndarray], into: np.ndarray) -> Iterator[tuple[list[str], str]]:
    """Names of `known` whose values side by side, or an activation of them, are `into` [N, F]."""
    for name, of in activations():
        values = {source: of(value) for source, value in known.items()}
        found: list[str] = []
        at = 0
        while at < into.shape[1]:
            rest = [s for s in values if s not in found and close(values[s], into[:, at : at + values[s].shape[1]])]
            if not rest:
                break
            found.append(rest[0])
            at += values[rest[0]].shape[1]
        else:
            yield found, name


def activations() -> list[tuple[str, Callable[[np.ndarray], np.ndarray]]]:
    """Those of step models by name, and first of all none."""
    return [("", _same), *ACTIVATIONS.items()]


def _same(x: np.ndarray) -> np.ndarray:
    return x


def close(a: np.ndarray, b: np.ndarray, near: float = SAME) -> bool:
    """Whether both are the same numbers, to `near` of the largest."""
    if a.shape != b.shape or not np.isfinite(a).all():
        return False
    return bool(np.abs(a - b).max(initial=0) <= near * max(1.0, float(np.abs(b).max(initial=0))))
