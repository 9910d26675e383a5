"""Broken and hostile files of users: an error that can be acted on or a corpus, and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnvis.cli import main
from rnnvis.config import DatasetConfig
from rnnvis.errors import RnnvisError
from rnnvis.published.verify import verify
from rnnvis.recipes.keep.project import Project
from rnnvis.recipes.steps.train import load_corpus
from rnnvis.text import read
from tests.attacks.test_command_line import HOSTILE, refused
from tests.python.tiny import sentences
from tests.python.user_corpora import configured, json_lines, reviews

DATASET = """
name = "own"
title = "Own"
licence = "own"
about = "Own"
[source]
kind = "table"
path = "rows.csv"
"""
CARD = 'name = "gru"\ntitle = "GRU"\ncell = "gru"\nunits = 4\nseeds = [0]\nembedding = 4\nepochs = 1\n'
REGENERATE = ("regenerate", "--quick", "--no-site")


def run(root: Path, *arguments: str) -> Result:
    load_corpus.cache_clear()
    return CliRunner().invoke(main, ["--root", str(root), *arguments])


def own(root: Path, rows: str, toml: str = DATASET) -> Path:
    folder = root / "datasets" / "own"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.toml").write_text(toml, encoding="utf-8")
    (folder / "gru.toml").write_text(CARD, encoding="utf-8")
    (folder / "rows.csv").write_text(rows, encoding="utf-8")
    return folder


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def rows(count: int = 120) -> str:
    made = (f"{quoted(text)},{'yes' if score > 0 else 'no'}\n" for score, text in sentences(count, 1))
    return "text,label\n" + "".join(made)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "table"', 'kind = "tabel"', '"source.kind" is "tabel"'),
        ('path = "rows.csv"', "", 'the key "source.path" is missing'),
        ('path = "rows.csv"', 'path = "rows.csv"\nclasses = 5', '"source.classes" means nothing for the kind "table"'),
        ('path = "rows.csv"', 'path = "rows.csv"\nmost_sentences = -1', '"source.most_sentences" is -1'),
        ('path = "rows.csv"', 'path = "rows.csv"\ndelimiter = "ab"', "source.delimiter is"),
        ('path = "rows.csv"', 'path = "rows.csv"\nformat = "xlsx"', '"source.format" is "xlsx"'),
        ('path = "rows.csv"', 'path = "rows.csv"\nlabels = ["yes"]', '"source.labels" names 1 classes'),
        ('path = "rows.csv"', 'path = "rows.csv"\nlabels = ["a", "a"]', "\"source.labels\" holds 'a' twice"),
        ('path = "rows.csv"', 'path = "rows.csv"\n[source.columns]\ntxt = "a"', 'unknown key "source.columns.txt"'),
        ('path = "rows.csv"', 'path = "rows.csv"\n[source.columns]\ntext = ""', '"source.columns" names no text'),
        ('kind = "table"', 'kind = "yelp"\nclasses = 3', '"source.classes" is 3'),
        ('kind = "table"', 'kind = "yelp"\nlabels = ["a", "b"]', '"source.labels" means nothing for the kind "yelp"'),
        ('kind = "table"', 'kind = "reviews"', '"source.path" means nothing for the kind "reviews"'),
    ],
)
def test_a_bad_source_names_file_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = own(tmp_path, rows(), DATASET.replace(old, new))
    refused(run(tmp_path, *REGENERATE), str(folder / "dataset.toml"), said)
    assert not (tmp_path / "build" / "stages").exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "text,label\n",
        "text,label\n\n\n",
        "text,label\n ,yes\n",
        "text,label\n...,yes\n",
        "text,label\nonly,yes\n",
        rows().replace(",no", ",yes"),
        "text,label\n" + "a film,yes\n" * 90 + "b film,no\n" * 90,
        rows().replace("label", "lable"),
        rows() + '"open',
        rows() + "one,two,three\n",
    ],
    ids=[
        "nothing",
        "0 rows",
        "empty lines",
        "no text",
        "no words",
        "one row",
        "one class",
        "duplicates only",
        "no such column",
        "open quote",
        "too many fields",
    ],
)
def test_rows_that_nothing_can_be_learnt_from_leave_what_is_published(tmp_path: Path, content: str) -> None:
    data = tmp_path / "site" / "explorer" / "data"
    data.mkdir(parents=True)
    (data / "manifest.json").write_text("kept")
    own(tmp_path, content)
    result = run(tmp_path, *REGENERATE)
    refused(result)
    assert "own" in result.output
    assert (data / "manifest.json").read_text() == "kept"
    looked = run(tmp_path, "corpus", "inspect", "own")
    assert looked.exit_code == 0 or "Error: " in looked.output


def test_hostile_texts_labels_and_columns_are_data(tmp_path: Path) -> None:
    text, label = "<b>te\"xt</b>';--", "la\\bel\tof\x7f"
    names = ["<img src=x onerror=alert(1)>", "\x1b[31m__proto__\u202e"]
    made = [
        f"{quoted(f'{HOSTILE[n % len(HOSTILE)]} {t}')},{quoted(names[int(score > 0)])}\n"
        for n, (score, t) in enumerate(sentences(200, 1))
    ]
    path = tmp_path / 'a "file" \\ of\nmine.csv'
    path.write_text(f"{quoted(text)},{quoted(label)}\n" + "".join(made), encoding="utf-8")
    made_of = run(tmp_path, "corpus", "new", "own", str(path), "--text", text, "--label", label)
    assert made_of.exit_code == 0, made_of.output
    assert "\x1b" not in made_of.output
    columns = Project(tmp_path).dataset("own").config.source.columns
    assert columns
    assert (columns.text, columns.label) == (text, label)
    (tmp_path / "datasets" / "own" / "gru.toml").write_text(CARD)
    result = run(tmp_path, *REGENERATE)
    assert result.exit_code == 0, result.output
    data = tmp_path / "site" / "explorer" / "data"
    assert verify(data).problems == []
    assert sorted(json.loads((data / "manifest.json").read_text())["datasets"][0]["labels"]) == sorted(names)


FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = st.sampled_from(
    [b"text", b"label", b",", b"\t", b'"', b"\n", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"a b"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["text", "label"]) | st.text(), inner),
    max_leaves=5,
)


def refusal(config: DatasetConfig) -> RnnvisError | None:
    """Why the corpus cannot be read; None where it can."""
    try:
        corpus, _ = read(config)
    except RnnvisError as error:
        return error
    assert len(corpus) > 0
    return None


@FEW
@given(content=st.lists(PIECES, max_size=40).map(b"".join), suffix=st.sampled_from(["csv", "tsv", "jsonl"]))
def test_any_bytes_are_a_corpus_or_an_error_about_the_file(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"rows.{suffix}"
    path.write_bytes(b"text,label\nx,y\n" * (suffix == "csv") + content)
    error = refusal(configured("table", path))
    assert error is None or (error.fix and ("rows." in error.message or "made-up" in error.message))


@FEW
@given(st.lists(JSON | st.fixed_dictionaries({"text": JSON, "stars": JSON, "business_id": JSON}), max_size=4))
def test_any_json_lines_are_a_corpus_or_an_error_about_the_line(tmp_path: Path, objects: list[object]) -> None:
    path = json_lines(tmp_path / "yelp_academic_dataset_review.json", [*reviews(3), *objects])
    for kind in ("yelp", "table"):
        error = refusal(configured(kind, path))
        assert error is None or (error.fix and (", line " in error.message or "made-up" in error.message))


def test_what_is_no_readable_file_is_named(tmp_path: Path) -> None:
    folder = own(tmp_path, rows())
    (folder / "rows.csv").unlink()
    os.mkfifo(folder / "rows.csv")
    refused(run(tmp_path, "train", "own"), "rows.csv: no such file")
    (folder / "rows.csv").unlink()
    (folder / "rows.csv").symlink_to(folder / "rows.csv")
    refused(run(tmp_path, "train", "own"), "rows.csv")
    (folder / "rows.csv").unlink()
    (folder / "rows.csv").mkdir()
    refused(run(tmp_path, "train", "own"), "tables for the split")
