"""Datasets of HDF5 files. Links to other files, virtual and external datasets are not followed."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from rnnvis.api.saved.arrays import TEXT, SavedArray, damaged, kind_of
from rnnvis.errors import RnnvisError

_LARGEST_CHUNK = 2**30


def open_hdf5(path: Path) -> dict[str, SavedArray]:
    """The datasets of an HDF5 file by their path inside it."""
    h5py = needs("h5py", path)
    found: dict[str, SavedArray] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.shape is not None:
            found[name] = _dataset(h5py, path, name, item)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
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


def _dataset(h5py: ModuleType, path: Path, name: str, dataset: Any) -> SavedArray:
    where = f"{path}: {name}"
    if dataset.is_virtual or dataset.external:
        raise RnnvisError(f"{where}: points into other files", "copy the values into the file itself")
    if dataset.chunks and math.prod(dataset.chunks) * dataset.dtype.itemsize > _LARGEST_CHUNK:
        raise RnnvisError(
            f"{where}: is stored in chunks of {list(dataset.chunks)}, more than fits into memory",
            "write it again with smaller chunks: create_dataset(…, chunks=True)",
        )
    text = h5py.check_string_dtype(dataset.dtype) is not None

    def fetch(start: int, stop: int) -> np.ndarray:
        # Opened for each stretch: a file that stays open cannot be written again.
        with h5py.File(path, "r") as file:
            rows = file[name]
            return np.array(rows.asstr()[start:stop], dtype=str) if text else rows[start:stop]

    return SavedArray(where, dataset.shape, TEXT if text else kind_of(dataset.dtype, where), fetch)
