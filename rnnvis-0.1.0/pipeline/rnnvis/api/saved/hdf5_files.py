"""Datasets of HDF5 files. Links to other files, virtual and external datasets are not followed."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from rnnvis.api.saved.arrays import DAMAGED, TEXT, SavedArray, damaged, in_memory, joined, kind_of, unreadable
from rnnvis.api.saved.numpy_files import MOST_EXPANSION, SMALL
from rnnvis.errors import RnnvisError

_LARGEST_CHUNK = 2**30
_ROW_REFERENCE = 16  # bytes that a row of any length takes beside its values


def open_hdf5(path: Path) -> dict[str, SavedArray]:
    """The datasets of an HDF5 file by their path inside it."""
    h5py = needs("h5py", path)
    found: dict[str, SavedArray] = {}

    def visit(key: str | bytes, item: Any) -> None:
        name = key if isinstance(key, str) else key.decode("utf-8", "backslashreplace")
        if isinstance(item, h5py.Dataset) and item.shape is not None:
            try:
                found[name] = _dataset(h5py, path, key, name, item)
            except RnnvisError as problem:
                found[name] = unreadable(f"{path}: {name}", problem)
            except DAMAGED as error:
                found[name] = unreadable(f"{path}: {name}", damaged(f"{path}: {name}", error))

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except DAMAGED as error:
        raise damaged(str(path), error) from None
    return found


def needs(module: str, path: Path) -> ModuleType:
    """The optional `module` that reads `path`; RnnvisError with the command that installs it."""
    try:
        return __import__(module)
    except ImportError:
        raise RnnvisError(
            f"{path}: reading it needs the package {'PyYAML' if module == 'yaml' else module}, which is not installed",
            'pip install "rnnvis[import]"',
        ) from None


def _dataset(h5py: ModuleType, path: Path, key: str | bytes, name: str, dataset: Any) -> SavedArray:
    where = f"{path}: {name}"
    if dataset.is_virtual or dataset.external:
        raise RnnvisError(f"{where}: points into other files", "copy the values into the file itself")
    if dataset.chunks and math.prod(dataset.chunks) * dataset.dtype.itemsize > _LARGEST_CHUNK:
        raise RnnvisError(
            f"{where}: is stored in chunks of {list(dataset.chunks)}, more than fits into memory",
            "write it again with smaller chunks: create_dataset(…, chunks=True)",
        )
    inner = h5py.check_vlen_dtype(dataset.dtype)
    if inner is not None and h5py.check_string_dtype(dataset.dtype) is None:
        return _rows_of_rows(h5py, path, name, dataset, np.dtype(inner))
    text = h5py.check_string_dtype(dataset.dtype) is not None

    def fetch(start: int, stop: int) -> np.ndarray:
        # Opened for each stretch: a file that stays open cannot be written again.
        with h5py.File(path, "r") as file:
            rows = file[key]
            return np.array(rows.asstr()[start:stop], dtype=str) if text else rows[start:stop]

    return SavedArray(where, dataset.shape, TEXT if text else kind_of(dataset.dtype, where), fetch)


def _rows_of_rows(h5py: ModuleType, path: Path, name: str, dataset: Any, inner: np.dtype) -> SavedArray:
    """Rows of different lengths, such as the ids of one sentence each."""
    where = f"{path}: {name}"
    if len(dataset.shape) != 1 or inner.kind not in "iu":
        raise RnnvisError(
            f"{where}: holds rows of different lengths of {inner}", "save states as one array: steps × units"
        )
    claimed, size = len(dataset) * _ROW_REFERENCE, path.stat().st_size
    if claimed > max(SMALL, MOST_EXPANSION * size):
        raise RnnvisError(
            f"{where}: claims {claimed:,} bytes, {len(dataset):,} rows, in a file of {size:,}",
            "if that is really so, save it in pieces",
        )
    rows = [np.asarray(row, inner) for row in dataset[:]]
    return joined(where, [in_memory(where, row) for row in rows]) if rows else in_memory(where, np.zeros(0, inner))
