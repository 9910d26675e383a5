"""Datasets over users' files: keys by content, places relative to the dataset, and files that are not there."""

import os
import shutil
from pathlib import Path

import pytest

from rnnvis.errors import RnnvisError
from rnnvis.recipes.keep.project import Project
from rnnvis.recipes.steps.train import corpus_step
from tests.python import pronouncing, tiny

DATASET = """
name = "{0}"
title = "Own"
licence = "own"
about = "Own"
[source]
kind = "table"
path = "{1}"
"""


def own(root: Path, name: str, path: str) -> Path:
    folder = root / "datasets" / name
    folder.mkdir(parents=True)
    (folder / "dataset.toml").write_text(DATASET.format(name, path), encoding="utf-8")
    return folder


def key(root: Path, name: str = "own") -> str:
    project = Project(root)
    return corpus_step(project, project.dataset(name)).key


def test_the_key_follows_the_content_and_not_the_place(tmp_path):
    folder = own(tmp_path / "a", "own", "rows.csv")
    rows = folder / "rows.csv"
    rows.write_text("text,label\na,1\n")
    first = key(tmp_path / "a")
    os.utime(rows, (1, 1))
    assert key(tmp_path / "a") == first
    shutil.copytree(tmp_path / "a" / "datasets", tmp_path / "b" / "datasets")
    assert key(tmp_path / "b") == first
    rows.write_text("text,label\nb,1\n")
    assert key(tmp_path / "a") != first
    (tmp_path / "a" / "build" / "inputs.json").write_text("[")
    rows.write_text("text,label\na,1\n")
    assert key(tmp_path / "a") == first


def test_paths_are_relative_to_the_dataset_or_absolute(tmp_path):
    own(tmp_path, "own", "../../rows.csv")
    (tmp_path / "rows.csv").write_text("text,label\na,1\n")
    assert Path(Project(tmp_path).dataset("own").config.source.path).samefile(tmp_path / "rows.csv")
    own(tmp_path, "other", str(tmp_path / "rows.csv"))
    assert Project(tmp_path).dataset("other").config.source.path == str(tmp_path / "rows.csv")


def test_datasets_whose_files_are_absent_are_left_out_with_one_line(tmp_path, capsys):
    tiny.project(tmp_path)
    for name in ("absent", "gone"):
        own(tmp_path, name, "data/rows.csv")
    own(tmp_path, "a-first", "rows.csv").joinpath("rows.csv").write_text("text,label\na,1\n")
    assert [d.config.name for d in Project(tmp_path).datasets()] == ["tiny", "a-first"]
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("Left out, as their text is not here: absent, gone") == 1
    with pytest.raises(RnnvisError, match=r"rows.csv: no such file") as caught:
        corpus_step(Project(tmp_path), Project(tmp_path).datasets(["absent"])[0]).run(tmp_path / "build")
    assert "source.path" in caught.value.fix


def test_models_that_come_ready_stand_behind_those_that_are_trained(tmp_path):
    tiny.project(tmp_path)
    pronouncing.project(tmp_path)
    own(tmp_path, "a-first", "rows.csv").joinpath("rows.csv").write_text("text,label\na,1\n")
    assert [d.config.name for d in Project(tmp_path).datasets()] == ["tiny", "graphemes", "a-first"]


def test_a_folder_that_is_there_but_not_whole_is_named(tmp_path, capsys):
    folder = own(tmp_path, "own", "rows")
    (folder / "rows").mkdir()
    assert Project(tmp_path).datasets() == []
    assert "own: left out" in capsys.readouterr().err
    with pytest.raises(RnnvisError, match="0 tables for the split train"):
        key(tmp_path)


def test_the_recipes_in_this_checkout_can_be_read():
    project = Project(Path(__file__).parents[2])
    for name in ("imdb", "ptb", "uci-sentences", "yelp"):
        dataset = project.dataset(name)
        assert dataset.cards
        readme = (dataset.folder / "README.md").read_text(encoding="utf-8")
        assert "no figure on the site is about" in " ".join(readme.split())
    balanced = project.dataset("yelp").cards
    plain, even = (vars(balanced[name]) for name in ("gru", "gru-oversampled"))
    assert {k for k in plain if plain[k] != even[k]} == {"name", "title", "oversample"}
