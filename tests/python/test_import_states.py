"""Imported states against plain loops, and against the recording of the model that they are of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import rnnvis
from rnnvis.api import import_states as module
from rnnvis.api.saved.arrays import in_memory
from rnnvis.api.saved.steps import SavedSteps
from rnnvis.api.saved.tokens import Tokens

WORDS = 9
VOCABULARY = [f"word{i}" for i in range(WORDS)]


def changes(state: np.ndarray, lengths: list[int], initial: str, reverse: bool) -> np.ndarray:
    """Δ of each step, one step at a time."""
    found, row, last = [], 0, np.zeros(state.shape[1], state.dtype)
    for n in lengths:
        mine = state[row : row + n]
        for t in range(n):
            if reverse:
                before = mine[t + 1] if t + 1 < n else np.zeros_like(last)
            elif t:
                before = mine[t - 1]
            else:
                before = last if initial == "carried" else np.zeros_like(last)
            found.append(mine[t] - before)
        if n:
            last = mine[-1]
        row += n
    return np.array(found).reshape(-1, state.shape[1])


@given(
    lengths=st.lists(st.integers(0, 7), min_size=1, max_size=12).filter(any),
    batch_steps=st.integers(1, 30),
    initial=st.sampled_from(["zero", "carried"]),
    reverse=st.booleans(),
    padded=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_steps_and_changes_are_those_of_a_plain_loop(
    lengths: list[int], batch_steps: int, initial: str, reverse: bool, padded: bool
) -> None:
    random = np.random.default_rng(sum(lengths))
    steps = sum(lengths)
    state = random.normal(size=(steps, 3)).astype(np.float32)
    array = state
    if padded:
        array = np.full((len(lengths), max(lengths) + 1, 3), 99, np.float32)
        for i, mine in enumerate(np.split(state, np.cumsum(lengths)[:-1])):
            array[i, : len(mine)] = mine
    name = "rnn.0.reverse.h" if reverse else "rnn.0.h"
    ids = random.integers(0, WORDS, steps).astype(np.int32)
    tokens = Tokens("tokens", ids, np.array(lengths), tuple(VOCABULARY), True)
    batches = list(SavedSteps({name: in_memory("states", array)}, tokens, initial, batch_steps))
    np.testing.assert_array_equal(np.concatenate([b.states[name] for b in batches]), state)
    np.testing.assert_array_equal(np.concatenate([b.token_id for b in batches]), ids)
    np.testing.assert_array_equal(
        np.concatenate([b.delta(name) for b in batches]), changes(state, lengths, initial, reverse)
    )
    np.testing.assert_array_equal(
        np.concatenate([b.sentence_id for b in batches]), np.repeat(np.arange(len(lengths)), lengths)
    )
    np.testing.assert_array_equal(
        np.concatenate([b.step for b in batches]), np.concatenate([np.arange(n) for n in lengths])
    )
    whole = [set(b.sentence_id.tolist()) for b in batches]
    assert sum(map(len, whole)) == len(set().union(*whole)), "each sentence comes in one batch"


class Reader(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, 4)
        self.rnn = nn.GRU(4, 6, batch_first=True)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.rnn(self.embedding(ids))[0]


def test_saved_states_measure_as_the_model_does(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, random = Reader().eval(), np.random.default_rng(0)
    sentences = [random.integers(0, WORDS, n).tolist() for n in random.integers(1, 12, 200)]
    labels = random.integers(0, 2, 200).tolist()
    with torch.no_grad():
        states = np.concatenate([model(torch.tensor([ids]))[0].numpy() for ids in sentences])
    np.save(tmp_path / "states.npy", states)
    ours = rnnvis.import_states({"rnn.0.h": tmp_path / "states.npy"}, sentences, VOCABULARY, labels)
    theirs = rnnvis.record(model, sentences, VOCABULARY, labels)
    assert (ours.keys, ours.words, ours.steps) == (theirs.keys, theirs.words, theirs.steps)
    np.testing.assert_array_equal(ours.labels.of, theirs.labels.of)
    assert ours.bounded >= {"rnn.0.h"}
    a, b = ours.states["rnn.0.h"], theirs.states["rnn.0.h"]
    for group in ("responses", "units", "quantiles"):
        for name, value in vars(getattr(b, group)).items():
            if not name.startswith("gate"):
                np.testing.assert_allclose(
                    getattr(getattr(a, group), name), value, rtol=1e-4, atol=1e-5, err_msg=f"{group}.{name}"
                )
    np.testing.assert_allclose(a.contexts.value, b.contexts.value, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(a.last, b.last, atol=1e-5)
    assert a.surprise is not None
    assert b.surprise is not None
    assert np.abs(a.surprise - b.surprise).mean() < 0.5


STREAM: Any = [0, 1, 8, 2, 3, 8, 4, 5]


@pytest.mark.parametrize(
    ("options", "lengths", "carried"),
    [
        ({"end": "word8"}, [3, 3, 2], True),
        ({"every": 3}, [3, 3, 2], True),
        ({"every": 4}, [4, 4], True),
        ({}, [8], True),
        ({"lengths": [5, 0, 3]}, [5, 0, 3], False),
        ({"sentences": [7, 7, 7, 2, 2, 7, 7, 7]}, [3, 2, 3], False),
        ({"end": "word8", "initial": "zero"}, [3, 3, 2], False),
        ({"lengths": [5, 0, 3], "initial": "carried"}, [5, 0, 3], True),
    ],
)
def test_a_stream_is_cut_where_it_is_said(options: dict[str, Any], lengths: list[int], carried: bool) -> None:
    states = np.random.default_rng(0).normal(size=(len(STREAM), 2)).astype(np.float32)
    found = rnnvis.import_states({"rnn.0.c": states}, np.array(STREAM), VOCABULARY, **options)
    assert [len(row) for row in found.tokens] == lengths
    assert np.concatenate(found.tokens).tolist() == STREAM
    delta = changes(states, lengths, "carried" if carried else "zero", False)
    responses = found.responses["rnn.0.c"]
    for word in range(WORDS):
        uses = delta[np.array(STREAM) == word]
        assert responses.count[word] == len(uses)
        if len(uses):
            np.testing.assert_allclose(responses.mean[word], uses.mean(axis=0), rtol=1e-5, atol=1e-6)


def test_text_makes_its_vocabulary_and_keeps_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "tokens.txt"
    path.write_text("b a b\n\na c\n", encoding="utf-8")
    states = {"rnn.0.h": np.zeros((5, 2))}
    found = rnnvis.import_states(states, path)
    assert found.words == ("a", "b", "c")
    assert [row.tolist() for row in found.tokens] == [[1, 0, 1], [], [0, 2]]
    known = rnnvis.import_states(states, path, ["c", "<unk>", "b"])
    assert [row.tolist() for row in known.tokens] == [[2, 1, 2], [], [1, 0]]
    characters = rnnvis.import_states({"rnn.0.h": np.zeros((8, 2))}, path, characters=True)
    assert characters.words == (" ", "a", "b", "c")
    words = rnnvis.import_states(states, [["b", "a", "b"], [], ["a", "c"]])
    assert [row.tolist() for row in words.tokens] == [row.tolist() for row in found.tokens]


def test_no_state_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_STEPS", 100)
    array = in_memory("states", np.zeros((5000, 4), np.float32))
    asked: list[int] = []

    def fetch(start: int, stop: int) -> np.ndarray:
        asked.append(stop - start)
        return array.fetch(start, stop)

    watched = type(array)(array.where, array.shape, array.dtype, fetch)
    found = rnnvis.import_states({"rnn.0.h": watched}, np.arange(5000) % WORDS, VOCABULARY, every=40)
    assert found.steps == 5000
    assert max(asked) <= 100
    assert sum(asked) == 2 * 5000, "one look at the values, one pass for the measures"


@pytest.mark.parametrize(
    ("states", "tokens", "said"),
    [
        (np.zeros((120, 3), np.float32), None, "the states are a ndarray"),
        ({"rnn.0.h": np.zeros((120, 3), np.float32)}, None, "the tokens are None"),
        ({"rnn.0.h": np.zeros((120, 3), np.float32)}, [[0, 1, 2]] * 40, "no word moves any unit of rnn.0.h"),
    ],
)
def test_states_that_say_nothing_are_refused_by_name(states: Any, tokens: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=said) as error:
        rnnvis.import_states(states, tokens, ["a", "b", "c"]).publish(tmp_path / "out")
    assert error.value.fix
