"""Are the rows of a published file what its table declares and the manifest says of it?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rnnvis.published import files
from rnnvis.published.schema import Table, same_type
from rnnvis.published.schema.manifest import TableFile


def of_columns(rows: pa.Table, table: Table) -> Iterator[str]:
    """What is wrong with the columns of `rows`, in words: their types, their nulls, numbers that are none, and
    text that is no UTF-8."""
    for column in table.columns:
        if column.name not in rows.schema.names:
            if column.nullable:  # declared after this file was written
                continue
            yield f"the column {column.name} is missing"
            continue
        values = rows.column(column.name)
        wanted = column.arrow(values.type)
        if not same_type(values.type, wanted):
            yield f"{column.name} is {values.type}, not {wanted}"
            continue
        if values.null_count and not column.nullable:
            yield f"{column.name} holds nulls"
        try:
            values.validate(full=True)
        except pa.ArrowException as error:
            yield f"{column.name} holds values that cannot be read: {str(error).splitlines()[0]}"
            continue
        if "float" in column.type and not _finite(values):
            yield f"{column.name} holds a value that is not a finite number"


def of_file(path: Path, rows: pa.Table, table: Table, file: TableFile) -> Iterator[str]:
    """In what the manifest's words on the file at `path`, which holds `rows`, are wrong: its first and last row, and
    the checksums of its end and its pages."""
    for name, said, found in zip(
        ("first", "last"), (file["first"], file["last"]), files.ends(rows, table), strict=True
    ):
        if said != found:
            key = table.sorted_by[0]
            yield f"{key} of its {name} row is {_shown(found)}, {_shown(said)} in the manifest ({name})"
    held = file.get("index_bytes"), file.get("index_crc32")
    if held == (None, None):  # published before files had one
        return
    size, crc = files.index_of(path)
    for field, said, found in zip(("index_bytes", "index_crc32"), held, (size, crc), strict=True):
        if said != found:
            yield f"{field} is {found}, {_shown(said)} in the manifest: the explorer would take the file for damaged"
    if files.unchecked(path):
        yield "its pages have no checksums: the explorer would take the file for damaged"


def _shown(value: int | None) -> str:
    return "none" if value is None else str(value)


class Order:
    """Whether the rows of a table, given one file after the other, are sorted, and none is there twice."""

    def __init__(self, table: Table) -> None:
        self._sorted, self._apart = table.sorted_by, table.apart
        self._before: pa.Table | None = None

    def problems(self, rows: pa.Table) -> Iterator[str]:
        """What is wrong with the order of `rows` by itself and after the rows before, in words."""
        keys = rows.select([*self._sorted, *self._apart])
        if self._before is not None:
            keys = pa.concat_tables([self._before, keys])
        # Where more columns tell rows apart, the rows are few: all are kept. Else the last one is enough.
        self._before = keys if self._apart else keys.slice(max(0, keys.num_rows - 1))
        rises, same = _rises(keys, self._sorted)
        if not (rises | same).all():
            yield f"not sorted by {', '.join(self._sorted)}"
            return
        if self._apart:
            keys = keys.sort_by([(name, "ascending") for name in (*self._sorted, *self._apart)])
            same = _rises(keys, (*self._sorted, *self._apart))[1]
        if same.any():
            again = keys.slice(int(np.flatnonzero(same)[0]), 1).to_pylist()[0]
            named = ", ".join(f"{name} {value}" for name, value in again.items() if value is not None)
            yield f"the row with {named} is there twice"


def _rises(keys: pa.Table, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Of every row but the first, whether it comes after the one before, and whether the two are the same."""
    rises = np.zeros(max(0, keys.num_rows - 1), bool)
    same = np.ones(len(rises), bool)
    for name in names:
        column = keys.column(name)
        column = pc.fill_null(column, "") if column.null_count else column
        before, after = column.slice(0, len(rises)), column.slice(1)
        rises |= same & pc.greater(after, before).to_numpy()
        same &= pc.equal(after, before).to_numpy()
    return rises, same


def _finite(values: pa.ChunkedArray) -> bool:
    flat = pc.list_flatten(values) if pa.types.is_list(values.type) else values.drop_null()
    return bool(np.isfinite(flat.to_numpy().astype(np.float64)).all())
