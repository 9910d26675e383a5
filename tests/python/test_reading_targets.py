"""Targets that forward may take, guesses in their place, and models of one row at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import rnnvis

from .test_reading_words import START, UNITS, WORDS, Base, sentences, stepped

TARGETS = [[START, *ids[::-1]] for ids in sentences()]
KNOWN = [*WORDS, "<go>"]


class Seq2seq(Base):
    """Reads its target where there is one and chance says so, else its own guesses, twenty of them."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.GRU(4, UNITS, batch_first=True)
        self.out = nn.Linear(UNITS, len(KNOWN))

    def forward(self, source, target=None, teacher_forcing_ratio=0):
        state = self.encoder(self.embedding(source))[1]
        if target is not None and torch.rand(1) < teacher_forcing_ratio:
            return self.rnn(self.embedding(target), state)[0]
        word = torch.full((len(source), 1), START)
        for _ in range(20):
            states, state = self.rnn(self.embedding(word), state)
            word = self.out(states).argmax(2)
        return states


class ByName(Seq2seq):
    def forward(self, src, *, use_forcing=False, decoder_inputs=None):
        return super().forward(src, decoder_inputs, float(use_forcing is True))


class WithLengths(Seq2seq):
    def forward(self, src, src_lengths=None, tgt=None, teacher_forcing=0.5):
        src[:, int(max(src_lengths)) - 1]
        return super().forward(src, tgt, teacher_forcing)


def from_the_encoder(model: Seq2seq) -> np.ndarray:
    """Mean change of the decoder's units at every word of the targets, in float64."""
    exact = type(model)().double()
    total, uses = np.zeros((len(KNOWN), UNITS)), np.zeros(len(KNOWN), int)
    with torch.no_grad():
        for source, target in zip(sentences(), TARGETS, strict=True):
            start = exact.encoder(exact.embedding(torch.tensor([source])))[1]
            states = exact.rnn(exact.embedding(torch.tensor([target])), start)[0][0].numpy()
            np.add.at(total, target, np.diff(states, axis=0, prepend=start[0].numpy()))
            np.add.at(uses, target, 1)
    return total / np.maximum(uses, 1)[:, None]


@pytest.mark.parametrize("make", [Seq2seq, ByName, WithLengths])
def test_a_target_that_forward_may_take_is_passed(make: type[Seq2seq]) -> None:
    given = {"rnn": rnnvis.Tokens(TARGETS, KNOWN)}
    recording = rnnvis.record(make(), sentences(), WORDS, tokens=given)
    np.testing.assert_allclose(recording.responses["rnn.0.h"].mean, from_the_encoder(make()), atol=1e-6)
    assert recording.readings["rnn"].notes == ()


def test_a_decoder_that_reads_its_own_guesses_is_refused_and_told_of_tokens() -> None:
    with pytest.raises(rnnvis.RnnvisError, match=r'what "rnn" reads|"rnn" follows') as error:
        rnnvis.record(Seq2seq(), sentences(), WORDS)
    assert 'tokens={"rnn"' in error.value.fix


def test_tokens_that_forward_does_not_get_are_refused() -> None:
    with pytest.raises(rnnvis.RnnvisError, match=r'what "rnn" reads is the same whatever tokens says') as error:
        rnnvis.record(
            Seq2seq(),
            sentences(),
            WORDS,
            tokens={"rnn": rnnvis.Tokens(TARGETS, KNOWN)},
            forward=lambda model, batch: model(batch.ids),
        )
    assert 'batch.tokens["rnn"]' in error.value.fix


class ThereAndBack(Base):
    def __init__(self) -> None:
        super().__init__()
        self.back = nn.GRU(UNITS, UNITS, batch_first=True)

    def forward(self, ids):
        return self.back(self.rnn(self.embedding(ids))[0].flip(1))[0]


def test_tokens_may_say_in_which_order_the_input_is_read() -> None:
    text = sentences()
    turned = [ids[::-1] for ids in text]
    found = rnnvis.record(ThereAndBack(), text, WORDS, tokens={"back": turned}).readings["back"]
    wanted = rnnvis.record(ThereAndBack(), text, WORDS).responses["back.0.reverse.h"]
    np.testing.assert_allclose(found.responses["back.0.h"].mean, wanted.mean, atol=1e-6)
    with pytest.raises(rnnvis.RnnvisError, match=r'what "back" reads is the same whatever tokens says'):
        rnnvis.record(ThereAndBack(), text, WORDS, tokens={"back": text})


class OneWord(Base):
    """As in the tutorials: one word of one sentence a call."""

    def forward(self, word, hidden):
        return self.rnn(self.embedding(word).view(1, 1, -1), hidden)


class LeavesRows(Base):
    """Goes on in pieces of four words with the rows that have some left."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding.padding_idx = START

    def forward(self, ids):
        h = None
        for i in range(0, ids.shape[1], 4):
            rows = int((ids[:, i] != START).sum())
            _, h = self.rnn(self.embedding(ids[:rows, i : i + 4]), None if h is None else h[:, :rows].contiguous())


def one_word(model: OneWord, batch: rnnvis.Batch) -> None:
    hidden = torch.zeros(1, 1, UNITS)
    for word in batch.ids[0]:
        _, hidden = model(word, hidden)


@pytest.mark.parametrize(("make", "forward"), [(OneWord, one_word), (LeavesRows, None)])
def test_models_of_one_row_get_one_row(make: type[Base], forward) -> None:
    recording = rnnvis.record(make(), sentences(), KNOWN, forward=forward)
    mean, uses = stepped(make(), sentences())
    np.testing.assert_array_equal(recording.responses["rnn.0.h"].count[: len(WORDS)], uses)
    np.testing.assert_allclose(recording.responses["rnn.0.h"].mean[: len(WORDS)], mean, atol=1e-6)
    assert any("one at a time" in note for note in recording.notes)
