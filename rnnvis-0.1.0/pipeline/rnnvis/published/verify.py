"""`rnnvis verify`: is a published folder whole, and does it keep the contract?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rnnvis.errors import RnnvisError, check_plain
from rnnvis.published import agreement, files, first_view, ranges, sizes, step_models
from rnnvis.published.files import FILE_LIMIT, SITE_LIMIT
from rnnvis.published.kept import KEPT, data_files
from rnnvis.published.publishing import MANIFEST, Holder, damage, holders, named_files, read_manifest
from rnnvis.published.rows import Order, of_columns, of_file
from rnnvis.published.schema import BY_NAME, FORMAT, Table
from rnnvis.published.schema.manifest import TableEntry, TableFile
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

    Of every file that the manifest names: size, checksums, row count, first and last row, schema, sort order, values,
    and no row twice; then whether the manifest says what is in the tables, and the tables agree with one another; of a
    step model, whether it can be run and is that of its model. A file of rows or of a step model that no manifest names
    is a problem, but for those that a published folder keeps apart for pages that are open.
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
            report.problems += _check_table(folder, holder, BY_NAME[name], entry, report)
    if len(report.problems) == before:
        report.problems += agreement.problems(manifest, folder)
    if len(report.problems) == before:
        for dataset in manifest["datasets"]:
            report.problems.extend(first_view.problems(dataset, folder))
    report.problems += step_models.problems(manifest, folder)
    held = sizes.of_folder(manifest, folder)
    if held.total() > SITE_LIMIT:
        report.problems.append(
            f"{folder}: {held.total():,} bytes, more than {SITE_LIMIT:,} for a site ({sizes.told(held)}). "
            f"To make it smaller: {sizes.smaller(held)}"
        )


def _check_table(folder: Path, holder: Holder, table: Table, entry: TableEntry, report: Report) -> Iterator[str]:
    where = f"{holder.where} / {table.name}"
    order, counted = Order(table), 0
    for file in entry["files"]:
        path = folder / file["path"]
        found = file["rows"]
        if problem := _damage(path, file, report):
            yield f"{where}: {file['path']}: {problem}"
        else:
            try:
                rows = pq.read_table(path, page_checksum_verification=True)
                wrong = [*_rows(path, rows, holder, table, file, order)]
            except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # the last one: names of columns
                yield f"{where}: {file['path']}: not readable as Parquet: {error}"
            else:
                found = rows.num_rows
                report.rows += found
                yield from (f"{where}: {file['path']}: {problem}" for problem in wrong)
        counted += found
    if counted != entry["rows"]:
        yield f"{where}: {counted} rows in its files, {entry['rows']} in the manifest"
    many = ranges.extent(holder).get(table.one_each or "", counted)
    if counted != many:
        yield f"{where}: {counted} rows, where there is one for each of the {many} {table.one_each}"


def _damage(path: Path, file: TableFile, report: Report) -> str | None:
    if is_plain(path):
        size = path.stat().st_size
        report.files += 1
        report.bytes += size
        if size == file["bytes"] > FILE_LIMIT:
            return f"larger than {FILE_LIMIT:,} bytes"
    return damage(path, file)


def _rows(path: Path, rows: pa.Table, holder: Holder, table: Table, file: TableFile, order: Order) -> Iterator[str]:
    if rows.num_rows != file["rows"]:
        yield f"{rows.num_rows} rows, {file['rows']} in the manifest"
    wrong = [*of_columns(rows, table)]
    yield from wrong
    if wrong:
        return
    rows = files.typed(rows, table)
    yield from of_file(path, rows, table, file)
    yield from order.problems(rows)
    bounded = holder.state is not None and holder.state["bounded"]
    yield from ranges.problems(rows, table, ranges.extent(holder), bounded)
