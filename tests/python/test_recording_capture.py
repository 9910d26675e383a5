"""States and gates of torch's recurrent modules against stepping them one cell at a time."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from rnnvis.errors import RnnvisError
from rnnvis.recording import LayerTrace, capture, recurrent_modules

LENGTHS = [3, 7, 1, 5]  # unsorted on purpose
BATCH, STEPS, INPUTS, UNITS = len(LENGTHS), max(LENGTHS), 5, 6
KINDS = [nn.RNN, nn.GRU, nn.LSTM]


def inputs(seed: int = 0) -> torch.Tensor:
    return torch.randn(BATCH, STEPS, INPUTS, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def make(kind: type[nn.RNNBase], **options: object) -> nn.RNNBase:
    torch.manual_seed(1)
    return kind(INPUTS, UNITS, batch_first=True, dtype=torch.float64, **options).eval()  # type: ignore[arg-type]


def cell_of(module: nn.RNNBase, layer: int, reverse: bool) -> nn.RNNCellBase:
    end = f"_l{layer}" + ("_reverse" if reverse else "")
    cell_type = {"LSTM": nn.LSTMCell, "GRU": nn.GRUCell}.get(module.mode, nn.RNNCell)
    weights = {n: getattr(module, n + end) for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    cell = cell_type(weights["weight_ih"].shape[1], UNITS, dtype=torch.float64)
    for name, weight in weights.items():
        setattr(cell, name, weight)
    return cell


@torch.no_grad()
def step_by_step(module: nn.RNNBase, x: torch.Tensor, start: dict[tuple[int, int], list]) -> dict:
    """Every state of one unbatched sequence [T, I] by stepping torch's cells; keys (layer, direction)."""
    found = {}
    directions = 2 if module.bidirectional else 1
    for layer in range(module.num_layers):
        outputs = []
        for direction in range(directions):
            cell = cell_of(module, layer, bool(direction))
            state = start.get((layer, direction), [torch.zeros(UNITS, dtype=torch.float64)] * 2)
            h, c = state[0], state[-1]
            after: list = [None] * len(x)
            before: list = [None] * len(x)
            for t in reversed(range(len(x))) if direction else range(len(x)):
                before[t] = (h, c)
                if module.mode == "LSTM":
                    h, c = cell(x[t], (h, c))
                else:
                    h = cell(x[t], h)
                after[t] = (h, c)
            found[layer, direction] = (x, before, after)
            outputs.append(torch.stack([h for h, _ in after]))
        x = torch.cat(outputs, dim=-1)
    return found


def compare(module: nn.RNNBase, traces: list[LayerTrace], lengths: list[int], x: torch.Tensor, starts=None) -> None:
    directions = 2 if module.bidirectional else 1
    assert len(traces) == module.num_layers * directions
    for row, length in enumerate(lengths):
        start = {}
        if starts is not None:
            for layer in range(module.num_layers):
                for d in range(directions):
                    start[layer, d] = [s[layer * directions + d, row] for s in starts]
        expected = step_by_step(module, x[row, :length], start)
        for number, trace in enumerate(traces):
            key = (number // directions, number % directions)
            layer_input, before, after = expected[key]
            assert trace.reverse == bool(key[1])
            for index, kind in enumerate(trace.states):
                for what, wanted in (("states", after), ("previous", before)):
                    got = getattr(trace, what)[kind][row, :length]
                    torch.testing.assert_close(got, torch.stack([s[index] for s in wanted]), rtol=1e-9, atol=1e-12)
            check_gates(module, trace, row, layer_input, before, after)


def check_gates(module, trace, row, x, before, after) -> None:
    """Gates by hand, one step at a time, and the states they must give."""
    end = f"_l{trace.name.split('.')[1]}" + ("_reverse" if trace.reverse else "")
    w, u, b, d = (getattr(module, n + end).detach() for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    for t in range(len(x)):
        (h0, c0), (h1, c1) = before[t], after[t]
        gates = {name: value[row, t] for name, value in trace.gates.items()}
        from_x, from_h = (w @ x[t] + b).split(UNITS), (u @ h0 + d).split(UNITS)
        if module.mode == "LSTM":
            assert set(gates) == {"i", "f", "o"}
            for place, name in ((0, "i"), (1, "f"), (3, "o")):
                torch.testing.assert_close(gates[name], torch.sigmoid(from_x[place] + from_h[place]))
            torch.testing.assert_close(gates["f"] * c0 + gates["i"] * torch.tanh(from_x[2] + from_h[2]), c1)
            torch.testing.assert_close(gates["o"] * torch.tanh(c1), h1)
        elif module.mode == "GRU":
            assert set(gates) == {"r", "z"}
            torch.testing.assert_close(gates["r"], torch.sigmoid(from_x[0] + from_h[0]))
            torch.testing.assert_close(gates["z"], torch.sigmoid(from_x[1] + from_h[1]))
            n = torch.tanh(from_x[2] + gates["r"] * from_h[2])
            torch.testing.assert_close((1 - gates["z"]) * n + gates["z"] * h0, h1)
        else:
            assert gates == {}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
def test_packed_states_equal_stepping_the_cells(kind, bidirectional, layers):
    module = make(kind, bidirectional=bidirectional, num_layers=layers, dropout=0.5 if layers > 1 else 0.0)
    x = inputs()
    packed = pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    with capture(module) as traces:
        module(packed)
    ends = ["", ".reverse"] if bidirectional else [""]
    assert [t.name for t in traces] == [f"model.{n}{end}" for n in range(layers) for end in ends]
    assert all(t.packed and t.lengths.tolist() == LENGTHS for t in traces)
    compare(module, traces, LENGTHS, x)


@pytest.mark.parametrize("kind", KINDS)
def test_packed_states_with_an_initial_state(kind):
    module = make(kind, bidirectional=True, num_layers=2)
    x = inputs()
    starts = [torch.randn(4, BATCH, UNITS, dtype=torch.float64) for _ in range(2 if kind is nn.LSTM else 1)]
    packed = pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    with capture(module) as traces:
        module(packed, tuple(starts) if kind is nn.LSTM else starts[0])
    compare(module, traces, LENGTHS, x, starts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch_first", [True, False])
def test_padded_states_with_an_initial_state(kind, batch_first):
    module = make(kind, bidirectional=True, num_layers=2)
    module.batch_first = batch_first
    x = inputs()
    starts = [torch.randn(4, BATCH, UNITS, dtype=torch.float64) for _ in range(2 if kind is nn.LSTM else 1)]
    with capture(module) as traces:
        module(x if batch_first else x.transpose(0, 1), hx=tuple(starts) if kind is nn.LSTM else starts[0])
    assert all(t.lengths.tolist() == [STEPS] * BATCH for t in traces)
    compare(module, traces, [STEPS] * BATCH, x, starts)


def test_one_sequence_without_a_batch_dimension():
    module = make(nn.LSTM, num_layers=2)
    x = inputs()
    with capture(module) as traces:
        module(x[1])
    compare(module, traces, [STEPS], x[1:2])


def test_projected_lstm_gives_back_torchs_own_final_states():
    module = make(nn.LSTM, num_layers=2, proj_size=3, bidirectional=True)
    packed = pack_padded_sequence(inputs(), torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    with capture(module) as traces:
        _, (h_n, c_n) = module(packed)
    for number, trace in enumerate(traces):
        last = torch.zeros(BATCH, dtype=torch.long) if trace.reverse else trace.lengths - 1
        rows = torch.arange(BATCH)
        assert trace.states["h"].shape[-1] == 3
        assert trace.states["c"].shape[-1] == UNITS
        torch.testing.assert_close(trace.states["h"][rows, last], h_n[number])
        torch.testing.assert_close(trace.states["c"][rows, last], c_n[number])


def test_layers_without_biases_and_with_relu():
    torch.manual_seed(2)
    module = nn.RNN(INPUTS, UNITS, num_layers=2, nonlinearity="relu", bias=False, batch_first=True).double()
    x = inputs()
    with capture(module) as traces:
        module(x)
    h = torch.zeros(UNITS, dtype=torch.float64)
    for t in range(STEPS):
        h = torch.relu(module.weight_ih_l0 @ x[0, t] + module.weight_hh_l0 @ h)
        torch.testing.assert_close(traces[0].states["h"][0, t], h.detach())


def test_modules_are_named_by_their_path():
    class Inner(nn.Module):
        def __init__(self):
            super().__init__()
            self.memory = nn.GRU(4, 4)
            self.other = nn.LSTM(4, 4, bidirectional=True)

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = Inner()

        def forward(self, x):
            return self.encoder.other(self.encoder.memory(x)[0])

    model = Outer()
    assert list(recurrent_modules(model)) == ["encoder.memory", "encoder.other"]
    with capture(model) as traces:
        model(torch.zeros(2, 1, 4))
    assert [t.name for t in traces] == ["encoder.memory.0", "encoder.other.0", "encoder.other.0.reverse"]


def test_hooks_go_away_even_after_an_error():
    module = make(nn.GRU)
    with pytest.raises(ZeroDivisionError), capture(module):
        raise ZeroDivisionError
    assert not module._forward_hooks
    with capture(module) as traces:
        pass
    module(inputs())
    assert traces == []


def test_a_model_without_recurrent_layers_is_refused_by_name():
    with pytest.raises(RnnvisError, match=r"Linear holds no nn\.RNN") as error:
        recurrent_modules(nn.Linear(2, 2))
    assert error.value.fix


def test_dropout_between_layers_in_training_mode_is_refused():
    module = make(nn.LSTM, num_layers=2, dropout=0.3).train()
    with pytest.raises(RnnvisError, match="training mode"), capture(module):
        module(inputs())


@pytest.mark.parametrize("options", [{}, {"num_layers": 2}, {"bidirectional": True}, {"proj_size": 4}], ids=str)
@torch.no_grad()
def test_cell_states_that_only_add_up_stay_true_for_a_thousand_steps(options: dict) -> None:
    torch.manual_seed(3)
    lstm = nn.LSTM(4, 16, batch_first=True, **options).eval()
    for name, weight in lstm.named_parameters():
        nn.init.normal_(weight, std=0.3)
        if "bias_ih" in name:
            weight[16:32] += 10  # forget gates stay within 1e-4 of 1
    x = torch.randn(2, 1000, 4)
    exact = copy.deepcopy(lstm).double()
    with capture(lstm) as traces:
        lstm(x)
    with capture(exact) as wanted:
        exact(x.double())
    for found, of in zip(traces, wanted, strict=True):
        gap = (found.states["c"] - of.states["c"]).abs() / of.states["c"].abs().clamp(min=1)
        assert float(gap.max()) <= 1e-4
    assert max(float(trace.states["c"].abs().max()) for trace in traces) > 100
    last = [trace.states["c"][:, 0 if trace.reverse else -1] for trace in wanted]
    torch.testing.assert_close(torch.stack(last), exact(x.double())[1][1])
