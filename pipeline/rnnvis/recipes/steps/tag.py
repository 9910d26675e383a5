"""Stage `tag`: the part of speech of every word of a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from rnnvis.measures.words.parts_of_speech import (
    PARTS,
    PartsOfSpeech,
    annotated_parts,
    are_parts,
    looks_english,
    no_parts,
    part_of,
    parts_of_speech,
    sentence_parts,
)
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.text.corpus import Corpus


def tag_step(project: Project, dataset: Dataset) -> Step:
    """Tag the sentences that responses are measured on; special words, such as <unk>, have no part of speech.

    Parts of speech that the corpus is annotated with are taken; else English text is tagged, and no other.
    """
    corpus = corpus_step(project, dataset)
    inputs = {"corpus": corpus.key, "splits": dataset.config.measure.splits, "textblob": version("textblob")}

    def build(folder: Path) -> None:
        text = load_corpus(corpus.folder(project.build))
        read = [i for i, split in enumerate(text.split) if split in dataset.config.measure.splits]
        found = _parts(text, read)
        found.part[list(text.special)] = -1
        found.share[list(text.special)] = np.nan
        np.save(folder / "part.npy", found.part, allow_pickle=False)
        np.save(folder / "share.npy", found.share, allow_pickle=False)

    return Step("tag", dataset.config.name, inputs, (_parts,), build)


def _parts(text: Corpus, read: Sequence[int]) -> PartsOfSpeech:
    tokens, words = [text.tokens[i] for i in read], len(text.vocabulary)
    if text.tags is not None and are_parts({tag for i in read for tag in text.tags[i]}):
        return annotated_parts(tokens, (text.tags[i] for i in read), words)
    if not looks_english(text.vocabulary, text.counts):
        return no_parts(words)
    return parts_of_speech(tokens, (text.surface[i] for i in read), words)


def parts_in_context(text: Corpus, read: Sequence[int]) -> list[list[str | None]]:
    """For each of the sentences `read` the part of speech of each of its words, as it stands there; None of special
    words, and of all where nothing is known of them."""
    special = set(text.special)
    annotated = text.tags is not None and are_parts({tag for i in read for tag in text.tags[i]})
    english = not annotated and looks_english(text.vocabulary, text.counts)
    found = []
    for i in read:
        tags = text.tags[i] if annotated and text.tags is not None else None
        parts = [part_of(tag) for tag in tags] if tags is not None else sentence_parts(text.surface[i])
        known = annotated or english
        found.append(
            [
                PARTS[part] if known and part >= 0 and word not in special else None
                for word, part in zip(text.tokens[i].tolist(), parts, strict=True)
            ]
        )
    return found


def load_parts(folder: Path) -> PartsOfSpeech:
    """What a finished tag step left in `folder`."""
    part, share = (np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("part", "share"))
    return PartsOfSpeech(part, share)
