"""Corpora from tables, of any format that `rnnvis.text.rows` reads, with a column of texts and a column of labels.

One file is split 70/15/15 by a hash, or by a column of its own; a folder holds train.csv, valid.csv and test.csv.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rnnvis.config import Columns, Source
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence, hashed_split
from rnnvis.text.corpus import NO_LABEL
from rnnvis.text.delimited import Known
from rnnvis.text.lines import broken, suffix
from rnnvis.text.reading import BY_TOKENS, NO_TEXT, SPLIT_NAMES, FileKind, Reading, missing, split_of
from rnnvis.text.rows import FORMATS, no_rows, rows

MOST_CLASSES = 64
LONGEST_LABEL = 200  # characters


def files(path: Path) -> list[Path]:
    """`path` itself, or of a folder its tables named after a split."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise missing(path)
    found = [file for file in sorted(path.iterdir()) if suffix(file) in FORMATS and split_of(file) and file.is_file()]
    splits = [split_of(file) for file in found]
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
    distinct = _distinct(found, source)
    if not distinct:
        fix = "fill the column, or name another: --label COLUMN (source.columns.label)"
        raise RnnvisError(f"{source.path}: no row has a label", fix)
    reading = Reading(source.labels or distinct, ())
    reading.sentences = _sentences(found, source, reading, class_of(distinct, source.labels))
    return reading


def class_of(distinct: tuple[str, ...], names: tuple[str, ...]) -> dict[str, int]:
    """The class of each label: its place among `names`, which name numbers in the order of these, from 0 or from 1.

    Labels that are not named are left out.
    """
    if not names or set(distinct) & set(names):
        return {label: i for i, label in enumerate(names or distinct)}
    try:
        numbers = [float(label) for label in distinct]
    except ValueError:
        return {label: i for i, label in enumerate(names)}
    first = 0 if min(numbers) == 0 else 1
    if all(number.is_integer() and first <= number < first + len(names) for number in numbers):
        return {label: int(number) - first for label, number in zip(distinct, numbers, strict=True)}
    return {label: i for i, label in enumerate(distinct)} if len(distinct) == len(names) else {}


def _sentences(found: list[Path], source: Source, reading: Reading, number_of: dict[str, int]) -> Iterator[Sentence]:
    columns = source.columns or Columns()
    needed = [name for name in (columns.text, columns.label, columns.split, columns.group) if name]
    known = Known(columns.label, number_of.keys())
    for path in found:
        any_row = False
        for line, row in rows(path, source, needed, shown=True, known=known):
            any_row = True
            text = row[columns.text].strip()
            if not text:
                reading.left_out[NO_TEXT] += 1
                continue
            label = row[columns.label].strip()
            if label and label not in number_of:
                known_labels = ", ".join(reading.labels)
                what = f'the label "{label}" is none of {known_labels}'
                raise broken(
                    path, line, what, "correct it, or --labels (source.labels): a name for each number, in their order"
                )
            yield Sentence(
                text,
                _split(path, line, row, columns, several=len(found) > 1),
                "table",
                number_of.get(label, NO_LABEL),
                where=f"{path}, line {line}",
            )
        if not any_row:
            raise no_rows(path)


def _split(path: Path, line: int, row: dict[str, str], columns: Columns, *, several: bool) -> str:
    if several:
        return split_of(path)
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
                fix = "name the right column: --label COLUMN (source.columns.label)"
                raise broken(path, line, f"a label of {len(label):,} characters", fix)
            labels |= {label} - {""}
            if len(labels) > MOST_CLASSES:
                what = f'the column "{columns.label}" holds more than {MOST_CLASSES} different labels up to here'
                fix = "name the right column: --label COLUMN (source.columns.label), or join classes"
                raise broken(path, line, what, fix)
        if not line:
            raise no_rows(path)
    return tuple(sorted(labels, key=_order(labels)))


def _order(labels: set[str]) -> Any:
    try:
        if all(math.isfinite(float(label)) for label in labels):
            return lambda label: (float(label), label)
    except ValueError:
        pass
    return str


def fits(path: Path) -> bool:
    """A file with the ending of a table, or a folder that holds one for a split."""
    if path.is_dir():
        return any(suffix(file) in FORMATS for file in path.iterdir())
    return suffix(path) in FORMATS


KIND = FileKind(
    name="table",
    fits=fits,
    keys=BY_TOKENS | {"columns", "format", "delimiter", "header", "quotes", "quote", "encoding", "labels"},
    get="a CSV, TSV, JSON or Parquet file of your own, gzipped or not, or a folder with train.csv, valid.csv and "
    "test.csv",
    files=files,
    read=read,
)
