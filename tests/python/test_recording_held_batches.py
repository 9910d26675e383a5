"""Text run with states held: each word's state is the held one, whatever forward does with the rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from rnnvis.errors import RnnvisError
from rnnvis.recording.called import Called
from rnnvis.recording.following import follow
from rnnvis.recording.holding import Hold
from rnnvis.recording.steps import run_batches, step_batch

WORDS, UNITS = 9, 5
HELD = np.array([0, 3])
TEXT = [np.random.default_rng(i).integers(1, WORDS, n) for i, n in enumerate([4, 7, 2, 7, 5, 3, 6, 4, 9, 5, 8, 10])]
VALUES = np.linspace(-0.9, 0.9, 2 * len(TEXT)).reshape(len(TEXT), 2)
FIRST = np.array([1, 3, 0, 2, 4, 2, 0, 1, 5, 0, 7, 3])


class Reader(nn.Module):
    def __init__(self, way: str) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.way = way
        self.embedding = nn.Embedding(WORDS + 1, 4)
        self.rnn = nn.GRU(4, UNITS, batch_first=True, bidirectional=way == "both")
        self.eval()

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        if self.way == "start":
            ids = torch.cat([torch.full((len(ids), 1), WORDS), ids], dim=1)
        if self.way == "backwards":
            ids = ids.flip(1)
        x = self.embedding(ids)
        if self.way == "packed":
            return self.rnn(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))[0].data
        if self.way == "moving":
            order = torch.argsort(ids[:, 0], stable=True)
            return self.rnn(x[order])[0]
        return self.rnn(x)[0]


def call(model: nn.Module, batch) -> Tensor:
    return model(batch.ids, batch.lengths)


def by_hand(model: Reader, row: np.ndarray, reverse: bool, what) -> Tensor:
    """h after each word, each step by torch's cell."""
    end = "_l0_reverse" if reverse and model.way == "both" else "_l0"
    weights = [getattr(model.rnn, f"{name}{end}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    h, found = torch.zeros(1, UNITS), {}
    if model.way == "start":
        h = what(-1, torch.gru_cell(model.embedding(torch.tensor([WORDS])), h, *weights), h)
    for t in reversed(range(len(row))) if reverse else range(len(row)):
        new = torch.gru_cell(model.embedding(torch.tensor([int(row[t])])), h, *weights)
        h = found[t] = what(t, new, h)
    return torch.cat([found[t] for t in range(len(row))])


@torch.no_grad()
def states(model: Reader, holds: list[Hold]) -> dict[str, list[np.ndarray]]:
    readings = {"": TEXT}
    plan = follow(Called(model, readings, 0, call))
    found: dict[str, list] = {}
    for rows, traces, reads, _ in run_batches(model, readings, 40, 0, call, plan, holds=holds):
        batch = step_batch(rows, reads[""], traces, gates=False)
        for name, of in batch.states.items():
            for row in rows.tolist():
                found.setdefault(name, [None] * len(TEXT))[row] = of[batch.sentence_id == row]
    return found


CASES = [("plain", False), ("packed", False), ("start", False), ("moving", False), ("backwards", True)]


@torch.no_grad()
@pytest.mark.parametrize(("way", "reverse"), [*CASES, ("both", False), ("both", True)])
@pytest.mark.parametrize("each", [False, True], ids=["alike", "each its own"])
@pytest.mark.parametrize("only", [False, True], ids=["from", "at"])
def test_words_are_held_whatever_forward_does_with_the_rows(way, reverse, each, only):
    model = Reader(way)
    name = f"rnn.0{'.reverse' if reverse else ''}.h"
    if each:
        numbers = np.arange(len(TEXT))
        hold = Hold(name, HELD, VALUES, FIRST, FIRST if only else None, numbers)
    else:
        hold = Hold(name, HELD, VALUES[0], 1, 1 if only else None)
    found = states(model, [hold])[name]
    for number, row in enumerate(TEXT):
        first, value = (FIRST[number], VALUES[number]) if each else (1, VALUES[0])

        def what(t, new, old, first=first, value=value):
            held = t == first if only else (t <= first if reverse else t >= first)
            if held:
                new = new.clone()
                new[0, HELD] = torch.tensor(value, dtype=torch.float32)
            return new

        np.testing.assert_allclose(found[number], by_hand(model, row, reverse, what), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_without_a_first_word_start_tokens_are_held_too():
    model = Reader("start")
    found = states(model, [Hold("rnn.0.h", HELD, np.array([0.5, -0.5]))])["rnn.0.h"]

    def what(t, new, old):
        new = new.clone()
        new[0, HELD] = torch.tensor([0.5, -0.5])
        return new

    for number, row in enumerate(TEXT):
        np.testing.assert_allclose(found[number], by_hand(model, row, False, what), rtol=1e-4, atol=1e-5)


def test_states_and_units_that_are_not_there_are_refused_by_name():
    model = Reader("plain")
    for state, unit, said in (
        ("rnn.0.c", 0, 'no state "rnn.0.c" to hold'),
        ("rnn.1.h", 0, 'no state "rnn.1.h" to hold'),
        ("rnn.0.reverse.h", 0, 'no state "rnn.0.reverse.h" to hold'),
        ("other.0.h", 0, 'no state "other.0.h" to hold'),
        ("rnn", 0, '"rnn" is no name of a state'),
        ("rnn.0.h", UNITS, f'"rnn.0.h" has no unit {UNITS}'),
    ):
        with pytest.raises(RnnvisError, match=said):
            states(model, [Hold(state, np.array([unit]), np.zeros(1))])


def test_the_model_is_as_before_after_it_was_held():
    model = Reader("plain").train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    plain = states(model, [])
    held = states(model, [Hold("rnn.0.h", HELD, np.zeros(2))])
    again = states(model, [])
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    for a, b, c in zip(plain["rnn.0.h"], again["rnn.0.h"], held["rnn.0.h"], strict=True):
        assert np.array_equal(a, b)
        assert not np.allclose(a, c)
        assert not c[:, HELD].any()
