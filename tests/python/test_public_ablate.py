"""`Recording.ablate`, `rnnvis.patch` and `rnnvis.search` on models of anybody, against stepping them by hand."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import rnnvis
from rnnvis.errors import RnnvisError
from tests.python.test_recording_holding import INPUTS, UNITS, by_hand, make

WORDS, HELD = 12, [1, 4]
VOCABULARY = [f"w{i}" for i in range(WORDS)]
RANDOM = np.random.default_rng(0)
TEXT = [RANDOM.integers(0, WORDS, n).tolist() for n in RANDOM.integers(3, 9, 24)]
LABELS = RANDOM.integers(0, 2, len(TEXT)).tolist()
TAGS = [RANDOM.integers(0, 3, len(row)).tolist() for row in TEXT]


class Model(nn.Module):
    """Any recurrent layer, packed, with a head that is not linear at the end or at every step."""

    def __init__(self, kind: str, classes: int, each: bool = False, **options: object) -> None:
        super().__init__()
        self.rnn = make(kind, batch_first=True, **options)
        torch.manual_seed(1)
        self.embedding = nn.Embedding(WORDS, INPUTS, dtype=torch.float64)
        width = (self.rnn.proj_size or UNITS) * (1 + self.rnn.bidirectional)
        self.first = nn.Linear(width, 7, dtype=torch.float64)
        self.second = nn.Linear(7, classes, dtype=torch.float64)
        self.each = each
        with torch.no_grad():
            self.second.weight *= 4

    def head(self, states: Tensor) -> Tensor:
        return self.second(torch.tanh(self.first(states)))

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(self.embedding(ids), lengths.cpu(), batch_first=True, enforce_sorted=False)
        output, _ = pad_packed_sequence(self.rnn(packed)[0], batch_first=True)
        if self.each:
            return self.head(output)
        return self.head(output[torch.arange(len(ids)), lengths - 1])


def recorded(model: nn.Module, labels: object = LABELS, **options: object) -> rnnvis.Recording:
    return rnnvis.record(model.eval(), TEXT, VOCABULARY, labels, minimum_count=1, frequent_count=1, **options)


@torch.no_grad()
def losses_by_hand(model: Model, place: tuple[int, int, str], what, sequences=None) -> list[float]:
    found = []
    for number in range(len(TEXT)) if sequences is None else sequences:
        x = model.embedding(torch.tensor(TEXT[number]))
        states = by_hand(model.rnn, x, place, what(number))["output"]
        log_p = model.head(states if model.each else states[-1:]).log_softmax(dim=1)
        wanted = TAGS[number] if model.each else [LABELS[number]]
        found += [-float(log_p[t, right]) for t, right in enumerate(wanted)]
    return found


def setting(values, first=0):
    def what(number):
        def hold(t: int, new: Tensor, old: Tensor) -> Tensor:
            if t < first:
                return new
            new = new.clone()
            new[HELD] = torch.as_tensor(values[number] if np.ndim(values) > 1 else values, dtype=torch.float64)
            return new

        return hold

    return what


CASES = [
    ("RNN", {}, "rnn.0.h", (0, 0, "h"), False),
    ("GRU", {"num_layers": 2}, "rnn.0.h", (0, 0, "h"), False),
    ("GRU", {"bidirectional": True}, "rnn.0.reverse.h", (0, 1, "h"), True),
    ("LSTM", {"num_layers": 2}, "rnn.0.h", (0, 0, "h"), False),
    ("LSTM", {"num_layers": 2}, "rnn.1.c", (1, 0, "c"), True),
    ("LSTM", {"proj_size": 5}, "rnn.0.h", (0, 0, "h"), True),
    ("LSTM", {"proj_size": 5}, "rnn.0.c", (0, 0, "c"), False),
]


@pytest.mark.parametrize(("kind", "options", "state", "place", "each"), CASES)
def test_losses_without_units_are_those_of_stepping_by_hand(kind, options, state, place, each):
    model = Model(kind, 3 if each else 2, each, **options)
    recording = recorded(model, TAGS if each else LABELS)
    nothing = losses_by_hand(model, place, lambda number: lambda t, new, old: new)
    for hold, values in (
        ("zero", [0.0, 0.0]),
        ("mean", recording.units[state].mean[HELD].astype(np.float64)),
        ([0.3, -0.2], [0.3, -0.2]),
        (0.5, [0.5, 0.5]),
    ):
        found = recording.ablate(HELD, state=state, hold=hold)
        wanted = losses_by_hand(model, place, setting(values))
        np.testing.assert_allclose(found.before.loss, nothing, rtol=1e-6)
        np.testing.assert_allclose(found.after.loss, wanted, rtol=1e-6)
        assert found.mean == pytest.approx(np.mean(wanted) - np.mean(nothing))
        assert np.abs(found.increase).max() > 1e-3


def test_units_stay_as_they_were_from_a_word_on_and_each_sequence_may_have_values_of_its_own():
    model = Model("GRU", 2)
    recording = recorded(model)
    place = (0, 0, "h")

    def staying(number):
        def hold(t, new, old):
            if t < 2:
                return new
            new = new.clone()
            new[HELD] = old[HELD]
            return new

        return hold

    found = recording.ablate(HELD, hold="before", from_step=2)
    np.testing.assert_allclose(found.after.loss, losses_by_hand(model, place, staying), rtol=1e-6)
    chosen = [3, 5, 20]
    values = np.linspace(-0.5, 0.5, 6).reshape(3, 2)
    by_number = {number: values[row] for row, number in enumerate(chosen)}
    found = recording.ablate(HELD, hold=values, sequences=chosen)
    assert found.after.sequence_id.tolist() == chosen
    wanted = losses_by_hand(model, place, lambda n: setting(by_number[n])(n), chosen)
    np.testing.assert_allclose(found.after.loss, wanted, rtol=1e-6)


def test_an_lstms_h_held_and_its_c_held_are_two_things():
    recording = recorded(Model("LSTM", 2))
    h = recording.ablate(HELD, state="rnn.0.h", hold=0.3).after.loss
    c = recording.ablate(HELD, state="rnn.0.c", hold=0.3).after.loss
    assert np.abs(h - c).max() > 1e-3
    zero = [recording.ablate(HELD, state=f"rnn.0.{kind}", hold="zero").after.loss for kind in "hc"]
    np.testing.assert_allclose(*zero, rtol=1e-12)  # a cell state at zero leaves nothing of the hidden one


def test_what_has_no_effect_has_exactly_none():
    model = Model("GRU", 2)
    with torch.no_grad():
        model.first.weight[:, 2] = 0
        model.rnn.weight_hh_l0[:, 2] = 0
    assert not recorded(model).ablate([2]).increase.any()


def test_cells_in_a_loop_and_next_words():
    class Speaking(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(2)
            self.embedding = nn.Embedding(WORDS, INPUTS, dtype=torch.float64)
            self.cell = nn.LSTMCell(INPUTS, UNITS, dtype=torch.float64)
            self.out = nn.Linear(UNITS, WORDS, dtype=torch.float64)

        def forward(self, ids):
            state, said = None, []
            for t in range(ids.shape[1]):
                state = self.cell(self.embedding(ids[:, t]), state)
                said.append(self.out(state[0]))
            return torch.stack(said, dim=1)

    model = Speaking()
    found = recorded(model, None).ablate(HELD, state="cell.0.c", hold=0.4, from_step=1)
    wanted = []
    with torch.no_grad():
        for row in TEXT:
            h, c = torch.zeros(1, UNITS, dtype=torch.float64), torch.zeros(1, UNITS, dtype=torch.float64)
            for t, word in enumerate(row):
                x = model.embedding(torch.tensor([word]))
                gates = (
                    x @ model.cell.weight_ih.T + model.cell.bias_ih + h @ model.cell.weight_hh.T + model.cell.bias_hh
                )
                i, f, g, o = gates.chunk(4, dim=1)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                if t >= 1:
                    c[0, HELD] = 0.4
                h = o.sigmoid() * c.tanh()
                right = row[t + 1] if t + 1 < len(row) else None
                log_p = model.out(h).log_softmax(dim=1)[0]
                wanted.append(np.nan if right is None else -float(log_p[right]))
    np.testing.assert_allclose(found.after.loss, wanted, rtol=1e-6)
    assert found.mean == pytest.approx(np.nanmean(found.after.loss - found.before.loss))


def test_a_published_chip_is_its_units(tmp_path):
    recording = recorded(Model("GRU", 2))
    with pytest.raises(RnnvisError, match="they are made by publishing"):
        recording.ablate(chip=("block", "reliable", 3, 0))
    recording.publish(tmp_path, largest_k=3)
    chips = [recording.ablate(chip=("block", "reliable", 3, number)) for number in range(3)]
    assert sorted(np.concatenate([chip.units for chip in chips]).tolist()) == list(range(UNITS))
    for chip in chips:
        np.testing.assert_array_equal(chip.increase, recording.ablate(chip.units).increase)
    with pytest.raises(RnnvisError, match="there is no cluster 3 of 3"):
        recording.ablate(chip=("block", "reliable", 3, 3))


def test_the_model_is_as_before_also_after_a_failure():
    model = Model("GRU", 2)
    recording = recorded(model)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    plain = model(torch.tensor([[1, 2, 3]]), torch.tensor([3]))
    recording.ablate(HELD)
    model.head = lambda states: 1 / 0  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        recording.ablate(HELD)
    del model.head
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(model(torch.tensor([[1, 2, 3]]), torch.tensor([3])), plain)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"units": [UNITS]}, f'"rnn.0.h" has no unit {UNITS}'),
        ({"units": [1, 1]}, "a unit is named twice"),
        ({"units": "all"}, "units is 'all'"),
        ({"units": []}, "no unit is named"),
        ({"units": [0.5]}, "units holds something else than whole numbers"),
        ({"state": "rnn.0.c"}, 'no state "rnn.0.c"'),
        ({"hold": "one"}, 'hold is "one"'),
        ({"hold": [1.0, 2.0, 3.0]}, r"hold has the shape \[3\]"),
        ({"hold": float("nan")}, "no finite numbers"),
        ({"from_step": -1}, "from_step is -1"),
        ({"sequences": [len(TEXT)]}, f"sequences names sequence {len(TEXT)}"),
        ({"chip": ("block", "reliable", 3, 0), "units": [1]}, "both units and a chip"),
    ],
)
def test_what_cannot_be_held_is_refused_by_name(given, said):
    with pytest.raises(RnnvisError, match=said):
        recorded(Model("GRU", 2)).ablate(**{"units": HELD} | given if "chip" not in given else given)


class Source:
    """h = tanh(U h + E[word]); the answer reads the mean of all states."""

    def __init__(self, hears: bool = True) -> None:
        random = torch.Generator().manual_seed(0)
        self.states = {"own.0.h": 4}
        self.u, self.e, self.out = (torch.randn(n, 4, generator=random) for n in (4, WORDS, 2))
        self.hears = hears

    def steps(self, batch, hold=None):
        h = torch.zeros(len(batch.ids), 4)
        for t in range(batch.ids.shape[1]):
            h = torch.tanh(h @ self.u.T + self.e[batch.ids[:, t]])
            h = hold("own.0.h", t, h) if hold else h
            yield {"own.0.h": h}

    def answers(self, batch, hold=None):
        h = torch.stack([state["own.0.h"] for state in self.steps(batch, hold if self.hears else None)], dim=1)
        real = torch.arange(h.shape[1]) < batch.lengths[:, None]
        return (h * real[..., None]).sum(dim=1) / batch.lengths[:, None] @ self.out.T


def test_a_source_is_ablated_as_it_says_and_refused_where_it_does_not():
    source = Source()
    found = recorded_source(source).ablate([0, 2], hold=0.3, from_step=1)
    for number, row in enumerate(TEXT):
        h, states = torch.zeros(4), []
        for t, word in enumerate(row):
            h = torch.tanh(source.u @ h + source.e[word])
            if t >= 1:
                h[[0, 2]] = 0.3
            states.append(h)
        log_p = (source.out @ torch.stack(states).mean(dim=0)).log_softmax(dim=0)
        assert found.after.loss[number] == pytest.approx(-float(log_p[LABELS[number]]), rel=1e-5)
    with pytest.raises(RnnvisError, match=r"Source\.answers takes a hold, and does not hand it the states"):
        recorded_source(Source(hears=False)).ablate([0])

    class Deaf(Source):
        def answers(self, batch):
            return super().answers(batch)

    with pytest.raises(RnnvisError, match=r"Deaf\.answers does not say how its states are held"):
        recorded_source(Deaf()).ablate([0])


def recorded_source(source):
    return rnnvis.record(source, TEXT, VOCABULARY, LABELS, minimum_count=1, frequent_count=1)


def test_states_without_a_model_and_weights_that_have_changed_are_refused():
    model = Model("GRU", 2)
    recording = recorded(model)
    with pytest.raises(RnnvisError, match="this recording holds states, and no model"):
        pickle.loads(pickle.dumps(recording)).ablate(HELD)
    with torch.no_grad():
        model.rnn.weight_hh_l0 += 0.1
    with pytest.raises(RnnvisError, match="weights"):
        recording.ablate(HELD)


def test_a_patched_run_goes_on_from_the_other_runs_state():
    for kind in ("GRU", "LSTM"):
        model = Model(kind, 2)
        recording = recorded(model)
        states = ["rnn.0.h"] + (["rnn.0.c"] if kind == "LSTM" else [])
        found = rnnvis.patch(recording, into=[2, 7, 2], of=[5, 11, 9], at=(1, 2), state=states)
        with torch.no_grad():
            for pair, (into, of) in enumerate(zip([2, 7, 2], [5, 11, 9], strict=True)):
                there = model.rnn(model.embedding(torch.tensor([TEXT[of][:3]])))[1]
                rest = model.embedding(torch.tensor([TEXT[into][2:]]))
                output = model.rnn(rest, there)[0][0, -1]
                np.testing.assert_allclose(found.after[pair], model.head(output).log_softmax(dim=0), rtol=1e-5)
                alone = model(torch.tensor([TEXT[into]]), torch.tensor([len(TEXT[into])]))[0].log_softmax(dim=0)
                np.testing.assert_allclose(found.before[pair], alone, rtol=1e-5)
                of_alone = model(torch.tensor([TEXT[of]]), torch.tensor([len(TEXT[of])]))[0].log_softmax(dim=0)
                np.testing.assert_allclose(found.wanted[pair], of_alone, rtol=1e-5)


def test_some_units_are_carried_alone_and_a_sequence_may_be_given_its_own_earlier_state():
    model = Model("RNN", 2)
    recording = recorded(model)
    long = max(range(len(TEXT)), key=lambda i: len(TEXT[i]))
    found = rnnvis.patch(recording, into=long, at=(4, 1), units=HELD)
    x = model.embedding(torch.tensor(TEXT[long]))
    with torch.no_grad():
        early = by_hand(model.rnn, x, (0, 0, "h"), lambda t, new, old: new)["output"][1]

        def what(t, new, old):
            if t == 4:
                new = new.clone()
                new[HELD] = early[HELD]
            return new

        last = by_hand(model.rnn, x, (0, 0, "h"), what)["output"][-1]
        np.testing.assert_allclose(found.after[0], model.head(last).log_softmax(dim=0), rtol=1e-6)
    assert np.isnan(found.share)
    with pytest.raises(RnnvisError, match="a sequence is given its own state"):
        rnnvis.patch(recording, into=long, at=2)


def test_the_whole_last_state_closes_the_whole_gap_by_any_measure():
    recording = recorded(Model("GRU", 3), [n % 3 for n in range(len(TEXT))])
    into, of = [0, 1, 2, 3], [4, 5, 6, 7]
    for measure in (None, lambda values: values[:, 2] - values[:, 0]):
        found = rnnvis.patch(recording, into, of, measure=measure)
        assert found.share == pytest.approx(1)
        by_measure = found.measured["wanted"]
        if measure:
            np.testing.assert_allclose(by_measure, found.wanted[:, 2] - found.wanted[:, 0])
        else:
            p = np.exp(found.wanted.max(axis=1))
            np.testing.assert_allclose(by_measure, np.log(p / (1 - p)), rtol=1e-6)
    with pytest.raises(RnnvisError, match="measure gives"):
        rnnvis.patch(recording, into, of, measure=lambda values: values.sum())


class Planted(nn.Module):
    """Units 3 and 11 of 40 each remember whether word 0 or word 1 came first; only both together turn the answer.
    Units 20 and 21 change most from word to word, and nothing reads them."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(WORDS, WORDS)
        self.rnn = nn.RNN(WORDS, 40, batch_first=True)
        with torch.no_grad():
            for weight in (*self.rnn.parameters(), self.embedding.weight):
                weight.zero_()
            self.embedding.weight += torch.eye(WORDS)
            self.rnn.weight_ih_l0 += 0.05 * torch.randn(40, WORDS)
            self.rnn.weight_ih_l0[[3, 11]] = 0
            for unit in (3, 11):
                self.rnn.weight_ih_l0[unit, 0], self.rnn.weight_ih_l0[unit, 1] = 0.6, -0.6
                self.rnn.weight_hh_l0[unit, unit] = 1
            self.rnn.weight_ih_l0[20:22, 2:] = 3 * torch.randn(2, WORDS - 2).sign()
        self.weights = torch.zeros(40)
        self.weights[[3, 11]] = 1.0

    def forward(self, ids: Tensor) -> Tensor:
        last = self.rnn(self.embedding(ids))[0][:, -1]
        evidence = last @ self.weights
        both = torch.relu(evidence - 0.5) - torch.relu(-evidence - 0.5)
        return torch.stack([-9 * both, 9 * both + 0.02 * last.sum(dim=1)], dim=1)


def planted() -> tuple[rnnvis.Recording, list[int], list[int]]:
    random = np.random.default_rng(1)
    text = [[n % 2, *random.integers(2, WORDS, 5).tolist()] for n in range(48)]
    recording = rnnvis.record(
        Planted().eval(), text, VOCABULARY, [n % 2 for n in range(48)], minimum_count=1, frequent_count=1
    )
    return recording, list(range(0, 48, 2)), list(range(1, 48, 2))


def test_a_search_finds_the_planted_units_and_nothing_else_does():
    recording, into, of = planted()
    found = rnnvis.search(recording, into, of, runs=80)
    assert set(found.best.units.tolist()) == {3, 11}
    assert (found.searched, found.confirmed) == (12, 12)
    assert found.best.unseen > 0.9
    assert found.whole == pytest.approx(1)
    assert found.best.random.max() < 0.6
    assert abs(found.sets[0].differing) < 0.1  # unit 20 or 21 differs most: the difference alone would mislead
    assert found.best.differing < 0.6
    assert [row["size"] for row in found.table] == [1, 2]
    again = rnnvis.search(recording, into, of, runs=80)
    assert repr(again) == repr(found)
    assert again.figure() == found.figure()
    assert found.figure().startswith("<svg")
    assert "<table>" in found._repr_html_()


def test_first_order_is_the_gradient_times_the_difference():
    recording, into, of = planted()
    found = rnnvis.search(recording, into, of, at=3, runs=60)
    model = recording.rerun.model
    total, gap = 0.0, 0.0
    unit = found.best.candidates[0]
    for a, b in list(zip(into, of, strict=True))[::2]:
        runs = []
        for number in (a, b):
            x = model.embedding(torch.tensor([recording.tokens[number].tolist()]))
            h = model.rnn(x[:, :4])[0][:, -1].detach().requires_grad_()
            after = model.rnn(x[:, 4:], h[None])[0][:, -1]
            evidence = after @ model.weights
            both = torch.relu(evidence - 0.5) - torch.relu(-evidence - 0.5)
            logits = torch.stack([-9 * both, 9 * both + 0.02 * after.sum(dim=1)], dim=1)
            runs.append((h, logits))
        likeliest = int(runs[1][1].argmax())
        odds = [run[1][0, likeliest] - run[1][0, 1 - likeliest] for run in runs]
        (slope,) = torch.autograd.grad(odds[0], runs[0][0])
        sign = float(torch.sign(odds[1] - odds[0]).detach())
        total += sign * float(slope[0, unit] * (runs[1][0][0, unit] - runs[0][0][0, unit]))
        gap += abs(float((odds[1] - odds[0]).detach()))
    assert found.sets[0].first_order == pytest.approx(total / gap, rel=1e-4)


def test_a_search_may_be_confirmed_on_given_pairs_and_say_why_it_cannot_be_made():
    recording, into, of = planted()
    found = rnnvis.search(recording, into[:10], of[:10], confirm=(into[10:], of[10:]), runs=60)
    assert (found.searched, found.confirmed) == (10, 14)
    for given, said in (
        ({"into": into[:1], "of": of[:1]}, "a search needs two pairs"),
        ({"into": into, "of": of, "runs": 5}, "leaves none for random sets"),
        ({"into": into, "of": of, "measure": lambda v: v[:, 0].detach()}, "no gradient can be followed"),
        ({"into": into, "of": of, "measure": lambda v: v[:, 0] * 0}, "have no gap"),
        ({"into": into, "of": of, "chips": ("block", "reliable", 3)}, "they are made by publishing"),
    ):
        with pytest.raises(RnnvisError, match=said):
            rnnvis.search(recording, **given)
