"""Step models of an encoder and its decoder: what is handed over, what is said of its own accord, what is refused."""

import json

import numpy as np
import pytest

from rnnvis.errors import RnnvisError
from rnnvis.recipes.steps.pronounce_halves import halves, joined
from rnnvis.recording.holding import Hold
from rnnvis.recording.step_model.handed import said, taken
from rnnvis.recording.step_model.model import StepModel
from rnnvis.recording.step_model.tensors import UnfitError
from tests.step_models import HANDED, SPELLED, pronouncer

CASES = json.loads((HANDED / "cases.json").read_text(encoding="utf-8"))


def models():
    return [StepModel.load(HANDED / f"{name}.safetensors") for name in ("encoder", "decoder")]


def off(case, state):
    units = np.array(case["held"].get(state, []), int)
    return [Hold(state, units, np.zeros(len(units)))] if len(units) else []


def test_files_for_the_page_say_what_torch_says_with_units_of_either_half_off():
    encoder, decoder = models()
    assert len({tuple(case["said"]) for case in CASES}) > 10
    for case in CASES:
        read = encoder.run(case["letters"], off(case, "encoder.0.h"))
        start = taken(decoder, read)
        assert said(decoder, start, off(case, "decoder.0.h")).tolist() == case["said"][1:]
        along = decoder.run(case["said"], off(case, "decoder.0.h"), start=start)
        assert np.abs(read.states["encoder.0.h"] - case["read"]).max() < 1e-4
        assert np.abs(along.states["decoder.0.h"] - case["along"]).max() < 1e-4
        assert np.abs(along.answers.max(axis=1) - case["likeliest"]).max() < 1e-4


def test_halves_that_come_to_another_state_or_say_other_phonemes_are_refused(monkeypatch):
    model = pronouncer()
    reads, says = halves(model, SPELLED, model.say(SPELLED))
    assert joined(model, reads.model, says.model, SPELLED, {}) < 1e-4
    name = next(n for n in reads.model.tensors if n.endswith("state_bias"))
    moved = {**reads.model.tensors, name: reads.model.tensors[name] + np.float32(2e-3)}
    other = StepModel(reads.model.spec, moved)
    assert joined(model, other, says.model, SPELLED, {}) > 1e-4
    turned = StepModel({**says.model.spec, "handed": {**says.model.spec["handed"], "longest": 3}}, says.model.tensors)
    assert joined(model, reads.model, turned, SPELLED, {}) == float("inf")
    monkeypatch.setattr("rnnvis.recipes.steps.pronounce_halves.taken", lambda *_: {})
    with pytest.raises(UnfitError, match="from what is handed over it comes inf off the model"):
        halves(model, SPELLED, model.say(SPELLED))


def test_a_model_that_stands_alone_says_nothing_of_its_own_accord():
    encoder, decoder = models()
    with pytest.raises(RnnvisError, match="starts from no state of another one"):
        said(encoder, {})
    assert decoder.spec["format"] == 4
    assert encoder.spec["format"] == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: spec["handed"].update(states={"nowhere.h": "encoder.0.h"}),
        lambda spec: spec["handed"].update(states={}),
        lambda spec: spec["handed"].update(longest=0),
        lambda spec: spec["words"].update(end=None),
        lambda spec: spec.update(head=None),
        lambda spec: spec.update(words=None),
    ],
)
def test_what_does_not_fit_together_is_no_step_model(change):
    _, decoder = models()
    spec = json.loads(json.dumps(decoder.spec))
    change(spec)
    with pytest.raises(RnnvisError, match=r"no step model|does not fit together"):
        StepModel.parse(StepModel(spec, decoder.tensors).serialised(), "planted")
