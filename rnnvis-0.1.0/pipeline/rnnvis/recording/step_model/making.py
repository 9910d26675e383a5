"""A recorded model made into a step model, and held against it before anybody gets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from torch import Tensor

from rnnvis.recording.heads import Head
from rnnvis.recording.holding import Hold
from rnnvis.recording.returned import Returned
from rnnvis.recording.step_model import answer_head, graphs, layers
from rnnvis.recording.step_model.answer_head import Answered
from rnnvis.recording.step_model.layers import OWN
from rnnvis.recording.step_model.model import StepModel
from rnnvis.recording.step_model.running import GraphError
from rnnvis.recording.step_model.spec import HeadSpec, Spec, named, oldest
from rnnvis.recording.step_model.tensors import Tensors, UnfitError
from rnnvis.recording.step_model.watching import Layer, Watch, Watched, chosen
from rnnvis.text.encoding import WordsSpec

NEAR = 1e-4
"""How far a step model may be from its model: of max(1, |s|), in states, log-probabilities and numbers."""
BEGINNINGS, LONGEST = 6, 12
"""Words, about and at most, of the sentence whose beginnings are run."""
MORE = "the model does more than its layers and weights say, and cannot run in the page"
MORE_STATES = "its steps read more than that: hand out all that they keep as `states`, through hold"
WHOLE = "half precision is too coarse for it: publish its weights as they are, step_model=True"
NO_ANSWER = "the states of typed text are shown, without an answer"
HALF = 1e-3
"""The same of weights in half precision."""
GIVEN_BYTES = 4 * 2**20
"""Vectors of sentences that go along with a model that reads vectors, at most."""


@dataclass(frozen=True)
class Made:
    """A step model that says what its model says, to `gap`, and, where it has no answer, why."""

    model: StepModel
    gap: float
    unanswered: str = field(default="")


def make(
    watch: Watch,
    texts: Sequence[np.ndarray],
    words: int,
    states: Sequence[str],
    head: Head | None,
    answered: Answered | None,
    of_words: WordsSpec | None = None,
    half: bool = False,
    shown: Sequence[int] = (),
) -> Made:
    """The step model of what `watch` runs, over `texts` of `words` words, with these published `states`.

    It is run over up to 50 of the texts, every step of them, and must come to the states and the answers of the model;
    one that comes to the states alone is without an answer. A model that reads vectors takes along those of the texts
    `shown`, up to 4 MB. UnfitError: the model is of another shape, or its states differ by more than 1e-4 (1e-3 with
    `half`).
    """
    watched, found, problems = watch.run(chosen(texts))
    if not watched:
        raise UnfitError("there are no words to run", "give at least one sequence with words")
    if problems:
        raise UnfitError(problems[0], OWN)
    tensors = Tensors()
    reads, spec_layers, given = layers.recognised(watch, words, watched, found, tensors)
    spec: Spec = {"format": 1, "reads": reads, "layers": [*spec_layers], "states": list(states), "head": None}
    spec["words"] = of_words if reads["kind"] == "ids" else None
    unanswered = ""
    if answered is not None:
        try:
            if head is None:
                raise UnfitError(
                    "the answer reads more than the states of one step, of the last one, or their mean or maximum",
                    NO_ANSWER,
                )
            sample = {name: np.concatenate([one.states[name] for one in watched]) for name in head.states}
            spec["head"] = answer_head.recognised(head, answered, sample, tensors)
        except UnfitError as error:
            try:
                spec["head"] = _graph(watch, answered, spec, watched[0], tensors)
            except UnfitError as graph:
                unanswered = f"{error.message}. As an ONNX graph: {graph.message}\n  Fix: {graph.fix}"
    kept = {n: of.astype(np.float16) if half and n != GRAPH else of for n, of in tensors.of.items()}
    spec["format"] = oldest(spec)
    model = StepModel(spec, kept)
    near = HALF if half else NEAR
    try:
        gap, off = checked(model, watched, given, answered, near)
        if not off and given is None and answered is not None:
            off = off_along(model, watch, watched, answered, near)
    except GraphError as error:
        off = error.message
    if off:
        spec["head"] = None
        spec["format"] = oldest(spec)
        unanswered = str(UnfitError(off, WHOLE if half else NO_ANSWER))
        model = StepModel(spec, {name: of for name, of in kept.items() if name in named(spec)})
        gap, _ = checked(model, watched, given, None, near)
    if given is not None:
        _take_along(model, watch, given, texts, shown)
    return Made(model, gap, unanswered)


def _graph(watch: Watch, answered: Answered, spec: Spec, one: Watched, tensors: Tensors) -> HeadSpec:
    """The head of any other model that torch can export: a graph of the words and the states along them."""
    if (absent := graphs.missing()) is not None:
        raise UnfitError("it was not tried", absent)
    if one.values is None or spec["reads"]["kind"] != "ids":
        raise UnfitError("it reads no words", NO_ANSWER)
    assert watch.answer is not None
    states = {name: of.shape[1] for name, of in one.states.items() if name.endswith((".h", ".c"))}
    tensors.of[GRAPH] = graphs.answer_graph(watch, states, answered.rounded)
    return graph_head(watch.answer, answered, one, list(states))


def graph_head(answer: Returned, answered: Answered, one: Watched, states: list[str]) -> HeadSpec:
    """A head that is the graph of all words and of `states` along them, whose values are like those of `one`."""
    assert one.values is not None
    classes = answered.log_probabilities(one.values.double()).shape[1]
    single = one.values.shape[1] == 1
    return {
        "reads": states,
        "at": "whole",
        "graph": GRAPH,
        "size": one.values.shape[1],
        "operations": [],
        "means": answered.means,
        "per": answer.per,
        "scores": ("numbers" if answered.means == "number" else "one logit") if single and classes < 3 else "logits",
        "along": answer.per == "step" or not any(".reverse." in name for name in states),
    }


def _take_along(model: StepModel, watch: Watch, given: int, texts: Sequence[np.ndarray], shown: Sequence[int]) -> None:
    """Put the vectors that the model reads for the texts `shown` into its file, as many as there is room for."""
    parts: list[np.ndarray] = []
    rows: list[tuple[int, int, int]] = []
    at = 0
    for number in shown:
        if not len(texts[number]):
            continue
        [one], _, _ = watch.run(texts, only=[number])
        vectors = one.given[given].astype(np.float32)
        if 4 * (at + len(vectors)) * vectors.shape[1] > GIVEN_BYTES:
            break
        parts.append(vectors)
        rows.append((int(number), at, len(vectors)))
        at += len(vectors)
    if parts:
        model.give(np.concatenate(parts), rows)


def checked(
    model: StepModel,
    watched: Sequence[Watched],
    given: int | None,
    answered: Answered | None,
    near: float,
    holds: Sequence[Hold] = (),
) -> tuple[float, str]:
    """How far the step model is from its model over what was `watched`, with states held as there, and what is said
    where its answer alone is too far; UnfitError where a state is. `given` is the number of the vectors that it reads,
    None of words."""
    worst: dict[str, float] = {}
    head = model.spec["head"]
    for one in watched:
        ran = model.run(one.tokens if given is None else one.given[given], holds)
        gaps = {name: _gap(ran.states[name], of) for name, of in one.states.items()}
        if head is not None and answered is not None and one.values is not None and ran.answers is not None:
            said = ran.answers[one.known] if head["per"] == "step" else ran.answers
            gaps[ANSWER] = _answer_gap(said, one.values, answered)
        for name, gap in gaps.items():
            worst[name] = max(gap, worst.get(name, 0.0))
    answer = worst.pop(ANSWER, 0.0)
    where = max(worst, key=lambda of: worst[of])
    if worst[where] > near:
        own = any(layer["cell"] == "graph" for layer in model.spec["layers"])
        alone, more = ("a word and the states before it", MORE_STATES) if own else ("its weights", MORE)
        raise UnfitError(
            f"from {alone} alone {where} is {worst[where]:.2g} off what the model comes to: more than {near:g}",
            WHOLE if near == HALF else more,
        )
    if answer > near:
        return worst[where], f"from its states {ANSWER} is {answer:.2g} off what the model says: more than {near:g}"
    return max(worst[where], answer), ""


ANSWER = "the answer"
GRAPH = "answer.onnx"


class Runs(Protocol):
    """What runs a model to be watched."""

    def run(self, sentences: Sequence[np.ndarray]) -> tuple[list[Watched], list[Layer], list[str]]:
        """What each of `sentences` came to, the layers that ran, and what could not be recorded."""
        ...


def off_along(model: StepModel, watch: Runs, watched: Sequence[Watched], answered: Answered, near: float) -> str:
    """What is said where what the head says of beginnings of a sentence is not what the model answers to them."""
    head = model.spec["head"]
    if head is None or not head["along"] or head["per"] == "step":
        return ""
    one = min(watched, key=lambda of: abs(len(of.tokens) - BEGINNINGS))
    along = model.run(one.tokens).along
    assert along is not None
    beginnings, _, _ = watch.run([one.tokens[: n + 1] for n in range(min(len(one.tokens), LONGEST))])
    for said, found in zip(along, beginnings, strict=False):
        if found.values is None or _answer_gap(said[None], found.values, answered) > near:
            return "what the model answers to the beginning of a sentence is not what its head says of the state there"
    return ""


def _answer_gap(said: np.ndarray, values: Tensor, answered: Answered) -> float:
    wanted = answered.log_probabilities(values.double()).numpy()
    return _gap(np.exp(said), np.exp(wanted)) if answered.rounded else _gap(said, wanted)


def _gap(a: np.ndarray, b: np.ndarray) -> float:
    if a.shape != b.shape:
        return float("inf")
    gap = np.abs(a.astype(np.float64) - b) / np.maximum(1.0, np.abs(b))
    # What is impossible to both is alike: log-probabilities of −∞.
    gap = np.where(np.isneginf(a) & np.isneginf(b), 0.0, gap)
    return float(np.nan_to_num(gap, nan=np.inf).max(initial=0.0))
