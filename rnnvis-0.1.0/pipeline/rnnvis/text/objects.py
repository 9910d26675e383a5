"""Rows that name their own columns: a JSON object on each line, one JSON document, Parquet. Errors name line or row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rnnvis.errors import RnnvisError
from rnnvis.text.lines import broken, head, numbered, whole

Row = tuple[int, dict[str, str]]

_ROWS = 2048


def json_rows(path: Path, encoding: str, needed: Sequence[str], shown: bool) -> Iterator[Row]:
    """(line, values by name) of JSON Lines, or (position, …) of the objects in one document.

    A document is a list of objects, or an object that holds one such list.
    """
    if _is_document(path, encoding):
        yield from _named(path, enumerate(_document(path, encoding), 1), needed)
        return
    lines = ((line, text) for line, text in numbered(path, encoding, shown=shown) if text.strip())
    yield from _named(path, ((line, parsed(path, line, text)) for line, text in lines), needed)


def parquet_rows(path: Path, encoding: str, needed: Sequence[str], shown: bool) -> Iterator[Row]:
    """(row from 1, values by name) of a Parquet file, a batch of rows in memory at a time."""
    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        kept = [name for name in needed if name in names] if needed else names
        row = 0
        for batch in file.iter_batches(_ROWS, columns=kept):
            for values in batch.to_pylist():
                row += 1
                yield from _named(path, [(row, values)], needed, names)
    except (pa.ArrowException, OSError, ValueError) as error:
        said = str(error).splitlines()[0]
        raise RnnvisError(f"{path}: not readable as Parquet: {said}", "write or copy the file again") from None


def _is_document(path: Path, encoding: str) -> bool:
    """Whether the file is one JSON value over several lines, or a list, and no object a line."""
    first, *more = [line.strip() for line in head(path, encoding, lines=2)] or [""]
    if not first.startswith("{"):
        return first.startswith("[") and not first.startswith("[1]")
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        return first in ("{",) or not first.endswith("}")
    return (
        not more
        and sum(isinstance(value, list) and bool(value) and isinstance(value[0], dict) for value in found.values()) == 1
    )


def _document(path: Path, encoding: str) -> list[Any]:
    fix = 'write a list of objects, [{"text": …, "label": …}, …], or one object a line'
    try:
        found = json.loads(whole(path, encoding))
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        what = f"column {error.colno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise broken(path, line, f"not JSON: {what}", fix) from None
    except RecursionError:
        raise broken(path, 1, "not JSON: brackets are nested too deep", fix) from None
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 else found
    if not isinstance(found, list):
        raise RnnvisError(f"{path}: holds no list of objects", fix)
    for number, row in enumerate(found, 1):
        if not isinstance(row, dict):
            raise RnnvisError(f"{path}, object {number}: not a JSON object", fix)
    return found


def _named(
    path: Path, rows: Iterable[tuple[int, dict[str, Any]]], needed: Sequence[str], names: Sequence[str] | None = None
) -> Iterator[Row]:
    for line, found in rows:
        for name in needed:
            if name not in found:
                known = ", ".join(map(str, names or found)) or "none"
                fix = f"its names: {known}; name the right one: --text or --label NAME (source.columns)"
                raise broken(path, line, f'the object has no "{name}"', fix)
        yield line, {str(name): _value(path, line, str(name), value, needed) for name, value in found.items()}


def _value(path: Path, line: int, name: str, value: Any, needed: Sequence[str]) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return encodable(path, line, name, value)
    if name in needed and not isinstance(value, bool | int | float):
        what = f'"{name}" is neither text nor a number'
        raise broken(path, line, what, "correct it, or name another column: --text or --label NAME (source.columns)")
    return json.dumps(value, default=str)


def parsed(path: Path, line: int, text: str) -> dict[str, Any]:
    """The JSON object on one line of a file."""
    fix = "each line is one JSON object: correct the line or remove it"
    try:
        found = json.loads(text)
    except ValueError as error:
        what = f"column {error.colno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise broken(path, line, f"not JSON: {what}", fix) from None
    except RecursionError:
        raise broken(path, line, "not JSON: brackets are nested too deep", fix) from None
    if not isinstance(found, dict):
        raise broken(path, line, "not a JSON object", fix)
    return found


def encodable(path: Path, line: int, name: str, text: str) -> str:
    """`text`, unless it holds half a surrogate pair, which no file can be written with."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        what = f'"{name}" holds half a character, \\u{ord(text[error.start]):04x}'
        raise broken(path, line, what, "correct or remove the line") from None
    return text
