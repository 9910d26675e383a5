"""Encoders and decoders: modules that read text of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import rnnvis
from rnnvis.published.files import read
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify

SOURCE = [f"s{i}" for i in range(12)]
TARGET = [f"t{i}" for i in range(8)]


class Translator(nn.Module):
    """An encoder, and a decoder of one of three kinds, started from the encoder's last state; time first."""

    def __init__(self, kind: str = "layer") -> None:
        super().__init__()
        torch.manual_seed(0)
        self.kind = kind
        self.encoder = nn.Sequential(nn.Embedding(len(SOURCE), 4), nn.LSTM(4, 5))
        self.embedding = nn.Embedding(len(TARGET), 4)
        self.decoder = nn.LSTMCell(4, 5) if kind == "cell" else nn.LSTM(4, 5)

    def forward(self, src: torch.Tensor, trg: torch.Tensor, teacher_forcing_ratio: float = 0.5) -> None:
        _, state = self.encoder(src)
        x = self.embedding(trg)
        if self.kind == "cell":
            state = state[0][0], state[1][0]
            for t in range(len(trg)):
                state = self.decoder(x[t], state)
        elif self.kind == "loop":
            for t in range(len(trg) - 1):
                word = x[t] if torch.rand(1).item() < teacher_forcing_ratio else 0 * x[t]
                _, state = self.decoder(word[None], state)
        else:
            self.decoder(x, state)


def pairs(seed: int = 0, count: int = 50) -> tuple[list[list[int]], list[list[int]]]:
    random = np.random.default_rng(seed)
    drawn = [[random.integers(0, n, random.integers(1, 9)).tolist() for _ in range(count)] for n in (12, 8)]
    return drawn[0], drawn[1]


def by_hand(model: Translator, sources: list[list[int]], targets: list[list[int]]) -> dict[str, np.ndarray]:
    """Mean change of every unit at every word, one pair at a time."""
    found = {}
    sums = {"encoder": np.zeros((len(SOURCE), 5)), "decoder": np.zeros((len(TARGET), 5))}
    counts = {"encoder": np.zeros(len(SOURCE)), "decoder": np.zeros(len(TARGET))}
    with torch.no_grad():
        for source, target in zip(sources, targets, strict=True):
            states, (h, c) = model.encoder(torch.tensor(source)[:, None])
            before = torch.cat([torch.zeros(1, 5), states[:-1, 0]])
            np.add.at(sums["encoder"], source, (states[:, 0] - before).numpy())
            x = model.embedding(torch.tensor(target))
            h, c = h[0], c[0]
            for t, word in enumerate(target):
                start = h
                if model.kind == "cell":
                    h, c = model.decoder(x[t][None], (h, c))
                else:
                    _, (h1, c1) = model.decoder(x[t][None, None], (h[None], c[None]))
                    h, c = h1[0], c1[0]
                sums["decoder"][word] += (h - start)[0].numpy()
            np.add.at(counts["encoder"], source, 1)
            np.add.at(counts["decoder"], target, 1)
    for name, total in sums.items():
        found[name] = total / np.maximum(counts[name], 1)[:, None]
    return found


@pytest.mark.parametrize("kind", ["layer", "loop", "cell"])
def test_both_sides_are_recorded_with_their_own_words(kind: str) -> None:
    model = Translator(kind)
    sources, targets = pairs()
    recording = rnnvis.record(model, sources, SOURCE, tokens={"decoder": rnnvis.Tokens(targets, TARGET)})
    wanted = by_hand(model, sources, targets)
    assert set(recording.states) == {"encoder.1.0.h", "encoder.1.0.c"}
    decoder = recording.readings["decoder"]
    assert set(decoder.states) == {"decoder.0.h", "decoder.0.c"}
    assert (recording.words, decoder.words) == (tuple(SOURCE), tuple(TARGET))
    np.testing.assert_allclose(recording.responses["encoder.1.0.h"].mean, wanted["encoder"], atol=1e-6)
    np.testing.assert_allclose(recording.responses["decoder.0.h"].mean, wanted["decoder"], atol=1e-6)
    counts = recording.responses["decoder.0.h"].count
    np.testing.assert_array_equal(counts, np.bincount(np.concatenate(targets), minlength=len(TARGET)))


def test_both_sides_are_published_as_datasets_of_one_folder(tmp_path: Path) -> None:
    sources, targets = pairs()
    recording = rnnvis.record(
        Translator(), sources, SOURCE, ["a", "b"] * 25, tokens={"decoder": rnnvis.Tokens(targets, TARGET)}
    )
    said = recording.publish(tmp_path, name="translator", dataset="pairs", largest_k=3)
    assert '50 sentences of "pairs" and 50 sentences of "pairs, decoder" can be read there' in said
    assert verify(tmp_path).problems == []
    source, target = read_manifest(tmp_path)["datasets"]
    assert (source["name"], target["name"]) == ("pairs", "pairs, decoder")
    assert [d["models"][0]["title"] for d in (source, target)] == ["translator", "translator"]
    texts = read("words", [tmp_path / f["path"] for f in target["tables"]["words"]["files"]])
    assert texts["text"].to_pylist() == TARGET
    rows = read("sentences", [tmp_path / f["path"] for f in target["tables"]["sentences"]["files"]])
    assert [list(row) for row in rows["tokens"].to_pylist()] == targets
    assert (source.get("source"), target["source"]) == (None, "pairs")
    before = read("sentences", [tmp_path / f["path"] for f in source["tables"]["sentences"]["files"]])
    assert [list(row) for row in before["tokens"].to_pylist()] == sources
    assert rows["key"].to_pylist() == before["key"].to_pylist()


def test_a_vocabulary_is_shared_where_none_is_given_and_a_module_around_it_names_the_decoder() -> None:
    class Around(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Translator()

        def forward(self, src: torch.Tensor, trg: torch.Tensor) -> None:
            self.inner(src, trg)

    sources, targets = pairs()
    recording = rnnvis.record(Around(), sources, SOURCE, tokens={"inner.decoder": targets})
    assert recording.readings["inner.decoder"].words == tuple(SOURCE)
    assert set(recording.responses) == {
        *("inner.encoder.1.0.h", "inner.encoder.1.0.c", "inner.decoder.0.h", "inner.decoder.0.c")
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokens": {"decode": [[1]] * 50}}, r'tokens names "decode", which is no recurrent module'),
        ({"tokens": {"decoder": [[1]] * 3}}, r'tokens\["decoder"\] has 3 rows for 50 sequences'),
        ({"tokens": {"decoder": [[99]] * 50}}, r'tokens\["decoder"\]: sequence 0 holds the id 99'),
        (
            {"forward": lambda m, b: m(b.ids.T, b.tokens["decoder"].ids.T[::2])},
            r'what "decoder" reads stays the same when word 2 of \d+ is changed',
        ),
        ({"forward": lambda m, b: m.encoder(b.ids.T)}, r'"decoder" did not run, though tokens says what it reads'),
    ],
)
def test_what_is_wrong_names_the_module_and_the_fix(change: dict[str, Any], message: str) -> None:
    sources, targets = pairs()
    targets = [target * 2 for target in targets]
    arguments = {"tokens": {"decoder": rnnvis.Tokens(targets, TARGET)}, **change}
    with pytest.raises(rnnvis.RnnvisError, match=message) as error:
        rnnvis.record(Translator(), sources, SOURCE, **arguments)
    assert error.value.fix
