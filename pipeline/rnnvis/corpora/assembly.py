"""From sentences with splits to a `Corpus`: tokens, vocabulary of the training split, ids, order."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rnnvis.config import Probe, Vocabulary
from rnnvis.corpora.corpus import NO_LABEL, SPLITS, UNKNOWN, Corpus, sentence_key
from rnnvis.corpora.tokenizer import tokenize
from rnnvis.errors import RnnvisError


@dataclass(frozen=True)
class Sentence:
    """One sentence as a source gives it."""

    text: str
    split: str
    source: str
    label: int = NO_LABEL
    score: float = math.nan


def hashed_split(text: str, train: float = 0.70, valid: float = 0.15) -> str:
    """The split of a sentence, from the SHA-256 of its text alone: it never changes when others come or go."""
    position = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2.0**64
    if position < train:
        return "train"
    return "valid" if position < train + valid else "test"


def probe_sentences(probes: Iterable[Probe]) -> list[Sentence]:
    """The dataset's probes, as sentences without a label."""
    return [Sentence(probe.text, "probe", "probe") for probe in probes]


def assemble(name: str, labels: Sequence[str], sentences: Iterable[Sentence], vocabulary: Vocabulary) -> Corpus:
    """Tokenise, choose the vocabulary from the training split, and number everything.

    Sentences without any token are left out; of two with the same split and text the first is kept.
    """
    ranked = sorted(
        {sentence_key(s.split, s.text): s for s in reversed(list(sentences))}.items(),
        key=lambda item: (SPLITS.index(item[1].split), item[0]),
    )
    tokenised = [(key, sentence, pieces) for key, sentence in ranked if (pieces := tokenize(sentence.text))]
    words, counts = _vocabulary([[w for _, w in p] for _, s, p in tokenised if s.split == "train"], vocabulary)
    if len(words) == 1:
        raise RnnvisError(
            f"{name}: no word occurs {vocabulary.minimum_count} times in the training split",
            "lower vocabulary.minimum_count or give more text",
        )
    ids = {word: i for i, word in enumerate(words)}
    unknown = ids[UNKNOWN]
    return Corpus(
        name=name,
        labels=tuple(labels),
        vocabulary=words,
        counts=counts,
        special=(unknown,),
        tokens=[np.array([ids.get(w, unknown) for _, w in pieces], dtype=np.int32) for _, _, pieces in tokenised],
        surface=[tuple(surface for surface, _ in pieces) for _, _, pieces in tokenised],
        text=[s.text for _, s, _ in tokenised],
        split=[s.split for _, s, _ in tokenised],
        label=np.array([s.label for _, s, _ in tokenised], dtype=np.int16),
        score=np.array([s.score for _, s, _ in tokenised], dtype=np.float32),
        source=[s.source for _, s, _ in tokenised],
        key=[key for key, _, _ in tokenised],
    )


def _vocabulary(training: list[list[str]], config: Vocabulary) -> tuple[tuple[str, ...], np.ndarray]:
    found = Counter(word for words in training for word in words)
    kept = {word: n for word, n in found.items() if n >= config.minimum_count and word != UNKNOWN}
    kept[UNKNOWN] = sum(found.values()) - sum(kept.values())
    ordered = sorted(kept.items(), key=lambda item: (-item[1], item[0]))
    return tuple(word for word, _ in ordered), np.array([n for _, n in ordered], dtype=np.int64)
