"""The step model of a trained model: a few sentences of its corpus are recorded, as anybody's model is, for that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from rnnvis.api.step_models import made_of
from rnnvis.config import Card, LanguageModelConfig
from rnnvis.nets.checkpoints import load, load_language_model
from rnnvis.published.files import FILE_LIMIT
from rnnvis.recipes.keep.project import Dataset
from rnnvis.recipes.steps.language_recorder import record_language_model
from rnnvis.recipes.steps.recorder import record_classifier
from rnnvis.recording.step_model.making import Made
from rnnvis.recording.step_model.tensors import UnfitError
from rnnvis.recording.step_model.watching import SENTENCES
from rnnvis.text.corpus import Corpus
from rnnvis.text.encoding import words_spec


def card_step_model(trained: Path, dataset: Dataset, card: Card, corpus: Corpus) -> Made | str:
    """The step model of the model in the folder `trained`, in half precision where the dataset says so or it is too
    large otherwise; or why it has none, in words."""
    few, measure = _few(corpus), dataset.config.measure
    if isinstance(card, LanguageModelConfig):
        recording = record_language_model(load_language_model(trained)[0], few, measure)
    else:
        recording = record_classifier(load(trained)[0], few, measure, dataset.config.study)
    words = words_spec(corpus.vocabulary, corpus.tokens, corpus.text)
    try:
        made = made_of(recording, half=card.name in dataset.config.half, words=words)
        whole = sum(tensor.nbytes for tensor in made.model.tensors.values())
        return made if whole < FILE_LIMIT else made_of(recording, half=True, words=words)
    except UnfitError as error:
        return str(error)


def _few(corpus: Corpus) -> Corpus:
    """Sentences of different lengths, each as one of the test split, by itself."""
    lengths = np.array([len(row) for row in corpus.tokens])
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    chosen = np.sort(order[np.unique(np.linspace(0, len(order) - 1, SENTENCES).astype(int))])
    return replace(
        corpus,
        tokens=[corpus.tokens[i] for i in chosen],
        surface=[corpus.surface[i] for i in chosen],
        text=[corpus.text[i] for i in chosen],
        split=["test"] * len(chosen),
        label=corpus.label[chosen],
        score=corpus.score[chosen],
        source=[corpus.source[i] for i in chosen],
        key=[corpus.key[i] for i in chosen],
        document=None,
        tags=None,
    )
