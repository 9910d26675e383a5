"""The classifier: words, one recurrent layer, a linear head that reads the last hidden state."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnvis.recording.cells import SLSTM, MinGRU, StateSpace

CELLS: dict[str, Any] = {
    "gru": nn.GRU,
    "lstm": nn.LSTM,
    "rnn": nn.RNN,
    "min-gru": MinGRU,
    "selective": StateSpace,
    "slstm": SLSTM,
}


class SentenceClassifier(nn.Module):
    """Reads a sentence word by word from a zero state; the head is applied to the state after its last word.

    Embedding row V (`padding_id`, V words in the vocabulary) is the padding and stays zero. Padding follows a
    sentence, so the states of its real steps do not depend on it.
    """

    padding_id: int

    def __init__(self, vocabulary_size: int, embedding: int, units: int, cell: str, classes: int = 2) -> None:
        super().__init__()
        self.vocabulary_size = vocabulary_size
        self.padding_id = vocabulary_size
        self.embedding = nn.Embedding(vocabulary_size + 1, embedding, padding_idx=vocabulary_size)
        self.rnn = CELLS[cell](embedding, units, batch_first=True)
        self.head = nn.Linear(units, classes)

    def states(self, embedded: Tensor) -> Tensor:
        """h_t after every step: float32 [B, T, H] for embedded words [B, T, E]."""
        hidden: Tensor = self.rnn(embedded)[0]
        return hidden

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits, float32 [B, classes], for word ids int64 [B, T] of which the first `lengths` [B] count."""
        return self.head(last_states(self.states(self.embedding(ids)), lengths))


def last_states(states: Tensor, lengths: Tensor) -> Tensor:
    """The state after the last real step, [B, H] from [B, T, H]."""
    return states[torch.arange(len(states), device=states.device), lengths - 1]
