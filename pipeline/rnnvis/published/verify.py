"""`rnnvis verify`: is a published folder whole, and does it keep the contract?"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rnnvis.errors import RnnvisError, check_plain
from rnnvis.published import files, first_view, ranges
from rnnvis.published.files import FILE_LIMIT, SITE_LIMIT
from rnnvis.published.kept import KEPT, data_files
from rnnvis.published.publishing import MANIFEST, Holder, damage, holders, named_files, read_manifest
from rnnvis.published.schema import BY_NAME, FORMAT, Table, same_type
from rnnvis.published.schema.manifest import TableFile
from rnnvis.published.writing import is_plain


@dataclass
class Report:
    """What `verify` found: every problem in words, and how much was read."""

    problems: list[str] = field(default_factory=list)
    files: int = 0
    rows: int = 0
    bytes: int = 0


def verify(folder: Path) -> Report:
    """Check a published folder, or a built site with such folders inside.

    Of every file that the manifest names: size, checksum, row count, schema, sort order and values. A file of rows
    that no manifest names is a problem, but for those that a published folder keeps apart for pages that are open.
    """
    report = Report()
    for home in _homes(folder):
        _check(home, report)
    report.problems += strays(folder)
    return report


def strays(folder: Path) -> list[str]:
    """What is wrong with a published folder, or a site, that holds files of rows which no manifest names."""
    homes = _homes(folder)
    named = {home / name for home in homes for name in named_files(read_manifest(home))}
    found = [path for path in data_files(folder) if path not in named]
    if homes == [folder]:
        found = [path for path in found if path.parent != folder / KEPT]
    return [f"{path}: no manifest names it: it may hold text that is no longer published" for path in found]


def _homes(folder: Path) -> list[Path]:
    """The folder itself where it is a published one, else those inside a site."""
    if _ours(folder / MANIFEST):
        return [folder]
    return [path.parent for path in sorted(folder.rglob(MANIFEST)) if _ours(path)] or [folder]


def _ours(manifest: Path) -> bool:
    """Whether a file called manifest.json says that it is one of rnnvis."""
    with suppress(OSError, ValueError, RecursionError, RnnvisError):
        check_plain(manifest)
        held = json.loads(manifest.read_text(encoding="utf-8"))
        return isinstance(held, dict) and held.get("format") == FORMAT
    return False


def _check(folder: Path, report: Report) -> None:
    """Check the files that the manifest of one published folder names."""
    manifest = read_manifest(folder, exact=True)
    before = len(report.problems)
    for holder in holders(manifest):
        for name, entry in holder.tables.items():
            if name not in BY_NAME:
                report.problems.append(f"{holder.where}: unknown table {name}")
                continue
            rows = sum(_check_file(folder, holder, BY_NAME[name], file, report) for file in entry["files"])
            if rows != entry["rows"]:
                said = f"{rows} rows in its files, {entry['rows']} in the manifest"
                report.problems.append(f"{holder.where} / {name}: {said}")
    if len(report.problems) == before:
        for dataset in manifest["datasets"]:
            report.problems.extend(first_view.problems(dataset, folder))
    held = sum(path.stat().st_size for name in named_files(manifest) if (path := folder / name).is_file())
    if held > SITE_LIMIT:
        report.problems.append(f"{folder}: {held:,} bytes, more than {SITE_LIMIT:,} for a site")


def _check_file(folder: Path, holder: Holder, table: Table, file: TableFile, report: Report) -> int:
    path = folder / file["path"]
    at = f"{holder.where} / {table.name}: {file['path']}"
    if not is_plain(path):
        report.problems.append(f"{at}: {damage(path, file)}")
        return 0
    size = path.stat().st_size
    report.files += 1
    report.bytes += size
    if problem := damage(path, file):
        report.problems.append(f"{at}: {problem}")
    elif size > FILE_LIMIT:
        report.problems.append(f"{at}: larger than {FILE_LIMIT:,} bytes")
    else:
        return _check_rows(path, at, holder, table, file, report)
    return int(file["rows"])


def _check_rows(path: Path, at: str, holder: Holder, table: Table, file: TableFile, report: Report) -> int:
    try:
        rows = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        report.problems.append(f"{at}: not readable as Parquet: {error}")
        return 0
    report.rows += rows.num_rows
    before = len(report.problems)
    if rows.num_rows != file["rows"]:
        report.problems.append(f"{at}: {rows.num_rows} rows, {file['rows']} in the manifest")
    for column in table.columns:
        if column.name not in rows.schema.names:
            if column.nullable:  # declared after this file was written
                continue
            report.problems.append(f"{at}: the column {column.name} is missing")
            return rows.num_rows
        values = rows.column(column.name)
        wanted = column.arrow(values.type)
        if not same_type(values.type, wanted):
            report.problems.append(f"{at}: {column.name} is {values.type}, not {wanted}")
        if values.null_count and not column.nullable:
            report.problems.append(f"{at}: {column.name} holds nulls")
        if "float" in column.type and not _finite(values):
            report.problems.append(f"{at}: {column.name} holds a value that is not a finite number")
    if not _sorted(rows, table):
        report.problems.append(f"{at}: not sorted by {', '.join(table.sorted_by)}")
    if len(report.problems) == before:
        bounded = holder.state is not None and holder.state["bounded"]
        wrong = ranges.problems(files.typed(rows, table), table, ranges.extent(holder), bounded)
        report.problems += [f"{at}: {problem}" for problem in wrong]
    return rows.num_rows


def _finite(values: pa.ChunkedArray) -> bool:
    flat = pc.list_flatten(values) if pa.types.is_list(values.type) else values.drop_null()
    return bool(np.isfinite(flat.to_numpy().astype(np.float64)).all())


def _sorted(rows: pa.Table, table: Table) -> bool:
    keys = rows.select(list(table.sorted_by))
    order = [(name, "ascending") for name in table.sorted_by]
    return pc.sort_indices(keys, sort_keys=order).to_numpy().tolist() == list(range(rows.num_rows))
