"""Signals: frames in place of words, recorded as a plain loop over their steps gives it, and published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

import rnnvis
from rnnvis import Signal, events
from rnnvis.api.signals import read_signals
from rnnvis.published.files import matrix, read
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify

UNITS = 4


def series(count: int = 40, seed: int = 0, channels: int = 3) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    lengths = random.integers(5, 20, count).tolist()
    return [random.random((n, channels)).astype(np.float32) for n in lengths]


class Planted(nn.Module):
    """Unit 0 sums up channel 1, unit 1 fires where channel 0 is above .7, unit 2 never moves, unit 3 is noise."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(3, UNITS, nonlinearity="relu", batch_first=True)
        with torch.no_grad():
            for weight in self.rnn.parameters():
                weight.zero_()
            self.rnn.weight_ih_l0[0, 1] = self.rnn.weight_hh_l0[0, 0] = 1
            self.rnn.weight_ih_l0[1, 0], self.rnn.bias_ih_l0[1] = 5, -3.5
            self.rnn.weight_ih_l0[3, 2] = 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.rnn(x)[0]


def by_hand(model: Any, frames: np.ndarray, start: Any = None) -> tuple[np.ndarray, Any]:
    """States before and after each frame, [1 + T, H], stepped one frame at a time; and the state to go on from."""
    state, found = start, []
    with torch.no_grad():
        for t in range(len(frames)):
            _, state = model.rnn(torch.from_numpy(frames[None, t : t + 1]), state)
            found.append(state[0, 0].double().numpy())
    before = np.zeros(UNITS) if start is None else start[0, 0].double().numpy()
    return np.stack([before, *found]), state


def responses(rows: list[np.ndarray], states: list[np.ndarray], event: np.ndarray, many: int) -> Any:
    """Mean change and its standard error at every event, by a plain loop."""
    change = np.concatenate([np.diff(of, axis=0) for of in states])
    mean, error = np.zeros((many, UNITS)), np.full((many, UNITS), np.nan)
    for one in range(many):
        mine = change[event == one]
        mean[one] = mine.mean(axis=0) if len(mine) else 0
        error[one] = mine.std(axis=0, ddof=1) / np.sqrt(len(mine)) if len(mine) > 1 else np.nan
    return mean, error


@pytest.fixture(scope="module")
def planted() -> tuple[rnnvis.Recording, list[np.ndarray]]:
    rows = series()
    signals = [
        Signal(row, events.threshold("x", 0.7), channels=("x", "y", "z"), truth={"sum of y": np.cumsum(row[:, 1])})
        for row in rows
    ]
    return rnnvis.record(Planted(), signals), rows


def test_a_unit_that_fires_at_an_event_responds_to_it_and_nothing_else(planted: Any) -> None:
    recording, rows = planted
    assert recording.words == ("x up to 0.7", "x above 0.7", "x rises above 0.7", "x falls to 0.7")
    above = [row[:, 0] > np.float32(0.7) for row in rows]
    event = [np.where(of, 1, 0) for of in above]
    for of, high in zip(event, above, strict=True):
        for t in range(1, len(of)):
            if high[t] != high[t - 1]:
                of[t] = 2 if high[t] else 3
    assert [of.tolist() for of in recording.tokens] == [of.tolist() for of in event]
    states = [by_hand(Planted(), row)[0] for row in rows]
    mean, error = responses(rows, states, np.concatenate(event), 4)
    found = recording.responses["rnn.0.h"]
    np.testing.assert_allclose(found.mean, mean, atol=2e-6)
    np.testing.assert_allclose(found.standard_error, error, rtol=1e-4, atol=1e-6)
    assert found.mean[2, 1] > 0.4 > 0 > -0.4 > found.mean[3, 1]
    assert abs(found.mean[0, 1]) < 1e-6
    assert abs(found.mean[1, 1]) < 0.3
    assert recording.checked


def test_a_unit_that_integrates_a_channel_goes_along_with_its_sum_and_not_with_the_channel(planted: Any) -> None:
    recording, rows = planted
    assert recording.channels.names == ("x", "y", "z", "sum of y")
    assert recording.channels.truth.tolist() == [False, False, False, True]
    found = recording.channels.correlations["rnn.0.h"]
    states = np.concatenate([by_hand(Planted(), row)[0][1:] for row in rows])
    values = np.concatenate([np.column_stack([row, np.cumsum(row[:, 1])]) for row in rows]).astype(np.float64)
    for unit in (0, 1, 3):
        for channel in range(4):
            wanted = np.corrcoef(states[:, unit], values[:, channel])[0, 1]
            np.testing.assert_allclose(found.value[unit, channel], wanted, atol=1e-5)
    assert found.value[0, 3] > 0.99999
    assert abs(found.value[0, 1]) < 0.3
    assert np.isnan(found.value[2]).all()


def test_standard_errors_of_correlations_leave_out_one_stretch_at_a_time(planted: Any) -> None:
    recording, rows = planted
    found = recording.channels.correlations["rnn.0.h"]
    states = np.concatenate([by_hand(Planted(), row)[0][1:] for row in rows])
    values = np.concatenate(rows).astype(np.float64)
    count = len(values)
    stretch = np.arange(count) * min(32, count // 50) // count  # 40 sequences are fewer than 64: stretches end anywhere
    parts = np.unique(stretch)
    assert len(parts) >= 8
    without = np.array([np.corrcoef(states[stretch != p, 1], values[stretch != p, 0])[0, 1] for p in parts])
    wanted = np.sqrt((len(parts) - 1) / len(parts) * np.square(without - without.mean()).sum())
    np.testing.assert_allclose(found.standard_error[1, 0], wanted, rtol=1e-3)


class Reads(nn.Module):
    def __init__(self, channels: int = 3, **options: Any) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.rnn = nn.GRU(channels, UNITS, **options)


class BatchFirst(Reads):
    def forward(self, x: torch.Tensor) -> Any:
        return self.rnn(x)[0]


class TimeFirst(Reads):
    def forward(self, x: torch.Tensor) -> Any:
        return self.rnn(x)


class ChannelsFirst(Reads):
    def forward(self, x: torch.Tensor) -> Any:
        assert x.shape[1] == 3
        return self.rnn(x.transpose(1, 2))[0]


class Packed(Reads):
    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> Any:
        packed = pack_padded_sequence(x, lengths, batch_first=True)
        return pad_packed_sequence(self.rnn(packed)[0], batch_first=True)[0]


class Shuffles(Reads):
    """Puts its rows into another order, and back after that."""

    def forward(self, x: torch.Tensor) -> Any:
        order = torch.arange(len(x)).roll(1)
        return self.rnn(x[order])[0][order.argsort()]


class Alone(Reads):
    def forward(self, x: torch.Tensor) -> Any:
        assert x.ndim == 2
        return self.rnn(x[:, None])[0]


class Cell(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        like = Reads().rnn
        self.cell = nn.GRUCell(3, UNITS)
        for name, weight in self.cell.named_parameters():
            weight.data = getattr(like, f"{name}_l0").data

    def forward(self, x: torch.Tensor, hidden: Any = None) -> Any:
        for frame in x.unbind(1):
            hidden = self.cell(frame, hidden)
        return hidden


MODELS: dict[str, Any] = {
    "batch first": lambda: BatchFirst(batch_first=True),
    "time first": TimeFirst,
    "channels before time": lambda: ChannelsFirst(batch_first=True),
    "packed": lambda: Packed(batch_first=True),
    "rows change places": lambda: Shuffles(batch_first=True),
    "one at a time": Alone,
    "a cell": Cell,
}


@pytest.mark.parametrize("name", MODELS)
def test_however_a_model_takes_frames_its_states_are_those_of_stepping(name: str) -> None:
    model, rows = MODELS[name](), series()
    model.train()
    recording = rnnvis.record(model, rows, events.bins(1, 4), batch_steps=64)
    assert model.training
    [state] = recording.states
    hand = BatchFirst(batch_first=True)
    states = [by_hand(hand, row)[0] for row in rows]
    for number, of in enumerate(states):
        np.testing.assert_allclose(recording.states[state].of(number), of[1:], atol=1e-3)
    event = np.concatenate(recording.tokens)
    mean, _ = responses(rows, states, event, 4)
    np.testing.assert_allclose(recording.responses[state].mean, mean, atol=2e-6)


def test_a_forward_of_ones_own_gets_the_frames_of_a_batch() -> None:
    rows, seen = series(), []

    def forward(model: Any, batch: rnnvis.Batch) -> Any:
        assert batch.frames is not None
        if int(batch.rows.max()) < len(rows) and batch.frames.shape[1] <= 19:
            for row, frames, n in zip(batch.rows.tolist(), batch.frames, batch.lengths.tolist(), strict=True):
                if n == len(rows[row]) and np.array_equal(frames[:n], rows[row]):
                    assert not frames[n:].any()
                    seen.append(row)
        return model(batch.frames)

    recording = rnnvis.record(BatchFirst(batch_first=True), rows, events.bins(), forward=forward)
    assert set(seen) == set(range(len(rows)))
    usual = rnnvis.record(BatchFirst(batch_first=True), rows, events.bins())
    np.testing.assert_array_equal(recording.responses["rnn.0.h"].mean, usual.responses["rnn.0.h"].mean)


class Source:
    states = {"sum.0.h": 3}  # noqa: RUF012

    def steps(self, batch: rnnvis.Batch) -> Any:
        assert batch.frames is not None
        total = torch.zeros(len(batch.ids), 3)
        for frame in batch.frames.unbind(1):
            total = total + frame
            yield {"sum.0.h": total}

    def answers(self, batch: rnnvis.Batch) -> Any:
        assert batch.frames is not None
        ends = batch.frames.cumsum(1)[torch.arange(len(batch.ids)), batch.lengths - 1]
        return ends[:, :2] - ends[:, 2:]


def test_a_cell_of_ones_own_steps_over_frames_too() -> None:
    rows = series()
    labels = [i % 2 for i in range(len(rows))]
    recording = rnnvis.record(Source(), rows, events.bins(), labels)
    for number, row in enumerate(rows):
        np.testing.assert_allclose(recording.states["sum.0.h"].of(number), np.cumsum(row, axis=0), rtol=1e-3)
    assert recording.answers is not None
    logits = np.stack([row.sum(axis=0)[:2] - row.sum(axis=0)[2] for row in rows])
    wanted = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(recording.answers.of_sequence, wanted, atol=1e-5)
    assert recording.rerun is not None
    np.testing.assert_allclose(np.exp(recording.rerun.answers(np.array([5])).values[0]), wanted[5], atol=1e-5)


class Classifier(Reads):
    def __init__(self) -> None:
        super().__init__(batch_first=True)
        self.out = nn.Linear(UNITS, 2)

    def forward(self, x: torch.Tensor) -> Any:
        return self.out(self.rnn(x)[0][:, -1])


def test_what_a_model_answers_to_signals_is_known_and_units_can_be_held() -> None:
    model, rows = Classifier(), series()
    labels = [int(row[:, 0].mean() > 0.5) for row in rows]
    recording = rnnvis.record(model, rows, events.bins(0), labels)
    with torch.no_grad():
        logits = torch.stack([model(torch.from_numpy(row[None]))[0] for row in rows]).double()
    assert recording.answers is not None
    np.testing.assert_allclose(recording.answers.of_sequence, logits.softmax(1).numpy(), atol=1e-5)
    assert recording.effects is not None
    assert recording.effects.exact
    without = recording.ablate([0, 1, 2, 3])
    always = model.out.bias.detach().double().softmax(0).numpy()
    np.testing.assert_allclose(np.exp(without.after.values), np.tile(always, (len(rows), 1)), atol=1e-5)
    alone = recording.step_model()
    ran = alone.run(rows[7])
    np.testing.assert_allclose(ran.states["rnn.0.h"], by_hand(model, rows[7])[0][1:], atol=1e-5)


class Counts(Reads):
    """As many numbers a step as there are events, and as there are channels."""

    def __init__(self) -> None:
        super().__init__(batch_first=True)
        self.out = nn.Linear(UNITS, 5)

    def forward(self, x: torch.Tensor) -> Any:
        return self.out(self.rnn(x)[0])


def test_numbers_as_many_as_there_are_events_are_no_guesses_of_the_next_one() -> None:
    recording = rnnvis.record(Counts(), series(), events.bins(0, 5))
    assert len(recording.words) == 5
    assert recording.answers is None
    assert any("nothing says what they are" in note and "vocabulary" not in note for note in recording.notes)


def test_states_carried_through_a_stream_are_those_of_stepping_through_it() -> None:
    model, rows = BatchFirst(batch_first=True), series()
    documents = [number % 3 for number in range(len(rows))]
    recording = rnnvis.record(model, rows, events.bins(2), initial="carried", documents=documents, batch_steps=64)
    state: dict[int, Any] = {}
    states = []
    for number, row in enumerate(rows):
        of, state[number % 3] = by_hand(model, row, state.get(number % 3))
        states.append(of)
        np.testing.assert_allclose(recording.states["rnn.0.h"].of(number), of[1:], atol=1e-3)
        np.testing.assert_allclose(recording.states["rnn.0.h"].before[number], of[0], atol=1e-3)
    mean, _ = responses(rows, states, np.concatenate(recording.tokens), 5)
    np.testing.assert_allclose(recording.responses["rnn.0.h"].mean, mean, atol=2e-6)
    assert recording.checked


def test_bins_end_at_quantiles_of_one_channel() -> None:
    rows = series()
    recording = rnnvis.record(BatchFirst(batch_first=True), rows, events.bins(1, 4))
    values = np.concatenate(rows)[:, 1]
    edges = np.quantile(values.astype(np.float64), [0.25, 0.5, 0.75])
    wanted = [sum(edge < value for edge in edges) for value in values.astype(np.float64)]
    assert np.concatenate(recording.tokens).tolist() == wanted
    assert recording.words[0].startswith("channel 1 up to 0.2")
    assert recording.words[3].startswith("channel 1 above 0.7")
    uses = np.bincount(wanted)
    assert uses.max() - uses.min() <= 1
    given = rnnvis.record(BatchFirst(batch_first=True), rows, events.bins(1, edges=[0.1, 0.9]))
    assert given.words == ("channel 1 up to 0.1", "channel 1 0.1 to 0.9", "channel 1 above 0.9")


def test_a_codebook_names_each_step_by_its_nearest_centre_and_each_centre_by_a_real_frame() -> None:
    random = np.random.default_rng(0)
    centres = np.array([[0, 0, 0], [5, 5, 0], [0, 9, 9]], np.float32)
    kinds = [random.choice(3, 12, p=[0.2, 0.5, 0.3]) for _ in range(30)]
    rows = [centres[kind] + random.normal(0, 0.1, (12, 3)).astype(np.float32) for kind in kinds]
    recording = rnnvis.record(BatchFirst(batch_first=True), rows, events.codebook(3))
    uses = np.bincount(np.concatenate(kinds))
    number = {int(kind): place for place, kind in enumerate(np.argsort(-uses))}
    for found, kind in zip(recording.tokens, kinds, strict=True):
        assert found.tolist() == [number[int(k)] for k in kind]
    for kind, place in number.items():
        name = recording.words[place]
        signal, step = map(int, name[name.index("(") + 1 : -1].split(":"))
        said = [float(part.replace("−", "-")) for part in name[: name.index(" (")].split(", ")]
        np.testing.assert_allclose(rows[signal][step], said, rtol=6e-3)
        np.testing.assert_allclose(said, centres[kind], atol=0.3)
    again = rnnvis.record(BatchFirst(batch_first=True), rows, events.codebook(3))
    assert again.words == recording.words


def test_names_may_be_given_one_a_step_or_by_a_function() -> None:
    rows = series()
    names = [["loud" if frame[0] > 0.5 else "quiet" for frame in row] for row in rows]
    model = BatchFirst(batch_first=True)
    listed = rnnvis.record(model, [Signal(row, of) for row, of in zip(rows, names, strict=True)])
    assert listed.words == ("loud", "quiet")
    assert [[listed.words[i] for i in of] for of in listed.tokens] == names
    by_function = rnnvis.record(
        model,
        [Signal(row, lambda x: ["loud" if f[0] > 0.5 else "quiet" for f in x]) for row in rows],
        ["quiet", "loud"],
    )
    assert by_function.words == ("quiet", "loud")
    assert [[by_function.words[i] for i in of] for of in by_function.tokens] == names
    np.testing.assert_array_equal(by_function.responses["rnn.0.h"].mean[::-1], listed.responses["rnn.0.h"].mean)


def test_frames_of_few_kinds_may_have_one_event_here_and_another_there() -> None:
    random = np.random.default_rng(0)
    rows = [random.integers(0, 2, (12, 3)).astype(np.float32) for _ in range(40)]
    recording = rnnvis.record(BatchFirst(batch_first=True), rows, events.threshold(0, 0.5))
    for row, of in zip(rows, recording.tokens, strict=True):
        for t in range(len(row)):
            crosses = t > 0 and row[t, 0] != row[t - 1, 0]
            assert of[t] == ((2 if row[t, 0] else 3) if crosses else row[t, 0])


def test_without_events_a_codebook_is_made_and_said() -> None:
    rows = series(60)
    steps = sum(map(len, rows))
    recording = rnnvis.record(BatchFirst(batch_first=True), rows)
    assert len(recording.words) == steps // 50
    assert recording.notes[0].startswith(f"No events are named: a codebook of {steps // 50} names each step")


def loaded(rows: list[np.ndarray], collate: Any, size: int = 8) -> Any:
    return DataLoader(rows, batch_size=size, collate_fn=collate)  # type: ignore[arg-type]


def tensors(rows: list[np.ndarray]) -> list[torch.Tensor]:
    return [torch.from_numpy(row) for row in rows]


def with_lengths(rows: list[np.ndarray]) -> Any:
    return pad_sequence(tensors(rows), batch_first=True), torch.tensor([len(row) for row in rows])


def with_labels_and_mask(rows: list[np.ndarray]) -> Any:
    padded, lengths = with_lengths(rows)
    return padded, torch.ones(len(rows), dtype=torch.long), torch.arange(padded.shape[1]) < lengths[:, None]


LOADERS: dict[str, Any] = {
    "lengths": with_lengths,
    "a mask behind labels": with_labels_and_mask,
    "time first": lambda rows: (pad_sequence(tensors(rows)), torch.tensor([len(row) for row in rows])),
    "packed": lambda rows: pack_sequence(tensors(rows), enforce_sorted=False),
}


@pytest.mark.parametrize("name", LOADERS)
def test_a_loader_of_frames_gives_each_signal_as_it_is(name: str) -> None:
    rows = series()
    model = BatchFirst(batch_first=True)
    recording = rnnvis.record(model, loaded(rows, LOADERS[name]), events.bins())
    wanted = rnnvis.record(model, rows, events.bins())
    assert [len(of) for of in recording.tokens] == [len(row) for row in rows]
    assert recording.keys == wanted.keys
    np.testing.assert_array_equal(recording.responses["rnn.0.h"].mean, wanted.responses["rnn.0.h"].mean)


def test_one_array_holds_one_signal_a_row_and_lengths_cut_them() -> None:
    rows = series()
    padded = pad_sequence(tensors(rows), batch_first=True)
    lengths = [len(row) for row in rows]
    recording = rnnvis.record(BatchFirst(batch_first=True), padded, events.bins(), lengths=lengths)
    wanted = rnnvis.record(BatchFirst(batch_first=True), rows, events.bins())
    assert recording.keys == wanted.keys


def test_a_series_of_one_channel_is_read_with_one_channel_and_without_axis() -> None:
    rows = [row[:, 0] for row in series()]

    class One(Reads):
        def forward(self, x: torch.Tensor) -> Any:
            assert x.ndim == 2
            return self.rnn(x[..., None])[0]

    one = rnnvis.record(One(1, batch_first=True), rows, events.bins())
    same = rnnvis.record(BatchFirst(1, batch_first=True), [Signal(row) for row in rows], events.bins())
    np.testing.assert_allclose(one.responses["rnn.0.h"].mean, same.responses["rnn.0.h"].mean, atol=1e-7)


def nan_at(rows: list[np.ndarray]) -> list[np.ndarray]:
    rows[3][2, 1] = np.nan
    return rows


@pytest.mark.parametrize(
    ("sequences", "vocabulary", "message"),
    [
        (nan_at(series()), events.bins(), "signal 3 is nan at step 2, channel 1"),
        ([*series(3), series(1, channels=2)[0]], events.bins(), r"signal 0 are \[3\], those of signal 3 \[2\]"),
        (series(4, channels=2), events.bins(), r"failed on frames \[2\] of 2 sequences"),
        (series(2), None, r"\d\d steps are too few for a codebook"),
        (series(3), events.codebook(64), r"steps of \d\d different frames are too few for a codebook of 64"),
        (series(), events.bins("w"), "made of the channel 'w', which the signals do not have"),
        ([np.ones((20, 3), np.float32)], events.bins(), 'the channel "channel 0" has no two quantiles'),
        (series(1)[0], events.bins(), r"the sequences are one array \[\d+, 3\]"),
        ([Signal(row, ["a"] * 4) for row in series()], None, r"signal 0 has \d+ steps and 4 names"),
        ([Signal(row, [1] * len(row)) for row in series()], None, "signal 0 has the name 1"),
        ([Signal(row, ["a"] * len(row)) for row in series(3)], ["b"], "signal 0 has the event 'a'"),
        ([Signal(series(1)[0], ["a"] * len(series(1)[0])), Signal(series(1)[0])], None, "signal 1 has no names"),
        ([Signal(series(1)[0]), series(1)[0]], None, "sequence 1 is a ndarray, and others are rnnvis.Signal"),
        ([Signal(row, events.bins()) for row in series()], events.bins(1), "signals have several rules"),
        ([Signal(row) for row in series()], ["a", "b"], "signals do not say which their steps are"),
        (
            [Signal(row, channels=["x"]) for row in series()],
            events.bins(),
            "name 1 channels, and frames hold 3",
        ),
        ([Signal(row, channels=["x"] * 3) for row in series()], events.bins(), "two of the channels have one name"),
        ([Signal(row, truth={"y": [1.0]}) for row in series()], events.bins(), r'truth\["y"\] of signal 0 is float64'),
        ([Signal(np.zeros((40_000, 3)))], events.bins(), "signal 0 has 40,000 steps"),
        ([Signal("text")], events.bins(), "the frames of signal 0"),
        ([[0, 1, 2]] * 9, events.bins(), "the sequences are token ids, and no vocabulary names them"),
        ([[0, 1, 2]] * 9, None, "the sequences are token ids, and no vocabulary names them"),
        ([Signal(np.zeros((5, 0)))], events.bins(), "they hold nothing"),
        ([Signal(np.zeros((0, 3)))], events.bins(), "there is not one step to record"),
        (pad_sequence(tensors(series()), batch_first=True), events.bins(), "frames of zeros fill the ends of"),
        (loaded(series(), lambda rows: pad_sequence(tensors(rows), batch_first=True)), None, "frames of zeros fill"),
    ],
)
def test_what_is_wrong_with_signals_is_named(sequences: Any, vocabulary: Any, message: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=message) as error:
        rnnvis.record(BatchFirst(batch_first=True), sequences, vocabulary)
    assert error.value.fix


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: events.bins(0, 1), "count is 1"),
        (lambda: events.bins(0, edges=[2, 1]), r"edges is \[2, 1\]"),
        (lambda: events.bins(0.5), "channel is 0.5"),
        (lambda: events.threshold(0, float("nan")), "at is nan"),
        (lambda: events.codebook(1), "size is 1"),
        (lambda: events.codebook(4, seed=-1), "seed is -1"),
        (lambda: events.codebook(4, scaled="no"), "scaled is 'no'"),
        (lambda: events.threshold(0, crossings="no"), "crossings is 'no'"),
        (lambda: events.threshold(0, 10**400), "at is 1000"),
        (lambda: events.bins(0, edges=5), "edges is 5"),
        (
            lambda: read_signals([Signal(np.zeros((9, 2)), channels={"x", "y"})], None, None),
            "channels of signal 0 is {",
        ),
        (lambda: read_signals([Signal(np.zeros((9, 2)), truth=0)], None, None), "truth of signal 0 is 0"),
    ],
)
def test_what_is_wrong_with_a_rule_or_a_signal_is_named(make: Any, message: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=message):
        make()


def test_signals_are_published_with_their_frames_channels_and_correlations(planted: Any, tmp_path: Path) -> None:
    recording, rows = planted
    assert f"{len(rows)} signals can be read there" in recording.publish(tmp_path, largest_k=2)
    assert verify(tmp_path).problems == []
    dataset = read_manifest(tmp_path)["datasets"][0]
    assert dataset["nouns"] == {"step": "event", "steps": "events", "sentence": "signal", "sentences": "signals"}

    def table(name: str, tables: Any) -> Any:
        return read(name, [tmp_path / file["path"] for file in tables[name]["files"]])

    channels = table("channels", dataset["tables"])
    assert channels["name"].to_pylist() == ["x", "y", "z", "sum of y"]
    frames = table("frames", dataset["tables"])
    assert frames.num_rows == sum(map(len, rows))
    values = np.concatenate([np.column_stack([row, np.cumsum(row[:, 1])]) for row in rows])
    np.testing.assert_allclose(matrix(frames["value"]), values, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(channels["mean"].to_numpy(), values.mean(axis=0), rtol=1e-5)
    assert dataset["models"][0]["step_model"] is None
    assert "reads the frames of signals" in dataset["models"][0]["no_step_model"]
    state = dataset["models"][0]["states"][0]
    pairs = table("unit_channels", state["tables"])
    wanted = recording.channels.correlations["rnn.0.h"]
    np.testing.assert_array_equal(pairs["correlation"].to_numpy(), wanted.value.reshape(-1))
    np.testing.assert_array_equal(pairs["standard_error"].to_numpy(), wanted.standard_error.reshape(-1))
    words = table("words", dataset["tables"])
    assert words["text"].to_pylist() == list(recording.words)
    assert words["part_of_speech"].null_count == len(recording.words)


def test_models_of_the_same_signals_are_compared_and_those_of_other_frames_refused(tmp_path: Path) -> None:
    rows = series()
    model = BatchFirst(batch_first=True)
    rnnvis.record(model, rows, events.threshold(0, 0.5)).publish(tmp_path, "one", largest_k=2)
    rnnvis.record(Planted(), rows, events.threshold(0, 0.5)).publish(tmp_path, "two", largest_k=2)
    assert verify(tmp_path).problems == []
    dataset = read_manifest(tmp_path)["datasets"][0]
    assert [one["name"] for one in dataset["models"]] == ["one", "two"]
    assert dataset["tables"]["unit_matches"]["rows"]
    others = [np.column_stack([row[:, 0], 1 - row[:, 1:]]).astype(np.float32) for row in rows]
    other = rnnvis.record(model, others, events.threshold(0, 0.5))
    with pytest.raises(rnnvis.RnnvisError, match="has other sentences than this recording"):
        other.publish(tmp_path, "three", largest_k=2)


def test_wide_frames_are_shown_in_bands_of_neighbours() -> None:
    random = np.random.default_rng(0)
    rows = [random.random((10, 130)) for _ in range(30)]
    recording = rnnvis.record(BatchFirst(130, batch_first=True), rows, events.codebook(4))
    channels = recording.channels
    assert channels is not None
    assert len(channels.names) == 64
    assert channels.names[:2] == ("channel 0 to channel 1", "channel 2 to channel 3")
    np.testing.assert_allclose(channels.values[:, 0], np.concatenate(rows)[:, :2].mean(axis=1), rtol=1e-6)
    assert any("as 64 means of neighbours" in note for note in recording.notes)
    assert recording.words[0].startswith("like ")


def test_text_is_left_out_with_its_frames(planted: Any, tmp_path: Path) -> None:
    planted[0].publish(tmp_path, text=False, largest_k=2)
    tables = read_manifest(tmp_path)["datasets"][0]["tables"]
    assert "frames" not in tables
    assert "channels" in tables
    assert verify(tmp_path).problems == []
