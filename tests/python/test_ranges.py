"""Values beyond what a column declares are named by `verify`, and nothing else is."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from rnnvis.published.schema import TABLES
from rnnvis.published.verify import verify
from tests import synthetic
from tests.rewritten import rewrite, with_value


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    synthetic.publish(folder, units=8, words=60, sentences=60)
    return folder


def changed(folder: Path, table: str, column: str, change) -> list[str]:
    """What `verify` says after `change` had its way with the first value of `column`."""

    def changed_rows(rows: pa.Table) -> pa.Table:
        values = rows[column].to_pylist()
        return with_value(rows, column, next(i for i, value in enumerate(values) if value is not None), change)

    rewrite(folder, table, changed_rows)
    return verify(folder).problems


def first(value: float):
    return lambda row: [value, *row[1:]]


@pytest.mark.parametrize(
    ("table", "column", "change", "said"),
    [
        ("words", "part_of_speech_share", lambda _: 1.5, "part_of_speech_share holds 1.5, above 1"),
        ("words", "count", lambda _: -1, "count holds -1, below 0"),
        ("sentences", "tokens", first(9999), "tokens holds 9999, above"),
        ("sentences", "surface", lambda row: row[1:], "surface has 11 entries where there must be 12"),
        ("sentences", "label", lambda _: 2, "label holds 2, above 1; there are 2 labels"),
        ("responses", "mean", lambda row: row[1:], "mean has 7 entries where there must be 8"),
        ("responses", "reliability", lambda _: -1.01, "reliability holds -1.01, below -1"),
        ("states", "value", first(1.25), "value holds 1.25, above 1"),
        ("contexts", "unit", lambda _: -1, "unit holds -1, below 0; there are 8 units"),
        ("units", "sparsity", lambda _: 1.2, "sparsity holds 1.2, above 1"),
        ("units", "top_words", first(-3), "top_words holds -3, below 0; there are "),
        ("units", "histogram", lambda row: row[1:], "histogram has 63 entries where there must be 64"),
        ("cluster_labels", "labels", first(200), "labels holds 200, which is not below k"),
        ("cluster_labels", "labels", lambda row: row[1:], "labels has"),
        ("cluster_summaries", "stability", lambda _: 1.1, "stability holds 1.1, above 1"),
        ("steps", "p_class", first(1.01), "p_class holds 1.01, above 1"),
        ("steps", "p_class", lambda row: [*row, 0.0], "p_class has 3 entries where there must be 2"),
        ("steps", "surprise", lambda row: [*row, 0.0], "surprise has 2 entries where there must be 1"),
        ("predictions", "predicted", lambda _: 2, "predicted holds 2, above 1; there are 2 classes"),
    ],
)
def test_a_value_beyond_what_is_declared_is_named(published, tmp_path, table, column, change, said):
    folder = tmp_path / "copy"
    shutil.copytree(published, folder)
    problems = changed(folder, table, column, change)
    assert len(problems) == 1
    assert said in problems[0]
    assert f" / {table}: " in problems[0]
    assert f"/ {table}: {table}-" in problems[0]


def test_what_is_as_declared_passes_to_the_last_digit_of_a_float(published, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(published, folder)
    assert changed(folder, "units", "sparsity", lambda _: float(np.nextafter(np.float32(1), np.float32(2)))) == []


def test_states_that_are_not_bounded_may_lie_anywhere(published, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(published, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["datasets"][0]["models"][0]["states"][0]["bounded"] = False
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert changed(folder, "states", "value", first(40.0)) == []


def test_every_declared_companion_is_a_column_of_its_table():
    for table in TABLES:
        names = {column.name for column in table.columns}
        for column in table.columns:
            assert not column.below or column.below in names
            assert {other for other, _, _ in column.of_each} <= names
            factors = [] if isinstance(column.length, int) else column.length.split(" × ")
            known = set(factors) <= {"", "units", "classes", "states", "channels", *names}
            assert known, (table.name, column.name)
