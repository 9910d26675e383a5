"""How good a classifier is on a split, and whether a difference between two could be chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from rnnvis.nets.batches import in_order
from rnnvis.nets.classifier import SentenceClassifier
from rnnvis.text.corpus import Corpus


def labelled(corpus: Corpus, split: str) -> np.ndarray:
    """int64, the sentence ids of `split` that have a label, ascending."""
    chosen = corpus.indices(split)
    return chosen[corpus.label[chosen] >= 0]


def predict(model: SentenceClassifier, corpus: Corpus, chosen: np.ndarray) -> np.ndarray:
    """Class probabilities, float32 [len(chosen), classes], in the order of `chosen`."""
    training, device = model.training, model.head.weight.device
    model.eval()
    probabilities = np.empty((len(corpus), model.head.out_features), dtype=np.float32)
    with torch.no_grad():
        for batch in in_order(corpus.tokens, chosen, model.padding_id):
            logits = model(batch.ids.to(device), batch.lengths.to(device))
            probabilities[batch.sentence_ids.numpy()] = torch.softmax(logits, dim=1).cpu().numpy()
    model.train(training)
    return probabilities[chosen]


def evaluate(model: SentenceClassifier, corpus: Corpus, split: str) -> dict[str, float | int]:
    """Accuracy and mean cross-entropy (nats) over the labelled sentences of `split`, and their number n."""
    chosen = labelled(corpus, split)
    return scores(predict(model, corpus, chosen), corpus.label[chosen])


def scores(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float | int]:
    """Accuracy, mean cross-entropy (nats) and n of `probabilities` [n, classes] against `labels` [n]."""
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return {
        "accuracy": float(np.mean(probabilities.argmax(axis=1) == labels)),
        "loss": float(-np.log(np.clip(given, 1e-12, None)).mean()),
        "n": len(labels),
    }


@dataclass(frozen=True)
class Interval:
    """A difference with the interval that holds `level` of its bootstrap distribution."""

    difference: float
    low: float
    high: float
    level: float
    samples: int


def paired_bootstrap(
    a: np.ndarray, b: np.ndarray, *, samples: int = 10_000, level: float = 0.95, seed: int = 0
) -> Interval:
    """The interval of mean(a) − mean(b) when sentences are drawn again with replacement.

    `a` and `b` are per-sentence scores [n] of the same sentences (correct or not; a mean over seeds is fine).
    Percentile bootstrap: Efron and Tibshirani (1993), *An introduction to the bootstrap*, chapter 13.
    """
    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    generator = np.random.default_rng(seed)
    n = len(difference)
    means = np.array([difference[generator.integers(0, n, n)].mean() for _ in range(samples)])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(difference.mean()), float(low), float(high), level, samples)
