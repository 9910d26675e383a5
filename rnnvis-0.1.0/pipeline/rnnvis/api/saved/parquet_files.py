"""Parquet with a row a step: lists of numbers are states, plain columns tokens, sentence numbers and labels.

Or with a row a sentence: lists of lists are the states of its steps, lists of numbers its ids, text its words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rnnvis.api.saved.arrays import DAMAGED, TEXT, SavedArray, damaged
from rnnvis.errors import RnnvisError

_ROWS = 4096
_MOST_UNITS = 1_000_000


def open_parquet(path: Path) -> dict[str, SavedArray]:
    """The columns of a Parquet file by name."""
    try:
        file = pq.ParquetFile(path)
        found = {field.name: _column(path, file, field) for field in file.schema_arrow}
    except DAMAGED as error:
        raise damaged(str(path), error) from None
    return {name: column for name, column in found.items() if column is not None}


def _column(path: Path, file: pq.ParquetFile, field: pa.Field) -> SavedArray | None:
    where, rows = f"{path}: {field.name}", file.metadata.num_rows
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    reader = _Column(path, field.name, where)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return SavedArray(where, (rows,), TEXT, reader.rows)
    lists = _is_list(kind)
    number = kind.value_type if lists else kind
    if lists and (_is_list(number) or (pa.types.is_integer(number) and not pa.types.is_fixed_size_list(kind))):
        pieces = _Pieces(path, field.name, where)
        if _is_list(number) or len(set(pieces.lengths.tolist())) > 1:
            return pieces.array()
    if not (pa.types.is_floating(number) or pa.types.is_integer(number)):
        return None
    name = pa.array([], number).to_numpy(zero_copy_only=False).dtype.name
    if not lists:
        return SavedArray(where, (rows,), name, reader.rows)
    units = len(reader.first()) if rows else 0
    if units > _MOST_UNITS:
        raise RnnvisError(f"{where}: the first row has {units:,} values", "write one state vector a row")
    reader.units = units
    return SavedArray(where, (rows, units), name, reader.rows)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


class _Pieces:
    """A column with one piece a row: lists of state vectors, or of ids."""

    def __init__(self, path: Path, name: str, where: str) -> None:
        self.path, self.name, self.where = path, name, where
        self.lengths = np.concatenate([np.zeros(0, np.int64), *(self._lengths(rows) for rows in self._batches())])
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)])
        self._empty = next(self._values(), np.zeros(0))[:0]
        self._held, self._from, self._reading = self._empty, 0, self._values()

    def array(self) -> SavedArray:
        first = self._empty
        if first.dtype.kind not in "fiu":
            raise RnnvisError(f"{self.where}: holds lists of {first.dtype}", "write lists of numbers")
        return SavedArray(
            self.where, (int(self.starts[-1]), *first.shape[1:]), first.dtype.name, self.rows, self.lengths
        )

    def rows(self, start: int, stop: int) -> np.ndarray:
        if start < self._from:
            self._held, self._from, self._reading = self._empty, 0, self._values()
        found = []
        while True:
            end = self._from + len(self._held)
            found.append(self._held[max(0, start - self._from) : max(0, stop - self._from)])
            if end >= stop:
                return np.concatenate(found)
            piece = next(self._reading, None)
            if piece is None:
                raise damaged(self.where, f"ends after {end:,} steps")
            self._held, self._from = piece, end

    def _batches(self) -> Iterator[pa.Array]:
        for batch in pq.ParquetFile(self.path).iter_batches(_ROWS // 8, columns=[self.name]):
            yield batch.column(0)

    def _lengths(self, rows: pa.Array) -> np.ndarray:
        if rows.null_count:
            raise RnnvisError(f"{self.where}: a row is empty", "write a value in every row")
        if pa.types.is_fixed_size_list(rows.type):
            return np.full(len(rows), rows.type.list_size, np.int64)
        lengths: np.ndarray = rows.value_lengths().to_numpy(zero_copy_only=False)
        return lengths.astype(np.int64)

    def _filled(self, values: pa.Array) -> None:
        if values.null_count and not pa.types.is_floating(values.type):  # of floats the reader says where one is nan
            raise RnnvisError(f"{self.where}: a value inside a row is empty", "write a value for every step")

    def _values(self) -> Iterator[np.ndarray]:
        units = None
        for batch in self._batches():
            inner = batch.flatten()
            self._filled(inner)
            if not _is_list(inner.type):
                yield inner.to_numpy(zero_copy_only=False)
                continue
            widths = set(self._lengths(inner).tolist())
            units = next(iter(widths)) if units is None and widths else units
            if widths - {units}:
                raise RnnvisError(
                    f"{self.where}: some steps have {max(widths)} values, others {min(widths | {units or 0})}",
                    "write one value for each unit at every step",
                )
            self._filled(inner.flatten())
            yield inner.flatten().to_numpy(zero_copy_only=False).reshape(len(inner), units or 0)


class _Column:
    """Rows of one column, read forwards; going back starts again."""

    def __init__(self, path: Path, name: str, where: str) -> None:
        self.path, self.name, self.where = path, name, where
        self.units: int | None = None
        self._restart()

    def _restart(self) -> None:
        self._batches: Iterator[pa.RecordBatch] = pq.ParquetFile(self.path).iter_batches(_ROWS, columns=[self.name])
        self._held, self._start = pa.array([], pa.null()), 0

    def first(self) -> list[object]:
        value = next(pq.ParquetFile(self.path).iter_batches(1, columns=[self.name])).column(0)[0].as_py()
        return value or []

    def rows(self, start: int, stop: int) -> np.ndarray:
        if start < self._start:
            self._restart()
        parts, at = [], start
        while at < stop:
            end = self._start + len(self._held)
            if at >= end:
                self._start = end
                try:
                    self._held = next(self._batches).column(0)
                except StopIteration:
                    raise damaged(self.where, f"ends after {end:,} rows") from None
                except pa.ArrowException as error:
                    raise damaged(self.where, error) from None
                continue
            part = self._held.slice(at - self._start, stop - at)
            parts.append(self._array(part, at))
            at += len(part)
        return np.concatenate(parts) if parts else np.zeros((0,) if self.units is None else (0, self.units))

    def _array(self, part: pa.Array, at: int) -> np.ndarray:
        if part.null_count:
            row = at + int(np.flatnonzero(part.is_null().to_numpy(zero_copy_only=False))[0])
            raise RnnvisError(f"{self.where}: row {row:,} is empty", "write a value in every row")
        if self.units is None:
            found: np.ndarray = part.to_numpy(zero_copy_only=False)
            return found
        lengths = np.full(len(part), part.type.list_size) if pa.types.is_fixed_size_list(part.type) else None
        if lengths is None:
            lengths = part.value_lengths().to_numpy(zero_copy_only=False)
        odd = np.flatnonzero(lengths != self.units)
        if len(odd):
            raise RnnvisError(
                f"{self.where}: row {at + odd[0]:,} has {lengths[odd[0]]} values, the first row {self.units}",
                "write one value for each unit in every row",
            )
        values: np.ndarray = part.flatten().to_numpy(zero_copy_only=False)
        return values.reshape(len(part), self.units)
