"""A small model and text for tests of recordings in parts, and what has to be alike in two recordings of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

import rnnvis

WORDS = [f"word{i}" for i in range(30)]


class Classifier(nn.Module):
    """Reads words by two recurrent layers and says one of `classes` after the last one, or the next word after each."""

    def __init__(self, cell: type[nn.RNNBase] = nn.LSTM, classes: int = 2, every_step: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(len(WORDS), 8)
        self.rnn = cell(8, 12, 2, batch_first=True)
        self.head = nn.Linear(12, classes)
        self.every_step = every_step

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        states = self.rnn(self.embedding(ids))[0]
        return self.head(states if self.every_step else states[torch.arange(len(ids), device=ids.device), lengths - 1])


def text(count: int = 60) -> list[list[int]]:
    """Sequences of 1 to 11 words, the first ones far commoner than the last ones; some come twice."""
    random = np.random.default_rng(0)
    rows = [(len(WORDS) * random.random(int(random.integers(1, 12))) ** 3).astype(int).tolist() for _ in range(count)]
    return rows + rows[:5]


def labels(count: int = 60) -> list[int]:
    random = np.random.default_rng(1)
    return random.integers(0, 2, count + 5).tolist()


def same_recording(found: rnnvis.Recording, whole: rnnvis.Recording, exact: bool = True) -> None:
    """Counts, histograms, quantiles, contexts and samples are equal, of moments the sixth digit is. Where the batches
    were others, not `exact`, states may be rounded otherwise."""

    def alike(one: Any, other: Any, what: str) -> None:
        if exact:
            np.testing.assert_array_equal(one, other, err_msg=what)
        else:
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-3, err_msg=what)

    def close(one: Any, other: Any, what: str) -> None:
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6, err_msg=what)

    assert list(found.states) == list(whole.states)
    assert [row.tolist() for row in found.tokens] == [row.tolist() for row in whole.tokens]
    assert (found.keys, found.notes, found.weights, found.checked) == (
        whole.keys,
        whole.notes,
        whole.weights,
        whole.checked,
    )
    for name, state in whole.states.items():
        other = found.states[name]
        for what in ("count", "half_a_count", "half_b_count"):
            np.testing.assert_array_equal(getattr(other.responses, what), getattr(state.responses, what))
        np.testing.assert_array_equal(other.quantiles.word_ids, state.quantiles.word_ids)
        np.testing.assert_array_equal(other.units.edges, state.units.edges)
        alike(other.quantiles.values, state.quantiles.values, "quantiles")
        if exact:
            np.testing.assert_array_equal(other.units.histogram, state.units.histogram)
            for what in vars(state.contexts):
                np.testing.assert_array_equal(getattr(other.contexts, what), getattr(state.contexts, what), what)
        assert other.units.histogram.sum() == state.units.histogram.sum()
        for what in ("published", "starts", "ended"):
            np.testing.assert_array_equal(getattr(other, what), getattr(state, what))
        for what in ("values", "before", "last"):
            alike(getattr(other, what), getattr(state, what), what)
        for what in ("used_mean", "used_standard_error", "used_half_a", "used_half_b", "reliability"):
            close(getattr(other.responses, what), getattr(state.responses, what), what)
        for what, values in state.units.measures().items():
            close(other.units.measures()[what], values, what)
        for part in ("mean", "closed", "open"):
            assert list(getattr(other.gates, part)) == list(getattr(state.gates, part))
            for gate, values in getattr(state.gates, part).items():
                close(getattr(other.gates, part)[gate], values, gate)
        for what, values in state.explained.measures().items():
            np.testing.assert_allclose(other.explained.measures()[what], values, rtol=1e-5, atol=1e-5, err_msg=what)
        assert (other.surprise is None) == (state.surprise is None)
        if state.surprise is not None:  # a percentile: neighbours may change places where distances are rounded
            np.testing.assert_allclose(other.surprise, state.surprise, atol=0.0 if exact else 5.0)


def same_answers(found: rnnvis.Recording, whole: rnnvis.Recording) -> None:
    """Answers and losses are equal; effects and what of each word is in the answers agree to the sixth digit."""
    assert found.answers is not None
    assert whole.answers is not None
    for name, values in vars(whole.answers).items():
        if isinstance(values, np.ndarray):
            np.testing.assert_array_equal(getattr(found.answers, name), values, err_msg=name)
        else:
            assert getattr(found.answers, name) == values
    if whole.effects is None:
        assert found.effects is None
    else:
        assert found.effects is not None
        np.testing.assert_array_equal(found.effects.pushes, whole.effects.pushes)
        assert found.effects.accounts_for == whole.effects.accounts_for
        for state, words in whole.effects.words.items():
            np.testing.assert_array_equal(found.effects.words[state].count, words.count)
            np.testing.assert_array_equal(found.effects.words[state].quantiles, words.quantiles)
            np.testing.assert_allclose(found.effects.words[state].push, words.push, rtol=1e-6, atol=1e-6)
            context, other = whole.effects.in_context[state], found.effects.in_context[state]
            np.testing.assert_array_equal(other.count, context.count)
            np.testing.assert_allclose(other.push, context.push, rtol=1e-6, atol=1e-6)
    if whole.answer_memory is not None:
        assert found.answer_memory is not None
        for name in ("sentence_id", "step", "of_class", "starts", "part", "rest", "answer"):
            np.testing.assert_array_equal(getattr(found.answer_memory, name), getattr(whole.answer_memory, name))
        assert found.answer_memory.deletion == whole.answer_memory.deletion
