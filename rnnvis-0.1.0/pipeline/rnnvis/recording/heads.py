"""The head of a model: what stands between its last states and its answer, found by handing it states of one's choice.

The recurrent modules of the model are made to hand back given states at every step (`standing_in`), so that all that
comes after them runs as it is: modules, functions, tied weights. Whether the answer is read from the states where a
sentence ends, from those of its step, or from their mean or maximum is found by trying each: only what gives the
model's own answers again counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.recording.arguments import tensors
from rnnvis.recording.called import Called
from rnnvis.recording.cells import cell_of
from rnnvis.recording.replay import Replay
from rnnvis.recording.returned import Returned
from rnnvis.recording.scores import contrasts, rounding, scores
from rnnvis.recording.steps import StepBatch, reading_of, run_alone, step_batch
from rnnvis.text.sentences import lengths_of

SAME = 1e-5
"""By how much of the largest answer what a head says may differ from what the model says."""
POOLS = ("mean", "max")
SENTENCES = {"sequence": 24, "step": 8}
"""So many sentences are run alone, by what an answer is given to."""
LONGEST, STEPS = 24, 12
"""Of sentences not longer where there are others; and so many steps of each."""
TRIED = 24
"""Of the states at which the answer was confirmed, so many show what it is a function of, and whether a linear one."""
UNITS_TRIED = 2**25
"""Scores of unit vectors that are computed at most."""
CHUNKS = (1024, 16)
"""Rows in a call. Of more than 16 of one length torch.sort may change the order."""
WORDS = (1, 7)
"""Words in a row that the head is tried on: some models refuse rows of one."""


@dataclass(frozen=True)
class Head:
    """What a model answers from its states.

    `states` are the names of those that the answer reads. `at`: "end", each where its direction ends; "word", at the
    step of the answer (of a sequence: at its last word, in both directions); "mean" or "max" over the steps. `modules`
    are the paths of those that it passes through, in order. Where the scores are linear in the states, `weights` are
    float64 [K, H] by state and `bias` is [K]: score = bias + Σ weights · state. The K `scores` are those of
    `rnnvis.recording.scores`.
    """

    states: tuple[str, ...]
    at: str
    per: str
    modules: tuple[str, ...]
    weights: Mapping[str, np.ndarray] | None = field(repr=False)
    bias: np.ndarray | None = field(repr=False)
    differentiable: bool
    replay: Replay = field(repr=False)

    @property
    def linear(self) -> bool:
        """Whether the scores are a weighted sum of the states."""
        return self.weights is not None

    @property
    def ends_anywhere(self) -> bool:
        """Whether states along a sentence say what would be answered if it ended there: not where the answer reads a
        backward direction, which would start at another word."""
        return self.per == "step" or not any(".reverse." in name for name in self.states)

    def scores(self, states: Mapping[str, np.ndarray]) -> np.ndarray:
        """Float64 [N, K] of `states` [N, H] each."""
        if self.weights is not None and self.bias is not None:
            return self.bias + sum(states[name].astype(np.float64) @ w.T for name, w in self.weights.items())
        mine = {name: states[name] for name in self.states}
        return np.concatenate([self.replay.scores(part).double().cpu().numpy() for part in self.replay.chunks(mine)])

    def slopes(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The gradient of every score at `states` [N, H] each: float64 [N, K, H] by state."""
        mine = {name: states[name] for name in self.states}
        if self.weights is not None:
            return {name: np.broadcast_to(w, (len(mine[name]), *w.shape)) for name, w in self.weights.items()}
        parts = [self.replay.slopes(part) for part in self.replay.chunks(mine)]
        return {name: np.concatenate([part[name] for part in parts]) for name in self.states}


def find_head(called: Called, answer: Returned, reading: str = "") -> Head | None:
    """The head of the model, called as the plan says; None where its answer is no function of such states.

    The answer is one to the sequences called `reading`. A few of these are run, each alone, and then
    again with nothing but their states: both must come to the same answers, to 1e-5 of the largest.
    """
    known = _Known(called, answer, reading)
    for at, given in known.candidates():
        for words in WORDS:
            same: bool | None = None
            for rows in CHUNKS if not called.plan.alone else (1,):
                replay = Replay(called, answer, reading, rows, words)
                same = known.confirmed_by(replay, given)
                if same:
                    return _head(replay, at, given, known)
            if same is not None:
                break
    return None


class _Known:
    """What the model answers to a few sentences, and the states that it went through."""

    def __init__(self, called: Called, answer: Returned, reading: str) -> None:
        self.answer = answer
        self.batches: list[StepBatch] = []
        self.known: list[np.ndarray] = []
        answers: list[Tensor] = []
        some = _some(lengths_of(called.readings[reading]), SENTENCES[answer.per])
        run = run_alone(called.model, called.readings, some, called.fills, called.forward, called.plan, answer=answer)
        for rows, traces, reads, given in run:
            mine = [trace for trace in traces if reading_of(trace.module, reads) == reading]
            assert given is not None
            self.batches.append(step_batch(rows, reads[reading], mine, gates=False))
            known = np.flatnonzero(given.known)
            self.known.append(known[:: -(-len(known) // STEPS) or 1])
            answers.append(given.of(self.known[-1]).detach())
        self.wanted = torch.cat(answers)

    def candidates(self) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        """Where the answer may be read, and the states there, [S, H] by name, one row for each answer."""
        names = list(self.batches[0].states)
        reverse = [name for name in names if ".reverse." in name]
        if self.answer.per == "step":
            of_steps = zip(self.batches, self.known, strict=True)
            steps = [{name: batch.states[name][known] for name in names} for batch, known in of_steps]
            yield "word", {name: np.concatenate([one[name] for one in steps]) for name in names}
            return
        ends = {name: np.stack([b.states[name][0 if name in reverse else -1] for b in self.batches]) for name in names}
        yield "end", ends
        if reverse:
            yield "word", {name: np.stack([b.states[name][-1] for b in self.batches]) for name in names}
        for pool in POOLS:
            yield (
                pool,
                {name: np.stack([getattr(b.states[name], pool)(axis=0) for b in self.batches]) for name in names},
            )

    def confirmed_by(self, replay: Replay, given: Mapping[str, np.ndarray]) -> bool | None:
        """Whether the model answers the same where nothing but these states is known; None where it cannot be asked."""
        try:
            with torch.no_grad():
                found = torch.cat([replay.values(part) for part in replay.chunks(given)])
        except Exception:  # Any error of the user's own code says no more than that it cannot be asked so.
            return None
        if found.shape != self.wanted.shape or not found.isfinite().all():
            return False
        near = max(SAME, 4 * torch.finfo(found.dtype).eps) * float(self.wanted.abs().max())
        return bool((found - self.wanted).abs().max() <= near)


def _head(replay: Replay, at: str, given: Mapping[str, np.ndarray], known: _Known) -> Head | None:
    """The head that `replay` is, of the states that it reads; None where it reads none."""
    replay = replace(replay, sizes={name: state.shape[1] for name, state in given.items()})
    given = {name: state[:: -(-len(state) // TRIED)] for name, state in given.items()}
    part = next(replay.chunks(given))
    other = {name: state + _noise(state) for name, state in part.items()}
    with torch.no_grad():
        base = replay.values(part)
        states = tuple(n for n in part if not torch.equal(base, replay.values({**part, n: other[n]})))
    if not states:
        return None
    few = {name: given[name] for name in states}
    weights, bias = _linear(replay, few)
    return Head(
        states=states,
        at=at,
        per=known.answer.per,
        modules=_modules(replay, part, other),
        weights=weights,
        bias=bias,
        differentiable=weights is not None or _differentiable(replay, few),
        replay=replay,
    )


def _noise(state: Tensor) -> Tensor:
    waves = torch.cos(torch.arange(state.numel(), device=state.device) + 1.0).reshape(state.shape)
    return waves.to(state.dtype) * (float(state.abs().max()) or 1.0)


def _linear(replay: Replay, few: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray] | None, np.ndarray | None]:
    """Weights and bias, if the scores at these states, and on the other side of zero, are a weighted sum of them."""
    sizes = {name: state.shape[1] for name, state in few.items()}
    bias = _scores_of(replay, {name: np.zeros((1, size)) for name, size in sizes.items()})[0][0]
    borders = np.cumsum(list(sizes.values()))[:-1]
    for whole in _weights(replay, sizes, bias):
        weights = dict(zip(sizes, np.split(whole, borders, axis=1), strict=True))
        if all(_fits(replay, weights, bias, {n: sign * s for n, s in few.items()}) for sign in (1.0, -1.0)):
            return weights, bias
    return None, None


def _weights(replay: Replay, sizes: Mapping[str, int], bias: np.ndarray) -> Iterator[np.ndarray]:
    """What may be the weights [K, ΣH]: parameters of the model, which are not rounded; the scores of unit vectors."""
    total = sum(sizes.values())
    single = replay.answer.scale in ("logit", "probability", "numbers")
    for parameter in replay.called.model.parameters():
        if parameter.dim() != 2 or parameter.shape[1] != total or not parameter.is_floating_point():
            continue
        if (1 if len(parameter) == 2 and not single else len(parameter)) == len(bias):
            one = parameter.detach().double().cpu().numpy()
            yield one if single else contrasts(one.T).T
    if total * len(bias) <= UNITS_TRIED:
        units = np.split(np.eye(total, dtype=np.float32), np.cumsum(list(sizes.values()))[:-1], axis=1)
        yield (_scores_of(replay, dict(zip(sizes, units, strict=True)))[0] - bias).T


def _fits(
    replay: Replay, weights: Mapping[str, np.ndarray], bias: np.ndarray, states: Mapping[str, np.ndarray]
) -> bool:
    """Whether the scores of these states are that sum, to 1e-5 of the largest."""
    said, off = _scores_of(replay, states)
    if not np.isfinite(said).all():
        return False
    ours = bias + sum(states[name].astype(np.float64) @ w.T for name, w in weights.items())
    near = max(SAME, 4 * torch.finfo(replay.tensor(np.zeros(0)).dtype).eps) * np.abs(said).max() + off
    return bool((np.abs(said - ours) <= near).all())


def _scores_of(replay: Replay, states: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Scores, float64 [N, K], and what rounding may have made of them, [N, 1]."""
    with torch.no_grad():
        whole = torch.cat([replay.values(part) for part in replay.chunks(states)])
    off = torch.as_tensor(rounding(whole, replay.answer.scale)).double().cpu().numpy()
    return scores(whole, replay.answer.scale).double().cpu().numpy(), off


def _differentiable(replay: Replay, few: Mapping[str, np.ndarray]) -> bool:
    try:
        return all(np.isfinite(of).all() for of in replay.slopes(next(replay.chunks(few))).values())
    except RuntimeError:  # Torch cannot go back through it: forward makes no gradients.
        return False


def _modules(replay: Replay, part: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> tuple[str, ...]:
    """The modules that read what the states are, in the order in which they are called."""
    seen: list[dict[str, list[Tensor]]] = []
    for states in (part, other):
        seen.append({})
        handles = []
        for path, module in replay.called.model.named_modules():
            if path and cell_of(module) is None and not any(module.children()):
                handles.append(module.register_forward_pre_hook(_keeping(seen[-1], path), with_kwargs=True))
        try:
            with torch.no_grad():
                replay.values(states)
        finally:
            for handle in handles:
                handle.remove()
    first, second = seen
    return tuple(path for path, of in first.items() if not _alike(of, second.get(path, [])))


def _keeping(into: dict[str, list[Tensor]], path: str) -> Any:
    def keep(_: nn.Module, args: Any, kwargs: Any) -> None:
        found = [t for t in tensors([*args, *kwargs.values()]) if isinstance(t, Tensor)]
        into.setdefault(path, []).extend(t.detach().clone() for t in found)

    return keep


def _alike(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    return len(one) == len(other) and all(
        a.shape == b.shape and torch.equal(a, b) for a, b in zip(one, other, strict=True)
    )


def _some(lengths: np.ndarray, many: int) -> np.ndarray:
    """A few sentences of different lengths, none very long where there are others."""
    usable = np.flatnonzero(lengths > 0)
    short = usable[lengths[usable] <= LONGEST]
    order = np.argsort(lengths[usable], kind="stable")
    pool = short if len(short) >= 2 else usable[order[:many]]
    pool = pool[np.argsort(lengths[pool], kind="stable")]
    return pool[np.unique(np.linspace(0, len(pool) - 1, many).astype(int))]
