"""What a newly published model is compared with: every other model in its folder, over the words that both know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rnnvis.published import files, overview_columns
from rnnvis.published.publishing import entry
from rnnvis.published.schema.manifest import DatasetEntry, StateEntry
from rnnvis.published.state_pairs import PAIR_TABLES, ComparedState, Row, Text, compare, read_state


def update(datasets: list[DatasetEntry], dataset: str, model: str, folder: Path, scratch: Path) -> None:
    """Bring the tables about pairs of states of all `datasets` up to date after `model` of `dataset` was published.

    Pairs in which it has no part are kept as they are.
    """
    changed = (dataset, model)
    states = [state for entry_ in datasets for state in _states(entry_, folder)]
    found = compare(states, lambda a, b: changed in (_name(a), _name(b)))
    for place, holder in enumerate(datasets):
        of = holder["name"]
        for table in PAIR_TABLES:
            kept = [row for row in _rows(holder, table, folder) if changed not in _names(row, of)]
            rows = kept + found.get(of, {}).get(table, [])
            holder["tables"].pop(table, None)
            if rows:
                inside = scratch / f"pairs-{place}"
                written = files.write(table, overview_columns.rows(rows), inside)
                holder["tables"][table] = entry(table, written, inside, folder)


def _name(state: ComparedState) -> tuple[str, str]:
    return state.text.dataset, state.model


def _names(row: Row, dataset: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (dataset, row["model_a"]), (row["dataset_b"] or dataset, row["model_b"])


def _rows(holder: DatasetEntry, table: str, folder: Path) -> list[Row]:
    found: list[Row] = files.read(table, _paths(holder, folder, table)).to_pylist()
    return found


def _paths(holder: DatasetEntry | StateEntry, folder: Path, table: str) -> list[Path]:
    published = holder["tables"].get(table)
    return [folder / file["path"] for file in published["files"]] if published else []


def _states(dataset: DatasetEntry, folder: Path) -> Iterator[ComparedState]:
    words = files.read("words", _paths(dataset, folder, "words"))
    sentences = files.read("sentences", _paths(dataset, folder, "sentences"))
    special = tuple(i for i, of in enumerate(words["special"].to_pylist()) if of)
    text = Text(dataset["name"], tuple(words["text"].to_pylist()), special, tuple(sentences["split"].to_pylist()))
    for model in dataset["models"]:
        for state in model["states"]:
            least = state["measured"]["minimum_count"]
            paths = {table: _paths(state, folder, table) for table in state["tables"]}
            yield read_state(text, model["name"], state["name"], state["units"], least, paths)
