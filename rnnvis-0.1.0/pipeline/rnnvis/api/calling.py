"""How to call a model that nobody said how to call: the usual ways are tried on a few words."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, pad

from rnnvis.errors import RnnvisError
from rnnvis.recording import recurrent_modules
from rnnvis.recording.alignment import Plan, UnfollowedError
from rnnvis.recording.called import Batch, Called, Forward, Frames, fed
from rnnvis.recording.following import follow
from rnnvis.recording.probing import LENGTHS
from rnnvis.recording.steps import one_at_a_time, run_batches
from rnnvis.text.sentences import largest_id, lengths_of

_LONG = 50
_FIRST_STATES = ("init_hidden", "initHidden", "init_state", "initial_state", "zero_state", "begin_state")
_TARGET = re.compile(
    r"(^|_)(trg|tgt|targets?|dst|y|captions?|answers?|decoder_inputs?|dec_inputs?|decoder_input_ids|output_seqs?)(_|$)"
)
_NO_TEXT = re.compile(r"len|size|mask|ratio|forc|hidden|state|vocab|emb|step|max")


@dataclass(frozen=True)
class Way:
    """One way to call a model; `alone`: with one sequence at a time; `flat`: and that without an axis for the batch."""

    forward: Forward
    alone: bool = False
    flat: bool = False


def usual_way(
    model: nn.Module,
    readings: Mapping[str, Sequence[np.ndarray]],
    padding_id: Mapping[str, int],
    only: Collection[str] | None = None,
    around: Callable[[Forward], Forward] = lambda forward: forward,
    frames: Frames | None = None,
) -> tuple[Forward, Plan]:
    """The first usual way in which the steps of the recurrent modules of `model` follow the words, and how they do.

    Ids are passed batch first, time first, step by step, and one sequence at a time; with lengths, first states or
    target tokens where the model asks for them or, for tokens, takes them; one-hot where it has no embedding and its
    first recurrent layer is wide enough for every id. Of signals the `frames` are passed in place of ids, with channels
    last or, of one axis of them, before time. Each way is tried on a few short sequences, so that a model that
    takes the batch for the time is found out. A way in which every word is read goes before one that leaves some out.
    The model is called by what `around` makes of a way. RnnvisError where none fits.
    """
    errors: list[Exception] = []
    second: tuple[Forward, Plan] | None = None
    one_hot_width = 0 if frames else _one_hot_width(model, readings[""], only)
    for way in _ways(model, list(readings)[1:], one_hot_width, frames):
        if way.flat and any(isinstance(error, UnfollowedError) for error in errors):
            continue  # it takes batches; without one, axes would mean something else to it
        call = around(way.forward)
        try:
            plan = follow(Called(model, readings, padding_id, call, Plan(alone=way.alone, only=only)))
            few = {name: [row[: LENGTHS[0]] for row in text[:2]] for name, text in readings.items()}
            for _ in run_batches(model, few, 2 * LENGTHS[0], padding_id, call, plan):
                pass
        except Exception as error:  # Any error of the user's own code says no more than that this way does not fit.
            errors.append(error)
            continue
        if all(one.all_words for one in plan.alignments.values()):
            return way.forward, plan
        second = second or (way.forward, plan)
    if second:
        return second
    shape = next((e for kind in (UnfollowedError, RnnvisError) for e in errors if isinstance(e, kind)), errors[0])
    if isinstance(shape, RnnvisError):
        raise shape
    if isinstance(shape, IndexError):
        _check_embeddings(model, readings)
    what = "ids" if frames is None else f"frames {list(frames.values.shape[1:])}"
    given = "ids" if frames is None else "frames"
    raise RnnvisError(
        f"{type(model).__name__}.forward failed on {what} of 2 sequences × {LENGTHS[0]} steps: {shape}",
        f"say how to call it: forward=lambda model, batch: model(batch.{given}, …)",
    ) from shape


def own_way(
    model: nn.Module,
    readings: Mapping[str, Sequence[np.ndarray]],
    padding_id: Mapping[str, int],
    forward: Forward,
    alone: bool,
    only: Collection[str] | None = None,
) -> Plan:
    """How the steps follow the words where a user says how to call the model: in batches, or else one row at a time.

    Whole sequences are tried, since forward may bring something of its own for each; where all are long, made-up short
    ones first.
    """
    lengths = lengths_of(readings[""])
    ways = [{"alone": alone, "cut": False}, {"alone": True, "cut": False}]
    if lengths[lengths > 0].min() > _LONG:
        ways.insert(0, {"alone": alone, "cut": True})
    refusals: list[Exception] = []
    for way in ways:
        try:
            called = Called(model, readings, padding_id, forward, Plan(alone=way["alone"], only=only))
            plan = follow(called, cut=way["cut"])
        except Exception as refusal:  # A model that takes one row at a time may fail in any way on several.
            refusals.append(refusal)
            continue
        if way["alone"] and not alone:
            plan.notes.append(one_at_a_time(2, refusals[-1]))
        return plan
    raise refusals[0 if len(ways) == 2 else 1] from None


def _check_embeddings(model: nn.Module, readings: Mapping[str, Sequence[np.ndarray]]) -> None:
    largest = max(largest_id(text) for text in readings.values())
    for path, module in model.named_modules():
        if isinstance(module, nn.Embedding) and module.num_embeddings <= largest:
            raise RnnvisError(
                f'"{path}" has vectors for the ids 0 to {module.num_embeddings - 1}, and the sequences hold {largest}',
                "pass the sequences and the vocabulary that the model was trained with",
            )


def _one_hot_width(model: nn.Module, text: Sequence[np.ndarray], only: Collection[str] | None) -> int:
    if any(isinstance(module, nn.Embedding | nn.EmbeddingBag) for module in model.modules()):
        return 0
    width = int(getattr(next(iter(recurrent_modules(model, only).values())), "input_size", 0))
    return width if width > max(0, largest_id(text)) else 0


def _ways(model: nn.Module, targets: Sequence[str], one_hot_width: int, frames: Frames | None) -> Iterator[Way]:
    ways = list(_ways_with_ids(model, targets))
    if frames:
        ways = [replace(way, forward=fed(turn(way.forward), frames)) for turn in _turns(frames) for way in ways]
    if one_hot_width:
        of = next((p.dtype for p in model.parameters()), torch.float32)
        ways += [replace(way, forward=_with_one_hot(way.forward, one_hot_width, of)) for way in ways]
    yield from ways
    yield from (replace(way, alone=True) for way in ways if not way.alone)


def _turns(frames: Frames) -> Iterator[Callable[[Forward], Forward]]:
    """The ways to hand over frames in place of ids: as they are, channels before time, and one channel without axis."""

    def way(turned: Callable[[Tensor], Tensor]) -> Callable[[Forward], Forward]:
        def around(forward: Forward) -> Forward:
            def call(m: Any, b: Batch) -> object:
                assert b.frames is not None
                return forward(m, replace(b, ids=turned(b.frames)))

            return call

        return around

    yield way(lambda of: of)
    if frames.values.ndim == 2:
        yield way(lambda of: of.transpose(1, 2))
        if frames.values.shape[1] == 1:
            yield way(lambda of: of[..., 0])


def _with_one_hot(forward: Forward, width: int, dtype: torch.dtype) -> Forward:
    return lambda m, b: forward(m, replace(b, ids=one_hot(b.ids, width).to(dtype)))


def _ways_with_ids(model: nn.Module, targets: Sequence[str]) -> Iterator[Way]:
    try:
        parameters = list(inspect.signature(model.forward).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = [p for p in parameters if p.kind in (*positional, inspect.Parameter.KEYWORD_ONLY)]
    taken = [p for p in named if p.kind in positional]
    forced = {p.name: True if isinstance(p.default, bool) else 1.0 for p in named if "forc" in p.name.lower()}
    needed = [p.name for p in taken if p.default is p.empty and p.name not in forced]
    optional = [p.name for p in named if p.default is not p.empty]
    lengths = [name for name in needed[1:] if "len" in name.lower()]
    others = [name for name in needed[1:] if name not in lengths]
    if len(targets) == 1:
        target = others[0] if len(others) == 1 else next(filter(_is_target, optional), None) if not others else None
        if target:
            yield from _with_target(targets[0], target, lengths, forced)
            may = [name for name in optional if "len" in name.lower() and not re.search("max|min", name.lower())]
            if may and not lengths:
                yield from _with_target(targets[0], target, may, forced)
            return
    if not others:
        yield from _with_lengths(lengths or [name for name in optional if "len" in name.lower()][:1], bool(lengths))
        return
    if len(others) == 1 and not lengths:
        second = others[0].lower()
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


def _is_target(name: str) -> bool:
    return bool(_TARGET.search(name.lower())) and not _NO_TEXT.search(name.lower().replace("target", ""))


def _with_lengths(names: Sequence[str], needed: bool) -> Iterator[Way]:
    def lengths(batch: Batch) -> dict[str, Tensor]:
        return dict.fromkeys(names, batch.lengths.cpu())

    if not needed:
        yield Way(lambda m, b: m(b.ids))
        yield Way(lambda m, b: m(b.ids.transpose(0, 1)))
        yield Way(lambda m, b: m(b.ids[0]), alone=True, flat=True)
    if names:
        yield Way(lambda m, b: m(b.ids, **lengths(b)))
        yield Way(lambda m, b: m(b.ids.transpose(0, 1), **lengths(b)))


def _with_target(name: str, target: str, lengths: Sequence[str], forced: Mapping[str, float]) -> Iterator[Way]:
    """Source and target; a decoder that stops before the last token gets one more, which it does not read."""

    def way(first: Callable[[Tensor], Tensor], more: int) -> Way:
        def call(m: Any, b: Batch) -> Any:
            other = b.tokens[name]
            counts = {of: (other.lengths + more if _TARGET.search(of.lower()) else b.lengths).cpu() for of in lengths}
            return m(first(b.ids), **{target: first(pad(other.ids, (0, more)))}, **counts, **forced)

        return Way(call)

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

    def step_by_step(m: Any, batch: Batch) -> list[Any]:
        hidden, said = states(len(batch.ids)), []
        for t in range(batch.ids.shape[1]):
            answer, hidden = m(batch.ids[:, t], hidden)
            said.append(answer)
        return said

    yield Way(lambda m, b: m(b.ids, states(len(b.ids))))
    yield Way(lambda m, b: m(b.ids.transpose(0, 1), states(len(b.ids))))
    yield Way(step_by_step)
    yield Way(lambda m, b: m(b.ids[0], states(1)), alone=True, flat=True)
    yield Way(step_by_step, alone=True)
