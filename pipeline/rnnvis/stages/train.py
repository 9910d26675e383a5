"""Stage `train`: the corpus as a folder, then a model for each card and seed."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnvis import corpora, models
from rnnvis.config import Card, LanguageModelConfig, as_table
from rnnvis.corpora import Corpus
from rnnvis.errors import RnnvisError
from rnnvis.models import language_training
from rnnvis.stages.inputs import content_digest
from rnnvis.stages.project import Dataset, Project
from rnnvis.stages.store import PACKAGE, Step

_TRAINING_CODE = tuple(
    f"models/{name}.py" for name in ("batches", "checkpoints", "classifier", "embeddings", "evaluation", "training")
)
_LANGUAGE_MODEL_CODE = tuple(
    f"models/{name}.py" for name in ("checkpoints", "language_model", "language_training", "perplexity", "streams")
)

_SECONDS_PER_EPOCH = 75.0  # of a million words with 200 units and ten thousand words to choose from, on one core


def corpus_step(project: Project, dataset: Dataset) -> Step:
    """Fetch, tokenise and split the text."""
    config = dataset.config
    source = {key: value for key, value in as_table(config.source).items() if key != "path"}
    inputs: dict[str, Any] = {"name": config.name, "source": source}
    if content := content_digest(config.source, project.build):
        inputs["content"] = content
    inputs["vocabulary"] = as_table(config.vocabulary)
    inputs["probe"] = [as_table(probe) for probe in config.probe]

    def build(folder: Path) -> None:
        corpus = corpora.load(config, project.downloads)
        _check_labels(corpus)
        corpus.save(folder / "corpus")

    return Step("corpus", config.name, inputs, (*_loading_code(config.source.kind), "registry.py"), build)


def _loading_code(kind: str) -> tuple[str, ...]:
    """The code that a corpus of this kind depends on: the room of corpora without the loaders of other kinds."""
    others = {other.replace("-", "_") for other in (*corpora.KINDS, *corpora.FILE_KINDS) if other != kind}
    files = sorted((PACKAGE / "corpora").glob("*.py"))
    return tuple(f"corpora/{file.name}" for file in files if file.stem not in others)


def _check_labels(corpus: Corpus) -> None:
    """A classifier learns from sentences of every class, and is judged on both other splits; a language model needs
    text in all three."""
    if len(corpus.labels) == 1:
        raise RnnvisError(
            f"{corpus.name}: every label is {corpus.labels[0]}", "a classifier needs sentences of two classes or more"
        )
    for split in ("train", "valid", "test"):
        if not len(corpus.indices(split)):
            raise RnnvisError(f"{corpus.name}: the split {split} has no sentence", "give more text")
        found = set(corpus.label[corpus.indices(split)].tolist())
        missing = [name for label, name in enumerate(corpus.labels) if label not in found]
        if (corpus.labels and len(missing) == len(corpus.labels)) or (split == "train" and missing):
            raise RnnvisError(
                f"{corpus.name}: the split {split} has no sentence labelled {' or '.join(missing)}", "give more text"
            )


def train_step(project: Project, dataset: Dataset, card: Card, seed: int) -> Step:
    """Train one model; a killed run goes on at its last whole epoch, a language model's within a minute of its end."""
    if isinstance(card, LanguageModelConfig):
        return _train_language_model(project, dataset, card, seed)
    corpus = corpus_step(project, dataset)
    config = {name: value for name, value in as_table(card).items() if name != "seeds"}
    inputs = {"corpus": corpus.key, "card": config, "seed": seed, "torch": torch.__version__, "numpy": np.__version__}

    def build(folder: Path) -> None:
        models.train(load_corpus(corpus.folder(project.build)), card, seed, folder)

    label = f"{dataset.config.name}-{card.name}-seed{seed}"
    return Step("train", label, inputs, _TRAINING_CODE, build, resumes=True)


def _train_language_model(project: Project, dataset: Dataset, card: LanguageModelConfig, seed: int) -> Step:
    """The model is trained in `build/models/` and copied: it is not trained again when only code around it changes."""
    corpus = corpus_step(project, dataset)
    inputs = {"corpus": corpus.key, "card": language_training.decisive(card), "seed": seed, "torch": torch.__version__}
    label = f"{dataset.config.name}-{card.name}-seed{seed}"

    def build(folder: Path) -> None:
        text = load_corpus(corpus.folder(project.build))
        kept = project.build / "models" / label
        if not language_training.is_current(kept, text, card, seed):
            language_training.train(text, card, seed, kept, clock_file(project, label))
        for path in sorted(kept.glob("*.*")):
            shutil.copyfile(path, folder / path.name)

    return Step("train", label, inputs, _LANGUAGE_MODEL_CODE, build, seconds=_SECONDS_PER_EPOCH * card.epochs)


def clock_file(project: Project, label: str) -> Path:
    """Where it is written how long the training called `label` has taken."""
    return project.build / "times" / f"{label}.json"


@cache
def load_corpus(folder: Path) -> Corpus:
    """The corpus that a finished corpus step left in `folder`."""
    return Corpus.load(folder / "corpus")
