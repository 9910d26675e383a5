"""Which reader takes which file, and how an array inside one is named: `FILE` or `FILE:ARRAY`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rnnvis.api.saved.arrays import SavedArray
from rnnvis.api.saved.hdf5_files import open_hdf5
from rnnvis.api.saved.numpy_files import open_npy, open_npz
from rnnvis.api.saved.parquet_files import open_parquet
from rnnvis.api.saved.tensor_files import open_safetensors, open_torch
from rnnvis.errors import RnnvisError

READERS: dict[str, Callable[[Path], dict[str, SavedArray]]] = {
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
    if not path.is_file():
        raise RnnvisError(f"{path}: no such file", "check the name")
    try:
        found = reader(path)
    except OSError as error:
        raise RnnvisError(f"{path}: {error.strerror or error}", "check the file and its permissions") from None
    if not found:
        raise RnnvisError(f"{path}: holds no arrays", "save the states as arrays: steps × units")
    return found


def open_one(reference: str, home: Path | None = None) -> SavedArray:
    """The array that `reference` names: `FILE` of one array, `FILE:ARRAY`, or `ARRAY` of the file `home`."""
    path, name = split(reference)
    if not path.exists() and home is not None:
        path, name = home, reference
    arrays = open_arrays(path)
    if name is None and len(arrays) > 1:
        raise RnnvisError(f"{path}: holds several arrays: {listed(arrays)}", f"say which: {path}:{next(iter(arrays))}")
    return pick(arrays, name if name is not None else next(iter(arrays)), path)


def pick(arrays: dict[str, SavedArray], name: str, path: Path) -> SavedArray:
    """The array `name` among those of `path`; RnnvisError with the names that there are."""
    if name.strip("/") not in arrays:
        raise RnnvisError(f'{path}: there is no array "{name}"', f"it holds: {listed(arrays)}")
    return arrays[name.strip("/")]


def split(reference: str) -> tuple[Path, str | None]:
    """File and array of a reference; a file of the whole name comes first."""
    file, colon, name = reference.rpartition(":")
    if colon and file and not Path(reference).exists():
        return Path(file), name
    return Path(reference), None


def listed(arrays: dict[str, SavedArray]) -> str:
    """Names and shapes of the first few arrays, for messages."""
    shown = [f"{name} {list(array.shape)}" for name, array in list(arrays.items())[:8]]
    return ", ".join(shown) + (f" and {len(arrays) - 8} more" if len(arrays) > 8 else "")
