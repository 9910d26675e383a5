"""Models as people write them: packed, both ways, cell by cell, one-hot, side by side, carried from text to text."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnnvis
from rnnvis.api.step_models import made_of
from rnnvis.published import inlining
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from rnnvis.recording.holding import Hold
from rnnvis.recording.step_model import layers, making
from rnnvis.recording.step_model.model import StepModel
from tests.python.test_step_models import NAMES, Shaped, close, recorded
from tests.step_models import EMBEDDING, LONG, TEXT, WORDS, by_row, vectors


class Parts(nn.Module):
    """An embedding and parts by name, with weights of one seed."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(WORDS, 6)
        for name, part in parts.items():
            setattr(self, name, part)
        for weight in self.parameters():
            nn.init.uniform_(weight, -0.8, 0.8)


class Packed(Parts):
    def forward(self, ids, lengths):
        packed = pack_padded_sequence(self.embedding(ids), lengths.cpu(), batch_first=True, enforce_sorted=False)
        return self.head(torch.cat([*self.rnn(packed)[1][0][-2:]], dim=1))


class TimeFirst(Parts):
    def forward(self, ids):
        return self.head(self.rnn(self.embedding(ids))[0][-1])


class OneHot(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.rnn, self.head = nn.GRU(WORDS, 5, batch_first=True), nn.Linear(5, 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


class Apart(Parts):
    """A module for each direction; the backward one is handed the words turned."""

    def forward(self, ids):
        x = self.embedding(ids)
        there, back = self.there(x)[0], self.back(x.flip(1))[0].flip(1)
        return self.head(torch.cat([there[:, -1], back[:, 0]], dim=1))


class Beside(Parts):
    """The second layer reads the words and the first layer; so does the head."""

    def forward(self, ids):
        x = self.embedding(ids)
        one = self.one(x)[0]
        two = self.two(torch.cat([x, one], dim=2))[0]
        return self.head(torch.cat([one, two], dim=2)[:, -1])


class Cells(Parts):
    def forward(self, ids):
        h, g = torch.zeros(len(ids), 5), torch.zeros(len(ids), 4)
        for t in range(ids.shape[1]):
            h = self.one(self.embedding(ids[:, t]), h)
            g = self.two(h, g)
        return self.head(torch.relu(torch.cat([h, g], dim=1)))


class Through(Parts):
    """Something stands between the two layers, which run as cells."""

    def forward(self, ids):
        h, g = torch.zeros(len(ids), 5), torch.zeros(len(ids), 4)
        for t in range(ids.shape[1]):
            h = self.one(self.embedding(ids[:, t]), h)
            g = self.two(torch.relu(self.between(torch.cat([self.embedding(ids[:, t]), h], dim=1))), g)
        return self.head(g)


class Attentive(Parts):
    def forward(self, ids):
        states = self.rnn(self.embedding(ids))[0]
        return self.head((self.score(states).softmax(dim=1) * states).sum(dim=1))


class Fed(Parts):
    """Its own state is a part of what it reads."""

    def forward(self, ids):
        h = torch.zeros(len(ids), 5)
        for t in range(ids.shape[1]):
            h = self.cell(torch.cat([self.embedding(ids[:, t]), h], dim=1), h)
        return self.head(h)


BATCH = {"batch_first": True}


@pytest.mark.parametrize(
    "model",
    [
        Packed(rnn=nn.LSTM(6, 5, 2, bidirectional=True, **BATCH), head=nn.Linear(10, 2)),
        Apart(there=nn.GRU(6, 5, **BATCH), back=nn.GRU(6, 4, **BATCH), head=nn.Linear(9, 2)),
        Beside(one=nn.GRU(6, 5, **BATCH), two=nn.LSTM(11, 4, **BATCH), head=nn.Linear(9, 2)),
        Cells(one=nn.GRUCell(6, 5), two=nn.RNNCell(5, 4, nonlinearity="relu"), head=nn.Linear(9, 2)),
        Beside(one=nn.GRU(6, 5, **BATCH), two=nn.LSTM(11, 4, bias=False, **BATCH), head=nn.Linear(9, 2)).double(),
        Through(one=nn.GRUCell(6, 5), two=nn.RNNCell(7, 4), between=nn.Linear(11, 7), head=nn.Linear(4, 2)),
        Through(
            one=nn.GRUCell(6, 5),
            two=nn.RNNCell(11, 4),
            between=nn.Sequential(nn.LayerNorm(11, eps=0.01, bias=False), nn.SiLU(), nn.Linear(11, 11, bias=False)),
            head=nn.Sequential(nn.LayerNorm(4), nn.GELU(), nn.Linear(4, 2)),
        ),
    ],
    ids=["packed", "apart", "beside", "cells", "double", "through", "norms"],
)
def test_it_answers_as_the_model_does(model):
    found = recorded(model).step_model()
    ids = torch.tensor([LONG])
    with torch.no_grad():
        wanted = model(ids, torch.tensor([len(LONG)])) if isinstance(model, Packed) else model(ids)
    assert close(found.run(LONG).answers, wanted.log_softmax(dim=1))


def test_time_first_and_one_hot():
    model = TimeFirst(rnn=nn.RNN(6, 5), head=nn.Linear(5, 2))
    found = recorded(model).step_model()
    with torch.no_grad():
        assert close(found.run(LONG).answers, model(torch.tensor(LONG)[:, None]).log_softmax(dim=1))
    hot = OneHot()
    found = recorded(hot).step_model()
    assert np.array_equal(found.tensors[found.spec["reads"]["embedding"]], np.eye(WORDS))
    with torch.no_grad():
        wanted = hot(nn.functional.one_hot(torch.tensor([LONG]), WORDS).float())
    assert close(found.run(LONG).answers, wanted.log_softmax(dim=1))


def test_without_onnx_attention_leaves_states_without_an_answer_and_a_loop_through_the_input_nothing(monkeypatch):
    monkeypatch.setattr(making.graphs, "missing", lambda: 'pip install "rnnvis[onnx]"')
    model = Attentive(rnn=nn.GRU(6, 5, **BATCH), score=nn.Linear(5, 1), head=nn.Linear(5, 2))
    recording = recorded(model)
    found = recording.step_model()
    assert found.spec["head"] is None
    with torch.no_grad():
        assert close(found.run(LONG).states["rnn.0.h"], model.rnn(model.embedding(torch.tensor(LONG)))[0])
    with pytest.raises(rnnvis.RnnvisError, match='what "cell" reads is made in another way'):
        recorded(Fed(cell=nn.GRUCell(11, 5), head=nn.Linear(5, 2))).step_model()


def test_a_sentence_goes_on_from_where_the_one_before_it_ended():
    class Next(Parts):
        def forward(self, ids, state=None):
            hidden, state = self.rnn(self.embedding(ids), state)
            return self.head(hidden), state

    model = Next(rnn=nn.LSTM(6, 5, **BATCH), head=nn.Linear(5, WORDS))
    recording = rnnvis.record(model, TEXT, NAMES, initial="carried")
    found = recording.step_model()
    names = ("rnn.0.h", "rnn.0.c")
    for sentence in (3, 17):
        start = {name: recording.states[name].before[sentence].astype(np.float32) for name in names}
        assert all(of.any() for of in start.values())
        ran = found.run(TEXT[sentence], start=start)
        for name in names:
            assert np.abs(ran.states[name] - recording.states[name].of(sentence)).max() < 2e-3


def spoil(monkeypatch, spoilt: str) -> None:
    add = layers.Tensors.add

    def wrong(self, name, value):
        found = add(self, name, value)
        if name == spoilt:
            self.of[found] = self.of[found].copy()
            self.of[found][0, 0] += 0.01
        return found

    monkeypatch.setattr(layers.Tensors, "add", wrong)


@pytest.mark.parametrize("spoilt", ["one.0.state", "embedding"])
def test_a_step_model_with_other_weights_than_its_model_is_never_handed_out(monkeypatch, spoilt):
    spoil(monkeypatch, spoilt)
    with pytest.raises(rnnvis.RnnvisError, match=r"off what the model comes to: more than 0\.0001"):
        recorded(Shaped()).step_model()


def test_a_head_that_comes_to_another_answer_is_left_out_and_said(monkeypatch):
    right = recorded(Shaped()).step_model()
    spoil(monkeypatch, "head.0.weight")
    made = made_of(recorded(Shaped()))
    assert made.model.spec["head"] is None
    assert "head.0.weight" not in made.model.tensors
    assert re.search(
        r"from its states the answer is 0\.\d+ off what the model says: more than 0\.0001", made.unanswered
    )
    ran, wanted = made.model.run(LONG), right.run(LONG)
    assert ran.answers is None
    assert all(np.array_equal(ran.states[name], of) for name, of in wanted.states.items())


def test_beginnings_are_asked_of_the_model_too(monkeypatch):
    recording = recorded(Shaped())
    recognised = making.answer_head.recognised

    def wrong(*args):
        return recognised(*args) | {"at": "mean"}

    monkeypatch.setattr(making.answer_head, "recognised", wrong)
    monkeypatch.setattr(making, "checked", lambda *_: (0.0, ""))
    made = made_of(recording)
    assert made.model.spec["head"] is None
    assert "beginning of a sentence" in made.unanswered


def test_vectors_go_through_a_layer_and_those_of_published_sentences_come_along(monkeypatch):
    class Project(Parts):
        def forward(self, x):
            return self.head(self.rnn(torch.tanh(self.into(x)))[0][:, -1])

    model = Project(into=nn.Linear(EMBEDDING, 6), rnn=nn.GRU(6, 5, **BATCH), head=nn.Linear(5, 2))
    found = recorded(model, forward=by_row).step_model()
    assert found.spec["layers"][0]["reads"] == ["input"]
    with torch.no_grad():
        wanted = model(torch.from_numpy(vectors(LONG))[None]).log_softmax(dim=1)
    assert close(found.run(vectors(LONG)).answers, wanted)
    again = StepModel.parse(found.serialised(), "the file")
    for number, row in enumerate(TEXT):
        assert np.array_equal(again.vectors_of(number), vectors(np.array(row)))
    assert again.vectors_of(len(TEXT)) is None
    monkeypatch.setattr(making, "GIVEN_BYTES", 4 * EMBEDDING * (len(TEXT[0]) + len(TEXT[1])))
    few = recorded(model, forward=by_row).step_model()
    assert [few.vectors_of(number) is None for number in range(3)] == [False, False, True]
    few.spec["reads"]["sentences"][1] = (1, 2, 50)
    with pytest.raises(rnnvis.RnnvisError, match="the vectors of sentence 1 are not there"):
        StepModel.parse(few.serialised(), "the file")


def test_vectors_that_depend_on_the_number_of_the_sentence_are_those_of_that_sentence():
    table = [0.1 * number + vectors(np.array(row)) for number, row in enumerate(TEXT)]

    class Table(Parts):
        def forward(self, x):
            return self.head(self.rnn(x)[0][:, -1])

    def looked_up(model, batch):
        rows = [0.1 * int(row) + vectors(ids) for row, ids in zip(batch.rows, batch.ids.numpy(), strict=True)]
        return model(torch.from_numpy(np.stack(rows).astype(np.float32)))

    model = Table(rnn=nn.GRU(EMBEDDING, 5, **BATCH), head=nn.Linear(5, 2))
    found = recorded(model, forward=looked_up, batch_steps=1).step_model()
    for number in range(len(TEXT)):
        assert np.allclose(found.vectors_of(number), table[number], atol=1e-6)


def test_half_precision_that_is_too_coarse_is_refused_with_what_to_do():
    model = Shaped()
    with torch.no_grad():
        model.head[0].weight.mul_(3000) if isinstance(model.head, nn.Sequential) else model.head.weight.mul_(3000)
    made = made_of(recorded(model), half=True)
    assert made.model.spec["head"] is None
    assert "publish its weights as they are, step_model=True" in made.unanswered


def test_half_precision_of_a_model_in_half_precision_is_no_obstacle_to_saying_why():
    with pytest.raises(rnnvis.RnnvisError) as error:
        recorded(Shaped().to(torch.bfloat16)).step_model()
    assert "cannot be run word by word" not in error.value.message


class Tagger(Parts):
    """Each word's answer weighs all words, in both directions."""

    def forward(self, ids):
        states = self.rnn(self.embedding(ids))[0]
        weights = (states @ states.transpose(1, 2)).softmax(dim=-1)
        return self.head(weights @ states)


def answers(model: nn.Module, ids) -> np.ndarray:
    with torch.no_grad():
        return model(torch.tensor([ids])).log_softmax(dim=-1).numpy()[0]


@pytest.fixture
def onnx():
    for name in making.graphs.NEEDED:
        pytest.importorskip(name)


def test_attention_is_a_graph_whose_answers_are_the_models(onnx, tmp_path):
    model = Attentive(rnn=nn.GRU(6, 5, **BATCH), score=nn.Linear(5, 1), head=nn.Linear(5, 2))
    made = made_of(recorded(model))
    assert (made.unanswered, made.model.spec["format"]) == ("", 2)
    content = made.model.serialised()
    found = StepModel.parse(content, "the file")
    ran = found.run(LONG)
    assert close(ran.answers[0], answers(model, LONG))
    assert all(close(ran.along[n], answers(model, LONG[: n + 1])) for n in range(len(LONG)))
    off = found.run(LONG, [Hold("rnn.0.h", np.array([1, 3]), np.zeros(2), first=2)])
    again = recorded(model).ablate([1, 3], "rnn.0.h", "zero", 2, [TEXT.index(max(TEXT, key=len))])
    assert close(
        found.run(max(TEXT, key=len), [Hold("rnn.0.h", np.array([1, 3]), np.zeros(2), first=2)]).answers,
        again.after.values,
    )
    assert not close(off.answers, ran.answers)
    assert str(Path.cwd()).encode() not in content
    assert made_of(recorded(model)).model.serialised() == content
    said = recorded(model).publish(tmp_path / "out", ablation=False)
    entry = read_manifest(tmp_path / "out", exact=True)["datasets"][0]["models"][0]
    assert (entry["step_model"]["format"], entry["step_model"]["runtime"], entry["no_step_model"]) == (2, "onnx", None)
    assert "weights are there too" in said
    assert verify(tmp_path / "out").problems == []
    page = inlining.inline(tmp_path / "out", tmp_path / "scratch").manifest["datasets"][0]["models"][0]
    assert page["step_model"] is None
    assert "does not hold onnxruntime" in page["no_step_model"]


def test_an_answer_to_each_word_that_weighs_all_of_them_is_a_graph_too(onnx):
    model = Tagger(rnn=nn.LSTM(6, 3, bidirectional=True, **BATCH), head=nn.Linear(6, 3))
    tags = {"labels": [[w % 3 for w in row] for row in TEXT], "classes": ["x", "y", "z"]}
    found = recorded(model, **tags).step_model()
    assert found.spec["head"]["per"] == "step"
    assert close(found.run(LONG).answers, answers(model, LONG))


def test_a_graph_that_says_something_else_is_left_out_and_said(onnx, monkeypatch):
    model = Attentive(rnn=nn.GRU(6, 5, **BATCH), score=nn.Linear(5, 1), head=nn.Linear(5, 2))
    right = making.graphs.answer_graph

    def wrong(*args):
        with torch.no_grad():
            model.head.weight.mul_(1.25)
            try:
                return right(*args)
            finally:
                model.head.weight.div_(1.25)

    monkeypatch.setattr(making.graphs, "answer_graph", wrong)
    recording = recorded(model)
    made = made_of(recording)
    assert made.model.spec["head"] is None
    assert "answer.onnx" not in made.model.tensors
    assert re.search(r"the answer is 0\.\d+ off what the model says: more than 0\.0001", made.unanswered)


def test_a_model_that_torch_cannot_export_says_why(onnx):
    class Sorting(Attentive):
        def forward(self, ids):
            return super().forward(ids) * float(ids.float().mean() > -1)

    made = made_of(recorded(Sorting(rnn=nn.GRU(6, 5, **BATCH), score=nn.Linear(5, 1), head=nn.Linear(5, 2))))
    assert made.model.spec["head"] is None
    assert "torch cannot export it to ONNX: " in made.unanswered
    assert "Fix: let it compute with tensors alone" in made.unanswered
