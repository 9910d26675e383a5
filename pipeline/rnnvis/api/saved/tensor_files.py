"""Tensors in `.safetensors`, and in files of `torch.save` that hold tensors and nothing else."""

from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path

import numpy as np
import safetensors
import torch

from rnnvis.api.saved.arrays import SavedArray, damaged
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
        kept = safetensors.safe_open(path, framework="pt")
        slices = {name: kept.get_slice(name) for name in kept.keys()}  # noqa: SIM118
    except safetensors.SafetensorError as error:
        raise damaged(str(path), error) from None

    def fetch(name: str, start: int, stop: int) -> np.ndarray:
        try:
            return _numbers(slices[name][start:stop])
        except safetensors.SafetensorError as error:
            raise damaged(f"{path}: {name}", error) from None

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
    """The tensors of a `torch.save` file: one, or a dict of them. Files that hold other objects are refused."""
    try:
        kept = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise RnnvisError(
            f"{path}: holds something else than tensors, or is damaged ({type(error).__name__}); nothing in it was run",
            "save the tensors alone, with safetensors.torch.save_file or torch.save(tensors, file)",
        ) from None
    found = {path.stem: kept} if isinstance(kept, torch.Tensor) else kept
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise RnnvisError(f"{path}: holds something else than tensors by name", "save a dict from name to tensor")
    return {
        str(name): SavedArray(
            f"{path}: {name}",
            tuple(tensor.shape),
            str(tensor.dtype).removeprefix("torch."),
            partial(_rows, tensor),
        )
        for name, tensor in found.items()
    }


def _rows(tensor: torch.Tensor, start: int, stop: int) -> np.ndarray:
    return _numbers(tensor[start:stop])


def _numbers(rows: torch.Tensor) -> np.ndarray:
    rows = rows.detach()
    found: np.ndarray = (rows.float() if rows.dtype == torch.bfloat16 else rows).numpy()
    return found
