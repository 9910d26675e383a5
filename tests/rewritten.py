"""A published folder with one table written anew: names, sizes and checksums are right, only the rows are not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from rnnvis.published import files, publishing
from rnnvis.published.kept import tidy
from rnnvis.published.schema.manifest import TableEntry


def rewrite(
    folder: Path,
    table: str,
    change: Callable[[pa.Table], pa.Table],
    damage: Callable[[Path], None] | None = None,
    **options: Any,
) -> None:
    """Replace the rows of the first `table` in `folder` by what `change` makes of them.

    `damage` then changes each of the new files, before it is hashed and named. `options` are those of `files.write`.
    """
    manifest = publishing.read_manifest(folder)
    tables = next(holder.tables for holder in publishing.holders(manifest) if table in holder.tables)
    rows = change(files.read(table, [folder / file["path"] for file in tables[table]["files"]]))
    scratch = folder.parent / "scratch"
    parts = files.write(table, rows, scratch, **options)
    for part in parts if damage else []:
        damage(scratch / part.name)
    tables[table] = publishing.entry(table, parts, scratch, folder)
    _write(folder, manifest)


def declare(folder: Path, change: Callable[[Any], None]) -> None:
    """Put what `change` makes of the manifest in its place."""
    manifest = publishing.read_manifest(folder)
    change(manifest)
    _write(folder, manifest)


def entry_of(manifest: Any, table: str) -> TableEntry:
    """The manifest's entry of the first `table`."""
    return next(holder.tables[table] for holder in publishing.holders(manifest) if table in holder.tables)


def with_value(table: pa.Table, column: str, row: int, value: Any) -> pa.Table:
    """`table` with `value`, or what that function makes of the value there, in one row of `column`."""
    at = table.schema.get_field_index(column)
    values = table[column].to_pylist()
    values[row] = value(values[row]) if callable(value) else value
    return table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))


def _write(folder: Path, manifest: Any) -> None:
    for dataset in manifest["datasets"]:
        dataset["first_view"] = None  # it would differ from the tables, and be named for it
    (folder / publishing.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    tidy(folder, publishing.named_files(manifest))
