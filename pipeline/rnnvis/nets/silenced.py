"""Run a model with some units of a layer held at zero."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_sequence

from rnnvis.nets.classifier import SentenceClassifier
from rnnvis.nets.language_model import LanguageModel, next_word_losses


@contextmanager
def silenced(rnn: nn.RNNBase, layer: int, units: np.ndarray) -> Iterator[None]:
    """Inside, nothing reads the hidden states of `units` (numbers) of `layer`, in the layer itself or in the next one.

    That is the same as holding them at zero after every step: a unit's hidden state acts through these weights alone,
    and through what reads the last layer's output, which is the caller's to zero. An LSTM's cell state acts through the
    hidden state alone, so it is silenced with it. One direction, no projection.
    """
    names = [f"weight_hh_l{layer}"] + ([f"weight_ih_l{layer + 1}"] if layer + 1 < rnn.num_layers else [])
    weights = [getattr(rnn, name) for name in names]
    off = torch.tensor(units, dtype=torch.int64)
    kept = [weight.detach()[:, off] for weight in weights]
    with torch.no_grad():
        for weight in weights:
            weight[:, off] = 0
        try:
            yield
        finally:
            for weight, before in zip(weights, kept, strict=True):
                weight[:, off] = before


def _heard(rnn: nn.RNNBase, hidden: Tensor, layer: int, units: np.ndarray) -> Tensor:
    if layer + 1 == rnn.num_layers:
        hidden[..., torch.tensor(units, dtype=torch.int64)] = 0
    return hidden


def classifier_losses(
    model: SentenceClassifier, tokens: Sequence[np.ndarray], labels: np.ndarray, layer: int, units: np.ndarray
) -> np.ndarray:
    """−ln of the probability of the label after the last word, in nats, float32 [sentences], without `units`."""
    read = pack_sequence([torch.from_numpy(np.asarray(row, dtype=np.int64)) for row in tokens], enforce_sorted=False)
    model.eval()
    with torch.no_grad(), silenced(model.rnn, layer, units):
        after = model.rnn(read._replace(data=model.embedding(read.data)))[1]
        last = (after[0] if isinstance(after, tuple) else after)[-1]
        logits = model.head(_heard(model.rnn, last, layer, units))
        found = functional.cross_entropy(logits, torch.from_numpy(labels.astype(np.int64)), reduction="none")
    return found.numpy()


def next_word_losses_without(model: LanguageModel, ids: np.ndarray, layer: int, units: np.ndarray) -> np.ndarray:
    """−ln p of every word but the first of the texts `ids` int64 [B, T], from a zero state, without `units`: float32
    [B · (T − 1)] in nats; zero for a word numbered below zero."""
    read = torch.from_numpy(ids)
    model.eval()
    with torch.no_grad(), silenced(model.rnn, layer, units):
        hidden, _ = model(read[:, :-1].clamp(min=0), model.zero_state(len(ids)))
        hidden = _heard(model.rnn, hidden, layer, units).reshape(-1, hidden.shape[-1])
        return next_word_losses(model, hidden, read[:, 1:].reshape(-1)).numpy()
