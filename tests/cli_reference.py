"""The page on the command line, written from the commands themselves.

python -m tests.cli_reference          rewrites site/cli.md
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

import click

from rnnvis.cli import main

PAGE = Path(__file__).parents[1] / "site" / "cli.md"

HEAD = """---
description: Every command and option.
---

<!-- Written by `python -m tests.cli_reference`; a test compares. -->

# Command line
"""


def reference() -> str:
    """The whole page, as Markdown."""
    return HEAD + "\n" + "\n".join(_sections())


def _sections() -> Iterator[str]:
    top = click.Context(main, info_name="rnnvis", **main.context_settings)
    yield f"{_help(main)}\n\n{_usage(main, top)}\n{_options(main, top)}"
    for name, command in main.commands.items():
        yield from _command(name, command, top, "##")


def _command(name: str, command: click.Command, parent: click.Context, level: str) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    yield f"{level} `{name}`\n\n{_help(command)}\n\n{_usage(command, context)}\n{_options(command, context)}"
    if isinstance(command, click.Group):
        for inner, inside in command.commands.items():
            yield from _command(f"{name} {inner}", inside, parent, level + "#")


def _help(command: click.Command) -> str:
    assert command.help, f"the command {command.name} has no help"
    paragraphs = html.escape(command.help, quote=False).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _usage(command: click.Command, context: click.Context) -> str:
    return f"```\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```\n"


def _options(command: click.Command, context: click.Context) -> str:
    rows = []
    for option in command.params:
        record = option.get_help_record(context) if isinstance(option, click.Option) else None
        if record:
            names, about = record
            assert about, f"the option {names} has no help"
            cells = [f"`{names.replace('|', ', ')}`", about.replace("|", "\\|")]
            rows.append(f"| {cells[0]} | {cells[1]} |")
    return "\n".join(["| option | does |", "| --- | --- |", *rows]) + "\n" if rows else ""


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
