"""Stage `ablate`: how much worse a model gets without a unit, or without a cluster of units."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rnnvis import progress
from rnnvis.api.ablation_tables import SEQUENCES, Judged, ablation_tables, even, judged, runs_of
from rnnvis.api.record import record
from rnnvis.api.recording import Recording
from rnnvis.config import Card, LanguageModelConfig
from rnnvis.nets import SentenceClassifier, streams
from rnnvis.nets.checkpoints import load, load_language_model
from rnnvis.nets.language_model import LanguageModel
from rnnvis.published import files
from rnnvis.recipes.keep.index import read_index, write_index
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.cluster import cluster_step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.record import record_step
from rnnvis.recipes.steps.searches import patching, searches
from rnnvis.recipes.steps.train import train_step
from rnnvis.recording.returned import Deferred
from rnnvis.text.corpus import Corpus

WORDS_OF_DOCUMENT = 150
HELD_OUT = ("valid", "test")


def ablate_step(project: Project, dataset: Dataset, card: Card, seed: int) -> Step:
    """Hold every unit, and every unit cluster of the method `block` for up to twelve clusters, at zero.

    The loss is compared on a sample of held-out text: 400 test sentences, or the first 150 words of each held-out
    document of a language model. Of a classifier of one state, units and chips are then searched for that carry the
    verdict from sentence to sentence.
    """
    trained, clustered = train_step(project, dataset, card, seed), cluster_step(project, dataset, card, seed)
    recorded, corpus = record_step(project, dataset, card, seed), corpus_step(project, dataset)

    def build(folder: Path) -> None:
        text = load_corpus(corpus.folder(project.build))
        source, weights = clustered.folder(project.build), trained.folder(project.build)
        classifier = None if isinstance(card, LanguageModelConfig) else load(weights)[0]
        if classifier is None:
            recording, group = guesses(load_language_model(weights)[0], text)
        else:
            recording, group = _verdicts(classifier, text), None
        judge = judged_by(recording, group)
        names = [state["name"] for state in read_index(recorded.folder(project.build))["states"]]
        states = {name: len(recording.states[name].units.mean) for name in names}
        labels = {}
        for name, state in zip(names, read_index(source)["states"], strict=True):
            parts = [source / name / part.name for part in state["tables"].get("cluster_labels", [])]
            if parts:
                labels[name] = files.read("cluster_labels", parts)
        with progress.bar("Switching units off", total=runs_of(states, labels)) as bar:
            found = ablation_tables(judge, states, labels, bar.advance)
        index = []
        for name, of in found.items():
            tables = {table: files.write(table, rows, folder / name) for table, rows in of.items()}
            index.append({"name": name, "tables": tables})
        carried = {}
        if classifier is not None and len(names) == 1:  # of several states each alone carries little
            rows = patching(searches(classifier, text, names[0], labels.get(names[0])))
            carried = {"patching": files.write("patching", rows, folder)} if rows["state"] else {}
        write_index(folder, {"states": index, "tables": carried})

    inputs = {"trained": trained.key, "clustered": clustered.key}
    label = dataset.label(card, seed)
    seconds = 120.0 if isinstance(card, LanguageModelConfig) else 40.0
    return Step(
        "ablate",
        label,
        inputs,
        (ablation_tables, judged, record, searches),
        build,
        seconds=seconds,
    )


def _verdicts(model: SentenceClassifier, text: Corpus) -> Recording:
    """An even choice of the labelled test sentences."""
    known = np.array([i for i in text.indices("test") if text.label[i] >= 0 and len(text.tokens[i])], dtype=np.int64)
    chosen = even(known, SEQUENCES)
    tokens, labels = [text.tokens[i] for i in chosen], text.label[chosen].tolist()
    return record(model, tokens, text.vocabulary, labels, classes=text.labels, minimum_count=1, check=False)


def guesses(model: LanguageModel, text: Corpus, words: int = WORDS_OF_DOCUMENT) -> tuple[Recording, np.ndarray]:
    """The first `words` of each held-out document, each from a fresh state; and for each word the sentence of the one
    that is guessed, int64: guesses of the words of one sentence count as one."""
    documents = [d for d in text.documents if text.split[d[0]] in HELD_OUT]
    tokens = [of[:words] for split in HELD_OUT for of in streams.documents(text, split)]
    sentence = [np.repeat(d, [len(text.tokens[i]) for i in d])[:words] for d in documents]
    recording = record(
        model,
        tokens,
        text.vocabulary,
        outputs=lambda returned: Deferred(returned[0], model.head),
        minimum_count=1,
        check=False,
    )
    group = np.concatenate([np.append(of[1:], of[-1:]) for of in sentence])  # that of the word that is guessed
    return recording, group


def judged_by(recording: Recording, group: np.ndarray | None) -> Judged:
    """All answers of a recording, those of a `group` as one."""
    rerun = recording.rerun
    assert rerun is not None
    return judged(rerun, np.arange(len(recording.tokens)), next(iter(recording.states)), recording.tokens, group)
