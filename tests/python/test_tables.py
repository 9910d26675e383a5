"""Every table's round trip, the published folder, and what `verify` says of damage."""

import itertools
import json
import shutil
import urllib.request
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from rnnvis.cli import main
from rnnvis.errors import RnnvisError
from rnnvis.published import files, publishing, typescript
from rnnvis.published.schema import BY_NAME, TABLES, VERSION, Table
from rnnvis.published.verify import verify
from rnnvis.server.loopback import serve_site
from tests import synthetic

ROWS = 37


def example(table: Table, rng: np.random.Generator) -> dict:
    """Random rows of `table` with unique sort keys; every nullable column holds some nulls."""
    columns: dict = {}
    for column in table.columns:
        kind = column.arrow()
        if column.name in table.sorted_by:
            place = table.sorted_by.index(column.name)
            numbers = np.arange(ROWS) // 3 if place == 0 and len(table.sorted_by) > 1 else np.arange(ROWS)
            values = [f"{n:03d}" for n in numbers] if column.type == "string" else numbers.tolist()
        elif column.type.startswith("list"):
            values = [rng.integers(0, 9, rng.integers(0, 5)).tolist() for _ in range(ROWS)]
            values = [[str(v) for v in row] for row in values] if column.type == "list<string>" else values
        elif column.type == "string":
            values = [f"é {n} <img> '; DROP" for n in range(ROWS)]
        elif column.type == "bool":
            values = [bool(n % 2) for n in range(ROWS)]
        else:
            values = rng.integers(0, 100, ROWS).tolist()
        if column.nullable:
            values = [None if n % 5 == 0 else value for n, value in enumerate(values)]
        columns[column.name] = pa.array(values, type=kind) if "float16" not in column.type else values
    return columns


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_every_table_comes_back_as_it_was_written(table, wide, tmp_path):
    columns = example(table, np.random.default_rng(0))
    for column in (c for c in table.columns if "float16" in c.type):
        values = np.arange(ROWS * 2, dtype=np.float16).reshape(ROWS, 2)
        large = wide and "float32" in column.type
        columns[column.name] = files.list_column(values.astype(np.float32) * 1e9 if large else values)
    rows = files.rows_of(table, columns)
    if wide and table.name == "states":
        assert files.matrix(rows["value"]).max() == np.float32((2 * ROWS - 1) * 1e9)
    parts = files.write(table.name, rows, tmp_path)
    assert sum(part.rows for part in parts) == ROWS
    back = files.read(table.name, [tmp_path / part.name for part in parts])
    assert back.equals(rows)
    assert pq.ParquetFile(tmp_path / parts[0].name).metadata.row_group(0).column(0).is_stats_set
    said = duckdb.connect().execute("SELECT count(*) FROM read_parquet(?)", [str(tmp_path / parts[0].name)]).fetchone()
    assert said == (parts[0].rows,)


def test_words_are_written_as_differences_and_read_by_others_as_they_were(tmp_path):
    text = sorted(
        {f"{head}{tail}" for head in ("un", "re", "ça", "日本", "") for tail in ("do", "doing", "né", "語", "")}
    )
    ids = list(range(len(text)))
    word = {"word_id": ids, "text": text, "count": ids, "special": [False] * len(text)}
    path = tmp_path / files.write("words", word, tmp_path)[0].name
    group = pq.ParquetFile(path).metadata.row_group(0)
    encodings = {group.column(n).path_in_schema: set(group.column(n).encodings) for n in range(group.num_columns)}
    assert encodings["word_id"] == {"RLE", "DELTA_BINARY_PACKED"}
    assert encodings["text"] == {"RLE", "DELTA_BYTE_ARRAY"}
    read = duckdb.connect().execute("SELECT word_id, text FROM read_parquet(?) ORDER BY word_id", [str(path)])
    assert read.fetchall() == list(zip(ids, text, strict=True))


def test_rows_are_sorted_and_undeclared_columns_refused():
    table = TABLES[0]
    columns = {"word_id": [1, 0], "text": ["b", "a"], "count": [1, 2], "special": [False, False]}
    assert files.rows_of(table, columns)["text"].to_pylist() == ["a", "b"]
    with pytest.raises(ValueError, match="no column colour"):
        files.rows_of(table, {**columns, "colour": [1, 2]})
    with pytest.raises(ValueError, match="text is missing"):
        files.rows_of(table, {"word_id": [0], "count": [1], "special": [False]})


def test_row_groups_of_states_end_at_sentence_borders_and_large_tables_become_several_files(tmp_path):
    sentence = np.repeat(np.arange(2000), 7).astype(np.int32)
    step = np.tile(np.arange(7, dtype=np.int16), 2000)
    value = np.random.default_rng(0).normal(size=(14000, 4)).astype(np.float16)
    columns = {"sentence_id": sentence, "step": step, "value": files.list_column(value)}
    parts = files.write("states", columns, tmp_path, part_bytes=40_000)
    assert len(parts) > 1
    for part in parts:
        file = pq.ParquetFile(tmp_path / part.name)
        for group in range(file.num_row_groups):
            steps = file.read_row_group(group)["step"].to_pylist()
            assert (steps[0], steps[-1]) == (0, 6)
    ranges = [(p.first, p.last) for p in parts]
    assert ranges[0][0] == 0
    assert ranges[-1][1] == 1999
    assert all(a[1] < b[0] for a, b in itertools.pairwise(ranges))
    assert np.array_equal(files.matrix(files.read("states", [tmp_path / p.name for p in parts])["value"]), value)


def test_same_rows_same_bytes(tmp_path):
    table = next(t for t in TABLES if t.name == "units")
    columns = example(table, np.random.default_rng(1))
    a = files.write("units", columns, tmp_path / "a")[0]
    b = files.write("units", columns, tmp_path / "b")[0]
    assert publishing.digest(tmp_path / "a" / a.name) == publishing.digest(tmp_path / "b" / b.name)


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    synthetic.publish(folder, units=40, words=150, sentences=200)
    return folder


@pytest.fixture
def copy(published, tmp_path) -> Path:
    for path in published.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def named(folder: Path, table: str) -> Path:
    return next(path for path in folder.iterdir() if path.name.startswith(table + "-"))


def test_a_whole_folder_passes(published):
    report = verify(published)
    assert report.problems == []
    assert report.files >= 15


def test_files_of_epochs_and_of_a_second_dataset_are_checked_too(tmp_path):
    synthetic.publish(tmp_path, units=12, words=60, sentences=60, epochs=2, second=True)
    assert verify(tmp_path).problems == []
    model = publishing.read_manifest(tmp_path)["datasets"][1]["models"][0]
    assert [epoch["epoch"] for epoch in model["epochs"]] == [1, 2]
    last = model["epochs"][-1]
    assert {**last, "epoch": None} == {"epoch": None, **{name: model[name] for name in ("hash", "tables", "states")}}
    (tmp_path / model["epochs"][0]["states"][0]["tables"]["units"]["files"][0]["path"]).unlink()
    problems = verify(tmp_path).problems
    assert problems
    assert all("second / planted / epoch 1 / rnn.0.h" in problem for problem in problems)


def test_a_flipped_byte_a_short_file_and_a_missing_file_are_each_named(copy):
    flipped, short, gone = named(copy, "words"), named(copy, "states"), named(copy, "units")
    data = bytearray(flipped.read_bytes())
    data[len(data) // 2] ^= 1
    flipped.write_bytes(data)
    short.write_bytes(short.read_bytes()[:-10])
    gone.unlink()
    problems = verify(copy).problems
    assert len(problems) == 3
    for path, word in ((flipped, "checksum"), (short, "bytes"), (gone, "missing")):
        assert any(path.name in p and word in p for p in problems)


def test_wrong_rows_behind_a_right_checksum_are_found(copy):
    manifest = json.loads((copy / "manifest.json").read_text())
    entry = manifest["datasets"][0]["tables"]["words"]["files"][0]
    rows = pq.read_table(copy / entry["path"])
    pq.write_table(rows.take(list(range(rows.num_rows))[::-1]).drop(["special"]), copy / entry["path"])
    entry |= {"sha256": publishing.digest(copy / entry["path"]), "bytes": (copy / entry["path"]).stat().st_size}
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert any("special is missing" in p for p in verify(copy).problems)


def without_column(folder: Path, table: str, column: str) -> Path:
    """The one file of `table`, again without `column`, as an rnnvis wrote it that did not know of it."""
    manifest = json.loads((folder / "manifest.json").read_text())
    tables = next(holder.tables for holder in publishing.holders(manifest) if table in holder.tables)
    [entry] = tables[table]["files"]
    path = folder / entry["path"]
    pq.write_table(pq.read_table(path).drop([column]), path, write_page_checksum=True)
    size, crc = files.index_of(path)
    entry |= {"sha256": publishing.digest(path), "bytes": path.stat().st_size}
    entry |= {"index_bytes": size, "index_crc32": crc}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return path


def test_a_column_that_may_be_null_may_be_missing_for_it_was_declared_later(copy):
    path = without_column(copy, "units", "sparsity")
    assert verify(copy).problems == []
    rows = files.read("units", [path])
    assert rows.schema.equals(BY_NAME["units"].arrow())
    assert rows["sparsity"].null_count == rows.num_rows > 0
    path = without_column(copy, "units", "mean")
    assert any("the column mean is missing" in problem for problem in verify(copy).problems)
    with pytest.raises(RnnvisError, match="the column mean is missing"):
        files.read("units", [path])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "damaged"),
        ('{"format": "other"}', "not a manifest"),
        (json.dumps({"format": "rnnvis", "version": VERSION + 1}), "reads up to"),
    ],
)
def test_a_bad_manifest_is_explained(copy, text, said):
    (copy / "manifest.json").write_text(text)
    with pytest.raises(RnnvisError, match=said):
        verify(copy)


def of_model(manifest: dict) -> dict:
    return manifest["datasets"][0]["models"][0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m["datasets"][0].pop("title"), "manifest.datasets[0].title must be text"),
        (
            lambda m: of_model(m)["states"][0].update(units="64"),
            "models[0].states[0].units must be a whole number from 0",
        ),
        (lambda m: of_model(m)["states"][0].update(units=-1), "units must be a whole number from 0 on"),
        (lambda m: of_model(m)["states"][0].update(units=True), "units must be a whole number from 0 on"),
        (lambda m: of_model(m)["states"][0].update(units=2.5), "units must be a whole number from 0 on"),
        (lambda m: of_model(m).update(states=[]), "models[0].states must be a list that is not empty"),
        (lambda m: of_model(m).update(seed="0"), "models[0].seed must be a whole number"),
        (lambda m: of_model(m).update(kind="oracle"), "kind must be classifier or language model or recording"),
        (lambda m: m["datasets"][0]["tables"]["words"].update(rows=None), "tables.words.rows must be a whole number"),
        (
            lambda m: m["datasets"][0]["tables"]["words"]["files"][0].update(path="../x.parquet"),
            "name of a Parquet file",
        ),
        (lambda m: m["datasets"][0]["tables"]["words"]["files"][0].update(sha256="0"), "sha256 must be a SHA-256"),
        (lambda m: m["datasets"][0]["splits"].update(train="5"), "splits.train must be a whole number from 0 on"),
        (lambda m: m["datasets"][0].update(view=[]), "datasets[0].view must be an object"),
        (
            lambda m: m["datasets"][0]["first_view"]["slices"][0]["keys"].update(k=[1.5]),
            "keys.k[0] must be text or a whole",
        ),
        (lambda m: m.update(datasets={}), "manifest.datasets must be a list"),
    ],
)
def test_a_field_of_a_wrong_kind_is_named_with_what_it_must_be(copy, change, said):
    manifest = json.loads((copy / "manifest.json").read_text())
    change(manifest)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RnnvisError) as refused:
        publishing.read_manifest(copy)
    assert said in str(refused.value)
    assert "publish again" in str(refused.value)


def test_a_field_that_is_not_declared_is_passed_over_by_readers_named_by_verify_and_never_written(copy):
    manifest = json.loads((copy / "manifest.json").read_text())
    of_model(manifest)["states"][0]["colour"] = "red"
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert publishing.read_manifest(copy)["datasets"]
    before = (copy / "manifest.json").read_bytes()
    for refused in (lambda: verify(copy), lambda: publishing.write_manifest(manifest["datasets"], copy, "test")):
        with pytest.raises(RnnvisError, match=r"models\[0\]\.states\[0\]\.colour is not a field"):
            refused()
    assert (copy / "manifest.json").read_bytes() == before


def test_the_first_view_holds_the_tables_own_rows(copy):
    manifest = publishing.read_manifest(copy)
    dataset = manifest["datasets"][0]
    entry = dataset["first_view"]
    tables = {piece["table"] for piece in entry["slices"]}
    assert {"cluster_labels", "block_means", "word_strengths", "sentences", "steps", "states", "responses"} <= tables
    data = (copy / entry["path"]).read_bytes()
    piece = next(piece for piece in entry["slices"] if piece["table"] == "responses")
    rows = pq.read_table(pa.BufferReader(data[piece["start"] : piece["end"]]))
    assert rows.column("word_id").to_pylist() == piece["keys"]["word_id"]
    piece["keys"]["word_id"] = piece["keys"]["word_id"][1:]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert any("rows of responses" in p for p in verify(copy).problems)
    (copy / entry["path"]).write_bytes(data[:-1] + b"x")
    assert any(entry["path"] in p and "checksum" in p for p in verify(copy).problems)


def test_the_first_view_holds_the_weights_of_the_head(copy):
    manifest = publishing.read_manifest(copy)
    dataset = manifest["datasets"][0]
    piece = next(piece for piece in dataset["first_view"]["slices"] if piece["table"] == "units")
    model = next(m for m in dataset["models"] if m["name"] == piece["model"])
    state = next(s for s in model["states"] if s["name"] == piece["state"])
    assert state["read_by_head"]
    data = (copy / dataset["first_view"]["path"]).read_bytes()
    held = pq.read_table(pa.BufferReader(data[piece["start"] : piece["end"]]))
    table = files.read("units", [copy / file["path"] for file in state["tables"]["units"]["files"]])
    assert held.column_names == piece["columns"] == ["unit", "output_weight", "output_weights"]
    assert held.column("unit").to_pylist() == list(range(state["units"]))
    for name in piece["columns"]:
        assert held.column(name).to_pylist() == table.column(name).to_pylist()
    piece["columns"] = ["unit", "mean", "output_weights"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert any("rows of units" in p for p in verify(copy).problems)
    piece["columns"] = ["unit", "nothing"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert any("names columns of units that it does not have" in p for p in verify(copy).problems)


def with_sentences_of(number: int, folder: Path) -> list[dict]:
    """The datasets of `folder`, the sentences of the first ones read with another text."""
    datasets = publishing.read_manifest(folder)["datasets"]
    rows = files.read("sentences", [folder / f["path"] for f in datasets[0]["tables"]["sentences"]["files"]])
    text = pa.array([f"{text} {number}" for text in rows["text"].to_pylist()])
    rows = rows.set_column(rows.schema.get_field_index("text"), rows.schema.field("text"), text)
    scratch = folder.parent / f"scratch-{number}"
    entry = publishing.entry("sentences", files.write("sentences", rows, scratch), scratch, folder)
    datasets[0]["tables"]["sentences"] = entry
    return datasets


def test_a_publish_keeps_the_files_of_the_one_before_apart_and_drops_older_ones(copy, capsys):
    first = publishing.named_files(publishing.read_manifest(copy))
    (copy / "words-0000000000000000.parquet").write_bytes(b"from long ago")
    (copy / "words-1111111111111111.parquet.tmp").write_bytes(b"of a publish that was stopped")
    publishing.write_manifest(with_sentences_of(1, copy), copy, "test")
    second = publishing.named_files(publishing.read_manifest(copy))
    assert {p.name for p in copy.iterdir()} == second | {"manifest.json", "kept"}
    assert {p.name for p in (copy / "kept").iterdir()} == first - second
    assert first - second  # sentences, and the first view with some of them
    said = " ".join(capsys.readouterr().err.split())
    assert f"{len(first - second)} files of the publish before are kept in" in said
    assert "rnnvis tidy" in said
    assert verify(copy).problems == []
    publishing.write_manifest(with_sentences_of(2, copy), copy, "test")
    assert {p.name for p in (copy / "kept").iterdir()} == second - publishing.named_files(
        publishing.read_manifest(copy)
    )
    done = CliRunner().invoke(main, ["tidy", str(copy)])
    assert done.exit_code == 0, done.output
    assert not (copy / "kept").exists()
    assert verify(copy).problems == []


def test_an_open_page_is_still_served_what_is_kept(copy):
    before = publishing.read_manifest(copy)["datasets"][0]["tables"]["sentences"]["files"][0]["path"]
    held = (copy / before).read_bytes()
    publishing.write_manifest(with_sentences_of(1, copy), copy, "test")
    with serve_site(copy) as running, urllib.request.urlopen(running.url + before) as answer:
        assert answer.read() == held


def test_of_a_dataset_that_is_no_longer_published_nothing_stays(tmp_path):
    synthetic.publish(tmp_path, units=12, words=60, sentences=60, second=True)
    datasets = publishing.read_manifest(tmp_path)["datasets"]
    of_second = publishing.named_files({"datasets": datasets[1:]}) - publishing.named_files({"datasets": datasets[:1]})
    assert of_second
    publishing.write_manifest(datasets[:1], tmp_path, "test")
    assert not of_second & {path.name for path in tmp_path.rglob("*")}
    datasets = publishing.read_manifest(tmp_path)["datasets"]
    path = datasets[0]["tables"].pop("sentences")["files"][0]["path"]
    datasets[0]["view"], datasets[0]["probes"] = None, {}
    publishing.write_manifest(datasets, tmp_path, "test")
    assert path not in {path.name for path in tmp_path.rglob("*")}


def test_verify_names_files_of_rows_that_no_manifest_names(copy, tmp_path):
    site = tmp_path.parent / f"{tmp_path.name}-site"
    shutil.copytree(copy, site / "explorer" / "data")
    (site / "manifest.json").write_text('{"name": "of somebody else"}')
    assert verify(site).problems == []
    assert verify(site).rows == verify(copy).rows > 0
    for stray in ("explorer/data/kept/a.parquet", "b.pack", "explorer/data/.rnnvis-1/c.parquet.tmp"):
        (site / stray).parent.mkdir(exist_ok=True)
        (site / stray).write_bytes(b"rows")
    problems = verify(site).problems
    assert len(problems) == 3
    assert all("no manifest names it" in problem for problem in problems)
    done = CliRunner().invoke(main, ["verify", str(site)])
    assert done.exit_code == 1
    problems = verify(site / "explorer" / "data").problems  # a published folder may keep files apart
    assert [".rnnvis-1" in problem for problem in problems] == [True]
    named(site / "explorer" / "data", "words").unlink()
    assert any("missing" in problem for problem in verify(site).problems)


def test_a_folder_larger_than_a_site_may_be_is_named(copy, monkeypatch):
    monkeypatch.setattr("rnnvis.published.verify.SITE_LIMIT", 1000)
    assert any("more than 1,000 for a site" in problem for problem in verify(copy).problems)


def test_the_viewer_reads_the_same_schema():
    assert typescript.stale(Path(__file__).parents[2] / "viewer" / "src" / "data") == []


def test_a_generated_file_that_is_not_as_declared_is_named(tmp_path):
    typescript.write(tmp_path)
    assert typescript.stale(tmp_path) == []
    (tmp_path / "manifestSchema.ts").write_text((tmp_path / "manifestSchema.ts").read_text().replace("units", "unit"))
    (tmp_path / "schema.ts").unlink()
    assert typescript.stale(tmp_path) == [str(tmp_path / name) for name in ("schema.ts", "manifestSchema.ts")]
