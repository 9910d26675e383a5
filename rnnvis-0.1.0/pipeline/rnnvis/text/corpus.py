"""A corpus ready for training and measuring: sentences as word ids, with splits, labels and keys."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rnnvis.errors import RnnvisError

UNKNOWN = "<unk>"
SPLITS = ("probe", "train", "valid", "test")
RECORDED = "recorded"  # split of sentences that a user recorded, of which nothing else is known
NO_LABEL = -1

_COLUMNS = pa.schema(
    [
        ("key", pa.string()),
        ("split", pa.string()),
        ("source", pa.string()),
        ("label", pa.int16()),
        ("score", pa.float32()),
        ("text", pa.string()),
        ("tokens", pa.list_(pa.int32())),
        ("surface", pa.list_(pa.string())),
        ("document", pa.string()),
        ("tags", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True, eq=False)
class Corpus:
    """Sentences (position = sentence_id: probes, then train, valid, test, each by key) over one vocabulary."""

    name: str
    labels: tuple[str, ...]  # names of the classes 0, 1, …
    vocabulary: tuple[str, ...]  # word_id -> text, most frequent first
    counts: np.ndarray  # int64 [V], occurrences in the training split
    special: tuple[int, ...]  # ids of words that stand for something else, such as <unk>
    tokens: list[np.ndarray]  # int32 [T] per sentence
    surface: list[tuple[str, ...]]  # the same tokens as written
    text: list[str]
    split: list[str]
    label: np.ndarray  # int16 [N], -1 where there is none (neutral sentences, probes)
    score: np.ndarray  # float32 [N], mean human score, nan where there is none
    source: list[str]
    key: list[str]  # 16 hex digits, see `sentence_key`
    document: list[str] | None = None  # which longer text each sentence belongs to, "" for none; None: none does
    tags: list[tuple[str, ...]] | None = None  # a label of each token, such as its annotated part of speech

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def unknown_id(self) -> int:
        """The id under which words outside the vocabulary are read."""
        return self.special[0]

    def indices(self, *splits: str) -> np.ndarray:
        """int64, the sentence ids of `splits`, ascending."""
        return np.array([i for i, s in enumerate(self.split) if s in splits], dtype=np.int64)

    @cached_property
    def documents(self) -> list[np.ndarray]:
        """Sentence ids of each document, int64, in reading order; a sentence without a document is one of its own.

        The recurrent state is carried from sentence to sentence of a document, and reset between documents.
        """
        names = self.document or [""] * len(self)
        at = [(self.split[i], names[i]) for i in range(len(self))]
        borders = [i for i in range(1, len(self)) if not names[i] or at[i] != at[i - 1]]
        return np.split(np.arange(len(self), dtype=np.int64), borders) if len(self) else []

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over everything that the corpus says."""
        hashed = hashlib.sha256()
        head = [self.name, self.labels, self.vocabulary, self.counts.tolist(), self.special]
        hashed.update(json.dumps(head).encode())
        hashed.update(self.label.astype("<i2").tobytes())
        hashed.update(self.score.astype("<f4").tobytes())
        for i in range(len(self)):
            row = [self.key[i], self.split[i], self.source[i], self.text[i], self.surface[i], self.tokens[i].tolist()]
            hashed.update(json.dumps(row).encode())
        if self.document is not None:
            hashed.update(json.dumps(self.document).encode())
        if self.tags is not None:
            hashed.update(json.dumps(self.tags).encode())
        return hashed.hexdigest()

    def save(self, folder: Path) -> None:
        """Write the corpus as the folder `folder` (replaced when it exists), complete or not at all."""
        part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        sentences = {
            "key": self.key,
            "split": self.split,
            "source": self.source,
            "label": self.label,
            "score": self.score,
            "text": self.text,
            "tokens": self.tokens,
            "surface": self.surface,
            "document": pa.nulls(len(self), pa.string()) if self.document is None else self.document,
            "tags": pa.nulls(len(self), pa.list_(pa.string())) if self.tags is None else self.tags,
        }
        pq.write_table(pa.table(sentences, schema=_COLUMNS), part / "sentences.parquet")
        head = {
            "name": self.name,
            "labels": self.labels,
            "special": self.special,
            "digest": self.digest,
            "vocabulary": self.vocabulary,
            "counts": self.counts.tolist(),
        }
        (part / "corpus.json").write_text(json.dumps(head, ensure_ascii=False, indent=0), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)

    @classmethod
    def load(cls, folder: Path) -> Corpus:
        """Read what `save` wrote.

        Raises:
            RnnvisError: there is no corpus at `folder`, or it is damaged.
        """
        try:
            head = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
            columns = pq.read_table(folder / "sentences.parquet", schema=_COLUMNS)
            corpus = cls(
                name=head["name"],
                labels=tuple(head["labels"]),
                vocabulary=tuple(head["vocabulary"]),
                counts=np.array(head["counts"], dtype=np.int64),
                special=tuple(head["special"]),
                tokens=_lists(columns["tokens"]),
                surface=[tuple(row) for row in columns["surface"].to_pylist()],
                text=columns["text"].to_pylist(),
                split=columns["split"].to_pylist(),
                label=columns["label"].to_numpy().copy(),
                score=columns["score"].to_numpy().copy(),
                source=columns["source"].to_pylist(),
                key=columns["key"].to_pylist(),
                document=None if columns["document"].null_count else columns["document"].to_pylist(),
                tags=None if columns["tags"].null_count else [tuple(row) for row in columns["tags"].to_pylist()],
            )
        except FileNotFoundError as error:
            raise RnnvisError(f"{error.filename}: no such file", "make the corpus first: rnnvis train") from None
        except (ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise RnnvisError(f"{folder}: damaged corpus: {error}", f"delete {folder} and run again") from None
        if corpus.digest != head["digest"]:
            raise RnnvisError(f"{folder}: damaged corpus: its digest does not match", f"delete {folder} and run again")
        return corpus


def sentence_key(split: str, text: str) -> str:
    """The name of a sentence in links: the first 16 hex digits of SHA-256 over split, line feed and text."""
    return hashlib.sha256(f"{split}\n{text}".encode()).hexdigest()[:16]


def _lists(column: pa.ChunkedArray) -> list[np.ndarray]:
    lists = column.combine_chunks()
    values = lists.flatten().to_numpy()
    return np.split(values, np.cumsum(lists.value_lengths().to_numpy())[:-1]) if len(lists) else []
