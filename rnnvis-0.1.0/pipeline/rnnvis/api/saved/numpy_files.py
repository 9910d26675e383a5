"""`.npy` and `.npz`, memory-mapped; compressed members are unpacked to a temporary file first."""

from __future__ import annotations

import math
import os
import shutil
import struct
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np

from rnnvis.api.saved.arrays import DAMAGED, SavedArray, damaged, in_memory, kind_of, unreadable
from rnnvis.errors import RnnvisError

MOST_EXPANSION = 200
SMALL = 64 * 2**20
_LOCAL_HEADER = 30


def open_npy(path: Path) -> dict[str, SavedArray]:
    """The array of a `.npy` file, under the file's name without its ending."""
    try:
        with path.open("rb") as file:
            shape, fortran, dtype = _header(file)
            kind_of(dtype, str(path))
            offset, size = file.tell(), os.fstat(file.fileno()).st_size
    except DAMAGED as error:
        raise damaged(str(path), error) from None
    _whole(str(path), size - offset, shape, dtype)
    return {path.stem: in_memory(str(path), _mapped(path, dtype, shape, fortran, offset))}


def open_npz(path: Path) -> dict[str, SavedArray]:
    """The arrays of a `.npz` file by name."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            return {info.filename.removesuffix(".npy"): _beside(path, archive, info) for info in members}
    except DAMAGED as error:
        raise damaged(str(path), error) from None


def _beside(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> SavedArray:
    """A member; one that cannot be read blocks no other."""
    where = f"{path}: {info.filename.removesuffix('.npy')}"
    try:
        return _member(path, archive, info, where)
    except RnnvisError as problem:
        return unreadable(where, problem)
    except DAMAGED as error:
        return unreadable(where, damaged(where, error))


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> SavedArray:
    with archive.open(info) as file:
        shape, fortran, dtype = _header(file)
        offset = file.tell()
    kind = kind_of(dtype, where)
    _whole(where, info.file_size - offset, shape, dtype)
    if info.file_size > max(SMALL, MOST_EXPANSION * info.compress_size):
        raise RnnvisError(
            f"{where}: {info.compress_size:,} bytes claim to unpack to {info.file_size:,}",
            "if that is really so, save it without compression: numpy.savez",
        )

    @cache
    def array() -> np.ndarray:
        if info.compress_type == zipfile.ZIP_STORED:
            _check(path, info, where)
            with path.open("rb") as file:
                file.seek(info.header_offset)
                name, extra = struct.unpack("<26xHH", file.read(_LOCAL_HEADER))
            start = info.header_offset + _LOCAL_HEADER + name + extra + offset
            return _mapped(path, dtype, shape, fortran, start)
        return _mapped(_unpacked(path, info, where), dtype, shape, fortran, offset)

    return SavedArray(where, shape, kind, lambda start, stop: array()[start:stop])


def _unpacked(path: Path, info: zipfile.ZipInfo, where: str) -> IO[bytes]:
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if info.file_size > free:
        raise RnnvisError(
            f"{where}: unpacks to {info.file_size:,} bytes, and {tempfile.gettempdir()} has {free:,} left",
            "name a larger folder in TMPDIR, or save it without compression: numpy.savez",
        )
    target = tempfile.TemporaryFile()  # noqa: SIM115 (it stays mapped)
    try:
        # Reads at most the size that was checked above, and compares the checksum at its end.
        with zipfile.ZipFile(path) as archive, archive.open(info) as file:
            shutil.copyfileobj(file, target, 1 << 20)
    except DAMAGED as error:
        raise damaged(where, error) from None
    target.flush()
    return target


def _check(path: Path, info: zipfile.ZipInfo, where: str) -> None:
    """Read a member once, to its end, where its checksum is compared."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(info) as file:
            while file.read(1 << 20):
                pass
    except DAMAGED as error:
        raise damaged(where, error) from None


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    return np.lib.format.read_array_header_2_0(file)


def _whole(where: str, there: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
    needed = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or there < needed:
        raise damaged(where, f"its head says {list(shape)} of {dtype}, {needed:,} bytes; there are {there:,}")


def _mapped(file: Any, dtype: np.dtype, shape: tuple[int, ...], fortran: bool, offset: int) -> np.ndarray:
    if not math.prod(shape):
        return np.zeros(shape, dtype)
    return np.memmap(file, dtype, "r", offset, shape, "F" if fortran else "C")
