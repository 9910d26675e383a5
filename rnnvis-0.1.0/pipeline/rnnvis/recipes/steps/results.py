"""The figures beside each model: its own, the baselines', and those of all seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rnnvis.config import Card, LanguageModelConfig, ModelConfig
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.intervals import wilson
from rnnvis.nets.baselines import baselines
from rnnvis.nets.checkpoints import described, load
from rnnvis.nets.evaluation import evaluate
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.language_results import language_evaluation_step, language_metric_rows
from rnnvis.recipes.steps.train import train_step
from rnnvis.recipes.study import results
from rnnvis.text.corpus import Corpus

_FILE = "figures.json"
_SPLITS = ("valid", "test")
_ABOUT = {
    "accuracy": "Share of the labelled sentences whose label is the likelier class",
    "loss": "Mean −ln of the probability of the label, in nats",
}
Row = dict[str, Any]


def evaluation_step(project: Project, dataset: Dataset, card: Card, seed: int) -> Step:
    """Accuracy and loss of one trained classifier; loss and perplexity of a language model."""
    if isinstance(card, LanguageModelConfig):
        return language_evaluation_step(project, dataset, card, seed)
    trained = train_step(project, dataset, card, seed)
    corpus = corpus_step(project, dataset)

    def build(folder: Path) -> None:
        model, _ = load(trained.folder(project.build))
        read = load_corpus(corpus.folder(project.build))
        _write(folder, {split: evaluate(model, read, split) for split in _SPLITS})

    label = dataset.label(card, seed)
    return Step("evaluate", label, {"trained": trained.key}, (evaluate,), build)


def baselines_step(project: Project, dataset: Dataset) -> Step:
    """Accuracy and loss of the majority class and of TF-IDF with logistic regression, on the same splits."""
    corpus = corpus_step(project, dataset)

    def build(folder: Path) -> None:
        read = load_corpus(corpus.folder(project.build))
        found = baselines(read, _SPLITS)
        _write(folder, {b.name: {split: b.scores(read, split) for split in _SPLITS} for b in found})

    return Step("baselines", dataset.config.name, {"corpus": corpus.key}, (baselines,), build)


def results_step(project: Project, dataset: Dataset) -> Step:
    """Every seed of every model beside the baselines; written to `datasets/<name>/results/seeds.json` as well."""
    corpus = corpus_step(project, dataset)
    runs = {
        name: {seed: train_step(project, dataset, card, seed) for seed in card.seeds}
        for name, card in dataset.cards.items()
        if isinstance(card, ModelConfig)
    }
    inputs = {name: {seed: step.key for seed, step in seeds.items()} for name, seeds in runs.items()}

    def build(folder: Path) -> None:
        folders = {name: {s: step.folder(project.build) for s, step in seeds.items()} for name, seeds in runs.items()}
        table = results.seeds_table(load_corpus(corpus.folder(project.build)), folders)
        results.write(table, folder / "seeds.json")
        results.write(table, seeds_file(dataset))

    return Step("results", dataset.config.name, {"corpus": corpus.key, "runs": inputs}, (results.seeds_table,), build)


def seeds_file(dataset: Dataset) -> Path:
    """Where the table of all seeds is kept under version control."""
    return dataset.folder / "results" / "seeds.json"


def metric_rows(project: Project, dataset: Dataset, card: Card, corpus: Corpus) -> list[Row]:
    """Rows of the table `metrics`: this model, the baselines, and (where this corpus and card have them) all seeds."""
    if isinstance(card, LanguageModelConfig):
        return language_metric_rows(project, dataset, card, corpus)
    own = _read(evaluation_step(project, dataset, card, card.seeds[0]).run(project.build))
    rows = _rows("this model", own)
    rival = _read(baselines_step(project, dataset).run(project.build))
    for name, figures in rival.items():
        rows += _rows(name, figures)
    return rows + _seed_rows(dataset, card, corpus)


def _rows(subject: str, figures: dict[str, dict[str, float]]) -> list[Row]:
    rows = []
    for split, found in figures.items():
        for measure, about in _ABOUT.items():
            low, high = wilson(found["accuracy"], int(found["n"])) if measure == "accuracy" else (None, None)
            row = {"subject": subject, "measure": measure, "split": split, "value": found[measure]}
            rows.append({**row, "low": low, "high": high, "about": about})
    return rows


def _seed_rows(dataset: Dataset, card: ModelConfig, corpus: Corpus) -> list[Row]:
    try:
        table = results.read(seeds_file(dataset))
        model = table["models"][card.name]
        current = table["corpus"]["digest"] == corpus.digest and model["config"] == described(card)
    except (RnnvisError, KeyError):
        return []
    if not current:
        return []
    seeds = f"mean of {len(model['seeds'])} seeds"
    rows = [
        {"subject": seeds, "measure": measure, "split": split, "value": model["mean"][split][measure], "about": about}
        for split in _SPLITS
        for measure, about in _ABOUT.items()
    ]
    against = model["against"]
    rows.append(
        {
            "subject": f"{seeds} less {against['baseline']}",
            "measure": "accuracy",
            "split": against["split"],
            "value": against["difference"],
            "low": against["low"],
            "high": against["high"],
            "about": "Difference in accuracy with its paired bootstrap interval over the sentences",
        }
    )
    return rows


def _write(folder: Path, figures: dict[str, Any]) -> None:
    (folder / _FILE).write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _read(folder: Path) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    return figures
