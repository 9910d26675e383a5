"""Running text: states carried from sequence to sequence equal stepping through each document word by word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import rnnvis
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify

WORDS = [f"w{i}" for i in range(12)]
UNITS = 5


def sentences(count: int = 40, seed: int = 0) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [random.integers(0, 12, random.integers(0, 9)).tolist() for _ in range(count)]


class Base(nn.Module):
    def __init__(self, kind: type[nn.RNNBase] = nn.GRU, **options: Any) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(12, 4)
        self.rnn = kind(4, UNITS, **options)


class Asks(Base):
    """As the word-level examples: time first, with a hidden state."""

    def init_hidden(self, rows: int) -> Any:
        zero = torch.zeros(self.rnn.num_layers, rows, UNITS)
        return (zero, zero.clone()) if isinstance(self.rnn, nn.LSTM) else zero

    def forward(self, ids: torch.Tensor, hidden: Any) -> Any:
        return self.rnn(self.embedding(ids), hidden)


class Plain(Base):
    """Knows no state but that of its own."""

    def forward(self, ids: torch.Tensor) -> Any:
        return self.rnn(self.embedding(ids))[0]


class Packs(Base):
    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> Any:
        packed = pack_padded_sequence(self.embedding(ids), lengths.cpu(), batch_first=True)
        return pad_packed_sequence(self.rnn(packed)[0], batch_first=True)[0]


class Learnt(Base):
    def __init__(self) -> None:
        super().__init__(batch_first=True)
        self.first = nn.Parameter(torch.linspace(-0.5, 0.5, UNITS))

    def forward(self, ids: torch.Tensor) -> Any:
        return self.rnn(self.embedding(ids), self.first.expand(1, len(ids), UNITS).contiguous())[0]


class Stepping(Base):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTMCell(4, UNITS)  # type: ignore[assignment]

    def forward(self, ids: torch.Tensor) -> Any:
        state = None
        for x in self.embedding(ids).unbind(1):
            state = self.rnn(x, state)
        return state


class Word(Base):
    """Called word by word."""

    def forward(self, ids: torch.Tensor) -> Any:
        state = None
        for x in self.embedding(ids).split(1, 1):
            _, state = self.rnn(x, state)
        return state


MODELS: dict[str, Any] = {
    "asks for states": lambda: Asks(nn.LSTM, num_layers=2),
    "asks for a state": lambda: Asks(nn.GRU),
    "a layer": lambda: Plain(nn.RNN, batch_first=True),
    "two layers": lambda: Plain(nn.LSTM, num_layers=2, batch_first=True, dropout=0.5),
    "projected": lambda: Plain(nn.LSTM, proj_size=3, batch_first=True),
    "packed": lambda: Packs(nn.GRU, batch_first=True),
    "a learnt start": Learnt,
    "a cell": Stepping,
    "word by word": lambda: Word(nn.GRU, batch_first=True),
}


def stepped(model: Any, documents: dict[Any, list[int]], text: list[list[int]]) -> dict[str, dict[int, Any]]:
    """By state and sentence: the state before it and after each of its words, float64 [1 + T, H]."""
    rnn, found = model.rnn, {}
    layers, kinds = getattr(rnn, "num_layers", 1), "hc" if isinstance(rnn, nn.LSTM | nn.LSTMCell) else "h"

    def rows(state: Any, kind: int, layer: int) -> np.ndarray:
        of = (state if isinstance(state, tuple) else (state,))[kind]
        return of.reshape(-1, of.shape[-1])[layer].double().numpy()

    with torch.no_grad():
        for numbers in documents.values():
            state = model.first[None, None] if isinstance(model, Learnt) else None
            for number in numbers:
                for t, word in enumerate([None, *text[number]]):
                    if word is not None:
                        x = model.embedding(torch.tensor([[word]]))
                        step = getattr(rnn, "batch_first", True) or not isinstance(rnn, nn.RNNBase)
                        x = x if step else x.transpose(0, 1)
                        state = rnn(x[:, 0], state) if isinstance(rnn, nn.RNNCellBase) else rnn(x, state)[1]
                    for layer in range(layers):
                        for kind, name in enumerate(kinds):
                            size = getattr(rnn, "proj_size", 0) or UNITS if name == "h" else UNITS
                            value = np.zeros(size) if state is None else rows(state, kind, layer)
                            found.setdefault(f"rnn.{layer}.{name}", {}).setdefault(number, []).append(value)
                            assert len(found[f"rnn.{layer}.{name}"][number]) == t + 1
    return {name: {n: np.array(rows) for n, rows in of.items()} for name, of in found.items()}


@pytest.mark.parametrize("batch_steps", [1, 30, 8192])
@pytest.mark.parametrize("documents", [None, "three"])
@pytest.mark.parametrize("name", MODELS)
def test_states_are_those_of_stepping_through_the_documents(name: str, documents: Any, batch_steps: int) -> None:
    model, text = MODELS[name]().train(), sentences()
    names = [("first", "second", 3)[n % 7 % 3] for n in range(40)] if documents else [0] * 40
    order: dict[Any, list[int]] = {}
    for number, of in enumerate(names):
        order.setdefault(of, []).append(number)
    recording = rnnvis.record(
        model, text, WORDS, initial="carried", documents=names if documents else None, batch_steps=batch_steps
    )
    assert model.training
    assert any("starts from the state that the one before" in note for note in recording.notes)
    wanted = stepped(model.eval(), order, text)
    assert set(recording.states) == set(wanted)
    for state, of in wanted.items():
        record = recording.states[state]
        total, uses = np.zeros((12, len(of[0][0]))), np.zeros(12)
        for number, rows in of.items():
            np.testing.assert_allclose(record.of(number), rows[1:].reshape(-1, total.shape[1]), atol=1e-3)
            if text[number]:
                np.testing.assert_allclose(record.before[number], rows[0], atol=1e-3)
                np.add.at(total, text[number], np.diff(rows, axis=0))
                np.add.at(uses, text[number], 1)
        np.testing.assert_array_equal(record.responses.count, uses)
        np.testing.assert_allclose(record.responses.mean, total / np.maximum(uses, 1)[:, None], atol=2e-6)


def test_resets_begin_a_document_anew() -> None:
    model, text = Plain(nn.GRU, batch_first=True), sentences()
    anew = [number in (0, 7, 8, 30) for number in range(40)]
    recording = rnnvis.record(model, text, WORDS, initial="carried", resets=anew)
    parts = [0] * 7 + [1] + [2] * 22 + [3] * 10
    wanted = rnnvis.record(model, text, WORDS, initial="carried", documents=parts)
    state, other = recording.states["rnn.0.h"], wanted.states["rnn.0.h"]
    np.testing.assert_array_equal(state.before, other.before)
    np.testing.assert_array_equal(state.responses.mean, other.responses.mean)
    assert not state.before[[7, 8, 30]].any()
    mixed = rnnvis.record(model, text, WORDS, initial="carried", documents=[n % 2 for n in range(40)], resets=anew)
    apart = [f"{n % 2} {sum(anew[m] for m in range(n + 1) if m % 2 == n % 2)}" for n in range(40)]
    same = rnnvis.record(model, text, WORDS, initial="carried", documents=apart)
    np.testing.assert_array_equal(mixed.states["rnn.0.h"].before, same.states["rnn.0.h"].before)


def test_a_forward_of_ones_own_reads_the_sequences_that_its_rows_say(tmp_path: Path) -> None:
    model, text = Plain(nn.GRU, batch_first=True), sentences()
    seen: list[int] = []

    def forward(m: Any, batch: rnnvis.Batch) -> Any:
        if len(batch.rows) <= 4 and batch.rows.max() < 40:
            for row, ids, length in zip(batch.rows.tolist(), batch.ids, batch.lengths.tolist(), strict=True):
                if ids[:length].tolist() == text[row]:
                    seen.append(row)
        return m(batch.ids)

    names = [n // 10 for n in range(40)]
    recording = rnnvis.record(model, text, WORDS, forward=forward, initial="carried", documents=names)
    assert set(seen) == {number for number, ids in enumerate(text) if ids}
    ways = rnnvis.record(model, text, WORDS, initial="carried", documents=names)
    np.testing.assert_allclose(recording.responses["rnn.0.h"].mean, ways.responses["rnn.0.h"].mean, atol=1e-6)
    recording.publish(tmp_path, largest_k=2)
    assert verify(tmp_path).problems == []
    state = read_manifest(tmp_path)["datasets"][0]["models"][0]["states"][0]
    assert state["tables"]["states"]["rows"] > sum(map(len, text))


class Both(Plain):
    def __init__(self) -> None:
        super().__init__(nn.GRU, batch_first=True, bidirectional=True)


class Starts(Plain):
    def forward(self, ids: torch.Tensor) -> Any:
        return super().forward(torch.cat([torch.zeros_like(ids[:, :1]), ids], 1))


class Own(nn.GRU):
    def forward(self, x: Any, hx: Any = None) -> Any:  # type: ignore[override]
        return super().forward(x, hx)


class Direct(Plain):
    def forward(self, ids: torch.Tensor) -> Any:
        return self.rnn.forward(self.embedding(ids))[0]


class Continued(Plain):
    """Its second layer starts from what the first one ended in."""

    def __init__(self) -> None:
        super().__init__(nn.GRU, batch_first=True)
        self.more = nn.GRU(4, UNITS, batch_first=True)

    def forward(self, ids: torch.Tensor) -> Any:
        _, last = self.rnn(self.embedding(ids))
        return self.more(self.embedding(ids), last)[0]


class Mixed(Plain):
    """Long rows are read in another way than short ones."""

    def forward(self, ids: torch.Tensor) -> Any:
        x = self.embedding(ids)
        return self.rnn(x * (1.1 if ids.shape[1] > 20 else 1.0))[0]


class Source:
    states = {"a.0.h": 2}  # noqa: RUF012

    def steps(self, batch: rnnvis.Batch) -> Any:
        for _ in batch.ids.T:
            yield {"a.0.h": torch.zeros(len(batch.ids), 2)}


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (Both(), {}, '"rnn" did not read the words once, forwards: it reads both ways'),
        (Starts(batch_first=True), {}, '"rnn" does not read the words one by one as they stand'),
        (Plain(Own, batch_first=True), {}, '"rnn" has a forward of its own'),
        (Continued(), {}, 'forward computes the state that "more" starts from'),
        (Direct(batch_first=True), {}, '"rnn" did not start from the state that it was handed'),
        (Mixed(batch_first=True), {}, '"rnn.0.h" is not the same alone and in a batch'),
        (Source(), {}, "Source is a StateSource, so no state is carried"),
        (Plain(batch_first=True), {"tokens": {"rnn": sentences()}}, "tokens say what modules read"),
        (Plain(batch_first=True), {"initial": "carry"}, "the initial state is 'carry'"),
        (Plain(batch_first=True), {"initial": "zero", "documents": [0] * 40}, "documents are named"),
        (Plain(batch_first=True), {"documents": [0] * 39}, "39 documents for 40 sequences"),
        (Plain(batch_first=True), {"documents": [0.5] * 40}, r"documents\[0\] is 0.5"),
        (Plain(batch_first=True), {"documents": "a" * 40}, "the documents are text"),
        (Plain(batch_first=True), {"initial": "zero", "resets": [0] * 40}, "resets are given, but no state is carried"),
        (Plain(batch_first=True), {"resets": [True] * 39}, "39 resets for 40 sequences"),
        (Plain(batch_first=True), {"resets": [2] * 40}, r"resets\[0\] is 2"),
    ],
)
def test_where_no_state_can_be_carried_it_is_said(model: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=message) as error:
        rnnvis.record(model, sentences(), WORDS, **{"initial": "carried", **options})
    assert error.value.fix
