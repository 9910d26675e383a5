"""Stage `train`: a model for each card and seed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import torch

from rnnvis.config import Card, LanguageModelConfig, as_table
from rnnvis.nets import language_training, training
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus

_SECONDS_PER_EPOCH = 75.0  # of a million words with 200 units and ten thousand words to choose from, on one core


def train_step(project: Project, dataset: Dataset, card: Card, seed: int) -> Step:
    """Train one model; a killed run goes on at its last whole epoch, a language model's within a minute of its end."""
    if isinstance(card, LanguageModelConfig):
        return _train_language_model(project, dataset, card, seed)
    corpus = corpus_step(project, dataset)
    config = {name: value for name, value in as_table(card).items() if name != "seeds"}
    inputs = {"corpus": corpus.key, "card": config, "seed": seed, "torch": torch.__version__, "numpy": np.__version__}

    def build(folder: Path) -> None:
        training.train(load_corpus(corpus.folder(project.build)), card, seed, folder)

    label = dataset.label(card, seed)
    return Step("train", label, inputs, (training.train,), build, resumes=True)


def _train_language_model(project: Project, dataset: Dataset, card: LanguageModelConfig, seed: int) -> Step:
    """The model is trained in `build/models/` and copied: it is not trained again when only code around it changes."""
    corpus = corpus_step(project, dataset)
    inputs = {"corpus": corpus.key, "card": language_training.decisive(card), "seed": seed, "torch": torch.__version__}
    label = dataset.label(card, seed)

    def build(folder: Path) -> None:
        text = load_corpus(corpus.folder(project.build))
        kept = project.build / "models" / label
        if not language_training.is_current(kept, text, card, seed):
            language_training.train(text, card, seed, kept, clock_file(project, label))
        for path in sorted(kept.glob("*.*")):
            shutil.copyfile(path, folder / path.name)

    return Step("train", label, inputs, (language_training.train,), build, seconds=_SECONDS_PER_EPOCH * card.epochs)


def clock_file(project: Project, label: str) -> Path:
    """Where it is written how long the training called `label` has taken."""
    return project.build / "times" / f"{label}.json"
