"""`rnnvis.record` on layers that are chosen, that keep their states between calls, and that are not what they seem."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import rnnvis
from rnnvis.recording.cells.gru import GatedUnit

WORDS = [f"w{i}" for i in range(20)]
UNITS = 6


def sentences(count: int = 64) -> list[list[int]]:
    random = np.random.default_rng(0)
    return [random.integers(0, 20, int(random.integers(3, 8))).tolist() for _ in range(count)]


def states(recording: rnnvis.Recording, name: str) -> np.ndarray:
    state = recording.states[name]
    return state.values.astype(float)


def by_hand(embedding: nn.Embedding, rnn: Any, text: list[list[int]], start: Any = None) -> np.ndarray:
    with torch.no_grad():
        return np.concatenate([rnn(embedding(torch.tensor([ids])), start)[0][0].numpy() for ids in text])


class Stateful(nn.Module):
    """Goes on from the batch before, where that had as many rows, as many generators of text do."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding, self.rnn = nn.Embedding(20, 8), nn.GRU(8, UNITS, batch_first=True)
        self.hidden: Tensor | None = None

    def forward(self, ids: Tensor) -> Tensor:
        if self.hidden is not None and self.hidden.shape[1] != len(ids):
            self.hidden = None
        out, hidden = self.rnn(self.embedding(ids), self.hidden)
        self.hidden = hidden.detach()
        return out


class WithReset(Stateful):
    def reset(self) -> None:
        self.hidden = None


class Strict(WithReset):
    """Fails on a batch of another size than the one before."""

    def forward(self, ids: Tensor) -> Tensor:
        out, hidden = self.rnn(self.embedding(ids), self.hidden)
        self.hidden = hidden.detach()
        return out


class OfRows(Strict):
    """Fails likewise, and its first states are made for as many rows as it is told."""

    reset = None  # type: ignore[assignment]

    def init_hidden(self, rows: int) -> None:
        self.hidden = torch.zeros(1, rows, UNITS)


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        (OfRows, '"init_hidden()" is called before each batch'),
        (Stateful, "it is set to None before each batch"),
        (WithReset, '"reset()" is called before each batch'),
        (Strict, '"reset()" is called before each batch'),
    ],
)
def test_no_batch_starts_from_training_or_from_another_batch(kind: type[Stateful], how: str) -> None:
    model, text = kind(), sentences()
    model(torch.randint(0, 20, (64, 30)))  # training
    before = model.hidden
    recording = rnnvis.record(model, text, WORDS)
    np.testing.assert_allclose(
        states(recording, "rnn.0.h"), by_hand(model.embedding, model.rnn, text), rtol=0, atol=1e-3
    )
    assert model.hidden is before
    assert [note for note in recording.notes if how in note]


def test_a_forward_that_resets_leaves_nothing_to_do() -> None:
    model, text = WithReset(), sentences()
    model(torch.randint(0, 20, (64, 30)))
    recording = rnnvis.record(model, text, WORDS, forward=lambda m, b: (m.reset(), m(b.ids)))
    np.testing.assert_allclose(
        states(recording, "rnn.0.h"), by_hand(model.embedding, model.rnn, text), rtol=0, atol=1e-3
    )
    assert recording.notes == ()


class Tagger(nn.Module):
    """A layer over the letters of each word under the layer over words."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding, self.letters = nn.Embedding(20, 8), nn.Embedding(26, 4)
        self.char_lstm, self.lstm = nn.LSTM(4, 5, batch_first=True), nn.LSTM(13, UNITS, batch_first=True)

    def read(self, ids: Tensor, letters: Tensor) -> Tensor:
        rows, steps, width = letters.shape
        _, (h, _) = self.char_lstm(self.letters(letters.reshape(rows * steps, width)))
        return torch.cat([self.embedding(ids), h[0].reshape(rows, steps, -1)], dim=2)

    def forward(self, ids: Tensor, letters: Tensor) -> Tensor:
        return self.lstm(self.read(ids, letters))[0]


SPELLING = torch.tensor(np.random.default_rng(1).integers(0, 26, (20, 5)))


def test_the_layer_over_words_is_recorded_beside_one_over_letters() -> None:
    model, text = Tagger().eval(), sentences()
    recording = rnnvis.record(
        model, text, WORDS, forward=lambda m, batch: m(batch.ids, SPELLING[batch.ids]), only=["lstm"]
    )
    assert list(recording.states) == ["lstm.0.h", "lstm.0.c"]
    with torch.no_grad():
        wanted = [model(torch.tensor([ids]), SPELLING[torch.tensor([ids])])[0].numpy() for ids in text]
    np.testing.assert_allclose(states(recording, "lstm.0.h"), np.concatenate(wanted), rtol=0, atol=1e-3)


def test_a_layer_of_other_rows_is_refused_with_the_layers_that_can_be_chosen() -> None:
    with pytest.raises(rnnvis.RnnvisError, match='"char_lstm" read') as error:
        rnnvis.record(Tagger(), sentences(), WORDS, forward=lambda m, batch: m(batch.ids, SPELLING[batch.ids]))
    assert "only=['lstm']" in str(error.value.fix)


@pytest.mark.parametrize(
    ("only", "message"),
    [
        (["word_lstm"], 'only names "word_lstm", which is no recurrent module and holds none'),
        (["lstm", "embedding"], 'only names "embedding"'),
        ("lstm", "only is 'lstm'"),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(only: Any, message: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=message) as error:
        rnnvis.record(Tagger(), sentences(), WORDS, only=only)
    assert "lstm" in str(error.value.fix)


def test_a_module_around_others_chooses_all_of_them() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.other = nn.ModuleList([nn.GRU(8, 3), nn.GRU(3, 4)]), nn.GRU(4, 5)
            self.embedding = nn.Embedding(20, 8)

        def forward(self, ids: Tensor) -> Tensor:
            x = self.embedding(ids).transpose(0, 1)
            for rnn in (*self.encoder, self.other):
                x, _ = rnn(x)
            return x

    recording = rnnvis.record(Two(), sentences(), WORDS, only=["encoder"])
    assert list(recording.states) == ["encoder.0.0.h", "encoder.1.0.h"]


def test_states_beyond_one_are_not_called_bounded_whatever_made_them() -> None:
    class Cell(nn.LSTMCell):
        def forward(self, x, state=None):
            h, c = super().forward(x, state)
            return 3 * h, c

    class Stepped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.cell = nn.Embedding(20, 8), Cell(8, UNITS)

        def forward(self, ids: Tensor) -> None:
            state = None
            for x in self.embedding(ids).unbind(dim=1):
                state = self.cell(x, state)

    class FarStart(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.rnn = nn.Embedding(20, 8), nn.GRU(8, UNITS, batch_first=True)

        def forward(self, ids: Tensor) -> Tensor:
            far = 4.0 * (ids[:, :1] == 7).any(dim=1)  # one first word in twenty
            return self.rnn(self.embedding(ids), far[None, :, None].expand(1, -1, UNITS).contiguous())[0]

    torch.manual_seed(0)
    stepped = rnnvis.record(Stepped(), sentences(), WORDS)
    assert np.abs(states(stepped, "cell.0.h")).max() > 1
    assert stepped.bounded == frozenset()
    assert [note for note in stepped.notes if "without gates and bounds" in note]
    far = rnnvis.record(FarStart(), sentences(300), WORDS)
    assert np.abs(states(far, "rnn.0.h")).max() > 1
    assert far.bounded == frozenset()
    units = far.units["rnn.0.h"]
    assert np.isnan(units.saturation).all()
    assert units.edges[-1] > 1
    assert (units.histogram.sum(axis=1) == far.steps).all()


def test_a_layer_that_is_another_for_some_sentences_is_refused() -> None:
    class Sometimes(nn.GRU):
        def forward(self, x, hx=None):
            out, hx = super().forward(x, hx)
            return (out * 0.5 if x.shape[1] == 3 else out), hx

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.rnn = nn.Embedding(20, 8), Sometimes(8, UNITS, batch_first=True)

        def forward(self, ids: Tensor) -> Tensor:
            return self.rnn(self.embedding(ids))[0]

    with pytest.raises(rnnvis.RnnvisError, match=r"rnn\.0\.r, rnn\.0\.z can be recorded for some sequences"):
        rnnvis.record(Model(), sentences(), WORDS, batch_steps=8)


@pytest.mark.parametrize("kind", [nn.GRU, nn.GRUCell])
def test_a_formula_that_is_not_what_the_kernels_do_is_found_before_anything_is_recorded(
    kind: type[nn.Module], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.rnn = nn.Embedding(20, 8), kind(8, UNITS)

        def forward(self, ids: Tensor) -> None:
            state = None
            for x in self.embedding(ids).unbind(dim=1):
                state = self.rnn(x, state) if kind is nn.GRUCell else self.rnn(x[None], state)[1]

    right = GatedUnit.advance

    def wrong(self: Any, module: Any, read: Tensor, *given: Any) -> None:
        read[:, :UNITS] += 0.1
        right(self, module, read, *given)

    monkeypatch.setattr(GatedUnit, "advance", wrong)
    with pytest.raises(rnnvis.RnnvisError, match=r'"rnn" is a GRU.* not those of the formula'):
        rnnvis.record(Model(), sentences(), WORDS)
