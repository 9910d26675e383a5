"""Vocabularies of characters and of pieces of words: how their tokens are joined to readable text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

BEGINNINGS, ENDINGS = ("Ġ", "▁", "##"), ("@@", "</w>")
"""How pieces are marked: GPT-2 and sentencepiece mark a space before, WordPiece a piece that goes on; subword-nmt marks
a piece that is gone on with, and older BPE the end of a word."""

SHARE = 0.02  # of the words with letters that have to be marked


def marks_pieces(word: str) -> bool:
    """Whether `word` is marked as a piece of a word, or as the first of them."""
    return word.startswith(BEGINNINGS) or word.endswith(ENDINGS)


def joining(vocabulary: Sequence[str]) -> Callable[[Sequence[str]], str]:
    """How the words of a sentence over `vocabulary` are joined to text.

    Characters stand close; pieces of words become words, the marks of the pieces spaces or nothing, and GPT-2's signs
    for bytes the characters that they are; anything else gets spaces between.
    """
    if sum(len(word) <= 1 for word in vocabulary) > len(vocabulary) / 2:
        return "".join
    mark = mark_of(vocabulary)
    return " ".join if mark is None else _JOINED[mark]


def mark_of(vocabulary: Sequence[str]) -> str | None:
    """The mark by which `vocabulary` says how pieces of words belong together; None where they are whole words."""
    lettered = [word for word in vocabulary if any(c.isalpha() for c in word.strip("".join(BEGINNINGS)))]
    count = {mark: sum(word.startswith(mark) and word != mark for word in lettered) for mark in BEGINNINGS}
    count |= {mark: sum(word.endswith(mark) and word != mark for word in lettered) for mark in ENDINGS}
    mark = max(count, key=lambda mark: count[mark])
    return mark if count[mark] > SHARE * len(lettered) else None


def readable(vocabulary: Sequence[str]) -> tuple[str, ...]:
    """The words as they are shown: those of byte-level vocabularies, as GPT-2's, with the characters they stand for.

    A vocabulary is taken for one where spaces are marked by Ġ and, but for 1 % of the words, nothing is spelt with
    other characters than the 256 signs. Words that are no whole characters, hold unprintable ones, or would read as
    another word does stay as they are; a space stays Ġ.
    """
    strange = sum(not set(word) <= _BYTE.keys() for word in vocabulary)
    if joining(vocabulary) is not _bytes or strange > 0.01 * len(vocabulary):
        return tuple(vocabulary)
    found = [_decoded(word) for word in vocabulary]
    times = Counter([*found, *(word for word, shown in zip(vocabulary, found, strict=True) if word != shown)])
    return tuple(shown if times[shown] == 1 else word for word, shown in zip(vocabulary, found, strict=True))


def _decoded(word: str) -> str:
    if not set(word) <= _BYTE.keys():
        return word
    try:
        text = bytes(_BYTE[c] for c in word).decode("utf-8").replace(" ", "Ġ")
    except UnicodeDecodeError:
        return word
    return text if text.isprintable() else word


def _bytes(words: Sequence[str]) -> str:
    raw = b"".join(bytes([_BYTE[c]]) if c in _BYTE else c.encode() for word in words for c in word)
    return raw.decode("utf-8", "replace").removeprefix(" ")


def _byte_of() -> dict[str, int]:
    """GPT-2's signs: printable bytes of Latin-1 stand for themselves, the others for what follows 255."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}


_BYTE = _byte_of()
_JOINED: dict[str, Callable[[Sequence[str]], str]] = {
    "Ġ": _bytes,
    "▁": lambda words: "".join(words).replace("▁", " ").removeprefix(" "),
    "##": lambda words: re.sub(r" ##(?=\S)", "", " ".join(words)),
    "@@": lambda words: re.sub(r"@@( |$)", "", " ".join(words)),
    "</w>": lambda words: "".join(words).replace("</w>", " ").removesuffix(" "),
}
