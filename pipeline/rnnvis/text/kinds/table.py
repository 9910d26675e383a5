"""Corpora from tables: CSV, TSV or JSON Lines with a column of texts and a column of labels.

One file is split 70/15/15 by a hash, or by a column of its own; a folder holds train.csv, valid.csv and test.csv.
"""

from __future__ import annotations

import csv
import difflib
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rnnvis.config import Columns, Source
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence, hashed_split
from rnnvis.text.corpus import NO_LABEL
from rnnvis.text.json_lines import encodable, parsed
from rnnvis.text.lines import LONGEST_LINE, broken, numbered
from rnnvis.text.reading import NO_TEXT, SPLIT_NAMES, FileKind, Reading, missing

FORMATS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
DELIMITERS = {"csv": ",", "tsv": "\t"}
MOST_CLASSES = 64
LONGEST_LABEL = 200  # characters

Row = tuple[int, dict[str, str]]


def files(path: Path) -> list[Path]:
    """`path` itself, or of a folder its tables named after a split."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise missing(path)
    found = [file for file in sorted(path.iterdir()) if file.suffix in FORMATS and file.stem.lower() in SPLIT_NAMES]
    splits = [SPLIT_NAMES[file.stem.lower()] for file in found]
    for split in ("train", "valid", "test"):
        if splits.count(split) != 1:
            raise RnnvisError(
                f"{path}: {splits.count(split)} tables for the split {split}",
                "a folder holds one table for each split, such as train.csv, valid.csv and test.csv; or name one file",
            )
    return found


def read(source: Source) -> Reading:
    """The rows of the table at `source.path`."""
    found = files(Path(source.path))
    labels = source.labels or _distinct(found, source)
    if not labels:
        raise RnnvisError(f"{source.path}: no row has a label", "fill the column, or name another in source.columns")
    reading = Reading(labels, ())
    reading.sentences = _sentences(found, source, reading)
    return reading


def rows(path: Path, source: Source, needed: Sequence[str], *, shown: bool = False) -> Iterator[Row]:
    """(line number, values by column) of each row of one table; absent and null values are "".

    Raises:
        RnnvisError: a row does not fit, or one of the `needed` columns is not there; names file and line.
    """
    kind = source.format or FORMATS.get(path.suffix.lower(), "")
    if kind not in {"csv", "tsv", "jsonl"}:
        raise RnnvisError(f'{path}: "{path.suffix}" names no format', "set source.format to csv, tsv or jsonl")
    if kind == "jsonl":
        yield from _objects(path, needed, shown)
    else:
        yield from _fields(path, source.delimiter or DELIMITERS[kind], source.quotes, needed, shown)


def header(path: Path, source: Source) -> list[str]:
    """The names of the columns of one table, in order; of JSON Lines those of its first object."""
    first = next(rows(path, source, ()), None)
    if first is None:
        raise _no_rows(path)
    return list(first[1])


def _sentences(found: list[Path], source: Source, reading: Reading) -> Iterator[Sentence]:
    columns = source.columns or Columns()
    number_of = {label: i for i, label in enumerate(reading.labels)}
    needed = [name for name in (columns.text, columns.label, columns.split, columns.group) if name]
    for path in found:
        any_row = False
        for line, row in rows(path, source, needed, shown=True):
            any_row = True
            text = row[columns.text].strip()
            if not text:
                reading.left_out[NO_TEXT] += 1
                continue
            label = row[columns.label].strip()
            if label and label not in number_of:
                known = ", ".join(reading.labels)
                raise broken(path, line, f'the label "{label}" is none of {known}', "correct it, or source.labels")
            yield Sentence(
                text,
                _split(path, line, row, columns, several=len(found) > 1),
                "table",
                number_of.get(label, NO_LABEL),
                where=f"{path}, line {line}",
            )
        if not any_row:
            raise _no_rows(path)


def _split(path: Path, line: int, row: dict[str, str], columns: Columns, *, several: bool) -> str:
    if several:
        return SPLIT_NAMES[path.stem.lower()]
    if not columns.split:
        return hashed_split((columns.group and row[columns.group].strip()) or row[columns.text].strip())
    name = row[columns.split].strip()
    if name.lower() not in SPLIT_NAMES:
        raise broken(path, line, f'the split "{name}" is unknown', "write train, valid or test")
    return SPLIT_NAMES[name.lower()]


def _distinct(found: list[Path], source: Source) -> tuple[str, ...]:
    """Every label that occurs: by value where all are numbers, else by alphabet."""
    columns = source.columns or Columns()
    labels: set[str] = set()
    for path in found:
        line = 0
        for line, row in rows(path, source, [columns.text, columns.label]):
            label = row[columns.label].strip()
            if len(label) > LONGEST_LABEL:
                raise broken(path, line, f"a label of {len(label):,} characters", "name the right source.columns.label")
            labels |= {label} - {""}
            if len(labels) > MOST_CLASSES:
                raise broken(
                    path,
                    line,
                    f'the column "{columns.label}" holds more than {MOST_CLASSES} different labels up to here',
                    "name the right source.columns.label, or join classes",
                )
        if not line:
            raise _no_rows(path)
    return tuple(sorted(labels, key=_order(labels)))


def _order(labels: set[str]) -> Any:
    try:
        if all(math.isfinite(float(label)) for label in labels):
            return lambda label: (float(label), label)
    except ValueError:
        pass
    return str


def _fields(path: Path, delimiter: str, quotes: bool, needed: Sequence[str], shown: bool) -> Iterator[Row]:
    lines = (line + "\n" for _, line in numbered(path, shown=shown))
    reader = csv.reader(
        lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE, strict=True
    )
    names: list[str] | None = None
    while True:
        line = reader.line_num + 1
        limit = csv.field_size_limit(LONGEST_LINE)
        try:
            fields = next(reader, None)
        except csv.Error as error:
            fix = "double every quotation mark inside a quoted field, and close the field"
            raise broken(
                path, line, f"not readable: {error}", fix if not quotes else f"{fix}; or set source.quotes = false"
            ) from None
        finally:
            csv.field_size_limit(limit)
        if fields is None:
            return
        if not fields or (len(fields) == 1 and not fields[0].strip()):
            continue
        if names is None:
            names = _names(path, line, fields, delimiter, needed)
        elif len(fields) != len(names):
            what = f"{len(fields)} fields, where the first line names {len(names)} columns"
            raise broken(path, line, what, 'write a field that holds the separator as "…", or correct the line')
        else:
            yield line, dict(zip(names, fields, strict=True))


def _names(path: Path, line: int, fields: list[str], delimiter: str, needed: Sequence[str]) -> list[str]:
    names = [field.strip() for field in fields]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise broken(path, line, f'two columns are called "{twice}"', "the first line gives each column its own name")
    for name in needed:
        if name not in names:
            other = next((d for d in ",;\t|" if d != delimiter and len(names) == 1 and d in names[0]), None)
            near = difflib.get_close_matches(name, names, n=1)
            fix = f"columns here: {', '.join(names)}" + (f'; did you mean "{near[0]}"?' if near else "")
            if other:
                fix = f"set source.delimiter = {json.dumps(other)}"
            raise broken(path, line, f'no column is called "{name}"', fix + "; name it in source.columns")
    return names


def _objects(path: Path, needed: Sequence[str], shown: bool) -> Iterator[Row]:
    for line, text in numbered(path, shown=shown):
        if text.strip():
            found = parsed(path, line, text)
            for name in needed:
                if name not in found:
                    known = ", ".join(map(str, found)) or "none"
                    raise broken(path, line, f'the object has no "{name}"', f"its names: {known}; see source.columns")
            yield line, {name: _value(path, line, name, value, needed) for name, value in found.items()}


def _value(path: Path, line: int, name: str, value: Any, needed: Sequence[str]) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return encodable(path, line, name, value)
    if name in needed and isinstance(value, list | dict):
        raise broken(path, line, f'"{name}" is neither text nor a number', "correct the line, or source.columns")
    return json.dumps(value)


def _no_rows(path: Path) -> RnnvisError:
    return RnnvisError(f"{path}: holds no rows", "the first line names the columns, and each line below is a row")


KIND = FileKind(
    keys=frozenset({"columns", "format", "delimiter", "quotes", "labels", "most_sentences", "most_tokens"}),
    get="a CSV, TSV or JSON Lines file of your own, or a folder with train.csv, valid.csv and test.csv",
    files=files,
    read=read,
)
