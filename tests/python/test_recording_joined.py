"""Recurrent layers called step after step, as decoders and generating loops do, against one call on whole sentences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from rnnvis.errors import RnnvisError
from rnnvis.recording import capture
from tests.python.stepping import record_steps

WORDS, UNITS = 9, 5


class Loop(nn.Module):
    """A layer called on `size` words at a time; `change` is what happens to its state between two calls."""

    def __init__(self, kind: type[nn.RNNBase], layers: int = 1, size: int = 1) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.embedding = nn.Embedding(WORDS, 4)
        self.rnn = kind(4, UNITS, num_layers=layers, batch_first=True)
        self.size = size

    def forward(self, ids: torch.Tensor, change=lambda state: state) -> None:
        state = None
        for part in self.embedding(ids).split(self.size, dim=1):
            _, state = self.rnn(part, None if state is None else change(state))


def sentences() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, WORDS, length) for length in (7, 1, 4, 7, 3)]


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_calls_step_by_step_equal_one_call(kind: type[nn.RNNBase], layers: int, size: int) -> None:
    model = Loop(kind, layers, size)
    looped = list(record_steps(model, sentences(), forward=lambda m, b: m(b.ids)))
    whole = list(record_steps(model, sentences(), forward=lambda m, b: m.rnn(m.embedding(b.ids))))
    for a, b in zip(looped, whole, strict=True):
        np.testing.assert_array_equal(a.token_id, b.token_id)
        for part in ("states", "previous", "gates"):
            ours, theirs = getattr(a, part), getattr(b, part)
            assert ours.keys() == theirs.keys()
            for name in theirs:
                np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-5, atol=1e-6)


def test_a_state_that_is_changed_between_steps_is_where_the_next_step_started() -> None:
    model = Loop(nn.GRU)
    [batch] = record_steps(model, sentences()[:1], forward=lambda m, b: m(b.ids, lambda state: state / 2))
    states, previous = batch.states["rnn.0.h"], batch.previous["rnn.0.h"]
    np.testing.assert_allclose(previous[1:], states[:-1] / 2, rtol=1e-6)
    assert (previous[0] == 0).all()


def test_a_loop_that_runs_on_after_the_words_counts_only_the_words() -> None:
    model = Loop(nn.LSTM)
    longer = list(record_steps(model, sentences(), forward=lambda m, b: m(torch.cat([b.ids, b.ids[:, :2]], dim=1))))
    plain = list(record_steps(model, sentences(), forward=lambda m, b: m(b.ids)))
    for a, b in zip(longer, plain, strict=True):
        np.testing.assert_allclose(a.states["rnn.0.c"], b.states["rnn.0.c"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
def test_a_second_text_or_a_restart_is_refused_by_name(kind: type[nn.RNNBase]) -> None:
    model = Loop(kind)
    x = model.embedding(torch.tensor([[1, 2, 3]]))

    def twice() -> None:
        with torch.no_grad(), capture(model, {"rnn": 6}):
            model.rnn(x)
            model.rnn(x)

    with pytest.raises(RnnvisError, match='"rnn" ran more than once'):
        twice()
    assert not model.rnn._forward_hooks


def test_rows_that_leave_the_loop_are_refused_by_name() -> None:
    model = Loop(nn.GRU)
    x = model.embedding(torch.tensor([[1, 2], [3, 4]]))

    def shrink() -> None:
        with torch.no_grad(), capture(model, {"rnn": 2}):
            _, h = model.rnn(x[:, :1])
            model.rnn(x[:1, 1:], h[:, :1].contiguous())

    with pytest.raises(RnnvisError, match='"rnn" was called with 1 to 2 rows'):
        shrink()


def test_what_follows_the_layer_may_write_into_its_output() -> None:
    model = Loop(nn.LSTM)
    plain = list(record_steps(model, sentences(), forward=lambda m, b: m.rnn(m.embedding(b.ids))))

    def spoil(m: Loop, b) -> None:
        out, _ = m.rnn(m.embedding(b.ids))
        out.zero_()

    for a, b in zip(record_steps(model, sentences(), forward=spoil), plain, strict=True):
        np.testing.assert_array_equal(a.states["rnn.0.h"], b.states["rnn.0.h"])
        np.testing.assert_array_equal(a.states["rnn.0.c"], b.states["rnn.0.c"])
