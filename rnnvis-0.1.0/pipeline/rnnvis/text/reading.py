"""What every loader of users' files shares: how it is described, and which of its sentences are kept."""

from __future__ import annotations

import hashlib
import heapq
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rnnvis.config import Source, Vocabulary
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence
from rnnvis.text.lines import GZIP
from rnnvis.text.tokenizer import Tokens, tokenize

NO_TEXT = "without text"
BY_TOKENS = frozenset({"tokens", "addresses", "most_sentences", "most_tokens"})  # keys of text that is cut into words
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "dev": "valid",
    "test": "test",
    "testa": "valid",  # as CoNLL-2003 calls them
    "testb": "test",
}
_RANK = {"train": 0, "valid": 1, "test": 2}


@dataclass
class Reading:
    """Sentences as they are read, and the names of their classes.

    `left_out` counts, by reason, what the loader passes over while `sentences` is read; `notes` are warnings.
    `words` and `ending` say how a sentence becomes words, as in `assemble`, where the source's keys do not; `literal`
    text holds no HTML entities.
    """

    labels: tuple[str, ...]
    sentences: Iterable[Sentence]
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    words: Callable[[str], Tokens] = tokenize
    ending: str = ""
    literal: bool = False


@dataclass(frozen=True)
class FileKind:
    """One kind of corpus that a user brings as files, called `name`.

    `fits` says whether a file or folder is of this kind, by names and content. `keys` are the keys of `[source]` that
    mean something for it (beside kind and path); `get` says where the data come from and how to name them; `files`
    lists the files below a path, or says what is missing; `read` reads them. `vocabulary` is that of a dataset that
    says nothing of one.
    """

    name: str
    fits: Callable[[Path], bool]
    keys: frozenset[str]
    get: str
    files: Callable[[Path], list[Path]]
    read: Callable[[Source], Reading]
    vocabulary: Vocabulary = field(default_factory=Vocabulary)


def split_of(file: Path) -> str:
    """The split that a file is named after: that of `train.csv`, `wiki.valid.tokens`, `dev.txt.gz`; "" for none."""
    name = file.name.lower().removesuffix(GZIP)
    return SPLIT_NAMES.get(Path(name).stem.rpartition(".")[2], "")


def split_within(file: Path) -> str:
    """The split that a part of a file's name says: that of `en_ewt-ud-train.conllu`, `eng.testb`, `val_text.txt`."""
    parts = re.split(r"[^a-z0-9]+", file.name.lower())
    found = {SPLIT_NAMES[part] for part in parts if part in SPLIT_NAMES}
    return found.pop() if len(found) == 1 else ""


def splits_of(found: Sequence[Path], which: Callable[[Path], str] = split_of) -> dict[Path, str]:
    """The split of each file by its name; empty where none is named after one.

    RnnvisError: some are and others are not, two are named after one split, or one of the three is missing.
    """
    names = {file: which(file) for file in found}
    if not any(names.values()):
        return {}
    kinds = [split for split in names.values() if split]
    what = ""
    if len(kinds) < len(names):
        odd = next(file for file, split in names.items() if not split)
        what = f"{odd.name} is named after no split, and others are"
    elif missing_ := [split for split in _RANK if split not in kinds]:
        what = f"no file is for the split {missing_[0]}, and others are named after splits"
    elif len(kinds) > len(set(kinds)):
        what = f"{max(kinds, key=kinds.count)} has several files"
    if what:
        fix = "name one file each train, valid and test, or none so: without such names a hash of the name decides"
        raise RnnvisError(f"{found[0].parent}: {what}", fix)
    return names


def select(reading: Reading, most_sentences: int = 0, most_tokens: int = 0) -> list[Sentence]:
    """The sentences of `reading` that make up the corpus; the reasons of the others are counted in `left_out`.

    Of several with the same text one is kept, in the split that is furthest from training: no held-out sentence is
    trained on. With `most_sentences` those whose text has the smallest hash are kept, so that the same ones are drawn
    whatever their order, from all splits alike: it is not the hash that splits by text. Memory grows with the kept
    ones only. Longer ones than `most_tokens` are passed over.
    Sentences of documents are all kept: running text without some of its sentences is another text.
    """
    documents: list[Sentence] = []
    kept: dict[int, Sentence] = {}
    largest: list[int] = []  # a heap of the negated names of what is kept
    for sentence in reading.sentences:
        if sentence.document:
            documents.append(sentence)
            continue
        name = drawn(sentence.text)
        before = kept.get(name)
        if before is not None:
            same = "" if before.label == sentence.label else ", with another label"
            reading.left_out[f"exact duplicates{same}"] += 1
            if _RANK[sentence.split] > _RANK[before.split]:
                kept[name] = sentence
            continue
        if most_sentences and len(kept) == most_sentences and name >= -largest[0]:
            reading.left_out["not drawn into the sample"] += 1
            continue
        if most_tokens and len(reading.words(sentence.text)) > most_tokens:
            reading.left_out[f"longer than {most_tokens:,} tokens"] += 1
            continue
        kept[name] = sentence
        if most_sentences:
            heapq.heappush(largest, -name)
            if len(kept) > most_sentences:
                del kept[-heapq.heappop(largest)]
                reading.left_out["not drawn into the sample"] += 1
    return [*documents, *kept.values()]


def drawn(text: str) -> int:
    """Where a text stands in the draw of a sample: a hash that has nothing to do with that of `hashed_split`."""
    return int.from_bytes(hashlib.sha256(b"sample\0" + text.encode()).digest())


def one_file(path: Path, name: str) -> list[Path]:
    """`path` itself, or the file called `name` in the folder `path`."""
    file = path / name if path.is_dir() or not path.suffix else path
    if not file.is_file():
        raise missing(file)
    return [file]


def missing(path: Path) -> RnnvisError:
    """The error about a file that is not there; the caller knows where to get it."""
    return RnnvisError(f"{path}: no such file")
