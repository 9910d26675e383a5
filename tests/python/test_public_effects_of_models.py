"""Models as people write them: what would be answered at every step is what the beginnings of the sentences come to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import rnnvis
from tests.python.answering import WORDS, sentences

VOCABULARY = ["<pad>", *(f"w{i}" for i in range(WORDS))]
TEXT = [row + 1 for row in sentences()]


class Base(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.embedding = nn.Embedding(WORDS + 1, 8, padding_idx=0)


class PackedBothWays(Base):
    """A bidirectional LSTM, packed, whose last hidden states go through dropout and a sigmoid."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 6, num_layers=2, bidirectional=True, dropout=0.5, batch_first=True)
        self.fc, self.dropout = nn.Linear(12, 1), nn.Dropout(0.5)

    def forward(self, text: Tensor, text_lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(self.embedding(text), text_lengths, batch_first=True, enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        return torch.sigmoid(self.fc(self.dropout(torch.cat((hidden[-2], hidden[-1]), dim=1)))).squeeze(1)


class TimeFirst(Base):
    """Time first, packed, with a head of two layers; log-probabilities in a tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.hidden, self.out = nn.GRU(8, 6), nn.Linear(6, 10), nn.Linear(10, 2)

    def forward(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        packed = pack_padded_sequence(self.embedding(ids), lengths.cpu(), enforce_sorted=False)
        _, h = self.rnn(packed)
        return functional.log_softmax(self.out(functional.relu(self.hidden(h[-1]))), dim=1), h


class Pooled(Base):
    """The mean and the maximum of all states, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.fc = nn.GRU(8, 6, batch_first=True), nn.Linear(12, 2)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        states = self.gru(self.embedding(ids))[0]
        real = (torch.arange(ids.shape[1], device=ids.device) < lengths[:, None])[..., None]
        mean = (states * real).sum(1) / lengths[:, None]
        return self.fc(torch.cat([mean, states.masked_fill(~real, -torch.inf).amax(1)], dim=1))


class Attentive(Base):
    """Learned attention over the states; the answer in a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 6, batch_first=True)
        self.score, self.fc = nn.Linear(6, 1), nn.Linear(6, 2)

    def forward(self, ids: Tensor, lengths: Tensor) -> dict[str, Tensor]:
        states, _ = self.lstm(self.embedding(ids))
        scores = self.score(states).squeeze(-1)
        scores = scores.masked_fill(torch.arange(ids.shape[1], device=ids.device) >= lengths[:, None], -1e9)
        weights = scores.softmax(1)
        return {"logits": self.fc((weights[..., None] * states).sum(1)), "attention": weights}


class Stacked(Base):
    """Two recurrent modules; the head is batch-normalised and reads the cell state too."""

    def __init__(self) -> None:
        super().__init__()
        self.below, self.above = nn.GRU(8, 7, batch_first=True), nn.LSTM(7, 6, batch_first=True)
        self.norm, self.fc = nn.BatchNorm1d(12), nn.Linear(12, 2)
        self.norm.running_mean.normal_()
        self.norm.running_var.uniform_(0.5, 2)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(self.embedding(ids), lengths.cpu(), batch_first=True, enforce_sorted=False)
        output, _ = self.below(packed)
        padded, _ = pad_packed_sequence(output, batch_first=True)
        again = pack_padded_sequence(padded, lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, (h, c) = self.above(again)
        return self.fc(self.norm(torch.cat([h[0], c[0]], dim=1)))


FOUND: dict[type[Base], tuple[str, bool, set[str]]] = {
    PackedBothWays: ("prefixes", True, {"lstm.1.h", "lstm.1.reverse.h"}),
    TimeFirst: ("head", False, {"rnn.0.h"}),
    Pooled: ("prefixes", True, set()),
    Attentive: ("prefixes", True, set()),
    Stacked: ("head", True, {"above.0.h", "above.0.c"}),
}


@pytest.mark.parametrize("kind", FOUND)
def test_answers_at_every_step_are_those_to_the_beginnings(kind: type[Base]) -> None:
    labels = [int(row.sum()) % 2 for row in TEXT]
    options: dict[str, Any] = {"outputs": lambda r: r["logits"]} if kind is Attentive else {}
    recording = rnnvis.record(kind().eval(), TEXT, VOCABULARY, labels, frequent_count=5, **options)
    effects, rerun = recording.effects, recording.rerun
    assert effects is not None
    assert rerun is not None
    by, exact, states = FOUND[kind]
    assert (effects.ended_by, effects.exact, set(effects.weights)) == (by, exact, states)
    lengths = np.array([len(row) for row in TEXT])
    sequence = np.repeat(np.arange(len(TEXT)), lengths)
    words = np.concatenate([np.arange(1, n + 1) for n in lengths])
    rows = rerun.answers(sequence, prefixes=words)
    log_odds = rows.values[:, 1] - rows.values[:, 0]
    np.testing.assert_array_equal(rows.row, np.arange(len(words)))
    assert effects.ended is not None
    np.testing.assert_allclose(effects.ended[:, 0], log_odds, atol=2e-5)
    if states and exact and by == "head":
        starts = np.cumsum(lengths) - lengths
        inner = np.setdiff1d(np.arange(len(words)), starts)
        np.testing.assert_allclose(effects.pushes[inner, 0], (log_odds - np.roll(log_odds, 1))[inner], atol=2e-5)
