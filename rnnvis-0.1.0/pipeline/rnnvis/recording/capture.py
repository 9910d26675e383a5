"""Capture every step's states and gates of the recurrent modules inside any torch module.

While a model runs, torch's own layers take their steps by the formula of their cell (`rnnvis.recording.cells`), which
leaves every state and gate behind; cells and modules with a `forward` of their own are watched. The model is not
changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import torch
from torch import nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.arguments import own_forward
from rnnvis.recording.cells import Cell, cell_of, class_names
from rnnvis.recording.holding import Held
from rnnvis.recording.joined import join
from rnnvis.recording.layer_calls import LayerCalls
from rnnvis.recording.single_steps import CellCalls
from rnnvis.recording.traces import LayerTrace
from rnnvis.recording.untouched import one_at_a_time

READY = {"minGRU_pytorch": "min_rnn", "xlstm": "stacked", "transformers": "cached"}
"""Libraries whose models have a source of their own in `rnnvis.sources`."""


class Taker(Protocol):
    """Stands in for torch's forward of one module."""

    def take(self, torchs: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What the module hands back, called with these arguments; `torchs` is the forward of its class."""
        ...


def recurrent_modules(model: nn.Module, only: Collection[str] | None = None) -> dict[str, nn.Module]:
    """The recurrent modules of `model` by path, in registration order; of those in `only` or in a module named there.

    RnnvisError if there are none, if torch.jit or quantisation has put something in their place, or if `only` names
    what holds none.
    """
    named = [(path or "model", module) for path, module in model.named_modules()]
    found = {path: module for path, module in named if cell_of(module) is not None}
    chosen = {path: module for path, module in found.items() if only is None or _within(path, only)}
    for name in only or ():
        if not any(_within(path, [name]) for path in found):
            raise RnnvisError(
                f'only names "{name}", which is no recurrent module and holds none',
                f"recurrent modules of {type(model).__name__}: {', '.join(found) or 'none'}",
            )
    for path, module in named:
        kind = getattr(module, "original_name", type(module).__name__)
        hidden = path not in found and kind in class_names() and type(module).__module__.startswith("torch.")
        if hidden and (only is None or _within(path, only)):
            how = "compiled by torch.jit" if isinstance(module, torch.jit.ScriptModule) else "quantised"
            raise RnnvisError(
                f'"{path}" is {kind} {how}, which hides its steps',
                "record the model as it was before: the plain nn.Module with the same weights",
            )
    if not chosen:
        raise RnnvisError(
            f"{type(model).__name__} holds no nn.RNN, nn.GRU, nn.LSTM or a cell of them, so there are no states to "
            "record",
            _ready(model)
            or "pass the module that holds the recurrent layers, or describe its states with a StateSource",
        )
    return chosen


def _ready(model: nn.Module) -> str | None:
    """What reads the states of a model of another library, where rnnvis has it."""
    libraries = {type(module).__module__.split(".")[0] for module in model.modules()}
    return next((f"pass rnnvis.sources.{of}(model)" for library, of in READY.items() if library in libraries), None)


def _within(path: str, names: Collection[str]) -> bool:
    return any(path == name or name == "model" or path.startswith(f"{name}.") for name in names)


@contextmanager
def capture(
    model: nn.Module,
    steps: Mapping[str, int] | None = None,
    gates: bool = True,
    only: Collection[str] | None = None,
    torchs_kernels: bool = False,
    held: Collection[Held] = (),
) -> Iterator[list[LayerTrace]]:
    """While open, the calls of the recurrent modules of `model` are watched; on leaving, the list holds their traces.

    A module that is called step after step, as every `*Cell` is, has one trace over all of its calls; `steps` says by
    path how many its words need (see `rnnvis.recording.joined`). Without `gates` those are left out. `only` are paths
    of the modules to watch, or of modules around them. `forward` itself is watched, not by hooks: wrappers such as
    dropout of weights call it directly. Dropout between layers cannot be repeated, so a module that has it must be in
    evaluation mode (RnnvisError otherwise). Where torch makes no gradients, the outputs that the model goes on with are
    those of the formula: torch's own, up to rounding. With `torchs_kernels` those run, and are
    compared: states that are not those of the formula are then left out, as `LayerTrace.left_out` says.

    What is `held` is what everything reads, the traces too; RnnvisError, on leaving, naming a module whose own code has
    gone on with other states.
    """
    traces: list[LayerTrace] = []
    layers: dict[int, LayerCalls] = {}
    stepping: list[CellCalls] = []
    with ExitStack() as watchers:
        watchers.enter_context(one_at_a_time())
        for path, module in recurrent_modules(model, only).items():
            cell = cell_of(module) or Cell()
            here = [one for one in held if one.path == path]
            if (cell.step is not None and isinstance(module, cell.step)) or isinstance(module, nn.RNNCellBase):
                stepping.append(CellCalls(path, cell, module, gates, torchs_kernels, here))
                watchers.enter_context(watched(module, stepping[-1].watch(module.forward)))
                continue
            layers[id(module)] = calls = LayerCalls(path, cell, module, gates, torchs_kernels, here)
            if own_forward(module, cell):
                watchers.enter_context(watched(module, calls.watch(module.forward)))
        for kind in {calls.cell.layer for calls in layers.values() if calls.cell.layer is not None}:
            watchers.enter_context(taken_over(kind, layers))
        yield traces
    for calls in layers.values():
        if calls.made:
            traces.extend(join(calls.made, (steps or {}).get(calls.path)))
    traces.extend(one.trace() for one in stepping if one.called)
    for hold in held:
        hold.check(traces)


@contextmanager
def watched(module: nn.Module, forward: Callable[..., Any]) -> Iterator[None]:
    """Inside, `forward` stands in for that of this one module."""
    own = vars(module).get("forward")
    object.__setattr__(module, "forward", forward)
    try:
        yield
    finally:
        if own is None:
            object.__delattr__(module, "forward")
        else:
            object.__setattr__(module, "forward", own)


@contextmanager
def taken_over(kind: type[nn.Module], takers: Mapping[int, Taker]) -> Iterator[None]:
    """Inside, torch's own `forward` of the modules of this class in `takers`, by id, is taken by their `take`.

    It is the class that is changed, so that a subclass's `super().forward(…)` is seen too.
    """
    torchs = kind.forward

    def forward(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        taker = takers.get(id(self))
        return torchs(self, *args, **kwargs) if taker is None else taker.take(torchs, *args, **kwargs)

    kind.forward = forward
    try:
        yield
    finally:
        kind.forward = torchs
