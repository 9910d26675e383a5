"""Models with recurrent code of their own: a StateSource, its matrices and its attention."""

from __future__ import annotations

from itertools import pairwise
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
        (changed(states={"memory.0.M": (1, 2, 3, 4)}), r'"memory.0.M" has the size \(1, 2, 3, 4\)'),
        (changed(states={"memory.0.M": 4}), r'"memory.0.M" is \[\d+, 3, 2\] at step 1, where \[\d+, 4\] is wanted'),
        (changed(states={"memory.0.h": 4}), r'step 1 has no state "memory.0.h"'),
        (changed(steps=lambda self, batch: iter(())), r"Changed.steps yielded 0 steps for sequences of 8"),
        (changed(attention=lambda self, batch: np.ones(3)), r"attention is \[3\] for a batch of \d+ × 8 ids"),
        (
            changed(attention=lambda self, batch: np.ones((*batch.ids.shape, 3))),
            r"attention is \[\d+, 8, 3\](?s:.*)a decoder's weights over its source cannot be shown",
        ),
        (changed(attention=lambda self, batch: -1.0 * np.ones(batch.ids.shape)), r"attention holds weights below 0"),
        (changed(attention=lambda self, batch: 1e5 * np.ones(batch.ids.shape)), r"attention holds the weight 1e\+05"),
        (changed(attention=lambda self, batch: 0.5 * np.ones(batch.ids.shape)), r"a weight of 0.5 to padding"),
        (
            changed(attention=lambda self, batch: np.ones((*batch.ids.shape, batch.ids.shape[1]))),
            r"a weight of 1 to padding",
        ),
        (changed(states={"memory.0.M": (3.0, 2)}), r'"memory.0.M" has the size \(3.0, 2\)'),
        (changed(states=["memory.0.M"]), r"Changed.states is a list"),
        (changed(states={"memory.0.M": True}), r'"memory.0.M" has the size True'),
        (changed(steps=lambda self, batch: torch.zeros(3)), r"Changed.steps yields a Tensor at step 1"),
        (changed(initial=lambda self: {}), r"Changed.initial: too many positional arguments"),
        (changed(bounded="memory.0.M_rows"), r"Changed.bounded is text"),
        (changed(bounded=("memory.0.M",)), r"Changed.bounded names 'memory.0.M', which is no state"),
        (changed(bounded=("memory.0.M_rows",)), r'"memory.0.M_rows" is said to be bounded, and reaches'),
        (changed(initial={"memory.0.m": 0}), r"Changed.initial names 'memory.0.m'"),
        (changed(initial=np.zeros((3, 2))), r"Changed.initial is a ndarray"),
        (changed(initial={"memory.0.M": np.zeros(6)}), r'the initial "memory.0.M" is \[6\]; \[3, 2\] or'),
        (
            changed(initial={"memory.0.M": np.full((3, 2), np.nan)}),
            r'the initial "memory.0.M" holds values that are no',
        ),
        (changed(initial={"memory.0.M": np.zeros((3, 2), complex)}), r'"memory.0.M" holds complex numbers before the'),
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


class Both(nn.Module):
    """A bidirectional GRU whose states are handed out, backward ones by their name."""

    states: ClassVar[dict[str, Any]] = {"rnn.0.h": 4, "rnn.0.reverse.h": 4}
    bounded = ("rnn.0.h", "rnn.0.reverse.h")

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.embedding, self.rnn = nn.Embedding(len(WORDS), 4), nn.GRU(4, 4, bidirectional=True, batch_first=True)

    def steps(self, batch: rnnvis.Batch) -> Any:
        h = torch.zeros(*batch.ids.shape, 8)
        for row, length in enumerate(batch.lengths.tolist()):
            h[row, :length] = self.rnn(self.embedding(batch.ids[row : row + 1, :length]))[0]
        for t in range(batch.ids.shape[1]):
            yield {"rnn.0.h": h[:, t, :4], "rnn.0.reverse.h": h[:, t, 4:]}


class Watched(nn.Module):
    def __init__(self, source: Both) -> None:
        super().__init__()
        self.embedding, self.rnn = source.embedding, source.rnn

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.rnn(self.embedding(ids))[0]


def test_a_backward_state_changes_against_the_step_behind_it(tmp_path: Path) -> None:
    source, text, labels = Both(), sentences(), [n % 2 for n in range(60)]
    ours = rnnvis.record(source, text, WORDS, labels)
    theirs = rnnvis.record(Watched(source), text, WORDS, labels)
    for name in source.states:
        np.testing.assert_allclose(ours.responses[name].mean, theirs.responses[name].mean, atol=1e-6)
        np.testing.assert_allclose(ours.units[name].time_scale, theirs.units[name].time_scale, rtol=1e-4)
    with torch.no_grad():
        states = [source.rnn(source.embedding(torch.tensor([ids])))[0][0, :, 4:].double().numpy() for ids in text]
    total, uses = np.zeros((len(WORDS), 4)), np.zeros((len(WORDS), 1))
    pairs, change, kept = [], [], []
    for ids, h in zip(text, states, strict=True):
        before = np.concatenate([h[1:], np.zeros((1, 4))])
        np.add.at(total, ids, h - before)
        np.add.at(uses, ids, 1)
        pairs += pairwise(h)
        change.append(np.abs(h - before).mean(axis=1))
        kept += [np.minimum(abs(a), abs(b))[a * b > 0].sum() / abs(b).sum() for a, b in pairwise(h)]
    record = ours.states["rnn.0.reverse.h"]
    np.testing.assert_allclose(record.responses.mean, total / np.maximum(uses, 1), atol=1e-6)
    a, b = np.array(pairs).transpose(1, 0, 2)
    rho = [np.corrcoef(a[:, i], b[:, i])[0, 1] for i in range(4)]
    np.testing.assert_allclose(record.units.time_scale, [-1 / np.log(r) if r > 0 else np.nan for r in rho], rtol=1e-3)
    np.testing.assert_allclose(record.last, [h[0] for h in states], atol=1e-6)
    ours.publish(tmp_path, largest_k=2)
    state = read_manifest(tmp_path)["datasets"][0]["models"][0]["states"][1]
    files = [tmp_path / file["path"] for file in state["tables"]["state_measures"]["files"]]
    figures = {row["measure"]: row["value"] for row in read("state_measures", files).to_pylist()}
    assert figures["change_per_step"] == pytest.approx(np.concatenate(change).mean(), rel=1e-3)
    assert figures["kept_per_step"] == pytest.approx(np.mean(kept), rel=1e-3)


@pytest.mark.parametrize("form", ["mapping of rows", "of each sentence"])
def test_a_source_says_what_its_sentences_start_from(form: str, tmp_path: Path) -> None:
    text = sentences()
    start = np.arange(1.0, 7.0).reshape(3, 2)

    def of_batch(self: Any, batch: rnnvis.Batch) -> dict[str, Any]:
        return {"memory.0.M": torch.tensor(start) * (1 + batch.rows[:, None, None])}

    source = changed(initial=of_batch if form == "of each sentence" else {"memory.0.M": start})
    recording = rnnvis.record(source, text, WORDS)
    changes: dict[int, list[np.ndarray]] = {}
    for number, ids in enumerate(text):
        memory, before = np.zeros((3, 2)), start * (1 + number if form == "of each sentence" else 1)
        for word in ids:
            memory = 0.5 * memory + source.write[word]
            changes.setdefault(word, []).append(np.sqrt((memory**2).sum(1)) - np.sqrt((before**2).sum(1)))
            before = memory
    mean = recording.responses["memory.0.M_rows"].mean
    for word, of in changes.items():
        np.testing.assert_allclose(mean[word], np.mean(of, axis=0), rtol=1e-5)
    recording.publish(tmp_path, largest_k=2)
    assert verify(tmp_path).problems == []
    state = read_manifest(tmp_path)["datasets"][0]["models"][0]["states"][0]
    rows = read("states", [tmp_path / file["path"] for file in state["tables"]["states"]["files"]]).to_pylist()
    first = next(row["value"] for row in rows if row["sentence_id"] == 3 and row["step"] == -1)
    np.testing.assert_allclose(
        first, np.linalg.norm(start, axis=1) * (4 if form != "mapping of rows" else 1), rtol=1e-3
    )


def test_a_backward_state_starts_at_the_last_word_from_what_it_is_given() -> None:
    source = Both()
    source.initial = {"rnn.0.reverse.h": torch.full((4,), 0.5)}  # type: ignore[assignment]
    plain, started = rnnvis.record(Both(), [[1, 2, 3]], WORDS), rnnvis.record(source, [[1, 2, 3]], WORDS)
    before, after = (r.responses["rnn.0.reverse.h"].mean for r in (plain, started))
    np.testing.assert_allclose(after[3], before[3] - 0.5, atol=1e-6)
    np.testing.assert_array_equal(after[:3], before[:3])
    np.testing.assert_allclose(started.states["rnn.0.reverse.h"].before, [[0.5] * 4])
    np.testing.assert_array_equal(started.responses["rnn.0.h"].mean, plain.responses["rnn.0.h"].mean)


def test_heads_have_the_units_of_their_matrices_head_after_head() -> None:
    random, text = np.random.default_rng(2), sentences()
    write = random.normal(size=(len(WORDS), 2, 3, 4))

    class Heads(Plain):
        states: ClassVar[dict[str, Any]] = {"mlstm.0.C": (2, 3, 4)}
        attention = None  # type: ignore[assignment]

        def steps(self, batch: rnnvis.Batch) -> Any:
            memory = np.zeros((len(batch.ids), 2, 3, 4))
            for ids in batch.ids.numpy().T:
                memory = 0.5 * memory + write[ids]
                yield {"mlstm.0.C": memory}

    recording = rnnvis.record(Heads(), text, WORDS)
    assert [len(recording.units[f"mlstm.0.C_{how}"].mean) for how in ("rows", "columns", "singular")] == [6, 8, 6]
    values = {how: [] for how in ("rows", "columns", "singular")}  # type: ignore[var-annotated]
    for ids in text:
        memory = np.zeros((2, 3, 4))
        for word in ids:
            memory = 0.5 * memory + write[word]
            for head in memory:
                values["rows"].append(np.linalg.norm(head, axis=1))
                values["columns"].append(np.linalg.norm(head, axis=0))
                values["singular"].append(np.linalg.svd(head, compute_uv=False))
    for how, found in values.items():
        wanted = np.array(found).reshape(sum(map(len, text)), -1)
        np.testing.assert_allclose(recording.states[f"mlstm.0.C_{how}"].values, wanted, rtol=2e-3, atol=1e-6)


class Rotating(nn.Module):
    """A linear recurrence with complex states, told as `real` has them."""

    def __init__(self, real: Any, size: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.real, self.states = real, {"lru.0.x": size}
        self.embedding = nn.Embedding(len(WORDS), 3)
        self.decay = torch.polar(torch.full((3,), 0.9), torch.linspace(0.2, 2, 3))

    def steps(self, batch: rnnvis.Batch) -> Any:
        x = torch.zeros(len(batch.ids), 3, dtype=torch.cfloat)
        for ids in batch.ids.T:
            x = self.decay * x + self.embedding(ids)
            yield {"lru.0.x": self.real(x)}


def test_complex_states_are_refused_by_name_and_taken_in_parts_or_by_modulus(tmp_path: Path) -> None:
    text = sentences()
    with pytest.raises(rnnvis.RnnvisError, match=r'"lru.0.x" holds complex numbers at step 1') as refused:
        rnnvis.record(Rotating(lambda x: x, 3), text, WORDS)
    assert "rnnvis.parts(x)" in refused.value.fix
    assert "rnnvis.modulus(x)" in refused.value.fix
    model = Rotating(rnnvis.parts, 6)
    exact = []
    with torch.no_grad():
        for ids in text:
            x = torch.zeros(3, dtype=torch.cdouble)
            for word in ids:
                x = model.decay * x + model.embedding.weight[word]
                exact.append(x.numpy())
    z = np.array(exact)
    wanted = {"parts": np.concatenate([z.real, z.imag], axis=1), "modulus": abs(z)}
    for how, helper in (("parts", rnnvis.parts), ("modulus", rnnvis.modulus)):
        found = rnnvis.record(Rotating(helper, wanted[how].shape[1]), text, WORDS).states["lru.0.x"].values
        np.testing.assert_allclose(found, wanted[how], rtol=2e-3, atol=1e-4)
        np.testing.assert_allclose(helper(z), wanted[how])
        np.testing.assert_allclose(helper(torch.from_numpy(z)).numpy(), wanted[how])
        for real in (torch.ones(2), np.ones(2)):
            with pytest.raises(rnnvis.RnnvisError, match="are real"):
                helper(real)
    np.save(tmp_path / "complex.npy", z)
    torch.save({"x": torch.from_numpy(z)}, tmp_path / "complex.pt")
    for given in (z, torch.from_numpy(z), str(tmp_path / "complex.npy"), str(tmp_path / "complex.pt")):
        with pytest.raises(rnnvis.RnnvisError, match="complex numbers") as refused:
            rnnvis.import_states({"lru.0.x": given}, text, WORDS)
        assert "rnnvis.parts(x)" in refused.value.fix
    imported = rnnvis.import_states({"lru.0.x": rnnvis.parts(z)}, text, WORDS)
    np.testing.assert_allclose(imported.states["lru.0.x"].values, wanted["parts"], rtol=2e-3, atol=1e-4)
