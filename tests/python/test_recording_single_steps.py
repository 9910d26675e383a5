"""Cells that are called step by step, against the fused layers with the same weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from rnnvis.errors import RnnvisError
from rnnvis.recording import capture
from tests.python.stepping import record_steps

WORDS, INPUTS, UNITS = 9, 4, 5
KINDS = {nn.RNNCell: nn.RNN, nn.GRUCell: nn.GRU, nn.LSTMCell: nn.LSTM}


class Stepper(nn.Module):
    """A loop over time around one cell; `start` says whether it passes a first state of its own."""

    def __init__(self, kind: type[nn.RNNCellBase], start: bool = True, bias: bool = True) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.embedding = nn.Embedding(WORDS, INPUTS)
        self.cell = kind(INPUTS, UNITS, bias=bias)  # type: ignore[call-arg]
        self.start = start

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        x = self.embedding(ids)
        two = isinstance(self.cell, nn.LSTMCell)
        zero = torch.zeros(len(ids), UNITS)
        state = ((zero, zero) if two else zero) if self.start else None
        for t in range(ids.shape[1]):
            state = self.cell(x[:, t], state)
        return state[0] if two else state


def fused(model: Stepper) -> nn.Module:
    layer = KINDS[type(model.cell)](INPUTS, UNITS, batch_first=True, bias=model.cell.bias)
    for name in ("weight_ih", "weight_hh", *(("bias_ih", "bias_hh") if model.cell.bias else ())):
        setattr(layer, f"{name}_l0", getattr(model.cell, name))

    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.cell = model.embedding, layer

        def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
            return self.cell(self.embedding(ids))[0]

    return Layer()


def sentences() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, WORDS, length) for length in (6, 1, 4, 6, 3)]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("start", [True, False])
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_cell_gives_what_the_fused_layer_gives(kind: type[nn.RNNCellBase], start: bool, bias: bool) -> None:
    model = Stepper(kind, start, bias)
    ours = list(record_steps(model, sentences()))
    theirs = list(record_steps(fused(model), sentences()))
    for a, b in zip(ours, theirs, strict=True):
        assert a.states.keys() == b.states.keys()
        assert a.gates.keys() == b.gates.keys()
        for part in ("states", "previous", "gates"):
            for name, values in getattr(a, part).items():
                np.testing.assert_allclose(values, getattr(b, part)[name], rtol=1e-5, atol=1e-6)


def test_cell_states_stay_true_over_a_thousand_steps() -> None:
    model = Stepper(nn.LSTMCell)
    sentence = np.random.default_rng(1).integers(0, WORDS, 1000)
    cell, layer = (next(iter(record_steps(m, [sentence]))).states["cell.0.c"] for m in (model, fused(model)))
    assert np.all(np.abs(cell - layer) <= 1e-5 * np.maximum(1, np.abs(cell)))


def test_one_sequence_without_a_batch() -> None:
    cell = nn.GRUCell(INPUTS, UNITS)
    x = torch.randn(3, INPUTS)
    with torch.no_grad(), capture(cell) as traces:
        h = None
        for t in range(3):
            h = cell(x[t], h)
    assert [trace.name for trace in traces] == ["model.0"]
    assert traces[0].states["h"].shape == (1, 3, UNITS)
    torch.testing.assert_close(traces[0].states["h"][0, -1], h)


def test_a_batch_that_shrinks_is_refused_by_name_and_hooks_go() -> None:
    cell = nn.LSTMCell(INPUTS, UNITS)

    def shrink() -> None:
        with capture(cell):
            cell(torch.zeros(2, INPUTS))
            cell(torch.zeros(1, INPUTS))

    with pytest.raises(RnnvisError, match='"model" was called with 1 to 2 rows'):
        shrink()
    assert not cell._forward_hooks
