"""`rnnvis.import_states`: states that were saved elsewhere, measured like those of a model that runs here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from rnnvis.api.inputs import Labels, check_row, read_labels, read_sequences, read_vocabulary
from rnnvis.api.measuring import measured
from rnnvis.api.recording import Recording
from rnnvis.api.saved import tokens as saved_tokens
from rnnvis.api.saved.arrays import INTEGERS, TEXT, SavedArray, in_memory, joined, one_a_sentence
from rnnvis.api.saved.files import open_one, split
from rnnvis.api.saved.sides import SIDES, cut
from rnnvis.api.saved.steps import INITIAL, SavedSteps
from rnnvis.api.saved.tokens import Tokens, Vocabulary
from rnnvis.api.saved.vocabulary import read_text, read_vocabulary_file
from rnnvis.arguments import ANY, checks_arguments, is_row, read_array, shown
from rnnvis.errors import RnnvisError
from rnnvis.recording.complex_states import FIX

BATCH_STEPS = 8192


@checks_arguments(states=ANY, tokens=ANY, vocabulary=ANY, sentences=ANY)
def import_states(
    states: Mapping[str, Any],
    tokens: Any,
    vocabulary: Any = None,
    labels: Any = None,
    *,
    lengths: Any = None,
    sentences: Any = None,
    end: str | None = None,
    every: int | None = None,
    characters: bool = False,
    initial: str | None = None,
    padding: str | None = None,
    name: str = "saved states",
    surprise: bool = True,
    minimum_count: int = 8,
    frequent_count: int = 20,
) -> Recording:
    """Measure `states` that were saved of a model over `tokens`.

    `states` maps names such as "lstm.0.h" to arrays [steps, units], padded ones [sentences, steps, units], or lists of
    one [steps, units] a sentence, of floating-point numbers: NumPy arrays (memory-mapped ones are never loaded whole),
    tensors, or `FILE:ARRAY`. `tokens` are sentences of ids or of words, an array of ids [steps] or [sentences, steps],
    a text file with one sentence a line (`characters`: whose tokens are single characters), or `FILE:ARRAY`.
    `vocabulary` names the ids; of text it is made of the words where none is given. `labels`, one a sentence, are class
    numbers or names.

    One of these says where the sentences of a stream end: `lengths`, steps of each; `sentences`, a number at each step
    that is new where a sentence begins; `end`, the word that ends each; `every`, pieces of so many steps (50, where
    nothing is said). `lengths` also says how much of padded rows is real; where nothing does, runs of one id at their
    ends are found. On which side the padding stands is seen by ids and states, or said by `padding`: "left" (as
    Keras pads), "right", or "none". `initial` is the state before a sentence: "zero", or "carried" over from the
    sentence before, which is what a stream has that is cut by `end` or `every`.

    `surprise=False` saves a second look at the states and 4 bytes a step; such a recording is published without its
    text.
    Raises RnnvisError, naming file and array, for shapes and lengths that do not fit, ids outside the vocabulary,
    values that are no numbers, and files that are damaged or hold Python objects.
    """
    if not isinstance(states, Mapping):
        raise RnnvisError(f"the states are a {type(states).__name__}", 'name them: {"lstm.0.h": array}')
    words = _vocabulary(vocabulary)
    if not states:
        raise RnnvisError("there are no states to import", "name at least one array of states")
    for key in states:
        if not isinstance(key, str):
            raise RnnvisError(f"a state is called {shown(key)}", 'name the states by text: {"lstm.0.h": array}')
    arrays = {key: _array(value, key) for key, value in states.items()}
    pieces = next((array.lengths for array in arrays.values() if array.lengths is not None), None)
    found = _tokens(tokens, words, characters, None if pieces is None else len(pieces))
    if pieces is not None and not found.bounded and all(v is None for v in (lengths, sentences, end, every)):
        lengths = pieces
    if padding is not None and padding not in SIDES:
        raise RnnvisError(f'the padding is "{padding}"', f"it is one of: {', '.join(SIDES)}")
    found, streamed = _cut(found, lengths, sentences, end, every, padding)
    saved_tokens.check_lengths(found)
    initial = initial or ("carried" if streamed else "zero")
    if initial not in INITIAL:
        raise RnnvisError(f'the initial state is "{initial}"', f"it is one of: {', '.join(INITIAL)}")
    steps = SavedSteps(arrays, found, initial, BATCH_STEPS, padding)
    classes = _labels(labels, found)

    checked = steps.check()
    return measured(
        steps,
        found.words,
        found.sentences(),
        classes,
        checked.bounded,
        surprise=surprise,
        frequent_count=frequent_count,
        minimum_count=minimum_count,
        model_name=name,
        parameters=0,
        weights=checked.digest,
        cell="saved states",
    )


def _array(value: Any, name: str) -> SavedArray:
    if isinstance(value, SavedArray):
        if value.problem:
            raise value.problem
        return value
    if isinstance(value, str | Path):
        return open_one(str(value))
    if isinstance(value, Tensor) and value.is_complex():
        raise RnnvisError(f'states["{name}"]: holds complex numbers', FIX)
    if isinstance(value, np.ma.MaskedArray):
        raise RnnvisError(f'states["{name}"] is a masked array', "cut off what is padding, or pass it with lengths=…")
    where = f'states["{name}"]'
    if isinstance(value, list | tuple) and value and all(isinstance(row, Tensor | np.ndarray) for row in value):
        parts = [_array(row, name) for row in value]
        if one_a_sentence(parts):
            return joined(where, parts)
    return in_memory(where, read_array(value, where))


def _vocabulary(given: Any) -> Vocabulary | None:
    return read_vocabulary_file(str(given)) if isinstance(given, str | Path) else given


def _tokens(given: Any, vocabulary: Vocabulary | None, characters: bool, sentences: int | None) -> Tokens:
    """The tokens; a column of text with one of the `sentences` in each row is read as lines are."""
    if isinstance(given, SavedArray) and given.dtype == TEXT and given.shape == (sentences,):
        of_row = (list(row) if characters else row.split() for row in map(str, given.read()))
        return saved_tokens.from_text(given.where, of_row, vocabulary, "row")
    if isinstance(given, str | Path):
        path, _ = split(str(given))
        if path.suffix.lower() == ".txt":
            return saved_tokens.from_lines(path, vocabulary, characters)
        return _tokens(open_one(str(given)), vocabulary, characters, sentences)
    if isinstance(given, np.ma.MaskedArray):
        raise RnnvisError("the tokens are a masked array", "pass them with lengths: tokens.filled(0), lengths=…")
    if isinstance(given, SavedArray):
        return saved_tokens.from_array(given, vocabulary)
    if isinstance(given, Tensor | np.ndarray) and given.dtype != object:
        return saved_tokens.from_array(in_memory("tokens", read_array(given, "tokens")), vocabulary)
    if not is_row(given):
        raise RnnvisError(f"the tokens are {given!r}", "pass sentences of ids or of words, an array, or a file")
    rows = list(given)
    if any(isinstance(row, str) for row in rows):
        raise RnnvisError(
            f"the tokens are texts: {next(row for row in rows if isinstance(row, str))[:40]!r}",
            "cut each into its tokens: [text.split() for text in …], as the model read them",
        )
    if any(isinstance(row, list | tuple) and row and isinstance(row[0], str) for row in rows):
        return saved_tokens.from_text("tokens", rows, vocabulary)
    if vocabulary is None:
        raise RnnvisError("the tokens are ids, and nothing says which words they are", "pass a vocabulary")
    words = read_vocabulary(vocabulary)
    read = read_sequences(rows, words, whole=True)
    return Tokens("tokens", np.concatenate(read), np.array([len(row) for row in read]), words, True)


def _cut(
    tokens: Tokens, lengths: Any, sentences: Any, end: str | None, every: int | None, padding: str | None
) -> tuple[Tokens, bool]:
    """The tokens in sentences, and whether a stream was cut whose states run on."""
    ways = {"lengths": lengths, "sentences": sentences, "end": end, "every": every}
    said = [way for way, value in ways.items() if value is not None]
    if len(said) > 1:
        raise RnnvisError(f"{said[0]} and {said[1]} both say where sentences end", "give one of them")
    if lengths is not None:
        where, found = _whole_numbers(lengths, "lengths")
        return cut(tokens, found, where, padding), False
    if tokens.bounded:
        if said:
            raise RnnvisError(
                f"{tokens.where} holds sentences already, so {said[0]} has nothing to cut", "leave it out"
            )
        return cut(tokens, None, tokens.where, padding), False
    if sentences is not None:
        where, found = _whole_numbers(sentences, "sentences")
        if len(found) != len(tokens.ids):
            raise RnnvisError(
                f"{where}: {len(found):,} sentence numbers for {len(tokens.ids):,} steps in {tokens.where}",
                "give the number of its sentence at each step",
            )
        return saved_tokens.shortened(tokens, saved_tokens.numbered_sentences(found), where), False
    if end is not None:
        found = saved_tokens.ended_by(tokens, end)
    else:
        found = saved_tokens.pieces(len(tokens.ids), every or saved_tokens.STREAM_PIECE)
    return saved_tokens.shortened(tokens, found, tokens.where), True


def _whole_numbers(given: Any, name: str) -> tuple[str, np.ndarray]:
    if not isinstance(given, SavedArray | str | Path):
        check_row(given, name)
        given = in_memory(name, read_array(list(given), name))
    array = given if isinstance(given, SavedArray) else open_one(str(given))
    if array.dtype not in INTEGERS or len(array.shape) != 1:
        raise RnnvisError(f"{array}: holds {array.dtype}, not whole numbers in a row", "save one array of integers")
    return array.where, array.read().astype(np.int64)


def _labels(given: Any, tokens: Tokens) -> Labels:
    """Labels of the sentences; of a column with one at each step, that at the sentence's first step counts."""
    if given is None or not isinstance(given, SavedArray | str | Path):
        return read_labels(given, len(tokens.lengths))
    if isinstance(given, str | Path) and split(str(given))[0].suffix.lower() == ".txt":
        lines: list[Any] = read_text(Path(given)).removesuffix("\n").split("\n")
        return read_labels([line.strip() or None for line in lines], len(tokens.lengths))
    array = given if isinstance(given, SavedArray) else open_one(str(given))
    if array.dtype not in (*INTEGERS, TEXT) or len(array.shape) != 1:
        raise RnnvisError(
            f"{array}: holds {array.dtype}, not labels", "labels are class numbers or names, one a sentence"
        )
    values: Iterable[Any] = array.read()
    steps = len(tokens.ids)
    if array.shape[0] == steps != len(tokens.lengths):
        firsts = np.cumsum(tokens.lengths) - tokens.lengths
        values = np.asarray(values)[np.minimum(firsts, steps - 1)]
    return read_labels([v if isinstance(v, str) else v.item() for v in values], len(tokens.lengths))
