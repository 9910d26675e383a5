"""Stage `cluster`: co-clusterings of a recorded model, for every method, word selection and number of clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rnnvis import progress
from rnnvis.config import Card
from rnnvis.measures.words.selections import SELECTIONS
from rnnvis.published.clustered import cluster_state
from rnnvis.published.named_clusters import Names, read_names
from rnnvis.recipes.keep.index import read_index, write_index
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.film import next_epoch
from rnnvis.recipes.steps.record import record_step
from rnnvis.recipes.steps.tag import load_parts, tag_step
from rnnvis.text.corpus import Corpus


def cluster_step(project: Project, dataset: Dataset, card: Card, seed: int, epoch: int | None = None) -> Step:
    """Cluster every state of one recorded model, at its end or after `epoch`; the folder holds the tables and
    `index.json`. The clusters of an epoch are named as those of the next one that is published."""
    recorded = record_step(project, dataset, card, seed, epoch)
    later = None if epoch is None else cluster_step(project, dataset, card, seed, next_epoch(card, epoch))
    corpus, tagged = corpus_step(project, dataset), tag_step(project, dataset)
    measure = dataset.config.measure
    inputs = {
        "recorded": recorded.key,
        "tagged": tagged.key,
        "methods": measure.methods,
        "k": [measure.smallest_k, measure.largest_k],
        "selected_words": measure.selected_words,
        "minimum_count": measure.minimum_count,
    }
    if later:
        inputs["named_as"] = later.key

    def build(folder: Path) -> None:
        source = recorded.folder(project.build)
        text = load_corpus(corpus.folder(project.build))
        parts = load_parts(tagged.folder(project.build)).part
        states = read_index(source)["states"]
        found = []
        with progress.bar("Clustering", total=len(states) * len(SELECTIONS) * len(measure.methods)) as bar:
            for state, names in zip(states, _names(later, project, states, text), strict=True):
                clustered = cluster_state(source / state["name"], state, text, parts, measure, bar, names)
                if clustered.unclustered:
                    progress.say(f"{state['name']} is left without clusters: {clustered.unclustered}")
                found.append(clustered.write(folder / state["name"]))
        write_index(folder, {"states": found})

    label = dataset.label(card, seed, epoch)
    return Step("cluster", label, inputs, (cluster_state,), build)


def _names(later: Step | None, project: Project, states: list[dict[str, Any]], text: Corpus) -> list[Names]:
    """For each of the recorded `states` the clusters of a later epoch; none where there is no later one."""
    if later is None:
        return [{} for _ in states]
    folder, words = later.folder(project.build), len(text.vocabulary)
    named = zip(states, read_index(folder)["states"], strict=True)
    return [read_names(folder / state["name"], of["tables"], words, state["units"]) for state, of in named]
