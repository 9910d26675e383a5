"""The rows of one table, whatever it was saved as. A new format is its own reader and a line in `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rnnvis.config import Source
from rnnvis.errors import RnnvisError
from rnnvis.text.delimited import DELIMITERS, Known, delimited_rows
from rnnvis.text.lines import head, suffix
from rnnvis.text.objects import Row, json_rows, parquet_rows

OBJECTS: dict[str, Callable[[Path, str, Sequence[str], bool], Iterator[Row]]] = {
    "jsonl": json_rows,
    "parquet": parquet_rows,
}
FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
NAMES = (*DELIMITERS, *OBJECTS)


def format_of(path: Path, source: Source) -> str:
    """The format of the table at `path`: as said, by its ending, or by the tabs in a `.txt`."""
    kind = source.format or FORMATS.get(suffix(path), "")
    if not kind and suffix(path) == ".txt" and tabbed(head(path, source.encoding)):
        kind = "tsv"
    if kind not in NAMES:
        fix = f"give it an ending such as .csv, or say it: --format, or source.format, is one of {', '.join(NAMES)}"
        raise RnnvisError(f'{path}: "{path.suffix}" names no format', fix)
    return kind


def rows(
    path: Path, source: Source, needed: Sequence[str], *, shown: bool = False, known: Known | None = None
) -> Iterator[Row]:
    """(line number, values by column) of each row of one table; absent and null values are "".

    Raises:
        RnnvisError: a row does not fit, or one of the `needed` columns is not there; names file and line.
    """
    kind = format_of(path, source)
    if kind in OBJECTS:
        yield from OBJECTS[kind](path, source.encoding, needed, shown)
    else:
        yield from delimited_rows(path, source, source.delimiter or DELIMITERS[kind], needed, shown, known)


def columns(path: Path, source: Source) -> list[str]:
    """The names of the columns of one table, in order; of objects those of the first."""
    first = next(rows(path, source, ()), None)
    if first is None:
        raise no_rows(path)
    return list(first[1])


def tabbed(lines: Sequence[str]) -> bool:
    """Whether lines are rows between tabs: all with as many of them, and at least one."""
    return len({line.count("\t") for line in lines}) == 1 and "\t" in lines[0]


def no_rows(path: Path) -> RnnvisError:
    """The error about a table without rows."""
    fix = "the first line names the columns, and each line below is a row; without such a line: --no-header"
    return RnnvisError(f"{path}: holds no rows", fix)
