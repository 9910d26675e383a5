"""The tokens beside saved states: ids or text, and where sentences begin and end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rnnvis.api.inputs import read_vocabulary, shared
from rnnvis.api.saved.arrays import INTEGERS, TEXT, SavedArray
from rnnvis.api.saved.vocabulary import read_text
from rnnvis.errors import RnnvisError
from rnnvis.progress import say
from rnnvis.text.sentences import Sentences

UNKNOWN = ("<unk>", "<UNK>", "[UNK]", "unk")
LONGEST = np.iinfo(np.int16).max
STREAM_PIECE = 50
Vocabulary = Sequence[str] | Mapping[str, int]


@dataclass(frozen=True)
class Tokens:
    """Word numbers of all steps, `ids` int32 [N], and steps of each sentence, `lengths` int64 [S].

    `bounded` says that lengths came with the tokens: otherwise they are one long stream so far. `side` is where padding
    stood that was cut off, "left" or "right", "" where there was none.
    """

    where: str
    ids: np.ndarray = field(repr=False)
    lengths: np.ndarray = field(repr=False)
    words: tuple[str, ...] = field(repr=False)
    bounded: bool
    side: str = ""

    def sentences(self) -> Sentences:
        """The sentences, int32 [T] each, views of `ids`."""
        return Sentences(self.ids, self.lengths)


def from_lines(path: Path, vocabulary: Vocabulary | None, characters: bool = False) -> Tokens:
    """Text, one sentence a line; tokens are words between spaces, or single characters."""
    lines = read_text(path).removesuffix("\n").split("\n")
    return from_text(str(path), (list(line) if characters else line.split() for line in lines), vocabulary, "line", 1)


def from_text(
    where: str,
    sentences: Iterable[Sequence[str]],
    vocabulary: Vocabulary | None,
    unit: str = "sentence",
    first: int = 0,
) -> Tokens:
    """Sentences of words. Without a `vocabulary` it is made of their words, the commonest first."""
    lengths, ids = [], []
    place: dict[str, int] = {}
    words = None if vocabulary is None else read_vocabulary(vocabulary)
    known = {} if words is None else {word: i for i, word in enumerate(words)}
    unknown = next((known[word] for word in UNKNOWN if word in known), -1)
    unclear = shared(words or ())
    for number, sentence in enumerate(sentences, first):
        if twice := next((word for word in sentence if word in unclear), None):
            raise RnnvisError(
                f"{where}: {unit} {number} has {twice!r}, which the vocabulary has for several ids",
                "pass the tokens as ids, or a vocabulary that gives each word one id",
            )
        lengths.append(len(sentence))
        if words is None:
            row = [place.setdefault(word, len(place)) for word in sentence]
        else:
            row = [known.get(word, unknown) for word in sentence]
            if -1 in row:
                raise RnnvisError(
                    f"{where}: {unit} {number} has {sentence[row.index(-1)]!r}, which is not in the vocabulary",
                    "pass the vocabulary that the states were made with, or add <unk> to it",
                )
        ids.append(np.array(row, np.int32))
    flat = np.concatenate([np.zeros(0, np.int32), *ids])
    if words is None:
        flat, words = _commonest_first(flat, list(place))
    return Tokens(where, flat, np.array(lengths, np.int64), words, True)


def from_array(array: SavedArray, vocabulary: Vocabulary | None) -> Tokens:
    """An array of ids or words: [steps], or [sentences, steps] where rows are sentences."""
    if array.problem:
        raise array.problem
    if len(array.shape) == 2 and array.shape[1] == 1 and array.shape[0] > 1:
        say(f"{array.where}: one column of {array.shape[0]:,} tokens is read as a stream, not as sentences of one word")
        flat = SavedArray(array.where, array.shape[:1], array.dtype, lambda a, b: array.read(a, b)[:, 0])
        return from_array(flat, vocabulary)
    if array.dtype == TEXT and len(array.shape) == 1:
        column = array.read().tolist()
        found = from_text(array.where, (column,), vocabulary, "column")
        return Tokens(found.where, found.ids, found.lengths, found.words, False)
    if array.dtype not in INTEGERS or len(array.shape) not in (1, 2):
        raise RnnvisError(
            f"{array}: holds {array.dtype}, not tokens",
            "tokens are whole numbers or words: [steps], or [sentences, steps] with --lengths",
        )
    if vocabulary is None:
        raise RnnvisError(f"{array}: holds ids, and nothing says which words they are", "name a vocabulary")
    words = read_vocabulary(vocabulary)
    ids = array.read()
    if array.lengths is not None:
        return Tokens(array.where, checked_ids(ids, len(words), array.where), array.lengths, words, True)
    return Tokens(
        array.where,
        checked_ids(ids.reshape(-1), len(words), array.where),
        np.full(len(ids), ids.shape[1], np.int64) if ids.ndim == 2 else np.array([len(ids)], np.int64),
        words,
        ids.ndim == 2,
    )


def checked_ids(ids: np.ndarray, words: int, where: str) -> np.ndarray:
    """`ids` as int32; RnnvisError for one outside the vocabulary."""
    wrong = np.flatnonzero((ids < 0) | (ids >= words))
    if len(wrong):
        raise RnnvisError(
            f"{where}: step {wrong[0]:,} holds the id {ids[wrong[0]]}; the vocabulary has the ids 0 to {words - 1}",
            "pass the vocabulary that the states were made with",
        )
    return ids.astype(np.int32, copy=False)


def shortened(tokens: Tokens, lengths: np.ndarray, where: str) -> Tokens:
    """The tokens with `lengths` real steps a sentence: of padded rows the rest is cut off, a stream is cut there."""
    if len(lengths) and lengths.min() < 0:
        raise RnnvisError(f"{where}: sentence {int(np.argmin(lengths))} has the length {lengths.min()}", "count steps")
    if not tokens.bounded:
        if lengths.sum() != len(tokens.ids):
            raise RnnvisError(
                f"{where}: the lengths add up to {lengths.sum():,} steps; {tokens.where} has {len(tokens.ids):,}",
                "give the steps of each sentence, in order",
            )
        return Tokens(tokens.where, tokens.ids, lengths, tokens.words, True)
    if len(lengths) != len(tokens.lengths):
        raise RnnvisError(
            f"{where}: {len(lengths):,} lengths for {len(tokens.lengths):,} sentences in {tokens.where}",
            "give one length for each sentence",
        )
    long = np.flatnonzero(lengths > tokens.lengths)
    if len(long):
        at = long[0]
        raise RnnvisError(
            f"{where}: sentence {at} has the length {lengths[at]}; {tokens.where} has {tokens.lengths[at]} steps there",
            "correct the lengths",
        )
    step = np.arange(len(tokens.ids)) - np.repeat(np.cumsum(tokens.lengths) - tokens.lengths, tokens.lengths)
    kept = step < np.repeat(lengths, tokens.lengths)
    return Tokens(tokens.where, tokens.ids[kept], lengths, tokens.words, True)


def numbered_sentences(sentence: np.ndarray) -> np.ndarray:
    """Lengths, int64 [S], from the sentence's number at each step [N]: a new number begins a sentence."""
    if not len(sentence):
        return np.zeros(0, np.int64)
    starts = np.flatnonzero(np.concatenate([[True], sentence[1:] != sentence[:-1]]))
    return np.diff(np.append(starts, len(sentence))).astype(np.int64)


def ended_by(tokens: Tokens, word: str) -> np.ndarray:
    """Lengths, int64 [S], of a stream in which `word` ends each sentence."""
    if word not in tokens.words:
        raise RnnvisError(f"{word!r} is not in the vocabulary, so it ends no sentence", "name a word that does")
    if word in shared(tokens.words):
        raise RnnvisError(f"the vocabulary has {word!r} for several ids", "say where sentences end with lengths")
    ends = np.flatnonzero(tokens.ids == tokens.words.index(word)) + 1
    if not len(ends) or ends[-1] < len(tokens.ids):
        ends = np.append(ends, len(tokens.ids))
    return np.diff(ends, prepend=0).astype(np.int64)


def pieces(steps: int, every: int) -> np.ndarray:
    """Lengths, int64 [S], of a stream cut after every `every` steps."""
    found = np.full(-(-steps // every), every, np.int64)
    if steps % every:
        found[-1] = steps % every
    return found


def check_lengths(tokens: Tokens) -> None:
    """RnnvisError where a sentence is longer than the tables can number, or nothing is there."""
    if not len(tokens.ids):
        raise RnnvisError(f"{tokens.where}: there is not one step to measure", "check the file")
    longest = int(tokens.lengths.max())
    if longest > LONGEST:
        raise RnnvisError(
            f"{tokens.where}: sentence {int(tokens.lengths.argmax())} has {longest:,} steps, more than {LONGEST:,}",
            "say where sentences end, or cut the stream: --end WORD, --every 50",
        )


def _commonest_first(ids: np.ndarray, words: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    counts = Counter(dict(enumerate(np.bincount(ids, minlength=len(words)).tolist())))
    order = sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
    place = np.empty(len(words), np.int32)
    place[order] = np.arange(len(words))
    return place[ids] if len(ids) else ids, tuple(words[i] for i in order)
