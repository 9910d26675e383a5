"""Which reader takes which file, and how an array inside one is named: `FILE` or `FILE:ARRAY`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

from rnnvis.api.saved.arrays import SavedArray, joined, one_a_sentence, unreadable
from rnnvis.api.saved.hdf5_files import open_hdf5
from rnnvis.api.saved.numpy_files import MOST_EXPANSION, SMALL, open_npy, open_npz
from rnnvis.api.saved.parquet_files import open_parquet
from rnnvis.api.saved.tensor_files import open_safetensors, open_torch
from rnnvis.errors import RnnvisError, check_plain

Reader = Callable[[Path], dict[str, SavedArray]]
READERS: dict[str, Reader] = {
    ".npy": open_npy,
    ".npz": open_npz,
    ".parquet": open_parquet,
    ".safetensors": open_safetensors,
    ".h5": open_hdf5,
    ".hdf5": open_hdf5,
    ".pt": open_torch,
    ".pth": open_torch,
}


def open_arrays(path: Path) -> dict[str, SavedArray]:
    """The arrays in the file `path` by name. RnnvisError: no such file, unknown ending, damaged, objects inside."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise RnnvisError(f'{path}: files that end in "{path.suffix}" are not read', f"save as {', '.join(READERS)}")
    found = read_with(reader, path)
    if not found:
        raise RnnvisError(f"{path}: holds no arrays", "save the states as arrays: steps × units")
    return found


def read_with(reader: Reader, path: Path) -> dict[str, SavedArray]:
    """The arrays that `reader` finds in `path`; one that claims far more than the file can hold is unreadable."""
    check_plain(path)
    if not path.is_file():
        raise RnnvisError(f"{path}: no such file", "check the name")
    try:
        found = reader(path)
    except OSError as error:
        raise RnnvisError(f"{path}: {error.strerror or error}", "check the file and its permissions") from None
    size = path.stat().st_size
    return {name: _claimed(array, size) for name, array in found.items()}


def open_one(reference: str, home: Path | None = None) -> SavedArray:
    """The array that `reference` names: `FILE` of one array, `FILE:ARRAY`, or `ARRAY` of the file `home`."""
    path, name = split(reference)
    check_plain(path)
    if not path.is_file() and home is not None:
        path, name = home, reference
    arrays = open_arrays(path)
    arrays = together(arrays, path) if name is None else arrays
    if name is None and len(arrays) > 1:
        raise RnnvisError(f"{path}: holds several arrays: {listed(arrays)}", f"say which: {path}:{next(iter(arrays))}")
    return pick(arrays, name if name is not None else next(iter(arrays)), path)


def _claimed(array: SavedArray, size: int) -> SavedArray:
    """`array` of a file of `size` bytes, unreadable where it claims to be far more than such a file can hold."""
    width = int(array.dtype[-2:]) // 8 if array.dtype[-2:] in ("16", "32", "64") else 1
    claimed = math.prod(array.shape) * width
    if array.problem or claimed <= max(SMALL, MOST_EXPANSION * size):
        return array
    return unreadable(
        array.where,
        RnnvisError(
            f"{array.where}: claims {claimed:,} bytes, {list(array.shape)} of {array.dtype}, in a file of {size:,}",
            "if that is really so, save it as .npy: numpy.save",
        ),
    )


def pick(arrays: dict[str, SavedArray], name: str, path: Path) -> SavedArray:
    """The array `name` among those of `path`: `h*` joins all whose names match, one a sentence, in natural order.

    RnnvisError with the names that there are, and where the array cannot be read.
    """
    found = arrays.get(name.strip("/"))
    if found is None and "*" in name:
        parts = [arrays[key] for key in sorted(arrays, key=_natural) if fnmatchcase(key, name.strip("/"))]
        if parts and len({(part.dtype, part.shape[1:]) for part in parts}) == 1 and parts[0].problem is None:
            found = joined(f"{path}: {name}", parts)
    if found is None:
        raise RnnvisError(f'{path}: there is no array "{name}"', f"it holds: {listed(arrays)}")
    if found.problem:
        raise found.problem
    return found


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts arr_2 before arr_10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def together(arrays: dict[str, SavedArray], path: Path) -> dict[str, SavedArray]:
    """The `arrays` of `path`; those of a file that holds one numbered array a sentence, joined to one."""
    names = {re.sub(r"\d+", "*", name) for name in arrays}
    if len(arrays) < 3 or len(names) > 1 or "*" not in next(iter(names)) or not one_a_sentence(list(arrays.values())):
        return arrays
    return {path.stem: pick(arrays, next(iter(names)), path)}


def split(reference: str) -> tuple[Path, str | None]:
    """File and array of a reference; a file of the whole name comes first."""
    file, colon, name = reference.rpartition(":")
    if colon and file and not Path(reference).is_file():
        return Path(file), name
    return Path(reference), None


def listed(arrays: dict[str, SavedArray]) -> str:
    """Names and shapes of the first few arrays, for messages."""
    shown = [f"{name} {list(array.shape)}" for name, array in list(arrays.items())[:8]]
    return ", ".join(shown) + (f" and {len(arrays) - 8} more" if len(arrays) > 8 else "")
