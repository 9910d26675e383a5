"""Gates whose openness is planted, and which gates belong to a state."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnvis.measures.units.gates import GateAccumulator, gates_of
from rnnvis.measures.units.units import UnitAccumulator
from rnnvis.measures.words.responses import ResponseAccumulator
from rnnvis.published import columns, files


def test_planted_gates_are_counted_strictly_beyond_the_borders():
    forget = np.array([[0.05, 0.5], [0.1, 0.95], [0.95, 0.9], [0.99, 0.2]], dtype=np.float64)
    found = GateAccumulator(2)
    found.add({"i": 1 - forget, "f": forget})
    gates = found.result()
    assert list(gates.mean) == ["i", "f"]
    np.testing.assert_allclose(gates.mean["f"], forget.mean(axis=0), rtol=1e-6)
    assert gates.closed["f"].tolist() == [0.25, 0]
    assert gates.open["f"].tolist() == [0.5, 0.25]
    assert gates.open["i"].tolist() == [0.25, 0]


def test_parts_merge_to_the_whole_and_nothing_seen_means_no_gates():
    values = np.random.default_rng(0).random((60, 3))
    whole, a, b, nothing = (GateAccumulator(3) for _ in range(4))
    whole.add({"z": values})
    a.add({"z": values[:13]})
    b.add({"z": values[13:]})
    b.merge(a)
    b.merge(nothing)
    for name in ("mean", "closed", "open"):
        np.testing.assert_allclose(getattr(b.result(), name)["z"], getattr(whole.result(), name)["z"], rtol=1e-6)
    assert nothing.result().mean == {}


def test_gates_belong_to_the_states_of_their_layer_unless_projected():
    z, f = np.zeros((1, 4)), np.ones((1, 4))
    gates = {"a.0.z": z, "b.1.z": z, "b.1.reverse.f": f, "b.1.reverse.i": f}
    assert list(gates_of("a.0.h", gates, 4)) == ["z"]
    assert gates_of("b.1.reverse.c", gates, 4)["f"] is f
    assert gates_of("a.1.h", gates, 4) == gates_of("a.0.h", gates, 3) == {}


def test_an_lstm_whose_forget_gate_is_forced_open_says_so():
    torch = pytest.importorskip("torch")
    from tests.python.stepping import record_steps

    torch.manual_seed(0)
    rnn = torch.nn.LSTM(3, 5, batch_first=True)
    embedding = torch.nn.Embedding(7, 3)
    with torch.no_grad():
        rnn.bias_hh_l0[5:10] = torch.tensor([9.0, -9.0, 0.0, 9.0, -9.0])
    model = torch.nn.Sequential(embedding, rnn)
    found = GateAccumulator(5)
    for batch in record_steps(model, [np.arange(7), np.arange(4)], forward=lambda m, batch: m(batch.ids)):
        found.add(gates_of("1.0.h", batch.gates, 5))
    gates = found.result()
    assert found.count == 11
    assert gates.open["f"].tolist() == [1, 0, 0, 1, 0]
    assert gates.closed["f"].tolist() == [0, 1, 0, 0, 1]


@pytest.mark.parametrize("name", ["f", "z"])
def test_a_unit_keeps_what_its_forget_or_update_gate_lets_stay(name: str, tmp_path: Path) -> None:
    keep = np.full((100, 2), 0.5)
    keep[:10, 0], keep[10:15, 0] = 0.95, 0.05
    found, states = GateAccumulator(2), UnitAccumulator(2, True)
    found.add({"o": np.ones_like(keep), "r": np.ones_like(keep), name: keep})
    states.add(np.zeros((100, 2)), np.zeros((100, 2)), np.ones(100, bool))
    responses = ResponseAccumulator(1, 2)
    table = columns.units(states.result(), found.result(), responses.result(), np.zeros(1, int), None, None)
    np.testing.assert_allclose(table["gate_keep"].to_numpy(), keep.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(table["gate_saturation"].to_numpy(), [0.15, 0.0], rtol=1e-6)
    np.testing.assert_allclose(table["gate_time_scale"].to_numpy(), -1 / np.log(keep.mean(axis=0)), rtol=1e-6)
    bare = columns.units(states.result(), GateAccumulator(2).result(), responses.result(), np.zeros(1, int), None, None)
    assert not {"gate_keep", "gate_saturation", "gate_time_scale"} & bare.keys()
    written = files.read("units", [tmp_path / part.name for part in files.write("units", bare, tmp_path)])
    for column in ("gate_keep", "gate_saturation", "gate_time_scale"):
        assert written[column].null_count == 2
