"""Stage `record`: a trained model over its corpus, as tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis import models
from rnnvis.config import Card, LanguageModelConfig, Measure, as_table
from rnnvis.corpora import Corpus
from rnnvis.measures.recorder import StateRecord
from rnnvis.measures.selections import select_words
from rnnvis.measures.units import label_auc
from rnnvis.stages.project import Dataset, Project
from rnnvis.stages.recorder import HEAD_STATE, Record, record
from rnnvis.stages.store import Step
from rnnvis.stages.train import corpus_step, load_corpus, train_step
from rnnvis.tables import columns, files
from rnnvis.tables.files import Part

INDEX = "index.json"
CODE = (
    *("recording", "measures", "corpora/sentences.py", "tables/columns.py", "tables/files.py", "tables/schema"),
    "stages/record.py",
)
UNPUBLISHED = ("standard_error", "half_a", "half_b", "half_a_count", "half_b_count")
"""Fields of `Responses` that lie beside the tables as arrays: what the tables lack, or have rounded."""

Written = dict[str, list[Part]]


def record_step(project: Project, dataset: Dataset, card: Card, seed: int, epoch: int | None = None) -> Step:
    """Measure one trained model, at its end or (a language model) after `epoch`; the folder holds its tables and
    `index.json`, which describes them."""
    if isinstance(card, LanguageModelConfig):
        from rnnvis.stages.language_record import language_record_step

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
        model, _ = models.load(trained.folder(project.build))
        found = record(model, corpus, measure, dataset.config.study)
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

    label = f"{dataset.config.name}-{card.name}-seed{seed}"
    return Step("record", label, inputs, (*CODE, "stages/recorder.py"), build)


def write_index(folder: Path, index: Mapping[str, Any]) -> None:
    """Write `index.json`; parts become plain tables."""
    files.replace(folder / INDEX, json.dumps(index, indent=1, default=asdict).encode())


def read_index(folder: Path) -> dict[str, Any]:
    """Read `index.json`; every list under a `tables` key is a list of `Part`."""
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    for holder in (index, *index["states"]):
        tables = holder.get("tables", {})
        holder["tables"] = {name: [Part(**part) for part in parts] for name, parts in tables.items()}
    return index


def measured_text(corpus: Corpus, measure: Measure, sentence_id: np.ndarray) -> dict[str, Any]:
    """What of the text was measured, as the index says it; `sentence_id` [N] is that of every step."""
    inside = np.isin(corpus.split, measure.splits)
    return {
        "splits": list(measure.splits),
        "steps": int(inside[sentence_id].sum()),
        "sentences": int(inside.sum()),
    }


def training_table(trained: Path, folder: Path) -> Written:
    """Write the epochs of a training as a table."""
    rows = json.loads((trained / "training.json").read_text(encoding="utf-8"))
    return {"training": files.write("training", columns.training(rows), folder)}


def _steps(found: Record, label: np.ndarray, folder: Path) -> Written:
    of_step = label[found.sentence_id]
    last = np.flatnonzero(np.append(found.sentence_id[1:] != found.sentence_id[:-1], True))
    steps = columns.steps(
        found.sentence_id, found.step, found.token_id, found.probabilities, of_step, found.pushes, found.surprise
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
    read_by_head = state.name == HEAD_STATE
    tables = {}
    if read_by_head and found.v is not None and found.effects and found.in_context:
        tables["word_effects"] = columns.word_effects(found.effects, state.responses, found.v)
        tables["word_in_context"] = columns.word_in_context(found.in_context)
    return write_state(
        state,
        corpus,
        folder,
        title=state_title(state.name),
        frequent_count=dataset.config.measure.frequent_count,
        published_count=dataset.config.measure.published_count,
        bounded=state.name.endswith(".h"),
        read_by_head=read_by_head,
        v=found.v if read_by_head else None,
        auc=auc,
        tables=tables,
    )


def state_title(name: str) -> str:
    """How the state `name` is called on the page: “Layer 1, hidden h”."""
    kind = "hidden h" if name.endswith(".h") else "cell c"
    return f"Layer {int(name.split('.')[-2]) + 1}, {kind}"


def write_state(
    state: StateRecord,
    corpus: Corpus,
    folder: Path,
    *,
    title: str,
    frequent_count: int,
    bounded: bool,
    published_count: int = 1,
    read_by_head: bool = False,
    v: np.ndarray | None = None,
    auc: np.ndarray | None = None,
    next_weights: np.ndarray | None = None,
    tables: Mapping[str, columns.Columns] | None = None,
) -> dict[str, Any]:
    """Write the tables of one state into `folder/<its name>`; its entry in the index.

    `v` [H] are the weights of a classifier's head for the log-odds of two classes, `next_weights` [V, H] those of a
    language model's, `auc` [H] the areas of its last state for the label; `tables` are further ones of the head.
    """
    words = len(state.responses.count)
    named = select_words(state.responses, "reliable", words, frequent_count, corpus.special).word_ids
    lengths = [len(corpus.tokens[i]) for i in state.published]
    written = {
        "responses": columns.responses(state.responses, published_count),
        "response_quantiles": columns.response_quantiles(state.quantiles),
        "contexts": columns.contexts(state.contexts),
        "units": columns.units(state.units, state.gates, state.responses, named, v, auc, next_weights),
        "gates": columns.gates(state.gates, len(state.units.mean)),
        "states": columns.states(state, lengths),
        **(tables or {}),
    }
    inside = folder / state.name
    for name in UNPUBLISHED:
        inside.mkdir(parents=True, exist_ok=True)
        np.save(inside / f"{name}.npy", getattr(state.responses, name), allow_pickle=False)
    layer = next(part for part in reversed(state.name.split(".")) if part.isdigit())
    return {
        "name": state.name,
        "title": title,
        "layer": int(layer),
        "kind": state.name.rsplit(".", 1)[1],
        "units": len(state.units.mean),
        "bounded": bounded,
        "read_by_head": read_by_head or next_weights is not None,
        "published_sentences": len(state.published),
        "tables": {name: files.write(name, table, inside) for name, table in written.items() if _rows(table)},
    }


def _rows(table: columns.Columns) -> int:
    return len(next(iter(table.values())))
