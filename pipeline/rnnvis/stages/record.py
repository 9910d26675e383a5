"""Stage `record`: a trained model over its corpus, as tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis import models
from rnnvis.config import ModelConfig, as_table
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
Written = dict[str, list[Part]]


def record_step(project: Project, dataset: Dataset, card: ModelConfig, seed: int) -> Step:
    """Measure one trained model; the folder holds its tables and `index.json`, which describes them."""
    corpus_folder = corpus_step(project, dataset).folder(project.build)
    trained = train_step(project, dataset, card, seed)
    measure = dataset.config.measure
    inputs = {
        "trained": trained.key,
        "splits": measure.splits,
        "minimum_count": measure.minimum_count,
        "frequent_count": measure.frequent_count,
        "selected_words": measure.selected_words,
        "study": as_table(dataset.config.study),
    }

    def build(folder: Path) -> None:
        corpus = load_corpus(corpus_folder)
        model, _ = models.load(trained.folder(project.build))
        found = record(model, corpus, measure, dataset.config.study)
        head = {
            "training": _training(trained.folder(project.build), folder),
            "steps": _steps(found, corpus.label, folder),
        }
        states = [_state(state, found, corpus, dataset, folder) for state in found.states]
        index = {
            "tables": {name: parts for group in head.values() for name, parts in group.items()},
            "states": states,
            "measured": {
                "splits": list(measure.splits),
                "steps": int(np.isin(corpus.split, measure.splits)[found.sentence_id].sum()),
                "sentences": int(np.isin(corpus.split, measure.splits).sum()),
            },
        }
        write_index(folder, index)

    code = ("recording", "measures", "tables/columns.py", "tables/files.py", "tables/schema.py")
    label = f"{dataset.config.name}-{card.name}-seed{seed}"
    return Step("record", label, inputs, (*code, "stages/record.py", "stages/recorder.py"), build)


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


def _training(trained: Path, folder: Path) -> Written:
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
    measure = dataset.config.measure
    read_by_head = state.name == HEAD_STATE
    v = found.v if read_by_head else None
    named = select_words(
        state.responses, "reliable", len(state.responses.count), measure.frequent_count, corpus.special
    ).word_ids
    test = corpus.indices("test")
    auc = label_auc(state.last[test], corpus.label[test])
    lengths = np.bincount(found.sentence_id)
    tables = {
        "responses": columns.responses(state.responses),
        "responses_by_unit": columns.responses_by_unit(state.responses),
        "response_quantiles": columns.response_quantiles(state.quantiles),
        "contexts": columns.contexts(state.contexts),
        "units": columns.units(state.units, state.responses, named, v, auc),
        "states": {
            "sentence_id": np.repeat(state.published, lengths[state.published]).astype(np.int32),
            "step": found.step[np.isin(found.sentence_id, state.published)],
            "value": files.list_column(state.values),
        },
    }
    if v is not None:
        tables["word_effects"] = columns.word_effects(found.effects, state.responses, v)
        tables["word_in_context"] = columns.word_in_context(found.in_context)
    inside = folder / state.name
    layer, kind = state.name.rsplit(".", 2)[-2:]
    written = {name: files.write(name, table, inside) for name, table in tables.items()}
    halves = {name: getattr(state.responses, name) for name in ("half_a", "half_b", "half_a_count", "half_b_count")}
    for name, values in halves.items():
        np.save(inside / f"{name}.npy", values, allow_pickle=False)
    return {
        "name": state.name,
        "title": f"Layer {int(layer) + 1}, {'hidden h' if kind == 'h' else 'cell c'}",
        "layer": int(layer),
        "kind": kind,
        "units": len(state.units.mean),
        "bounded": kind == "h",
        "read_by_head": read_by_head,
        "published_sentences": len(state.published),
        "tables": written,
    }
