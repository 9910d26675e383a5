"""The part of speech of each word, from its uses in context.

Sentences are tagged as they were tokenised, by the rule-based tagger of Tom De Smedt's Pattern library as TextBlob
ships it: a lexicon, suffix rules for unknown words, then Brill's contextual rules (E. Brill, "A simple rule-based part
of speech tagger", ANLP 1992). Everything that it reads are plain text files of the package.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from rnnvis.measures.words.pieces import marks_pieces

PARTS = (
    "noun",
    "verb",
    "adjective",
    "adverb",
    "pronoun",
    "determiner",
    "preposition",
    "conjunction",
    "number",
    "punctuation",
    "other",
)
"""In this order they are listed, and ties go to the first."""

_OF_TAG = {
    "noun": "NN NNS NNP NNPS",
    "verb": "VB VBD VBG VBN VBP VBZ MD",
    "adjective": "JJ JJR JJS",
    "adverb": "RB RBR RBS WRB",
    "pronoun": "PRP PRP$ WP WP$ EX PR PR$",
    "determiner": "DT PDT WDT",
    "preposition": "IN TO",
    "conjunction": "CC CJ",
    "number": "CD",
}
_PART = {tag: PARTS.index(part) for part, tags in _OF_TAG.items() for tag in tags.split()}
_SUBORDINATING = frozenset(
    "although because if lest than that though unless until whereas whether while".split()
)  # Penn's IN is both prepositions and these


_UNIVERSAL = {
    "noun": "NOUN PROPN",
    "verb": "VERB AUX",
    "adjective": "ADJ",
    "adverb": "ADV",
    "pronoun": "PRON",
    "determiner": "DET",
    "preposition": "ADP",
    "conjunction": "CCONJ SCONJ",
    "number": "NUM",
    "punctuation": "PUNCT SYM",
    "other": "INTJ PART X",
}  # https://universaldependencies.org/u/pos/
_OF_UNIVERSAL = {tag: PARTS.index(part) for part, tags in _UNIVERSAL.items() for tag in tags.split()}

KNOWN = 0.5
SHUFFLES = 100


@dataclass(frozen=True)
class PartsOfSpeech:
    """`part` int8 [V], the majority part of each word as a position in `PARTS`, −1 for a word without uses; `share`
    float32 [V], the share of its uses with that part, nan without uses."""

    part: np.ndarray = field(repr=False)
    share: np.ndarray = field(repr=False)

    def names(self) -> list[str | None]:
        """The part of each word in words, None for a word without uses."""
        return [PARTS[i] if i >= 0 else None for i in self.part]


def parts_of_speech(tokens: Iterable[np.ndarray], surface: Iterable[Sequence[str]], words: int) -> PartsOfSpeech:
    """Majority part of speech of each of `words` words over sentences: word numbers [T] and how they were written."""
    return _majority(tokens, map(sentence_parts, surface), words)


def annotated_parts(tokens: Iterable[np.ndarray], tags: Iterable[Sequence[str]], words: int) -> PartsOfSpeech:
    """The same from the universal part of speech that is annotated for each token, "" for none."""
    return _majority(tokens, ([part_of(tag) for tag in row] for row in tags), words)


def part_of(tag: str) -> int:
    """The position in `PARTS` of a universal part of speech, −1 for none."""
    return _OF_UNIVERSAL.get(tag, -1)


def are_parts(tags: Iterable[str]) -> bool:
    """Whether tags are universal parts of speech, or "" for none."""
    return all(tag == "" or tag in _OF_UNIVERSAL for tag in tags)


def no_parts(words: int) -> PartsOfSpeech:
    """Where nothing is known of the parts of speech of so many words."""
    return PartsOfSpeech(np.full(words, -1, np.int8), np.full(words, np.nan, np.float32))


def _majority(tokens: Iterable[np.ndarray], parts: Iterable[Sequence[int]], words: int) -> PartsOfSpeech:
    uses = np.zeros((words, len(PARTS)), dtype=np.int64)
    for ids, row in zip(tokens, parts, strict=True):
        part = np.array(row, dtype=np.int64)
        np.add.at(uses, (np.asarray(ids, dtype=np.int64)[part >= 0], part[part >= 0]), 1)
    total = uses.sum(axis=1)
    share = np.divide(uses.max(axis=1), total, out=np.full(words, np.nan), where=total > 0)
    return PartsOfSpeech(np.where(total > 0, uses.argmax(axis=1), -1).astype(np.int8), share.astype(np.float32))


def looks_english(words: Sequence[str], counts: np.ndarray) -> bool:
    """Whether the tagger can say something of these words with `counts` [V] uses: its lexicon holds at least `KNOWN` of
    the uses of words with letters, and they are words, neither single characters nor pieces of words."""
    _, lexicon = _tagger()
    lettered = [(word, int(n)) for word, n in zip(words, counts, strict=True) if any(c.isalpha() for c in word)]
    if any(marks_pieces(word) for word, _ in lettered):
        return False
    known = sum(n for word, n in lettered if len(word) > 1 and word.lower() in lexicon)
    return known > 0 and known >= KNOWN * sum(n for _, n in lettered)


def sentence_parts(written: Sequence[str]) -> list[int]:
    """The part of each token of a sentence, as positions in `PARTS`."""
    find_tags, lexicon = _tagger()
    tagged = find_tags(list(written), lexicon=lexicon, context=lexicon.context) if written else []
    return [_part(token, tag) for token, tag in tagged]


def purity(labels: np.ndarray, k: int, part: np.ndarray) -> np.ndarray:
    """Share of the most frequent part among the members of each of `k` clusters, float64 [k]; nan where none has one.

    `labels` [W], negative for none; `part` [W] as in `PartsOfSpeech`.
    """
    uses = _uses(labels, k, part)
    total = uses.sum(axis=1)
    return np.divide(uses.max(axis=1), total, out=np.full(k, np.nan), where=total > 0)


def overall_purity(labels: np.ndarray, k: int, part: np.ndarray) -> tuple[float, float]:
    """Share of the words whose part is the most frequent one of their cluster, arguments as in `purity`; and the mean
    of the same over 100 shufflings of the parts among the words. Both nan where no word has a part."""
    inside = (labels >= 0) & (part >= 0)
    if not inside.any():
        return float("nan"), float("nan")
    of, among = labels[inside], part[inside]
    random = np.random.default_rng(0)
    shuffled = [_uses(of, k, random.permutation(among)).max(axis=1).sum() for _ in range(SHUFFLES)]
    return float(_uses(of, k, among).max(axis=1).sum() / len(of)), float(np.mean(shuffled) / len(of))


def _uses(labels: np.ndarray, k: int, part: np.ndarray) -> np.ndarray:
    inside = (labels >= 0) & (part >= 0)
    at = labels[inside].astype(np.int64) * len(PARTS) + part[inside]
    return np.bincount(at, minlength=k * len(PARTS)).reshape(k, len(PARTS))


def _part(token: str, tag: str) -> int:
    if not any(c.isalnum() for c in token):
        return PARTS.index("punctuation")
    if tag == "IN" and token.lower() in _SUBORDINATING:
        return PARTS.index("conjunction")
    return _PART.get(tag, PARTS.index("other"))


@cache
def _tagger() -> tuple[Any, Any]:
    from textblob._text import find_tags
    from textblob.en import lexicon

    return find_tags, lexicon
