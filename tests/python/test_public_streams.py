"""Drift of carried states, and what is still remembered: against a plain loop, and in planted models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import rnnvis
from rnnvis import Signal, events
from rnnvis.api import stream_tables
from rnnvis.measures.states.drift import DriftRecorder
from rnnvis.published import files
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify

STREAMS, PIECES, STEPS = 6, 8, 10


def streams(seed: int = 0) -> list[list[np.ndarray]]:
    random = np.random.default_rng(seed)
    return [[random.random((STEPS, 2)).astype(np.float32) for _ in range(PIECES)] for _ in range(STREAMS)]


class Counts(nn.Module):
    """Unit 0 rises with the age of the stream, unit 1 forgets at once, unit 2 never moves; says the class of unit 1."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(2, 3, nonlinearity="relu", batch_first=True)
        self.out = nn.Linear(3, 2)
        with torch.no_grad():
            for weight in self.parameters():
                weight.zero_()
            self.rnn.weight_ih_l0[0, 0] = self.rnn.weight_hh_l0[0, 0] = 1
            self.rnn.weight_ih_l0[1, 1] = 1
            self.out.weight[0, 1] = 4

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.rnn(x)[0])


def recorded(model: nn.Module, rows: list[list[np.ndarray]], **options: Any) -> rnnvis.Recording:
    signals = [Signal(piece) for of in rows for piece in of]
    documents = [number for number, of in enumerate(rows) for _ in of]
    tags = [[0] * len(piece) for of in rows for piece in of]
    rule = events.bins(0)
    return rnnvis.record(
        model, signals, rule, tags, classes=["a", "b"], initial="carried", documents=documents, **options
    )


def test_drift_is_what_a_plain_loop_over_the_ages_gives() -> None:
    rows = streams()
    found = recorded(Counts(), rows).drift(ages=(0, 10, 40, 80))["rnn.0.h"]
    sums = np.stack([np.cumsum(np.concatenate(of)[:, 0]) for of in rows])
    young = sums[:, :10]
    spread = young.std()
    for a, (low, high) in enumerate([(0, 10), (10, 40), (40, 80)]):
        moved = (sums[:, low:high].mean(axis=1) - young.mean(axis=1)) / spread
        np.testing.assert_allclose(found.drift[a, 0], moved.mean(), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(
            found.standard_error[a, 0], moved.std(ddof=1) / np.sqrt(STREAMS), rtol=1e-3, atol=1e-6
        )
        np.testing.assert_allclose(found.mean[a, 0], sums[:, low:high].mean(), rtol=1e-5)
    assert found.drift[2, 0] > 5
    assert abs(found.drift[2, 1]) < 4 * found.standard_error[2, 1]
    assert np.isnan(found.drift[:, 2]).all()
    assert found.streams.tolist() == [STREAMS] * 3
    assert found.steps.tolist() == [60, 180, 240]


def test_ages_double_where_nobody_says() -> None:
    found = recorded(Counts(), streams()).drift()["rnn.0.h"]
    assert found.ages.tolist() == [0, 16, 32, 64, 128]
    assert found.steps.tolist() == [96, 96, 192, 96]


def test_streams_of_different_ages_count_where_they_are() -> None:
    recorder = DriftRecorder(3, np.array([0, 2, 4]))
    states = np.array([[1.0], [3.0], [7.0], [2.0], [4.0], [9.0]])
    recorder.add(states, np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 2, 0, 1, 3]))
    found = recorder.result()
    assert found.streams.tolist() == [2, 2]
    np.testing.assert_allclose(found.mean[:, 0], [2.5, 8.0])
    np.testing.assert_allclose(found.drift[1, 0], (7 - 2) / np.std([1, 3, 2, 4]))  # only one of them was seen young
    assert np.isnan(found.standard_error[1, 0])


class Sums(Counts):
    """Answers by the sum of all that was read."""

    def __init__(self) -> None:
        super().__init__()
        with torch.no_grad():
            self.out.weight.zero_()
            self.out.weight[0, 0] = 0.05


def test_what_is_forgotten_at_once_is_not_remembered_and_a_sum_is() -> None:
    rows = streams()
    forgets = recorded(Counts(), rows).remembered(steps=(1, 2, 4))
    np.testing.assert_allclose(forgets.distance, 0, atol=1e-6)
    found = recorded(Sums(), rows).remembered(steps=(1, 4, 40), answers=10_000)
    assert found.answers.tolist() == [STREAMS * 40] * 3
    for place, many in enumerate((1, 4, 40)):
        far = []
        for of in rows:
            frames = np.concatenate(of)[:, 0].astype(np.float64)
            for at in range(40, 80):
                p, q = (1 / (1 + np.exp(-0.05 * frames[start : at + 1].sum())) for start in (0, at + 1 - many))
                far.append(abs(p - q))
        np.testing.assert_allclose(found.distance[place], np.mean(far), rtol=1e-4)
    assert (np.diff(found.distance) < 0).all()
    assert (found.standard_error > 0).all()


class Last(nn.Module):
    """One answer a sequence, from its last state."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.rnn, self.out = nn.GRU(2, 3, batch_first=True), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.rnn(x)[0][:, -1])


def test_without_streams_the_past_is_that_of_each_sequence() -> None:
    rows = [np.concatenate(of) for of in streams()]
    model = Last()
    recording = rnnvis.record(model, rows, events.bins(), [0, 1] * 3)
    found = recording.remembered(steps=(1, 5))

    def p(frames: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return model(torch.from_numpy(frames[None]))[0].double().softmax(0).numpy()

    wanted = [np.mean([0.5 * np.abs(p(row) - p(row[-n:])).sum() for row in rows]) for n in (1, 5)]
    np.testing.assert_allclose(found.distance, wanted, rtol=1e-4)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda recording: recording.drift(ages=(5, 10)), r"ages is \(5, 10\)"),
        (lambda recording: recording.drift(ages=(0, 1.5)), r"ages is \(0, 1.5\)"),
        (lambda recording: recording.drift(ages=(0, 10, 2**31)), r"the last of ages is 2147483648"),
        (lambda recording: recording.remembered(steps=()), r"steps is \(\)"),
        (lambda recording: recording.remembered(steps=(0, 1)), r"steps is \(0, 1\)"),
        (lambda recording: recording.remembered(steps=(1,), answers=0), "answers is 0"),
        (lambda recording: recording.remembered(steps=(80,)), "no stream has more than 80 steps"),
    ],
)
def test_what_cannot_be_asked_of_streams_is_named(ask: Any, message: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=message):
        ask(recorded(Counts(), streams()))


def test_without_an_answer_nothing_is_said_to_be_remembered() -> None:
    recording = recorded(Counts(), streams(), outputs="none")
    with pytest.raises(rnnvis.RnnvisError, match="what the model answers is not known"):
        recording.remembered()


def published(recording: rnnvis.Recording, folder: Path, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rows of `unit_drift` and `remembered`, and the model's entry."""
    recording.publish(folder, "m", ablation=False, step_model=False, **options)
    (dataset,) = read_manifest(folder)["datasets"]
    (model,) = dataset["models"]
    found = {}
    for name, holder in (("unit_drift", model["states"][0]), ("remembered", model)):
        parts = [folder / file["path"] for file in holder["tables"].get(name, {"files": []})["files"]]
        found[name] = files.read(name, parts).to_pydict() if parts else None
    return found, model


def test_carried_states_are_published_with_their_drift_and_what_answers_remember(tmp_path: Path) -> None:
    recording = recorded(Sums(), streams())
    found, model = published(recording, tmp_path / "itself")
    wanted = recorded(Sums(), streams()).drift()["rnn.0.h"]
    rows = found["unit_drift"]
    assert rows["unit"] == [0] * 4 + [1] * 4 + [2] * 4
    assert rows["age"] == [0, 16, 32, 64] * 3
    assert rows["until"] == [16, 32, 64, 128] * 3
    np.testing.assert_allclose(rows["drift"][:4], wanted.drift[:, 0])
    np.testing.assert_allclose(rows["standard_error"][4:8], wanted.standard_error[:, 1])
    np.testing.assert_allclose(rows["mean"][:4], wanted.mean[:, 0])
    assert rows["drift"][8:] == [None] * 4
    assert found["remembered"]["steps"] == [1, 2, 4, 8, 16, 32]
    again = recorded(Sums(), streams()).remembered(steps=(1, 2, 4, 8, 16, 32), answers=200)
    np.testing.assert_allclose(found["remembered"]["distance"], again.distance)
    assert not any("Without" in note and "drift" in note for note in model["notes"])
    assert not verify(tmp_path / "itself").problems

    recording.drift(ages=(0, 10, 80))
    recording.remembered(steps=(3,), answers=7)
    asked, _ = published(recording, tmp_path / "asked")
    assert asked["unit_drift"]["age"][:2] == [0, 10]
    assert asked["remembered"]["steps"] == [3]
    assert asked["remembered"]["answers"] == [7]


def test_what_is_too_much_to_run_again_or_not_carried_is_published_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = rnnvis.record(Last(), [np.concatenate(of) for of in streams()], events.bins(), [0, 1] * 3)
    found, model = published(alone, tmp_path / "alone")
    assert found == {"unit_drift": None, "remembered": None}
    assert not any("drift" in note for note in model["notes"])
    monkeypatch.setattr(stream_tables, "MOST_STEPS", 479)
    found, model = published(recorded(Counts(), streams()), tmp_path / "large")
    assert found == {"unit_drift": None, "remembered": None}
    assert any("another run over 480 steps. Call recording.drift()" in note for note in model["notes"])


def test_weights_that_have_changed_leave_the_drift_out_with_a_word(tmp_path: Path) -> None:
    model = Counts()
    recording = recorded(model, streams())
    with torch.no_grad():
        model.rnn.weight_ih_l0[0, 0] = 2
    found, entry = published(recording, tmp_path)
    assert found["unit_drift"] is None
    assert any("Without the drift of states: the weights of Counts have changed" in note for note in entry["notes"])
