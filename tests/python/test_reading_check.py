"""A recording that checks itself: what is not the same alone and in a batch is refused, with its likely cause."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn

import rnnvis
from rnnvis.published.publishing import read_manifest
from rnnvis.recording.beside import ReturnedBeside
from rnnvis.recording.checking import FEWEST, SHARE, STEPS, SelfCheck

from .test_reading_words import UNITS, WORDS, Base, sentences, stepped


class LooksAtPadding(Base):
    """Adds the mean of all embeddings of a row to each of them, padding included."""

    def forward(self, ids):
        x = self.embedding(ids)
        return self.rnn(x + x.mean(dim=1, keepdim=True) / 2)[0]


class TurnsManyRows(Base):
    """From 40 rows on, the states of the first layer are handed to the second in another order."""

    def __init__(self) -> None:
        super().__init__()
        self.second = nn.GRU(UNITS, UNITS, batch_first=True)

    def forward(self, ids):
        h = self.rnn(self.embedding(ids))[0]
        return self.second(h.flip(0) if len(ids) >= 40 else h)[0]


class Chaos(Base):
    """Weights so large that a rounding is a hundred times itself a few steps later."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(4, 64, batch_first=True)
        nn.init.normal_(self.rnn.weight_hh_l0, std=0.4)

    def forward(self, ids):
        return self.rnn(self.embedding(ids))[0]


@pytest.mark.parametrize(
    ("make", "repeat", "message", "fix"),
    [
        (
            LooksAtPadding,
            1,
            r'"rnn.0.h" is not the same alone and in a batch.*Only sequences that were padded',
            "batch_steps=1",
        ),
        (TurnsManyRows, 1, r'"second.0.h" is not the same.*rows of a batch influence one another, or', "batch_steps=1"),
        (Chaos, 3, r'"rnn.0.h" is not the same.*makes roundings larger', "model.double"),
    ],
)
def test_what_a_batch_changes_is_refused_with_its_cause(
    make: Callable[[], Base], repeat: int, message: str, fix: str
) -> None:
    text = [ids * repeat for ids in sentences()]
    with pytest.raises(rnnvis.RnnvisError, match=message) as error:
        rnnvis.record(make(), text, WORDS)
    assert fix in error.value.fix
    model = make().double() if make is Chaos else make()
    assert rnnvis.record(model, text, WORDS, batch_steps=8192 if make is Chaos else 1).checked


def test_rows_that_move_in_large_batches_alone_are_put_back() -> None:
    class Turns(Base):
        def forward(self, ids):
            return self.rnn(self.embedding(ids.flip(0) if len(ids) >= 40 else ids))[0]

    model, text = Turns(), sentences()
    mean, uses = stepped(model, text)
    found = rnnvis.record(model, text, WORDS).responses["rnn.0.h"]
    np.testing.assert_array_equal(found.count, uses)
    np.testing.assert_allclose(found.mean, mean, atol=1e-6)


def test_rows_that_influence_one_another_go_one_at_a_time() -> None:
    class Mixes(Base):
        def forward(self, ids):
            x = self.embedding(ids)
            return self.rnn(x + x.mean(dim=0) / 2)[0]

    model = Mixes()
    together, alone = (rnnvis.record(model, sentences(), WORDS, batch_steps=size) for size in (8192, 1))
    np.testing.assert_array_equal(together.responses["rnn.0.h"].mean, alone.responses["rnn.0.h"].mean)
    assert any("reads several of them at once" in note for note in together.notes)


def test_a_model_that_drops_an_axis_of_one_gets_a_single_row_twice() -> None:
    class Squeezes(Base):
        def forward(self, ids):
            return self.rnn(self.embedding(ids).squeeze())[0][:, -1]

    text = [*sentences(), [1, 2, 3] * 5]
    mean, _ = stepped(Squeezes(), text)
    np.testing.assert_allclose(rnnvis.record(Squeezes(), text, WORDS).responses["rnn.0.h"].mean, mean, atol=1e-6)


def test_a_source_is_checked_too() -> None:
    class Source:
        states: ClassVar[dict[str, int]] = {"own.0.h": 2}

        def steps(self, batch):
            for t in range(batch.ids.shape[1]):
                yield {"own.0.h": torch.stack([batch.ids[:, t] + t, batch.ids[:, t] * len(batch.ids)], dim=1).float()}

    with pytest.raises(rnnvis.RnnvisError, match=r'"own.0.h" is not the same alone and in a batch'):
        rnnvis.record(Source(), sentences(), WORDS)


def test_the_sample_is_small_and_left_out_where_that_is_asked(tmp_path: Path) -> None:
    calls: list[int] = []

    class Counts(Base):
        def forward(self, ids):
            calls.append(ids.numel() if len(ids) == 1 else 0)
            return self.rnn(self.embedding(ids))[0]

    text = sentences(600)
    steps = sum(map(len, text))
    assert rnnvis.record(Counts(), text, WORDS).checked
    assert 0 < sum(calls) <= min(SHARE * steps, STEPS)
    calls.clear()
    unchecked = rnnvis.record(Counts(), text, WORDS, check=False)
    assert sum(calls) == 0
    for checked in (True, False):
        recording = rnnvis.record(Counts(), text, WORDS) if checked else unchecked
        recording.publish(tmp_path / str(checked), largest_k=2)
        [model] = read_manifest(tmp_path / str(checked))["datasets"][0]["models"]
        assert (model["checked"], model["notes"]) == (checked, [])
    assert len(SelfCheck(np.full(40, 5000)).sentences) == FEWEST


@pytest.mark.parametrize(
    "text", [[[3] * 4] * 9, [[1]], [[i] for i in range(20)], [[], [1, 2], [], [4]], [[5, 6] * 900]]
)
@pytest.mark.parametrize("forward", [None, lambda model, batch: model(batch.ids)])
def test_few_words_and_short_or_long_sequences_are_followed_too(text: list[list[int]], forward) -> None:
    class Plain(Base):
        def forward(self, ids):
            return self.rnn(self.embedding(ids))[0]

    recording = rnnvis.record(Plain(), text, WORDS, forward=forward)
    np.testing.assert_allclose(recording.responses["rnn.0.h"].mean, stepped(Plain(), text)[0], atol=1e-6)
    assert recording.notes == ()


def test_what_forward_brings_for_each_sequence_stays_at_its_place() -> None:
    class Side(Base):
        def forward(self, ids, beside):
            return self.rnn(self.embedding(ids) + beside)[0]

    text = sentences(40)
    beside = [torch.full((len(ids), 4), float(i % 7)) for i, ids in enumerate(text)]

    def call(model: Side, batch: rnnvis.Batch) -> None:
        model(batch.ids, nn.utils.rnn.pad_sequence([beside[int(row)] for row in batch.rows], batch_first=True))

    recording = rnnvis.record(Side(), text, WORDS, forward=call)
    total, uses = np.zeros((len(WORDS), UNITS)), np.zeros(len(WORDS), int)
    with torch.no_grad():
        for ids, more in zip(text, beside, strict=True):
            states = Side()(torch.tensor([ids]), more[None])[0].numpy()
            np.add.at(total, ids, np.diff(states, axis=0, prepend=np.zeros((1, UNITS))))
            np.add.at(uses, ids, 1)
    np.testing.assert_allclose(recording.responses["rnn.0.h"].mean, total / np.maximum(uses, 1)[:, None], atol=1e-6)


class Answering(Base):
    """States as they should be, and beside them an answer for each row, of its last step and of each step."""

    def forward(self, ids):
        h = self.rnn(self.embedding(ids))[0]
        return {"logits": self.answer(h), "steps": (h.tanh(), h.transpose(0, 1)), "ids": ids}

    def answer(self, h):
        return h[:, 0].sigmoid()


class AnswersByRows(Answering):
    """The answer of a row is its distance to the mean over the rows of the batch: alone it is zero."""

    def answer(self, h):
        return h[:, 0] - h[:, 0].mean(dim=0)


class AnswersAtTheEnd(Answering):
    """The answer is read after the last column, padding included."""

    def answer(self, h):
        return h[:, -1]


@pytest.mark.parametrize(("make", "same"), [(Answering, True), (AnswersByRows, False), (AnswersAtTheEnd, False)])
def test_answers_that_are_not_the_same_alone_are_said_and_the_states_recorded(make, same) -> None:
    torch.manual_seed(0)
    recording = rnnvis.record(make(), sentences(), WORDS)
    said = [note for note in recording.notes if note.startswith("What the model returned for a sequence")]
    assert bool(said) is not same
    assert recording.checked


def test_every_tensor_that_has_the_rows_on_one_axis_is_compared() -> None:
    answers = ReturnedBeside(np.array([4, 7]))
    rows, steps = np.array([9, 7, 4]), torch.arange(3 * 5 * 2.0).reshape(3, 5, 2)
    answers.in_batch(rows, (steps, steps.transpose(0, 1), {"a": steps[:, 0]}, steps[0], rows))
    for row, place in ((7, 1), (4, 2)):
        alone = steps[place : place + 1, :4]
        answers.alone(np.array([row]), (alone, alone.transpose(0, 1), {"a": alone[:, 0]}, alone[0], rows))
    assert (answers.compared, answers.gap) == (6, 0.0)
    answers.alone(np.array([4]), (steps[2:3, :4] + 3,))
    assert answers.gap == pytest.approx(3 / steps[1:].max().item())
