"""Stage `record` for a language model: its states, carried through each document, and its guesses, as tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rnnvis.api.folder import told_of
from rnnvis.api.record import record
from rnnvis.api.recording import Recording
from rnnvis.config import LanguageModelConfig, Measure
from rnnvis.measures.recorder import StateRecord
from rnnvis.nets.checkpoints import load_language_model
from rnnvis.nets.language_model import LanguageModel
from rnnvis.published import columns, files
from rnnvis.published.entries import state_title
from rnnvis.published.recorded import write_state
from rnnvis.recipes.keep.index import write_index
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.language_recorder import head_state, language_model_by
from rnnvis.recipes.steps.record_tables import measured_text, record_inputs, training_table
from rnnvis.recipes.steps.train import train_step
from rnnvis.text.corpus import Corpus


def language_record_step(
    project: Project,
    dataset: Dataset,
    card: LanguageModelConfig,
    seed: int,
    epoch: int | None = None,
    run: Callable[..., Any] = record,
) -> Step:
    """Measure one trained language model, at its best or after `epoch`.

    Of an earlier epoch the guesses are taken only where states are published; at its end of all held-out text too.
    """
    corpus_folder = corpus_step(project, dataset).folder(project.build)
    trained = train_step(project, dataset, card, seed)
    measure = dataset.config.measure
    inputs = record_inputs(trained, measure) | {"epoch": epoch}

    def build(folder: Path) -> None:
        source = trained.folder(project.build)
        corpus = load_corpus(corpus_folder)
        model, _ = load_language_model(source, "model" if epoch is None else f"epoch-{epoch}")
        found: Recording = language_model_by(run, model, corpus, measure, held_out=epoch is None)
        states = [_state(state, found, model, corpus, measure, folder) for state in found.states.values()]
        tables = _steps(found, folder, epoch is None) | (training_table(source, folder) if epoch is None else {})
        measured, answer = measured_text(corpus, measure), told_of(found).entry()
        write_index(folder, {"tables": tables, "states": states, "answer": answer, "measured": measured})

    label = dataset.label(card, seed, epoch)
    return Step("record", label, inputs, (language_model_by, write_state), build, seconds=100.0)


def _steps(found: Recording, folder: Path, final: bool) -> dict[str, list[files.Part]]:
    assert found.answers is not None
    written = {"steps": files.write("steps", told_of(found).steps(found.answers.rows), folder)}
    if final and found.answer_memory is not None:
        written["answer_memory"] = files.write("answer_memory", columns.answer_memory(found.answer_memory), folder)
    return written


def _state(
    state: StateRecord, found: Recording, model: LanguageModel, corpus: Corpus, measure: Measure, folder: Path
) -> dict[str, Any]:
    read_by_head = state.name == head_state(model)
    return write_state(
        state,
        corpus,
        folder,
        title=state_title(state.name, found.states),
        frequent_count=measure.frequent_count,
        published_count=measure.published_count,
        bounded=state.name in found.bounded,
        next_weights=model.head.weight.detach().cpu().numpy() if read_by_head else None,
    )
