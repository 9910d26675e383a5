"""Stage `compare`: every ordered pair of different states of a dataset, and of states of different datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnvis.config import Card
from rnnvis.published import files, overview_columns
from rnnvis.published.state_pairs import ComparedState, Row, Text, compare, read_state
from rnnvis.recipes.keep.index import read_index, write_index
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.cluster import cluster_step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.record import record_step

Cards = Sequence[Card]


def compare_step(project: Project, dataset: Dataset, cards: Cards) -> Step:
    """Compare the states of these clustered models; the folder holds tables for pairs, none for a single state."""
    inputs = {**_clustered(project, dataset, cards), "minimum_count": dataset.config.measure.minimum_count}

    def build(folder: Path) -> None:
        found = compare(list(_states(project, dataset, cards)))
        write_index(folder, {"states": [], "tables": _write(found.get(dataset.config.name, {}), folder)})

    return Step("compare", dataset.config.name, inputs, (compare,), build)


def across_step(project: Project, datasets: Sequence[tuple[Dataset, Cards]]) -> Step:
    """Compare the states of different datasets; the folder holds a folder of tables for each dataset."""
    inputs = {
        dataset.config.name: {
            **_clustered(project, dataset, cards),
            "minimum_count": dataset.config.measure.minimum_count,
        }
        for dataset, cards in datasets
    }

    def build(folder: Path) -> None:
        states = [state for dataset, cards in datasets for state in _states(project, dataset, cards)]
        found = compare(states, lambda a, b: a.text.dataset != b.text.dataset)
        for dataset, _ in datasets:
            name = dataset.config.name
            write_index(folder / name, {"states": [], "tables": _write(found.get(name, {}), folder / name)})

    return Step("compare", "datasets", inputs, (compare,), build)


def comparable(project: Project, dataset: Dataset, coming: Sequence[Card] = ()) -> list[Card]:
    """The cards whose models are clustered, or will be (`coming`), in the dataset's order."""
    names = {card.name for card in coming}
    return [
        card
        for card in dataset.cards.values()
        if card.name in names or cluster_step(project, dataset, card, card.seeds[0]).finished(project.build)
    ]


def _clustered(project: Project, dataset: Dataset, cards: Cards) -> dict[str, Any]:
    return {"clustered": {card.name: cluster_step(project, dataset, card, card.seeds[0]).key for card in cards}}


def _states(project: Project, dataset: Dataset, cards: Cards) -> Iterator[ComparedState]:
    corpus = load_corpus(corpus_step(project, dataset).folder(project.build))
    text = Text(dataset.config.name, tuple(corpus.vocabulary), tuple(corpus.special), tuple(corpus.split))
    for card in cards:
        recorded = record_step(project, dataset, card, card.seeds[0]).folder(project.build)
        clustered = cluster_step(project, dataset, card, card.seeds[0]).folder(project.build)
        indices = (read_index(recorded)["states"], read_index(clustered)["states"])
        for state, clusters in zip(*indices, strict=True):
            places = {
                **{table: [recorded / state["name"] / p.name for p in of] for table, of in state["tables"].items()},
                **{table: [clustered / state["name"] / p.name for p in of] for table, of in clusters["tables"].items()},
            }
            least = dataset.config.measure.minimum_count
            yield read_state(text, card.name, state["name"], state["units"], least, places)


def _write(tables: Mapping[str, list[Row]], folder: Path) -> dict[str, list[files.Part]]:
    return {name: files.write(name, overview_columns.rows(rows), folder) for name, rows in tables.items() if rows}
