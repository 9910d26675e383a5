"""The commands `rnnvis corpus`: look at a corpus before anything is trained on it, and make a dataset of a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from rnnvis.config import Columns, DatasetConfig
from rnnvis.progress import say
from rnnvis.recipes.keep.limits import check_name
from rnnvis.recipes.keep.project import Project
from rnnvis.recipes.starter import write_starter
from rnnvis.text import FILE_KINDS, load, read
from rnnvis.text.guess import source_of, usual_vocabulary
from rnnvis.text.inspect import show, visible


def inspect(project: Project, target: str, kind: str, columns: Mapping[str, str | None]) -> None:
    """Print what a dataset, or the file or folder called `target`, consists of."""
    if target in project.names() and not kind and not any(columns.values()):
        config = project.dataset(target).config
    else:
        config = _bare(Path(target), kind, columns, Path(target).stem)
    if config.source.kind in FILE_KINDS:
        show(*read(config), Console())
    else:
        show(load(config, project.downloads), None, Console())


def new(project: Project, name: str, path: Path, kind: str, columns: Mapping[str, str | None]) -> Path:
    """Print what `path` consists of, and make it the dataset `name`; returns its folder."""
    check_name(name, "NAME")
    config = _bare(path, kind, columns, name)
    corpus, reading = read(config)
    show(corpus, reading, Console())
    return write_starter(project, corpus, config.source)


def _bare(path: Path, kind: str, columns: Mapping[str, str | None], name: str) -> DatasetConfig:
    given = {key: value for key, value in columns.items() if value}
    source = source_of(path, kind, Columns(**{"text": "", "label": "", **given}))
    if source.columns:
        say(_read_as(source.columns))
    return DatasetConfig(name, name, "", "", source, usual_vocabulary(source))


def _read_as(columns: Columns) -> str:
    split = f'the column "{columns.split}"' if columns.split else "a hash of the text, 70/15/15"
    if columns.group and not columns.split:
        split = f'a hash of the column "{columns.group}", 70/15/15'
    return visible(f'Text: column "{columns.text}". Label: column "{columns.label}". Splits by {split}.')
