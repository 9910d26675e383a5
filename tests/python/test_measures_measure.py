"""The driver of the measures: one run where its spool holds everything, two where it does not, the same result."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import rnnvis
from rnnvis.measures.measure import measure
from rnnvis.measures.recorder import StateRecorder, Text
from rnnvis.measures.spool import SPOOL_BYTES, Changes, Spool
from rnnvis.measures.words.surprise import distances, surprise
from rnnvis.recording import StepBatch

WORDS = 5
SIZES = {"rnn.0.h": 3, "rnn.0.c": 4}


class Watcher:
    """An observer that keeps what it sees."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.words: list[int] = []

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        self.rows += rows.tolist()
        self.words += batch.token_id.tolist()


class Runs:
    """Made-up states of two texts; counts how often they were asked for, and whether with gates."""

    def __init__(self, dtype: type = np.float32) -> None:
        random = np.random.default_rng(3)
        self.tokens = {
            name: [random.integers(0, WORDS, n).astype(np.int32) for n in random.integers(1, 9, 40)]
            for name in ("", "decoder")
        }
        self.states = {
            name: [{s: random.normal(size=(len(row), h)).astype(dtype) for s, h in SIZES.items()} for row in rows]
            for name, rows in self.tokens.items()
        }
        self.asked: list[bool] = []

    def __call__(self, gates: bool) -> Iterator[dict[str, StepBatch]]:
        self.asked.append(gates)
        for i in reversed(range(40)):
            yield {name: self.batch(name, i) for name in self.tokens}

    def batch(self, name: str, i: int) -> StepBatch:
        states = self.states[name][i]
        n = len(self.tokens[name][i])
        return StepBatch(
            sentence_id=np.full(n, i, np.int32),
            step=np.arange(n, dtype=np.int16),
            token_id=self.tokens[name][i],
            states=states,
            previous={s: np.concatenate([0 * v[:1], v[:-1]]) for s, v in states.items()},
            gates={},
        )

    def recorders(self) -> dict[str, StateRecorder]:
        measured = np.arange(40) % 5 > 0
        keys = [str(i) for i in range(40)]
        return {
            name: StateRecorder(Text(rows, keys, WORDS, measured, ~measured), 2, [])
            for name, rows in self.tokens.items()
        }


def surprises(runs: Runs, **options: Any) -> dict[tuple[str, str], np.ndarray | None]:
    recorders = runs.recorders()
    measure(runs, recorders, **options)
    return {(text, s.name): s.surprise for text, recorder in recorders.items() for s in recorder.result()}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("room", [0, 2000, SPOOL_BYTES])
def test_surprise_is_that_of_a_plain_loop_whether_kept_or_run_again(dtype: type, room: int) -> None:
    runs = Runs(dtype)
    found = surprises(runs, spool_bytes=room)
    assert runs.asked == ([True] if room == SPOOL_BYTES else [True, False])
    assert set(found) == {(text, state) for text in ("", "decoder") for state in SIZES}
    for (text, state), given in found.items():
        words = np.concatenate(runs.tokens[text])
        delta = np.concatenate([runs.batch(text, i).delta(state) for i in range(40)])
        measured = np.concatenate([np.full(len(row), i % 5 > 0) for i, row in enumerate(runs.tokens[text])])
        mean = np.stack([delta[measured & (words == w)].mean(axis=0, dtype=np.float64) for w in range(WORDS)])
        expected = surprise(words, distances(words, delta, mean.astype(np.float32)), measured)
        np.testing.assert_allclose(given, expected, atol=1e-4)


def test_a_disk_without_room_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = surprises(Runs())

    def full(*args: Any, **options: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    runs = Runs()
    for key, given in surprises(runs).items():
        np.testing.assert_array_equal(given, whole[key])
    assert runs.asked == [True, False]


def test_observers_see_every_step_once_at_its_place_and_nothing_without_surprise_is_run_again() -> None:
    runs, watcher = Runs(), Watcher()
    recorders = runs.recorders()
    measure(runs, recorders, {"decoder": [watcher]}, surprise=False)
    assert runs.asked == [True]
    words = np.concatenate(runs.tokens["decoder"])
    assert sorted(watcher.rows) == list(range(len(words)))
    np.testing.assert_array_equal(words[watcher.rows], watcher.words)
    assert all(state.surprise is None for recorder in recorders.values() for state in recorder.result())


def test_a_spool_gives_back_what_it_was_given_and_nothing_of_what_did_not_fit() -> None:
    rows, token_id = np.arange(4) * 3, np.arange(4, dtype=np.int32)
    given = [
        Changes(name, rows, token_id, np.arange(8.0).reshape(4, 2).astype(d)) for name, d in (("a", "f4"), ("b", "f8"))
    ]
    spool = Spool(48 + 32 + 64)
    for changes in given:
        spool.add("text", changes)
    for (text, back), changes in zip(spool, given, strict=True):
        assert (text, back.state, back.delta.dtype) == ("text", changes.state, changes.delta.dtype)
        for name in ("rows", "token_id", "delta"):
            np.testing.assert_array_equal(getattr(back, name), getattr(changes, name))
    spool.add("text", given[0])
    assert not spool.whole
    assert not list(spool)


class Speaking(nn.Module):
    """Says the next word."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.rnn, self.head = nn.Embedding(20, 6), nn.GRU(6, 6, batch_first=True), nn.Linear(6, 20)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.head(self.rnn(self.embedding(ids))[0])
        return found


def test_the_answers_of_a_batch_are_gone_when_the_next_one_is_run() -> None:
    rng = np.random.default_rng(0)
    text = [rng.integers(0, 20, rng.integers(12, 16)) for _ in range(60)]
    given: list[weakref.ref[torch.Tensor]] = []
    there: list[int] = []

    def forward(model: Any, batch: rnnvis.Batch) -> torch.Tensor:
        if batch.ids.shape[0] >= 4 and batch.ids.shape[1] >= 12:  # a batch of the recording
            there.append(sum(of() is not None for of in given))
        answer: torch.Tensor = model(batch.ids)
        given.append(weakref.ref(answer))
        return answer

    recording = rnnvis.record(Speaking().eval(), text, [f"w{i}" for i in range(20)], forward=forward, batch_steps=100)
    assert recording.answers is not None
    assert len(there) > 5
    assert there == [0] * len(there)
