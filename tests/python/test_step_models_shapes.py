"""Models as people write them: packed, both ways, cell by cell, one-hot, side by side, carried from text to text."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnnvis
from rnnvis.recording.step_model import layers, making
from tests.python.test_step_models import NAMES, Shaped, close, recorded
from tests.step_models import LONG, TEXT, WORDS


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
    ],
    ids=["packed", "apart", "beside", "cells", "double"],
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


def test_attention_leaves_states_without_an_answer_and_a_loop_through_the_input_nothing():
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


@pytest.mark.parametrize("spoilt", ["one.0.state", "head.0.weight", "embedding"])
def test_a_step_model_with_other_weights_than_its_model_is_never_handed_out(monkeypatch, spoilt):
    add = layers.Tensors.add

    def wrong(self, name, value):
        found = add(self, name, value)
        if name == spoilt:
            self.of[found] = self.of[found].copy()
            self.of[found][0, 0] += 0.01
        return found

    monkeypatch.setattr(layers.Tensors, "add", wrong)
    with pytest.raises(rnnvis.RnnvisError, match=r"off what the model comes to: more than 0\.0001"):
        recorded(Shaped()).step_model()


def test_beginnings_are_asked_of_the_model_too(monkeypatch):
    recording = recorded(Shaped())
    recognised = making.answer_head.recognised

    def wrong(*args):
        return recognised(*args) | {"at": "mean"}

    monkeypatch.setattr(making.answer_head, "recognised", wrong)
    monkeypatch.setattr(making, "_checked", lambda *_: 0.0)
    with pytest.raises(rnnvis.RnnvisError, match="beginning of a sentence"):
        recording.step_model()


def test_half_precision_of_a_model_in_half_precision_is_no_obstacle_to_saying_why():
    with pytest.raises(rnnvis.RnnvisError) as error:
        recorded(Shaped().to(torch.bfloat16)).step_model()
    assert "cannot be run word by word" not in error.value.message
