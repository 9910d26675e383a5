"""What is asked of a model before it is recorded: the module inside, its paddings, its precision, its weights' hash."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError

BATCH_BYTES = 48 * 2**20
"""What a batch takes at most, about, for the states and gates of all of its steps."""


def at_most(batch_steps: int, modules: Collection[nn.Module]) -> int:
    """`batch_steps`, or as many as `BATCH_BYTES` hold of eight arrays a layer: states, those before, and gates."""
    layers = (getattr(m, "num_layers", 1) * (1 + getattr(m, "bidirectional", False)) for m in modules)
    step = sum(32 * int(getattr(m, "hidden_size", 0)) * n for m, n in zip(modules, layers, strict=True))
    return batch_steps if batch_steps == 1 else max(2, min(batch_steps, BATCH_BYTES // max(1, step)))


def resolution(model: Any) -> float:
    """The spacing of the numbers near 1 in which the parameters of `model` are kept; the coarsest."""
    kept = model.parameters() if isinstance(model, nn.Module) else ()
    return max((torch.finfo(p.dtype).eps for p in kept if p.is_floating_point()), default=0.0)


def unwrapped(model: Any) -> Any:
    """The module inside of DataParallel or torch.compile, which shares its weights."""
    while True:
        if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            model = model.module
        elif isinstance(model, nn.Module) and isinstance(getattr(model, "_orig_mod", None), nn.Module):
            model = model._orig_mod
        else:
            return model


def module_of(model: Any) -> nn.Module:
    """`model` itself; RnnvisError, naming what it is, where it is no module."""
    if isinstance(model, nn.Module):
        return model
    load = "build the model and load its weights: model.load_state_dict(torch.load(path, weights_only=True))"
    if isinstance(model, str | Path):
        raise RnnvisError(f'"{model}" is a path, not a model', load)
    if isinstance(model, Mapping) and any(isinstance(value, Tensor) for value in model.values()):
        raise RnnvisError("this is a state dict: it holds weights, but not the model that reads with them", load)
    if isinstance(model, type):
        raise RnnvisError(f"{model.__name__} is a class, not a model", f"pass one that was made: {model.__name__}(…)")
    raise RnnvisError(
        f"{type(model).__name__} is no torch module",
        "pass an nn.Module with recurrent layers, or an object with `states` and `steps`: a rnnvis.StateSource",
    )


def padding_of(model: nn.Module, name: str, recurrent: Mapping[str, nn.Module]) -> int | None:
    """The padding id of the part of `model` called `name`, else of all of it."""
    if not any(path == name or path.startswith(f"{name}.") for path in recurrent):
        raise RnnvisError(
            f'tokens names "{name}", which is no recurrent module and holds none',
            f"recurrent modules of {type(model).__name__}: {', '.join(recurrent)}",
        )
    part = model if name == "model" else model.get_submodule(name)
    return padding_id(part) if any(isinstance(m, nn.Embedding) for m in part.modules()) else padding_id(model)


def padding_id(model: Any) -> int | None:
    """The padding id that the embeddings of `model` agree on."""
    if not isinstance(model, nn.Module):
        return None
    found = {m.padding_idx for m in model.modules() if isinstance(m, nn.Embedding)} - {None}
    return found.pop() if len(found) == 1 else None


def cell_name(recurrent: Mapping[str, nn.Module]) -> str:
    """The kind of cell that all of them are, as "GRU", else "mixed"; "" where there are none."""
    kinds = {type(module).__name__.removesuffix("Cell") for module in recurrent.values()}
    return "mixed" if len(kinds) > 1 else kinds.pop() if kinds else ""


def fingerprint(model: Any) -> str:
    """SHA-256 (hex) over names, shapes and values of everything that the model remembers; of its class, if no module"""
    hashed = hashlib.sha256()
    if not isinstance(model, nn.Module):
        return hashlib.sha256(f"{type(model).__module__}.{type(model).__qualname__}".encode()).hexdigest()
    for name, value in sorted(model.state_dict().items()):
        if isinstance(value, Tensor):
            plain = value.detach().cpu().contiguous()
            hashed.update(f"{name}\0{plain.dtype}\0{tuple(plain.shape)}\0".encode())
            hashed.update(plain.reshape(-1).view(torch.uint8).numpy().data if plain.numel() else b"")
    return hashed.hexdigest()
