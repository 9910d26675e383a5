"""What every loader of users' files shares: how it is described, and which of its sentences are kept."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rnnvis.config import Source
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence
from rnnvis.text.tokenizer import tokenize

NO_TEXT = "without text"
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "dev": "valid",
    "test": "test",
}
_RANK = {"train": 0, "valid": 1, "test": 2}


@dataclass
class Reading:
    """Sentences as they are read, and the names of their classes.

    `left_out` counts, by reason, what the loader passes over while `sentences` is read; `notes` are warnings.
    `words` and `ending` say how a sentence becomes words, as in `assemble`.
    """

    labels: tuple[str, ...]
    sentences: Iterable[Sentence]
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    words: Callable[[str], list[tuple[str, str]]] = tokenize
    ending: str = ""


@dataclass(frozen=True)
class FileKind:
    """One kind of corpus that a user brings as files.

    `keys` are the keys of `[source]` that mean something for it (beside kind and path); `get` says where the data
    come from and how to name them; `files` lists the files below a path, or says what is missing; `read` reads them.
    """

    keys: frozenset[str]
    get: str
    files: Callable[[Path], list[Path]]
    read: Callable[[Source], Reading]


def select(reading: Reading, most_sentences: int = 0, most_tokens: int = 0) -> list[Sentence]:
    """The sentences of `reading` that make up the corpus; the reasons of the others are counted in `left_out`.

    Of several with the same text one is kept, in the split that is furthest from training: no held-out sentence is
    trained on. With `most_sentences` those whose text has the smallest SHA-256 are kept, so that the same ones are
    drawn whatever their order; memory grows with the kept ones only. Longer ones than `most_tokens` are passed over.
    Sentences of documents are all kept: running text without some of its sentences is another text.
    """
    documents: list[Sentence] = []
    kept: dict[int, Sentence] = {}
    largest: list[int] = []  # a heap of the negated names of what is kept
    for sentence in reading.sentences:
        if sentence.document:
            documents.append(sentence)
            continue
        name = int.from_bytes(hashlib.sha256(sentence.text.encode()).digest())
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
        if most_tokens and len(tokenize(sentence.text)) > most_tokens:
            reading.left_out[f"longer than {most_tokens:,} tokens"] += 1
            continue
        kept[name] = sentence
        if most_sentences:
            heapq.heappush(largest, -name)
            if len(kept) > most_sentences:
                del kept[-heapq.heappop(largest)]
                reading.left_out["not drawn into the sample"] += 1
    return [*documents, *kept.values()]


def one_file(path: Path, name: str) -> list[Path]:
    """`path` itself, or the file called `name` in the folder `path`."""
    file = path / name if path.is_dir() or not path.suffix else path
    if not file.is_file():
        raise missing(file)
    return [file]


def missing(path: Path) -> RnnvisError:
    """The error about a file that is not there; the caller knows where to get it."""
    return RnnvisError(f"{path}: no such file")
