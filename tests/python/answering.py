"""Small models that answer, what they answer run by hand, and their heads."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.recording.alignment import Plan
from rnnvis.recording.called import Called
from rnnvis.recording.heads import Head, find_head
from rnnvis.recording.returned import Returned
from tests.python.stepping import record_steps

WORDS, CLASSES = 30, 3


def lies(per: str = "sequence", scale: str = "logits", size: int = CLASSES) -> Returned:
    """Where the answers of these models lie: in a tensor, a row a sequence or a row a step."""
    axes = ("batch", "class") if per == "sequence" else ("batch", "time", "class")
    return Returned((), axes, per, size, scale)


def sentences(count: int = 40) -> list[np.ndarray]:
    drawn = np.random.default_rng(0)
    return [drawn.integers(0, WORDS, int(n)) for n in drawn.integers(1, 15, count)]


class Reader(nn.Module):
    """Embeds words, reads them with `cell`, and answers by `answer(output, final, lengths)`."""

    def __init__(self, cell: str = "GRU", classes: int = CLASSES, units: int = 6, **options: Any) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(WORDS, 5)
        self.rnn = getattr(nn, cell)(5, units, batch_first=True, **options)
        self.fc = nn.Linear(units * (2 if options.get("bidirectional") else 1), classes)
        self.double()

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        output, final = self.rnn(self.embedding(ids))
        return self.answer(output, final, lengths)

    def last(self, output: Tensor, lengths: Tensor) -> Tensor:
        return output[torch.arange(len(output)), lengths - 1]

    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        return self.fc(self.last(output, lengths))


def head_of(model: nn.Module, answer: Returned | None = None, plan: Plan | None = None) -> Head | None:
    model.eval()
    forward = lambda m, batch: m(batch.ids, batch.lengths)  # noqa: E731
    return find_head(Called(model, {"": sentences()}, 0, forward, plan or Plan()), answer or lies())


def after_each(model: nn.Module, row: np.ndarray) -> np.ndarray:
    """What the model answers to every beginning of a sentence, [T, C]: prefixes run by hand."""
    with torch.no_grad():
        found = [
            model(torch.from_numpy(row[None, : n + 1]), torch.tensor([n + 1])).reshape(-1) for n in range(len(row))
        ]
    return torch.stack(found).numpy()


def states_of(model: nn.Module, row: np.ndarray) -> dict[str, np.ndarray]:
    return next(record_steps(model, [row], padding_id=0)).states


def odds(logits: np.ndarray) -> np.ndarray:
    """By a plain loop: two classes have one number, more have one each, against the mean of the others."""
    if logits.shape[1] == 1:
        return logits
    if logits.shape[1] == 2:
        return logits[:, 1:] - logits[:, :1]
    found = np.zeros_like(logits)
    for c in range(logits.shape[1]):
        others = [j for j in range(logits.shape[1]) if j != c]
        found[:, c] = logits[:, c] - logits[:, others].mean(axis=1)
    return found
