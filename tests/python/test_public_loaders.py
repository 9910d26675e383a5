"""DataLoaders and other batches as people have them: read right, or refused by what they are."""

from __future__ import annotations

from collections import Counter, namedtuple
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_sequence, pad_sequence
from torch.utils.data import DataLoader

import rnnvis
from rnnvis.api.inputs import read_labels, read_sequences, read_vocabulary
from rnnvis.arguments import check

PAD = ["<pad>", *(f"w{i}" for i in range(1, 20))]
PLAIN = ["zero", *PAD[1:]]


def texts(count: int = 90, least: int = 1, seed: int = 0) -> list[torch.Tensor]:
    random = np.random.default_rng(seed)
    return [torch.tensor(random.integers(1, 20, random.integers(least, 12))) for _ in range(count)]


def first(rows: list[torch.Tensor], value: int = 0) -> torch.Tensor:
    return pad_sequence(rows, batch_first=True, padding_value=value)


def lengths(rows: list[torch.Tensor]) -> torch.Tensor:
    return torch.tensor([len(row) for row in rows])


def labels(rows: list[torch.Tensor]) -> torch.Tensor:
    return torch.tensor([int(row[0]) % 2 for row in rows])


def left(rows: list[torch.Tensor]) -> torch.Tensor:
    return first([row.flip(0) for row in rows]).flip(1)


def loader(collate: Any, rows: list[torch.Tensor] | None = None, size: int = 25) -> Any:
    return DataLoader(texts() if rows is None else rows, batch_size=size, collate_fn=collate)  # type: ignore[arg-type]


def same(given: Any, vocabulary: list[str], rows: list[torch.Tensor] | None = None, **options: Any) -> None:
    found = read_sequences(given, vocabulary, **options)
    wanted = texts() if rows is None else rows
    assert [row.tolist() for row in found] == [row.tolist() for row in wanted]
    assert all(row.dtype == np.int32 for row in found)


Named = namedtuple("Named", "label text text_len")

COLLATED = {
    "ids, lengths": lambda b: (first(b), lengths(b)),
    "ids, labels, lengths": lambda b: (first(b), labels(b), lengths(b)),
    "labels, ids, lengths": lambda b: (labels(b).float(), first(b), lengths(b)),
    "a namedtuple": lambda b: Named(labels(b).float(), first(b), lengths(b)),
    "ids with a mask of what is real": lambda b: (first(b), first([torch.ones_like(r) for r in b])),
    "ids with a mask of padding": lambda b: (first(b), first([torch.ones_like(r) for r in b]) == 0),
    "lengths as floats": lambda b: (first(b), lengths(b).float()),
    "lengths in a column": lambda b: (first(b), lengths(b)[:, None]),
    "time first, lengths": lambda b: (pad_sequence(b), lengths(b)),
    "time first, lengths, labels": lambda b: (pad_sequence(b), lengths(b), labels(b)),
    "Hugging Face": lambda b: {"input_ids": first(b), "attention_mask": first([torch.ones_like(r) for r in b])},
    "Hugging Face, padded left": lambda b: {
        "input_ids": left(b),
        "attention_mask": left([torch.ones_like(r) for r in b]),
        "labels": labels(b),
    },
    "a dict in a tuple": lambda b: ({"input_ids": first(b), "attention_mask": first(b) > 0}, labels(b)),
    "a dict by other names": lambda b: {"y": labels(b).float(), "text": first(b), "text_len": lengths(b)},
    "padding by another id": lambda b: (first(b, 19), lengths(b)),
    "packed": lambda b: (pack_sequence(b, enforce_sorted=False), labels(b)),
    "lists in a dict": lambda b: {"input_ids": [r.tolist() for r in b], "labels": labels(b)},
    "padded lists in a dict": lambda b: {
        "input_ids": first(b).tolist(),
        "attention_mask": first([torch.ones_like(r) for r in b]).tolist(),
    },
}


@pytest.mark.parametrize("name", COLLATED)
def test_lengths_masks_and_names_in_a_batch_say_what_is_real(name: str) -> None:
    given = loader(COLLATED[name])
    same(given, PLAIN)
    same(list(given), PLAIN)
    same(given, PAD)


BARE = {
    "ids": lambda b: first(b),
    "ids, labels": lambda b: (first(b), labels(b)),
    "labels, ids": lambda b: (labels(b).float(), first(b)),
    "whole-number labels, ids": lambda b: (labels(b), first(b)),
    "time first": lambda b: pad_sequence(b),
    "time first, labels": lambda b: (pad_sequence(b), labels(b)),
}


@pytest.mark.parametrize("name", BARE)
def test_padding_is_cut_where_its_id_is_known_and_refused_where_it_is_not(name: str) -> None:
    same(loader(BARE[name]), PAD)
    same(loader(BARE[name]), PLAIN, padding_id=0)
    if "labels" in name:
        same(list(loader(BARE[name])), PAD)
    with pytest.raises(rnnvis.RnnvisError, match=r"the id 0 \('zero'\) fills the ends of \d\d of 90 rows") as error:
        read_sequences(loader(BARE[name]), PLAIN)
    assert "lengths" in error.value.fix


def test_one_batch_is_a_batch_and_its_lengths_are_no_sentence() -> None:
    rows = texts()
    same((first(rows), lengths(rows)), PLAIN)
    same({"input_ids": first(rows), "attention_mask": first([torch.ones_like(r) for r in rows])}, PLAIN)
    same(first(rows), PAD)
    same(first(rows).numpy(), PAD)
    same(pack_sequence(rows, enforce_sorted=False), PLAIN)
    same(first(rows).tolist(), PAD)
    same(first(rows), PLAIN, lengths=lengths(rows))
    with pytest.raises(rnnvis.RnnvisError, match="batches and single rows"):
        read_sequences([first(rows), lengths(rows)], PLAIN)
    for whole in (first(rows), first(rows).tolist(), list(first(rows))):
        with pytest.raises(rnnvis.RnnvisError, match="fills the ends"):
            read_sequences(whole, PLAIN)


def test_rows_that_only_look_padded_are_words() -> None:
    random = np.random.default_rng(3)
    sentences = [[*random.integers(1, 19, 6).tolist(), 19] for _ in range(40)]  # each ends with its full stop
    same(sentences, PLAIN, [torch.tensor(row) for row in sentences])
    same([torch.tensor(sentences[:20]), torch.tensor(sentences[20:])], PLAIN, [torch.tensor(row) for row in sentences])
    ragged = [[1, 2, 3, 3], [4, 3, 3], [5, 6, 7]]
    same(ragged, PLAIN, [torch.tensor(row) for row in ragged])
    stream = torch.tensor(random.integers(0, 20, (30, 8)))
    same([stream[:10], stream[10:20], stream[20:]], PLAIN, list(stream))
    padded = [[1, 2, 0, 0], [3, 0, 0, 0], [4, 5, 6, 7]]
    same(padded, PLAIN, [torch.tensor(row) for row in padded], lengths=[4, 4, 4])


def test_what_is_in_front_of_words_is_not_counted_as_words() -> None:
    for vocabulary in (PLAIN, PAD):
        with pytest.raises(rnnvis.RnnvisError, match=r"the id 0 .* fills the beginnings"):
            read_sequences(loader(left), vocabulary)
    ordered = sorted(texts(), key=len, reverse=True)
    with pytest.raises(rnnvis.RnnvisError, match=r"fills the (beginnings|ends of \d+ columns)"):
        read_sequences([left(ordered[:40]), left(ordered[40:])], PAD)


def test_targets_of_a_language_model_say_which_way_time_goes() -> None:
    stream = torch.tensor(np.random.default_rng(1).integers(0, 20, (12, 61)))
    chunks = [(stream[:, i : i + 10], stream[:, i + 1 : i + 11]) for i in range(0, 60, 10)]
    wanted = [row for ids, _ in chunks for row in ids]
    same(chunks, PLAIN, wanted)
    same([(x.T, y.T) for x, y in chunks], PLAIN, wanted)
    same([(x.T, y.T.reshape(-1)) for x, y in chunks], PLAIN, wanted)


def test_time_first_is_refused_where_nothing_tells() -> None:
    rows = texts(least=2)
    bare = list(loader(lambda b: pad_sequence(b), rows, 20))
    with pytest.raises(rnnvis.RnnvisError, match="as if time were first"):
        read_sequences(bare, PLAIN)
    single = [row[:, None] for row in rows]  # as the tutorials on translation have them
    with pytest.raises(rnnvis.RnnvisError, match="as if time were first"):
        read_sequences(single[:1], PLAIN)
    contrary = [(torch.tensor(np.random.default_rng(i).integers(0, 20, (4 + i, 6))), torch.zeros(6)) for i in range(3)]
    same(contrary, PLAIN, [column for ids, _ in contrary for column in ids.T])
    with pytest.raises(rnnvis.RnnvisError, match="time or sequences first is not clear"):
        read_sequences([(ids, torch.zeros(6), torch.zeros(len(ids))) for ids, _ in contrary], PLAIN)


def test_batches_sorted_by_length_are_refused_unless_something_tells() -> None:
    rows = sorted(texts(), key=len, reverse=True)
    parts = [rows[i : i + 30] for i in (0, 30, 60)]
    for given in ([pad_sequence(rows)], [first(rows)], first(rows)):
        with pytest.raises(rnnvis.RnnvisError, match="sorted by length"):
            read_sequences(given, PAD)
    for square in (pad_sequence, first):
        with pytest.raises(rnnvis.RnnvisError, match="sorted by length"):
            read_sequences(loader(square, [torch.arange(1, 12), *[torch.arange(1, 6)] * 10], 11), PAD)
    same([first(part) for part in parts], PAD, rows)
    same([(pad_sequence(part), lengths(part)) for part in parts], PAD, rows)
    same(loader(pad_sequence, rows, 30), PAD, rows)
    same(loader(first, rows, 30), PAD, rows)


def test_labels_that_could_be_lengths_are_not() -> None:
    rows = texts(least=3)
    small = torch.tensor([int(row[0]) % 3 for row in rows])
    same((first(rows), small), PAD, rows)
    with pytest.raises(rnnvis.RnnvisError, match="fills the ends"):
        read_sequences((first(rows), small), PLAIN)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            loader(lambda b: (torch.randn(len(b), 1, 8, 9), torch.zeros(len(b)))),
            r"holds float32 numbers of shape \[25, 1, 8, 9\]",
        ),
        (loader(lambda b: torch.randn(len(b), 8)), r"holds float32 numbers of shape \[25, 8\]"),
        (loader(lambda b: (torch.randn(len(b), 8, 3), first(b))), r"holds float32 numbers of shape \[25, 8, 3\]"),
        (torch.randn(3, 4), r"float32 numbers of shape \[3, 4\]"),
        (torch.zeros(3, 4, 5, dtype=torch.long), r"int64 numbers of shape \[3, 4, 5\]"),
        ([torch.ones(3) > 0], r"bool"),
        ([(labels(texts(9)), torch.cat(texts(9)), lengths(texts(9)))], r"nothing says which are the token ids"),
        ([{"image": torch.randn(3, 4), "caption": "a cat"}], r"float32 numbers of shape \[3, 4\]"),
        ([{"a": torch.ones(3), "b": torch.ones(3)}], r"nothing says which are the token ids"),
        ([pack_sequence([torch.randn(3, 2)])], r"packed from torch.float32 vectors"),
        ([["w1", "w2"]], r"sequence 0 holds words \('w1'\), not token ids"),
        ([[1, 2], ["w1", "w2"]], r"sequence 1 holds words"),
        (["w1 w2"], r"sequence 0 is text: 'w1 w2'"),
        ("w1 w2", r"the sequences are 'w1 w2'"),
        ([1, 2, 3], r"sequence 0 is the number 1, not a sequence"),
        (torch.tensor([1, 2, 3]), r"not a sequence"),
        ([[[1, 2], [3]]], r"sequence 0 holds lists of its own"),
        ([([1, 2], 1), ([3], 0)], r"sequence 0 is a tuple with lists in it"),
        ([[1.0, 2.0]], r"sequence 0 holds float64 numbers"),
        ([np.ma.masked_array([1, 2], [False, True])], r"sequence 0 is a masked array"),
        ({1, 2}, r"the sequences are a set"),
        (7, r"the sequences are 7"),
        ([None], r"sequence 0 holds NoneType"),
        ([torch.ones(2, dtype=torch.cfloat)], r"sequence 0 holds complex64"),
        (
            [{"input_ids": torch.tensor([[1, 0, 2]]), "attention_mask": torch.tensor([[1, 0, 1]])}],
            r"the attention_mask of batch 0",
        ),
        (
            [{"input_ids": torch.ones(2, 3).long(), "attention_mask": torch.ones(2, 4)}],
            r"the attention_mask of batch 0",
        ),
    ],
)
def test_what_is_no_text_is_refused_by_what_it_is(given: Any, message: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=message) as error:
        read_sequences(given, PAD)
    assert error.value.fix


def test_labels_may_be_floats_and_booleans_and_nothing_else_is_taken_for_one() -> None:
    for given in ([0.0, 1.0, None], [False, True, -1], torch.tensor([0.0, 1.0, -1.0]), np.array([[0], [1], [-1]])):
        found = read_labels(given, 3)
        assert found.of.tolist() == [0, 1, -1]
        assert found.names == ("class 0", "class 1")
    assert read_labels(["no", "yes", None], 3).of.tolist() == [0, 1, -1]
    for wrong, message in (
        ([0.5, 1, 1], "a label is 0.5"),
        ([float("nan"), 1, 1], "a label is nan"),
        (["a", 1, "b"], "a label is 1"),
        ([0, "a", 1], "a label is 0"),
        (np.eye(3), r"a label is an array of shape \[3\]"),
        ("abc", "the labels are text"),
        ({0: 1, 1: 1, 2: 1}, "the labels are a dict"),
        ({0, 1, 2}, "the labels are a set"),
        (np.ma.masked_array([0, 1, 1], [True, False, False]), "the labels are a masked array"),
        (5, "the labels are a int"),
        ([b"a", b"a", b"b"], "a label is b'a'"),
        (["a", "\ud800", "b"], "half a character"),
    ):
        with pytest.raises(rnnvis.RnnvisError, match=message):
            read_labels(wrong, 3)


@pytest.mark.parametrize("wrong", [2.5, True, "3", -1, None, float("nan")])
def test_lengths_are_whole_numbers(wrong: Any) -> None:
    with pytest.raises(rnnvis.RnnvisError, match="length"):
        read_sequences([[1, 2, 3]] * 2, PLAIN, lengths=[2, wrong])
    for given in (wrong, {1: 2}, np.ma.masked_array([2, 2], [True, False])):
        if given is None:
            continue
        with pytest.raises(rnnvis.RnnvisError, match="the lengths are"):
            read_sequences([[1, 2, 3]] * 2, PLAIN, lengths=given)
    same([[1, 2, 3]] * 2, PLAIN, [torch.tensor([1, 2]), torch.tensor([1])], lengths=torch.tensor([2, 1]))


@pytest.mark.parametrize("wrong", [0, -3, 2.5, True, "8", None])
@pytest.mark.parametrize("name", ["minimum_count", "frequent_count", "batch_steps"])
def test_counts_are_whole_numbers_from_one(name: str, wrong: Any) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=f"{name} is {wrong!r}"):
        check({name: wrong})
    with pytest.raises(rnnvis.RnnvisError, match=f"{name} is {wrong!r}"):
        rnnvis.record(torch.nn.GRU(2, 2), [[1]], PLAIN, **{name: wrong})
    if name != "batch_steps":
        with pytest.raises(rnnvis.RnnvisError, match=f"{name} is {wrong!r}"):
            rnnvis.import_states({"rnn.0.h": np.zeros((1, 2))}, [[1]], PLAIN, **{name: wrong})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Counter("abca"), "counts of words"),
        ({"a", "b"}, "in no order"),
        ("vocabulary.txt", "text"),
        (object(), "a object"),
    ],
)
def test_vocabularies_whose_order_says_nothing_are_refused(given: Any, message: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=f"the vocabulary is .*{message}"):
        read_vocabulary(given)


def test_saved_ids_are_read_as_they_are_said() -> None:
    rows = texts()
    states = np.random.default_rng(0).normal(size=(90, 11, 3)).astype(np.float32)
    given = first(rows).numpy()
    for tokens in (given, given.tolist()):
        for options in ({}, {"lengths": lengths(rows)}):
            found = rnnvis.import_states({"rnn.0.h": states}, tokens, PLAIN, **options)
            assert [row.tolist() for row in found.tokens] == [row.tolist() for row in rows]
    with pytest.raises(rnnvis.RnnvisError, match="masked array"):
        rnnvis.import_states({"rnn.0.h": np.ma.masked_array(states, states > 0)}, given, PLAIN, lengths=lengths(rows))
    with pytest.raises(rnnvis.RnnvisError, match="the tokens are texts"):
        rnnvis.import_states({"rnn.0.h": states}, ["a b", "c"])
