"""Writing and reading one table's Parquet files. Nothing else in the package touches Parquet."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rnnvis.errors import RnnvisError
from rnnvis.published.schema import BY_NAME, Table
from rnnvis.published.writing import fresh

FILE_LIMIT = 64 * 2**20
SITE_LIMIT = 500 * 2**20
PART_BYTES = 8 * 2**20
PAGE_BYTES = 16 * 2**10
COMPRESSION = "snappy"
_HEADER, _NEXT_INT32 = 32, 0x15
# A dictionary of values that hardly repeat makes reading one row fetch the whole dictionary.
_REPEATED = {
    *("split", "source", "method", "selection", "side", "context", "subject", "measure", "part_of_speech", "item"),
    *("model_a", "state_a", "model_b", "state_b", "dataset_b"),
}
# The words are fetched whole before anything is drawn: as differences they take two thirds of the bytes.
_DIFFERENCES = {"words": {"word_id": "DELTA_BINARY_PACKED", "text": "DELTA_BYTE_ARRAY"}}


@dataclass(frozen=True)
class Part:
    """One file of a table: its rows and the range of the first sort column."""

    name: str
    rows: int
    first: int | None
    last: int | None


def list_column(values: np.ndarray, keep: np.ndarray | None = None) -> pa.Array:
    """The rows of `values` [rows, n] as a list column; rows where `keep` [rows] is false are null."""
    rows, width = values.shape
    keep = np.ones(rows, bool) if keep is None else keep
    return lists(np.ascontiguousarray(values[keep]).reshape(-1), np.where(keep, width, 0), keep)


def lists(values: np.ndarray, lengths: np.ndarray, keep: np.ndarray | None = None) -> pa.Array:
    """The numbers `values`, one list after another, as a list column of `lengths`; null where `keep` is false."""
    item = pa.field("element", pa.from_numpy_dtype(values.dtype), nullable=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    null = None if keep is None else pa.array(~keep)
    return pa.ListArray.from_arrays(offsets, pa.array(values), type=pa.list_(item), mask=null)


def nullable(values: np.ndarray) -> pa.Array:
    """A float column in which NaN is null."""
    return pa.array(values, mask=np.isnan(values))


def rows_of(table: Table, columns: Mapping[str, Any]) -> pa.Table:
    """`columns` (name → array or list) as an Arrow table with exactly the declared schema, sorted as declared."""
    given = {name: value.type for name, value in columns.items() if isinstance(value, pa.Array | pa.ChunkedArray)}
    schema = table.arrow(given)
    unknown = sorted(set(columns) - set(schema.names))
    if unknown:
        raise ValueError(f"table {table.name} declares no column {', '.join(unknown)}")
    arrays = []
    length = len(next(iter(columns.values())))
    for column, field in zip(table.columns, schema, strict=True):
        if column.name not in columns:
            if not column.nullable:
                raise ValueError(f"table {table.name}: the column {column.name} is missing")
            arrays.append(pa.nulls(length, field.type))
            continue
        value = columns[column.name]
        array = value if isinstance(value, pa.Array | pa.ChunkedArray) else pa.array(value, type=field.type)
        array = array.cast(field.type)
        if array.null_count and not column.nullable:
            raise ValueError(f"table {table.name}: the column {column.name} holds nulls")
        arrays.append(array)
    result = pa.Table.from_arrays(arrays, schema=schema)
    return result.sort_by([(name, "ascending") for name in table.sorted_by])


def write(name: str, columns: Mapping[str, Any] | pa.Table, folder: Path, part_bytes: int = PART_BYTES) -> list[Part]:
    """Write the table `name` into `folder` as `<name>.<part>.parquet`, and say what was written.

    Row groups have the declared number of rows, or end where the `cut` column changes; files end at `part_bytes`.
    The bytes depend on the rows alone.
    """
    table = BY_NAME[name]
    rows = columns if isinstance(columns, pa.Table) else rows_of(table, columns)
    folder.mkdir(parents=True, exist_ok=True)
    parts: list[Part] = []
    for number, groups in enumerate(_files(_groups(rows, table), part_bytes)):
        path = folder / f"{name}.{number}.parquet"
        with pq.ParquetWriter(path, rows.schema, **_settings(table)) as writer:
            for group in groups:
                writer.write_table(group, row_group_size=max(1, group.num_rows))
        first, last = ends(pa.concat_tables(groups), table)
        parts.append(Part(path.name, sum(g.num_rows for g in groups), first, last))
    return parts


def read(name: str, paths: Iterable[Path], columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of the table `name`, from all of its files, or these `columns` of them; a damaged file is an error
    that names it."""
    table = BY_NAME[name]
    pieces = []
    for path in paths:
        try:
            piece = pq.read_table(path, columns=columns)
            named = piece.schema.names
        except FileNotFoundError:
            raise RnnvisError(f"{path}: no such file", "publish again: rnnvis publish") from None
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # the last one: names of columns
            raise RnnvisError(f"{path}: not a whole Parquet file ({error})", "publish again: rnnvis publish") from None
        wanted = [c.name for c in table.columns if not c.nullable and (columns is None or c.name in columns)]
        missing = [name for name in wanted if name not in named]
        if missing:
            raise RnnvisError(f"{path}: the column {missing[0]} is missing", "publish again: rnnvis publish")
        pieces.append(typed(piece, table, columns))
    return pa.concat_tables(pieces) if pieces else table.arrow().empty_table()


def typed(rows: pa.Table, table: Table, columns: Sequence[str] | None = None) -> pa.Table:
    """The columns of `table` in `rows`, as Arrow types that it declares; nulls where one that may be null is missing,
    for it was declared after the rows were written."""
    given = {name: rows.schema.field(name).type for name in rows.schema.names}
    schema = table.arrow(given)
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns])
    for field in schema:
        if field.nullable and field.name not in given:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    return rows.select(schema.names).cast(schema)


def matrix(column: pa.ChunkedArray) -> np.ndarray:
    """A list column of equal lengths as a matrix [rows, n]; null rows are NaN."""
    combined = column.combine_chunks()
    array = combined if isinstance(combined, pa.Array) else combined.chunk(0)
    lengths = np.diff(array.offsets.to_numpy())
    width = int(lengths.max(initial=0))
    flat = array.flatten().to_numpy(zero_copy_only=False)
    values = np.full((len(array), width), np.nan, flat.dtype)
    if width:
        values[lengths == width] = flat.reshape(-1, width)
    return values


def _groups(rows: pa.Table, table: Table) -> Iterator[pa.Table]:
    if not rows.num_rows:
        yield rows
        return
    if not table.cut:
        for start in range(0, rows.num_rows, table.group):
            yield rows.slice(start, table.group)
        return
    values = rows.column(table.cut).to_numpy()
    borders = np.concatenate([np.flatnonzero(np.diff(values)) + 1, [rows.num_rows]])
    start = 0
    while start < rows.num_rows:
        fitting = borders[(borders > start) & (borders <= start + table.group)]
        end = int(fitting[-1]) if len(fitting) else int(borders[borders > start][0])
        yield rows.slice(start, end - start)
        start = end


def _files(groups: Iterator[pa.Table], limit: int) -> Iterator[list[pa.Table]]:
    held: list[pa.Table] = []
    size = 0
    for group in groups:
        if held and size + group.nbytes > limit:
            yield held
            held, size = [], 0
        held.append(group)
        size += group.nbytes
    yield held


def ends(rows: pa.Table, table: Table) -> tuple[int | None, int | None]:
    """The first column that `table` is sorted by, in the first and the last row; None where it is no whole number."""
    values = rows.column(table.sorted_by[0])
    if not len(values) or not pa.types.is_integer(values.type):
        return None, None
    return values[0].as_py(), values[-1].as_py()


def _settings(table: Table) -> dict[str, Any]:
    scalars = [c.name for c in table.columns if not c.type.startswith("list")]
    return {
        "compression": COMPRESSION,
        "use_dictionary": [c.name for c in table.columns if c.name in _REPEATED],
        "column_encoding": _DIFFERENCES.get(table.name),
        "write_statistics": [c for c in scalars if c in table.sorted_by],
        "write_page_index": True,
        "write_page_checksum": True,
        "data_page_size": PAGE_BYTES,
        "write_batch_size": 64,
        "store_schema": False,
    }


def index_of(path: Path) -> tuple[int, int]:
    """The end of a Parquet file after its last page: (bytes, CRC-32). It says where everything is, and pages have
    checksums of their own, so that a reader of ranges can check all it reads."""
    with path.open("rb") as file:
        file.seek(max((start + size for start, size in _chunks(path)), default=4))
        end = file.read()
    return len(end), zlib.crc32(end)


def unchecked(path: Path) -> bool:
    """Whether pages of a Parquet file are without a checksum: the first of a row group's column says so for all."""
    with path.open("rb") as file:
        for start, size in _chunks(path):
            file.seek(start)
            if size and not _has_checksum(file.read(_HEADER)):
                return True
    return False


def _has_checksum(header: bytes) -> bool:
    """Whether a page's header, in Thrift's compact protocol, begins with four 32-bit numbers: its kind, two sizes, and
    the checksum."""
    place = 0
    for _ in range(4):
        if header[place] != _NEXT_INT32:
            return False
        place += 1
        while header[place] & 0x80:
            place += 1
        place += 1
    return True


def _chunks(path: Path) -> list[tuple[int, int]]:
    """Where the pages of each column of each row group begin, and how many bytes they have."""
    about = pq.read_metadata(path)
    chunks = [about.row_group(g).column(c) for g in range(about.num_row_groups) for c in range(about.num_columns)]
    return [
        (c.dictionary_page_offset if c.has_dictionary_page else c.data_page_offset, c.total_compressed_size)
        for c in chunks
    ]


def replace(path: Path, data: bytes) -> None:
    """Write `data` to `path` at once or not at all."""
    with fresh(path) as file:
        file.write(data)
