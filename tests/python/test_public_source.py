"""Models with recurrent code of their own: a StateSource, its matrices and its attention."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import nn

import rnnvis
from rnnvis.published.files import read
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify

WORDS = [f"w{i}" for i in range(12)]


def sentences(count: int = 60) -> list[list[int]]:
    random = np.random.default_rng(0)
    return [random.integers(0, len(WORDS), random.integers(1, 9)).tolist() for _ in range(count)]


class Wrapped(nn.Module):
    """A GRU that tells its states itself, so that they can be compared with those that hooks see."""

    bounded = ("rnn.0.h",)

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(len(WORDS), 4)
        self.cell = nn.GRUCell(4, 5)
        self.dropout = nn.Dropout(0.5)
        self.states = {"rnn.0.h": 5}

    def steps(self, batch: rnnvis.Batch) -> Any:
        h = torch.zeros(len(batch.ids), 5)
        for x in self.dropout(self.embedding(batch.ids)).unbind(dim=1):
            h = self.cell(x, h)
            yield {"rnn.0.h": h}


class Hooked(nn.Module):
    def __init__(self, source: Wrapped) -> None:
        super().__init__()
        self.embedding, self.rnn = source.embedding, nn.GRU(4, 5, batch_first=True)
        self.rnn.load_state_dict({f"{name}_l0": value for name, value in source.cell.state_dict().items()})

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.rnn(self.embedding(ids))[0]


def test_a_source_is_measured_as_a_layer_is_and_left_as_it_was() -> None:
    source = Wrapped().train()
    assert isinstance(source, rnnvis.StateSource)
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    ours = rnnvis.record(source, sentences(), WORDS)
    torch.testing.assert_close(torch.rand(2), wanted, rtol=0, atol=0)
    assert all(module.training for module in source.modules())
    theirs = rnnvis.record(Hooked(source), sentences(), WORDS)
    for name in ("mean", "count", "standard_error"):
        a, b = (getattr(r.responses["rnn.0.h"], name) for r in (ours, theirs))
        np.testing.assert_allclose(a, b, atol=1e-6)
    np.testing.assert_allclose(ours.units["rnn.0.h"].saturation, theirs.units["rnn.0.h"].saturation)
    assert ours.attention is None


class Plain:
    """No module: states are NumPy arrays, memory is a matrix, attention is pooled or paid at every step."""

    states: ClassVar[dict[str, Any]] = {"memory.0.M": (3, 2)}

    def __init__(self, pooled: bool = True) -> None:
        random = np.random.default_rng(1)
        self.write, self.pooled = random.normal(size=(len(WORDS), 3, 2)), pooled

    def steps(self, batch: rnnvis.Batch) -> Any:
        memory = np.zeros((len(batch.ids), 3, 2))
        for ids in batch.ids.numpy().T:
            memory = 0.5 * memory + self.write[ids]
            yield {"memory.0.M": memory}

    def attention(self, batch: rnnvis.Batch) -> np.ndarray:
        steps = batch.ids.shape[1]
        real = np.arange(steps) < batch.lengths.numpy()[:, None]
        score = (1.0 + batch.ids.numpy()) * real
        if self.pooled:
            return score / score.sum(1, keepdims=True)
        seen = np.tril(np.ones((steps, steps)))[None] * score[:, None, :]
        return seen / seen.sum(2, keepdims=True)


def test_matrices_are_summarised_by_norms_and_singular_values() -> None:
    source, text = Plain(), sentences()
    recording = rnnvis.record(source, text, WORDS)
    reductions = {
        "rows": lambda m: np.sqrt((m**2).sum(1)),
        "columns": lambda m: np.sqrt((m**2).sum(0)),
        "singular": lambda m: np.linalg.svd(m, compute_uv=False),
    }
    assert set(recording.states) == {f"memory.0.M_{name}" for name in reductions}
    for name, reduce in reductions.items():
        total: dict[int, Any] = {}
        for ids in text:
            memory, before = np.zeros((3, 2)), reduce(np.zeros((3, 2)))
            for word in ids:
                memory = 0.5 * memory + source.write[word]
                total.setdefault(word, []).append(reduce(memory) - before)
                before = reduce(memory)
        mean = recording.responses[f"memory.0.M_{name}"].mean
        for word, changes in total.items():
            np.testing.assert_allclose(mean[word], np.mean(changes, axis=0), atol=1e-6)


@pytest.mark.parametrize("pooled", [True, False])
def test_attention_is_published_position_by_position(pooled: bool, tmp_path: Path) -> None:
    text = sentences()
    rnnvis.record(Plain(pooled), text, WORDS).publish(tmp_path, largest_k=2)
    assert verify(tmp_path).problems == []
    [dataset] = read_manifest(tmp_path)["datasets"]
    files = dataset["models"][0]["tables"]["attention"]["files"]
    rows = read("attention", [tmp_path / file["path"] for file in files]).to_pylist()
    wanted = [(n, step) for n, ids in enumerate(text) for step in ([len(ids) - 1] if pooled else range(len(ids)))]
    assert [(row["sentence_id"], row["step"]) for row in rows] == wanted
    for row in rows:
        ids = np.array(text[row["sentence_id"]])
        score = (1.0 + ids) * (np.arange(len(ids)) <= row["step"])
        np.testing.assert_allclose(row["weight"], score / score.sum(), rtol=1e-3)


def test_without_text_no_attention_is_left(tmp_path: Path) -> None:
    rnnvis.record(Plain(), sentences(), WORDS).publish(tmp_path, text=False, largest_k=2)
    assert "attention" not in read_manifest(tmp_path)["datasets"][0]["models"][0]["tables"]


def changed(**attributes: Any) -> Any:
    return type("Changed", (Plain,), attributes)()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (changed(states={}), r"Changed.states names no state"),
        (changed(states={"memory": 3}), r'a state is called "memory"'),
        (changed(states={"memory.0.M": (1, 2, 3)}), r'"memory.0.M" has the size \(1, 2, 3\)'),
        (changed(states={"memory.0.M": 4}), r'"memory.0.M" is \[\d+, 3, 2\] at step 1, where \[\d+, 4\] is wanted'),
        (changed(states={"memory.0.h": 4}), r'step 1 has no state "memory.0.h"'),
        (changed(steps=lambda self, batch: iter(())), r"Changed.steps yielded 0 steps for sequences of 8"),
        (changed(attention=lambda self, batch: np.ones(3)), r"attention is \[3\] for a batch of \d+ × 8 ids"),
        (
            changed(attention=lambda self, batch: np.ones((*batch.ids.shape, 3))),
            r"attention is \[\d+, 8, 3\](?s:.*)a decoder's weights over its source cannot be shown",
        ),
        (changed(attention=lambda self, batch: -1.0 * np.ones(batch.ids.shape)), r"attention holds weights below 0"),
    ],
)
def test_what_is_wrong_with_a_source_is_named(source: Any, message: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=message) as error:
        rnnvis.record(source, sentences(), WORDS)
    assert error.value.fix


def test_forward_and_tokens_are_refused_of_a_source_and_anything_else_is_no_model() -> None:
    with pytest.raises(rnnvis.RnnvisError, match="Plain is a StateSource"):
        rnnvis.record(Plain(), sentences(), WORDS, forward=lambda model, batch: None)
    with pytest.raises(rnnvis.RnnvisError, match="int is no torch module"):
        rnnvis.record(3, sentences(), WORDS)  # type: ignore[arg-type]
