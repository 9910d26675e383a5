"""What of each word is in the answers of any recorded model, against gates by hand; its table and its checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from torch import Tensor, nn

import rnnvis
from rnnvis.api.recording import Recording
from rnnvis.measures.outputs.deletion import AGREEMENT
from rnnvis.published import files
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from tests.python.answering import WORDS, Reader, odds, sentences

VOCABULARY = [f"w{i}" for i in range(WORDS)]
LEFT_OUT = "What of each word is still in the answer is left out: "


def recorded(model: nn.Module, count: int = 2, **options: Any) -> Recording:
    options.setdefault("classes", [f"class {i}" for i in range(count)])
    return rnnvis.record(
        model.eval(), sentences(), VOCABULARY, forward=lambda m, b: m(b.ids, b.lengths), frequent_count=5, **options
    )


class Ends(Reader):
    """Reads each direction where it ends."""

    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        h = final[0] if isinstance(final, tuple) else final
        return self.fc(torch.cat([h[0], h[1]], dim=1))


class Tagger(Reader):
    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        return self.fc(output)


class Mean(Reader):
    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        mask = (torch.arange(output.shape[1]) < lengths[:, None])[..., None]
        return self.fc((output * mask).sum(dim=1) / lengths[:, None])


class Curved(Reader):
    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        return self.fc(torch.tanh(4 * self.last(output, lengths)))


def direction(model: Reader, words: np.ndarray, back: bool = False) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Of each step that one direction takes, in the order of its steps: share kept, what is written, and o ⊙ tanh(c)/c
    (1 of a GRU), by the formulas of torch's documentation."""
    end = "_l0_reverse" if back else "_l0"
    w, u, b, d = (getattr(model.rnn, f"{of}{end}").detach() for of in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    x = model.embedding(torch.from_numpy(words[::-1].copy() if back else words)).detach()
    size = model.rnn.hidden_size
    h = c = torch.zeros(size, dtype=torch.float64)
    found: tuple[list[Tensor], list[Tensor], list[Tensor]] = ([], [], [])
    for t in range(len(words)):
        a, r = w @ x[t] + b, u @ h + d
        if isinstance(model.rnn, nn.GRU):
            reset, z = torch.sigmoid(a[:size] + r[:size]), torch.sigmoid((a + r)[size : 2 * size])
            n = torch.tanh(a[2 * size :] + reset * r[2 * size :])
            h = (1 - z) * n + z * h
            step = z, (1 - z) * n, torch.ones(size)
        else:
            i, f, g, o = (a + r).chunk(4)
            i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
            c = f * c + i * g
            h = o * torch.tanh(c)
            step = f, i * g, h / c
        for of, value in zip(found, step, strict=True):
            of.append(value)
    return found


def left(steps: tuple[list[Tensor], list[Tensor], list[Tensor]], t: int, v: Tensor) -> np.ndarray:
    """What of each step up to `t` is in v · h_t: products, one by one."""
    kept, written, opened = steps
    parts = []
    for i in range(t + 1):
        value = written[i]
        for j in range(i + 1, t + 1):
            value = kept[j] * value
        parts.append(float(v @ (opened[t] * value)))
    return np.array(parts)


def contrast(weight: Tensor) -> Tensor:
    return torch.from_numpy(np.asarray(odds(weight.detach().T.numpy()))).T


@pytest.mark.parametrize("cell", ["GRU", "LSTM"])
@pytest.mark.parametrize("classes", [2, 3])
def test_parts_of_every_score_after_every_step_are_those_by_hand(cell: str, classes: int) -> None:
    model = Reader(cell, classes)
    recording = recorded(model, classes)
    found = recording.answer_memory
    assert found is not None
    v, bias = contrast(model.fc.weight), contrast(model.fc.bias[:, None])[:, 0]
    scores = [1] if classes == 2 else [0, 1, 2]
    assert len(found.step) == len(scores) * recording.steps
    for i in range(0, len(found.step), 7):
        words, t = sentences()[found.sentence_id[i]], int(found.step[i])
        k = scores.index(int(found.of_class[i]))
        part = found.part[found.starts[i] : found.starts[i + 1]]
        np.testing.assert_allclose(part, left(direction(model, words), t, v[k]), atol=1e-6)
        assert found.rest[i] == pytest.approx(float(bias[k]), abs=1e-6)
        with torch.no_grad():
            said = model(torch.from_numpy(words[: t + 1])[None], torch.tensor([t + 1])).numpy()
        assert found.answer[i] == pytest.approx(odds(said)[0, k], abs=1e-5)


@pytest.mark.parametrize("cell", ["GRU", "LSTM"])
@pytest.mark.parametrize("kind", [Ends, Reader])
def test_two_directions_are_summed_as_the_answer_reads_them(cell: str, kind: type[Reader]) -> None:
    """Each where it ends, or both at the last word, where the backward one has read that word alone."""
    model = kind(cell, 2, bidirectional=True)
    recording = recorded(model)
    found = recording.answer_memory
    assert found is not None
    lengths = np.array([len(row) for row in sentences()])
    np.testing.assert_array_equal(found.step, lengths - 1)
    forth, back = contrast(model.fc.weight)[0].split(6)
    for i, words in enumerate(sentences()):
        last = len(words) - 1
        expected = left(direction(model, words), last, forth)
        if kind is Ends:
            expected += left(direction(model, words, back=True), last, back)[::-1]
        else:
            expected[-1] += left(direction(model, words, back=True), 0, back)[0]
        part = found.part[found.starts[i] : found.starts[i + 1]]
        np.testing.assert_allclose(part, expected, atol=1e-6)
        with torch.no_grad():
            said = odds(model(torch.from_numpy(words)[None], torch.tensor([len(words)])).numpy())[0, 0]
        assert part.sum() + found.rest[i] == pytest.approx(said, abs=1e-5)


def test_a_tagger_of_two_directions_has_parts_of_words_on_both_sides() -> None:
    model = Tagger("GRU", 2, bidirectional=True)
    tags = [[f"t{w % 2}" for w in row] for row in sentences()]
    found = recorded(model, labels=tags, classes=["t0", "t1"]).answer_memory
    assert found is not None
    forth, back = contrast(model.fc.weight)[0].split(6)
    row = int(np.flatnonzero((found.sentence_id == 2) & (found.step == 1))[0])
    words = sentences()[2]
    expected = np.zeros(len(words))
    expected[:2] = left(direction(model, words), 1, forth)
    expected[1:] += left(direction(model, words, back=True), len(words) - 2, back)[::-1]
    np.testing.assert_allclose(found.part[found.starts[row] : found.starts[row + 1]], expected, atol=1e-6)


class Speaker(Reader):
    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        return self.fc(output)


def test_of_a_model_that_says_the_next_word_the_word_that_came_is_taken_apart() -> None:
    model = Speaker("LSTM", WORDS)
    found = rnnvis.record(
        model.eval(), sentences(), VOCABULARY, forward=lambda m, b: m(b.ids, b.lengths), frequent_count=5
    ).answer_memory
    assert found is not None
    v, bias = contrast(model.fc.weight), contrast(model.fc.bias[:, None])[:, 0]
    for i in range(0, len(found.step), 11):
        words, t = sentences()[found.sentence_id[i]], int(found.step[i])
        came = int(words[t + 1])
        assert found.of_class[i] == came
        part = found.part[found.starts[i] : found.starts[i + 1]]
        np.testing.assert_allclose(part, left(direction(model, words), t, v[came]), atol=1e-6)
        assert found.rest[i] == pytest.approx(float(bias[came]), abs=1e-6)


def projected() -> Reader:
    model = Reader("LSTM", 2, units=8, proj_size=6)
    model.fc = nn.Linear(6, 2).double()
    return model


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (Reader("RNN", 2), "rnn.0.h is kept by no gate."),
        (Curved("GRU", 2), "the answer is no weighted sum of the states that it reads."),
        (Mean("GRU", 2), "the answer reads the mean of the states, not the last ones."),
        (projected(), "rnn.0.h is kept by no gate."),
    ],
)
def test_where_there_are_none_it_is_said_once_why(model: Reader, why: str) -> None:
    recording = recorded(model)
    assert recording.answer_memory is None
    assert [note for note in recording.notes if note.startswith(LEFT_OUT)] == [LEFT_OUT + why]


def test_agreement_with_leaving_words_out_is_that_of_running_without_them() -> None:
    model = Reader("GRU", 2)
    labels = [i % 2 for i in range(len(sentences()))]
    recording = recorded(model, labels=labels)
    found = recording.answer_memory
    assert found is not None
    assert recording.effects is not None
    lost, parts, pushes = [], [], []
    starts = np.cumsum([0, *map(len, sentences())])

    def score(words: np.ndarray) -> float:
        with torch.no_grad():
            return float(odds(model(torch.from_numpy(words)[None], torch.tensor([len(words)])).numpy())[0, 0])

    for number, words in enumerate(sentences()):
        last = int(np.flatnonzero((found.sentence_id == number) & (found.step == len(words) - 1))[0])
        for w in range(len(words) if len(words) > 1 else 0):
            lost.append(score(words) - score(np.delete(words, w)))
            parts.append(found.part[found.starts[last] + w])
            pushes.append(recording.effects.pushes[starts[number] + w, 0])
    told = found.deletion
    assert told is not None
    assert told.words == len(lost)
    assert told.sentences == sum(len(row) > 1 for row in sentences())
    assert told.parts[0] == pytest.approx(np.corrcoef(parts, lost)[0, 1], abs=1e-6)
    assert told.pushes[0] == pytest.approx(np.corrcoef(pushes, lost)[0, 1], abs=1e-6)
    assert 0 < told.parts[1] < 1


@pytest.fixture
def published(tmp_path: Path) -> Path:
    labels = [i % 2 for i in range(len(sentences()))]
    recorded(Reader("LSTM", 2), labels=labels).publish(tmp_path, "lstm", ablation=False, largest_k=3)
    return tmp_path


def test_the_table_is_published_with_its_agreement_and_verified(published: Path) -> None:
    assert verify(published).problems == []
    tables = read_manifest(published)["datasets"][0]["models"][0]["tables"]
    rows = pq.read_table(published / tables["answer_memory"]["files"][0]["path"])
    sums = np.array([np.sum(part, dtype=np.float64) for part in rows["part"].to_pylist()]) + rows["rest"].to_numpy()
    np.testing.assert_allclose(sums, rows["answer"].to_numpy(), atol=2e-3)
    steps = pq.read_table(published / tables["steps"]["files"][0]["path"])
    p = np.array(steps["p_class"].to_pylist())
    np.testing.assert_allclose(rows["answer"].to_numpy(), np.log(p[:, 1] / p[:, 0]), atol=1e-5)
    figures = pq.read_table(published / tables["metrics"]["files"][0]["path"]).to_pylist()
    subjects = [row["subject"] for row in figures if row["measure"] == AGREEMENT]
    assert subjects == ["parts of the answer", "pushes"]


@pytest.mark.parametrize("wrong", ["part", "answer", "length"])
def test_verify_names_parts_that_do_not_make_the_answer(
    published: Path, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = read_manifest(published)
    entry = manifest["datasets"][0]["models"][0]["tables"]["answer_memory"]
    path = published / entry["files"][0]["path"]
    columns = pq.read_table(path).to_pydict()
    sentence, step = columns["sentence_id"][5], columns["step"][5]
    if wrong == "length":
        columns["part"][5] = [*columns["part"][5], np.float16(0), np.float16(0), *[np.float16(0)] * 20]
    else:
        columns["part"][5][0] += np.float16(1)
    if wrong == "answer":
        columns["answer"][5] += 1.0
    said = {
        "length": f"entries of sentence {sentence}, step {step}, class 1, where there must be",
        "part": f"the parts of sentence {sentence}, step {step}, class 1 do not sum to its answer",
        "answer": f"of sentence {sentence}, step {step}, class 1, where steps say",
    }[wrong]
    files.write("answer_memory", columns, published / "new")
    from rnnvis.published import agreement

    read = files.read

    def altered(name: str, paths: Any, wanted: Any = None) -> Any:
        return read(name, [published / "new" / "answer_memory.0.parquet"] if name == "answer_memory" else paths, wanted)

    monkeypatch.setattr(agreement.files, "read", altered)
    found = [*agreement.problems(manifest, published)]
    assert len(found) == 1
    assert said in found[0]
