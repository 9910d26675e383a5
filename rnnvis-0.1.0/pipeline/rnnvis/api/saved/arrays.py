"""An array in a file, read a stretch of rows at a time."""

from __future__ import annotations

import lzma
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from tokenize import TokenError

import numpy as np
import pyarrow as pa
from safetensors import SafetensorError

from rnnvis.errors import RnnvisError
from rnnvis.recording.complex_states import FIX

TEXT = "text"
FLOATS = ("float16", "float32", "float64", "bfloat16")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
DAMAGED = (
    *(OSError, EOFError, ValueError, TypeError, LookupError, RuntimeError, OverflowError, AttributeError, SyntaxError),
    *(MemoryError, RecursionError, TokenError, struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile),
    *(pickle.UnpicklingError, pa.ArrowException, SafetensorError),
)
"""What the readers of NumPy, zip, HDF5, Parquet, safetensors and torch raise where a file is not what it should be."""


@dataclass(frozen=True)
class SavedArray:
    """`where` names file and array. `dtype` is a NumPy name, "bfloat16", or "text"; `fetch(start, stop)` gives rows.

    `lengths`, int64 [S], are there where rows came as one piece a sentence. `problem` says why an array that lies
    beside others cannot be read: it is raised when that array is asked for.
    """

    where: str
    shape: tuple[int, ...]
    dtype: str
    fetch: Callable[[int, int], np.ndarray] = field(repr=False)
    lengths: np.ndarray | None = field(default=None, repr=False)
    problem: RnnvisError | None = field(default=None, repr=False)

    def read(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Rows `start` to `stop` (default: all); RnnvisError where the file ends early or is damaged."""
        stop = self.shape[0] if stop is None else stop
        try:
            rows = np.asarray(self.fetch(start, stop))
        except DAMAGED as error:
            raise damaged(self.where, error) from None
        if rows.shape != (stop - start, *self.shape[1:]):
            raise damaged(self.where, f"rows {start} to {stop} have the shape {rows.shape}")
        return rows

    def __str__(self) -> str:
        return f"{self.where} {list(self.shape)}"


def unreadable(where: str, problem: RnnvisError) -> SavedArray:
    """An array that is there and cannot be read, for the reason that `problem` says."""

    def refuse(start: int, stop: int) -> np.ndarray:
        raise problem

    return SavedArray(where, (0,), "nothing that is read", refuse, problem=problem)


def joined(where: str, parts: Sequence[SavedArray]) -> SavedArray:
    """One piece a sentence, [T] or [T, units] each, as one array [N] or [N, units] with their lengths."""
    lengths = np.array([part.shape[0] for part in parts], np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])

    def fetch(start: int, stop: int) -> np.ndarray:
        first, last = np.searchsorted(starts, [start, stop], "right") - 1
        found = [
            parts[i].read(max(0, start - int(starts[i])), min(stop - int(starts[i]), parts[i].shape[0]))
            for i in range(first, min(last, len(parts) - 1) + 1)
        ]
        return np.concatenate(found)

    return SavedArray(where, (int(starts[-1]), *parts[0].shape[1:]), parts[0].dtype, fetch, lengths)


def one_a_sentence(arrays: Sequence[SavedArray]) -> bool:
    """Whether arrays are pieces of one: of one type and width, and not all of one length."""
    shapes = {(array.dtype, array.shape[1:]) for array in arrays}
    fits = all(array.problem is None and len(array.shape) in (1, 2) for array in arrays) and len(shapes) == 1
    return fits and len({array.shape[0] for array in arrays}) > 1


def in_memory(where: str, array: np.ndarray) -> SavedArray:
    """`array`, which may be memory-mapped, as a `SavedArray`. RnnvisError for Python objects."""
    kind = kind_of(array.dtype, where)
    if array.dtype.kind == "S":
        return SavedArray(where, array.shape, kind, lambda start, stop: np.char.decode(array[start:stop], "utf-8"))
    return SavedArray(where, array.shape, kind, lambda start, stop: array[start:stop])


def kind_of(dtype: np.dtype, where: str) -> str:
    """What `SavedArray.dtype` says for a NumPy type. RnnvisError for objects and records."""
    if dtype.kind in "US":
        return TEXT
    if dtype.kind in "iufb":
        return dtype.name
    if dtype.kind == "c":
        raise RnnvisError(f"{where}: holds complex numbers", FIX)
    what = "Python objects, which can run code when they are loaded" if dtype.hasobject else f"values of type {dtype}"
    raise RnnvisError(f"{where}: holds {what}", "save plain arrays of numbers: array.astype('float32')")


def damaged(where: str, error: object) -> RnnvisError:
    """The error to raise where a file is not what its name or its head says."""
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    return RnnvisError(f"{where}: not readable: {said}", "the file is damaged or cut short: save or copy it again")
