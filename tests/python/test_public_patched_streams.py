"""`rnnvis.patch` and `rnnvis.search` where states are carried: streams that go on alike after another past, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import rnnvis
from rnnvis import Signal, events

PAIRS, UNITS, PLANTED, AFTER = 8, 5, 3, 6
LONG, SHORT = 40, 2


class Detector(nn.Module):
    """One number a step from an LSTM, whose unit PLANTED counts what channel 1 brings and presses the answer down."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.lstm = nn.LSTM(2, UNITS, batch_first=True, dtype=torch.float64)
        self.head = nn.Linear(UNITS, 1, dtype=torch.float64)
        with torch.no_grad():
            of = [k * UNITS + PLANTED for k in range(4)]  # input, forget, cell and output gate
            for weight in (self.lstm.weight_ih_l0, self.lstm.weight_hh_l0):
                weight[of] = 0
            self.lstm.bias_hh_l0[of] = 0
            self.lstm.bias_ih_l0[of] = torch.tensor([5.0, 5.0, 0.0, 5.0], dtype=torch.float64)
            self.lstm.weight_ih_l0[of[2], 1] = 0.2
            self.head.weight[0, PLANTED] = -4

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.head(self.lstm(x)[0]))[..., 0]


def pieces(seed: int = 0) -> tuple[list[np.ndarray], list[int]]:
    """Of each pair: a long past, what is heard after it, a short past, the same again; and their streams."""
    random = np.random.default_rng(seed)
    rows, streams = [], []
    for pair in range(PAIRS):
        heard = np.column_stack([random.random(AFTER), np.full(AFTER, 0.1)])
        for which, steps in enumerate((LONG, SHORT)):
            past = np.column_stack([random.random(steps) - 0.5, random.random(steps)])
            rows += [past, heard]
            streams += [2 * pair + which] * 2
    return rows, streams


AFTER_LONG, AFTER_SHORT = np.arange(1, 4 * PAIRS, 4), np.arange(3, 4 * PAIRS, 4)


def recorded(model: nn.Module, **options: Any) -> rnnvis.Recording:
    rows, streams = pieces()
    return rnnvis.record(
        model.eval(),
        [Signal(row) for row in rows],
        events.bins(0),
        [[0] * len(row) for row in rows],
        classes=["silence", "speech"],
        initial="carried",
        documents=streams,
        **options,
    )


def stepped(
    model: Detector, frames: np.ndarray, carried: dict[int, dict[str, Tensor]] | None = None
) -> list[tuple[float, Tensor, Tensor]]:
    """P, h and c after each step, by the formulas of an LSTM; after step t the units of `carried[t]` are put in."""
    lstm, found = model.lstm, []
    h = c = torch.zeros(UNITS, dtype=torch.float64)
    with torch.no_grad():
        for t, frame in enumerate(torch.from_numpy(frames)):
            gates = lstm.weight_ih_l0 @ frame + lstm.bias_ih_l0 + lstm.weight_hh_l0 @ h + lstm.bias_hh_l0
            i, f, g, o = gates.chunk(4)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            for kind, values in (carried or {}).get(t, {}).items():
                if kind == "c":
                    c = torch.where(values.isnan(), c, values)
            h = torch.sigmoid(o) * torch.tanh(c)
            for kind, values in (carried or {}).get(t, {}).items():
                if kind == "h":
                    h = torch.where(values.isnan(), h, values)
            found.append((float(torch.sigmoid(model.head(h))[0]), h, c))
    return found


def by_hand(model: Detector, pair: int, at: int, units: list[int], kind: str) -> tuple[np.ndarray, ...]:
    """P(speech) at the steps that are heard: after the long past, with units of the other carried over, and after the
    short past."""
    rows, _ = pieces()
    long, short = np.concatenate(rows[4 * pair : 4 * pair + 2]), np.concatenate(rows[4 * pair + 2 : 4 * pair + 4])
    before, wanted = stepped(model, long), stepped(model, short)
    values = torch.full((UNITS,), torch.nan, dtype=torch.float64)
    values[units] = wanted[SHORT + at][1 if kind == "h" else 2][units]
    after = stepped(model, long, {LONG + at: {kind: values}})
    return tuple(np.array([p for p, _, _ in of[-AFTER:]]) for of in (before, after, wanted))


def p_speech(values: Tensor) -> Tensor:
    return values[:, 1].exp()


@pytest.mark.parametrize("kind", ["c", "h"])
@pytest.mark.parametrize("single", [False, True])
def test_units_carried_between_streams_do_what_stepping_by_hand_does(kind: str, single: bool) -> None:
    model = Detector()
    own = {"forward": lambda model, batch: model(batch.frames)} if single else {}
    recording = recorded(model, **own)
    units = [0, PLANTED]
    found = rnnvis.patch(
        recording, AFTER_LONG, AFTER_SHORT, 1, units, state=f"lstm.0.{kind}", measure=p_speech, answer=slice(2, 5)
    )
    assert found.before.shape == found.after.shape == found.wanted.shape == (PAIRS, 3, 2)
    moved, gaps = [], []
    for pair in range(PAIRS):
        before, after, wanted = by_hand(model, pair, 1, units, kind)
        for name, values in (("before", before), ("after", after), ("wanted", wanted)):
            np.testing.assert_allclose(np.exp(getattr(found, name)[pair, :, 1]), values[2:5], rtol=1e-6)
            np.testing.assert_allclose(found.measured[name][pair], values[2:5].mean(), rtol=1e-6)
        gap = wanted[2:5].mean() - before[2:5].mean()
        moved.append(np.sign(gap) * (after[2:5].mean() - before[2:5].mean()))
        gaps.append(abs(gap))
    assert found.share == pytest.approx(sum(moved) / sum(gaps), rel=1e-5)


def test_one_step_is_answered_as_it_was_and_a_stream_may_be_given_its_own_state_of_another_time() -> None:
    model = Detector()
    found = rnnvis.patch(recorded(model), AFTER_LONG[:2], AFTER_SHORT[:2], 0, state="lstm.0.c", measure=p_speech)
    assert found.before.shape == (2, 2)
    for pair in range(2):
        _, after, _ = by_hand(model, pair, 0, list(range(UNITS)), "c")
        assert found.measured["after"][pair] == pytest.approx(after[-1], rel=1e-6)
    own = rnnvis.patch(recorded(model), AFTER_LONG[:2], at=(4, 1), state="lstm.0.c", answer=slice(-1, None))
    assert own.before.shape == (2, 1, 2)


def test_what_a_stream_begins_with_can_be_given_to_one_that_goes_on() -> None:
    """The first piece of a stream starts as the model does, and shares a batch with those that go on."""
    model = Detector()
    rows, _ = pieces()
    recording = recorded(model)
    found = rnnvis.patch(
        recording, [1, 2], [2, 1], 1, state="lstm.0.c", units=[PLANTED], measure=p_speech, answer=slice(1, 2)
    )
    long = stepped(model, np.concatenate(rows[:2]))
    fresh = stepped(model, rows[2])
    np.testing.assert_allclose(np.exp(found.before[:, 0, 1]), [long[LONG + 1][0], fresh[1][0]], rtol=1e-6)
    np.testing.assert_allclose(np.exp(found.wanted[:, 0, 1]), [fresh[1][0], long[LONG + 1][0]], rtol=1e-6)
    values = torch.full((UNITS,), torch.nan, dtype=torch.float64)
    values[PLANTED] = fresh[1][2][PLANTED]
    after = stepped(model, np.concatenate(rows[:2]), {LONG + 1: {"c": values}})
    assert np.exp(found.after[0, 0, 1]) == pytest.approx(after[LONG + 1][0], rel=1e-6)


def test_a_search_on_streams_finds_the_unit_that_counts_the_past() -> None:
    recording = recorded(Detector())
    found = rnnvis.search(
        recording, AFTER_LONG, AFTER_SHORT, 0, state="lstm.0.c", measure=p_speech, answer=slice(1, AFTER), runs=40
    )
    assert found.sets[0].units.tolist() == [PLANTED]
    assert (found.searched, found.confirmed) == (PAIRS // 2, PAIRS // 2)
    assert found.sets[0].unseen > 0.8
    others = rnnvis.patch(
        recording, AFTER_LONG[1::2], AFTER_SHORT[1::2], 0, [PLANTED], state="lstm.0.c", measure=p_speech,
        answer=slice(1, AFTER),
    )  # fmt: skip
    assert found.sets[0].unseen == pytest.approx(others.share, rel=1e-9)
    assert found.sets[0].standard_error == pytest.approx(others.standard_error, rel=1e-9)
    assert len(found.sets[0].random) > 5
    assert np.median(found.sets[0].random) < 0.3


def test_the_first_order_of_several_answers_is_the_slope_of_their_mean() -> None:
    model = Detector()
    recording = recorded(model)
    step = 1e-4
    found = rnnvis.search(
        recording, AFTER_LONG, AFTER_SHORT, 0, state="lstm.0.c", measure=p_speech, answer=slice(1, AFTER),
        confirm=(AFTER_LONG, AFTER_SHORT), runs=40, largest=1,
    )  # fmt: skip
    moved = gaps = 0.0
    rows, _ = pieces()
    for pair in range(PAIRS):
        before, _, wanted = by_hand(model, pair, 0, [PLANTED], "c")
        frames, short = np.concatenate(rows[4 * pair : 4 * pair + 2]), np.concatenate(rows[4 * pair + 2 : 4 * pair + 4])
        here = stepped(model, frames)[LONG][2][PLANTED]
        there = stepped(model, short)[SHORT][2][PLANTED]
        near = torch.full((UNITS,), torch.nan, dtype=torch.float64)
        near[PLANTED] = here + step
        pushed = np.array([p for p, _, _ in stepped(model, frames, {LONG: {"c": near}})[-AFTER:]])
        slope = (pushed - before)[1:].mean() / step
        gap = (wanted - before)[1:].mean()
        moved += np.sign(gap) * slope * float(there - here)
        gaps += abs(gap)
    assert found.sets[0].units.tolist() == [PLANTED]
    assert found.sets[0].first_order == pytest.approx(moved / gaps, rel=1e-3)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (slice(4, 99, 0), "answer is slice"),
        (slice("a", None), "answer is slice"),
        (slice(AFTER, None), "answer names 0 steps"),
        (slice(99, 100), "answer names 0 steps"),
    ],
)
def test_steps_that_are_none_are_named(answer: slice, message: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=message):
        rnnvis.patch(recorded(Detector()), AFTER_LONG, AFTER_SHORT, 0, state="lstm.0.c", answer=answer)


def test_answers_of_a_different_number_of_steps_are_not_compared() -> None:
    with pytest.raises(rnnvis.RnnvisError, match="answer names 2 steps of one sequence and 6 of another"):
        rnnvis.patch(recorded(Detector()), [1], [2], 0, state="lstm.0.c", answer=slice(0, None))


def test_a_model_that_answers_once_a_sequence_has_no_several_steps() -> None:
    class Last(Detector):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x)[:, -1]

    rows, _ = pieces()
    recording = rnnvis.record(Last().eval(), [Signal(row) for row in rows], events.bins(0), [0, 1] * (len(rows) // 2))
    with pytest.raises(rnnvis.RnnvisError, match="there is one answer a sequence"):
        rnnvis.patch(recording, [1], [3], 0, state="lstm.0.c", answer=slice(0, 2))
