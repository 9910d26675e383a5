"""States that are held, against stepping torch's own cells by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnvis.errors import RnnvisError
from rnnvis.recording import capture
from rnnvis.recording.alignment import Alignment
from rnnvis.recording.cells import CELLS, cell_of
from rnnvis.recording.holding import Hold

INPUTS, UNITS = 4, 6
LENGTHS = [5, 2, 4]
HELD = np.array([1, 4])
DOUBLE = torch.float64
CPU = torch.device("cpu")
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def make(kind: str, **options: object) -> nn.RNNBase:
    torch.manual_seed(3)
    if kind == "ReLU":
        return nn.RNN(INPUTS, UNITS, dtype=DOUBLE, nonlinearity="relu", **options)  # type: ignore[arg-type]
    return getattr(nn, kind)(INPUTS, UNITS, dtype=DOUBLE, **options)


def bound(module: nn.Module, hold: Hold, lengths: list[int]) -> list:
    return [hold.bound(np.arange(len(lengths)), np.array(lengths), CPU, Alignment())]


def one_step(module: nn.RNNBase, layer: int, direction: int, x: Tensor, h: Tensor, c: Tensor, hold) -> tuple:
    """A step of one layer for one sequence, written out gate by gate; `hold(kind, new, old)` gives what is read on."""
    end = f"_l{layer}" + ("_reverse" if direction else "")
    w, u = (getattr(module, name + end).detach() for name in ("weight_ih", "weight_hh"))
    b, d = (
        (getattr(module, name + end).detach() for name in ("bias_ih", "bias_hh"))
        if module.bias
        else (torch.zeros(len(w), dtype=DOUBLE),) * 2
    )
    of_x, of_h = w @ x + b, u @ h + d
    if module.mode.startswith("RNN"):
        new = torch.relu(of_x + of_h) if module.mode == "RNN_RELU" else torch.tanh(of_x + of_h)
        return hold("h", new, h), c
    if module.mode == "GRU":
        (rx, zx, nx), (rh, zh, nh) = of_x.split(UNITS), of_h.split(UNITS)
        r, z = torch.sigmoid(rx + rh), torch.sigmoid(zx + zh)
        return hold("h", (1 - z) * torch.tanh(nx + r * nh) + z * h, h), c
    i, f, g, o = (of_x + of_h).split(UNITS)
    c = hold("c", torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g), c)
    new = torch.sigmoid(o) * torch.tanh(c)
    if module.proj_size:
        new = getattr(module, "weight_hr" + end).detach() @ new
    return hold("h", new, h), c


def by_hand(module: nn.RNNBase, x: Tensor, place: tuple[int, int, str], what, start=None) -> dict:
    """All states of one sequence [T, I]: (layer, direction) → kind → [T, ·]; `what(t, new, old)` at `place`."""
    found = {}
    width = module.proj_size or UNITS
    for layer in range(module.num_layers):
        outputs = []
        for direction in range(1 + module.bidirectional):
            number = layer * (1 + module.bidirectional) + direction
            h = torch.zeros(width, dtype=DOUBLE) if start is None else start[0][number]
            c = torch.zeros(UNITS, dtype=DOUBLE) if start is None else start[-1][number]
            states: dict[int, tuple[Tensor, Tensor]] = {}
            for t in reversed(range(len(x))) if direction else range(len(x)):

                def hold(kind: str, new: Tensor, old: Tensor, t=t, here=(layer, direction)) -> Tensor:
                    return what(t, new, old) if (*here, kind) == place else new

                h, c = one_step(module, layer, direction, x[t], h, c, hold)
                states[t] = h, c
            in_order = [states[t] for t in range(len(x))]
            found[layer, direction] = {
                "h": torch.stack([s[0] for s in in_order]),
                "c": torch.stack([s[1] for s in in_order]),
            }
            found[layer, direction]["last"] = (h, c)
            outputs.append(found[layer, direction]["h"])
        x = torch.cat(outputs, dim=-1)
    found["output"] = x
    return found


def replaced(value) -> object:
    def what(t: int, new: Tensor, old: Tensor) -> Tensor:
        new = new.clone()
        new[HELD] = old[HELD] if value is None else torch.as_tensor(value, dtype=DOUBLE)
        return new

    return what


CASES = [
    (kind, options, layer, direction, state)
    for kind in ("RNN", "ReLU", "GRU", "LSTM")
    for options in ({}, {"num_layers": 2, "bidirectional": True}, {"num_layers": 2, "bias": False})
    for layer, direction in (((0, 0), (0, 1), (1, 0), (1, 1)) if options.get("bidirectional") else ((0, 0),))
    for state in (("h", "c") if kind == "LSTM" else ("h",))
] + [
    ("LSTM", {"proj_size": 5, "num_layers": 2, "bidirectional": both}, layer, direction, state)
    for both in (False, True)
    for layer, direction in (((0, 0), (1, 1)) if both else ((1, 0),))
    for state in ("h", "c")
]


@pytest.mark.parametrize(("kind", "options", "layer", "direction", "state"), CASES)
@pytest.mark.parametrize("value", [[0.25, -0.5], None], ids=["value", "before"])
@pytest.mark.parametrize("way", ["packed", "padded", "sorted"])
def test_a_held_state_is_what_every_later_step_and_layer_reads(kind, options, layer, direction, state, value, way):
    module = make(kind, batch_first=way != "sorted", **options).eval()
    lengths = [4, 4, 4] if way == "padded" else sorted(LENGTHS, reverse=True) if way == "sorted" else LENGTHS
    x = numbers(len(lengths), max(lengths), INPUTS)
    start = [
        numbers(module.num_layers * (1 + module.bidirectional), 3, size, seed=7).div(2)
        for size in ((module.proj_size or UNITS, UNITS) if kind == "LSTM" else (UNITS,))
    ]
    hx = tuple(start) if kind == "LSTM" else start[0]
    name = f"model.{layer}{'.reverse' if direction else ''}.{state}"
    hold = Hold(name, HELD, None if value is None else np.array(value))
    given = (
        x
        if way == "padded"
        else pack_padded_sequence(
            x if way == "packed" else x.transpose(0, 1),
            torch.tensor(lengths),
            batch_first=way == "packed",
            enforce_sorted=way == "sorted",
        )
    )
    with torch.no_grad(), capture(module, held=bound(module, hold, lengths)) as traces:
        output, final = module(given, hx)
    if way != "padded":
        output = pad_packed_sequence(output, batch_first=True)[0]
    final = final if kind == "LSTM" else (final,)
    for row, length in enumerate(lengths):
        firsts = [s[:, row] for s in start]
        wanted = by_hand(module, x[row, :length], (layer, direction, state), replaced(value), firsts)
        torch.testing.assert_close(output[row, :length], wanted["output"], **CLOSE)
        for number, trace in enumerate(traces):
            key = divmod(number, 1 + module.bidirectional)
            for which, of in trace.states.items():
                torch.testing.assert_close(of[row, :length], wanted[key][which], **CLOSE)
            for which, of in enumerate(final):
                torch.testing.assert_close(of[number, row], wanted[key]["last"][which], **CLOSE)
    assert all(not trace.gates for trace in traces if trace.module == "model")


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("direction", [0, 1])
def test_words_between_which_a_state_is_held_are_counted_as_it_reads_and_may_differ_by_sequence(kind, direction):
    module = make(kind, batch_first=True, bidirectional=True).eval()
    x = numbers(3, 5, INPUTS)
    values = np.array([[0.1, 0.2], [0.3, 0.4], [-0.5, -0.6]])
    name = f"model.0{'.reverse' if direction else ''}.h"
    first, last = (
        (np.array([3, 2, 4]), np.array([1, 0, 4])) if direction else (np.array([1, 0, 4]), np.array([3, 2, 4]))
    )
    hold = Hold(name, HELD, values, first=first, last=last, sequences=np.array([10, 20, 30]))
    held = [hold.bound(np.array([20, 30, 10]), np.array([5, 5, 5]), CPU, Alignment())]
    with torch.no_grad(), capture(module, held=held):
        output, _ = module(x)
    for row, number in enumerate([1, 2, 0]):
        between = range(min(first[number], last[number]), max(first[number], last[number]) + 1)

        def what(t, new, old, between=between, number=number):
            return replaced(values[number])(t, new, old) if t in between else new

        wanted = by_hand(module, x[row], (0, direction, "h"), what)
        torch.testing.assert_close(output[row], wanted["output"], **CLOSE)


@pytest.mark.parametrize(("shift", "backward"), [(1, False), (0, True), (2, True)])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_words_are_those_that_the_module_reads_at_other_steps(shift, backward, bidirectional):
    """A start token, or a module that is given its words from the last to the first: word 2 to word 3 of 5."""
    module = make("GRU", batch_first=True, bidirectional=bidirectional).eval()
    words = numbers(2, 5, INPUTS)
    read = torch.cat([numbers(2, shift, INPUTS, seed=1), words.flip(1) if backward else words], dim=1)
    one = Alignment(backward=backward, shift=shift)
    for direction in range(1 + bidirectional):
        reverse = bool(direction) != backward
        name = f"model.0{'.reverse' if reverse else ''}.h"
        first, last = (3, 2) if reverse else (2, 3)
        hold = Hold(name, HELD, np.array([0.3, 0.4]), first, last)
        held = [hold.bound(np.arange(2), np.array([5, 5]), CPU, one)]
        with torch.no_grad(), capture(module, held=held):
            output, _ = module(read)
        steps = {shift + (4 - word if backward else word) for word in (2, 3)}

        def what(t, new, old, steps=steps):
            return replaced([0.3, 0.4])(t, new, old) if t in steps else new

        for row in range(2):
            wanted = by_hand(module, read[row], (0, direction, "h"), what)
            torch.testing.assert_close(output[row], wanted["output"], **CLOSE)


class Looping(nn.Module):
    """A cell in a loop, whose states go into a head at every step."""

    def __init__(self, kind: str, **options: object) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.cell = getattr(nn, f"{kind}Cell")(INPUTS, UNITS, dtype=DOUBLE, **options)
        self.head = nn.Linear(UNITS, 2, dtype=DOUBLE)

    def forward(self, x: Tensor) -> Tensor:
        state, said = None, []
        for t in range(x.shape[1]):
            state = self.cell(x[:, t], state)
            said.append(self.head(state[0] if isinstance(state, tuple) else state))
        return torch.stack(said, dim=1)


@pytest.mark.parametrize(("kind", "state"), [("RNN", "h"), ("GRU", "h"), ("LSTM", "h"), ("LSTM", "c")])
@pytest.mark.parametrize("rows", [3, 20], ids=["few", "many"])
def test_a_cell_in_a_loop_is_held_step_by_step(kind, state, rows):
    model = Looping(kind).eval()
    x = numbers(rows, 5, INPUTS)
    hold = Hold(f"cell.0.{state}", HELD, np.array([0.5, -0.25]), first=2, last=3)
    with torch.no_grad(), capture(model, held=bound(model, hold, [5] * rows)) as traces:
        said = model(x)
    as_layer = make(kind, batch_first=True)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(as_layer, f"{name}_l0").data = getattr(model.cell, name).data
    for row in range(rows):
        what = lambda t, new, old: replaced([0.5, -0.25])(t, new, old) if t in (2, 3) else new  # noqa: E731
        wanted = by_hand(as_layer, x[row], (0, 0, state), what)
        torch.testing.assert_close(said[row], model.head(wanted["output"]).detach(), **CLOSE)
        torch.testing.assert_close(traces[0].states[state][row], wanted[0, 0][state], **CLOSE)


def test_a_layer_that_is_called_step_after_step_is_held_at_its_words():
    module = make("LSTM", batch_first=True).eval()
    x = numbers(2, 5, INPUTS)

    class Stepping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = module

        def forward(self, x: Tensor) -> Tensor:
            state, said = None, []
            for t in range(0, x.shape[1]):
                output, state = self.rnn(x[:, t : t + 1], state)
                said.append(output)
            return torch.cat(said, dim=1)

    model = Stepping().eval()
    hold = Hold("rnn.0.c", HELD, np.array([0.5, -0.25]), first=3)
    with torch.no_grad(), capture(model, steps={"rnn": 5}, held=bound(model, hold, [5, 5])):
        said = model(x)
    what = lambda t, new, old: replaced([0.5, -0.25])(t, new, old) if t >= 3 else new  # noqa: E731
    for row in range(2):
        torch.testing.assert_close(said[row], by_hand(module, x[row], (0, 0, "c"), what)["output"], **CLOSE)


def test_modules_that_share_weights_are_held_one_by_one():
    class Twins(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = make("GRU", batch_first=True), make("GRU", batch_first=True)
            for name, _ in list(self.a.named_parameters()):
                setattr(self.b, name, getattr(self.a, name))

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return self.a(x)[0], self.b(x)[0]

    model = Twins().eval()
    x = numbers(2, 5, INPUTS)
    with torch.no_grad():
        plain, _ = model(x)
        with capture(model, held=bound(model, Hold("b.0.h", HELD, np.zeros(2)), [5, 5])):
            a, b = model(x)
    torch.testing.assert_close(a, plain, **CLOSE)
    for row in range(2):
        wanted = by_hand(model.b, x[row], (0, 0, "h"), replaced([0.0, 0.0]))["output"]
        torch.testing.assert_close(b[row], wanted, **CLOSE)


def test_one_row_without_a_batch_dimension():
    module = make("LSTM").eval()
    x = numbers(5, INPUTS)
    with torch.no_grad(), capture(module, held=bound(module, Hold("model.0.c", HELD, np.zeros(2)), [5])):
        output, _ = module(x)
    torch.testing.assert_close(output, by_hand(module, x, (0, 0, "c"), replaced([0.0, 0.0]))["output"], **CLOSE)


def test_the_model_is_as_before_also_after_an_exception():
    class Failing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = make("GRU", batch_first=True)
            self.fails = False

        def forward(self, x: Tensor) -> Tensor:
            said = self.rnn(x)[0]
            if self.fails:
                raise ValueError("on purpose")
            return said

    model = Failing().eval()
    x = numbers(2, 5, INPUTS)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        plain = model(x)
        model.fails = True
        with (
            pytest.raises(ValueError, match="on purpose"),
            capture(model, held=bound(model, Hold("rnn.0.h", HELD, np.zeros(2)), [5, 5])),
        ):
            model(x)
        model.fails = False
        assert torch.equal(model(x), plain)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert "forward" not in vars(model.rnn)


class Doubled(nn.GRU):
    def forward(self, *given):
        output, last = super().forward(*given)
        return output * 2, last


class Unheard(nn.GRU):
    """Its own steps, by torch's cell with the same weights: nothing that is held can enter."""

    def forward(self, x, hx=None):
        h, said = x.new_zeros(len(x), UNITS), []
        for t in range(x.shape[1]):
            h = torch.gru_cell(x[:, t], h, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
            said.append(h)
        return torch.stack(said, dim=1), h[None]


class Thin(nn.GRU):
    """A forward of its own that leaves the steps to torch's."""

    def forward(self, x, hx=None):
        return super().forward(x, hx)


def test_a_forward_of_its_own_is_held_where_torchs_takes_the_steps():
    torch.manual_seed(3)
    module = Thin(INPUTS, UNITS, batch_first=True, dtype=DOUBLE).eval()
    x = numbers(2, 5, INPUTS)
    with torch.no_grad(), capture(module, held=bound(module, Hold("model.0.h", HELD, np.zeros(2)), [5, 5])):
        output, _ = module(x)
    for row in range(2):
        torch.testing.assert_close(output[row], by_hand(module, x[row], (0, 0, "h"), replaced([0.0, 0.0]))["output"])


@pytest.mark.parametrize("kind", [Doubled, Unheard])
def test_a_module_that_goes_on_with_other_states_is_refused_by_name(kind):
    model = nn.Module()
    model.rnn = kind(INPUTS, UNITS, batch_first=True, dtype=DOUBLE).eval()
    x = numbers(2, 5, INPUTS)
    with (
        pytest.raises(RnnvisError, match='"rnn"'),
        torch.no_grad(),
        capture(model, held=bound(model, Hold("rnn.0.h", HELD, np.zeros(2)), [5, 5])),
    ):
        model.rnn(x)


def test_a_cell_with_a_forward_of_its_own_and_half_precision_are_refused_by_name():
    class Own(nn.GRUCell):
        def forward(self, x, hx=None):
            return super().forward(x, hx)

    model = nn.Module()
    model.cell = Own(INPUTS, UNITS, dtype=DOUBLE)
    with (
        pytest.raises(RnnvisError, match='"cell" is a Own with a forward of its own'),
        capture(model, held=bound(model, Hold("cell.0.h", HELD, np.zeros(2)), [5, 5])),
    ):
        pass
    model = nn.Module()
    model.rnn = nn.GRU(INPUTS, UNITS, dtype=torch.bfloat16)
    with (
        pytest.raises(RnnvisError, match=r'"rnn" is not called with tensors of single or double'),
        torch.no_grad(),
        capture(model, held=bound(model, Hold("rnn.0.h", HELD, np.zeros(2)), [5, 5])),
    ):
        model.rnn(torch.zeros(5, 2, INPUTS, dtype=torch.bfloat16))


def test_other_rows_than_the_batchs_are_refused_where_each_is_held_at_its_own_value():
    module = make("GRU", batch_first=True).eval()
    hold = Hold("model.0.h", HELD, np.zeros((2, 2)), sequences=np.arange(2))
    with (
        pytest.raises(RnnvisError, match='"model" reads 3 rows where a batch has 2'),
        torch.no_grad(),
        capture(module, held=bound(module, hold, [5, 5])),
    ):
        module(numbers(3, 5, INPUTS))
    with pytest.raises(RnnvisError, match="held in other sequences"):
        hold.bound(np.array([5]), np.array([4]), CPU, Alignment())


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: type(cell).__name__)
def test_a_step_with_nothing_held_is_the_step_that_is_recorded(cell):
    for options in ({}, {"proj_size": 5}) if cell.layer is nn.LSTM else ({},):
        module = cell.layer(INPUTS, UNITS, dtype=DOUBLE, **options)
        weights = cell_of(module).weights(module)
        before = tuple(numbers(3, size, seed=2) for size in cell.sizes(module))
        read = cell.read(numbers(3, INPUTS), weights)
        found = cell.intervened(module, read.clone(), before, weights, lambda name, value: value)
        after = tuple(torch.empty_like(state) for state in before)
        cell.advance(module, read, before, weights, after)
        for a, b in zip(found, after, strict=True):
            torch.testing.assert_close(a, b, **CLOSE)


@pytest.mark.parametrize(("kind", "state"), [("GRU", "h"), ("LSTM", "c"), ("LSTM", "h"), ("RNN", "h")])
def test_gradients_at_a_state_are_those_of_small_changes_of_it(kind, state):
    module = make(kind, batch_first=True, num_layers=2).eval()
    x = numbers(2, 5, INPUTS)

    def answer(steer: Tensor) -> Tensor:
        hold = Hold(f"model.0.{state}", np.arange(UNITS), first=2, last=2, sequences=np.arange(2), steer=steer)
        with capture(module, held=[hold.bound(np.arange(2), np.array([5, 5]), CPU, Alignment())]):
            return (module(x)[0][:, -1] * numbers(UNITS, seed=9)).sum()

    steer = torch.zeros(2, UNITS, dtype=DOUBLE, requires_grad=True)
    (gradient,) = torch.autograd.grad(answer(steer), steer)
    for row in range(2):
        for unit in range(UNITS):
            small = torch.zeros(2, UNITS, dtype=DOUBLE)
            small[row, unit] = 1e-5
            with torch.no_grad():
                slope = (answer(small) - answer(-small)) / 2e-5
            torch.testing.assert_close(gradient[row, unit], slope, rtol=1e-5, atol=1e-8)
