"""Stage `train`: the corpus as a folder, then a model for each card and seed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnvis import corpora, models
from rnnvis.config import ModelConfig, as_table
from rnnvis.corpora import Corpus
from rnnvis.errors import RnnvisError
from rnnvis.stages.project import Dataset, Project
from rnnvis.stages.store import Step

_CORPUS_CODE = ("corpora", "registry.py")
_TRAINING_CODE = tuple(
    f"models/{name}.py" for name in ("batches", "checkpoints", "classifier", "embeddings", "evaluation", "training")
)


def corpus_step(project: Project, dataset: Dataset) -> Step:
    """Fetch, tokenise and split the text."""
    config = dataset.config
    inputs: dict[str, Any] = {"name": config.name, "source": as_table(config.source)}
    inputs["vocabulary"] = as_table(config.vocabulary)
    inputs["probe"] = [as_table(probe) for probe in config.probe]

    def build(folder: Path) -> None:
        corpus = corpora.load(config, project.downloads)
        _check_labels(corpus)
        corpus.save(folder / "corpus")

    return Step("corpus", config.name, inputs, _CORPUS_CODE, build)


def _check_labels(corpus: Corpus) -> None:
    """A classifier learns from sentences of every class, and is judged on both other splits."""
    for split in ("train", "valid", "test"):
        found = set(corpus.label[corpus.indices(split)].tolist())
        missing = [name for label, name in enumerate(corpus.labels) if label not in found]
        if len(missing) == len(corpus.labels) or (split == "train" and missing):
            raise RnnvisError(
                f"{corpus.name}: the split {split} has no sentence labelled {' or '.join(missing)}", "give more text"
            )


def train_step(project: Project, dataset: Dataset, card: ModelConfig, seed: int) -> Step:
    """Train one model; a killed run goes on at its last whole epoch."""
    corpus = corpus_step(project, dataset)
    config = {name: value for name, value in as_table(card).items() if name != "seeds"}
    inputs = {"corpus": corpus.key, "card": config, "seed": seed, "torch": torch.__version__, "numpy": np.__version__}

    def build(folder: Path) -> None:
        models.train(load_corpus(corpus.folder(project.build)), card, seed, folder)

    label = f"{dataset.config.name}-{card.name}-seed{seed}"
    return Step("train", label, inputs, (*_CORPUS_CODE, *_TRAINING_CODE), build, resumes=True)


@cache
def load_corpus(folder: Path) -> Corpus:
    """The corpus that a finished corpus step left in `folder`."""
    return Corpus.load(folder / "corpus")
