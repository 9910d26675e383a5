"""Text into the word ids of one vocabulary, as it is typed into a page; `viewer/src/infer/` does the same.

`tests/golden/pieces.json` holds a table of cases for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Literal

import numpy as np
from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from rnnvis.text.penn import penn_words
from rnnvis.text.tokenizer import ADDRESSES, Tokens, characters, tokenize

Kind = Literal["words", "penn", "spaced", "characters", "pieces"]
Mark = Literal["Ġ", "▁", "##", "@@", "</w>"]
WordId = Annotated[int, Field(ge=0)]

TRIED = 200
"""Sentences that are cut into words again to find out how that is done."""
_MARKED = re.compile(r"<[^<>\s]*>|\[[^\[\]\s]+\]|__\w+__")
_UNKNOWN = re.compile(r"\W*_*(?:unk|unknown|oov)_*\W*", re.IGNORECASE)
_CHUNK = re.compile(r"\S+")
_BEFORE: tuple[Mark, ...] = ("Ġ", "▁")


@with_config(ConfigDict(extra="ignore"))
class WordsSpec(TypedDict):
    """How text becomes the words of a vocabulary.

    `kind`: "words" and "characters" are those of `rnnvis.text.tokenizer`, with `addresses` or without; "penn" drops
    punctuation and writes numbers as N; "spaced" parts at white space. Each is looked up as it is written, then as the
    word it is counted as, then, with `fold_case`, in lower case. "pieces": stretches between white space, or with no
    `mark` all of the text, are cut from the left into the longest that the vocabulary has; `mark` is how it marks a
    piece that begins a word (Ġ, ▁), one that goes on (##), one that is gone on with (@@), or the last one (</w>).

    What is not there is `unknown`, null where nothing stands for that. `start` and `end` stand before and behind every
    text. `share` of the sentences that this was found out by come out as they were recorded.
    """

    kind: Kind
    addresses: bool
    fold_case: bool
    unknown: WordId | None
    start: WordId | None
    end: WordId | None
    mark: Mark | None
    share: float


def encode(text: str, how: WordsSpec, ids: Mapping[str, int]) -> list[tuple[str, int | None]]:
    """The tokens of `text` as (surface, id), by the `ids` of words; None for a word that nothing stands for."""
    if how["kind"] == "pieces":
        found = list(_pieces(text, how, ids))
    else:
        found = [(surface, _looked_up(surface, word, how, ids)) for surface, word in _cut(how)(text)]
    return [*_alone(how["start"], ids), *found, *_alone(how["end"], ids)]


def words_spec(
    vocabulary: Sequence[str], tokens: Sequence[np.ndarray], texts: Sequence[str], mark: str | None = None
) -> WordsSpec:
    """How `texts` became `tokens` of this `vocabulary`: the way by which most of them come out the same.

    `texts` are sentences as they were before, or joined again without the words that every sentence begins and ends
    with; `mark` is how pieces of words are marked in them.
    """
    ids = {word: i for i, word in enumerate(vocabulary)}
    unknown = next((i for i, word in enumerate(vocabulary) if _UNKNOWN.fullmatch(word)), None)
    start, end = around(vocabulary, tokens)
    chosen = np.unique(np.linspace(0, len(texts) - 1, TRIED).astype(int))[: len(texts)]
    best: WordsSpec | None = None
    for kind, addresses, fold_case, marked in _ways(vocabulary, mark):
        how: WordsSpec = {
            "kind": kind,
            "addresses": addresses,
            "fold_case": fold_case,
            "unknown": unknown,
            "start": start,
            "end": end,
            "mark": marked,
            "share": 0.0,
        }
        same = [[i for _, i in encode(texts[n], how, ids)] == tokens[n].tolist() for n in chosen]
        how["share"] = round(float(np.mean(same)), 4) if len(same) else 0.0
        if best is None or how["share"] > best["share"]:
            best = how
        if best["share"] == 1.0:
            break
    assert best is not None
    return best


def _ways(vocabulary: Sequence[str], mark: str | None) -> Iterator[tuple[Kind, bool, bool, Mark | None]]:
    lower = not any(word != word.lower() for word in vocabulary if not _MARKED.fullmatch(word))
    if mark is not None:
        yield "pieces", False, lower, mark  # type: ignore[misc]
        return
    if sum(len(word) <= 1 for word in vocabulary) > len(vocabulary) / 2:
        yield "characters", False, lower, None
        yield "pieces", False, lower, None
        return
    for addresses in (False, True):
        yield "words", addresses, lower, None
    yield "penn", False, lower, None
    yield "spaced", False, lower, None
    yield "pieces", False, lower, None


def around(vocabulary: Sequence[str], tokens: Sequence[np.ndarray]) -> tuple[int | None, int | None]:
    """The marks that every sentence begins and ends with, as <s>; None where there is none."""
    return _always(vocabulary, tokens, 0), _always(vocabulary, tokens, -1)


def _always(vocabulary: Sequence[str], tokens: Sequence[np.ndarray], at: int) -> int | None:
    """The word at that place of every sentence, if it is always the same and a mark, as <s>."""
    found = {int(row[at]) for row in tokens if len(row)}
    word = next(iter(found)) if len(found) == 1 else None
    long = sum(len(row) > 1 for row in tokens)
    if word is None or long < 2 or vocabulary[word] in ADDRESSES or _UNKNOWN.fullmatch(vocabulary[word]):
        return None
    return word if _MARKED.fullmatch(vocabulary[word]) else None


def _alone(word: int | None, ids: Mapping[str, int]) -> list[tuple[str, int | None]]:
    return [] if word is None else [(next(w for w, i in ids.items() if i == word), word)]


def _cut(how: WordsSpec) -> Callable[[str], Tokens]:
    if how["kind"] == "characters":
        return characters
    if how["kind"] == "spaced":
        return _spaced
    if how["kind"] == "penn":
        return lambda text: penn_words(text)[:-1]  # the word that ends a sentence is `end`
    return partial(tokenize, addresses=how["addresses"])


def _spaced(text: str) -> Tokens:
    return [(chunk, chunk) for chunk in text.split()]


def _looked_up(surface: str, word: str, how: WordsSpec, ids: Mapping[str, int]) -> int | None:
    forms = [surface, word, *([surface.lower()] if how["fold_case"] else [])]
    return next((ids[form] for form in forms if form in ids), how["unknown"])


def _pieces(text: str, how: WordsSpec, ids: Mapping[str, int]) -> Iterator[tuple[str, int | None]]:
    mark = how["mark"]
    longest = max(map(len, ids), default=1)
    chunks = [text] if mark is None else _CHUNK.findall(text)
    for number, chunk in enumerate(chunks):
        if mark in _BEFORE:
            chunk = chunk if mark == "Ġ" and not number else f"{mark}{chunk}"
        at = 0
        while at < len(chunk):
            for end in range(min(len(chunk), at + longest), at, -1):
                forms = [chunk[at:end], *([chunk[at:end].lower()] if how["fold_case"] else [])]
                written = (_written(form, mark, at == 0, end == len(chunk)) for form in forms)
                found = next((ids[form] for form in written if form in ids), None)
                if found is not None:
                    yield chunk[at:end].removeprefix(mark or "") or chunk[at:end], found
                    break
            else:
                end = at + 1
                if not chunk[at].isspace() and chunk[at] != mark:
                    yield chunk[at:end], how["unknown"]
            at = end


def _written(piece: str, mark: str | None, first: bool, last: bool) -> str:
    """How the vocabulary writes a piece of a word."""
    if mark == "##":
        return piece if first else f"##{piece}"
    if mark == "@@":
        return piece if last else f"{piece}@@"
    if mark == "</w>":
        return f"{piece}</w>" if last else piece
    return piece
