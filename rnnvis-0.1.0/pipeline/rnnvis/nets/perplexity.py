"""How well a language model guesses the next word: mean −ln p in nats, and perplexity, its exponential."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from rnnvis.nets import streams
from rnnvis.nets.language_model import LanguageModel, next_word_losses
from rnnvis.text.corpus import Corpus

STEPS = 64


def mean_loss(model: LanguageModel, texts: Sequence[np.ndarray]) -> float:
    """Mean −ln p(w_t | w_1 … w_{t−1}) in nats over every word but the first of each document.

    The state starts at zero with each document and is carried to its end.
    """
    total, count = 0.0, 0
    for losses in _losses(model, texts):
        total += float(losses.sum(dtype=torch.float64))
        count += len(losses)
    return total / count


def _losses(model: LanguageModel, texts: Sequence[np.ndarray]) -> list[torch.Tensor]:
    training, device = model.training, model.head.weight.device
    model.eval()
    state, found = model.zero_state(len(texts)), []
    with torch.no_grad():
        for segment in streams.side_by_side(texts, STEPS):
            ids, target = segment.ids.to(device), segment.target.to(device).flatten()
            hidden, state = model(ids, state)
            known = target >= 0
            found.append(next_word_losses(model, hidden.flatten(0, 1)[known], target[known]))
    model.train(training)
    return found


def word_losses(model: LanguageModel, texts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """−ln p(w_t | w_1 … w_{t−1}) of every word but the first, in nats, float32 [T − 1] for each text."""
    training, device = model.training, model.head.weight.device
    model.eval()
    state = model.zero_state(len(texts))
    found: list[list[np.ndarray]] = [[] for _ in texts]
    with torch.no_grad():
        for segment in streams.side_by_side(texts, STEPS):
            hidden, state = model(segment.ids.to(device), state)
            losses = next_word_losses(model, hidden.flatten(0, 1), segment.target.flatten().to(device)).cpu()
            for row, of_row in enumerate(losses.reshape(segment.target.shape)):
                found[row].append(of_row[segment.target[row] >= 0].numpy())
    model.train(training)
    return [np.concatenate(parts) if parts else np.zeros(0, np.float32) for parts in found]


def evaluate(model: LanguageModel, corpus: Corpus, split: str) -> dict[str, float | int]:
    """Loss (nats a word), perplexity, and the number n of words that were guessed, on the documents of `split`."""
    texts = streams.documents(corpus, split)
    return figures(mean_loss(model, texts), texts)


def figures(loss: float, texts: Sequence[np.ndarray]) -> dict[str, float | int]:
    """Loss, perplexity = e^loss, and n, the words of `texts` that have one before them."""
    return {"loss": loss, "perplexity": math.exp(loss), "n": sum(max(0, len(text) - 1) for text in texts)}
