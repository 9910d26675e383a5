"""Step models: made of models of many shapes, and run to the same numbers as PyTorch; refused where they cannot be."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch import nn

import rnnvis
from rnnvis.recording.holding import Hold
from rnnvis.recording.step_model import graphs
from rnnvis.recording.step_model.formulas import ACTIVATIONS
from rnnvis.recording.step_model.model import StepModel
from tests import step_models
from tests.step_models import EMBEDDING, FOLDER, LONG, TEXT, WORDS

NEAR = 1e-4
LABELS = [i % 2 for i in range(len(TEXT))]
NAMES = [f"w{i}" for i in range(WORDS)]


def recorded(model: nn.Module, **how) -> rnnvis.Recording:
    return rnnvis.record(model, TEXT, NAMES, **({"labels": LABELS} | how))


def close(a, b) -> bool:
    a, b = np.asarray(a, float), np.asarray(b, float)
    return a.shape == b.shape and bool((np.abs(a - b) <= NEAR * np.maximum(1, np.abs(b))).all())


def held(said: dict) -> Hold:
    units = np.array(said["units"])
    values = {"zero": np.zeros(len(units)), "previous": None}
    value = said.get("value", "previous")
    value = values[value] if isinstance(value, str) else np.array(value)
    return Hold(said["state"], units, value, said.get("first"), said.get("last"), scale=said.get("scale"))


@pytest.mark.parametrize("name", list(step_models.models()))
def test_files_for_the_page_run_to_what_torch_came_to(name):
    if name == "attention":
        pytest.importorskip("onnxruntime")
    model = StepModel.load(FOLDER / f"{name}.safetensors")
    cases = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    assert len(cases) > 5
    for case in cases:
        tokens = case["tokens"] if case["vectors"] is None else np.array(case["vectors"], np.float32)
        ran = model.run(tokens, [held(one) for one in case["held"]], start=case["start"])
        assert all(close(ran.states[state], of) for state, of in case["states"].items())
        assert all(close(ran.gates[gate], of) for gate, of in (case["gates"] or {}).items())
        assert close(ran.answers, case["answers"])
        assert "along" not in case or close(ran.along, case["along"])


def test_files_for_the_page_are_those_that_the_script_writes():
    recording = step_models.record("lstm")
    assert recording.step_model().serialised() == (FOLDER / "lstm.safetensors").read_bytes()
    known = json.loads((FOLDER / "lstm.json").read_text(encoding="utf-8"))["cases"]
    for case, other in zip(step_models.cases(recording), known, strict=True):
        assert case["held"] == other["held"]
        assert all(close(of, other["states"][state]) for state, of in case["states"].items())


def test_it_answers_as_ablate_does():
    recording = step_models.record("gru-2")
    model = recording.step_model()
    at = len(TEXT)
    for hold, first in (("zero", None), ("mean", 2), ("before", 3), (0.3, 1)):
        found = recording.ablate([0, 3], "rnn.0.h", hold, first, [at])
        values = {"zero": np.zeros(2), "before": None, "mean": recording.units["rnn.0.h"].mean[[0, 3]]}
        value = values[hold] if isinstance(hold, str) else np.full(2, hold)
        ran = model.run(LONG, [Hold("rnn.0.h", np.array([0, 3]), value, first)])
        assert close(ran.answers, found.after.values)
        assert close(-ran.answers[0, recording.labels.of[at]], found.after.loss[0])
        assert not close(ran.answers, found.before.values)


def test_it_answers_as_patch_does():
    recording = step_models.record("lstm")
    model = recording.step_model()
    into, of, at = len(TEXT), 11, 2
    patched = rnnvis.patch(recording, into, of, at, state=["rnn.0.h", "rnn.0.c"])
    source = model.run(recording.tokens[of])
    every = np.arange(5)
    holds = [Hold(name, every, source.states[name][at], at, at) for name in ("rnn.0.h", "rnn.0.c")]
    assert close(model.run(LONG, holds).answers, patched.after)
    assert not close(model.run(LONG).answers, patched.after)


class Stepped(nn.Module):
    """A loop over a cell, from a learned first state, after a start token."""

    def __init__(self, start: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding, self.cell, self.head = nn.Embedding(WORDS, 4), nn.LSTMCell(4, 5), nn.Linear(5, 2)
        self.first, self.start = nn.Parameter(torch.randn(2, 5)), start

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        h, c = (of.expand(len(ids), -1) for of in self.first)
        words = torch.cat([torch.full((len(ids), 1), 3), ids], dim=1) if self.start else ids
        for t in range(words.shape[1]):
            h, c = self.cell(self.embedding(words[:, t]), (h, c))
        return self.head(h)


@pytest.mark.parametrize("start", [False, True])
def test_first_states_and_start_tokens_are_where_the_model_begins(start):
    model = Stepped(start)
    recording = recorded(model)
    found = recording.step_model()
    assert found.spec["layers"][0]["initial"]["c"] is not None
    with torch.no_grad():
        wanted = model(torch.tensor([LONG])).log_softmax(dim=1)
    assert close(found.run(LONG).answers, wanted)


class Shaped(nn.Module):
    """Two layers with something between them, before them, or after them."""

    def __init__(self, before=None, between=None, after=None, head=None, read=None) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.embedding = nn.Embedding(WORDS, EMBEDDING)
        self.one, self.two = nn.GRU(EMBEDDING, 5, batch_first=True), nn.GRU(5, 5, batch_first=True)
        self.before, self.between, self.after = (of or nn.Identity() for of in (before, between, after))
        self.head = head or nn.Linear(5, 2)
        self.read = read or (lambda states: states[:, -1])

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.one(self.before(self.embedding(ids)))[0]
        return self.head(self.after(self.read(self.two(self.between(x))[0])))


class Scaled(nn.Module):
    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.by * x


class Product(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :2] * x[:, 2:4]


@pytest.mark.parametrize(
    "model",
    [
        Shaped(),
        Shaped(before=Scaled(2.0)),
        Shaped(before=nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.LayerNorm(4))),
        Shaped(between=nn.Dropout(0.5)),
        Shaped(after=nn.Sequential(nn.Linear(5, 5), nn.SiLU()), head=nn.Sequential(nn.Dropout(0.2), nn.Linear(5, 2))),
        Shaped(after=nn.Tanh()),
        Shaped(head=nn.Sequential(nn.Linear(5, 2), nn.LogSoftmax(dim=1))),
        Shaped(head=nn.Sequential(nn.Linear(5, 2), nn.Softmax(dim=1))),
        Shaped(read=lambda states: states.mean(dim=1)),
        Shaped(read=lambda states: states.max(dim=1).values),
    ],
    ids=["plain", "scaled words", "preprocessed", "dropout", "SiLU", "tanh", "log-softmax", "softmax", "mean", "max"],
)
def test_models_of_many_shapes_run_without_torch(model):
    found = recorded(model).step_model()
    model.eval()
    with torch.no_grad():
        values = model(torch.tensor([LONG]))
        shorter = torch.cat([model(torch.tensor([LONG[:n]])) for n in range(1, len(LONG) + 1)])
    ran = found.run(LONG)
    for said, wanted in ((ran.answers, values), (ran.along, shorter)):
        logits = wanted if not isinstance(model.head, nn.Sequential) else wanted.log() if wanted.min() > 0 else wanted
        assert close(said, logits.log_softmax(dim=1))


def refused(model: nn.Module, **how) -> str:
    with pytest.raises(rnnvis.RnnvisError) as error:
        recorded(model, **how).step_model()
    assert error.value.fix
    return error.value.message


def test_code_of_ones_own_between_layers_is_refused_and_layers_are_not():
    assert refused(Shaped(between=Scaled(1.01))).startswith('what "two" reads is made in another way')
    for between in (nn.LayerNorm(5), nn.Linear(5, 5), nn.Sequential(nn.Dropout(0.5), nn.ReLU())):
        model = Shaped(between=between).eval()
        with torch.no_grad():
            assert close(recorded(model).step_model().run(LONG).answers, model(torch.tensor([LONG])).log_softmax(dim=1))


def test_a_layer_with_a_forward_of_its_own_is_refused():
    class Own(nn.GRU):
        def forward(self, x, hx=None):
            hidden, last = super().forward(x, hx)
            return 0.99 * hidden, last

    model = Shaped()
    model.two = Own(5, 5, batch_first=True)
    assert '"two"' in refused(model)


def test_states_that_come_from_elsewhere_are_refused():
    class Begun(Shaped):
        def forward(self, ids):
            states, last = self.one(self.embedding(ids))
            return self.head(self.two(states, last)[0][:, -1])

    assert refused(Begun()).startswith('"two" starts from another state in each sequence')


def test_a_head_that_is_no_such_one_leaves_states_without_an_answer(monkeypatch):
    from rnnvis.api.step_models import made_of

    monkeypatch.setattr(graphs, "missing", lambda: 'pip install "rnnvis[onnx]"')
    made = made_of(recorded(Shaped(after=nn.Linear(5, 4), head=Product())))
    assert made.model.spec["head"] is None
    assert made.model.run(LONG).answers is None
    assert "more than linear layers" in made.unanswered
    assert 'Fix: pip install "rnnvis[onnx]"' in made.unanswered


def test_weights_that_have_changed_are_refused():
    model = Shaped()
    recording = recorded(model)
    with torch.no_grad():
        model.head.weight.add_(1)
    with pytest.raises(rnnvis.RnnvisError, match="have changed"):
        recording.step_model()


def test_a_source_is_refused():
    class Source(rnnvis.StateSource):
        states = {"s.0.h": 3}  # noqa: RUF012

        def steps(self, batch):
            for t in range(batch.ids.shape[1]):
                yield {"s.0.h": batch.ids[:, t, None].float().expand(-1, 3)}

    with pytest.raises(rnnvis.RnnvisError, match="StateSource"):
        rnnvis.record(Source(), TEXT, NAMES).step_model()


def test_half_precision_is_held_against_the_model_too():
    recording = recorded(Shaped())
    half, single = recording.step_model(half=True), recording.step_model()
    assert {of.dtype for of in half.tensors.values()} == {np.dtype(np.float16)}
    gap = np.abs(half.run(LONG).answers - single.run(LONG).answers).max()
    assert 0 < gap < 1e-3


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_activations_are_those_of_torch(name):
    of = {"gelu_tanh": lambda x: nn.functional.gelu(x, approximate="tanh")}.get(
        name, getattr(nn.functional, name, None)
    )
    x = np.linspace(-30, 30, 301, dtype=np.float32)
    assert close(ACTIVATIONS[name](x), (of or getattr(torch, name))(torch.from_numpy(x)))


@pytest.mark.parametrize(
    ("tokens", "how", "said"),
    [
        ([], {}, "no words"),
        ([WORDS], {}, f"no word {WORDS}"),
        ([0.5], {}, "shape"),
        ([1], {"held": [Hold("rnn.9.h", np.array([0]))]}, 'no state "rnn.9.h"'),
        ([1], {"held": [Hold("rnn.0.h", np.array([5]))]}, "no unit 5"),
        ([1], {"held": [Hold("rnn.0.h", np.array([0]), np.zeros(2))]}, "2 values for 1 units"),
        ([1], {"start": {"rnn.0.h": [0.0]}}, "starts from the shape"),
    ],
)
def test_what_cannot_be_run_is_said(tokens, how, said):
    with pytest.raises(rnnvis.RnnvisError, match=said):
        StepModel.load(FOLDER / "lstm.safetensors").run(tokens, **how)


def test_files_that_are_no_step_models_are_refused(tmp_path):
    whole = (FOLDER / "lstm.safetensors").read_bytes()
    size = 8 + int.from_bytes(whole[:8], "little")
    head = whole[8:size]
    newer = head.replace(b'\\"format\\":1', b'\\"format\\":9')
    other = head.replace(b'\\"units\\":5', b'\\"units\\":6')
    bad = {"short": whole[:200], "empty": b"", "text": b"{}" * 50}
    bad["cell"] = whole[:8] + head.replace(b'\\"output\\":5', b'\\"output\\":4') + whole[size:]
    bad["reads"] = whole[:8] + head.replace(b'[\\"input\\"]', b'[\\"inptu\\"]') + whole[size:]
    bad["answer"] = whole[:8] + head.replace(b'\\"rnn.0.h\\"],\\"at', b'\\"rnn.7.h\\"],\\"at') + whole[size:]
    bad |= {"newer": whole[:8] + newer + whole[size:], "shape": whole[:8] + other + whole[size:]}
    for name, content in bad.items():
        assert content != whole, name
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(rnnvis.RnnvisError) as error:
            StepModel.load(path)
        assert str(path) in error.value.message
