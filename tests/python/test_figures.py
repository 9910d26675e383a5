"""What is declared of the measures of units: published by name, said whole, and in links under names that stay."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from rnnvis.measures.units.gates import Gates
from rnnvis.measures.units.units import Units, hoyer_sparsity
from rnnvis.published import columns, files
from rnnvis.published.schema import BY_NAME, TABLES
from rnnvis.published.schema.figures import MEDIANS, STATE_FIGURES
from rnnvis.published.schema.said import PLACEHOLDERS
from rnnvis.published.typescript_figures import measures

SAID = [(table, column, said) for table in TABLES for column in table.columns for said in column.said]
UNITS = 3


def of_units(**others: np.ndarray) -> Units:
    plain = {name: np.arange(UNITS, dtype=np.float32) / (i + 4) for i, name in enumerate(("mean", "mean_absolute"))}
    return Units(
        count=9,
        **plain,
        standard_deviation=np.full(UNITS, 0.5, np.float32),
        saturation=others.get("saturation", np.full(UNITS, np.nan, np.float32)),
        time_scale=np.array([2.0, np.nan, 4.0], np.float32),
        histogram=np.ones((UNITS, 64), np.int64),
        edges=np.linspace(-1, 1, 65, dtype=np.float32),
    )


def table_of(gates: Gates, v: np.ndarray | None = None, auc: np.ndarray | None = None) -> dict[str, list]:
    mean = np.random.default_rng(0).normal(size=(5, UNITS)).astype(np.float32)
    made = columns.units(of_units(), gates, SimpleNamespace(mean=mean), np.arange(5), v, auc)
    rows = files.rows_of(BY_NAME["units"], made).to_pydict()
    assert np.allclose(rows["sparsity"], hoyer_sparsity(mean))
    return rows


def test_measures_of_units_are_columns_by_their_name_and_null_where_a_state_has_none() -> None:
    plain = table_of(Gates({}, {}, {}))
    assert plain["time_scale"] == [2.0, None, 4.0]
    assert plain["saturation"] == [None] * UNITS
    for name in ("gate_keep", "gate_time_scale", "gate_saturation", "output_weight", "label_auc"):
        assert plain[name] == [None] * UNITS
    keep = np.array([0.5, 0.25, 0.75], np.float32)
    closed, opened = np.full(UNITS, 0.125, np.float32), np.full(UNITS, 0.5, np.float32)
    other = np.zeros(UNITS, np.float32)
    gates = Gates({"r": other, "z": keep}, {"r": other, "z": closed}, {"r": other, "z": opened})
    gated = table_of(gates, np.array([[1.0, -2.0, 0.0]]), np.array([0.25, 0.5, 1.0], np.float32))
    assert gated["gate_keep"] == keep.tolist()
    assert gated["gate_time_scale"] == pytest.approx((-1 / np.log(keep)).tolist())
    assert gated["gate_saturation"] == [0.625] * UNITS
    assert gated["output_weight"] == [1.0, -2.0, 0.0]
    assert gated["label_auc"] == [0.25, 0.5, 1.0]


def test_a_measure_that_is_not_declared_is_refused_by_its_name() -> None:
    made = {
        **columns.units(
            of_units(), Gates({}, {}, {}), SimpleNamespace(mean=np.ones((5, UNITS))), np.arange(5), None, None
        )
    }
    with pytest.raises(ValueError, match="no column burstiness"):
        files.rows_of(BY_NAME["units"], {**made, "burstiness": np.zeros(UNITS)})


def test_links_name_measures_as_they_always_did() -> None:
    keys = [measure["key"] for measure in measures()]
    assert len(set(keys)) == len(keys)
    assert {
        *("mean", "timeScale", "gateKeep", "meanAbsolute", "labelAuc", "outputWeight", "sparsity", "saturation"),
        *("speechBits", "labelBits", "positionBits", "lossWithout", "lossCertainty"),
    } <= set(keys)


@pytest.mark.parametrize(("table", "column", "said"), SAID, ids=lambda of: getattr(of, "name", None))
def test_what_is_said_has_known_placeholders_and_companions_in_its_table(table, column, said) -> None:
    names = {other.name for other in table.columns}
    assert {said.over, said.error} - {""} <= names
    assert said.row is None or said.row[0] in table.sorted_by
    for text in (said.title, said.help, said.about):
        assert set(re.findall(r"{(.*?)}", text)) <= PLACEHOLDERS.keys()
    assert table.sorted_by[0] == "unit"


def test_compared_measures_have_their_median_among_the_figures_of_states() -> None:
    assert [*MEDIANS] == [column.name for table, column, said in SAID if said.compared]
    assert "time_scale_median" in {figure.name for figure in STATE_FIGURES}
    assert MEDIANS["time_scale"].about == "Median time-scale of the units, in words"
