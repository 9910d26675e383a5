"""Stage `ablate`: how much worse a model gets without a unit, or without a cluster of units."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis import progress
from rnnvis.config import Card, LanguageModelConfig
from rnnvis.measures.outputs.ablation import Ablation, Effect, Losses, Subject
from rnnvis.nets import streams
from rnnvis.nets.checkpoints import load, load_language_model
from rnnvis.nets.silenced import classifier_losses, next_word_losses_without
from rnnvis.published import columns, files
from rnnvis.recipes.keep.index import read_index, write_index
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.cluster import cluster_step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.record import record_step
from rnnvis.recipes.steps.train import train_step
from rnnvis.text.corpus import Corpus

SENTENCES = 400
WORDS_OF_DOCUMENT = 150
LARGEST_K = 12
METHOD = "block"
HELD_OUT = ("valid", "test")


def ablate_step(project: Project, dataset: Dataset, card: Card, seed: int) -> Step:
    """Hold every unit, and every unit cluster of the method `block` for up to twelve clusters, at zero.

    The loss is compared on a sample of held-out text: 400 test sentences, or the first 150 words of each held-out
    document of a language model.
    """
    trained, clustered = train_step(project, dataset, card, seed), cluster_step(project, dataset, card, seed)
    recorded, corpus = record_step(project, dataset, card, seed), corpus_step(project, dataset)

    def build(folder: Path) -> None:
        text = load_corpus(corpus.folder(project.build))
        source = clustered.folder(project.build)
        sample = _sample(card, trained.folder(project.build), text)
        names = [state["name"] for state in read_index(recorded.folder(project.build))["states"]]
        index = read_index(source)["states"]
        layers: dict[int, Ablation] = {}
        states = []
        with progress.bar("Switching units off", total=len(index)) as bar:
            for name, state in zip(names, index, strict=True):
                layer = int(name.split(".")[-2])
                if layer not in layers:
                    layers[layer] = Ablation(sample.losses(layer), sample.units, sample.sentence)
                found = _ablated(layers[layer], sample, source / name, state["tables"].get("cluster_labels", []))
                tables = {table: files.write(table, of, folder / name) for table, of in found.items()}
                states.append({"name": name, "tables": tables})
                bar.advance()
        write_index(folder, {"states": states})

    inputs = {"trained": trained.key, "clustered": clustered.key}
    label = dataset.label(card, seed)
    seconds = 120.0 if isinstance(card, LanguageModelConfig) else 20.0
    return Step(
        "ablate",
        label,
        inputs,
        (Ablation, classifier_losses, next_word_losses_without, columns.unit_ablation),
        build,
        seconds=seconds,
    )


@dataclass(frozen=True)
class _Sample:
    """Losses to compare: N rows, the sentence of each, and which of them say something of a word or a class.

    `words` int32 [pairs, 2]: row and word, for each word that a row is about.
    """

    units: int
    losses_without: Callable[[int, np.ndarray], np.ndarray]
    sentence: np.ndarray
    words: np.ndarray = field(repr=False)
    classes: Mapping[int, np.ndarray] = field(repr=False)

    def losses(self, layer: int) -> Losses:
        """Losses without units of `layer`."""
        return lambda without: self.losses_without(layer, without)

    def about(self, words: np.ndarray) -> np.ndarray:
        """Rows about any of these words, bool [N]."""
        inside = np.zeros(len(self.sentence), dtype=bool)
        inside[self.words[np.isin(self.words[:, 1], words), 0]] = True
        return inside


def _sample(card: Card, trained: Path, text: Corpus) -> _Sample:
    return _guesses(trained, text) if isinstance(card, LanguageModelConfig) else _verdicts(trained, text)


def _verdicts(trained: Path, text: Corpus) -> _Sample:
    model, _ = load(trained)
    test = text.indices("test")
    labelled = np.array([i for i in test if text.label[i] >= 0 and len(text.tokens[i])], dtype=np.int64)
    chosen = labelled[np.linspace(0, len(labelled) - 1, min(SENTENCES, len(labelled))).astype(np.int64)]
    tokens, labels = [text.tokens[i] for i in chosen], text.label[chosen]
    words = np.concatenate([np.column_stack([np.full(len(row), at), row]) for at, row in enumerate(tokens)])
    return _Sample(
        model.rnn.hidden_size,
        lambda layer, without: classifier_losses(model, tokens, labels, layer, without),
        chosen,
        words,
        {c: labels == c for c in range(len(text.labels))},
    )


def _guesses(trained: Path, text: Corpus) -> _Sample:
    model, _ = load_language_model(trained)
    chosen = [d for d in text.documents if text.split[d[0]] in HELD_OUT]
    read = [of[:WORDS_OF_DOCUMENT] for split in HELD_OUT for of in streams.documents(text, split)]
    of_sentence = [np.repeat(d, [len(text.tokens[i]) for i in d])[:WORDS_OF_DOCUMENT] for d in chosen]
    ids = np.full((len(read), max(map(len, read))), streams.NO_TARGET, dtype=np.int64)
    sentence = ids.copy()
    for row, (words, numbers) in enumerate(zip(read, of_sentence, strict=True)):
        ids[row, : len(words)], sentence[row, : len(words)] = words, numbers
    guessed = (ids[:, 1:] >= 0).reshape(-1)
    target = ids[:, 1:].reshape(-1)[guessed]
    return _Sample(
        model.rnn.hidden_size,
        lambda layer, without: next_word_losses_without(model, ids, layer, without)[guessed],
        sentence[:, 1:].reshape(-1)[guessed],
        np.column_stack([np.arange(len(target)), target]),
        {},
    )


def _ablated(known: Ablation, sample: _Sample, source: Path, parts: list[files.Part]) -> dict[str, columns.Columns]:
    increase, error = known.of_units()
    found = {"unit_ablation": columns.unit_ablation(increase, error)}
    rows = list(_clusters(known, sample, files.read("cluster_labels", [source / part.name for part in parts])))
    if rows:
        found["cluster_ablation"] = columns.cluster_ablation(rows)
    return found


def _clusters(known: Ablation, sample: _Sample, table: Any) -> Iterator[tuple[dict[str, Any], Effect]]:
    sides: dict[tuple[str, str, int], dict[str, dict[str, Any]]] = {}
    for row in table.to_pylist():
        if row["method"] == METHOD and row["k"] <= LARGEST_K:
            sides.setdefault((row["method"], row["selection"], row["k"]), {})[row["side"]] = row
    for (method, selection, k), of in sides.items():
        members = {side: _members(of[side], k) for side in ("words", "units")}
        texts = _subjects(sample, members["words"])
        for cluster, units in enumerate(members["units"]):
            if len(units):
                at = {"method": method, "selection": selection, "k": k, "cluster": cluster}
                yield from ((at, effect) for effect in known.of_cluster(units, texts))


def _members(row: dict[str, Any], k: int) -> list[np.ndarray]:
    """The numbers of the words or units of each of `k` clusters."""
    ids, labels = np.array(row["ids"], dtype=np.int64), np.array(row["labels"])
    return [ids[labels == cluster] for cluster in range(k)]


def _subjects(sample: _Sample, words: list[np.ndarray]) -> list[Subject]:
    everything = Subject("all", -1, np.ones(len(sample.sentence), dtype=bool))
    of_class = [Subject("class", value, inside) for value, inside in sample.classes.items()]
    return [everything, *of_class, *(Subject("words", v, sample.about(of)) for v, of in enumerate(words))]
