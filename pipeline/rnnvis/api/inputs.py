"""What users hand over: sequences, vocabulary and labels, in the shapes they have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnvis.errors import RnnvisError
from rnnvis.text.corpus import sentence_key

MOST_WORDS, MOST_STEPS = 2**24, 2**15 - 1


@dataclass(frozen=True)
class Tokens:
    """What one module reads, as in `rnnvis.record(…, tokens={"decoder": Tokens(…)})`.

    `sequences` come in any of the shapes that `record` takes; `vocabulary` names their ids (default: that of the
    input); `lengths` are the real ones of padded rows.
    """

    sequences: Iterable[Any]
    vocabulary: Sequence[str] | Mapping[str, int] | None = None
    lengths: Iterable[int] | None = None


@dataclass(frozen=True)
class Labels:
    """Class of each sequence, int16 [S], −1 for none; `names` of the classes 0, 1, …"""

    of: np.ndarray
    names: tuple[str, ...]


def read_vocabulary(vocabulary: Sequence[str] | Mapping[str, int]) -> tuple[str, ...]:
    """Words by id. `vocabulary` is a list (position = id) or a dict from word to id.

    Ids that the dict leaves out are called “<id 7>”. Words are kept as they are, subword marks included. Raises
    RnnvisError for anything but text, ids that are no whole numbers from 0 or too large, two words of one id, or no
    words.
    """
    if isinstance(vocabulary, Mapping):
        found: dict[int, str] = {}
        for word, number in vocabulary.items():
            if not _whole(number) or number < 0:
                raise RnnvisError(
                    f"the vocabulary gives {word!r} the id {number!r}", "ids are whole numbers from 0: word -> id"
                )
            if number >= MOST_WORDS:
                raise RnnvisError(
                    f"the vocabulary gives {word!r} the id {number}, and ids end at {MOST_WORDS - 1:,}",
                    "number the words from 0 without large gaps",
                )
            if int(number) in found:
                raise RnnvisError(
                    f"the vocabulary gives {word!r} and {found[int(number)]!r} the same id {number}",
                    "give each word an id of its own",
                )
            found[int(number)] = word
        words: list[Any] = [found.get(i, f"<id {i}>") for i in range(max(found, default=-1) + 1)]
    elif isinstance(vocabulary, Iterable):
        words = list(vocabulary)
    else:
        raise RnnvisError(
            f"the vocabulary is {vocabulary!r}", "pass a list of words (position = id) or a dict from word to id"
        )
    for number, word in enumerate(words):
        if not isinstance(word, str):
            raise RnnvisError(
                f"word {number} of the vocabulary is {word!r}, not text",
                "pass a list of words (position = id) or a dict from word to id",
            )
        if not word.isascii() and any("\ud800" <= c <= "\udfff" for c in word):
            raise RnnvisError(
                f"word {number} of the vocabulary is {word!r}, which holds half a character and cannot be written",
                "decode the vocabulary as it was encoded, with errors='replace' where it is damaged",
            )
    if not words:
        raise RnnvisError("the vocabulary is empty", "pass a list of words (position = id) or a dict from word to id")
    return tuple(words)


def read_sequences(
    sequences: Iterable[Any], words: int, lengths: Iterable[int] | None = None, padding_id: int | None = None
) -> list[np.ndarray]:
    """The sequences as int32 arrays [T], in their order.

    `sequences` yields id lists or 1-d tensors; or, as a DataLoader does, batches: 2-d tensors [B, T], packed
    sequences of ids, or tuples that begin with one of these. `lengths` counts the real steps of each sequence where
    padding is not visible; without it, `padding_id` is cut off the ends of batched rows. Raises RnnvisError, naming
    the sequence, for ids outside the vocabulary, for numbers that are no ids, and where nothing is left.
    """
    if not isinstance(sequences, Iterable):
        raise RnnvisError(f"the sequences are {sequences!r}", "pass lists of token ids, tensors, or a DataLoader")
    found = [_ids(row, number, words) for number, row in enumerate(_rows(sequences, padding_id, lengths is not None))]
    if lengths is not None:
        real = [int(n) for n in lengths]
        if len(real) != len(found):
            raise RnnvisError(f"{len(real)} lengths for {len(found)} sequences", "pass one length for each sequence")
        for number, (row, n) in enumerate(zip(found, real, strict=True)):
            if not 0 <= n <= len(row):
                raise RnnvisError(
                    f"sequence {number} has {len(row)} steps, but its length is given as {n}", "correct lengths"
                )
        found = [row[:n] for row, n in zip(found, real, strict=True)]
    longest = max(range(len(found)), key=lambda number: len(found[number]), default=0)
    if found and len(found[longest]) > MOST_STEPS:
        raise RnnvisError(
            f"sequence {longest} has {len(found[longest]):,} steps, and steps are numbered up to {MOST_STEPS:,}",
            "cut it into pieces, and pass each as a sequence",
        )
    if not any(len(row) for row in found):
        spent = " (an iterator gives its sequences only once)" if isinstance(sequences, Iterator) else ""
        raise RnnvisError(f"there is not one step to record{spent}", "pass sequences that hold at least one token id")
    return found


def read_labels(labels: Iterable[Any] | None, count: int) -> Labels:
    """Labels as class numbers: given as numbers 0, 1, …, or as names; None or −1 stands for no label."""
    if labels is None:
        return Labels(np.full(count, -1, np.int16), ())
    given = [label.item() if hasattr(label, "item") else label for label in labels]
    if len(given) != count:
        raise RnnvisError(f"{len(given)} labels for {count} sequences", "pass one label for each sequence, or None")
    known = [label for label in given if label is not None]
    most = np.iinfo(np.int16).max
    if all(_whole(label) and label >= -1 for label in known):
        if max(known, default=-1) >= most:
            raise RnnvisError(
                f"a label is {max(known):,}, and classes end at {most - 1:,}", "number the classes from 0"
            )
        names = tuple(f"class {i}" for i in range(int(max(known, default=-1)) + 1))
        numbers = [-1 if label is None else int(label) for label in given]
    elif all(isinstance(label, str) for label in known):
        names = tuple(sorted(set(known)))
        place = {name: i for i, name in enumerate(names)}
        numbers = [-1 if label is None else place[label] for label in given]
    else:
        odd = next(label for label in known if not isinstance(label, str))
        raise RnnvisError(f"a label is {odd!r}", "labels are class numbers from 0, or names; None where there is none")
    if len(names) > most:
        raise RnnvisError(
            f"{len(names):,} classes are more than labels can have", "pass names of classes, not of sentences"
        )
    return Labels(np.array(numbers, np.int16), names)


def sequence_keys(tokens: Sequence[np.ndarray], words: Sequence[str]) -> list[str]:
    """A key for each sequence, by its text; sequences that repeat get a number behind it."""
    seen: dict[str, int] = {}
    keys = []
    for row in tokens:
        text = " ".join(words[i] for i in row)
        key = sentence_key("recorded", text)
        seen[key] = seen.get(key, 0) + 1
        keys.append(key if seen[key] == 1 else sentence_key("recorded", f"{text}\n{seen[key]}"))
    return keys


def _rows(sequences: Iterable[Any], padding_id: int | None, measured: bool) -> Iterator[Any]:
    """One row a sequence. `measured`: lengths are given apart, so padding stays for now."""
    for item in sequences:
        batch = item[0] if isinstance(item, tuple | list) and item and _batched(item[0]) else item
        if isinstance(batch, PackedSequence):
            padded, real = pad_packed_sequence(batch, batch_first=True)
            yield from (row[:n] for row, n in zip(padded, real.tolist(), strict=True))
        elif isinstance(batch, Tensor | np.ndarray) and batch.ndim == 2:
            for row in batch:
                yield row if measured or padding_id is None else _unpadded(row, padding_id)
        else:
            yield batch


def _batched(item: Any) -> bool:
    return isinstance(item, PackedSequence) or (isinstance(item, Tensor | np.ndarray) and item.ndim == 2)


def _unpadded(row: Any, padding_id: int) -> np.ndarray:
    ids = row.detach().cpu().numpy() if isinstance(row, Tensor) else np.asarray(row)
    real = np.flatnonzero(ids != padding_id)
    return ids[: real[-1] + 1 if len(real) else 0]


def _ids(row: Any, number: int, words: int) -> np.ndarray:
    try:
        ids = row.detach().cpu().numpy() if isinstance(row, Tensor) else np.asarray(row)
    except ValueError:
        ids = np.zeros(0, dtype=object)
    if ids.ndim == 1 and not len(ids):
        return np.zeros(0, np.int32)
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        what = "numbers with fractions" if ids.dtype.kind == "f" else f"{type(row).__name__} of shape {ids.shape}"
        raise RnnvisError(
            f"sequence {number} holds {what}, not token ids",
            "rnnvis explains units by their response to words: pass lists of token ids; bin a numeric series first",
        )
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= words:
        raise RnnvisError(
            f"sequence {number} holds the id {low if low < 0 else high}; the vocabulary has the ids 0 to {words - 1}",
            "pass the vocabulary that the sequences were made with",
        )
    return ids.astype(np.int32)


def _whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
