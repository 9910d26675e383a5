"""Iterating a corpus: padding, resets, batches, and a model left as it was."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnvis.errors import RnnvisError
from rnnvis.text.batches import length_batches
from tests.python.stepping import record_steps

WORDS, UNITS = 11, 5


class Classifier(nn.Module):
    """The shape of the built-in classifiers: embedding, one padded recurrent layer, head on the last h."""

    def __init__(self, kind=nn.LSTM, packed=False, **options):
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(WORDS + 1, 4, padding_idx=WORDS)
        self.dropout = nn.Dropout(0.5)
        self.rnn = kind(4, UNITS, batch_first=True, **options)
        self.head = nn.Linear(UNITS * (2 if self.rnn.bidirectional else 1), 2)
        self.packed = packed

    def forward(self, ids, lengths):
        x = self.dropout(self.embedding(ids))
        if self.packed:
            x = pack_padded_sequence(x, lengths.cpu(), batch_first=True)
        out, _ = self.rnn(x)
        if self.packed:
            out, _ = pad_packed_sequence(out, batch_first=True)
        return self.head(out[torch.arange(len(ids)), lengths - 1])


def sentences(seed=0, n=23, longest=9):
    random = np.random.default_rng(seed)
    return [random.integers(0, WORDS, random.integers(1, longest + 1)).astype(np.int32) for _ in range(n)]


def gather(batches, part):
    """{(sentence, step): value} of one array of all batches."""
    found = {}
    for batch in batches:
        values = part(batch)
        for row in range(len(batch)):
            key = int(batch.sentence_id[row]), int(batch.step[row])
            assert key not in found
            found[key] = values[row]
    return found


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_mixed_lengths_equal_one_by_one(kind, packed, bidirectional):
    model = Classifier(kind, packed, bidirectional=bidirectional, num_layers=2)
    text = sentences()
    together = list(record_steps(model, text, batch_steps=40, padding_id=WORDS))
    alone = [b for i, s in enumerate(text) for b in record_steps(model, [s], sentence_ids=[i])]
    assert sum(map(len, together)) == sum(map(len, text))
    assert sum(map(len, alone)) == sum(map(len, text))
    names = set(together[0].states)
    assert {"rnn.0.h", "rnn.1.h"} <= names
    assert ("rnn.1.reverse.h" in names) == bidirectional
    for name in names:
        for part in ("states", "previous"):
            a = gather(together, lambda b, name=name, part=part: getattr(b, part)[name])
            b = gather(alone, lambda b, name=name, part=part: getattr(b, part)[name])
            assert a.keys() == b.keys()
            np.testing.assert_allclose(
                np.stack([a[k] for k in sorted(a)]), np.stack([b[k] for k in sorted(b)]), rtol=1e-5, atol=1e-6
            )


def test_steps_are_contiguous_and_start_from_zero():
    model, text = Classifier(), sentences()
    for batch in record_steps(model, text, batch_steps=30, padding_id=WORDS):
        first = batch.step == 0
        for name, before in batch.previous.items():
            assert (before[first] == 0).all()
            after = batch.states[name]
            inside = np.flatnonzero(~first)
            np.testing.assert_array_equal(before[inside], after[inside - 1])
            np.testing.assert_array_equal(batch.delta(name), after - before)
        assert batch.sentence_id.dtype == np.int32
        assert batch.step.dtype == np.int16
        assert batch.token_id.dtype == np.int32
        for sentence in np.unique(batch.sentence_id):
            rows = np.flatnonzero(batch.sentence_id == sentence)
            assert rows.tolist() == list(range(rows[0], rows[-1] + 1))
            np.testing.assert_array_equal(batch.token_id[rows], text[sentence])


def test_reverse_direction_changes_against_the_next_word():
    model = Classifier(nn.GRU, packed=True, bidirectional=True)
    for batch in record_steps(model, sentences(), padding_id=WORDS):
        last = np.append(batch.sentence_id[1:] != batch.sentence_id[:-1], True)
        before, after = batch.previous["rnn.0.reverse.h"], batch.states["rnn.0.reverse.h"]
        assert (before[last] == 0).all()
        inside = np.flatnonzero(~last)
        np.testing.assert_array_equal(before[inside], after[inside + 1])


@given(st.lists(st.integers(0, 12), max_size=40), st.integers(1, 60), st.booleans())
@settings(max_examples=60, deadline=None)
def test_batches_hold_every_sentence_once(lengths, batch_steps, equal):
    batches = list(length_batches(lengths, batch_steps, equal))
    assert sorted(int(i) for b in batches for i in b) == [i for i, n in enumerate(lengths) if n]
    of = [[lengths[i] for i in b] for b in batches]
    assert all(len(b) == 1 or b[0] * len(b) <= batch_steps for b in of)
    flat = [n for b in of for n in b]
    assert flat == sorted(flat, reverse=True)
    assert not equal or all(len(set(b)) == 1 for b in of)


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
def test_the_model_is_left_as_it_was(kind):
    model = Classifier(kind, num_layers=2, dropout=0.2)
    model.train()
    model.rnn.eval()
    before = copy.deepcopy(model.state_dict())
    places = {name: p.data_ptr() for name, p in model.named_parameters()}
    flags = {name: m.training for name, m in model.named_modules()}
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    steps = record_steps(model, sentences(), padding_id=WORDS, batch_steps=20)
    next(steps)
    assert {name: m.training for name, m in model.named_modules()} == flags
    list(steps)
    torch.testing.assert_close(torch.rand(3), wanted, rtol=0, atol=0)
    assert {name: m.training for name, m in model.named_modules()} == flags
    assert {name: p.data_ptr() for name, p in model.named_parameters()} == places
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert all(not m._forward_hooks for m in model.modules())
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def test_two_runs_are_identical():
    model, text = Classifier(), sentences()
    for a, b in zip(record_steps(model, text), record_steps(model, text), strict=True):
        np.testing.assert_array_equal(a.sentence_id, b.sentence_id)
        np.testing.assert_array_equal(a.states["rnn.0.c"], b.states["rnn.0.c"])


def test_empty_sentences_have_no_steps():
    batches = list(record_steps(Classifier(), [np.zeros(0, np.int32), np.array([3, 4])]))
    assert [b.sentence_id.tolist() for b in batches] == [[1, 1]]


def test_a_module_that_runs_twice_is_refused_by_name():
    model = Classifier()
    with pytest.raises(RnnvisError, match='"rnn" ran more than once'):
        list(record_steps(model, sentences(), forward=lambda m, b: (m(b.ids, b.lengths), m(b.ids, b.lengths))))


def test_a_module_that_reads_other_steps_is_refused_by_name():
    model = Classifier()
    with pytest.raises(RnnvisError, match='"rnn" read'):
        list(record_steps(model, sentences(), forward=lambda m, b: m.rnn(m.embedding(b.ids[:, :1]))))
    with pytest.raises(RnnvisError, match="did not run"):
        list(record_steps(model, sentences(), forward=lambda m, b: None))


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM, nn.GRUCell])
def test_without_gates_the_states_are_the_same(kind):
    class OneCell(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.GRUCell(4, UNITS)
            self.embedding = nn.Embedding(WORDS + 1, 4)

        def forward(self, ids, lengths):
            h = torch.zeros(len(ids), UNITS)
            for t in range(ids.shape[1]):
                h = self.cell(self.embedding(ids[:, t]), h)
            return h

    torch.manual_seed(0)
    model = OneCell() if kind is nn.GRUCell else Classifier(kind, num_layers=2)
    sentences = [np.arange(7), np.arange(3), np.array([5])]
    with_gates = list(record_steps(model, sentences, padding_id=WORDS))
    without = list(record_steps(model, sentences, padding_id=WORDS, gates=False))
    assert any(batch.gates for batch in with_gates) == (kind is not nn.RNN)
    for a, b in zip(with_gates, without, strict=True):
        assert b.gates == {}
        for name, values in a.states.items():
            np.testing.assert_array_equal(b.states[name], values)
            np.testing.assert_array_equal(b.previous[name], a.previous[name])
