"""Stage `record`: a trained model over its corpus, as tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rnnvis.api.folder import told_of
from rnnvis.api.record import record
from rnnvis.api.recording import Recording
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
from rnnvis.recipes.steps.record_tables import Written, measured_text, record_inputs, training_table
from rnnvis.recipes.steps.recorder import classifier_by
from rnnvis.recipes.steps.train import train_step
from rnnvis.text.corpus import Corpus


def record_step(
    project: Project,
    dataset: Dataset,
    card: Card,
    seed: int,
    epoch: int | None = None,
    run: Callable[..., Any] = record,
) -> Step:
    """Measure one trained model, at its end or (a language model) after `epoch`; the folder holds its tables and
    `index.json`, which describes them. `run` records it, or merges what was recorded in shards."""
    if isinstance(card, LanguageModelConfig):
        return language_record_step(project, dataset, card, seed, epoch, run)
    corpus_folder = corpus_step(project, dataset).folder(project.build)
    trained = train_step(project, dataset, card, seed)
    measure = dataset.config.measure
    inputs = record_inputs(trained, measure) | {"study": as_table(dataset.config.study)}

    def build(folder: Path) -> None:
        corpus = load_corpus(corpus_folder)
        model, _ = load(trained.folder(project.build))
        found: Recording = classifier_by(run, model, corpus, measure, dataset.config.study)
        head = {
            "training": training_table(trained.folder(project.build), folder),
            "steps": _steps(found, folder),
        }
        states = [_state(state, found, corpus, dataset, folder) for state in found.states.values()]
        index = {
            "tables": {name: parts for group in head.values() for name, parts in group.items()},
            "states": states,
            "answer": told_of(found).entry(),
            "measured": measured_text(corpus, measure),
            "figures": memory.deletion.rows("test") if (memory := found.answer_memory) and memory.deletion else [],
        }
        write_index(folder, index)

    label = dataset.label(card, seed)
    return Step("record", label, inputs, (classifier_by, write_state), build)


def _steps(found: Recording, folder: Path) -> Written:
    told = told_of(found)
    predictions = told.predictions()
    assert predictions is not None
    written = {
        "steps": files.write("steps", told.steps(), folder),
        "predictions": files.write("predictions", predictions, folder),
    }
    if found.answer_memory is not None:
        written["answer_memory"] = files.write("answer_memory", columns.answer_memory(found.answer_memory), folder)
    return written


def _state(state: StateRecord, found: Recording, corpus: Corpus, dataset: Dataset, folder: Path) -> dict[str, Any]:
    auc = label_auc(state.last, corpus.label[state.ended]) if len(corpus.labels) == 2 else None
    return write_state(
        state,
        corpus,
        folder,
        title=state_title(state.name, found.states),
        frequent_count=dataset.config.measure.frequent_count,
        published_count=dataset.config.measure.published_count,
        bounded=state.name in found.bounded,
        auc=auc,
        effects=found.effects,
    )
