"""Stage `record`: a trained model over its corpus, as tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rnnvis.config import Card, LanguageModelConfig, as_table
from rnnvis.measures.recorder import StateRecord
from rnnvis.measures.units.units import label_auc
from rnnvis.nets.checkpoints import load
from rnnvis.published import columns, files
from rnnvis.published.entries import state_title
from rnnvis.published.recorded import write_state
from rnnvis.recipes.keep.index import write_index
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.language_record import language_record_step
from rnnvis.recipes.steps.record_tables import Written, measured_text, training_table
from rnnvis.recipes.steps.recorder import Record, record_classifier
from rnnvis.recipes.steps.train import train_step
from rnnvis.text.corpus import Corpus


def record_step(project: Project, dataset: Dataset, card: Card, seed: int, epoch: int | None = None) -> Step:
    """Measure one trained model, at its end or (a language model) after `epoch`; the folder holds its tables and
    `index.json`, which describes them."""
    if isinstance(card, LanguageModelConfig):
        return language_record_step(project, dataset, card, seed, epoch)
    corpus_folder = corpus_step(project, dataset).folder(project.build)
    trained = train_step(project, dataset, card, seed)
    measure = dataset.config.measure
    inputs = {
        "trained": trained.key,
        "splits": measure.splits,
        "minimum_count": measure.minimum_count,
        "frequent_count": measure.frequent_count,
        "selected_words": measure.selected_words,
        "published_count": measure.published_count,
        "study": as_table(dataset.config.study),
    }

    def build(folder: Path) -> None:
        corpus = load_corpus(corpus_folder)
        model, _ = load(trained.folder(project.build))
        found = record_classifier(model, corpus, measure, dataset.config.study)
        head = {
            "training": training_table(trained.folder(project.build), folder),
            "steps": _steps(found, corpus.label, folder),
        }
        states = [_state(state, found, corpus, dataset, folder) for state in found.states]
        index = {
            "tables": {name: parts for group in head.values() for name, parts in group.items()},
            "states": states,
            "measured": measured_text(corpus, measure, found.sentence_id),
        }
        write_index(folder, index)

    label = dataset.label(card, seed)
    return Step("record", label, inputs, (record_classifier, write_state), build)


def _steps(found: Record, label: np.ndarray, folder: Path) -> Written:
    of_step = label[found.sentence_id]
    last = np.flatnonzero(np.append(found.sentence_id[1:] != found.sentence_id[:-1], True))
    steps = columns.steps(
        found.sentence_id,
        found.step,
        found.token_id,
        found.probabilities,
        of_step,
        found.effects.pushes,
        found.surprise,
    )
    of_sentence = columns.predictions(
        last, found.sentence_id, found.step, found.probabilities, of_step, found.surprise[:, 0]
    )
    return {
        "steps": files.write("steps", steps, folder),
        "predictions": files.write("predictions", of_sentence, folder),
    }


def _state(state: StateRecord, found: Record, corpus: Corpus, dataset: Dataset, folder: Path) -> dict[str, Any]:
    auc = label_auc(state.last, corpus.label[state.ended]) if len(corpus.labels) == 2 else None
    return write_state(
        state,
        corpus,
        folder,
        title=state_title(state.name, [other.name for other in found.states]),
        frequent_count=dataset.config.measure.frequent_count,
        published_count=dataset.config.measure.published_count,
        bounded=state.name.endswith(".h"),
        auc=auc,
        effects=found.effects,
    )
