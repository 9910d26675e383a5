"""Folders whose files have the sizes and checksums that the manifest says, and break the contract in another way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rnnvis.published import files
from rnnvis.published.publishing import digest
from rnnvis.published.verify import verify
from tests import synthetic
from tests.rewritten import declare, entry_of, rewrite, with_value

Change = Callable[[Any], None]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    synthetic.publish(folder, units=8, words=60, sentences=60, second=True)
    assert verify(folder).problems == []
    return folder


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    shutil.copytree(published, tmp_path / "copy")
    return tmp_path / "copy"


def only_problem(folder: Path) -> str:
    problems = verify(folder).problems
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(("field", "by"), [("index_crc32", 1), ("index_bytes", 1), ("first", 1), ("last", -1)])
@pytest.mark.parametrize("table", ["words", "sentences", "responses", "states", "steps", "units", "projection"])
def test_what_the_manifest_says_of_a_file_is_held_against_it(folder: Path, table: str, field: str, by: int) -> None:
    def change(manifest: Any) -> None:
        file = entry_of(manifest, table)["files"][0]
        file[field] = (file[field] or 0) + by  # type: ignore[literal-required]

    declare(folder, change)
    problem = only_problem(folder)
    assert f" / {table}: {table}-" in problem
    assert f"in the manifest ({field})" in problem or f": {field} is " in problem


def flip(path: Path) -> None:
    """Change the last byte of the first page, and nothing that says where it is."""
    chunk = pq.read_metadata(path).row_group(0).column(0)
    data = bytearray(path.read_bytes())
    data[chunk.data_page_offset + chunk.total_compressed_size - 1] ^= 1
    path.write_bytes(data)


def test_a_page_whose_own_checksum_is_wrong_is_named(folder: Path) -> None:
    rewrite(folder, "words", lambda rows: rows, flip)
    problem = only_problem(folder)
    assert "synthetic / words: words-" in problem
    assert "not readable as Parquet" in problem
    assert "page" in problem.lower()


def test_pages_without_checksums_are_named(folder: Path) -> None:
    def without(path: Path) -> None:
        pq.write_table(pq.read_table(path), path, write_page_checksum=False, store_schema=False)

    rewrite(folder, "responses", lambda rows: rows, without)
    assert "its pages have no checksums" in only_problem(folder)


def test_checksums_of_pages_are_seen_in_every_file_that_is_written(published: Path) -> None:
    assert [path.name for path in published.glob("*.parquet") if files.unchecked(path)] == []


def state(manifest: Any) -> Any:
    return manifest["datasets"][0]["models"][0]["states"][0]


def view(**fields: Any) -> Change:
    return lambda manifest: manifest["datasets"][0]["view"].update(fields)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: state(m).update(units=9), "mean has 8 entries where there must be 9"),
        (lambda m: state(m)["k"].append(9), "cluster_labels: its k are 2, 3, 4, 5, 6, 7, 8, 2, 3, 4, 5, 6, 7, 8, 9 in"),
        (lambda m: state(m)["k"].remove(4), "cluster_labels: its k are 2, 3, 4, 5, 6, 7, 8, 2, 3, 5, 6, 7, 8 in"),
        (lambda m: state(m)["k"].append(8), "cluster_labels: its k are"),
        (lambda m: state(m)["methods"].append("spectral"), "of the methods block, block, spectral in the manifest"),
        (lambda m: state(m)["selections"].pop(), "of the selections frequent, reliable, reliable in the manifest"),
        (lambda m: state(m)["measured"]["splits"].append("held"), "measured on the split 'held'"),
        (view(model="other"), "no model is called 'other'"),
        (view(sentence="0" * 16), "no sentence has the key '0000000000000000', shown first (view.sentence)"),
        (view(step=500), "the sentence shown first has no step 500 (view.step)"),
        (view(k=1), "1 clusters cannot be shown first (view.k)"),
        (view(k=500), "500 clusters cannot be shown first (view.k)"),
        (lambda m: m["datasets"][0]["probes"].update(more="f" * 16), "the key 'ffffffffffffffff', which the manifest"),
        (lambda m: m["datasets"][0]["splits"].update(test=13), "12 of the split 'test', 13 in the manifest"),
        (lambda m: m["datasets"][0]["splits"].update(held=3), "0 of the split 'held', 3 in the manifest"),
        (lambda m: m["datasets"][0]["splits"].pop("probe"), "2 of the split 'probe', 0 in the manifest"),
        (lambda m: m["datasets"][0]["labels"].append("third"), "its classes are negative, positive, the labels negat"),
        (lambda m: m["datasets"][0]["labels"].reverse(), "its classes are negative, positive, the labels positive, n"),
        (lambda m: m["datasets"][0]["labels"].pop(), "label holds 1, above 0; there are 1 labels"),
    ],
)
def test_what_the_manifest_says_of_the_tables_is_held_against_them(folder: Path, change: Change, said: str) -> None:
    declare(folder, change)
    problems = verify(folder).problems
    assert any(said in problem and problem.startswith("synthetic") for problem in problems), problems


def test_everything_named_of_units_names_its_table(folder: Path) -> None:
    declare(folder, lambda manifest: state(manifest).update(units=9))
    problems = verify(folder).problems
    assert {problem.split(": ")[0].rsplit(" / ")[-1] for problem in problems} == {"responses", "states", "units"}


@pytest.mark.parametrize(
    ("table", "column", "change", "said"),
    [
        ("cluster_labels", "ids", ("words", lambda ids: [128, *ids[1:]]), "ids holds 128; there are 128 words"),
        ("cluster_labels", "ids", ("units", lambda ids: [*ids[:-1], 8]), "ids holds 8; there are 8 units"),
        ("cluster_labels", "order", ("units", lambda of: of[1:]), "order has 1 entries where there must be 2"),
        ("projection", "id", ("word", 128), "id holds 128; there are 128 words"),
        ("projection", "id", ("unit", 8), "id holds 8; there are 8 units"),
        ("block_means", "mean", lambda of: of[1:], "mean has 3 entries where there must be 4"),
        ("word_strengths", "strength", lambda of: of[1:], "strength has 133 entries of block, frequent, k = 2, where"),
        ("unit_matches", "b", lambda of: [8, *of[1:]], "b holds 8; there are 8 units"),
        ("unit_matches", "best", lambda of: [*of[:-1], 9], "best holds 9; there are 8 units"),
        ("unit_matches", "best", lambda of: of[1:], "best has 7 entries where there must be 8"),
        ("unit_matches", "model_b", "other", "no such states are published"),
        ("words", "word_id", 500, "word_id holds 500, above"),
        ("response_quantiles", "word_id", 500, "word_id holds 500, above"),
        ("sentences", "tokens", lambda of: [*of[:-1], 128], "tokens holds 128, above 127; there are 128 words"),
        ("units", "top_words", lambda of: [*of[:-1], 128], "top_words holds 128, above 127; there are 128 words"),
        ("states", "step", 400, "step holds 400 of sentence 61, which has"),
        ("steps", "step", 400, "step holds 400 of sentence 61, which has"),
        ("predictions", "surprise_step", 400, "surprise_step holds 400 of sentence 61, which has"),
        ("steps", "p_class", [1.5, -0.5], "p_class holds -0.5, below 0"),
        ("steps", "p_class", [1.5, 0.0], "p_class holds 1.5, above 1"),
        ("steps", "surprise", [101.0], "surprise holds 101, above 100"),
        ("predictions", "surprise", -1.0, "surprise holds -1, below 0"),
        ("states", "value", lambda of: [500.0, *of[1:]], "value holds 500, above 1"),
        ("contexts", "value", -500.0, "value holds -500, below -1"),
        ("units", "mean", 500.0, "mean holds 500, above 1"),
        ("responses", "mean", lambda of: of[1:], "mean has 7 entries where there must be 8"),
    ],
)
def test_a_value_that_does_not_fit_is_named(folder: Path, table: str, column: str, change: Any, said: str) -> None:
    def changed(rows: pa.Table) -> pa.Table:
        value, row = change, rows.num_rows - 1
        if isinstance(change, tuple):
            side, value = change
            named = rows["side" if "side" in rows.schema.names else "item"].to_pylist()
            row = len(named) - 1 - named[::-1].index(side)
        if table in ("cluster_labels", "block_means", "word_strengths"):
            k = rows["k"].to_pylist()
            row = next(i for i in range(len(k)) if k[i] == 2 and (not isinstance(change, tuple) or named[i] == side))
        return with_value(rows, column, row, value)

    rewrite(folder, table, changed)
    problems = verify(folder).problems
    assert any(said in problem and f" / {table}: " in problem for problem in problems), problems


def twice(rows: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, rows.slice(rows.num_rows - 1)])


@pytest.mark.parametrize(
    "table", ["words", "sentences", "responses", "states", "steps", "predictions", "units", "contexts", "metrics"]
)
@pytest.mark.parametrize("cut", [False, True])
def test_a_row_that_is_there_twice_is_named(folder: Path, table: str, cut: bool) -> None:
    """Also where the second one begins another file."""
    rewrite(folder, table, twice, part_bytes=1 if cut else files.PART_BYTES)
    problems = verify(folder).problems
    assert any(f" / {table}: {table}-" in problem and "is there twice" in problem for problem in problems), problems


def test_pairs_are_told_apart_by_the_dataset_of_the_second_state(folder: Path) -> None:
    def another(rows: pa.Table) -> pa.Table:
        return pa.concat_tables([rows, with_value(rows, "dataset_b", 0, None), *[rows] * times])

    times = 0
    rewrite(folder, "state_pairs", another)
    assert verify(folder).problems == []
    times = 1
    rewrite(folder, "state_pairs", another)
    assert "is there twice" in only_problem(folder)


def test_files_in_another_order_than_their_rows_are_named(folder: Path) -> None:
    rewrite(folder, "states", lambda rows: rows, part_bytes=1)
    assert verify(folder).problems == []
    rewrite(folder, "states", lambda rows: pa.concat_tables([rows.slice(500), rows.slice(0, 500)]), part_bytes=1)
    assert any("not sorted by sentence_id, step" in problem for problem in verify(folder).problems)


@pytest.mark.parametrize(("table", "many"), [("responses", "128 words"), ("units", "8 units")])
def test_a_row_that_is_missing_is_named(folder: Path, table: str, many: str) -> None:
    rewrite(folder, table, lambda rows: rows.slice(0, rows.num_rows - 1))
    assert f"rows, where there is one for each of the {many}" in only_problem(folder)


@pytest.mark.parametrize("table", ["block_means", "word_strengths", "cluster_quality"])
def test_a_clustering_that_is_missing_in_one_table_is_named(folder: Path, table: str) -> None:
    rewrite(folder, table, lambda rows: rows.slice(1))
    assert f"{table}: has no row of block, frequent, k = 2, against cluster_labels" in only_problem(folder)


TEXTS = [
    ("words", "text"),
    ("sentences", "key"),
    ("sentences", "text"),
    ("sentences", "split"),
    ("unit_matches", "model_a"),
    ("metrics", "about"),
    ("cluster_labels", "side"),
]


@pytest.mark.parametrize(("table", "column"), TEXTS)
def test_text_that_is_no_utf_8_is_named(folder: Path, table: str, column: str) -> None:
    def changed(rows: pa.Table) -> pa.Table:
        at = rows.schema.get_field_index(column)
        raw = pa.array([b"\xff\xfe" + str(row).encode() for row in range(rows.num_rows)], pa.binary())
        text = pa.Array.from_buffers(pa.string(), rows.num_rows, raw.buffers())
        return rows.set_column(at, rows.schema.field(at), text)

    rewrite(folder, table, changed)
    problems = verify(folder).problems
    assert any(
        f" / {table}: " in problem and f"{column} holds values that cannot be read" in problem for problem in problems
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda keys: keys.clear(), "by no column at all"),
        (lambda keys: keys.update({next(iter(keys)): [2**70]}), "that are none of its kind"),
        (lambda keys: keys.update({next(iter(keys)): [-1, "x"]}), "that are none of its kind"),
        (lambda keys: keys.update(other=["x"]), "by the column 'other', which it does not have"),
    ],
)
def test_keys_of_the_first_view_that_are_none_are_named(folder: Path, change: Any, said: str) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest["datasets"][0]["first_view"]["slices"][0]["keys"])
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert said in only_problem(folder)


@pytest.mark.parametrize("which", ["schema", "everywhere"])
def test_a_column_whose_name_is_no_utf_8_is_named(folder: Path, which: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    path = folder / entry_of(manifest, "words")["files"][0]["path"]
    times = 1 if which == "schema" else -1
    data = path.read_bytes().replace(b"part_of_speech", b"\xff\xe5rt_of_speech", times)
    path.write_bytes(data)

    def signed(manifest: Any) -> None:
        entry_of(manifest, "words")["files"][0].update(bytes=len(data), sha256=digest(path))

    declare(folder, signed)
    problems = verify(folder).problems
    assert any("not readable as Parquet" in problem for problem in problems), problems


def test_a_column_of_the_first_view_whose_name_is_no_utf_8_is_named(folder: Path) -> None:
    path = next(folder.glob("first_view-*.pack"))
    data = path.read_bytes().replace(b"sentence_id", b"\xe1entence_id")
    path.write_bytes(data)

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["datasets"][0]["first_view"].update(bytes=len(data), sha256=digest(path))
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert any("first view" in problem and "not readable as Parquet" in problem for problem in verify(folder).problems)
