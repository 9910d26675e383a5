"""Small recordings for the browser: planted words, some of them hostile, and models nobody trained."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

import rnnvis

HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 2">',
    "<!--<script>",
    "@@FILES@@",
    "line\u2028break",
    "שלום",
]
WORDS = [*HOSTILE, *"the a film plot is was good dull very and not though music cast story funny sad long".split()]


class Reader(nn.Module):
    """Embedding and GRU, with weights of `seed`."""

    def __init__(self, words: int, units: int, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embedding = nn.Embedding(words, 8)
        self.gru = nn.GRU(8, units, batch_first=True)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.gru(self.embedding(ids))[0]


class Judge(nn.Module):
    """Embedding, GRU and a linear head on the state after the last word: two classes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.embedding = nn.Embedding(len(WORDS), 8)
        self.gru = nn.GRU(8, 12, batch_first=True)
        self.head = nn.Linear(12, 2)
        for weight in self.parameters():
            weight.data *= 3

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.gru(self.embedding(ids))[1][-1])


SPOKEN = [*WORDS[len(HOSTILE) :], "<unk>"]


class Speaker(nn.Module):
    """A language model over `SPOKEN`, which goes on from the state that it is given."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.embedding = nn.Embedding(len(SPOKEN), 8)
        self.rnn = nn.LSTM(8, 10, batch_first=True)
        self.head = nn.Linear(10, len(SPOKEN))
        for weight in self.parameters():
            weight.data *= 2

    def forward(
        self, ids: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        hidden, state = self.rnn(self.embedding(ids), state)
        return self.head(hidden), state


def sentences(count: int = 120, words: int = len(WORDS)) -> list[list[int]]:
    """Token ids of random sentences; the first is read first, and holds all hostile words."""
    random = np.random.default_rng(7)
    first = [[*range(len(HOSTILE)), *range(8, 14)]]
    return first + [random.integers(0, words, random.integers(3, 30)).tolist() for _ in range(count - 1)]


def recording(units: int = 12, seed: int = 0) -> rnnvis.Recording:
    """A recording over `sentences()`, the same for the same arguments."""
    return rnnvis.record(Reader(len(WORDS), units, seed), sentences(), WORDS)


def spoken(count: int = 60) -> list[list[int]]:
    """Token ids for the `Speaker`; ten sentences are a document."""
    return sentences(count, len(SPOKEN))


def speaker() -> rnnvis.Recording:
    """The `Speaker` over `spoken()`; its states are carried from sentence to sentence of a document."""
    texts = spoken()
    documents = [i // 10 for i in range(len(texts))]
    return rnnvis.record(Speaker(), texts, SPOKEN, initial="carried", documents=documents)


def judge() -> rnnvis.Recording:
    """The `Judge` over `sentences()`, labelled in turn."""
    texts = sentences()
    return rnnvis.record(Judge().eval(), texts, WORDS, [i % 2 for i in range(len(texts))], classes=["bad", "good"])
