"""Stage `chips`: a classifier without the chip of a kind of words, over trainings with several seeds."""

from __future__ import annotations

import json
from pathlib import Path

from rnnvis.config import ChipStudy, ModelConfig, as_table
from rnnvis.errors import RnnvisError
from rnnvis.nets.checkpoints import load
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.train import train_step
from rnnvis.recipes.study import chips, results

_FILE = "chips.json"


def chip_steps(project: Project, dataset: Dataset) -> list[Step]:
    """A training and its row for each seed of the study, and the table of all of them; none where none is asked for.

    The table is written to `datasets/<name>/results/chips.json` as well.
    """
    study = dataset.config.chips
    if study is None:
        return []
    card = _card(dataset, study)
    rows = {seed: _row_step(project, dataset, card, study, seed) for seed in study.seeds}
    trained = [train_step(project, dataset, card, seed) for seed in study.seeds]
    return [*trained, *rows.values(), _table_step(project, dataset, card, study, rows)]


def chips_file(dataset: Dataset) -> Path:
    """Where the table is kept under version control."""
    return dataset.folder / "results" / _FILE


def _card(dataset: Dataset, study: ChipStudy) -> ModelConfig:
    card = dataset.card(study.model)
    if not isinstance(card, ModelConfig):
        raise RnnvisError(f"{dataset.folder}: {study.model} is no classifier", "name one: chips.model")
    return card


def _row_step(project: Project, dataset: Dataset, card: ModelConfig, study: ChipStudy, seed: int) -> Step:
    trained, corpus = train_step(project, dataset, card, seed), corpus_step(project, dataset)
    measure = dataset.config.measure
    asked = {key: value for key, value in as_table(study).items() if key != "seeds"}

    def build(folder: Path) -> None:
        model, about = load(trained.folder(project.build))
        row = chips.study_row(model, load_corpus(corpus.folder(project.build)), measure, study)
        _write(folder, {"sha256": about["sha256"], **row})

    inputs = {"trained": trained.key, "study": asked, "words": [measure.selected_words, measure.minimum_count]}
    return Step("chips", dataset.label(card, seed), inputs, (chips.study_row,), build, seconds=120.0)


def _table_step(project: Project, dataset: Dataset, card: ModelConfig, study: ChipStudy, rows: dict[int, Step]) -> Step:
    corpus = corpus_step(project, dataset)

    def build(folder: Path) -> None:
        found = {seed: json.loads((of.folder(project.build) / _FILE).read_text("utf-8")) for seed, of in rows.items()}
        table = chips.chips_table(load_corpus(corpus.folder(project.build)), card, study, found)
        _write(folder, table)
        results.write(table, chips_file(dataset))

    inputs = {"rows": {seed: step.key for seed, step in rows.items()}}
    return Step("chips", dataset.config.name, inputs, (chips.chips_table,), build, seconds=1.0)


def _write(folder: Path, table: results.Table) -> None:
    results.write(table, folder / _FILE)
