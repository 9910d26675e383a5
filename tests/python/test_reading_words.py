"""Which word each step reads: shifts, words left out, orders of rows; each against stepping by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence as pack
from torch.nn.utils.rnn import pad_packed_sequence as unpack

import rnnvis

WORDS = [f"w{i}" for i in range(20)]
START, UNITS = 20, 6


def sentences(count: int = 150, shortest: int = 1) -> list[list[int]]:
    drawn = np.random.default_rng(0)
    return [drawn.integers(0, len(WORDS), drawn.integers(shortest, 10)).tolist() for _ in range(count)]


class Base(nn.Module):
    """A GRU cell and a GRU layer of the same weights, over embeddings of the words and of a start token."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(len(WORDS) + 1, 4)
        self.rnn = nn.GRU(4, UNITS, batch_first=True)

    def started(self, ids: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.full((len(ids), 1), START), ids], dim=1)


def stepped(model: Base, read: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Mean change of every unit at every word that is read, and uses, one word after the other in float64."""
    cell = nn.GRUCell(4, UNITS).double()
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in model.rnn.state_dict().items()})
    embedding = model.embedding.weight.double()
    total, uses = np.zeros((len(WORDS) + 1, UNITS)), np.zeros(len(WORDS) + 1, int)
    with torch.no_grad():
        for ids in read:
            h = torch.zeros(1, UNITS, dtype=torch.float64)
            for word in ids:
                after = cell(embedding[word][None], h)
                total[word] += (after - h)[0].numpy()
                uses[word] += 1
                h = after
    return (total / np.maximum(uses, 1)[:, None])[: len(WORDS)], uses[: len(WORDS)]


class Starts(Base):
    def forward(self, ids):
        return self.rnn(self.embedding(self.started(ids)))[0]


class StartsAndDropsTheLast(Base):
    def forward(self, ids):
        return self.rnn(self.embedding(self.started(ids)[:, :-1]))[0]


class DropsTheLast(Base):
    def forward(self, ids):
        return self.rnn(self.embedding(ids[:, :-1]))[0]


class DropsTheFirst(Base):
    def forward(self, ids):
        return self.rnn(self.embedding(ids[:, 1:]))[0]


class PackedStarts(Base):
    def forward(self, ids, lengths):
        x = pack(self.embedding(self.started(ids)), lengths + 1, batch_first=True)
        return unpack(self.rnn(x)[0], batch_first=True)[0]


class PackedStartsAndDrops(Base):
    def forward(self, ids, lengths):
        x = pack(self.embedding(self.started(ids)), lengths, batch_first=True)
        return unpack(self.rnn(x)[0], batch_first=True)[0]


class StartsAndEnds(Base):
    def forward(self, ids):
        return self.rnn(self.embedding(torch.cat([self.started(ids), torch.full((len(ids), 1), START)], dim=1)))[0]


@pytest.mark.parametrize(
    ("make", "read", "said"),
    [
        (Starts, lambda ids: [START, *ids], "takes a step before the first word"),
        (StartsAndEnds, lambda ids: [START, *ids], "takes a step before the first word"),
        (StartsAndDropsTheLast, lambda ids: [START, *ids[:-1]], "does not read the last word"),
        (DropsTheLast, lambda ids: ids[:-1], "does not read the last word"),
        (DropsTheFirst, lambda ids: ids[1:], "does not read the first word"),
        (PackedStarts, lambda ids: [START, *ids], "takes a step before the first word"),
        (PackedStartsAndDrops, lambda ids: [START, *ids[:-1]], "does not read the last word"),
    ],
)
def test_a_shift_is_found_used_and_said(
    make: Callable[[], Base], read: Callable[[list[int]], list[int]], said: str
) -> None:
    model, text = make(), sentences(shortest=2)
    mean, uses = stepped(model, [read(ids) for ids in text])
    recording = rnnvis.record(model, text, WORDS)
    found = recording.responses["rnn.0.h"]
    np.testing.assert_array_equal(found.count, uses)
    np.testing.assert_allclose(found.mean, mean, atol=1e-6)
    assert any(said in note and '"rnn"' in note for note in recording.notes)
    assert [row.tolist() for row in recording.tokens] == [[w for w in read(ids) if w != START] for ids in text]


def test_sentences_of_one_word_of_which_none_is_read_have_no_steps(tmp_path) -> None:
    text = [*sentences(shortest=2), *[[3]] * 4]
    recording = rnnvis.record(StartsAndDropsTheLast(), text, WORDS, minimum_count=1)
    mean, uses = stepped(StartsAndDropsTheLast(), [[START, *ids[:-1]] for ids in text])
    np.testing.assert_allclose(recording.responses["rnn.0.h"].mean, mean, atol=1e-6)
    assert recording.steps == uses.sum()


class Sorts(Base):
    """Packs by length as is common: sorted, and then unsorted again or not; torch.sort lets ties move."""

    def __init__(self, descending: bool = True, back: bool = True) -> None:
        super().__init__()
        self.descending, self.back = descending, back

    def forward(self, ids, lengths):
        lengths, order = torch.sort(lengths, descending=self.descending)
        x = self.embedding(ids[order])
        if self.descending:
            out, _ = unpack(self.rnn(pack(x, lengths, batch_first=True))[0], batch_first=True)
        else:
            out, _ = self.rnn(x)
        return out[order.argsort()] if self.back else out


class PackedByData(Base):
    """Builds a packed sequence anew and forgets that it had been sorted."""

    def forward(self, ids, lengths):
        x = pack(self.embedding(ids), lengths, batch_first=True, enforce_sorted=False)
        random = torch.randperm(len(ids), generator=torch.Generator().manual_seed(len(ids)))
        x = pack(self.embedding(ids)[random], lengths[random], batch_first=True, enforce_sorted=False)
        return self.rnn(nn.utils.rnn.PackedSequence(x.data, x.batch_sizes))[0]


class TurnsRows(Base):
    def forward(self, ids):
        return self.rnn(self.embedding(ids.flip(0)))[0].flip(0)


class SortsStarts(Base):
    def forward(self, ids, lengths):
        lengths, order = torch.sort(lengths, descending=True)
        x = self.embedding(self.started(ids)[order])
        return self.rnn(pack(x, lengths + 1, batch_first=True))[0]


@pytest.mark.parametrize(
    "make", [Sorts, lambda: Sorts(back=False), lambda: Sorts(descending=False), PackedByData, TurnsRows, SortsStarts]
)
def test_rows_in_another_order_are_put_back(make: Callable[[], Base]) -> None:
    model, text = make(), [*sentences(), *sentences()[:20]]
    mean, uses = stepped(model, [[START, *ids] if isinstance(model, SortsStarts) else ids for ids in text])
    recording = rnnvis.record(model, text, WORDS)
    found = recording.responses["rnn.0.h"]
    np.testing.assert_array_equal(found.count, uses)
    np.testing.assert_allclose(found.mean, mean, atol=1e-6)
    assert any("Rows change places" in note for note in recording.notes)


class SortsTwoLayers(Base):
    """A second layer in the same order, fed by the first, and a third in the order of the rows."""

    def __init__(self) -> None:
        super().__init__()
        self.second = nn.GRU(UNITS, UNITS, batch_first=True)
        self.third = nn.GRU(UNITS, UNITS, batch_first=True)

    def forward(self, ids, lengths):
        order = torch.sort(lengths, descending=True)[1]
        h = self.second(self.rnn(self.embedding(ids[order]))[0])[0]
        return self.third(h[order.argsort()])[0]


def test_layers_behind_one_whose_rows_move_are_followed() -> None:
    model, text = SortsTwoLayers(), sentences()
    together, alone = (rnnvis.record(model, text, WORDS, batch_steps=size).responses for size in (8192, 1))
    assert set(together) == {"rnn.0.h", "second.0.h", "third.0.h"}
    for name in together:
        np.testing.assert_allclose(together[name].mean, alone[name].mean, atol=1e-6)


class MovesUnseen(Base):
    """Only what the first layer says is sorted: nothing that the second reads shows which row it is."""

    def __init__(self) -> None:
        super().__init__()
        self.second = nn.GRU(UNITS, UNITS, batch_first=True)

    def forward(self, ids, lengths):
        order = torch.sort(lengths, descending=True)[1]
        return self.second(self.rnn(self.embedding(ids))[0][order])[0]


def test_rows_whose_order_cannot_be_seen_go_one_at_a_time() -> None:
    model, text = MovesUnseen(), sentences()
    together, alone = (rnnvis.record(model, text, WORDS, batch_steps=size) for size in (8192, 1))
    assert any("one at a time" in note and '"second"' in note for note in together.notes)
    for name, responses in together.responses.items():
        np.testing.assert_allclose(responses.mean, alone.responses[name].mean, atol=1e-6)
        np.testing.assert_allclose(together.states[name].values, alone.states[name].values, atol=2e-3)


class Twice(Base):
    def forward(self, ids):
        return self.rnn(self.embedding(ids.repeat_interleave(2, dim=1)))[0]


class EverySecond(Base):
    def forward(self, ids):
        return self.rnn(self.embedding(ids[:, ::2]))[0]


class Shuffled(Base):
    def forward(self, ids):
        order = torch.randperm(ids.shape[1], generator=torch.Generator().manual_seed(1))
        return self.rnn(self.embedding(ids[:, order]))[0]


class Constant(Base):
    def forward(self, ids):
        h = self.rnn(self.embedding(torch.zeros_like(ids)))[0]
        return h


class Guesses(Base):
    """Reads the start token, and from then on its own guesses."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(UNITS, len(WORDS))
        nn.init.normal_(self.out.weight, std=9)

    def forward(self, ids):
        word, h = torch.full((len(ids), 1), START), nn.functional.one_hot(ids[:, 0] % UNITS, UNITS)[None].float()
        for _ in range(ids.shape[1]):
            out, h = self.rnn(self.embedding(word), h)
            word = self.out(out).argmax(2)
        return out


class Noise(Base):
    def forward(self, ids):
        x = self.embedding(ids)
        return self.rnn(x + torch.randn_like(x))[0]


class NoisyStart(Base):
    def forward(self, ids):
        return self.rnn(self.embedding(ids), torch.randn(1, len(ids), UNITS))[0]


class SometimesGuesses(Base):
    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(UNITS, len(WORDS))

    def forward(self, ids):
        h, word = None, ids[:, :1]
        for t in range(ids.shape[1]):
            out, h = self.rnn(self.embedding(word), h)
            word = ids[:, t + 1 : t + 2] if np.random.rand() < 0.5 else self.out(out).argmax(2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Twice, r'"rnn" takes 2 steps for each word'),
        (EverySecond, r'what "rnn" reads stays the same when word 2 of 7 is changed'),
        (Shuffled, r'what "rnn" reads follows the words neither forwards nor backwards'),
        (Constant, r'what "rnn" reads stays the same whichever word is changed'),
        (Guesses, r'what "rnn" reads'),
        (Noise, r'"rnn" does not do the same twice: forward draws random numbers'),
        (NoisyStart, r'"rnn" does not do the same twice: forward draws random numbers'),
        (SometimesGuesses, r'"rnn" does not do the same twice: .*teacher forcing by chance'),
    ],
)
def test_what_follows_the_words_in_no_way_is_refused_by_name(make: Callable[[], Base], message: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=message) as error:
        rnnvis.record(make(), sentences(), WORDS)
    assert error.value.fix


class Positions(Base):
    """Embeddings of places are added to those of words."""

    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Embedding(30, 4)

    def forward(self, ids):
        return self.rnn(self.embedding(ids) + self.place(torch.arange(ids.shape[1])))[0]


class Convolved(Base):
    def __init__(self, reach: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(4, 4, 2 * reach + 1, padding=reach)

    def forward(self, ids):
        return self.rnn(self.convolution(self.embedding(ids).transpose(1, 2)).transpose(1, 2))[0]


class Stacked(Base):
    """Layers that read both ways, one on the other; the last is turned round by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.both = nn.LSTM(4, 3, bidirectional=True, batch_first=True)
        self.above = nn.LSTM(6, 4, bidirectional=True, batch_first=True)

    def forward(self, ids):
        h = self.above(self.both(self.embedding(ids))[0])[0]
        return self.rnn(h.flip(1))[0].flip(1)


@pytest.mark.parametrize("make", [Positions, Convolved, lambda: Convolved(2)])
def test_what_else_than_the_word_is_read_does_not_matter(make: Callable[[], Base]) -> None:
    model, text = make(), [ids * 2 for ids in sentences(60, shortest=4)]
    recording = rnnvis.record(model, text, WORDS, batch_steps=1)
    total, uses = np.zeros((len(WORDS), UNITS)), np.zeros(len(WORDS), int)
    with torch.no_grad():
        for ids in text:
            change = np.diff(model(torch.tensor([ids]))[0].numpy(), axis=0, prepend=np.zeros((1, UNITS)))
            np.add.at(total, ids, change)
            np.add.at(uses, ids, 1)
    found = recording.responses["rnn.0.h"]
    np.testing.assert_allclose(found.mean, total / uses[:, None], atol=1e-6)
    assert set(recording.responses) == {"rnn.0.h"}


def test_layers_above_such_as_read_both_ways_are_told_by_what_those_say_at_a_word() -> None:
    model = Stacked()
    model.rnn = nn.GRU(8, UNITS, batch_first=True)
    recording = rnnvis.record(model, sentences(), WORDS)
    assert {"both.0.h", "both.0.reverse.h", "above.0.h", "above.0.reverse.c", "rnn.0.reverse.h"} <= set(
        recording.responses
    )
    assert "rnn.0.h" not in recording.responses


class Summed(Base):
    """An autoencoder: after a start token, each step of the decoder reads a word and the code of the sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.LSTM(4, 3, batch_first=True)
        self.rnn = nn.GRU(7, UNITS, batch_first=True)

    def forward(self, ids, lengths):
        packed = pack(self.embedding(ids), lengths, batch_first=True)
        code = self.encoder(packed)[1][0][-1]
        x = self.embedding(self.started(ids))[:, :-1]
        return self.rnn(torch.cat([x, code[:, None].expand(-1, x.shape[1], -1)], dim=2))[0]


def test_a_word_is_found_beside_a_code_of_all_words() -> None:
    model, text = Summed(), sentences(shortest=2)
    total, uses = np.zeros((len(WORDS), UNITS)), np.zeros(len(WORDS), int)
    exact = Summed().double()
    with torch.no_grad():
        for ids in text:
            states = exact(torch.tensor([ids]), torch.tensor([len(ids)]))[0].numpy()
            np.add.at(total, ids[:-1], np.diff(states, axis=0))
            np.add.at(uses, ids[:-1], 1)
    recording = rnnvis.record(model, text, WORDS)
    found = recording.responses["rnn.0.h"]
    np.testing.assert_array_equal(found.count, uses)
    np.testing.assert_allclose(found.mean, total / uses[:, None], atol=1e-6)
    assert set(recording.states) == {"encoder.0.h", "encoder.0.c"}
    assert set(recording.readings["rnn"].states) == {"rnn.0.h"}


class StatesTurned(Base):
    """A second layer reads what the first said, from its last step to its first."""

    def __init__(self) -> None:
        super().__init__()
        self.back = nn.GRU(UNITS, UNITS, batch_first=True)

    def forward(self, ids):
        return self.back(self.rnn(self.embedding(ids))[0].flip(1))[0]


def test_states_that_are_read_from_the_end_are_seen_too() -> None:
    model, text = StatesTurned(), sentences()
    found = rnnvis.record(model, text, WORDS)
    assert set(found.states) == {"rnn.0.h", "back.0.reverse.h"}
    total, uses = np.zeros((len(WORDS), UNITS)), np.zeros(len(WORDS), int)
    with torch.no_grad():
        for ids in text:
            change = np.diff(model(torch.tensor([ids]))[0].numpy(), axis=0, prepend=np.zeros((1, UNITS)))
            np.add.at(total, ids[::-1], change)
            np.add.at(uses, ids, 1)
    np.testing.assert_allclose(found.responses["back.0.reverse.h"].mean, total / uses[:, None], atol=1e-6)
