"""Stage `pronounce`: a model that comes trained out of a package, recorded and published as anybody's model is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnvis.api.choices import Choices
from rnnvis.api.described import Described
from rnnvis.api.folder import publish
from rnnvis.api.inputs import Tokens
from rnnvis.api.record import record
from rnnvis.api.recording import Recording
from rnnvis.api.sample import Sample
from rnnvis.config import PronouncerConfig, as_table
from rnnvis.measures.words.parts_of_speech import no_parts
from rnnvis.nets.pronouncer import END, GRAPHEMES, PHONEMES, START, UNKNOWN, Pronouncer, load_pronouncer
from rnnvis.published import files
from rnnvis.published.publishing import read_manifest
from rnnvis.published.schema.manifest import Nouns
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.spoken import CLASSES, Spoken, names, spoken
from rnnvis.recipes.steps.pronounce_halves import halves
from rnnvis.text.corpus import RECORDED, Corpus, sentence_key
from rnnvis.text.kinds.pronunciations import SOURCE, pronounced
from rnnvis.text.releases import first_release

PROBE = "probe"
FIRST_K = 8
LETTERS: Nouns = {"step": "letter", "steps": "letters", "sentence": "word", "sentences": "words"}
SOUNDS: Nouns = {"step": "phoneme", "steps": "phonemes", "sentence": "word", "sentences": "words"}


def pronounce_step(project: Project, dataset: Dataset, card: PronouncerConfig) -> Step:
    """Words of the dictionary, said by the model of the package; the folder is a published one, with a dataset of what
    the encoder reads and one of what the decoder says.

    The decoder reads what it said itself. It is asked once more after the end, as the loss of a phoneme is known
    from the one that follows; in use it stops there.
    """
    config = dataset.config
    inputs: dict[str, Any] = {name: value for name, value in as_table(config).items() if name not in ("quick", "study")}
    inputs |= {"card": as_table(replace(card, features=None)), "torch": torch.__version__, "numpy": np.__version__}

    def build(folder: Path) -> None:
        model, sha256 = load_pronouncer(first_release((card.release,), project.downloads))
        found = spoken(model, pronounced(config, project.downloads))
        split = [PROBE if at < len(config.probe) else RECORDED for at in range(len(found.words))]
        write(model, found, split, dataset, card, sha256, folder)

    work = (publish, record, load_pronouncer, pronounced, spoken, halves)
    return Step("pronounce", f"{config.name}+{card.name}", inputs, work, build)


def write(
    model: Pronouncer,
    found: Spoken,
    split: Sequence[str],
    dataset: Dataset,
    card: PronouncerConfig,
    sha256: str,
    folder: Path,
) -> None:
    """Record `model`, of the array file `sha256`, along what was `found`, and publish it into `folder`, with its step
    models."""
    config = dataset.config
    recording = recorded(model, found, split, card.published_words, dataset)
    provenance = {"package": card.release.package, "version": card.release.version, "checkpoint_sha256": sha256}
    parts = {config.name: recording, f"{config.name}, decoder": recording.readings["decoder"]}
    choices = Choices(card.name, True, config.measure.methods, config.measure.largest_k, ablation=0.0)
    models = dict(zip(parts, halves(model, found.letters, found.said), strict=True))
    told = described(found, split, dataset, card, provenance)
    publish(parts, folder, choices, {name: replace(of, step_model=models[name]) for name, of in told.items()})


def recorded(
    model: Pronouncer, found: Spoken, split: Sequence[str], published_words: int, dataset: Dataset
) -> Recording:
    """The model along the letters of every word, and along what it said; words of `split` "probe" are only read."""
    measured = np.array(split) == RECORDED
    recording = record(
        model,
        found.letters,
        GRAPHEMES,
        found.classes.tolist(),
        classes=CLASSES,
        tokens={"decoder": Tokens([_read(row) for row in found.said], PHONEMES)},
        minimum_count=dataset.config.measure.minimum_count,
        frequent_count=dataset.config.measure.frequent_count,
        sample=Sample(
            measured=measured,
            always=np.arange(len(measured)) < published_words,
            keys=_keys(found, split),
            states_bytes=1,
        ),
    )
    for of in (recording, *recording.readings.values()):
        of.kept.speech = no_parts(len(of.words))
    return recording


def said_rows(project: Project, dataset: Dataset, card: PronouncerConfig) -> list[dict[str, Any]]:
    """The figures of what a finished step said."""
    folder = pronounce_step(project, dataset, card).folder(project.build)
    model = read_manifest(folder)["datasets"][0]["models"][0]
    return files.read("metrics", [folder / file["path"] for file in model["tables"]["metrics"]["files"]]).to_pylist()


def _read(said: np.ndarray) -> np.ndarray:
    """What the decoder reads: START, then what it said."""
    return np.concatenate([[PHONEMES.index(START)], said])


def _keys(found: Spoken, split: Sequence[str]) -> list[str]:
    return [sentence_key(of, word.word) for of, word in zip(split, found.words, strict=True)]


def described(
    found: Spoken, split: Sequence[str], dataset: Dataset, card: PronouncerConfig, provenance: dict[str, Any]
) -> dict[str, Described]:
    """What is known of the words besides what was recorded, for the dataset of letters and for that of phonemes."""
    config = dataset.config
    keys, words = _keys(found, split), [of.word for of in found.words]
    figures = found.figures(np.array(split) == RECORDED)
    shown = {probe.name: keys[at] for at, probe in enumerate(config.probe)}

    def of(
        tokens: Sequence[np.ndarray],
        vocabulary: tuple[str, ...],
        special: tuple[str, ...],
        text: list[str],
        what: Nouns,
    ) -> Described:
        counts = Counter(
            np.concatenate([row for row, of in zip(tokens, split, strict=True) if of == RECORDED]).tolist()
        )
        corpus = Corpus(
            name=config.name,
            labels=CLASSES,
            vocabulary=vocabulary,
            counts=np.array([counts[i] for i in range(len(vocabulary))], np.int64),
            special=tuple(vocabulary.index(word) for word in special),
            tokens=[row.astype(np.int32) for row in tokens],
            surface=[tuple(vocabulary[i] for i in row) for row in tokens],
            text=text,
            split=list(split),
            label=found.classes.astype(np.int16),
            score=np.full(len(words), np.nan, np.float32),
            source=[SOURCE] * len(words),
            key=keys,
        )
        step = len(tokens[0]) - 2
        return Described(
            title=f"{config.title}: {what['steps']}",
            licence=config.licence,
            about=config.about,
            corpus=corpus,
            figures=figures,
            provenance=provenance,
            probes=shown,
            view={"model": card.name, "sentence": keys[0], "step": step, "k": FIRST_K, "words": []},
            nouns=what,
        )

    said = [_read(row) for row in found.said]
    spelling = [f"{word} → {' '.join(names(row))}" for word, row in zip(words, found.said, strict=True)]
    letters = of(found.letters, GRAPHEMES, (UNKNOWN, "<pad>"), words, LETTERS)
    phonemes = of(said, PHONEMES, (UNKNOWN, "<pad>", START, END), spelling, SOUNDS)
    return {config.name: letters, f"{config.name}, decoder": phonemes}
