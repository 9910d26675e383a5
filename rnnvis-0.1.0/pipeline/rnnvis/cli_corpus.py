"""The commands `rnnvis corpus`: what they are called and what they take."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from rnnvis.progress import say
from rnnvis.recipes.keep.project import Project


@click.group()
def corpus() -> None:
    """Look at the text of a dataset, or make a dataset of a file."""


class _Kinds(click.Choice[str]):
    """The kinds of corpus, which are looked up when they are needed."""

    def __init__(self) -> None:
        self.case_sensitive = True

    @property
    def choices(self) -> list[str]:  # type: ignore[override]
        """Their names, by alphabet."""
        from rnnvis.text.kinds import FILE_KINDS

        return sorted(FILE_KINDS)


def _source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
        (("--kind",), {"type": _Kinds(), "help": "What the path is; guessed otherwise."}),
        (("--text",), {"metavar": "COLUMN", "help": "Column of a table with the text, by name or position."}),
        (("--label",), {"metavar": "COLUMN", "help": "Column with the label, by name or position."}),
        (("--split",), {"metavar": "COLUMN", "help": "Column that says train, valid or test; else a hash decides."}),
        (("--group",), {"metavar": "COLUMN", "help": "Column whose equal values stay in one split, as an author."}),
        (("--encoding",), {"metavar": "NAME", "help": "Encoding of the files, such as latin-1; UTF-8 otherwise."}),
        (("--header/--no-header",), {"default": None, "help": "Whether the first line names the columns."}),
        (("--format",), {"type": click.Choice(["csv", "tsv", "jsonl", "parquet"]), "help": "Format of a table."}),
        (("--labels",), {"metavar": "NAMES", "help": "Names of the classes in the order of their numbers: bad,good."}),
        (("--classes",), {"type": click.Choice(["2", "5"]), "help": "Classes of yelp and sst."}),
        (("--delimiter",), {"metavar": "MARK", "help": "What parts the fields, such as ; or tab."}),
        (("--quotes/--no-quotes",), {"default": None, "help": "Whether quotation marks hold fields, or are text."}),
        (("--quote",), {"metavar": "MARK", "help": 'The quotation mark; " otherwise.'}),
        (("--tokenised/--cut",), {"default": None, "help": "Running text: words stand between spaces, or are cut."}),
        (("--tokens",), {"type": click.Choice(["words", "characters", "segmented"]), "help": "What a token is."}),
        (("--minimum-count",), {"type": click.IntRange(1), "help": "Uses from which a word is known; 2 otherwise."}),
        (("--most-sentences",), {"type": click.IntRange(0), "help": "Take so many, drawn by a hash; 0: all."}),
        (("--most-tokens",), {"type": click.IntRange(0), "help": "Leave longer sentences out; 0: none."}),
        (("--addresses/--no-addresses",), {"default": None, "help": "Web addresses and @names as one token each."}),
    )
    for names, settings in reversed(options):
        command = click.option(*names, **settings)(command)
    return command


@corpus.command()
@click.argument("dataset")
@_source_options
@click.pass_obj
def inspect(project: Project, /, dataset: str, **options: Any) -> None:
    """Print size, balance of the classes, unknown words and lengths of every split.

    DATASET is a dataset under datasets/, or the path of a file or folder that has no configuration yet.
    """
    from rnnvis.recipes.corpus import inspect as look

    look(project, dataset, options)


@corpus.command()
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path))
@_source_options
@click.pass_obj
def new(project: Project, /, name: str, path: Path, **options: Any) -> None:
    """Make the dataset NAME of the file or folder PATH: configuration, model card and data card."""
    from rnnvis.recipes.corpus import new as make

    folder = make(project, name, path, options)
    say(f"The dataset is in {folder}. Next: {next_commands(project, name)}")


def next_commands(project: Project, name: str) -> str:
    """What to type after a dataset was made: in a checkout the site is built, elsewhere the data are served."""
    if project.has_website:
        return f"rnnvis regenerate {name} --quick, then rnnvis serve"
    return f"rnnvis regenerate {name} --quick --no-site, then rnnvis serve {shlex.quote(str(project.shown_data))}"
