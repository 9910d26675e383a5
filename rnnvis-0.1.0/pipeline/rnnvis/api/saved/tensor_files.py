"""Tensors in `.safetensors`, and in files of `torch.save` that hold tensors and nothing else."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import torch

from rnnvis.api.saved.arrays import DAMAGED, SavedArray, damaged, joined, unreadable
from rnnvis.errors import RnnvisError

_KINDS = {
    "F16": "float16",
    "F32": "float32",
    "F64": "float64",
    "BF16": "bfloat16",
    **{f"{sign}{bits}": f"{name}{bits}" for sign, name in (("I", "int"), ("U", "uint")) for bits in (8, 16, 32, 64)},
}


def open_safetensors(path: Path) -> dict[str, SavedArray]:
    """The tensors of a `.safetensors` file by name; rows are read when they are asked for."""
    try:
        kept: Any = safetensors.safe_open(path, framework="pt")
        slices = {name: kept.get_slice(name) for name in kept.keys()}  # noqa: SIM118
    except DAMAGED as error:
        raise damaged(str(path), error) from None

    def fetch(name: str, start: int, stop: int) -> np.ndarray:
        return _numbers(slices[name][start:stop])

    return {
        name: SavedArray(
            f"{path}: {name}",
            tuple(part.get_shape()),
            _KINDS.get(part.get_dtype(), part.get_dtype()),
            partial(fetch, name),
        )
        for name, part in slices.items()
    }


def open_torch(path: Path) -> dict[str, SavedArray]:
    """The tensors of a `torch.save` file: one, a dict of them, or a list with one a sentence.

    Files that hold objects which would have to be run are refused.
    """
    try:
        kept = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except DAMAGED as error:
        raise RnnvisError(
            f"{path}: holds something else than tensors, or is damaged ({type(error).__name__}); nothing in it was run",
            "save the tensors alone, with safetensors.torch.save_file or torch.save(tensors, file)",
        ) from None
    if isinstance(kept, list | tuple) and kept and all(isinstance(value, torch.Tensor) for value in kept):
        parts = [_tensor(f"{path}: {number}", value) for number, value in enumerate(kept)]
        if len({(part.dtype, part.shape[1:]) for part in parts}) > 1 or not parts[0].shape:
            raise RnnvisError(f"{path}: holds tensors of different widths", "save one a sentence: steps × units")
        return {path.stem: joined(str(path), parts)}
    found = {path.stem: kept} if isinstance(kept, torch.Tensor) else kept
    if not isinstance(found, dict) or not any(isinstance(value, torch.Tensor) for value in found.values()):
        raise RnnvisError(f"{path}: holds something else than tensors by name", "save a dict from name to tensor")
    return {str(name): _tensor(f"{path}: {name}", value) for name, value in found.items()}


def _tensor(where: str, value: object) -> SavedArray:
    if not isinstance(value, torch.Tensor):
        what = RnnvisError(f"{where}: is a {type(value).__name__}, no tensor", "name another array of the file")
        return unreadable(where, what)
    return SavedArray(where, tuple(value.shape), str(value.dtype).removeprefix("torch."), partial(_rows, value))


def _rows(tensor: torch.Tensor, start: int, stop: int) -> np.ndarray:
    return _numbers(tensor[start:stop])


def _numbers(rows: torch.Tensor) -> np.ndarray:
    rows = rows.detach()
    found: np.ndarray = (rows.float() if rows.dtype == torch.bfloat16 else rows).numpy()
    return found
