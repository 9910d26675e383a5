"""Does the manifest say what is in the tables, and does each table fit the others?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rnnvis.published import answer_parts, files
from rnnvis.published.publishing import Holder, holders
from rnnvis.published.schema import BY_NAME
from rnnvis.published.schema.manifest import DatasetEntry, Manifest, TableEntry, Tables
from rnnvis.recording.scores import contrasts

CLUSTERED = ("cluster_labels", "block_means", "word_strengths", "cluster_summaries", "cluster_quality")
STEPPED = {
    **dict.fromkeys(("steps", "attention", "answer_memory", "states", "contexts", "frames"), "step"),
    "predictions": "surprise_step",
}
"""Tables that name steps of sentences, and in which column."""
LARGEST_K = 255
SAID, LEAST = 0.02, 1e-4
"""By how much of itself, or of 1, an answer may miss what probabilities say of it, half precision included; and the
probability below which they say nothing of it."""


def problems(manifest: Manifest, folder: Path) -> Iterator[str]:
    """What does not agree in `folder`, in words; every file by itself is as it should be."""
    units = {
        (holder.dataset["name"], holder.model["name"], holder.state["name"]): holder.state["units"]
        for holder in holders(manifest)
        if holder.state and holder.model and holder.trained is holder.model
    }
    lengths: dict[str, np.ndarray] = {}
    for holder in holders(manifest):
        dataset = holder.dataset
        if holder.model is None:
            sentences = _read(dataset["tables"], "sentences", folder, ["key", "split", "length"])
            if sentences is not None:
                lengths[dataset["name"]] = sentences["length"].to_numpy()
                yield from _of_dataset(dataset, sentences)
            yield from _matches(dataset, folder, units)
        elif holder.state is None:
            classes = holder.model["classes"]
            if holder.model["kind"] == "classifier" and classes != dataset["labels"]:
                yield f"{holder.where}: its classes are {_list(classes)}, the labels {_list(dataset['labels'])}"
        else:
            yield from _of_state(holder, folder)
        if dataset["name"] in lengths:
            yield from _steps(holder, folder, lengths[dataset["name"]])
            yield from _parts_of_answers(holder, folder, lengths[dataset["name"]])


def _of_dataset(dataset: DatasetEntry, sentences: pa.Table) -> Iterator[str]:
    where = dataset["name"]
    counted = sentences.group_by("split").aggregate([([], "count_all")]).to_pydict()
    held = dict(zip(counted["split"], counted["count_all"], strict=True))
    for split in sorted({*held, *dataset["splits"]}):
        said, found = dataset["splits"].get(split, 0), held.get(split, 0)
        if said != found:
            yield f"{where} / sentences: {found} of the split {split!r}, {said} in the manifest (splits)"
    length = dict(zip(sentences["key"].to_pylist(), sentences["length"].to_pylist(), strict=True))
    for name, key in dataset["probes"].items():
        if key not in length:
            yield f"{where}: no sentence has the key {key!r}, which the manifest says of the probe {name!r}"
    view = dataset["view"]
    if view is None:
        return
    if view["model"] not in [model["name"] for model in dataset["models"]]:
        yield f"{where}: no model is called {view['model']!r}, which the manifest would show first (view.model)"
    if view["sentence"] not in length:
        yield f"{where}: no sentence has the key {view['sentence']!r}, shown first (view.sentence)"
    elif view["step"] >= length[view["sentence"]]:
        yield f"{where}: the sentence shown first has no step {view['step']} (view.step)"
    if not 2 <= view["k"] <= LARGEST_K:
        yield f"{where}: {view['k']} clusters cannot be shown first (view.k): there are from 2 to {LARGEST_K}"


def _of_state(holder: Holder, folder: Path) -> Iterator[str]:
    state, where = holder.state, holder.where
    assert state is not None
    for split in state["measured"]["splits"]:
        if holder.dataset["splits"] and split not in holder.dataset["splits"]:
            yield f"{where}: measured on the split {split!r}, which the dataset does not have (measured.splits)"
    labels = _read(state["tables"], "cluster_labels", folder, ["method", "selection", "k", "side", "ids"])
    made = set() if labels is None else _keys(labels)
    for place, (field, said) in enumerate({"method": state["methods"], "selection": state["selections"]}.items()):
        found = {key[place] for key in made}
        if {*said} != found:
            yield f"{where} / cluster_labels: of the {field}s {_list(found)}, {_list(said)} in the manifest ({field}s)"
    ks = {key[2] for key in made}
    if {*state["k"]} != ks or len({*state["k"]}) != len(state["k"]):
        yield f"{where} / cluster_labels: its k are {_list(ks)}, {_list(state['k'])} in the manifest (k)"
    for name in CLUSTERED[1:]:
        table = _read(state["tables"], name, folder, ["method", "selection", "k"])
        if table is not None and _keys(table) != made:
            other = min(_keys(table) ^ made)
            has = "has no" if other in made else "has a"
            yield f"{where} / {name}: {has} row of {other[0]}, {other[1]}, k = {other[2]}, against cluster_labels"
    if labels is not None:
        yield from _strengths(where, state["tables"], folder, labels)


def _strengths(where: str, tables: Tables, folder: Path, labels: pa.Table) -> Iterator[str]:
    strengths = _read(tables, "word_strengths", folder, ["method", "selection", "k", "strength"])
    if strengths is None:
        return
    words = labels.filter(pc.equal(labels["side"], "words"))
    many = dict(zip(_rows(words), pc.list_value_length(words["ids"]).to_pylist(), strict=True))
    for key, held in zip(_rows(strengths), pc.list_value_length(strengths["strength"]).to_pylist(), strict=True):
        wanted = many.get(key, 0) * key[2]
        if held != wanted:
            of = f"{key[0]}, {key[1]}, k = {key[2]}"
            yield f"{where} / word_strengths: strength has {held} entries of {of}, where there must be {wanted}"
            return


def _matches(dataset: DatasetEntry, folder: Path, units: dict[tuple[str, str, str], int]) -> Iterator[str]:
    """Units that are matched between two states: so many as the one has, and numbers of the other."""
    rows = _read(dataset["tables"], "unit_matches", folder, [c.name for c in BY_NAME["unit_matches"].columns])
    for row in [] if rows is None else rows.to_pylist():
        ours = units.get((dataset["name"], row["model_a"], row["state_a"]))
        theirs = units.get((row["dataset_b"] or dataset["name"], row["model_b"], row["state_b"]))
        at = f"{dataset['name']} / unit_matches: {row['model_a']} {row['state_a']}, {row['model_b']} {row['state_b']}"
        if ours is None or theirs is None:
            yield f"{at}: no such states are published"
            continue
        if len(row["b"]) != ours:
            yield f"{at}: b has {len(row['b'])} entries; there are {ours} units"
        for column in ("b", "best"):
            if max(row[column], default=-1) >= theirs:
                yield f"{at}: {column} holds {max(row[column])}; there are {theirs} units"


def _steps(holder: Holder, folder: Path, lengths: np.ndarray) -> Iterator[str]:
    for name, column in STEPPED.items():
        rows = _read(holder.tables, name, folder, ["sentence_id", column])
        if rows is None:
            continue
        rows = rows.drop_null()
        step = rows[column].to_numpy()
        length = lengths[rows["sentence_id"].to_numpy()]
        if (step >= length).any():
            row = int(np.argmax(step >= length))
            sentence = rows["sentence_id"][row].as_py()
            said = f"{column} holds {step[row]} of sentence {sentence}, which has {length[row]} steps"
            yield f"{holder.where} / {name}: {said}"


def _parts_of_answers(holder: Holder, folder: Path, lengths: np.ndarray) -> Iterator[str]:
    """Parts of answers: one a word, in sum the answer, and that what the step's probabilities say."""
    rows = _read(holder.tables, "answer_memory", folder, [c.name for c in BY_NAME["answer_memory"].columns])
    if rows is None or not rows.num_rows:
        return
    where = f"{holder.where} / answer_memory"
    sentence, step, of_class, answer, rest = (
        rows[name].to_numpy() for name in ("sentence_id", "step", "class", "answer", "rest")
    )

    def at(row: int) -> str:
        return f"sentence {sentence[row]}, step {step[row]}, class {of_class[row]}"

    part = rows["part"].combine_chunks()
    held = pc.list_value_length(part).to_numpy()
    whole = lengths[sentence]
    differ = np.flatnonzero((held != step + 1) & (held != whole))
    if len(differ):
        row = int(differ[0])
        yield f"{where}: part has {held[row]} entries of {at(row)}, where there must be {step[row] + 1} or {whole[row]}"
        return
    starts = np.concatenate([[0], np.cumsum(held)])
    wrong = answer_parts.missed(part.flatten().to_numpy(zero_copy_only=False), starts, rest, answer)
    if wrong is not None:
        yield f"{where}: the parts of {at(wrong)} do not sum to its answer"
    said = _scores_said(holder, folder, sentence, step, of_class)
    off = np.flatnonzero(np.abs(said - answer) > SAID * np.maximum(1.0, np.abs(answer)))
    if len(off):
        row = int(off[0])
        yield f"{where}: the answer is {answer[row]:g} of {at(row)}, where steps say {said[row]:g}"


def _scores_said(
    holder: Holder, folder: Path, sentence: np.ndarray, step: np.ndarray, of_class: np.ndarray
) -> np.ndarray:
    """What the table `steps` says of such scores, float64 [n], nan where it does not, or no more than a probability
    that is nearly none."""
    found = np.full(len(sentence), np.nan)
    steps = _read(holder.tables, "steps", folder, ["sentence_id", "step", "p_class", "value"])
    if steps is None or not steps.num_rows:
        return found
    places = steps["sentence_id"].to_numpy().astype(np.int64) << 16 | steps["step"].to_numpy()
    wanted = sentence.astype(np.int64) << 16 | step
    row = np.minimum(np.searchsorted(places, wanted), len(places) - 1)
    known = places[row] == wanted
    value = steps["value"].to_numpy(zero_copy_only=False).astype(np.float64)
    p = files.matrix(steps["p_class"])[row].astype(np.float64)
    if p.shape[1]:
        with np.errstate(divide="ignore"):
            scores = contrasts(np.log(p))
        column = np.where(scores.shape[1] > 1, of_class, 0)
        told = known & (p >= LEAST).all(axis=1) & (column < scores.shape[1])
        found[told] = scores[np.flatnonzero(told), column[told]]
        return found
    return np.where(known, value[row], found)


def _read(tables: Tables, name: str, folder: Path, columns: list[str]) -> pa.Table | None:
    entry: TableEntry | None = tables.get(name)
    if entry is None:
        return None
    return files.read(name, [folder / file["path"] for file in entry["files"]], columns)


def _rows(rows: pa.Table) -> list[tuple[str, str, int]]:
    return [*zip(*(rows[name].to_pylist() for name in ("method", "selection", "k")), strict=True)]


def _keys(rows: pa.Table) -> set[tuple[str, str, int]]:
    return {*_rows(rows)}


def _list(values: object) -> str:
    assert isinstance(values, set | list)
    return ", ".join(map(str, sorted(values) if isinstance(values, set) else values)) or "none"
