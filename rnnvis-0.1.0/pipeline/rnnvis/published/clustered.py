"""The co-clusterings of one recorded state, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from rnnvis import progress
from rnnvis.config import Measure
from rnnvis.errors import RnnvisError
from rnnvis.measures.clusters.cocluster import Coclustering, sweep, word_strengths
from rnnvis.measures.clusters.quality import block_pushes, class_purity
from rnnvis.measures.words import parts_of_speech
from rnnvis.measures.words.responses import Responses
from rnnvis.measures.words.selections import SELECTIONS, Selection, select_words
from rnnvis.published import cluster_columns, files
from rnnvis.published.describe import describe
from rnnvis.published.named_clusters import Names, as_named
from rnnvis.published.recorded import UNPUBLISHED, explained_shares
from rnnvis.published.schema import BY_NAME
from rnnvis.text.corpus import Corpus

SCORES = 32
"""Scores of an answer up to which block pushes are published: each takes as much room as the block means."""


@dataclass(frozen=True)
class Clustered:
    """One state with its co-clusterings, as Arrow tables by name.

    Every one of `methods` was made for every one of `selections` and every number of clusters `k`. `unclustered` says
    why a method, or all of them, could not be made; None where nothing is missing.
    """

    methods: tuple[str, ...]
    selections: tuple[str, ...]
    k: tuple[int, ...]
    unclustered: str | None
    tables: Mapping[str, pa.Table] = field(repr=False)

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the tables into `folder`; the state's entry in the index."""
        return {
            "methods": list(self.methods),
            "selections": list(self.selections),
            "k": list(self.k),
            **({"unclustered": self.unclustered} if self.unclustered else {}),
            "tables": {name: files.write(name, table, folder) for name, table in self.tables.items()},
        }


@dataclass(frozen=True)
class _Job:
    method: str
    selection: Selection
    matrix: np.ndarray
    halves: tuple[np.ndarray, np.ndarray]
    effects: np.ndarray | None
    weights: np.ndarray | None


def cluster_state(
    source: Path,
    state: dict[str, Any],
    text: Corpus,
    parts: np.ndarray,
    measure: Measure,
    bar: progress.Bar,
    names: Names | None = None,
) -> Clustered:
    """Co-cluster the state that `write_state` left in `source`, by every method, selection and k that can be made.

    `state` is its entry in the index, `parts` [V] are the words' parts of speech, −1 for none; `bar` moves on once a
    method and selection. `names` are clusters of a later epoch, whose names these ones take.
    """
    responses = _responses(source, state["tables"]["responses"])
    effects = _effects(source, state["tables"].get("word_effects"), len(responses.count))
    weights = _weights(source, state["tables"]["units"])
    rows = cluster_columns.Rows()
    reasons: dict[str, str] = {}
    try:
        selected = _selected(responses, text, measure)
    except RnnvisError as reason:
        selected, reasons[""] = [], _sentence(reason)
    methods = []
    for method in measure.methods:
        jobs = [_job(method, selection, responses, effects, weights) for selection in selected]
        try:
            made = [(job, found) for job in jobs for found in _sweep(job, measure)]
        except RnnvisError as reason:
            made, reasons[method] = [], _sentence(reason)
        for job, found in made:
            _add(rows, job, as_named(found, job.selection.word_ids, job.selection.name, names or {}), parts, source)
        methods += [method] if made else []
        bar.advance(len(SELECTIONS))
    selected = selected if methods else []
    ids = np.unique(np.concatenate([s.word_ids for s in selected])) if selected else _used(responses, measure)
    tables = rows.columns() | describe(source, state, text, responses.mean, ids.astype(np.int32), parts)
    return Clustered(
        methods=tuple(methods),
        selections=tuple(selection.name for selection in selected),
        k=tuple(sorted(rows.ks)),
        unclustered=" ".join(reasons.values()) or None,
        tables={name: files.rows_of(BY_NAME[name], table) for name, table in tables.items()},
    )


def _sentence(reason: RnnvisError) -> str:
    """Message and fix as sentences."""
    said = (f"{text[0].upper()}{text[1:]}." for text in (reason.message, reason.fix) if text)
    return " ".join(said)


def _used(responses: Responses, measure: Measure) -> np.ndarray:
    """Numbers of the words with enough uses; of all that are used, where none has enough."""
    enough = np.flatnonzero(responses.count >= measure.minimum_count)
    return enough if len(enough) else np.flatnonzero(responses.count)


def _selected(responses: Responses, text: Corpus, measure: Measure) -> list[Selection]:
    """The words to cluster, for every selection; RnnvisError says why there are too few."""
    often = f" {measure.minimum_count} times or more" if measure.minimum_count > 1 else ""
    probes = sorted({int(word) for i in text.indices("probe") for word in text.tokens[i]})
    found = []
    for name in SELECTIONS:
        chosen = select_words(responses, name, measure.selected_words, measure.minimum_count, text.special, probes)
        in_both = (responses.half_a_count[chosen.word_ids] > 0) & (responses.half_b_count[chosen.word_ids] > 0)
        ids = chosen.word_ids[in_both]
        if not len(ids) and len(chosen.set_aside):
            raise RnnvisError(
                f"none of the {len(chosen.set_aside)} words that are used{often} moves the state",
                "check that these are states of the model, one at each step: they never change",
            )
        if not len(ids):
            raise RnnvisError(
                f"no word is used{often and often + ', and'} in both halves of the sentences, of which one checks the "
                "other, so there is nothing to cluster",
                "measure more sentences, cut a stream into more of them (rnnvis import … --every 10)"
                + (
                    ", or lower minimum_count (rnnvis import … --minimum-count 2, or measure.minimum_count in a "
                    "dataset.toml)"
                    if often
                    else ""
                ),
            )
        words, units = _moving(responses.mean[ids], responses.half_a[ids], responses.half_b[ids])
        if min(words, units) < measure.smallest_k:
            raise RnnvisError(
                f"{words} of the words that are used{often} move {units} of its units, and clusters are made of at "
                f"least {measure.smallest_k} words and {measure.smallest_k} units",
                "measure a state with more units, more text, or lower minimum_count",
            )
        found.append(Selection(chosen.name, ids, chosen.score[in_both], chosen.set_aside))
    return found


def _moving(*matrices: np.ndarray) -> tuple[int, int]:
    """The fewest rows and columns of any of the `matrices` that are not zero."""
    rows, columns = (min(int(np.count_nonzero(m.any(axis=axis))) for m in matrices) for axis in (1, 0))
    return rows, columns


def _job(
    method: str,
    selection: Selection,
    responses: Responses,
    effects: np.ndarray | None,
    weights: np.ndarray | None,
) -> _Job:
    ids = selection.word_ids
    halves = responses.half_a[ids], responses.half_b[ids]
    return _Job(method, selection, responses.mean[ids], halves, None if effects is None else effects[ids], weights)


def _sweep(job: _Job, measure: Measure) -> list[Coclustering]:
    largest = min(measure.largest_k, *_moving(job.matrix, *job.halves))
    single = None if job.effects is None or job.effects.shape[1] > 1 else job.effects[:, 0]
    return sweep(job.matrix, list(range(measure.smallest_k, largest + 1)), job.method, job.halves, single)


def _add(rows: cluster_columns.Rows, job: _Job, found: Coclustering, parts: np.ndarray, source: Path) -> None:
    k = found.k[0]
    purity = None if job.effects is None else class_purity(found.word_labels, k, job.effects)
    part = parts[job.selection.word_ids]
    of_speech = parts_of_speech.purity(found.word_labels, k, part)
    purities = parts_of_speech.overall_purity(found.word_labels, k, part)
    strengths = word_strengths(job.matrix, found.unit_labels, k)
    groups = np.concatenate([found.unit_labels == np.arange(k)[:, None], [found.unit_labels >= 0]])
    explained = explained_shares(source, groups)
    labels = found.word_labels, found.unit_labels
    pushes = None if job.weights is None else block_pushes(job.matrix, *labels, k, job.weights)
    rows.add(job.selection, found, strengths, purity, of_speech, purities, explained, pushes)


def _responses(folder: Path, parts: list[files.Part]) -> Responses:
    table = files.read("responses", [folder / part.name for part in parts])
    arrays = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in UNPUBLISHED}
    count = table["count"].to_numpy()
    matrices = {"mean": np.nan_to_num(files.matrix(table["mean"]))}
    matrices |= {name: arrays.pop(name) for name in ("standard_error", "half_a", "half_b")}
    return Responses(
        count=count,
        reliability=table["reliability"].to_numpy(),
        norm=np.nan_to_num(table["norm"].to_numpy()),
        **{f"used_{name}": matrix[count > 0] for name, matrix in matrices.items()},
        **arrays,
    )


def _effects(folder: Path, parts: list[files.Part] | None, words: int) -> np.ndarray | None:
    """Effects of the words on each score of the answer, [words, K]."""
    if parts is None:
        return None
    table = files.read("word_effects", [folder / part.name for part in parts])
    classes, score = np.unique(table["class"].to_numpy(), return_inverse=True)
    effects = np.zeros((words, len(classes)))
    effects[table["word_id"].to_numpy(), score] = table["effect"].to_numpy()
    return effects


def _weights(folder: Path, parts: list[files.Part]) -> np.ndarray | None:
    """Weights of the units in each score of the answer, [K, H]; None where it does not read the state by any, or has
    too many scores."""
    table = files.read("units", [folder / part.name for part in parts])
    single, several = table["output_weight"], table["output_weights"]
    if single.null_count == 0:
        return single.to_numpy()[None]
    weights = files.matrix(several).T if several.null_count == 0 else None
    return weights if weights is not None and len(weights) <= SCORES else None
