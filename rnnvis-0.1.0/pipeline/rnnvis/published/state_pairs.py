"""How alike two states are: their units, their clusters of units, and the states as wholes.

Words are matched by their text, so that states over different vocabularies compare over the words that both know.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis import progress
from rnnvis.measures.states.cka import gram_norm, linear_cka
from rnnvis.measures.states.matches import match, profiles
from rnnvis.published import files
from rnnvis.published.overview_columns import matched
from rnnvis.text.corpus import RECORDED

HELD_OUT = ("valid", "test", RECORDED)
"""Splits on whose sentences states are compared: of a recording, all of them."""

PAIR_TABLES = ("unit_matches", "cluster_matches", "state_pairs")
Row = dict[str, Any]


@dataclass(frozen=True)
class Text:
    """What states of one dataset share: the words by number, numbers of words that stand for no word, and the split
    of every sentence; no splits where the sentences were not published."""

    dataset: str
    words: tuple[str, ...] = field(repr=False)
    special: tuple[int, ...] = field(repr=False)
    splits: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class ComparedState:
    """One state: expected responses [W, H] and whether each word [W] counts; unit labels [H] by (method, selection, k);
    its steps of held-out text: sentence numbers [N] and values [N, H]."""

    text: Text
    model: str
    name: str
    mean: np.ndarray = field(repr=False)
    measured: np.ndarray = field(repr=False)
    labels: dict[tuple[str, str, int], np.ndarray] = field(repr=False)
    sentence: np.ndarray = field(repr=False)
    values: np.ndarray = field(repr=False)


def read_state(
    text: Text, model: str, name: str, units: int, minimum_count: int, paths: Mapping[str, Sequence[Path]]
) -> ComparedState:
    """A state of `units` units whose tables lie in the files `paths`, by table.

    Words with fewer than `minimum_count` uses, and special ones, do not count.
    """
    table = files.read("responses", paths["responses"])
    measured = table["count"].to_numpy() >= minimum_count
    measured[list(text.special)] = False
    sentence, values = np.zeros(0, np.int32), np.zeros((0, units), np.float16)
    if "states" in paths:
        steps = files.read("states", paths["states"])
        wanted = np.isin(text.splits, HELD_OUT)[steps["sentence_id"].to_numpy()] & (steps["step"].to_numpy() >= 0)
        sentence, values = steps["sentence_id"].to_numpy()[wanted], files.matrix(steps["value"])[wanted]
    labels = {}
    for row in files.read("cluster_labels", paths.get("cluster_labels", ())).to_pylist():
        if row["side"] == "units":
            of = np.full(units, -1)
            of[row["ids"]] = row["labels"]
            labels[row["method"], row["selection"], row["k"]] = of
    mean = np.nan_to_num(files.matrix(table["mean"]))
    return ComparedState(text, model, name, mean, measured, labels, sentence, values)


def compare(
    states: Sequence[ComparedState], wanted: Callable[[ComparedState, ComparedState], bool] = lambda a, b: True
) -> dict[str, dict[str, list[Row]]]:
    """Rows of `PAIR_TABLES` for every ordered pair of different states that is `wanted`: by dataset of the first state,
    then by table."""
    found: dict[str, dict[str, list[Row]]] = {}
    pairs = [(a, b) for a, b in permutations(states, 2) if wanted(a, b)]
    wholes = _Wholes()
    with progress.bar("Comparing states", total=len(pairs)) as bar:
        for a, b in pairs:
            tables = found.setdefault(a.text.dataset, {table: [] for table in PAIR_TABLES})
            at: Row = {"model_a": a.model, "state_a": a.name, "model_b": b.model, "state_b": b.name}
            at["dataset_b"] = None if a.text.dataset == b.text.dataset else b.text.dataset
            of_a, of_b = _shared_words(a, b)
            if len(of_a):
                ours, theirs = a.mean[of_a], b.mean[of_b]
                tables["unit_matches"].append({**at, **matched(match(ours, theirs))})
                tables["cluster_matches"] += _clusters(at, a, b, ours, theirs)
            tables["state_pairs"].append({**at, **wholes.of(a, b), "shared_words": len(of_a)})
            bar.advance()
    return found


def _shared_words(a: ComparedState, b: ComparedState) -> tuple[np.ndarray, np.ndarray]:
    """Numbers in A and in B of the words that count in both."""
    if a.text.words == b.text.words:
        both = np.flatnonzero(a.measured & b.measured)
        return both, both
    theirs = {b.text.words[i]: i for i in np.flatnonzero(b.measured).tolist()}
    pairs = [(i, theirs[a.text.words[i]]) for i in np.flatnonzero(a.measured).tolist() if a.text.words[i] in theirs]
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _clusters(at: Row, a: ComparedState, b: ComparedState, ours: np.ndarray, theirs: np.ndarray) -> list[Row]:
    found = []
    for key, labels in a.labels.items():
        other = b.labels.get(key)
        if other is not None:
            method, selection, k = key
            paired = match(profiles(ours, labels, k), profiles(theirs, other, k))
            found.append({**at, "method": method, "selection": selection, "k": k, **matched(paired)})
    return found


class _Wholes:
    """How alike states are as wholes: each pair is worked out once for both of its orders, and so is what a pair needs
    of one state alone."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[int, int], Row] = {}
        self._norms: dict[tuple[int, bytes], float] = {}

    def of(self, a: ComparedState, b: ComparedState) -> Row:
        """The columns of `state_pairs` that say it."""
        if a.text.dataset != b.text.dataset:
            return {"cka": None, "steps": 0}
        first, second = sorted((a, b), key=lambda state: (state.model, state.name))
        pair = id(first), id(second)
        if pair not in self._pairs:
            self._pairs[pair] = self._alike(first, second)
        return self._pairs[pair]

    def _alike(self, a: ComparedState, b: ComparedState) -> Row:
        both = np.intersect1d(a.sentence, b.sentence)
        ours, theirs = (state.values[np.isin(state.sentence, both)] for state in (a, b))
        cka = (
            linear_cka(ours, theirs, (self._norm(a, ours, both), self._norm(b, theirs, both)))
            if len(both)
            else math.nan
        )
        return {"cka": None if math.isnan(cka) else cka, "steps": len(ours)}

    def _norm(self, state: ComparedState, values: np.ndarray, sentences: np.ndarray) -> float:
        key = id(state), sentences.tobytes()
        if key not in self._norms:
            self._norms[key] = gram_norm(values)
        return self._norms[key]
