"""minGRU, selective state spaces and sLSTM against their formulas, written out unit by unit."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnnvis
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.answer_memory import AnswerMemory
from rnnvis.recording import capture
from rnnvis.recording.alignment import Alignment
from rnnvis.recording.cells import SLSTM, MinGRU, StateSpace, cell_of
from rnnvis.recording.cells.selective import NUMBERS
from rnnvis.recording.cells.stacked import Stacked
from rnnvis.recording.holding import Hold

INPUTS, UNITS = 3, 4
KINDS = (MinGRU, StateSpace, SLSTM)
CLOSE = {"rtol": 1e-9, "atol": 1e-12}
Numbers = np.ndarray
Enter = Callable[[str, Numbers, Numbers], Numbers]


def sigmoid(x: Numbers) -> Numbers:
    return 1 / (1 + np.exp(-x))


def weights(module: Stacked, layer: int) -> dict[str, Numbers]:
    end = f"_l{layer}"
    return {
        name.removesuffix(end): p.detach().double().numpy()
        for name, p in module.named_parameters()
        if name.endswith(end)
    }


def step(
    kind: type[Stacked], w: dict[str, Numbers], x: Numbers, before: dict[str, Numbers], enter: Enter
) -> tuple[dict[str, Numbers], Numbers, Numbers, Numbers]:
    """One step of one sequence as the papers write it: the states, and of the gated one what is kept, what is written,
    and how it is read."""
    said = w["weight_ih"] @ x + w["bias_ih"]
    units = len(before["h"])
    if kind is MinGRU:  # Feng et al. 2024, section 3.1, with g of their appendix B
        z = sigmoid(-said[:units])
        n = np.array([v + 0.5 if v >= 0 else 1 / (1 + math.exp(-v)) for v in said[units:]])
        h = enter("h", (1 - z) * before["h"] + z * n, before["h"])
        return {"h": h}, 1 - z, z * n, np.ones(units)
    if kind is StateSpace:  # Gu and Dao 2023, algorithm 2, number by number
        u, z, pace = said[:units], said[units : 2 * units], np.log1p(np.exp(said[2 * units : 3 * units]))
        b, c = said[3 * units : 3 * units + NUMBERS], said[3 * units + NUMBERS :]
        kept, written, read = np.zeros((3, units * NUMBERS))
        for j in range(units):
            for n in range(NUMBERS):
                at = j * NUMBERS + n
                kept[at] = math.exp(-pace[j] * math.exp(w["weight_hh"][j, n]))
                written[at] = pace[j] * u[j] * b[n]
                read[at] = c[n] * z[j] * sigmoid(z[j])
        cell = enter("c", kept * before["c"] + written, before["c"])
        h = enter(
            "h", np.array([(read * cell)[j * NUMBERS : (j + 1) * NUMBERS].sum() for j in range(units)]), before["h"]
        )
        return {"h": h, "c": cell}, kept, written, read
    # Beck et al. 2024, equations 8 to 14: the cell state c n and the normaliser e^n apart
    i, f, g, o = np.split(said + w["weight_hh"] @ before["h"], 4)
    normaliser = sigmoid(f) * np.exp(before["n"]) + np.exp(i)
    cell = sigmoid(f) * np.exp(before["n"]) * before["c"] + np.exp(i) * np.tanh(g)
    n = enter("n", np.log(normaliser), before["n"])
    c = enter("c", cell / normaliser, before["c"])
    h = enter("h", sigmoid(o) * c, before["h"])
    return (
        {"h": h, "c": c, "n": n},
        sigmoid(f) * np.exp(before["n"]) / normaliser,
        np.exp(i) * np.tanh(g) / normaliser,
        sigmoid(o),
    )


def by_hand(module: Stacked, x: Numbers, starts: list[dict[str, Numbers]], enter: Enter | None = None) -> list[list]:
    """What `step` gives, for each layer and each step of [T, I]; `enter` in the last layer."""
    found = []
    for layer, before in enumerate(starts):
        w, outputs, here = weights(module, layer), [], []
        last = layer == len(starts) - 1
        for t, row in enumerate(x):

            def entering(name: str, new: Numbers, old: Numbers, t: int = t, last: bool = last) -> Numbers:
                return new if enter is None or not last else enter(f"{name}{t}", new, old)

            here.append(step(type(module), w, row, before, entering))
            before = here[-1][0]
            outputs.append(before["h"])
        x = np.stack(outputs)
        found.append(here)
    return found


def made(kind: type[Stacked], layers: int = 2) -> Stacked:
    torch.manual_seed(1)
    module = kind(INPUTS, UNITS, layers, batch_first=True).double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, dtype=torch.float64))
    return module


def begun(module: Stacked, rows: int, scale: float = 0.5) -> tuple[Tensor, ...]:
    kind = cell_of(module)
    assert kind is not None
    generator = torch.Generator().manual_seed(2)
    return tuple(
        scale * torch.randn(module.num_layers, rows, size, generator=generator, dtype=torch.float64)
        for size in kind.sizes(module)
    )


def of_row(module: Stacked, starts: tuple[Tensor, ...], row: int) -> list[dict[str, Numbers]]:
    kind = cell_of(module)
    assert kind is not None
    return [
        {name: start[layer, row].numpy() for name, start in zip(kind.states, starts, strict=True)}
        for layer in range(module.num_layers)
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recorded", [False, True])
def test_states_and_gates_are_those_by_hand(kind: type[Stacked], recorded: bool) -> None:
    module, x = made(kind), torch.randn(2, 5, INPUTS, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    starts = begun(module, 2)
    hx = starts if len(starts) > 1 else starts[0]
    with torch.set_grad_enabled(not recorded), capture(module) as traces:
        output, final = module(x, hx)
    final = (final,) if isinstance(final, Tensor) else final
    for row in range(2):
        hand = by_hand(module, x[row].numpy(), of_row(module, starts, row))
        np.testing.assert_allclose(output[row].detach(), np.stack([of[0]["h"] for of in hand[-1]]), **CLOSE)
        for trace, layer in zip(traces, hand, strict=True):
            assert trace.left_out == ""
            for name, states in trace.states.items():
                np.testing.assert_allclose(states[row].detach(), np.stack([of[0][name] for of in layer]), **CLOSE)
            gate = trace.gates["z" if kind is MinGRU else "f"]
            if recorded:
                np.testing.assert_allclose(gate[row], np.stack([of[1] for of in layer]), **CLOSE)
        names = list(traces[0].states)
        for name, end in zip(names, final, strict=True):
            np.testing.assert_allclose(end[:, row].detach(), np.stack([of[-1][0][name] for of in hand]), **CLOSE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["value", "kept", "scaled"])
def test_what_is_held_is_what_the_next_steps_read(kind: type[Stacked], how: str) -> None:
    module, x = made(kind), torch.randn(1, 6, INPUTS, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for state in cell_of(module).states:  # type: ignore[union-attr]
        units = np.array([1, 3])
        hold = Hold(
            f"model.1.{state}",
            units,
            value=np.array([0.25, -0.5]) if how == "value" else None,
            scale=0.5 if how == "scaled" else None,
            first=2,
            last=3,
        )
        held = [hold.bound(np.arange(1), np.array([6]), torch.device("cpu"), Alignment())]

        def enter(name: str, new: Numbers, old: Numbers, state: str = state, units: Numbers = units) -> Numbers:
            if name not in (f"{state}2", f"{state}3"):
                return new
            held = new.copy()
            held[units] = {"value": np.array([0.25, -0.5]), "kept": old[units], "scaled": 0.5 * new[units]}[how]
            return held

        starts = begun(module, 1)
        with torch.no_grad(), capture(module, held=held) as traces:
            module(x, starts if len(starts) > 1 else starts[0])
        hand = by_hand(module, x[0].numpy(), of_row(module, starts, 0), enter)
        for name, found in traces[1].states.items():
            np.testing.assert_allclose(found[0], np.stack([of[0][name] for of in hand[1]]), **CLOSE)


class Classifier(nn.Module):
    def __init__(self, kind: type[Stacked]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding, self.rnn, self.fc = nn.Embedding(20, INPUTS), made(kind, 1), nn.Linear(UNITS, 2)
        self.double()

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        output, _ = self.rnn(self.embedding(ids))
        scores: Tensor = self.fc(output[torch.arange(len(ids)), lengths - 1])
        return scores


def answer_memory(model: Classifier, texts: list[np.ndarray]) -> AnswerMemory:
    found = rnnvis.record(
        model,
        texts,
        [f"w{i}" for i in range(20)],
        forward=lambda m, b: m(b.ids, b.lengths),
        classes=["no", "yes"],
        frequent_count=1,
    )
    assert found.answer_memory is not None
    return found.answer_memory


@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_the_answer_are_what_the_formula_leaves_of_each_word(kind: type[Stacked]) -> None:
    """What is kept comes from the formula here: a wrong share would give parts that add up all the same."""
    model = Classifier(kind).eval()
    rng = np.random.default_rng(0)
    texts = [rng.integers(0, 20, int(n)) for n in rng.integers(3, 9, 12)]
    memory = answer_memory(model, texts)
    v = (model.fc.weight[1] - model.fc.weight[0]).detach().numpy()
    repeated = np.repeat(v, NUMBERS) if kind is StateSpace else v
    zero = {
        name: np.zeros(size)
        for name, size in zip(cell_of(model.rnn).states, cell_of(model.rnn).sizes(model.rnn), strict=True)
    }  # type: ignore[union-attr]
    for sentence, words in enumerate(texts):
        x = model.embedding(torch.from_numpy(words)).detach().numpy()
        steps = by_hand(model.rnn, x, [zero])[0]
        last = len(words) - 1
        [row] = np.flatnonzero((memory.sentence_id == sentence) & (memory.step == last))
        part = memory.part[memory.starts[row] : memory.starts[row + 1]]
        for i in range(len(words)):
            left = steps[i][2]
            for j in range(i + 1, len(words)):
                left = left * steps[j][1]
            assert part[i] == pytest.approx(repeated @ (steps[last][3] * left), abs=1e-5)


def test_a_word_left_out_takes_its_part_and_gives_back_what_it_had_overwritten() -> None:
    """Gates of a state space read the input alone, so that parts without a word are known from those with it."""
    model = Classifier(StateSpace).eval()
    words = np.array([3, 7, 1, 9])
    with torch.no_grad():
        whole = model(torch.from_numpy(words)[None], torch.tensor([4]))[0]
        without = model(torch.from_numpy(words[1:])[None], torch.tensor([3]))[0]
    memory = answer_memory(model, [words])
    [row] = np.flatnonzero(memory.step == 3)
    lost = float((whole[1] - whole[0]) - (without[1] - without[0]))
    assert memory.part[memory.starts[row]] == pytest.approx(lost, abs=1e-5)


def test_how_a_state_is_read_is_no_gate() -> None:
    model = Classifier(StateSpace).eval()
    found = rnnvis.record(model, [np.arange(9)], [f"w{i}" for i in range(20)], forward=lambda m, b: m(b.ids, b.lengths))
    assert list(found.states["rnn.0.c"].gates.mean) == ["f"]
    assert list(found.states["rnn.0.h"].gates.mean) == []


@pytest.mark.parametrize(
    "given",
    [torch.zeros(2, 5, INPUTS + 1), pack_padded_sequence(torch.zeros(2, 5, INPUTS), torch.tensor([5, 2]), True)],
)
def test_other_input_is_refused(given: object) -> None:
    with pytest.raises(RnnvisError, match="MinGRU reads sequences of 3 numbers a step"):
        MinGRU(INPUTS, UNITS, batch_first=True)(given)


def test_first_states_of_another_shape_are_refused() -> None:
    with pytest.raises(RnnvisError, match=r"StateSpace starts from states of shape \[\(1, 2, 4\), \(1, 2, 16\)\]"):
        StateSpace(INPUTS, UNITS, batch_first=True)(
            torch.zeros(2, 5, INPUTS), (torch.zeros(1, 2, 4), torch.zeros(1, 2, 4))
        )
