"""From sentences with splits to a `Corpus`: tokens, vocabulary of the training split, ids, order."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rnnvis.config import Probe, Vocabulary
from rnnvis.errors import RnnvisError
from rnnvis.text.corpus import NO_LABEL, SPLITS, UNKNOWN, Corpus, sentence_key
from rnnvis.text.tokenizer import tokenize

LONGEST = 2**15 - 1  # tokens: steps are numbered in 16 bits


@dataclass(frozen=True)
class Sentence:
    """One sentence as a source gives it; `document` names the longer text whose next sentence it is, if any, and
    `where` (file and line) names the sentence in errors. `tags` are labels of its words, in order."""

    text: str
    split: str
    source: str
    label: int = NO_LABEL
    score: float = math.nan
    document: str = ""
    where: str = ""
    tags: tuple[str, ...] = ()


def hashed_split(text: str, train: float = 0.70, valid: float = 0.15) -> str:
    """The split of a sentence, from the SHA-256 of its text alone: it never changes when others come or go."""
    position = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2.0**64
    if position < train:
        return "train"
    return "valid" if position < train + valid else "test"


def probe_sentences(probes: Iterable[Probe]) -> list[Sentence]:
    """The dataset's probes, as sentences without a label."""
    return [Sentence(probe.text, "probe", "probe") for probe in probes]


def assemble(
    name: str,
    labels: Sequence[str],
    sentences: Iterable[Sentence],
    vocabulary: Vocabulary,
    *,
    read: Callable[[str], list[tuple[str, str]]] = tokenize,
    ending: str = "",
) -> Corpus:
    """Tokenise, choose the vocabulary from the training split, and number everything.

    `read` gives the tokens of a sentence as (surface, word), none where it is to be left out; `ending` is the word
    that ends every sentence, if one does. Of two sentences with the same split and text the first is kept, but a
    document keeps all of its sentences, in the order given.
    """
    given = list(sentences)
    tokenised = [(key, sentence, pieces) for key, sentence in _in_order(given) if (pieces := read(sentence.text))]
    _bearable(name, tokenised)
    words, counts = _vocabulary([[w for _, w in p] for _, s, p in tokenised if s.split == "train"], vocabulary)
    if len(words) == 1:
        raise RnnvisError(
            f"{name}: no word occurs {vocabulary.minimum_count} times in the training split",
            "give more text, or keep rarer words: --minimum-count 1, or vocabulary.minimum_count in dataset.toml",
        )
    ids = {word: i for i, word in enumerate(words)}
    unknown = ids[UNKNOWN]
    return Corpus(
        name=name,
        labels=tuple(labels),
        vocabulary=words,
        counts=counts,
        special=(unknown, ids[ending]) if ending in ids else (unknown,),
        tokens=[np.array([ids.get(w, unknown) for _, w in pieces], dtype=np.int32) for _, _, pieces in tokenised],
        surface=[tuple(surface for surface, _ in pieces) for _, _, pieces in tokenised],
        text=[s.text for _, s, _ in tokenised],
        split=[s.split for _, s, _ in tokenised],
        label=np.array([s.label for _, s, _ in tokenised], dtype=np.int16),
        score=np.array([s.score for _, s, _ in tokenised], dtype=np.float32),
        source=[s.source for _, s, _ in tokenised],
        key=[key for key, _, _ in tokenised],
        document=[s.document for _, s, _ in tokenised] if any(s.document for s in given) else None,
        tags=[_tags(s, len(pieces)) for _, s, pieces in tokenised] if any(s.tags for s in given) else None,
    )


def _in_order(sentences: Sequence[Sentence]) -> list[tuple[str, Sentence]]:
    """(key, sentence) by split, then by key or, within documents, as given. Keys are unique."""
    alone = {sentence_key(s.split, s.text): s for s in reversed(sentences) if not s.document}
    ranked = [((SPLITS.index(s.split), key, 0), key, s) for key, s in alone.items()]
    seen = Counter((s.split, s.text) for s in alone.values())
    for number, s in enumerate(sentences):
        if s.document:
            seen[s.split, s.text] += 1
            repeat = seen[s.split, s.text]
            key = sentence_key(s.split, s.text if repeat == 1 else f"{s.text}\n{repeat}")
            ranked.append(((SPLITS.index(s.split), s.document, number), key, s))
    return [(key, s) for _, key, s in sorted(ranked, key=lambda item: item[0])]


def _tags(sentence: Sentence, tokens: int) -> tuple[str, ...]:
    """The tag of each token, "" where there is none, as of the word that ends a sentence."""
    return (*sentence.tags, *[""] * (tokens - len(sentence.tags)))


def _bearable(name: str, tokenised: Iterable[tuple[str, Sentence, Sequence[object]]]) -> None:
    for _, sentence, pieces in tokenised:
        if len(pieces) > LONGEST:
            raise RnnvisError(
                f"{sentence.where or name}: {len(pieces):,} tokens in one sentence, more than the {LONGEST:,} possible",
                "cut it into sentences, or leave long ones out: --most-tokens 500, or source.most_tokens",
            )


def _vocabulary(training: list[list[str]], config: Vocabulary) -> tuple[tuple[str, ...], np.ndarray]:
    found = Counter(word for words in training for word in words)
    kept = {word: n for word, n in found.items() if n >= config.minimum_count and word != UNKNOWN}
    if config.size:
        kept = dict(sorted(kept.items(), key=lambda item: (-item[1], item[0]))[: config.size - 1])
    kept[UNKNOWN] = sum(found.values()) - sum(kept.values())
    ordered = sorted(kept.items(), key=lambda item: (-item[1], item[0]))
    return tuple(word for word, _ in ordered), np.array([n for _, n in ordered], dtype=np.int64)
