"""The co-clusterings of one recorded state, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis import progress
from rnnvis.config import Measure
from rnnvis.errors import RnnvisError
from rnnvis.measures.clusters.cocluster import Coclustering, sweep, word_strengths
from rnnvis.measures.clusters.quality import class_purity
from rnnvis.measures.words import parts_of_speech
from rnnvis.measures.words.responses import Responses
from rnnvis.measures.words.selections import SELECTIONS, Selection, select_words
from rnnvis.published import cluster_columns, files
from rnnvis.published.describe import describe
from rnnvis.published.named_clusters import Names, as_named
from rnnvis.published.recorded import UNPUBLISHED
from rnnvis.text.corpus import Corpus


@dataclass(frozen=True)
class _Job:
    method: str
    selection: Selection
    matrix: np.ndarray
    halves: tuple[np.ndarray, np.ndarray]
    effects: np.ndarray | None


def cluster_state(
    source: Path,
    folder: Path,
    state: dict[str, Any],
    text: Corpus,
    parts: np.ndarray,
    measure: Measure,
    bar: progress.Bar,
    names: Names | None = None,
) -> dict[str, Any]:
    """Co-cluster one state recorded in `source` by every method, selection and k; its entry in the index of `folder`.

    `parts` [V] are the words' parts of speech, −1 for none; `bar` moves on once a method and selection. `names`
    are clusters of a later epoch, whose names these ones take.
    """
    inside = source / state["name"]
    responses = _responses(inside, state["tables"]["responses"])
    effects = _effects(inside, state["tables"].get("word_effects"), len(responses.count))
    rows = cluster_columns.Rows()
    clustered: set[int] = set()
    for job in _jobs(responses, effects, text, measure):
        clustered.update(job.selection.word_ids.tolist())
        largest = min(measure.largest_k, *(int(np.count_nonzero(job.matrix.any(axis=a))) for a in (0, 1)))
        ks = range(measure.smallest_k, largest + 1)
        for found in sweep(job.matrix, list(ks), job.method, job.halves, job.effects):
            _add(rows, job, as_named(found, job.selection.word_ids, job.selection.name, names or {}), parts)
        bar.advance()
    ids = np.array(sorted(clustered), dtype=np.int32)
    tables = rows.columns() | describe(inside, state, text, responses.mean, ids, parts)
    written = {name: files.write(name, table, folder / state["name"]) for name, table in tables.items()}
    return {
        "methods": list(measure.methods),
        "selections": list(SELECTIONS),
        "k": sorted(rows.ks),
        "tables": written,
    }


def _jobs(
    responses: Responses,
    effects: np.ndarray | None,
    text: Corpus,
    measure: Measure,
) -> Iterator[_Job]:
    probes = sorted({int(word) for i in text.indices("probe") for word in text.tokens[i]})
    for name in SELECTIONS:
        chosen = select_words(responses, name, measure.selected_words, measure.minimum_count, text.special, probes)
        in_both = (responses.half_a_count[chosen.word_ids] > 0) & (responses.half_b_count[chosen.word_ids] > 0)
        ids = chosen.word_ids[in_both]
        if not len(ids) and len(chosen.set_aside):
            raise RnnvisError(
                f"none of the {len(chosen.set_aside)} words that are used {measure.minimum_count} times or more "
                "moves the state",
                "check that these are states of the model, one at each step: they never change",
            )
        if not len(ids):
            raise RnnvisError(
                f"no word is used {measure.minimum_count} times or more, and in both halves of the sentences, so there "
                "is nothing to cluster",
                "measure more sentences, cut a stream into more of them (rnnvis import … --every 10), or lower "
                "minimum_count (rnnvis import … --minimum-count 2, or measure.minimum_count in a dataset.toml)",
            )
        moving, moved = (int(np.count_nonzero(responses.mean[ids].any(axis=axis))) for axis in (1, 0))
        if min(moving, moved) < measure.smallest_k:
            raise RnnvisError(
                f"{moving} of the words that are used {measure.minimum_count} times or more move {moved} units, and "
                f"clusters are made of at least {measure.smallest_k} words and {measure.smallest_k} units",
                "measure a state with more units, more text, or lower minimum_count",
            )
        selection = Selection(chosen.name, ids, chosen.score[in_both], chosen.set_aside)
        halves = responses.half_a[ids], responses.half_b[ids]
        for method in measure.methods:
            yield _Job(method, selection, responses.mean[ids], halves, None if effects is None else effects[ids])


def _add(rows: cluster_columns.Rows, job: _Job, found: Coclustering, parts: np.ndarray) -> None:
    k = found.k[0]
    purity = None if job.effects is None else class_purity(found.word_labels, k, job.effects)
    part = parts[job.selection.word_ids]
    of_speech = parts_of_speech.purity(found.word_labels, k, part)
    purities = parts_of_speech.overall_purity(found.word_labels, k, part)
    strengths = word_strengths(job.matrix, found.unit_labels, k)
    rows.add(job.selection, found, strengths, purity, of_speech, purities)


def _responses(folder: Path, parts: list[files.Part]) -> Responses:
    table = files.read("responses", [folder / part.name for part in parts])
    arrays = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in UNPUBLISHED}
    return Responses(
        count=table["count"].to_numpy(),
        mean=np.nan_to_num(files.matrix(table["mean"])),
        reliability=table["reliability"].to_numpy(),
        norm=np.nan_to_num(table["norm"].to_numpy()),
        **arrays,
    )


def _effects(folder: Path, parts: list[files.Part] | None, words: int) -> np.ndarray | None:
    if parts is None:
        return None
    table = files.read("word_effects", [folder / part.name for part in parts])
    effects = np.zeros(words)
    effects[table["word_id"].to_numpy()] = table["effect"].to_numpy()
    return effects
