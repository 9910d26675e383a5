"""Text in, token ids out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rnnvis.config import DatasetConfig, Source
from rnnvis.errors import RnnvisError
from rnnvis.progress import say
from rnnvis.text.assembly import Sentence, assemble, probe_sentences
from rnnvis.text.corpus import RECORDED, Corpus
from rnnvis.text.entities import decoded
from rnnvis.text.kinds import FILE_KINDS, pronunciations, reviews, speeches
from rnnvis.text.reading import Reading, select
from rnnvis.text.segmenter import reader
from rnnvis.text.tokenizer import tokenize

KINDS: dict[str, Callable[[DatasetConfig, Path], Corpus]] = {
    "pronunciations": pronunciations.load,
    "reviews": reviews.load,
    "speeches": speeches.load,
}
KEYS = {"pronunciations": frozenset({"most_sentences"})}
"""Keys of `[source]` that mean something for a kind that is fetched, besides its releases."""
__all__ = [
    "FILE_KINDS",
    "KEYS",
    "KINDS",
    "RECORDED",
    "Corpus",
    "Sentence",
    "kind_loader",
    "load",
    "read",
    "source_files",
]


def load(config: DatasetConfig, cache: Path) -> Corpus:
    """The corpus that `config` describes; what has to be downloaded is kept under `cache`.

    Raises:
        RnnvisError: the kind of source is unknown, the source cannot be had, or its text is not as expected.
    """
    kind = config.source.kind
    if kind in FILE_KINDS:
        corpus, reading = read(config)
        for note in reading.notes:
            say(note)
        return corpus
    if kind not in KINDS:
        known = ", ".join(sorted([*KINDS, *FILE_KINDS]))
        raise RnnvisError(f'dataset {config.name}: unknown source.kind "{kind}"', f"use one of: {known}")
    return KINDS[kind](config, cache)


def kind_loader(kind: str) -> Callable[..., Any]:
    """The function that reads the text of a source of this kind."""
    return FILE_KINDS[kind].read if kind in FILE_KINDS else KINDS[kind]


def read(config: DatasetConfig) -> tuple[Corpus, Reading]:
    """The corpus in the user's files that `config` names, and what its loader said about them."""
    source = config.source
    source_files(source)
    reading = FILE_KINDS[source.kind].read(source)
    if reading.words is tokenize:
        reading.words = reader(source.tokens, source.addresses)
    if not reading.literal:
        reading.sentences = (dataclasses.replace(s, text=decoded(s.text)) for s in reading.sentences)
    sentences = select(reading, source.most_sentences, source.most_tokens)
    if not any(sentence.split == "train" for sentence in sentences):
        raise RnnvisError(f"{config.name}: none of the {len(sentences):,} sentences is for training", "give more text")
    corpus = assemble(
        config.name,
        reading.labels,
        [*probe_sentences(config.probe), *sentences],
        config.vocabulary,
        read=reading.words,
        ending=reading.ending,
    )
    return corpus, dataclasses.replace(reading, sentences=sentences)


def source_files(source: Source) -> list[Path]:
    """The user's files that a corpus is read from, in order; none for a source that is fetched.

    Raises:
        RnnvisError: they are not there; says where to get them and how to name them.
    """
    if source.kind not in FILE_KINDS:
        return []
    kind = FILE_KINDS[source.kind]
    try:
        return kind.files(Path(source.path))
    except RnnvisError as error:
        fix = f"{kind.get}; put it there, or name the place in source.path"
        raise RnnvisError(error.message, error.fix or fix) from None
