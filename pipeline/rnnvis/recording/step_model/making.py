"""A recorded model made into a step model, and held against it before anybody gets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from rnnvis.recording.heads import Head
from rnnvis.recording.step_model import answer_head, layers
from rnnvis.recording.step_model.answer_head import Answered
from rnnvis.recording.step_model.layers import OWN, Tensors, UnfitError
from rnnvis.recording.step_model.model import StepModel
from rnnvis.recording.step_model.spec import FORMAT, Spec
from rnnvis.recording.step_model.watching import Watch, Watched, chosen
from rnnvis.text.encoding import WordsSpec

NEAR = 1e-4
"""How far a step model may be from its model: of max(1, |s|), in states, log-probabilities and numbers."""
BEGINNINGS, LONGEST = 6, 12
"""Words, about and at most, of the sentence whose beginnings are run."""
MORE = "the model does more than its layers and weights say, and cannot run in the page"
HALF = 1e-3
"""The same of weights in half precision."""


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
) -> Made:
    """The step model of what `watch` runs, over `texts` of `words` words, with these published `states`.

    It is run over up to 50 of the texts, every step of them, and must come to the states and the answers of the model.
    UnfitError: the model is of another shape, or the two differ by more than 1e-4 (1e-3 with `half`).
    """
    watched, found, problems = watch.run(chosen(texts))
    if not watched:
        raise UnfitError("there are no words to run", "give at least one sequence with words")
    if problems:
        raise UnfitError(problems[0], OWN)
    tensors = Tensors()
    reads, spec_layers, given = layers.recognised(watch, words, watched, found, tensors)
    spec: Spec = {"format": FORMAT, "reads": reads, "layers": spec_layers, "states": list(states), "head": None}
    spec["words"] = of_words if reads["kind"] == "ids" else None
    unanswered = ""
    if answered is not None:
        try:
            if head is None:
                raise UnfitError(
                    "the answer reads more than the states of one step, of the last one, or their mean or maximum",
                    "the states of typed text are shown, without an answer",
                )
            sample = {name: np.concatenate([one.states[name] for one in watched]) for name in head.states}
            spec["head"] = answer_head.recognised(head, answered, sample, tensors)
        except UnfitError as error:
            unanswered = str(error)
    kept = {name: of.astype(np.float16) for name, of in tensors.of.items()} if half else tensors.of
    model = StepModel(spec, kept)
    near = HALF if half else NEAR
    gap = _checked(model, watched, given, answered, near)
    if given is None and answered is not None:
        _check_along(model, watch, watched, answered, near)
    return Made(model, gap, unanswered)


def _checked(
    model: StepModel, watched: Sequence[Watched], given: int | None, answered: Answered | None, near: float
) -> float:
    """How far the step model is from its model over what was `watched`; UnfitError where that is too far. `given` is
    the number of the vectors that it reads, None of words."""
    worst, where = 0.0, ""
    for one in watched:
        ran = model.run(one.tokens if given is None else one.given[given])
        gaps = {name: _gap(ran.states[name], of) for name, of in one.states.items()}
        if (
            model.spec["head"] is not None
            and answered is not None
            and one.values is not None
            and ran.answers is not None
        ):
            said = ran.answers[one.known] if model.spec["head"]["per"] == "step" else ran.answers
            gaps["the answer"] = _answer_gap(said, one.values, answered)
        name = max(gaps, key=lambda of: gaps[of])
        if gaps[name] >= worst:
            worst, where = gaps[name], name
    if worst > near:
        raise UnfitError(
            f"from its weights alone {where} is {worst:.2g} off what the model comes to: more than {near:g}",
            MORE,
        )
    return worst


def _check_along(model: StepModel, watch: Watch, watched: Sequence[Watched], answered: Answered, near: float) -> None:
    """UnfitError unless what is said of beginnings of a sentence is what the model answers to them."""
    head = model.spec["head"]
    if head is None or not head["along"] or head["per"] == "step":
        return
    one = min(watched, key=lambda of: abs(len(of.tokens) - BEGINNINGS))
    along = model.run(one.tokens).along
    assert along is not None
    beginnings, _, _ = watch.run([one.tokens[: n + 1] for n in range(min(len(one.tokens), LONGEST))])
    for said, found in zip(along, beginnings, strict=False):
        if found.values is None or _answer_gap(said[None], found.values, answered) > near:
            raise UnfitError(
                "what the model answers to the beginning of a sentence is not what its head says of the state there",
                MORE,
            )


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
