"""Step models of sources with code of their own: a step as an ONNX graph, or a reason by name."""

from __future__ import annotations

import functools
import logging
import re

import numpy as np
import pytest
import torch
from torch import nn

import rnnvis
from rnnvis.api.step_models import made_of
from rnnvis.published import inlining
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from rnnvis.recording.holding import Hold
from rnnvis.recording.step_model import graphs, own, own_graphs, running
from rnnvis.recording.step_model.model import StepModel
from tests.step_models import LONG, TEXT, WORDS

NAMES = [f"w{i}" for i in range(WORDS)]
LABELS = [i % 2 for i in range(len(TEXT))]
UNITS = 3


@pytest.fixture(autouse=True)
def onnx(monkeypatch):
    for name in graphs.NEEDED:
        pytest.importorskip(name)
    monkeypatch.setattr(own, "SHORTEST", 8)  # as the texts: the graph of all words is unrolled


class Cell(nn.Module):
    """h = tanh(U h + E[word]); the answer reads the last state. What else it does, its kinds say."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.states = {"own.0.h": UNITS}
        self.embedding, self.u = nn.Embedding(WORDS, UNITS), nn.Linear(UNITS, UNITS)
        self.out = nn.Linear(UNITS, 2)

    def steps(self, batch, hold=None):
        h = torch.zeros(len(batch.ids), UNITS)
        for t, word in enumerate(batch.ids.unbind(dim=1)):
            h = torch.tanh(self.u(h) + self.embedding(word))
            h = hold("own.0.h", t, h) if hold else h
            yield {"own.0.h": h}

    def answers(self, batch, hold=None):
        along = torch.stack([state["own.0.h"] for state in self.steps(batch, hold)], dim=1)
        return self.out(along[torch.arange(len(along)), batch.lengths - 1])


class Unheld(Cell):
    def steps(self, batch):
        yield from super().steps(batch)

    def answers(self, batch):
        return super().answers(batch)


class Matrix(Cell):
    def __init__(self) -> None:
        super().__init__()
        self.states = {"own.0.M": (UNITS, 1)}

    def steps(self, batch, hold=None):
        yield from ({"own.0.M": state["own.0.h"][:, :, None]} for state in super().steps(batch))

    answers = None


class Hidden(Cell):
    """Reads the word before too, which no state holds."""

    def steps(self, batch, hold=None):
        h = torch.zeros(len(batch.ids), UNITS)
        for t, word in enumerate(batch.ids.unbind(dim=1)):
            before = batch.ids[:, max(0, t - 1)]
            h = torch.tanh(self.u(h) + self.embedding(word) + 0.1 * self.embedding(before))
            h = hold("own.0.h", t, h) if hold else h
            yield {"own.0.h": h}


class Deaf(Cell):
    """Does not hand over the second state of two words, so a graph of two steps holds nothing."""

    def steps(self, batch, hold=None):
        deaf = batch.ids.shape[1] == 2
        return super().steps(batch, hold and (lambda name, t, h: h if deaf and t else hold(name, t, h)))


class Branching(Cell):
    def steps(self, batch, hold=None):
        for state in super().steps(batch, hold):
            assert float(state["own.0.h"].sum()) < 100
            yield state


class Elsewhere(Cell):
    def initial(self, batch):
        return {"own.0.h": self.embedding(batch.ids[:, 0])}


@functools.cache
def cell() -> StepModel:
    return recorded(Cell()).step_model()


def recorded(source, words=NAMES, **how):
    return rnnvis.record(source, TEXT, words, LABELS if source.answers else None, **how)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Unheld, r"Unheld is a StateSource that does not say how its states are held\n  Fix: let steps take one more"),
        (Matrix, r'"own\.0\.M" of Matrix is a matrix, .*\n  Fix: hand its numbers out as a vector, \{"own\.0\.M": 3\}'),
        (Hidden, r"from a word and the states before it alone own\.0\.h is 0\.\d+ off what the model comes to"),
        (Deaf, r"with states held, from a word and the states before it alone own\.0\.h is"),
        (Branching, r"the steps of Branching: torch cannot export it to ONNX: "),
        (Elsewhere, r'"own\.0\.h" of Elsewhere starts from another state in each sequence'),
    ],
)
def test_what_cannot_be_known_is_refused_by_name(kind, said, tmp_path):
    with pytest.raises(rnnvis.RnnvisError) as error:
        recorded(kind()).step_model()
    assert re.search(said, str(error.value), re.DOTALL)


def test_words_that_it_cannot_read_frames_and_half_precision_are_refused():
    with pytest.raises(rnnvis.RnnvisError, match="Cell cannot read every word of the vocabulary: index out of range"):
        recorded(Cell(), [*NAMES, "one more"]).step_model()
    with pytest.raises(rnnvis.RnnvisError, match="weights stay in single precision"):
        recorded(Cell()).step_model(half=True)


def test_answers_that_take_no_hold_leave_states_without_one():
    class Mute(Cell):
        def answers(self, batch):
            return super().answers(batch)

    made = made_of(recorded(Mute()))
    assert made.model.spec["head"] is None
    assert made.unanswered.startswith("Mute.answers does not say how its states are held")


def test_a_graph_of_another_step_or_another_answer_is_never_handed_out(monkeypatch):
    model = Cell()
    recording = recorded(model)

    def wrong(right, of):
        def scaled(*args):
            with torch.no_grad():
                of.weight.mul_(1.25)
                try:
                    return right(*args)
                finally:
                    of.weight.div_(1.25)

        return scaled

    for name in ("word_graph", "padded_graph"):
        monkeypatch.setattr(own_graphs, name, wrong(getattr(own_graphs, name), model.out))
    made = made_of(recording)
    assert made.model.spec["head"] is None
    assert len(re.findall(r"the answer is 0\.\d+ off what the model says", made.unanswered)) == 2
    monkeypatch.setattr(own_graphs, "step_graph", wrong(own_graphs.step_graph, model.u))
    recording.kept.step_models.clear()
    with pytest.raises(rnnvis.RnnvisError, match=r"own\.0\.h is 0\.\d+ off what the model comes to"):
        recording.step_model()


def test_it_is_published_with_its_graphs_says_what_ablate_and_patch_say_and_leaves_the_source_alone(tmp_path):
    model = Cell().train()
    recording = recorded(model)
    recording.publish(tmp_path / "out", ablation=False)
    assert model.training
    entry = read_manifest(tmp_path / "out", exact=True)["datasets"][0]["models"][0]
    assert (entry["step_model"]["format"], entry["step_model"]["runtime"], entry["no_step_model"]) == (3, "onnx", None)
    assert verify(tmp_path / "out").problems == []
    page = inlining.inline(tmp_path / "out", tmp_path / "scratch").manifest["datasets"][0]["models"][0]
    assert "does not hold onnxruntime" in page["no_step_model"]
    alone = StepModel.load(tmp_path / "out" / entry["step_model"]["path"])
    assert repr(alone) == "StepModel: own.0.h [3] by a graph; answers a class"
    assert (alone.vocabulary, alone.units) == (WORDS, {"own.0.h": UNITS})
    into, of = TEXT.index(max(TEXT, key=len)), 11
    for value, how in ((np.zeros(2), "zero"), (None, "before"), (np.array([0.5, -2]), [0.5, -2])):
        ablated = recording.ablate([0, 2], hold=how, from_step=2, sequences=[into])
        ran = alone.run(TEXT[into], [Hold("own.0.h", np.array([0, 2]), value, 2)])
        np.testing.assert_allclose(ran.answers, ablated.after.values, atol=1e-4)
        assert not np.allclose(ran.answers, ablated.before.values, atol=1e-3)
    carried = Hold("own.0.h", np.arange(UNITS), alone.run(TEXT[of]).states["own.0.h"][1], 2, 2)
    patched = rnnvis.patch(recording, into, of, (2, 1)).after
    np.testing.assert_allclose(alone.run(TEXT[into], [carried]).answers, patched, atol=1e-4)
    assert cell().serialised() == alone.serialised()


class Log:
    def __init__(self) -> None:
        self.read, self.by_step = [], {"h": [[]]}


class Plain:
    """A source that is no module and keeps what it came to: in a list, in one within another, an object, a cell."""

    def __init__(self) -> None:
        self.cell, self.states, self.log, self.last = Cell(), {"own.0.h": UNITS}, Log(), []
        self.cell.kept = []
        self.keep = self.note

    def note(self, h):
        for of in (self.last, self.log.read, self.log.by_step["h"][0], self.cell.kept):
            of.append(h)

    def steps(self, batch, hold=None):
        for state in self.cell.steps(batch, hold):
            self.keep(state["own.0.h"])
            yield state

    def answers(self, batch, hold=None):
        return self.cell.answers(batch, hold)


def test_a_source_that_is_no_module_keeps_nothing_of_what_was_traced():
    source = Plain()
    made = made_of(recorded(source, classes=["no", "yes"]))
    assert made.model.spec["head"] is not None
    for kept in (source.last, source.log.read, source.log.by_step["h"][0], source.cell.kept):
        assert len(kept) == len(source.last) > 0
        assert {type(of) for of in kept} == {torch.Tensor}, "no fake tensors"


def test_what_a_source_shares_with_others_stays_as_it_is():
    source = Plain()
    source.logger = logging.getLogger("a source's own")
    source.logger.addHandler(handler := logging.NullHandler())
    root = logging.getLogger().handlers[:]
    made_of(recorded(source, classes=["no", "yes"]))
    assert source.logger.handlers == [handler]
    assert all(now is then for now, then in zip(logging.getLogger().handlers, root, strict=True))


def test_a_graph_whose_answers_have_another_shape_is_refused(monkeypatch):
    made = cell()
    right = running.Graph.run

    def wide(self, inputs):
        return [np.pad(of, ((0, 0), (0, 1))) if of.shape[-1] == 2 else of for of in right(self, inputs)]

    monkeypatch.setattr(running.Graph, "run", wide)
    with pytest.raises(
        rnnvis.RnnvisError, match=r"answers of the shape \[1, 3\], not \[1, 2\]\n  Fix: publish it again"
    ):
        made.run(LONG)


def test_answers_to_all_words_have_a_longest_text(monkeypatch):
    class Mean(Cell):
        def answers(self, batch, hold=None):
            along = torch.stack([state["own.0.h"] for state in self.steps(batch, hold)], dim=1)
            real = torch.arange(along.shape[1]) < batch.lengths[:, None]
            return self.out((along * real[..., None]).sum(dim=1) / batch.lengths[:, None])

    made = made_of(recorded(Mean()))
    assert (made.unanswered, made.model.spec["head"]["longest"]) == ("", 8)
    made.model.run([1] * 8)
    with pytest.raises(rnnvis.RnnvisError, match="9 words are too many for the answer of this model"):
        made.model.run([1] * 9)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"words":12', '"wrods":12'),
        ('"graph":"steps.onnx"', '"graph":"stops.onnx"'),
        ('"graph":"answer.onnx","size":2', '"graph":"answer.onnx","sise":2'),
        ('"cell":"graph"', '"cell":"gruph"'),
        ('"states":{"own.0.h":3}', '"states":{"own.0.h":0}'),
    ],
)
def test_files_that_do_not_fit_together_are_refused(old, new):
    content = cell().serialised()
    escaped = [of.replace('"', '\\"').encode() for of in (old, new)]
    damaged = content.replace(*escaped)
    assert damaged != content
    with pytest.raises(rnnvis.RnnvisError, match="the file"):
        StepModel.parse(damaged, "the file")


def test_it_goes_on_from_any_state():
    alone = cell()
    whole = alone.run(LONG)
    rest = alone.run(LONG[3:], start={"own.0.h": whole.states["own.0.h"][2]})
    np.testing.assert_allclose(rest.states["own.0.h"], whole.states["own.0.h"][3:], atol=1e-6)
    np.testing.assert_allclose(rest.answers, whole.answers, atol=1e-6)
