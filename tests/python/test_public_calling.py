"""Models as people have them, recorded without a word on how to call them."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnnvis

WORDS = [f"w{i}" for i in range(12)]


class Base(nn.Module):
    def __init__(self, batch_first: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(len(WORDS), 4)
        self.rnn = nn.LSTM(4, 5, num_layers=2, batch_first=batch_first)


class BatchFirst(Base):
    def __init__(self) -> None:
        super().__init__(batch_first=True)

    def forward(self, ids):
        return self.rnn(self.embedding(ids))[0]


class TimeFirst(Base):
    def forward(self, ids):
        return self.rnn(self.embedding(ids))[0]


class TimeFirstPacked(Base):
    def forward(self, text, text_lengths):
        return self.rnn(pack_padded_sequence(self.embedding(text), text_lengths.to("cpu")))[0]


class BatchFirstOptionalLengths(Base):
    def __init__(self) -> None:
        super().__init__(batch_first=True)

    def forward(self, ids, lengths=None):
        return self.rnn(pack_padded_sequence(self.embedding(ids), lengths, batch_first=True))[0]


class WithFirstStates(Base):
    def init_hidden(self, rows):
        return torch.zeros(2, rows, 5), torch.zeros(2, rows, 5)

    def forward(self, input, hidden):
        output, hidden = self.rnn(self.embedding(input), hidden)
        return output, hidden


class StepByStep(WithFirstStates):
    def forward(self, input, hidden):
        output, hidden = self.rnn(self.embedding(input).view(1, len(input), -1), hidden)
        return output[0], hidden


class OneStepOfOneRow(WithFirstStates):
    def init_hidden(self):  # type: ignore[override]
        return super().init_hidden(1)

    def forward(self, input, hidden):
        output, hidden = self.rnn(self.embedding(input.view(1, -1)).view(1, 1, -1), hidden)
        return output, hidden


class OneSentence(Base):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = torch.zeros(2, 1, 5), torch.zeros(2, 1, 5)

    def forward(self, sentence):
        x = self.embedding(sentence).view(len(sentence), 1, -1)
        out, self.hidden = self.rnn(x, self.hidden)
        return out


MODELS = [
    *(BatchFirst, TimeFirst, TimeFirstPacked, BatchFirstOptionalLengths),
    *(WithFirstStates, StepByStep, OneStepOfOneRow, OneSentence),
]


def sentences(count: int = 40) -> list[list[int]]:
    drawn = np.random.default_rng(0)
    return [drawn.integers(0, len(WORDS), drawn.integers(1, 9)).tolist() for _ in range(count)]


@pytest.mark.parametrize("make", MODELS)
def test_every_usual_shape_gives_the_same_recording(make: Callable[[], Base]) -> None:
    wanted = rnnvis.record(BatchFirst(), sentences(), WORDS)
    found = rnnvis.record(make(), sentences(), WORDS)
    assert list(found.states) == ["rnn.0.h", "rnn.0.c", "rnn.1.h", "rnn.1.c"]
    for name, responses in wanted.responses.items():
        np.testing.assert_array_equal(found.responses[name].count, responses.count)
        np.testing.assert_allclose(found.responses[name].mean, responses.mean, atol=1e-6)


def test_a_square_batch_does_not_hide_that_batch_and_time_are_mistaken() -> None:
    text = [[1, 2, 3, 4, 5]] * 5
    with pytest.raises(rnnvis.RnnvisError, match=r'"rnn" read 5 rows of 2 steps where the sequences have 2'):
        rnnvis.record(TimeFirst(), text, WORDS, forward=lambda model, batch: model(batch.ids))


def test_what_a_model_keeps_to_itself_and_other_random_states_are_left() -> None:
    class Draws(OneSentence):
        def forward(self, sentence):
            random.random()
            np.random.rand()
            return super().forward(sentence)

    model = Draws()
    kept = model.hidden
    random.seed(1)
    np.random.seed(1)
    wanted = random.Random(1).random(), np.random.RandomState(1).rand()
    rnnvis.record(model, sentences(), WORDS)
    assert model.hidden is kept
    assert (random.random(), np.random.rand()) == wanted


class Broken(Base):
    def forward(self, ids):
        raise KeyError("table")


class Unknown(Base):
    def forward(self, ids, mask, speaker):
        return ids


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Broken(), r"Broken.forward failed on ids of 2 sequences × 7 steps: 'table'"),
        (Unknown(), r'Unknown.forward also takes "mask", "speaker"'),
    ],
)
def test_where_no_way_fits_the_model_is_named(model: nn.Module, message: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=message) as error:
        rnnvis.record(model, sentences(), WORDS)
    assert "forward=lambda" in error.value.fix
    assert all(not module._forward_hooks for module in model.modules())
