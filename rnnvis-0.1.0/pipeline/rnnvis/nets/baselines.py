"""What a model has to beat: the majority class, and TF-IDF with logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from rnnvis import progress
from rnnvis.measures.outputs.baselines import MAJORITY, TFIDF, Features, class_shares, logistic
from rnnvis.nets.evaluation import labelled, scores
from rnnvis.text.corpus import Corpus
from rnnvis.text.tokenizer import word_of

GRAMS = ((1, 1), (1, 2))
SUBLINEAR = (False, True)
SMALLEST_COUNT = (1, 2)
C = (1.0, 2.0, 4.0, 8.0, 16.0)


@dataclass(frozen=True)
class Baseline:
    """Class probabilities of one baseline for the labelled sentences of a split, float64 [n, classes]."""

    name: str
    choices: dict[str, Any]  # what was chosen on the validation split
    probabilities: dict[str, np.ndarray]

    def scores(self, corpus: Corpus, split: str) -> dict[str, float | int]:
        """Accuracy, loss (nats) and n on `split`."""
        return scores(self.probabilities[split], corpus.label[labelled(corpus, split)])


def baselines(corpus: Corpus, splits: Sequence[str] = ("valid", "test")) -> list[Baseline]:
    """Both baselines, trained on the labelled training sentences and judged on `splits`.

    TF-IDF is a fair one: it sees the same tokens as the models, and word pairs or not, sublinear counts or not,
    the rarest feature, the regularisation, and whether to train on all sources or only on those of the
    validation split are chosen by validation accuracy (ties: lower validation loss).
    """
    with threadpool_limits(1):
        return [_majority(corpus, splits), _tfidf(corpus, splits)]


def _majority(corpus: Corpus, splits: Sequence[str]) -> Baseline:
    shares = class_shares(corpus.label[labelled(corpus, "train")], len(corpus.labels))
    chosen = {"class": corpus.labels[int(shares.argmax())]}
    return Baseline(MAJORITY, chosen, {s: np.tile(shares, (len(labelled(corpus, s)), 1)) for s in splits})


def _tfidf(corpus: Corpus, splits: Sequence[str]) -> Baseline:
    best: tuple[tuple[float, float], dict[str, Any], TfidfVectorizer, LogisticRegression] | None = None
    everything = labelled(corpus, "train")
    texts = {split: _words(corpus, labelled(corpus, split)) for split in {"train", "valid", *splits}}
    labels, valid_labels = corpus.label[everything], corpus.label[labelled(corpus, "valid")]
    kinds = list(product(GRAMS, SUBLINEAR, SMALLEST_COUNT))
    trainings = list(product(_trainings(corpus).items(), C))
    with progress.bar("Training TF-IDF baselines", total=len(kinds) * len(trainings)) as bar:
        for grams, sublinear, smallest in kinds:
            vectoriser = Features(grams, sublinear, smallest).vectoriser()
            features = vectoriser.fit_transform(texts["train"])
            valid = vectoriser.transform(texts["valid"])
            for (sources, rows), c in trainings:
                model = logistic(features[rows], labels[rows], c)
                found = scores(model.predict_proba(valid), valid_labels)
                rank = (found["accuracy"], -found["loss"])
                if best is None or rank > best[0]:
                    choices = {
                        "training": sources,
                        "grams": list(grams),
                        "sublinear": sublinear,
                        "smallest_count": smallest,
                        "C": c,
                        "features": features.shape[1],
                    }
                    best = (rank, choices, vectoriser, model)
                bar.advance()
    assert best is not None
    _, choices, vectoriser, model = best
    return Baseline(TFIDF, choices, {s: model.predict_proba(vectoriser.transform(texts[s])) for s in splits})


def _trainings(corpus: Corpus) -> dict[str, np.ndarray]:
    """Rows of the labelled training sentences: all, and those from a source that the validation split has too."""
    judged = {corpus.source[i] for i in labelled(corpus, "valid")}
    same = np.array([corpus.source[i] in judged for i in labelled(corpus, "train")])
    trainings = {"all sources": np.arange(len(same))}
    if 0 < same.sum() < len(same):
        trainings[" and ".join(sorted(judged)) + " only"] = np.flatnonzero(same)
    return trainings


def _words(corpus: Corpus, chosen: np.ndarray) -> list[list[str]]:
    return [[word_of(surface) for surface in corpus.surface[i]] for i in chosen]


__all__ = ["Baseline", "baselines"]
