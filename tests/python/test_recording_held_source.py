"""A StateSource that says how its states are held, against its steps written out with the units set."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnvis.errors import RnnvisError
from rnnvis.recording.holding import Hold
from rnnvis.recording.source import source_steps

UNITS = 4
TEXT = [np.array([1, 2, 3, 1]), np.array([2, 2]), np.array([3, 1, 2])]
WEIGHTS = torch.randn(UNITS, UNITS, generator=torch.Generator().manual_seed(0))
WORDS = torch.randn(5, UNITS, generator=torch.Generator().manual_seed(1))


class Minimal:
    """h = tanh(U h + E[word]), from −0.5; of two readers, one that starts at the last word."""

    def __init__(self) -> None:
        self.states = {"minimal.0.h": UNITS, "minimal.0.reverse.h": UNITS}
        self.initial = {"minimal.0.h": torch.full((UNITS,), -0.5)}

    def steps(self, batch, hold):
        rows, columns = batch.ids.shape
        h = torch.full((rows, UNITS), -0.5)
        forwards, backwards = [], {}
        for t in range(columns):
            h = torch.tanh(h @ WEIGHTS.T + WORDS[batch.ids[:, t]])
            h = hold("minimal.0.h", t, h) if hold else h
            forwards.append(h)
        back = torch.zeros(rows, UNITS)
        for t in reversed(range(columns)):
            after = torch.tanh(back @ WEIGHTS.T + WORDS[batch.ids[:, t]])
            after = hold("minimal.0.reverse.h", t, after) if hold else after
            back = torch.where((t < batch.lengths)[:, None], after, back)
            backwards[t] = back
        for t in range(columns):
            yield {"minimal.0.h": forwards[t], "minimal.0.reverse.h": backwards[t]}


def by_hand(row: np.ndarray, reverse: bool, what) -> Tensor:
    h = torch.zeros(UNITS) if reverse else torch.full((UNITS,), -0.5)
    found = {}
    for t in reversed(range(len(row))) if reverse else range(len(row)):
        new = torch.tanh(WEIGHTS @ h + WORDS[row[t]])
        h = what(t, new, h)
        found[t] = h
    return torch.stack([found[t] for t in range(len(row))])


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("value", [[0.25, -2.0], None], ids=["value", "before"])
@pytest.mark.parametrize("first", [None, 1])
def test_a_source_is_held_as_its_steps_say(reverse, value, first):
    name = f"minimal.0{'.reverse' if reverse else ''}.h"
    hold = Hold(name, np.array([0, 2]), None if value is None else np.array(value), first=first)

    def what(t: int, new: Tensor, old: Tensor) -> Tensor:
        if first is not None and (t > first if reverse else t < first):
            return new
        new = new.clone()
        new[[0, 2]] = old[[0, 2]] if value is None else torch.tensor(value)
        return new

    batches = list(source_steps(Minimal(), TEXT, 100, 0, holds=[hold]))
    states = {i: np.concatenate([b.states[name][b.sentence_id == i] for b in batches]) for i in range(3)}
    for number, row in enumerate(TEXT):
        np.testing.assert_allclose(states[number], by_hand(row, reverse, what), rtol=1e-5, atol=1e-6)


def test_a_source_that_does_not_say_how_is_refused_with_the_reason():
    class Plain(Minimal):
        def steps(self, batch):
            return Minimal.steps(self, batch, None)

    hold = Hold("minimal.0.h", np.array([0]), np.zeros(1))
    with pytest.raises(RnnvisError, match="Plain is a StateSource that does not say how its states are held"):
        list(source_steps(Plain(), TEXT, 100, 0, holds=[hold]))


def test_a_source_that_goes_on_with_its_own_state_is_refused_by_name():
    class Deaf(Minimal):
        def steps(self, batch, hold):
            return Minimal.steps(self, batch, None)

    hold = Hold("minimal.0.h", np.array([0]), np.zeros(1))
    with pytest.raises(RnnvisError, match=r'Deaf.steps yields other values of "minimal.0.h" than are held'):
        list(source_steps(Deaf(), TEXT, 100, 0, holds=[hold]))


def test_states_and_units_that_are_not_there_and_matrices_are_refused():
    class Matrix(Minimal):
        def __init__(self) -> None:
            super().__init__()
            self.states = {"minimal.0.h": UNITS, "memory.0.M": (2, 3)}

    for source, state, unit, said in (
        (Minimal(), "minimal.1.h", 0, 'no state "minimal.1.h"'),
        (Minimal(), "minimal.0.h", 4, '"minimal.0.h" has no unit 4'),
        (Matrix(), "memory.0.M", 0, '"memory.0.M" is a matrix'),
    ):
        with pytest.raises(RnnvisError, match=said):
            list(source_steps(source, TEXT, 100, 0, holds=[Hold(state, np.array([unit]), np.zeros(1))]))
