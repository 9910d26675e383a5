"""A step model that goes on from where another one ended: the decoder that an encoder hands its state to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from rnnvis.errors import RnnvisError
from rnnvis.recording.holding import Hold
from rnnvis.recording.step_model.model import StepModel, StepRun
from rnnvis.recording.step_model.spec import oldest


def handed(model: StepModel, states: Mapping[str, str], longest: int) -> StepModel:
    """`model` as one whose `states` start from those of another, by their names there, and that says at most `longest`
    words. It is a language model whose words have a start and an end mark."""
    spec = {**model.spec, "handed": {"states": dict(states), "longest": longest}}
    spec["format"] = oldest(spec)  # type: ignore[arg-type]
    return StepModel(spec, model.tensors)  # type: ignore[arg-type]


def taken(model: StepModel, before: StepRun) -> dict[str, np.ndarray]:
    """What `model` starts from, float32 [units] by state, after the other one ran as in `before`."""
    return {own: before.states[other][0 if ".reverse." in other else -1] for own, other in _of(model).items()}


def said(model: StepModel, start: Mapping[str, np.ndarray], held: Iterable[Hold] = ()) -> np.ndarray:
    """The words that `model` says of its own accord from the states `start`, while its states are `held`, int64 [U]:
    the likeliest one at every step, the last one the end mark, unless it was broken off. It read the start mark, and
    each of them but the last."""
    _of(model)
    words, holds = model.words, list(held)
    assert words is not None
    read = [words["start"]]
    for _ in range(model.spec["handed"]["longest"]):
        answers = model.run(read, holds, start=start).answers
        assert answers is not None
        read.append(int(answers[-1].argmax()))
        if read[-1] == words["end"]:
            break
    return np.array(read[1:], np.int64)


def _of(model: StepModel) -> Mapping[str, str]:
    if "handed" not in model.spec:
        raise RnnvisError("this step model starts from no state of another one", "run it alone: model.run(…)")
    return model.spec["handed"]["states"]


__all__ = ["handed", "said", "taken"]
