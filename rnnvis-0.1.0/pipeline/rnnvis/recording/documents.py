"""Run a model over documents whose sentences follow each other: the state is carried from one to the next."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.alignment import AS_THEY_STAND, Alignment, Plan
from rnnvis.recording.arguments import own_forward
from rnnvis.recording.called import Batch, Forward, device_of
from rnnvis.recording.capture import capture, recurrent_modules
from rnnvis.recording.cells import SEQUENCES, cell_of
from rnnvis.recording.holding import Held, Hold, check_holds
from rnnvis.recording.returned import Given, Returned
from rnnvis.recording.steps import StepBatch, flat, step_batch
from rnnvis.recording.traces import LayerTrace
from rnnvis.recording.untouched import untouched
from rnnvis.text.batches import length_batches, padded

States = Mapping[str, tuple[Tensor, ...]]
"""By path of its module, h and what else a cell keeps: [layers, B, H] of a layer, [B, H] of a single cell."""

FIX = 'record its sequences from a fresh state each: initial="zero"'
NEAR = 1e-5


def record_documents(
    model: nn.Module,
    sentences: Sequence[np.ndarray],
    documents: Sequence[np.ndarray],
    forward: Forward,
    *,
    batch_steps: int = 8192,
    padding_id: int = 0,
    single: bool = False,
    longest_first: bool = False,
    only: Collection[str] | None = None,
    gates: bool = True,
    answer: Returned | None = None,
) -> Iterator[StepBatch]:
    """Yield every step of `sentences` (lists of token ids), read document by document.

    `documents` are numbers of sentences in reading order; every sentence belongs to one. A document starts as the model
    does, and each of its sentences from the state that the one before ended in: `previous` of a sentence's first step
    is that state. Many documents are read side by side, each batch holding the next whole sentences of each, about
    `batch_steps` steps in all, or one sentence of each where they go in `single`.

    `forward(model, batch)` calls the model, whose recurrent modules are handed the carried states whatever it passes;
    `rows` of a batch are the first sentences of its rows, `longest_first` sorts them. `only` are the modules to record,
    or modules around them. `answer` says where in what the model returned its answers lie, one a step, or one a
    sequence where each is a row of its own. The model is left as it was.
    RnnvisError for modules that do not read all words once, forwards, or do not start from the states they are handed.
    """
    modules = _carrying(model, only)
    waiting = [[int(i) for i in document if len(sentences[i])] for document in documents]
    order = sorted(range(len(waiting)), key=lambda d: (-sum(len(sentences[i]) for i in waiting[d]), d))
    active = [waiting[d] for d in order if waiting[d]]
    fresh = np.ones(len(active), dtype=bool)
    states: States = {}
    starts: dict[str, list[Tensor]] = {}
    if active:  # One sentence by itself shows what the model starts from, to be compared with longer text.
        first = active[0][0]
        alone = padded([sentences[first]], padding_id)
        _run(model, modules, alone, np.array([first]), forward, {}, np.ones(1, bool), starts, False)
    while active:
        width = 1 if single else max(1, batch_steps // len(active))
        pieces = [_next_sentences(rest, sentences, width) for rest in active]
        if longest_first:
            lengths = np.array([sum(len(sentences[i]) for i in piece) for piece in pieces])
            by_length = np.argsort(-lengths, kind="stable").tolist()
            active, pieces = ([of[row] for row in by_length] for of in (active, pieces))
            fresh, states = fresh[by_length], _rows(states, by_length)
        read = padded([np.concatenate([sentences[i] for i in piece]) for piece in pieces], padding_id)
        firsts = np.array([piece[0] for piece in pieces])
        traces, given = _run(model, modules, read, firsts, forward, states, fresh, starts, gates, answer)
        lengths_of = torch.from_numpy(read.lengths).to(device_of(model))
        states = _ends(traces, modules, lengths_of)
        numbers = [i for piece in pieces for i in piece]
        sizes = np.array([len(sentences[i]) for i in numbers])
        resets = np.zeros(int(read.lengths.sum()), dtype=bool)
        resets[(np.cumsum(read.lengths) - read.lengths)[fresh]] = True
        yield StepBatch(
            sentence_id=np.repeat(np.array(numbers, dtype=np.int32), sizes),
            step=np.concatenate([np.arange(n, dtype=np.int16) for n in sizes]),
            token_id=read.ids[read.real].astype(np.int32),
            states=flat(traces, read.real, "states"),
            previous=flat(traces, read.real, "previous"),
            gates=flat(traces, read.real, "gates") if gates else {},
            fresh=resets,
            answer=given,
        )
        left = [row for row, (rest, piece) in enumerate(zip(active, pieces, strict=True)) if len(piece) < len(rest)]
        active = [active[row][len(pieces[row]) :] for row in left]
        states = _rows(states, left)
        fresh = np.zeros(len(active), dtype=bool)


def record_started(
    model: nn.Module,
    sentences: Sequence[np.ndarray],
    starts: Mapping[int, Mapping[str, np.ndarray]],
    forward: Forward,
    padding_id: int = 0,
    only: Collection[str] | None = None,
    answer: Returned | None = None,
    *,
    batch_steps: int = 1,
    holds: Sequence[Hold] = (),
    gradients: bool = False,
) -> Iterator[StepBatch]:
    """Every step of the sentences that `starts` names, from the states [H] that it gives by name; without any, as the
    model starts.

    Sentences that fit into `batch_steps` share a batch; by default each is alone. States are held as `holds` say, by
    the numbers of sentences; with `gradients` the answer can be followed back to what steers them (`Hold.steer`).
    """
    modules = _carrying(model, only)
    check_holds(holds, modules, ())
    device = device_of(model)
    numbers = np.array(list(starts), np.int64)
    for batch in length_batches([len(sentences[i]) for i in numbers.tolist()], batch_steps):
        rows = numbers[batch]
        read = padded([sentences[i] for i in rows.tolist()], padding_id)
        fresh = np.array([not starts[i] for i in rows.tolist()])
        states = _begun(model, modules, [starts[i] for i in rows.tolist()])
        held = [hold.bound(rows, read.lengths, device, AS_THEY_STAND) for hold in holds]
        traces, given = _run(
            model, modules, read, rows, forward, states, fresh, {}, False, answer, held=held, gradients=gradients
        )
        yield step_batch(rows, read, traces, gates=False, answer=given)


def _begun(
    model: nn.Module, modules: Mapping[str, nn.Module], starts: Sequence[Mapping[str, np.ndarray]]
) -> dict[str, tuple[Tensor, ...]]:
    """States as modules are handed them, one row for each of `starts`; zero in rows that start as the model does."""
    known = next((start for start in starts if start), None)
    if known is None:
        return {}
    like = next(model.parameters())
    blank = {name: np.zeros_like(value) for name, value in known.items()}
    rows = {name: np.stack([(start or blank)[name] for start in starts]) for name in known}
    states = {}
    for path, module in modules.items():
        layers = range(getattr(module, "num_layers", 1))
        kinds = dict.fromkeys(name.rsplit(".", 1)[1] for name in rows if name.startswith(f"{path}."))
        of = (torch.from_numpy(np.stack([rows[f"{path}.{n}.{kind}"] for n in layers])).to(like) for kind in kinds)
        states[path] = tuple(of) if isinstance(module, SEQUENCES) else tuple(value[0] for value in of)
    return states


def check_plan(plan: Plan, modules: Mapping[str, nn.Module]) -> None:
    """RnnvisError where the steps of a module are not the words one by one, so that a state has no place to go on."""
    for path in modules:
        one = plan.of(path)
        if one != Alignment(by_word=one.by_word, extra=one.extra) or one.extra not in (0, None):
            raise RnnvisError(f'"{path}" does not read the words one by one as they stand, so no state is carried', FIX)
    if plan.alone:
        raise RnnvisError("the model takes one sequence at a time, so no state is carried", FIX)


def _carrying(model: nn.Module, only: Collection[str] | None) -> dict[str, nn.Module]:
    """The recurrent modules of `model`, all of which can be handed a state."""
    modules = recurrent_modules(model, only)
    for path, module in modules.items():
        cell = cell_of(module)
        if getattr(module, "bidirectional", False):
            raise RnnvisError(f'"{path}" did not read the words once, forwards: it reads both ways', FIX)
        if cell is None or own_forward(module, cell):
            raise RnnvisError(f'"{path}" has a forward of its own, so it cannot be handed a state', FIX)
    return modules


def _run(
    model: nn.Module,
    modules: Mapping[str, nn.Module],
    read: Any,
    rows: np.ndarray,
    forward: Forward,
    states: States,
    fresh: np.ndarray,
    starts: dict[str, list[Tensor]],
    gates: bool,
    answer: Returned | None = None,
    held: Sequence[Held] = (),
    gradients: bool = False,
) -> tuple[list[LayerTrace], Given | None]:
    device = device_of(model)
    ids, lengths, places = (torch.from_numpy(a).to(device) for a in (read.ids, read.lengths, rows))
    new = torch.from_numpy(fresh).to(device)
    steps = dict.fromkeys(modules, read.ids.shape[1])
    with (
        untouched(model),
        torch.set_grad_enabled(gradients),
        torch.backends.cudnn.flags(enabled=False) if gradients else nullcontext(),  # none in evaluation mode
        _starting(modules, states, new, starts),
        capture(model, steps, gates, modules, held=held) as traces,
    ):
        returned = forward(model, Batch(ids, lengths, places))
    _check(traces, modules, read.ids.shape, read.lengths)
    for trace in traces:
        for kind, start in zip(trace.states, states.get(trace.module, ()), strict=False):
            handed = start if start.dim() == 2 else start[int(trace.name.rsplit(".", 1)[1])]
            taken = trace.previous[kind][:, 0]
            if not torch.allclose(taken[~new], handed[~new].to(taken), rtol=NEAR, atol=NEAR):
                raise RnnvisError(f'"{trace.module}" did not start from the state that it was handed', FIX)
    if answer is None:
        return traces, None
    given = answer.given(returned, read.lengths, read.ids.shape[1])
    return traces, replace(given, sentences=rows) if answer.per == "sequence" else given


@contextmanager
def _starting(
    modules: Mapping[str, nn.Module], states: States, fresh: Tensor, starts: dict[str, list[Tensor]]
) -> Iterator[None]:
    """Inside, the first call of each module starts from `states`, but for the rows `fresh`: those start as they did.

    `starts` remembers how that is, by path of the module: for all rows alike and whatever the text.
    """
    hooks = [
        module.register_forward_pre_hook(_Handed(path, states.get(path, ()), fresh, starts), with_kwargs=True)
        for path, module in modules.items()
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


class _Handed:
    """Puts states in place of those of the first call."""

    def __init__(self, path: str, states: tuple[Tensor, ...], fresh: Tensor, starts: dict[str, list[Tensor]]) -> None:
        self.path, self.states, self.fresh, self.starts, self.waiting = path, states, fresh[:, None], starts, True

    def __call__(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not self.waiting:
            return None
        self.waiting = False
        given = kwargs.get("hx", args[1] if len(args) > 1 else None)
        own = [] if given is None else [given] if isinstance(given, Tensor) else list(given)
        rows = [part[..., :1, :] for part in own]
        before = self.starts.setdefault(self.path, rows)
        alike = all(_near(part, row) for part, row in zip(own, rows, strict=True))
        if not alike or not all(_near(a, b) for a, b in zip_longest(before, rows, fillvalue=torch.zeros(()))):
            raise RnnvisError(f'forward computes the state that "{self.path}" starts from, so none is carried', FIX)
        if not self.states:
            return None
        own = own or [torch.zeros_like(part) for part in self.states]
        hx = tuple(torch.where(self.fresh, a, b) for a, b in zip(own, self.states, strict=True))
        return args[:1], {**kwargs, "hx": hx if len(hx) > 1 else hx[0]}


def _near(a: Tensor, b: Tensor) -> bool:
    return bool(((a - b.to(a)).abs() <= NEAR).all())


def _next_sentences(rest: list[int], sentences: Sequence[np.ndarray], width: int) -> list[int]:
    """The next sentences of a document that fit into `width` steps; at least one."""
    taken, steps = 0, 0
    for i in rest:
        steps += len(sentences[i])
        if taken and steps > width:
            break
        taken += 1
    return rest[:taken]


def _check(
    traces: list[LayerTrace], modules: Mapping[str, nn.Module], shape: tuple[int, ...], lengths: np.ndarray
) -> None:
    ran = {trace.module for trace in traces}
    if ran != set(modules) or len({trace.name for trace in traces}) != len(traces):
        idle = sorted(set(modules) - ran)
        raise RnnvisError(f'"{idle[0]}" did not run' if idle else "a recurrent module ran more than once", FIX)
    for trace in traces:
        took = trace.lengths.cpu().numpy()
        whole = trace.states["h"].shape[:2] == shape and ((took == lengths).all() or (took == shape[1]).all())
        if trace.reverse or not whole:
            raise RnnvisError(f'"{trace.module}" did not read the words once, forwards', FIX)


def _ends(traces: list[LayerTrace], modules: Mapping[str, nn.Module], lengths: Tensor) -> States:
    """The states after each row's last real step."""
    rows = torch.arange(len(lengths), device=lengths.device)
    found = {}
    for path, module in modules.items():
        own = [trace for trace in traces if trace.module == path]
        ends = [torch.stack([trace.states[kind][rows, lengths - 1] for trace in own]) for kind in own[0].states]
        found[path] = tuple(ends) if isinstance(module, SEQUENCES) else tuple(end[0] for end in ends)
    return found


def _rows(states: States, rows: list[int]) -> States:
    return {path: tuple(part[..., rows, :].contiguous() for part in of) for path, of in states.items()}
