"""What the viewer calls the values of text columns: every value that is written has a name."""

from __future__ import annotations

from typing import get_args

from rnnvis.measures.clusters.methods import METHODS as WAYS
from rnnvis.measures.outputs.ablation import Kind
from rnnvis.measures.units.gates import keeping
from rnnvis.measures.words.selections import SELECTIONS as CHOICES
from rnnvis.published.schema import BY_NAME, names
from rnnvis.published.typescript_figures import keeping_gates, measures, source
from rnnvis.recording.cells import CELLS


def test_every_gate_of_a_cell_has_a_name() -> None:
    assert {gate for cell in CELLS for gate in cell.gates} == set(names.GATES)
    assert keeping_gates() == {"GRU": "Update gate", "LSTM": "Forget gate"}
    assert keeping(["r"]) is None


def test_every_way_of_grouping_and_choice_of_words_has_a_name() -> None:
    assert set(names.METHODS) == set(WAYS)
    assert set(names.SELECTIONS) == set(CHOICES)


def test_every_feature_that_is_measured_is_said_in_its_own_words() -> None:
    told = {of["row"]: of for of in measures() if of["table"] == "selectivity" and of["column"] == "bits"}
    assert set(told) == set(names.FEATURES)
    for feature, of in names.FEATURES.items():
        assert of.about in told[feature]["help"]
        assert feature in next(c for c in BY_NAME["selectivity"].columns if c.name == "feature").about


def test_every_text_without_a_chip_has_a_name() -> None:
    assert set(names.ABLATED) == set(get_args(Kind))


def test_the_viewer_gets_the_names() -> None:
    made = source()
    for called in (*names.GATES.values(), *names.METHODS.values(), *names.SELECTIONS.values()):
        assert f'"{called}"' in made
