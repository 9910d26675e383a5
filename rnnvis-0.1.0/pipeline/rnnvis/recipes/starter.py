"""The folder of a new dataset: its configuration, one model card and a data card to fill in."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from rnnvis.config import Source, Vocabulary, as_table
from rnnvis.errors import RnnvisError
from rnnvis.recipes.keep.project import Project
from rnnvis.text.corpus import Corpus
from rnnvis.text.inspect import figures, visible

SMALL = 50_000  # training tokens
_KEYS = tuple(f.name for f in dataclasses.fields(Source) if f.name not in ("kind", "releases", "columns"))
_DEFAULTS = Source("")


def write_starter(project: Project, corpus: Corpus, source: Source, vocabulary: Vocabulary) -> Path:
    """Write `datasets/<name of corpus>/` for a corpus that was read from `source`; returns the folder.

    Raises:
        RnnvisError: the folder is there already; nothing in it is touched.
    """
    folder = project.root / "datasets" / corpus.name
    if folder.exists():
        raise RnnvisError(f"{folder} is there already", "choose another name, or remove the folder first")
    folder.mkdir(parents=True)
    small = sum(len(corpus.tokens[i]) for i in corpus.indices("train")) < SMALL
    card = _card(small) if corpus.labels else _language_model_card(small)
    for name, text in (
        ("dataset.toml", _dataset(corpus, source, vocabulary, folder, small)),
        ("gru.toml", card),
        ("README.md", _data_card(corpus, source)),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _dataset(corpus: Corpus, source: Source, chosen: Vocabulary, folder: Path, small: bool) -> str:
    path = Path(source.path).resolve()
    if path.is_relative_to(folder.parents[1].resolve()):
        path = Path(os.path.relpath(path, folder.resolve()))
    values: dict[str, Any] = {key: getattr(source, key) for key in _KEYS} | {"path": path.as_posix()}
    own = "".join(f"{k} = {_toml(v)}\n" for k, v in values.items() if v != getattr(_DEFAULTS, k))
    columns = ""
    if source.columns:
        named = {key: getattr(source.columns, key) for key in ("text", "label", "split", "group")}
        columns = "\n[source.columns]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in named.items() if v)
    about = f"A classifier of {', '.join(corpus.labels)}" if corpus.labels else "Text for language models"
    known = {k: v for k, v in as_table(chosen).items() if v != as_table(Vocabulary())[k]}
    vocabulary = "".join(["\n[vocabulary]\n", *(f"{k} = {v}\n" for k, v in known.items())] if known else [])
    measure = "\n[measure]\nminimum_count = 3\nfrequent_count = 5\n" if small else ""
    return (
        f"name = {_toml(corpus.name)}\n"
        f"title = {_toml(corpus.name.replace('-', ' ').replace('_', ' ').capitalize())}\n"
        'licence = "unknown: say what its owner allows"\n'
        f"about = {_toml(about)}\n"
        f"\n[source]\nkind = {_toml(source.kind)}\n{own}{columns}{vocabulary}{measure}"
    )


def _card(small: bool) -> str:
    units, embedding = (32, 32) if small else (64, 100)
    return (
        f'name = "gru"\ntitle = "GRU, {units} units"\ncell = "gru"\nunits = {units}\nseeds = [0]\n\n'
        f"embedding = {embedding}\nepochs = 10\nlearning_rate = 2e-3\naveraged_epochs = 2\n"
    )


def _language_model_card(small: bool) -> str:
    units, epochs = (64, 8) if small else (200, 6)
    return (
        f'name = "gru"\ntitle = "GRU, {units} units"\ntask = "language_model"\ncell = "gru"\nunits = {units}\n'
        f"seeds = [0]\n\ntied = true\ndropout = 0.3\nepochs = {epochs}\nbatch = {8 if small else 32}\n"
    )


def _data_card(corpus: Corpus, source: Source) -> str:
    rows = "".join(
        f"| {f.split} | {f.sentences:,} | {f.tokens:,} |" + "".join(f" {n:,} |" for n in f.of_class) + "\n"
        for f in figures(corpus)
    )
    labels = [visible(label).replace("|", "\\|").replace("<", "&lt;") for label in corpus.labels]
    return (
        f"# Data card: `{corpus.name}`\n\n"
        f"Read from `{visible(Path(source.path).name).replace('`', '')}` as `{source.kind}`.\n\n"
        "Say here who collected the text and when, what its owner allows, in which language, who wrote the labels, "
        "and what a model trained on it should not be used for.\n\n"
        f"| split | sentences | tokens |{''.join(f' {label} |' for label in labels)}\n"
        f"| --- | ---: | ---: |{' ---: |' * len(labels)}\n{rows}"
    )


def _toml(value: Any) -> str:
    """A value as TOML writes it: strings as JSON does, but for the character DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
