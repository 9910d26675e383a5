"""CSV and TSV: quoted fields, columns by name or by position, and errors that name the line."""

from __future__ import annotations

import csv
import difflib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from rnnvis.config import Source
from rnnvis.text.lines import LONGEST_LINE, broken, numbered
from rnnvis.text.objects import Row

DELIMITERS = {"csv": ",", "tsv": "\t"}
_QUOTES = "double every quotation mark inside a quoted field, and close the field"
_NO_QUOTES = "where quotation marks are text: --no-quotes, or source.quotes = false"
_POSITIONS = "where the first line names nothing: --no-header --text 1 --label 2"


@dataclass(frozen=True)
class Known:
    """The column of labels, and the labels that occur: what a row looks like that quotation marks have swallowed."""

    column: str
    labels: Collection[str]


def delimited_rows(
    path: Path, source: Source, delimiter: str, needed: Sequence[str], shown: bool, known: Known | None = None
) -> Iterator[Row]:
    """(line number, values by column) of each row. Columns without a name are called by their position, from 1.

    RnnvisError: a row does not fit, quotation marks do not close, or seem to join rows, or a column is not there.
    """
    seen: list[str] = []  # the lines of the row that is being read
    names: list[str] | None = None

    def lines() -> Iterator[str]:
        for _, line in numbered(path, source.encoding, shown=shown):
            seen.append(line)
            yield line + "\n"

    reader = csv.reader(
        lines(),
        delimiter=delimiter,
        quotechar=source.quote,
        quoting=csv.QUOTE_NONE if source.quotes is False else csv.QUOTE_MINIMAL,
        strict=True,
    )
    while True:
        line = reader.line_num + 1
        seen.clear()
        limit = csv.field_size_limit(LONGEST_LINE)
        try:
            fields = next(reader, None)
        except csv.Error as error:
            fix = _QUOTES if source.quotes is False else f"{_QUOTES}; {_NO_QUOTES}"
            raise broken(path, line, f"not readable: {error}", fix) from None
        finally:
            csv.field_size_limit(limit)
        if fields is None:
            return
        if not fields or (len(fields) == 1 and not fields[0].strip()):
            continue
        if names is None:
            names = _names(path, line, fields, source)
            _check(path, line, names, delimiter, needed, source)
            at = {name: _place(name, names) for name in needed}
            if source.header:
                continue
        if len(fields) != len(names):
            first = f"the first line names {len(names)} columns" if source.header else f"the first has {len(names)}"
            fix = 'write a field that holds the separator as "…", or correct the line'
            raise broken(path, line, f"{len(fields)} fields, where {first}", fix)
        if len(seen) > 1 and source.quotes is None:
            _several(path, line, seen, delimiter, names, known)
        yield line, dict(zip(names, fields, strict=True)) | {name: fields[place] for name, place in at.items()}


def sniffed_delimiter(path: Path, source: Source, usual: str) -> str:
    """The separator of a table whose first line has not the `usual` one, as DuckDB's sniffer finds it; "" for that."""
    first = next((line for _, line in numbered(path, source.encoding) if line.strip()), "")
    if usual in first:
        return ""
    others = [mark for mark in ",;\t|" if mark in first]
    try:
        found = duckdb.execute("SELECT Delimiter FROM sniff_csv(?)", [str(path)]).fetchone() if others else None
    except duckdb.Error:
        found = None
    mark = found[0] if found and found[0] in others else others[0] if len(others) == 1 else ""
    return str(mark)


def _names(path: Path, line: int, fields: list[str], source: Source) -> list[str]:
    if not source.header:
        return [str(place) for place in range(1, len(fields) + 1)]
    names = [field.strip() for field in fields]
    names = [name or str(place) for place, name in enumerate(names, 1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        fix = f"the first line gives each column its own name; {_POSITIONS}"
        raise broken(path, line, f'two columns are called "{twice}"', fix)
    return names


def _place(name: str, names: list[str]) -> int:
    return names.index(name) if name in names else int(name) - 1


def _check(path: Path, line: int, names: list[str], delimiter: str, needed: Sequence[str], source: Source) -> None:
    for name in needed:
        if name in names or (name.isdecimal() and 1 <= int(name) <= len(names)):
            continue
        other = next((d for d in ",;\t|" if d != delimiter and len(names) == 1 and d in names[0]), None)
        near = difflib.get_close_matches(name, names, n=1)
        fix = f"columns here: {', '.join(names)}" + (f'; did you mean "{near[0]}"?' if near else "")
        if other:
            typed = json.dumps(other)
            fix = f"--delimiter {typed if other != chr(9) else 'tab'}, or set source.delimiter = {typed}"
        fix += "; name it by name or position: --text or --label COLUMN (source.columns)"
        raise broken(path, line, f'no column is called "{name}"', f"{fix}; {_POSITIONS}" if source.header else fix)


def _several(
    path: Path, line: int, seen: Sequence[str], delimiter: str, names: Sequence[str], known: Known | None
) -> None:
    """Refuse a row over several lines of which some look like rows of their own: marks that stand for nothing."""
    place = _place(known.column, list(names)) if known else 0
    for number, text in enumerate(seen[:-1]):
        fields = text.split(delimiter)
        if len(fields) != len(names) or len(names) < 2:
            continue
        if known and fields[place].strip() not in known.labels:
            continue
        if not known and delimiter != "\t":
            continue
        joined = f"a quotation mark joins the lines {line} to {line + len(seen) - 1}"
        what = f"{joined}, and line {line + number} looks like a row of its own"
        fix = f"{_NO_QUOTES}; where they do hold several lines: --quotes, or source.quotes = true"
        raise broken(path, line, what, fix)
