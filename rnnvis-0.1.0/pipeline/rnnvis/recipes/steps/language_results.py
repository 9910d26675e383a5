"""The figures beside each language model, and the table of every model and seed."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from rnnvis.config import LanguageModelConfig
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.intervals import Z
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.train import clock_file, train_step
from rnnvis.recipes.study import language_results, results
from rnnvis.text.corpus import Corpus

_FILE = "figures.json"
_ABOUT = {
    "perplexity": "e to the loss: among so many equally likely words the next one would be as hard to guess",
    "loss": "Mean −ln of the probability of the word that came, in nats",
}
Row = dict[str, Any]


def language_evaluation_step(project: Project, dataset: Dataset, card: LanguageModelConfig, seed: int) -> Step:
    """Loss and perplexity of one trained language model."""
    trained, corpus = train_step(project, dataset, card, seed), corpus_step(project, dataset)

    def build(folder: Path) -> None:
        text = load_corpus(corpus.folder(project.build))
        _write(folder, language_results.model_figures(trained.folder(project.build), text))

    label = dataset.label(card, seed)
    return Step("evaluate", label, {"trained": trained.key}, (language_results.model_figures,), build)


def ngrams_step(project: Project, dataset: Dataset) -> Step:
    """Loss and perplexity of n-gram models on the same words."""
    corpus = corpus_step(project, dataset)

    def build(folder: Path) -> None:
        _write(folder, language_results.ngram_figures(load_corpus(corpus.folder(project.build))))

    return Step("ngrams", dataset.config.name, {"corpus": corpus.key}, (language_results.ngram_figures,), build)


def language_models(dataset: Dataset) -> dict[str, LanguageModelConfig]:
    """The cards of the dataset that are language models, by name."""
    return {name: card for name, card in dataset.cards.items() if isinstance(card, LanguageModelConfig)}


def update_table(project: Project, dataset: Dataset) -> Path:
    """Write `datasets/<name>/results/perplexity.json`: a row for every model and seed that is trained here.

    Rows of models that are not here stay as they are, if the same text and card made them.
    """
    corpus = load_corpus(corpus_step(project, dataset).run(project.build))
    cards = language_models(dataset)
    rows = {}
    for name, card in cards.items():
        for seed in card.seeds:
            trained = train_step(project, dataset, card, seed)
            if trained.finished(project.build):
                found = _read(language_evaluation_step(project, dataset, card, seed).run(project.build))
                clock = _clock(clock_file(project, trained.label))
                rows[name, seed] = language_results.run_row(trained.folder(project.build), seed, found, clock)
    baselines = _read(ngrams_step(project, dataset).run(project.build))
    path = results_file(dataset)
    before = results.read(path) if path.exists() else None
    results.write(language_results.updated(before, corpus, baselines, cards, rows), path)
    return path


def results_file(dataset: Dataset) -> Path:
    """Where the table of all language models is kept under version control."""
    return dataset.folder / "results" / "perplexity.json"


def language_metric_rows(project: Project, dataset: Dataset, card: LanguageModelConfig, corpus: Corpus) -> list[Row]:
    """Rows of the table `metrics`: this model, the n-grams, and (where this text and card have them) all seeds."""
    own = _read(language_evaluation_step(project, dataset, card, card.seeds[0]).run(project.build))
    rows = _rows("this model", own)
    for name, found in _read(ngrams_step(project, dataset).run(project.build)).items():
        rows += _rows(name, found)
    return rows + _seed_rows(dataset, card, corpus)


def _rows(subject: str, found: dict[str, dict[str, float]]) -> list[Row]:
    rows = []
    for split, of in found.items():
        low, high = (of["loss"] + sign * Z * of["standard_error"] for sign in (-1, 1))
        known = not math.isnan(low)  # it is not of a single sentence
        ends = {"loss": (low, high), "perplexity": (math.exp(low), math.exp(high))} if known else {}
        for measure, about in _ABOUT.items():
            row = {"subject": subject, "measure": measure, "split": split, "value": of[measure]}
            rows.append({**row, **dict(zip(("low", "high"), ends.get(measure, ()), strict=False)), "about": about})
    return rows


def _seed_rows(dataset: Dataset, card: LanguageModelConfig, corpus: Corpus) -> list[Row]:
    try:
        table = results.read(results_file(dataset))
        model = table["models"][card.name]
        current = language_results.of_text(table, corpus) and model["config"] == language_results.decided(card)
    except (RnnvisError, KeyError):
        return []
    if not current or len(model["seeds"]) < 2:
        return []
    return [
        {
            "subject": f"mean of {len(model['seeds'])} seeds",
            "measure": "perplexity",
            "split": split,
            "value": found["mean"],
            "low": found["smallest"],
            "high": found["largest"],
            "about": "Mean over trainings that differ in their random numbers only; from the smallest to the largest",
        }
        for split, found in model["over_seeds"].items()
    ]


def _clock(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write(folder: Path, found: dict[str, Any]) -> None:
    (folder / _FILE).write_text(json.dumps(found, indent=1), encoding="utf-8")


def _read(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    return found
