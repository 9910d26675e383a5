"""Recurrent layers as others wrap, compile, drop, flip and feed them, against the plain layer with the same weights."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import rnnvis

WORDS = [f"w{i}" for i in range(12)]


def sentences(count: int = 40) -> list[list[int]]:
    drawn = np.random.default_rng(0)
    return [drawn.integers(0, len(WORDS), drawn.integers(1, 9)).tolist() for _ in range(count)]


def alike(found: rnnvis.Recording, wanted: rnnvis.Recording, names: dict[str, str]) -> None:
    assert sorted(found.states) == sorted(names)
    for ours, theirs in names.items():
        np.testing.assert_array_equal(found.responses[ours].count, wanted.responses[theirs].count)
        np.testing.assert_allclose(found.responses[ours].mean, wanted.responses[theirs].mean, atol=1e-6)
        np.testing.assert_allclose(found.units[ours].mean, wanted.units[theirs].mean, atol=1e-6)


class Plain(nn.Module):
    def __init__(self, kind: type[nn.RNNBase] = nn.LSTM, **options: Any) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(len(WORDS), 4)
        self.rnn: nn.Module = kind(4, 5, batch_first=True, **options)

    def forward(self, ids):
        return self.rnn(self.embedding(ids))[0]


class WeightDrop(nn.Module):
    """As AWD-LSTM does it: a dropped copy of the recurrent weights, and `forward` of the layer called directly."""

    def __init__(self, module: nn.LSTM) -> None:
        super().__init__()
        self.module = module
        raw = module.weight_hh_l0
        del module._parameters["weight_hh_l0"]
        module.register_parameter("weight_hh_l0_raw", nn.Parameter(raw.data))

    def forward(self, *given):
        raw = self.module.weight_hh_l0_raw
        self.module.weight_hh_l0 = functional.dropout(raw, 0.5, training=self.training)
        return self.module.forward(*given)


class Dropped(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = WeightDrop(self.rnn)  # type: ignore[arg-type]


class WithFirstStates(Plain):
    def init_hidden(self, rows):
        return torch.zeros(1, rows, 5), torch.zeros(1, rows, 5)

    def forward(self, ids, hidden):
        return self.rnn(self.embedding(ids), hidden)


@pytest.mark.parametrize(
    ("make", "module"),
    [
        (Dropped, "rnn.module"),
        (lambda: nn.DataParallel(Plain()), "rnn"),
        (lambda: nn.DataParallel(WithFirstStates()), "rnn"),
        (lambda: torch.compile(Plain(), backend="eager"), "rnn"),
        (lambda: torch.compile(nn.DataParallel(Plain()), backend="eager"), "rnn"),
    ],
    ids=["weight drop", "data parallel", "with states", "compiled", "both"],
)
def test_a_wrapper_changes_neither_states_nor_names(make: Callable[[], nn.Module], module: str) -> None:
    found = rnnvis.record(make(), sentences(), WORDS)
    alike(found, rnnvis.record(Plain(), sentences(), WORDS), {f"{module}.0.h": "rnn.0.h", f"{module}.0.c": "rnn.0.c"})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: torch.jit.script(Plain()), '"rnn" is LSTM compiled by torch.jit'),
        (lambda: torch.jit.trace(Plain(), torch.zeros(2, 3, dtype=torch.long)), '"rnn" is LSTM compiled by torch.jit'),
        (lambda: torch.ao.quantization.quantize_dynamic(Plain(), {nn.LSTM}), '"rnn" is LSTM quantised'),
    ],
    ids=["script", "trace", "quantised"],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_what_hides_its_steps_is_refused_by_name(make: Callable[[], nn.Module], said: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=said) as error:
        rnnvis.record(make(), sentences(), WORDS)
    assert "as it was before" in error.value.fix


class OneHot(nn.Module):
    """No embedding: called with vectors of zeros and a one, batch × time or, as the names tutorial has it, time × 1."""

    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.rnn = nn.GRU(len(WORDS), 5, batch_first=batch_first)

    def forward(self, line):
        return self.rnn(line)[0]


class OneHotWithStates(OneHot):
    def init_hidden(self, rows):
        return torch.zeros(1, rows, 5)

    def forward(self, line, hidden):
        return self.rnn(line, hidden)


@pytest.mark.parametrize("make", [lambda: OneHot(True), lambda: OneHot(False), lambda: OneHotWithStates(True)])
def test_a_model_without_an_embedding_is_fed_one_hot(make: Callable[[], nn.Module]) -> None:
    one_hot = functional.one_hot
    wanted = rnnvis.record(
        OneHot(True), sentences(), WORDS, forward=lambda m, batch: m(one_hot(batch.ids, len(WORDS)).float())
    )
    alike(rnnvis.record(make(), sentences(), WORDS), wanted, {"rnn.0.h": "rnn.0.h"})


class Both(nn.Module):
    """The two directions of `Plain(kind, bidirectional=True)`, made by hand of cells or of layers."""

    def __init__(self, cells: bool, kind: str) -> None:
        super().__init__()
        fused = Plain(getattr(nn, kind), bidirectional=True)
        self.embedding = fused.embedding
        for name, end in (("forth", "l0"), ("back", "l0_reverse")):
            part = getattr(nn, f"{kind}Cell")(4, 5) if cells else getattr(nn, kind)(4, 5, batch_first=True)
            weights = {
                key: getattr(fused.rnn, f"{key}_{end}") for key in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            }
            part.load_state_dict({key if cells else f"{key}_l0": value for key, value in weights.items()})
            setattr(self, name, part)

    def forward(self, ids):
        x = self.embedding(ids)
        if isinstance(self.forth, nn.RNNBase):
            return self.forth(x), self.back(x.flip(1))
        for cell, order in ((self.forth, range(x.shape[1])), (self.back, reversed(range(x.shape[1])))):
            state = None
            for t in order:
                state = cell(x[:, t], state)
        return state


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("cells", [True, False])
def test_what_is_stepped_or_flipped_backwards_is_the_backward_direction(cells: bool, kind: str) -> None:
    wanted = rnnvis.record(Plain(getattr(nn, kind), bidirectional=True), sentences(), WORDS)
    found = rnnvis.record(Both(cells, kind), sentences(), WORDS)
    names = {f"forth.0.{of}": f"rnn.0.{of}" for of in ("hc" if kind == "LSTM" else "h")}
    names |= {f"back.0.reverse.{of}": f"rnn.0.reverse.{of}" for of in ("hc" if kind == "LSTM" else "h")}
    alike(found, wanted, names)


def test_one_word_again_and_again_tells_no_direction() -> None:
    found = rnnvis.record(Both(True, "GRU"), [[3] * 6] * 20, WORDS)
    assert list(found.states) == ["forth.0.h", "back.0.h"]


class Keeps(Plain):
    """Changes everything that it keeps, in place and by name, and fails where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(3))
        self.log: list[int] = []
        self.sums: dict[str, float] = {}
        self.hidden = (torch.zeros(2), [torch.zeros(2)])
        self.embedding.max_norm = 0.5
        self.fail = False

    def forward(self, ids):
        self.seen += 1
        self.log.append(len(ids))
        self.sums["all"] = float(ids.sum())
        self.hidden[0].fill_(7)
        self.hidden[1][0] += 1
        self.new = nn.Linear(1, 1)
        self.train()
        out = super().forward(ids)
        if self.fail:
            raise ZeroDivisionError
        return out


@pytest.mark.parametrize("fail", [False, True])
def test_what_a_model_changes_in_place_is_as_it_was(fail: bool) -> None:
    model = Keeps()
    weights = model.embedding.weight.detach().clone()
    assert (weights.norm(dim=1) > 0.5).any()
    model.fail = fail
    if fail:
        with pytest.raises(ZeroDivisionError):
            rnnvis.record(model, sentences(), WORDS, forward=lambda m, batch: m(batch.ids))
    else:
        rnnvis.record(model, sentences(), WORDS)
    assert model.training
    assert not hasattr(model, "new")
    assert not model.log
    assert not model.sums
    assert model.seen.tolist() == [0, 0, 0]
    assert model.hidden[0].tolist() == model.hidden[1][0].tolist() == [0, 0]
    torch.testing.assert_close(model.embedding.weight, weights, rtol=0, atol=0)
    assert all("forward" not in vars(module) for module in model.modules())


def test_threads_record_one_model_without_meeting() -> None:
    model = Plain().train()
    wanted = rnnvis.record(model, sentences(), WORDS).responses["rnn.0.h"].mean
    torch.manual_seed(1)
    random.seed(1)
    drawn = torch.rand(1).item(), random.random()
    torch.manual_seed(1)
    random.seed(1)
    found: list[np.ndarray] = []

    def work() -> None:
        found.append(rnnvis.record(model, sentences(), WORDS, batch_steps=9).responses["rnn.0.h"].mean)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for mean in found:
        np.testing.assert_allclose(mean, wanted, atol=1e-6)
    assert model.training
    assert "forward" not in vars(model.rnn)
    assert (torch.rand(1).item(), random.random()) == drawn


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_recorded(dtype: torch.dtype) -> None:
    found = rnnvis.record(Plain().to(dtype), sentences(), WORDS)
    wanted = rnnvis.record(Plain(), sentences(), WORDS)
    for name, responses in wanted.responses.items():
        np.testing.assert_allclose(found.responses[name].mean, responses.mean, atol=0.02)


def diverged() -> nn.Module:
    model = Plain()
    model.rnn.weight_hh_l0.data[0, 0] = torch.nan
    return model


@pytest.mark.parametrize(
    ("model", "change", "said", "fix"),
    [
        (diverged(), {}, r"rnn.0.h is nan in sequence \d+, step \d, unit 0", "diverged"),
        (
            Plain(),
            {"vocabulary": [*WORDS, "new"], "sequences": [[12, 1]]},
            '"embedding" .* 0 to 11, .* hold 12',
            "train",
        ),
        (Plain(), {"sequences": [[1] * 40_000]}, "sequence 0 has 40,000 steps", "cut it"),
        (Plain(), {"sequences": iter(())}, "not one step to record .*only once", "at least one"),
        (Plain(), {"sequences": None}, "the sequences are None", "lists of token ids"),
        (Plain(), {"vocabulary": None}, "no vocabulary names them", "list of words"),
        (Plain(), {"vocabulary": {"a": 10**12}}, "'a' the id 1000000000000", "gaps"),
        (Plain(), {"vocabulary": ["\ud800", *WORDS[1:]]}, "word 0 .* half a character", "decode"),
        (Plain(), {"labels": [10**12] * 40}, "a label is 1,000,000,000,000", "from 0"),
        (Plain(), {"tokens": sentences()}, "tokens is a list", "decoder"),
    ],
)
def test_what_cannot_be_recorded_is_named(model: nn.Module, change: dict[str, Any], said: str, fix: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=said) as error:
        rnnvis.record(model, **{"sequences": sentences(), "vocabulary": WORDS, **change})
    assert fix in error.value.fix


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ([[5, 6, 7]], WORDS, "No word is used 8 times or more"),
        ([[0] * 5] * 30, ["only"], "1 of the words .* clusters are made of at least 2 words"),
    ],
)
def test_too_little_to_cluster_is_said(text: list[list[int]], words: list[str], said: str, tmp_path: Any) -> None:
    assert re.search(
        f"Without clusters: rnn.0.h: {said}", rnnvis.record(Plain(), text, words).publish(tmp_path / "out")
    )
