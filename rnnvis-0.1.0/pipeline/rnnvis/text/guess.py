"""What a bare file or folder most likely is: kind of corpus and, of a table, its columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rnnvis.config import Columns, Source, Vocabulary
from rnnvis.errors import RnnvisError, check_plain
from rnnvis.text import rows
from rnnvis.text.delimited import DELIMITERS, sniffed_delimiter
from rnnvis.text.kinds import FILE_KINDS, table
from rnnvis.text.lines import head, suffix

TEXT_NAMES = ("text", "sentence", "review", "content", "body", "comment", "message", "tweet", "document")
LABEL_NAMES = ("label", "class", "sentiment", "category", "target", "polarity", "stars", "rating")
SPLIT_NAME = "split"


def source_of(path: Path, kind: str = "", columns: Columns | None = None, given: Source | None = None) -> Source:
    """A source for the file or folder at `path`, its other keys as `given`; the kind and columns that are left
    open are guessed.

    Raises:
        RnnvisError: there is nothing at `path`, or nothing can be guessed; says which option decides it.
    """
    if not path.exists():
        raise RnnvisError(f"{path}: no such file or folder", "name a file, a folder, or a dataset under datasets/")
    check_plain(path)
    source = replace(given or Source(""), kind=kind or _kind(path, given), path=str(path))
    if source.kind != "table":
        return source
    file = table.files(path)[0]
    usual = DELIMITERS.get(rows.format_of(file, source), "")
    if usual and not source.delimiter:
        source = replace(source, delimiter=sniffed_delimiter(file, source, usual))
    if suffix(file) not in rows.FORMATS and not source.format:
        source = replace(source, format=rows.format_of(file, source))
    names = rows.columns(file, source)
    told = columns or Columns("", "", "", "")
    chosen = Columns(
        text=told.text or _first(TEXT_NAMES, names, file, "text"),
        label=told.label or _first(LABEL_NAMES, names, file, "label"),
        split=told.split or next((name for name in names if name.lower() == SPLIT_NAME and path.is_file()), ""),
        group=told.group,
    )
    return replace(source, columns=chosen)


def usual_vocabulary(source: Source) -> Vocabulary:
    """The vocabulary of a dataset that says nothing of one, as its kind has it."""
    return FILE_KINDS[source.kind].vocabulary if source.kind in FILE_KINDS else Vocabulary()


def _kind(path: Path, given: Source | None) -> str:
    told = given or Source("")
    found = next((kind.name for kind in FILE_KINDS.values() if kind.fits(path)), "")
    if found == "text" and path.is_file() and (not told.header or rows.tabbed(head(path, told.encoding))):
        return "table"
    if not found:
        known = ", ".join(FILE_KINDS)
        fix = f"say it: --kind with one of {known}"
        raise RnnvisError(f"{path}: its kind of corpus cannot be told from its name or its content", fix)
    return found


def _first(known: tuple[str, ...], names: list[str], file: Path, what: str) -> str:
    by_name = {name.lower(): name for name in reversed(names)}
    found = next((by_name[name] for name in known if name in by_name), None)
    if found is None:
        raise RnnvisError(
            f"{file}: which column holds the {what} cannot be told from {', '.join(names)}",
            f"name it, or say its position: --{what} COLUMN; where the first line names nothing: --no-header --text 1 "
            "--label 2",
        )
    return found
