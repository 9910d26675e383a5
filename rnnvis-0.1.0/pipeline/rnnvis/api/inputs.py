"""What users hand over: sequences, vocabulary and labels, in the shapes they have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from rnnvis.api.loaders import rows_of
from rnnvis.arguments import halves, is_row, is_whole, shown
from rnnvis.errors import RnnvisError
from rnnvis.progress import say
from rnnvis.text.corpus import sentence_key
from rnnvis.text.sentences import Sentences

FEWEST_IDS, IDS_A_WORD = 2**16, 16  # a vocabulary may name fewer words than it has ids, but not many fewer
_LARGEST_NUMBER = float(np.finfo(np.float32).max)
SHARED = " <id {}>"  # behind the word of an earlier id
MOST_WORDS, MOST_STEPS = 2**24, 2**15 - 1
VOCABULARY = (
    "pass a list of words (position = id) or a dict from word to id: vocab.get_itos() of torchtext, "
    "tokenizer.get_vocab() of Hugging Face"
)


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
    """Class of each sequence, int16 [S], −1 for none; `names` of the classes 0, 1, …

    `in_words` is whether labels were given as names, so that which number each has is ours to say. Labels one a step
    are `tags`, int16 [T] a sequence, −1 for none, of the names `tag_names`. Labels that are no classes are `numbers`,
    float32 [S], nan for none.
    """

    of: np.ndarray
    names: tuple[str, ...]
    in_words: bool = False
    tags: tuple[np.ndarray, ...] | None = None
    tag_names: tuple[str, ...] = ()
    numbers: np.ndarray | None = None


def read_vocabulary(vocabulary: Sequence[str] | Mapping[str, int]) -> tuple[str, ...]:
    """Words by id. `vocabulary` is a list (position = id) or a dict from word to id.

    Ids that the dict leaves out are called “<id 7>”; where several ids have one word, the later ones are called
    “word <id 7>”, and it is said. Words are kept as they are, subword marks included. Raises
    RnnvisError for anything but text, ids that are no whole numbers from 0 or too large, two words of one id, or no
    words.
    """
    if isinstance(vocabulary, Counter | set | frozenset | str | bytes):
        kind = {"Counter": "counts of words, not ids", "str": "text"}.get(type(vocabulary).__name__, "in no order")
        raise RnnvisError(f"the vocabulary is {kind}", VOCABULARY)
    if isinstance(vocabulary, Mapping):
        found: dict[int, str] = {}
        for word, number in vocabulary.items():
            if not is_whole(number) or number < 0:
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
        largest = max(found, default=-1)
        if largest >= FEWEST_IDS + IDS_A_WORD * len(found):
            raise RnnvisError(
                f"the vocabulary gives {found[largest]!r} the id {largest}, and names {len(found)} words",
                "number the words from 0 without large gaps: every id takes memory, used or not",
            )
        words: list[Any] = [found.get(i, f"<id {i}>") for i in range(largest + 1)]
    elif is_row(vocabulary):
        words = list(islice(vocabulary, MOST_WORDS + 1))
        if len(words) > MOST_WORDS:
            raise RnnvisError(f"the vocabulary has more than {MOST_WORDS:,} words", "pass those that the ids stand for")
    else:
        raise RnnvisError(f"the vocabulary is a {type(vocabulary).__name__}", VOCABULARY)
    for number, word in enumerate(words):
        if not isinstance(word, str):
            raise RnnvisError(
                f"word {number} of the vocabulary is {word!r}, not text",
                "pass a list of words (position = id) or a dict from word to id",
            )
        if halves(word):
            raise RnnvisError(
                f"word {number} of the vocabulary is {word!r}, which holds half a character and cannot be written",
                "decode the vocabulary as it was encoded, with errors='replace' where it is damaged",
            )
    if not words:
        raise RnnvisError("the vocabulary is empty", "pass a list of words (position = id) or a dict from word to id")
    return _apart(words)


def _apart(words: list[str]) -> tuple[str, ...]:
    """The words, those that several ids have told apart by their ids."""
    first: dict[str, int] = {}
    found, same = list(words), []
    for number, word in enumerate(words):
        if word in first:
            same.append((word, first[word], number))
        first.setdefault(word, number)
    for _, _, number in same:
        while found[number] in first:
            found[number] += SHARED.format(number)
        first[found[number]] = number
    if same:
        word, one, other = same[0]
        more = f", and {len(same) - 1:,} more" if len(same) > 1 else ""
        say(
            f"The vocabulary has {word!r} for the ids {one} and {other}{more}: later ones are shown as {found[other]!r}"
        )
    return tuple(found)


def shared(words: Sequence[str]) -> set[str]:
    """Words that several ids have in what `read_vocabulary` gave: text does not say which id is meant."""
    ends = [(word, SHARED.format(number)) for number, word in enumerate(words)]
    return {word.removesuffix(end) for word, end in ends if word.endswith(end)} & {*words}


def read_sequences(
    sequences: Iterable[Any],
    vocabulary: Sequence[str],
    lengths: Iterable[int] | None = None,
    padding_id: int | None = None,
    whole: bool = False,
) -> Sequence[np.ndarray]:
    """The sequences as int32 arrays [T], in their order; `Sentences` of several lengths stay what they are.

    `sequences` yields id lists or 1-d tensors; or, as a DataLoader does, batches: 2-d tensors [B, T] or [T, B], packed
    sequences of ids, tuples of such with lengths, labels or a mask, or mappings with `input_ids`. `lengths` counts the
    real steps of each sequence where padding is not visible; without it padding is cut off as `rows_of` says, unless
    the rows are to stay `whole`. Raises RnnvisError, naming the sequence, for ids outside the `vocabulary`, for what is
    no ids, and where nothing is left.
    """
    if isinstance(sequences, str | bytes | set | frozenset) or not is_row(sequences):
        what = f"a {type(sequences).__name__}" if isinstance(sequences, set | frozenset) else repr(sequences)
        raise RnnvisError(f"the sequences are {what}", "pass lists of token ids, tensors, or a DataLoader")
    measured = lengths is not None
    found: Sequence[np.ndarray]
    if isinstance(sequences, Sentences) and not measured and len(np.unique(sequences.lengths)) > 1:
        low, high = int(sequences.ids.min(initial=0)), int(sequences.ids.max(initial=0))
        if low < 0 or high >= len(vocabulary):
            for number, row in enumerate(sequences):
                _inside(row, number, len(vocabulary))
        found = sequences
    else:
        rows = rows_of(sequences, vocabulary, padding_id, whole or measured)
        found = [_inside(row, number, len(vocabulary)) for number, row in enumerate(rows)]
    if lengths is not None:
        real = _whole_numbers(lengths, "lengths")
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


IGNORED = -100
"""What torch's losses leave out: no tag."""


def read_labels(
    labels: Iterable[Any] | None,
    count: int,
    lengths: np.ndarray | None = None,
    names: tuple[str, ...] | None = None,
) -> Labels:
    """Labels as class numbers: given as numbers 0, 1, … (also 0.0, or False and True), or as names; None or −1 stands
    for no label. `names` are those of the classes in their order.

    With the `lengths` [S] of the sequences, labels may also be one for each of their steps (tags), or numbers that are
    not whole and so no classes.
    """
    if labels is None:
        return Labels(np.full(count, -1, np.int16), ())
    check_row(labels, "labels")
    rows = list(labels)
    if len(rows) != count:
        raise RnnvisError(f"{len(rows)} labels for {count} sequences", "pass one label for each sequence, or None")
    if lengths is not None and any(_is_row(row) for row in rows):
        return _tags(rows, lengths, names)
    given = [_class(plain(label)) for label in rows]
    numeric = all(label is None or (_number(label) and abs(label) <= _LARGEST_NUMBER) for label in given)
    if lengths is not None and numeric and any(isinstance(label, float) for label in given):
        values = np.array([np.nan if label is None else label for label in given], np.float32)
        return Labels(np.full(count, -1, np.int16), (), numbers=values)
    of, found, in_words = _numbered(given, names)
    return Labels(of, found, in_words and names is None)


def read_classes(classes: Sequence[str] | None) -> tuple[str, ...] | None:
    """Names of classes in their order; RnnvisError for anything but two or more different ones."""
    if classes is None:
        return None
    if isinstance(classes, str | bytes | Mapping | set | frozenset) or not is_row(classes):
        raise RnnvisError(f"classes is {classes!r}", 'name them in the order of the outputs: classes=["bad", "good"]')
    names = tuple(classes)
    odd = [name for name in names if not isinstance(name, str) or not name.strip()]
    if odd or len(set(names)) != len(names) or len(names) < 2:
        what = f"classes names {shown(odd[0]) if odd else ', '.join(names) or 'nothing'}"
        raise RnnvisError(what, 'give each of two or more classes a name of its own: classes=["bad", "good"]')
    for name in names:
        if halves(name):
            raise RnnvisError(f"a class is {name!r}, which holds half a character", "decode it as it was encoded")
    return names


def _is_row(label: Any) -> bool:
    return isinstance(label, list | tuple) or (getattr(label, "ndim", 0) == 1 and len(label) != 1)


def _tags(rows: Sequence[Any], lengths: np.ndarray, names: tuple[str, ...] | None) -> Labels:
    """Labels one a step; what stands behind the end of a sequence belongs to no word."""
    flat: list[Any] = []
    for number, (row, length) in enumerate(zip(rows, lengths.tolist(), strict=True)):
        given = [None] * length if row is None else row
        if not is_row(given) or isinstance(given, str | bytes):
            raise RnnvisError(
                f"labels[{number}] is {row!r}, and others are rows", "give one label a sequence, or a row of one a step"
            )
        tags = [_class(plain(tag)) for tag in given]
        if len(tags) < length:
            raise RnnvisError(
                f"sequence {number} has {length} steps and {len(tags)} labels", "give one label for each of its steps"
            )
        flat += [None if _number(tag) and tag == IGNORED else tag for tag in tags[:length]]
    if any(isinstance(tag, float) for tag in flat):
        odd = next(tag for tag in flat if isinstance(tag, float))
        raise RnnvisError(f"a label of a step is {odd!r}", "labels of steps are class numbers from 0, or names")
    of, found, in_words = _numbered(flat, names)
    tags_of = tuple(np.split(of, np.cumsum(lengths)[:-1]))
    none = np.full(len(rows), -1, np.int16)
    return Labels(none, (), in_words and names is None, tags_of, found)


def _number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _numbered(given: Sequence[Any], classes: tuple[str, ...] | None) -> tuple[np.ndarray, tuple[str, ...], bool]:
    """Class numbers int16 of the labels `given`, the names of all classes, and whether the labels are names."""
    known = [label for label in given if label is not None]
    most = np.iinfo(np.int16).max
    if all(is_whole(label) and label >= -1 for label in known):
        if max(known, default=-1) >= most:
            raise RnnvisError(
                f"a label is {max(known):,}, and classes end at {most - 1:,}", "number the classes from 0"
            )
        names = tuple(f"class {i}" for i in range(int(max(known, default=-1)) + 1))
        numbers = [-1 if label is None else int(label) for label in given]
        in_words = False
        if classes is not None:
            if len(names) > len(classes):
                raise RnnvisError(
                    f"a label is {len(names) - 1}, and classes names {len(classes)}", "name every class, in order"
                )
            names = classes
    elif all(isinstance(label, str) for label in known):
        names = tuple(sorted(set(known))) if classes is None else classes
        odd = next((label for label in known if label not in names), None)
        if odd is not None:
            raise RnnvisError(f"a label is {odd!r}, which classes does not name", "name every class, in order")
        place = {name: i for i, name in enumerate(names)}
        numbers = [-1 if label is None else place[label] for label in given]
        in_words = True
    else:
        fits = isinstance(next((label for label in known if isinstance(label, str)), None), str)
        odd = next(
            label for label in known if not (isinstance(label, str) if fits else is_whole(label) and label >= -1)
        )
        what = f"an array of shape {list(odd.shape)}" if hasattr(odd, "shape") and odd.shape else repr(odd)
        raise RnnvisError(f"a label is {what}", "labels are class numbers from 0, or names; None where there is none")
    for name in names:
        if halves(name):
            raise RnnvisError(f"a label is {name!r}, which holds half a character", "decode it as it was encoded")
    if len(names) > most:
        raise RnnvisError(
            f"{len(names):,} classes are more than labels can have", "pass names of classes, not of sentences"
        )
    return np.array(numbers, np.int16), names, in_words


def _class(label: Any) -> Any:
    """0.0, 1.0, … and False, True are classes too."""
    if isinstance(label, bool | np.bool_):
        return int(label)
    return int(label) if isinstance(label, float) and label.is_integer() else label


def sequence_keys(tokens: Sequence[np.ndarray], words: Sequence[str]) -> list[str]:
    """A key for each sequence, by its text; sequences that repeat get a number behind it."""
    seen: dict[str, int] = {}
    keys = []
    for row in tokens:
        text = " ".join([words[i] for i in row.tolist()])
        key = sentence_key("recorded", text)
        seen[key] = seen.get(key, 0) + 1
        keys.append(key if seen[key] == 1 else sentence_key("recorded", f"{text}\n{seen[key]}"))
    return keys


def _whole_numbers(given: Any, what: str) -> list[int]:
    """`given` as whole numbers; RnnvisError names the first that is none."""
    check_row(given, what)
    found = [plain(value) for value in given]
    for number, value in enumerate(found):
        if not is_whole(value):
            raise RnnvisError(f"{what}[{number}] is {value!r}", "give whole numbers, one a sequence")
    return [int(value) for value in found]


def check_row(given: Any, what: str) -> None:
    """RnnvisError for what has no order, is text, hides values or is no row at all."""
    if isinstance(given, np.ma.MaskedArray):
        raise RnnvisError(f"the {what} are a masked array", f"fill in what is masked: {what}.filled(…)")
    if isinstance(given, str | bytes | Mapping | set | frozenset) or not is_row(given):
        kind = "text" if isinstance(given, str | bytes) else f"a {type(given).__name__}"
        raise RnnvisError(f"the {what} are {kind}", "pass a list, one a sequence in their order")


def plain(value: Any) -> Any:
    """A number out of an array of one; anything else as it is."""
    single = hasattr(value, "item") and getattr(value, "size", 1) in (1, (), (1,))
    try:
        return value.item() if single or getattr(value, "ndim", 1) == 0 else value
    except (ValueError, RuntimeError):
        return value


def _inside(ids: np.ndarray, number: int, words: int) -> np.ndarray:
    low, high = (int(ids.min()), int(ids.max())) if len(ids) else (0, 0)
    if low < 0 or high >= words:
        raise RnnvisError(
            f"sequence {number} holds the id {low if low < 0 else high}; the vocabulary has the ids 0 to {words - 1}",
            "pass the vocabulary that the sequences were made with",
        )
    return ids.astype(np.int32)
