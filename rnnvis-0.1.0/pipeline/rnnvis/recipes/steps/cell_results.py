"""What was measured of every language model and seed, kept under version control beside the perplexities."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis.config import LanguageModelConfig
from rnnvis.measures.words.parts_of_speech import PARTS
from rnnvis.nets import streams
from rnnvis.published import files
from rnnvis.recipes.keep.index import read_index
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.steps.cluster import cluster_step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.language_results import language_models
from rnnvis.recipes.steps.record import record_step
from rnnvis.recipes.steps.tag import load_parts, tag_step
from rnnvis.recipes.steps.train import train_step
from rnnvis.recipes.study import language_results, results
from rnnvis.recipes.study.groups import Home, homes, kinds
from rnnvis.text.corpus import Corpus

Table = dict[str, Any]
METHOD, SELECTION = "block", "frequent"
DIGITS = 5
STRONGEST = 12


def measures_file(dataset: Dataset) -> Path:
    """Where the table of what was measured is kept under version control."""
    return dataset.folder / "results" / "measures.json"


def update_measures(project: Project, dataset: Dataset) -> Path:
    """Write `datasets/<name>/results/measures.json`: the figures of every model and seed that is clustered here, and
    the word clouds of each model's first seed.

    Rows of models that are not here stay as they are, if the same text and card made them.
    """
    corpus = load_corpus(corpus_step(project, dataset).run(project.build))
    path, k = measures_file(dataset), shown_k(dataset)
    before = results.read(path) if path.exists() else {}
    same = before.get("text") == streams.digest(corpus, "train", *language_results.SPLITS) and before.get("k") == k
    old = before["models"] if same else {}
    models: Table = {}
    for name, card in language_models(dataset).items():
        kept = old.get(name, {}) if old.get(name, {}).get("config") == language_results.decided(card) else {}
        rows = {row["seed"]: row for row in kept.get("seeds", [])}
        rows |= {seed: row for seed in card.seeds if (row := _row(project, dataset, card, seed, corpus, k))}
        if rows:
            seeds = [rows[seed] for seed in card.seeds if seed in rows]
            models[name] = {"title": card.title, "config": language_results.decided(card), "seeds": seeds}
    text = streams.digest(corpus, "train", *language_results.SPLITS)
    results.write({"corpus": corpus.name, "text": text, "k": k, "models": models}, path)
    return path


def shown_k(dataset: Dataset) -> int:
    """The number of clusters whose quality is told: the default view's, else ten."""
    return dataset.config.view.k if dataset.config.view else 10


def _row(
    project: Project, dataset: Dataset, card: LanguageModelConfig, seed: int, corpus: Corpus, k: int
) -> Table | None:
    recorded, clustered = record_step(project, dataset, card, seed), cluster_step(project, dataset, card, seed)
    if not (recorded.finished(project.build) and clustered.finished(project.build)):
        return None
    source, groups = recorded.folder(project.build), clustered.folder(project.build)
    trained = train_step(project, dataset, card, seed).folder(project.build)
    about = json.loads((trained / "model.json").read_text(encoding="utf-8"))
    spoken = load_parts(tag_step(project, dataset).folder(project.build)).part
    states: Table = {}
    for state, clusters in zip(read_index(source)["states"], read_index(groups)["states"], strict=True):
        parts = {name: [groups / state["name"] / part.name for part in of] for name, of in clusters["tables"].items()}
        states[state["name"]] = {
            "title": state["title"],
            "figures": _figures(parts),
            "quality": _quality(parts, k),
        }
        if seed == card.seeds[0]:
            norms = files.read("responses", [source / state["name"] / p.name for p in state["tables"]["responses"]])
            norm = np.nan_to_num(norms["norm"].to_numpy(zero_copy_only=False))
            states[state["name"]] |= _clouds(parts, k, corpus, norm, spoken)
    return {"seed": seed, "sha256": about["sha256"], "states": states}


def _figures(parts: dict[str, list[Path]]) -> Table:
    rows = files.read("state_measures", parts["state_measures"]).to_pylist()
    return {row["measure"]: [_short(row["value"]), _short(row["standard_error"])] for row in rows}


def _quality(parts: dict[str, list[Path]], k: int) -> Table:
    names = ("held_out_r2", "bound", "sign_coherence", "ari_words", "purity_part_of_speech", "purity_shuffled")
    rows = files.read("cluster_quality", parts["cluster_quality"]).to_pylist()
    wanted = (row for row in rows if (row["method"], row["k"]) == (METHOD, k))
    return {row["selection"]: {name: _short(row[name]) for name in names} for row in wanted}


def _clouds(parts: dict[str, list[Path]], k: int, corpus: Corpus, norm: np.ndarray, spoken: np.ndarray) -> Table:
    """`clouds` of the most used words from top to bottom, the words of each by the size of their response, with how
    many are of which part of speech; and in `kinds`, by kind of words, the cloud that fits it best, whatever the number
    of clusters: that number, the cloud's own, counted from 1 at the top, and its words of the largest response."""
    stable = {row["cluster"]: row["stability"] for row in _rows(parts, "cluster_summaries") if row["k"] == k}
    found = {row["k"]: row for row in _rows(parts, "cluster_labels")}
    if k not in found:
        return {"clouds": [], "kinds": {}}
    ids, labels, order = np.array(found[k]["ids"]), np.array(found[k]["labels"]), list(found[k]["order"])
    members = kinds([corpus.vocabulary[i] for i in ids], spoken[ids].tolist())
    homes_of = homes({number: np.array(row["labels"]) for number, row in found.items()}, members)

    def words(inside: np.ndarray) -> list[str]:
        return [corpus.vocabulary[i] for i in sorted(ids[inside], key=lambda i: (-norm[i], i))]

    def of_kind(home: Home) -> Table:
        shares = {name: _short(getattr(home, name)) for name in ("of_kind", "of_cluster", "f1", "chance")}
        cloud = list(found[home.k]["order"]).index(home.cluster) + 1
        strongest = words(np.array(found[home.k]["labels"]) == home.cluster)[:STRONGEST]
        return {"words": home.words, "k": home.k, "cloud": cloud, **shares, "strongest": strongest}

    return {
        "clouds": [
            {
                "stability": _short(stable[cluster]),
                "parts": _parts(spoken[ids[labels == cluster]]),
                "words": words(labels == cluster),
            }
            for cluster in order
        ],
        "kinds": {kind: of_kind(home) for kind, home in homes_of.items()},
    }


def _rows(parts: dict[str, list[Path]], table: str) -> Iterator[Table]:
    rows = files.read(table, parts[table]).to_pylist()
    return (row for row in rows if (row["method"], row["selection"], row["side"]) == (METHOD, SELECTION, "words"))


def _parts(part: np.ndarray) -> dict[str, int]:
    """How many words are of each part of speech, the commonest first."""
    counts = np.bincount(part[part >= 0], minlength=len(PARTS))
    return {PARTS[i]: int(counts[i]) for i in np.argsort(-counts, kind="stable") if counts[i]}


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
