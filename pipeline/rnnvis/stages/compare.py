"""Stage `compare`: every ordered pair of different states of a dataset, by their units, clusters and states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis import progress
from rnnvis.config import ModelConfig
from rnnvis.corpora import Corpus
from rnnvis.measures.cka import linear_cka
from rnnvis.measures.matches import match, profiles
from rnnvis.stages.cluster import cluster_step
from rnnvis.stages.describe import read_states
from rnnvis.stages.project import Dataset, Project
from rnnvis.stages.record import read_index, record_step, write_index
from rnnvis.stages.store import Step
from rnnvis.stages.train import corpus_step, load_corpus
from rnnvis.tables import files
from rnnvis.tables.overview_columns import matched, rows

HELD_OUT = ("valid", "test")
Row = dict[str, Any]


def compare_step(project: Project, dataset: Dataset, cards: Sequence[ModelConfig]) -> Step:
    """Compare the states of these clustered models; the folder holds tables for pairs, none for a single state."""
    corpus = corpus_step(project, dataset)
    recorded = {card.name: record_step(project, dataset, card, card.seeds[0]) for card in cards}
    clustered = {card.name: cluster_step(project, dataset, card, card.seeds[0]) for card in cards}
    least = dataset.config.measure.minimum_count
    inputs = {"clustered": {name: step.key for name, step in clustered.items()}, "minimum_count": least}

    def build(folder: Path) -> None:
        text = load_corpus(corpus.folder(project.build))
        states = [
            state
            for name in recorded
            for state in _states(
                name, recorded[name].folder(project.build), clustered[name].folder(project.build), text, least
            )
        ]
        write_index(folder, {"states": [], "tables": _tables(states, folder)})

    code = ("measures/matches.py", "measures/cka.py", "tables/overview_columns.py", "tables/files.py")
    return Step("compare", dataset.config.name, inputs, (*code, "tables/schema", "stages/compare.py"), build)


def comparable(project: Project, dataset: Dataset, coming: Sequence[ModelConfig] = ()) -> list[ModelConfig]:
    """The cards whose models are clustered, or will be (`coming`), in the dataset's order."""
    names = {card.name for card in coming}
    return [
        card
        for card in dataset.cards.values()
        if card.name in names or cluster_step(project, dataset, card, card.seeds[0]).finished(project.build)
    ]


@dataclass(frozen=True)
class _State:
    """One state: expected responses [W, H] and whether each word [W] counts; unit labels [H] by (method, selection, k);
    its steps of held-out text."""

    model: str
    name: str
    mean: np.ndarray = field(repr=False)
    measured: np.ndarray = field(repr=False)
    labels: dict[tuple[str, str, int], np.ndarray] = field(repr=False)
    sentence: np.ndarray = field(repr=False)
    values: np.ndarray = field(repr=False)


def _states(model: str, recorded: Path, clustered: Path, text: Corpus, least: int) -> list[_State]:
    held_out = np.isin(text.split, HELD_OUT)
    found = []
    for state, clusters in zip(read_index(recorded)["states"], read_index(clustered)["states"], strict=True):
        inside = recorded / state["name"]
        table = files.read("responses", [inside / part.name for part in state["tables"]["responses"]])
        measured = table["count"].to_numpy() >= least
        measured[list(text.special)] = False
        sentence, values = read_states(inside, state["tables"])
        wanted = held_out[sentence]
        found.append(
            _State(
                model,
                state["name"],
                np.nan_to_num(files.matrix(table["mean"])),
                measured,
                _labels(clustered / state["name"], clusters["tables"], state["units"]),
                sentence[wanted],
                values[wanted],
            )
        )
    return found


def _labels(folder: Path, tables: dict[str, Any], units: int) -> dict[tuple[str, str, int], np.ndarray]:
    table = files.read("cluster_labels", [folder / part.name for part in tables["cluster_labels"]])
    found = {}
    for row in table.to_pylist():
        if row["side"] == "units":
            labels = np.full(units, -1)
            labels[row["ids"]] = row["labels"]
            found[row["method"], row["selection"], row["k"]] = labels
    return found


def _tables(states: Sequence[_State], folder: Path) -> dict[str, list[files.Part]]:
    found: dict[str, list[Row]] = {"unit_matches": [], "cluster_matches": [], "state_pairs": []}
    pairs = list(permutations(states, 2))
    with progress.bar("Comparing states", total=len(pairs)) as bar:
        for a, b in pairs:
            at = {"model_a": a.model, "state_a": a.name, "model_b": b.model, "state_b": b.name}
            shared = a.measured & b.measured
            if shared.any():
                ours, theirs = a.mean[shared], b.mean[shared]
                found["unit_matches"].append({**at, **matched(match(ours, theirs))})
                found["cluster_matches"] += _clusters(at, a, b, ours, theirs)
            found["state_pairs"].append({**at, **_alike(a, b), "shared_words": int(shared.sum())})
            bar.advance()
    return {name: files.write(name, rows(of), folder) for name, of in found.items() if of}


def _clusters(at: Row, a: _State, b: _State, ours: np.ndarray, theirs: np.ndarray) -> list[Row]:
    found = []
    for key, labels in a.labels.items():
        other = b.labels.get(key)
        if other is not None:
            method, selection, k = key
            paired = match(profiles(ours, labels, k), profiles(theirs, other, k))
            found.append({**at, "method": method, "selection": selection, "k": k, **matched(paired)})
    return found


def _alike(a: _State, b: _State) -> Row:
    both = np.intersect1d(a.sentence, b.sentence)
    ours, theirs = np.isin(a.sentence, both), np.isin(b.sentence, both)
    cka = linear_cka(a.values[ours], b.values[theirs]) if len(both) else math.nan
    return {"cka": None if math.isnan(cka) else cka, "steps": int(ours.sum())}
