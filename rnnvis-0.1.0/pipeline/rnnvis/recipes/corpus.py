"""The commands `rnnvis corpus`: look at a corpus before anything is trained on it, and make a dataset of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from rnnvis.config import Columns, DatasetConfig, Source
from rnnvis.errors import RnnvisError
from rnnvis.progress import say
from rnnvis.recipes.keep.limits import check_marks, check_name
from rnnvis.recipes.keep.project import Project
from rnnvis.recipes.starter import write_starter
from rnnvis.text import FILE_KINDS, load, read
from rnnvis.text.guess import source_of, usual_vocabulary
from rnnvis.text.inspect import show, visible

Options = Mapping[str, Any]
_COLUMNS = tuple(f.name for f in fields(Columns))


def inspect(project: Project, target: str, options: Options) -> None:
    """Print what a dataset, or the file or folder called `target`, consists of; `options` are those of the command."""
    if target in project.names() and not _told(options):
        config = project.dataset(target).config
    else:
        config = _bare(Path(target), options, Path(target).stem)
    if config.source.kind in FILE_KINDS:
        show(*read(config), Console())
    else:
        show(load(config, project.downloads), None, Console())


def new(project: Project, name: str, path: Path, options: Options) -> Path:
    """Print what `path` consists of, and make it the dataset `name`; returns its folder."""
    check_name(name, "NAME")
    config = _bare(path, options, name)
    corpus, reading = read(config)
    show(corpus, reading, Console())
    return write_starter(project, corpus, config.source, config.vocabulary)


def _told(options: Options) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None}


def _bare(path: Path, options: Options, name: str) -> DatasetConfig:
    told = _told(options)
    columns = Columns(**{"text": "", "label": ""} | {key: told.pop(key) for key in _COLUMNS if key in told})
    kind = told.pop("kind", "")
    least = told.pop("minimum_count", None)
    if told.get("delimiter") == "tab":
        told["delimiter"] = "\t"
    if "labels" in told:
        told["labels"] = tuple(name.strip() for name in told["labels"].split(","))
    if "classes" in told:
        told["classes"] = int(told["classes"])
    given = replace(Source(""), **told)
    check_marks(given, "--")
    source = source_of(path, kind, columns, given)
    odd = sorted(set(told) - FILE_KINDS[source.kind].keys)
    if odd:
        option = odd[0].replace("_", "-")
        raise RnnvisError(
            f'{path}: --{option} means nothing for the kind "{source.kind}"', "leave it out, or name --kind"
        )
    if source.columns:
        say(_read_as(source.columns, path))
    vocabulary = usual_vocabulary(source)
    if least is not None:
        vocabulary = replace(vocabulary, minimum_count=least)
    return DatasetConfig(name, name, "", "", source, vocabulary)


def _read_as(columns: Columns, path: Path) -> str:
    split = "a hash of the text, 70/15/15"
    if path.is_dir():
        split = "the names of the files"
    elif columns.split:
        split = f'the column "{columns.split}"'
    elif columns.group:
        split = f'a hash of the column "{columns.group}", 70/15/15'
    return visible(f'Text: column "{columns.text}". Label: column "{columns.label}". Splits by {split}.')
