"""Stage `tag`: the part of speech of every word of a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from rnnvis.measures.words.parts_of_speech import (
    PartsOfSpeech,
    annotated_parts,
    are_parts,
    looks_english,
    no_parts,
    parts_of_speech,
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


def load_parts(folder: Path) -> PartsOfSpeech:
    """What a finished tag step left in `folder`."""
    part, share = (np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("part", "share"))
    return PartsOfSpeech(part, share)
