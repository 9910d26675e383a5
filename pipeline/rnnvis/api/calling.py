"""How to call a model that nobody said how to call: the usual ways are tried on a few words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, pad

from rnnvis.errors import RnnvisError
from rnnvis.recording import recurrent_modules
from rnnvis.recording.steps import Batch, Forward, run_batches

_FIRST_STATES = ("init_hidden", "initHidden", "init_state", "initial_state", "zero_state", "begin_state")
_TRIED = 7


@dataclass(frozen=True)
class Way:
    """One way to call a model; `alone`: with one sequence at a time."""

    forward: Forward
    alone: bool = False

    def steps(self, most: int) -> int:
        """The padded steps of a batch, where at most `most` are wanted."""
        return 1 if self.alone else most


def usual_way(model: nn.Module, readings: Mapping[str, Sequence[np.ndarray]]) -> Way:
    """The first usual way in which the recurrent modules of `model` read one step a token.

    Ids are passed batch first, time first, step by step, and one sequence at a time; with lengths, first states or
    target tokens where the model asks for them; one-hot where it has no embedding and its first recurrent layer is
    wide enough for every id. Each way is tried on two short sequences (one, where it takes them alone), so that a model
    that takes the batch for the time is found out; what other modules read is as long only if it always is. RnnvisError
    where none fits.
    """
    errors: list[Exception] = []
    lengths = {name: [len(row) for row in text] for name, text in readings.items()}
    steps = {name: _TRIED + (of != lengths[""]) * i for i, (name, of) in enumerate(lengths.items())}
    for way in _ways(model, list(readings)[1:], _one_hot_width(model, readings[""])):
        rows = 1 if way.alone else 2
        few = {name: _few(text, rows, steps[name]) for name, text in readings.items()}
        try:
            for _ in run_batches(model, few, rows * _TRIED, 0, way.forward):
                pass
        except Exception as error:  # Any error of the user's own code says no more than that this way does not fit.
            errors.append(error)
        else:
            return way
    shape = next((error for error in errors if isinstance(error, RnnvisError)), errors[0])
    if isinstance(shape, RnnvisError):
        raise shape
    if isinstance(shape, IndexError):
        _check_embeddings(model, readings)
    raise RnnvisError(
        f"{type(model).__name__}.forward failed on ids of 2 sequences × {_TRIED} steps: {shape}",
        "say how to call it: forward=lambda model, batch: model(batch.ids, …)",
    ) from shape


def _check_embeddings(model: nn.Module, readings: Mapping[str, Sequence[np.ndarray]]) -> None:
    largest = max((int(ids.max()) for text in readings.values() for ids in text if len(ids)), default=0)
    for path, module in model.named_modules():
        if isinstance(module, nn.Embedding) and module.num_embeddings <= largest:
            raise RnnvisError(
                f'"{path}" has vectors for the ids 0 to {module.num_embeddings - 1}, and the sequences hold {largest}',
                "pass the sequences and the vocabulary that the model was trained with",
            )


def _few(text: Sequence[np.ndarray], rows: int, steps: int) -> list[np.ndarray]:
    ids = np.resize(np.concatenate(text[:100]), rows * steps) if any(map(len, text[:100])) else np.zeros(rows * steps)
    return list(ids.astype(np.int32).reshape(rows, steps))


def _one_hot_width(model: nn.Module, text: Sequence[np.ndarray]) -> int:
    if any(isinstance(module, nn.Embedding | nn.EmbeddingBag) for module in model.modules()):
        return 0
    width = int(getattr(next(iter(recurrent_modules(model).values())), "input_size", 0))
    return width if width > max((int(ids.max()) for ids in text if len(ids)), default=0) else 0


def _ways(model: nn.Module, targets: Sequence[str], one_hot_width: int) -> Iterator[Way]:
    plain = list(_ways_with_ids(model, targets))
    yield from plain
    if one_hot_width:
        of = next((p.dtype for p in model.parameters()), torch.float32)
        for way in plain:
            yield replace(way, forward=_with_one_hot(way.forward, one_hot_width, of))


def _with_one_hot(forward: Forward, width: int, dtype: torch.dtype) -> Forward:
    return lambda m, b: forward(m, replace(b, ids=one_hot(b.ids, width).to(dtype)))


def _ways_with_ids(model: nn.Module, targets: Sequence[str]) -> Iterator[Way]:
    try:
        parameters = list(inspect.signature(model.forward).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    taken = [p for p in parameters if p.kind in positional]
    forced = {p.name: 1.0 for p in taken if "teacher" in p.name.lower()}
    needed = [p.name for p in taken if p.default is p.empty and p.name not in forced]
    if len(needed) <= 1:
        yield Way(lambda m, b: m(b.ids))
        yield Way(lambda m, b: m(b.ids.transpose(0, 1)))
        yield Way(lambda m, b: m(b.ids[0]), alone=True)
        lengths = next((p.name for p in taken if "len" in p.name.lower()), None)
        if lengths:
            yield Way(lambda m, b: m(b.ids, **{lengths: b.lengths.cpu()}))
        return
    if len(needed) == 2:
        second = needed[1].lower()
        if "len" in second:
            yield Way(lambda m, b: m(b.ids, b.lengths.cpu()))
            yield Way(lambda m, b: m(b.ids.transpose(0, 1), b.lengths.cpu()))
            return
        if len(targets) == 1:
            yield from _with_target(targets[0], forced)
            return
        if any(part in second for part in ("hid", "state", "hx", "h0", "h_0")) or second == "h":
            yield from _with_states(model)
            return
    asked = ", ".join(f'"{name}"' for name in needed[1:])
    raise RnnvisError(
        f"{type(model).__name__}.forward also takes {asked}, and rnnvis cannot know what that is",
        f"say how to call it: forward=lambda model, batch: model(batch.ids, …), with … for {', '.join(needed[1:])}; "
        f"words that a decoder reads go in as tokens={{{list(recurrent_modules(model))[-1]!r}: ids}}, and then as "
        "batch.tokens",
    )


def _with_target(name: str, forced: Mapping[str, float]) -> Iterator[Way]:
    """Source and target; a decoder that stops before the last token gets one more, which it does not read."""

    def way(first: Callable[[Tensor], Tensor], more: int) -> Way:
        return Way(lambda m, b: m(first(b.ids), first(pad(b.tokens[name].ids, (0, more))), **forced))

    for more in (0, 1):
        yield way(lambda ids: ids, more)
        yield way(lambda ids: ids.transpose(0, 1), more)


def _with_states(model: nn.Module) -> Iterator[Way]:
    make = next((getattr(model, name) for name in _FIRST_STATES if callable(getattr(model, name, None))), None)
    sized = make is not None and bool(inspect.signature(make).parameters)

    def states(rows: int) -> Any:
        if make is None:
            return None
        return make(rows) if sized else make()

    def step_by_step(m: Any, batch: Batch) -> None:
        hidden = states(len(batch.ids))
        for t in range(batch.ids.shape[1]):
            _, hidden = m(batch.ids[:, t], hidden)

    yield Way(lambda m, b: m(b.ids, states(len(b.ids))))
    yield Way(lambda m, b: m(b.ids.transpose(0, 1), states(len(b.ids))))
    yield Way(step_by_step)
    yield Way(lambda m, b: m(b.ids[0], states(1)), alone=True)
    yield Way(step_by_step, alone=True)
