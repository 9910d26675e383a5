"""Documents as parallel streams of equal segments, for truncated back-propagation through time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnnvis.text.corpus import Corpus

NO_TARGET = -1


@dataclass(frozen=True)
class Segment:
    """The next T words of B streams: `ids` and `target` int64 [B, T], the target −1 where there is no next word;
    `fresh` bool [B]: the streams that begin a document here, from a state of zero."""

    ids: Tensor
    target: Tensor
    fresh: Tensor


def documents(corpus: Corpus, *splits: str) -> list[np.ndarray]:
    """The words of each document of `splits`, int32 [T] each, in the corpus's order."""
    wanted = [d for d in corpus.documents if corpus.split[d[0]] in splits]
    return [np.concatenate([corpus.tokens[i] for i in d]) for d in wanted]


def digest(corpus: Corpus, *splits: str) -> str:
    """SHA-256 (hex) over the vocabulary and the documents of `splits` as word ids, and nothing else of the corpus."""
    hashed = hashlib.sha256(json.dumps(corpus.vocabulary).encode())
    for split in splits:
        texts = documents(corpus, split)
        hashed.update(json.dumps([split, list(map(len, texts))]).encode())
        for text in texts:
            hashed.update(text.astype("<i4").tobytes())
    return hashed.hexdigest()


def segments(texts: Sequence[np.ndarray], batch: int, steps: int, order: np.ndarray | None = None) -> list[Segment]:
    """All `texts` as segments of `steps` words in `batch` streams; the state is carried from segment to segment.

    Documents follow each other in `order`, each from a new segment on, and the whole is cut into streams of equal
    length: a stream may begin inside a document, then from a state of zero too. The last word of a document is read
    nowhere, as nothing follows it.
    """
    rows: list[np.ndarray] = []
    targets: list[np.ndarray] = []
    fresh: list[np.ndarray] = []
    for number in range(len(texts)) if order is None else order:
        words = np.asarray(texts[number], dtype=np.int64)
        count = -(-(len(words) - 1) // steps)
        if count < 1:
            continue
        read, target = np.zeros(count * steps, np.int64), np.full(count * steps, NO_TARGET, np.int64)
        read[: len(words) - 1], target[: len(words) - 1] = words[:-1], words[1:]
        rows.append(read.reshape(count, steps))
        targets.append(target.reshape(count, steps))
        fresh.append(np.arange(count) == 0)
    if not rows:
        return []
    count = sum(map(len, rows))
    length = -(-count // batch)
    ids = np.zeros((batch * length, steps), np.int64)
    target = np.full((batch * length, steps), NO_TARGET, np.int64)
    new = np.ones(batch * length, dtype=bool)
    ids[:count], target[:count], new[:count] = np.concatenate(rows), np.concatenate(targets), np.concatenate(fresh)
    new[::length] = True
    at = np.arange(batch) * length
    return [Segment(*(torch.from_numpy(part[at + i]) for part in (ids, target, new))) for i in range(length)]


def side_by_side(texts: Sequence[np.ndarray], steps: int) -> Iterator[Segment]:
    """Every document as a stream of its own, from its beginning to its end; the shorter ones end in no target."""
    longest = max((len(text) - 1 for text in texts), default=0)
    for start in range(0, longest, steps):
        width = min(steps, longest - start)
        ids, target = np.zeros((len(texts), width), np.int64), np.full((len(texts), width), NO_TARGET, np.int64)
        for row, text in enumerate(texts):
            here = np.asarray(text[start : start + width + 1], dtype=np.int64)
            if len(here) > 1:
                ids[row, : len(here) - 1], target[row, : len(here) - 1] = here[:-1], here[1:]
        yield Segment(torch.from_numpy(ids), torch.from_numpy(target), torch.full((len(texts),), start == 0))
