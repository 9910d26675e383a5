"""Models that keep their states from one call to the next: every batch is to start from the same ones."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.arguments import tensors
from rnnvis.recording.called import Batch, Forward
from rnnvis.recording.passes import tolerance
from rnnvis.recording.untouched import untouched

Run = Callable[[], Sequence[Tensor]]
Around = Callable[[Forward], Forward]
Found = TypeVar("Found")

RESETS = (
    "reset",
    "reset_state",
    "reset_states",
    "reset_hidden",
    "reset_hidden_state",
    "reset_hidden_states",
    "reset_memory",
    "clear_state",
    "clear_states",
    "clear_hidden",
    "init_hidden",
    "initHidden",
    "init_state",
    "init_states",
    "initialize_hidden",
)


@dataclass(frozen=True)
class Reset:
    """What brings a model to its first states: call it with the rows of the batch that follows. `note` says what it
    does.
    """

    apply: Callable[[int], None]
    note: str


def fresh_start(model: nn.Module, run: Run, other: Run, rows: int) -> Reset | None:
    """What has to be done before each batch so that it starts from no other batch's states; None if nothing has.

    `run` and `other` call `model` on two batches of `rows` rows and give back what its recurrent modules answered. A
    second `run` has to answer as the first one did, with `other` in between. Where it does not, methods that reset
    states are tried, of which the first counts after which it does; then attributes that changed are cleared. `model`
    is left as it was. RnnvisError, naming the attributes, where nothing helps.
    """
    kept = _Kept(model, run, other, rows)
    if kept.same_twice(lambda rows: None):
        return None
    name = type(model).__name__
    changed = kept.changed()
    attributes = ", ".join(f'"{attribute}"' for attribute in changed) or "states"
    keeps = f"{name} keeps {attributes} from one call to the next"
    for said, apply in kept.candidates(changed):
        if kept.same_twice(apply, weights=True):
            return Reset(apply, f"{keeps}: {said} before each batch, so that all start alike.")
    if not changed:
        keeps = f"{name} keeps something from one call to the next that is none of its attributes"
    raise RnnvisError(
        f"{keeps}, and does not answer the same twice",
        "say how to call it from a fresh state: forward=lambda model, batch: …, which resets it and then calls it",
    )


def resets(model: nn.Module) -> Iterator[tuple[str, Callable[[int], Any]]]:
    """Methods of `model` and its parts that by their names reset states, as "lm.reset()" and what to call with the rows
    of a batch: of each name those of the outermost modules first, then all there are.
    """
    for method in RESETS:
        found = {path: of for path, module in model.named_modules() if (of := _method(module, method)) is not None}
        outer = [path for path in found if not any(path != p and (not p or path.startswith(f"{p}.")) for p in found)]
        for chosen in (outer, list(found)) if len(found) > len(outer) else (outer,):
            if chosen:
                said = " and ".join(f'"{".".join(filter(None, (path, method)))}()"' for path in chosen)
                yield said, _all([found[path] for path in chosen])


def _all(methods: Sequence[Callable[[int], Any]]) -> Callable[[int], Any]:
    def every(rows: int) -> Any:
        given = [method(rows) for method in methods]
        return given[0]

    return every


def _method(module: nn.Module, name: str) -> Callable[[int], Any] | None:
    """What calls a method of `module`: without arguments, or with the number of rows where it asks for one."""
    method = getattr(module, name, None)
    if not inspect.ismethod(method):
        return None
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return None
    needed = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if len(needed) > 1:
        return None
    return (lambda rows: method(rows)) if needed else (lambda rows: method())


def with_resets(model: nn.Module, find: Callable[[Around], Found]) -> Found:
    """What `find` gives, or where it fails on the states that `model` comes with, what it gives with a reset of them.

    `find` calls the model by what it is handed makes of its `Forward`. Raises what it raises where no reset helps.
    """
    try:
        return find(lambda forward: forward)
    except Exception as refusal:  # Any error of the user's own code may come from states of other batches.
        for _, apply in resets(model):
            with torch.no_grad(), _watched_weights(model) as changed:
                try:
                    found = find(partial(resetting, apply))
                except Exception:  # Whatever goes wrong now says no more than that this is no way out.
                    continue
                if not changed():
                    return found
        raise refusal


def resetting(apply: Callable[[int], Any], forward: Forward) -> Forward:
    """`forward` after what brings the first states back."""

    def fresh(model: Any, batch: Batch) -> object:
        apply(len(batch.ids))
        return forward(model, batch)

    return fresh


class _Kept:
    """A model, two batches, and what it keeps of one in the other."""

    def __init__(self, model: nn.Module, run: Run, other: Run, rows: int) -> None:
        self.model, self.run, self.other, self.rows = model, run, other, rows

    def same_twice(self, apply: Callable[[int], Any], weights: bool = False) -> bool:
        """Whether `run` answers the same before and after `other` if `apply` goes before each.

        With `weights` these are watched too: what makes new ones starts training anew, not a text. Nor does what makes
        states that are no numbers start one.
        """
        answers = []
        with untouched(self.model), torch.no_grad(), ExitStack() as undone:
            changed = undone.enter_context(_watched_weights(self.model)) if weights else None
            try:
                for call in (self.run, self.other, self.run):
                    apply(self.rows)
                    if changed is not None and changed():
                        return False
                    _seed()
                    answers.append(call())
            except Exception:  # Any error of the user's own code says no more than that this does not reset it.
                return False
        first, _, again = answers
        same = len(first) == len(again) and all(map(_alike, first, again))
        return same and (not weights or all(bool(state.isfinite().all()) for state in first))

    def changed(self) -> list[str]:
        """The attributes that hold other tensors after a call than before."""
        with untouched(self.model), torch.no_grad():
            before = {name: _print(value) for name, value in _attributes(self.model)}
            _seed()
            with suppress(Exception):  # It may fail on states of other batches.
                self.run()
            after = {name: _print(value) for name, value in _attributes(self.model)}
        return [name for name, value in after.items() if value != before.get(name, ())]

    def candidates(self, changed: Sequence[str]) -> Iterator[tuple[str, Callable[[int], Any]]]:
        """What may bring the first states back, with words for it, the surest first."""
        for said, reset in resets(self.model):
            yield f"{said} is called", reset
        for said, reset in resets(self.model):  # as in `model.hidden = model.init_hidden()`
            if len(changed) == 1:
                yield f"it is set to what {said} gives", partial(self._given, changed, reset)
        if changed:
            which = "it is" if len(changed) == 1 else "they are"
            yield f"{which} set to None", lambda rows: self._set(changed, None)
            yield f"{which} set to zero", lambda rows: self._zero(changed)

    def _given(self, names: Sequence[str], reset: Callable[[int], Any], rows: int) -> None:
        self._set(names, reset(rows))

    def _set(self, names: Sequence[str], value: Any) -> None:
        for name in names:
            path, _, attribute = name.rpartition(".")
            module = self.model.get_submodule(path)
            if attribute in module._buffers:
                module._buffers[attribute] = value
            else:
                setattr(module, attribute, value)

    def _zero(self, names: Sequence[str]) -> None:
        for name, value in list(_attributes(self.model)):
            if name in names:
                self._set([name], _zeros(value))


@contextmanager
def _watched_weights(model: nn.Module) -> Iterator[Callable[[], bool]]:
    """Gives what tells whether weights were changed or replaced; afterwards those that were there are as they were."""
    kept = [(weight, weight.detach().clone()) for weight in model.parameters()]
    yield (
        lambda: (
            [id(weight) for weight in model.parameters()] != [id(weight) for weight, _ in kept]
            or not all(torch.equal(weight, value) for weight, value in kept)
        )
    )
    for weight, value in kept:
        if not torch.equal(weight, value):
            weight.copy_(value)


def _attributes(model: nn.Module) -> Iterator[tuple[str, Any]]:
    """What modules keep in attributes and buffers, by path; no weights."""
    plain = vars(nn.Module()).keys()
    for path, module in model.named_modules():
        of = {name: value for name, value in vars(module).items() if name not in plain and name != "_flat_weights"}
        for name, value in (of | module._buffers).items():
            yield f"{path}.{name}" if path else name, value


def _print(value: Any) -> tuple[Any, ...]:
    """What tells whether tensors in `value` are others, or were written into."""
    found = [part.data if not isinstance(part, Tensor) else part for part in tensors(value)]
    return tuple((id(part), part.data_ptr(), None if part.is_inference() else part._version) for part in found)


def _zeros(value: Any) -> Any:
    if isinstance(value, Tensor):
        return torch.zeros_like(value)
    return type(value)(map(_zeros, value)) if isinstance(value, list | tuple) else value


def _alike(a: Tensor, b: Tensor) -> bool:
    near = tolerance(a.dtype)
    return a.shape == b.shape and torch.allclose(a, b, rtol=near, atol=near, equal_nan=True)


def _seed() -> None:
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
