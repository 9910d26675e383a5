"""Subclasses of torch's recurrent modules with a `forward` of their own: right, or known to be something else."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnnvis.errors import RnnvisError
from rnnvis.recording import LayerTrace, capture, cells

INPUTS, UNITS = 4, 5
LENGTHS = [3, 7, 5]
FUSED = [nn.RNN, nn.GRU, nn.LSTM]
STEPPED = [nn.RNNCell, nn.GRUCell, nn.LSTMCell]


def inputs(rows: int = 3, steps: int = 7) -> Tensor:
    return torch.randn(rows, steps, INPUTS, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def traced(module: nn.Module, call: Callable[[Any], Any]) -> tuple[list[LayerTrace], Any]:
    with torch.no_grad(), capture(module) as traces:
        output = call(module)
    return traces, output


def same(ours: list[LayerTrace], theirs: list[LayerTrace]) -> None:
    assert [trace.name for trace in ours] == [trace.name for trace in theirs]
    for a, b in zip(ours, theirs, strict=True):
        real = torch.arange(b.states["h"].shape[1]) < b.lengths[:, None]
        for part in ("states", "previous", "gates"):
            of_a, of_b = getattr(a, part), getattr(b, part)
            assert of_a.keys() == of_b.keys()
            for name in of_b:
                torch.testing.assert_close(of_a[name][real], of_b[name][real])
        assert a.lengths.tolist() == b.lengths.tolist()
        assert not a.left_out
        assert a.bounded == b.bounded == ("h",)


def of(kind: type[nn.Module], base: type[nn.Module], *sizes: int, **options: Any) -> tuple[Any, Any]:
    """A module of the class `kind` and one of torch's class with the same weights."""
    torch.manual_seed(1)
    plain = base(*(sizes or (INPUTS, UNITS)), dtype=torch.float64, **options).eval()
    own = kind(*(sizes or (INPUTS, UNITS)), dtype=torch.float64, **options).eval()
    own.load_state_dict(plain.state_dict())
    return own, plain


@pytest.mark.parametrize("base", FUSED)
def test_a_layer_that_calls_its_input_something_else(base: type[nn.RNNBase]) -> None:
    class Own(base):  # type: ignore[misc, valid-type]
        def forward(self, x, lengths=None, state=None):
            return super().forward(x, state)

    own, plain = of(Own, base, batch_first=True, num_layers=2, bidirectional=True)
    state = torch.full((4, 3, UNITS), 0.5, dtype=torch.float64)
    start = (state, state / 2) if base is nn.LSTM else state
    ours, _ = traced(own, lambda m: m(x=inputs(), state=start))
    theirs, _ = traced(plain, lambda m: m(inputs(), start))
    same(ours, theirs)


@pytest.mark.parametrize("base", FUSED)
def test_a_layer_that_packs_its_input_itself(base: type[nn.RNNBase]) -> None:
    class Own(base):  # type: ignore[misc, valid-type]
        def forward(self, x, lengths):
            packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            output, state = super().forward(packed)
            return pad_packed_sequence(output, batch_first=True)[0], state

    own, plain = of(Own, base, batch_first=True, num_layers=2, bidirectional=True)
    packed = pack_padded_sequence(inputs(), torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    ours, _ = traced(own, lambda m: m(x=inputs(), lengths=torch.tensor(LENGTHS)))
    theirs, _ = traced(plain, lambda m: m(packed))
    same(ours, theirs)
    assert all(trace.packed for trace in ours)


@pytest.mark.parametrize("base", FUSED)
def test_a_layer_that_hands_back_only_its_last_state(base: type[nn.RNNBase]) -> None:
    class Own(base):  # type: ignore[misc, valid-type]
        def forward(self, x):
            return super().forward(x)[0][:, -1]

    own, plain = of(Own, base, batch_first=True)
    same(traced(own, lambda m: m(inputs()))[0], traced(plain, lambda m: m(inputs()))[0])


@pytest.mark.parametrize("base", FUSED)
def test_a_layer_that_steps_by_itself_as_torch_does_keeps_its_gates(base: type[nn.RNNBase]) -> None:
    class Own(base):  # type: ignore[misc, valid-type]
        def forward(self, x, hx=None):
            outputs = []
            for part in x.split(1, dim=1):
                output, hx = super().forward(part, hx)
                outputs.append(output)
            return torch.cat(outputs, dim=1), hx

    own, plain = of(Own, base, batch_first=True)
    same(traced(own, lambda m: m(inputs()))[0], traced(plain, lambda m: m(inputs()))[0])


@pytest.mark.parametrize("base", FUSED)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_layer_that_changes_its_states_gives_nothing_but_what_it_hands_back(
    base: type[nn.RNNBase], bidirectional: bool
) -> None:
    class Own(base):  # type: ignore[misc, valid-type]
        def forward(self, x, hx=None):
            output, state = super().forward(x, hx)
            return 3 * output, state

    own, _ = of(Own, base, batch_first=True, num_layers=2, bidirectional=bidirectional)
    traces, (output, _) = traced(own, lambda m: m(inputs()))
    assert [trace.name for trace in traces] == ["model.1", "model.1.reverse"][: 1 + bidirectional]
    for trace, h in zip(traces, output.chunk(1 + bidirectional, dim=-1), strict=True):
        torch.testing.assert_close(trace.states, {"h": h})
        assert (trace.gates, trace.bounded) == ({}, ())
        assert "Own whose hidden states are not those" in trace.left_out
        before = trace.previous["h"]
        assert torch.equal(before[:, :-1] if trace.reverse else before[:, 1:], h[:, 1:] if trace.reverse else h[:, :-1])
        assert not before[:, -1 if trace.reverse else 0].any()


def test_a_layer_with_a_recurrence_of_its_own_gives_nothing_but_what_it_hands_back() -> None:
    class Peephole(nn.RNNBase):
        def __init__(self, *sizes: int, **options: Any) -> None:
            super().__init__("LSTM", *sizes, **options)

        def forward(self, x, hx=None):
            h = c = x.new_zeros(len(x), UNITS)
            outputs = []
            for step in x.unbind(dim=1):
                i, f, g, o = (step @ self.weight_ih_l0.T + h @ self.weight_hh_l0.T).chunk(4, dim=-1)
                c = (f + c).sigmoid() * c + (i + c).sigmoid() * g.tanh()
                h = (o + c).sigmoid() * c.tanh()
                outputs.append(h)
            return torch.stack(outputs, dim=1), (h[None], c[None])

    torch.manual_seed(1)
    own = Peephole(INPUTS, UNITS, batch_first=True, dtype=torch.float64).eval()
    [trace], (output, _) = traced(own, lambda m: m(inputs()))
    torch.testing.assert_close(trace.states, {"h": output})
    assert trace.gates == {}
    assert trace.left_out


def test_a_layer_that_hands_back_no_states_is_refused_by_name() -> None:
    class Own(nn.LSTM):
        def forward(self, x):
            return x.sum()

    own, _ = of(Own, nn.LSTM, batch_first=True)
    with pytest.raises(RnnvisError, match='"model" is a Own with a forward of its own'):
        traced(own, lambda m: m(inputs()))


@pytest.mark.parametrize("base", FUSED)
def test_weights_that_are_computed_are_those_that_ran(base: type[nn.RNNBase]) -> None:
    module = weight_norm(base(INPUTS, UNITS, batch_first=True, dtype=torch.float64), "weight_hh_l0").eval()
    with torch.no_grad():
        wanted, _ = module(inputs())
    [trace], _ = traced(module, lambda m: m(inputs()))
    torch.testing.assert_close(trace.states["h"], wanted)


@pytest.mark.parametrize("base", FUSED)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_records_torchs_own_hidden_states(base: type[nn.RNNBase], dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    module = base(INPUTS, UNITS, batch_first=True, dtype=dtype).eval()
    x = inputs().to(dtype)
    with torch.no_grad():
        wanted, _ = module(x)
    [trace], (output, _) = traced(module, lambda m: m(x))
    assert torch.equal(trace.states["h"], wanted)
    assert torch.equal(output, wanted)
    assert set(trace.gates) == {nn.RNN: set(), nn.GRU: {"r", "z"}, nn.LSTM: {"i", "f", "o"}}[base]


@pytest.mark.parametrize("base", FUSED)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("form", ["batch first", "time first", "packed", "alone"])
@torch.no_grad()
def test_the_model_goes_on_with_torchs_own_outputs(base: type[nn.RNNBase], bidirectional: bool, form: str) -> None:
    torch.manual_seed(1)
    options = {"num_layers": 2, "bidirectional": bidirectional, "batch_first": form != "time first"}
    module = base(INPUTS, UNITS, **options, dtype=torch.float64).eval()
    x = {"time first": inputs().transpose(0, 1), "alone": inputs()[0]}.get(form, inputs())
    if form == "packed":
        x = pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    wanted, last = module(x)
    with capture(module):
        found, ours = module(x)
    if isinstance(wanted, PackedSequence):
        for a, b in zip(found, wanted, strict=True):
            torch.testing.assert_close(a, b)
    else:
        assert found.stride() == wanted.stride()
        torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(ours, last)


def stepping(cell: Any) -> Tensor:
    state, outputs = None, []
    for x in inputs(rows=20).unbind(dim=1):
        state = cell(x, state)
        outputs.append(state[0] if isinstance(state, tuple) else state)
    return torch.stack(outputs, dim=1)


@pytest.mark.parametrize("base", STEPPED)
@pytest.mark.parametrize("rows", [3, 20])
def test_a_cell_that_calls_its_arguments_something_else(base: type[nn.RNNCellBase], rows: int) -> None:
    class Own(base):  # type: ignore[misc, valid-type]
        def forward(self, mask, before, x):
            return super().forward(x, before)

    own, plain = of(Own, base)
    zero = torch.zeros(rows, UNITS, dtype=torch.float64)
    first = (zero, zero) if base is nn.LSTMCell else zero
    ours, _ = traced(
        own, lambda m: loop(lambda x, state: m(x=x, before=first if state is None else state, mask=x), rows)
    )
    theirs, _ = traced(plain, lambda m: loop(m, rows))
    same(ours, theirs)


@pytest.mark.parametrize("base", STEPPED)
def test_a_cell_that_changes_its_states_has_no_gates_and_no_bounds(base: type[nn.RNNCellBase]) -> None:
    class Own(base):  # type: ignore[misc, valid-type]
        def forward(self, x, state=None):
            state = super().forward(x, state)
            return (3 * state[0], state[1]) if isinstance(state, tuple) else 3 * state

    own, _ = of(Own, base)
    [trace], h = traced(own, loop)
    torch.testing.assert_close(trace.states["h"], h)
    torch.testing.assert_close(trace.previous["h"][:, 1:], h[:, :-1])
    assert float(h.abs().max()) > 1
    assert (trace.gates, trace.bounded) == ({}, ())
    assert "Own whose states are not those of the formula" in trace.left_out


def test_a_cell_of_no_kind_known_has_no_gates_and_no_bounds() -> None:
    class Own(nn.RNNCellBase):
        def __init__(self) -> None:
            super().__init__(INPUTS, UNITS, bias=False, num_chunks=1, dtype=torch.float64)

        def forward(self, x, h=None):
            h = x.new_zeros(len(x), UNITS) if h is None else h
            return x @ self.weight_ih.T + h @ self.weight_hh.T

    [trace], h = traced(Own(), loop)
    assert not trace.left_out
    torch.testing.assert_close(trace.states, {"h": h})
    assert (trace.gates, trace.bounded) == ({}, ())


def test_a_cell_whose_states_cannot_be_told_from_its_other_arguments_is_refused() -> None:
    class Own(nn.GRUCell):
        def forward(self, x, other, h=None):
            return 0.5 * super().forward(x, h)

    own, _ = of(Own, nn.GRUCell)
    with pytest.raises(RnnvisError, match="are not those that it handed back before"):
        traced(own, lambda m: loop(lambda x, h: m(x, x.new_ones(len(x), UNITS), h)))


class MinimalGatedUnit(cells.Cell):
    """A cell that torch does not have: u = σ(…), h_t = (1 − u) h_{t−1} + u tanh(…)."""

    states = ("h",)
    gates = MappingProxyType({"u": 0})

    def advance(self, module, read, before, weights, after):
        read += before[0] @ weights.hidden.T
        f, new = read.chunk(2, dim=-1)
        torch.lerp(before[0], new.tanh(), f.sigmoid_(), out=after[0])


def test_a_cell_that_is_registered_is_recorded_with_its_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unit(nn.RNNCellBase):
        def __init__(self) -> None:
            super().__init__(INPUTS, UNITS, bias=True, num_chunks=2, dtype=torch.float64)

        def forward(self, x, h=None):
            h = x.new_zeros(len(x), UNITS) if h is None else h
            read = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T
            f = read[:, :UNITS].sigmoid()
            return (1 - f) * h + f * read[:, UNITS:].tanh()

    kind = MinimalGatedUnit()
    kind.step = Unit
    monkeypatch.setattr(cells, "CELLS", (*cells.CELLS, kind))
    torch.manual_seed(1)
    unit = Unit()
    [trace], h = traced(unit, loop)
    torch.testing.assert_close(trace.states, {"h": h})
    before = torch.cat([torch.zeros_like(h[:, :1]), h[:, :-1]], dim=1)
    read = inputs(rows=20) @ unit.weight_ih.T + unit.bias_ih + before @ unit.weight_hh.T
    torch.testing.assert_close(trace.gates["u"], read[..., :UNITS].sigmoid())


def loop(step: Callable[[Tensor, Any], Any], rows: int = 20) -> Tensor:
    state, outputs = None, []
    for x in inputs(rows).unbind(dim=1):
        state = step(x, state)
        outputs.append(state[0] if isinstance(state, tuple) else state)
    return torch.stack(outputs, dim=1)
