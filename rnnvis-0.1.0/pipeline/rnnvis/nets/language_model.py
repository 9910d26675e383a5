"""The language model: words, recurrent layers, and a distribution over the next word (Zaremba et al. 2014)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnvis.nets.classifier import CELLS
from rnnvis.recording.cells import cell_of

State = tuple[Tensor, ...]  # h, and what else the cell keeps, as c of an LSTM: float32 [layers, B, ·] each
CHUNK = 256  # rows whose logits are held at once: few enough for a processor's cache


class LanguageModel(nn.Module):
    """Reads words one after the other; the state after a word predicts the next one.

    `tied` shares the weights of the words that are read and of those that are predicted (Press and Wolf 2017), which
    needs embeddings as wide as the state. Dropout acts on the embedded words, between layers and on the output, in
    training only.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding: int,
        units: int,
        cell: str,
        layers: int = 1,
        tied: bool = False,
        embedding_dropout: float = 0.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.embedding_dropout, self.dropout, self.cell = embedding_dropout, dropout, cell
        self.embedding = nn.Embedding(vocabulary_size, embedding)
        between = dropout if layers > 1 else 0.0
        self.rnn = CELLS[cell](embedding, units, layers, batch_first=True, dropout=between)
        self.head = nn.Linear(units, vocabulary_size)
        if tied:
            self.head.weight = self.embedding.weight

    @property
    def architecture(self) -> dict[str, Any]:
        """What `LanguageModel` needs to make another one of this shape."""
        return {
            "vocabulary_size": self.embedding.num_embeddings,
            "embedding": self.embedding.embedding_dim,
            "units": self.rnn.hidden_size,
            "cell": self.cell,
            "layers": self.rnn.num_layers,
            "tied": self.head.weight is self.embedding.weight,
        }

    def zero_state(self, batch: int) -> State:
        """The state before the first word of a document, for `batch` rows."""
        return tuple(
            torch.zeros(self.rnn.num_layers, batch, units, device=self.head.weight.device) for units in self._sizes
        )

    @property
    def _sizes(self) -> tuple[int, ...]:
        kind = cell_of(self.rnn)
        assert kind is not None
        return kind.sizes(self.rnn)

    def forward(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """h of the last layer after every word, float32 [B, T, H], and the state after the last; ids int64 [B, T]."""
        embedded = functional.dropout(self.embedding(ids), self.embedding_dropout, self.training)
        hidden, after = self.rnn(embedded, state if len(state) > 1 else state[0])
        return functional.dropout(hidden, self.dropout, self.training), after if len(state) > 1 else (after,)


def next_word_loss(model: LanguageModel, hidden: Tensor, target: Tensor, precision: torch.dtype) -> Tensor:
    """Mean −ln p(target) in nats over the rows whose target [N] is not negative, for states `hidden` [N, H].

    The logits of all rows are never held at once: each chunk's gradient is taken with its loss, so that a vocabulary
    of ten thousand words costs cache instead of memory. In `precision` bfloat16 the products with the output weights
    are taken in it.
    """
    known = target >= 0
    if not known.all():
        hidden, target = hidden[known], target[known]
    loss: Tensor = _NextWordLoss.apply(hidden, model.head.weight, model.head.bias, target, precision)
    return loss


class _NextWordLoss(torch.autograd.Function):
    """∂/∂z of −ln softmax(z)_y is softmax(z) − onehot(y), chunk by chunk."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, target: Tensor, precision: torch.dtype
    ) -> Tensor:
        w, b, x = weight.to(precision), bias.to(precision), hidden.to(precision)
        of_hidden, of_weight, of_bias = torch.empty_like(hidden), torch.zeros_like(weight), torch.zeros_like(bias)
        loss = hidden.new_zeros(())
        for start in range(0, len(x), CHUNK):
            rows, y = x[start : start + CHUNK], target[start : start + CHUNK, None]
            p = torch.softmax(torch.addmm(b, rows, w.T), dim=1)
            loss -= p.gather(1, y).float().log().sum()
            p.scatter_add_(1, y, torch.full_like(y, -1, dtype=p.dtype))
            of_hidden[start : start + CHUNK] = p @ w
            of_weight += p.T @ rows
            of_bias += (p.new_ones(1, len(p)) @ p)[0]
        count = max(1, len(x))
        ctx.save_for_backward(of_hidden / count, of_weight / count, of_bias / count)
        return loss / count

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> tuple[Tensor | None, ...]:
        of_hidden, of_weight, of_bias = ctx.saved_tensors
        return of_hidden * gradient[0], of_weight * gradient[0], of_bias * gradient[0], None, None


def next_word_losses(model: LanguageModel, hidden: Tensor, target: Tensor) -> Tensor:
    """−ln p(target) of every row in nats, float32 [N]; zero where the target is negative. No gradient."""
    losses = hidden.new_zeros(len(hidden))
    with torch.no_grad():
        for start in range(0, len(hidden), CHUNK):
            logits = model.head(hidden[start : start + CHUNK])
            y = target[start : start + CHUNK]
            losses[start : start + CHUNK] = functional.cross_entropy(logits, y, ignore_index=-1, reduction="none")
    return losses


__all__ = ["LanguageModel", "State", "next_word_loss", "next_word_losses"]
