"""A model that is run and left as it was."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

# Random state and the attributes of a shared model are one for all threads.
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Inside is one thread at a time."""
    with _ONE_AT_A_TIME:
        yield


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; afterwards all is as it was outside, also after an exception.

    That is: training flags, what modules keep in attributes, buffers and parts (tensors and collections that were
    changed in place too), weights that an embedding's `max_norm` shrinks, random state (torch's, Python's, NumPy's).
    On CUDA nothing is multiplied in TF32, torch's default for recurrent layers, which rounds to ten bits.
    What torch.compile has compiled runs without it. One thread at a time is let in.
    """
    with ExitStack() as undone:
        undone.enter_context(one_at_a_time())
        if "torch._dynamo" in sys.modules:
            undone.enter_context(torch.compiler.set_stance("force_eager"))
        devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
        undone.enter_context(torch.random.fork_rng(devices=devices))
        undone.enter_context(_without_tf32())
        undone.callback(random.setstate, random.getstate())
        undone.callback(np.random.set_state, np.random.get_state())
        for module in model.modules():
            undone.callback(_remembered(module))
        model.eval()
        yield


@contextmanager
def _without_tf32() -> Iterator[None]:
    """Inside, no product of float32 on CUDA is rounded to TF32: neither in cuDNN's layers nor in plain products of
    matrices, which the formulas of layers take."""
    cudnn: Any = torch.backends.cudnn
    try:
        before = cudnn.allow_tf32
    except RuntimeError:  # they were set apart, by the newer names
        kinds = [cudnn.rnn, cudnn.conv, torch.backends.cuda.matmul]
    else:  # set together as before, or torch would refuse the older name from now on
        kinds = [torch.backends.cuda.matmul]
        cudnn.allow_tf32 = False
    apart = [kind.fp32_precision for kind in kinds]
    for kind in kinds:
        kind.fp32_precision = "ieee"
    try:
        yield
    finally:
        for kind, precision in zip(kinds, apart, strict=True):
            kind.fp32_precision = precision
        if len(kinds) == 1:
            cudnn.allow_tf32 = before


def _remembered(module: nn.Module) -> Callable[[], None]:
    """What brings `module` back to where it is now."""
    if isinstance(module, torch.jit.ScriptModule):
        return partial(setattr, module, "training", module.training)
    attributes = dict(vars(module))
    parts = [(part, dict(part)) for part in (module._buffers, module._parameters, module._modules)]
    held = [value for name, value in attributes.items() if not name.startswith("_") or name == "_flat_weights"]
    held += module._buffers.values()
    weights = module.parameters(recurse=False) if getattr(module, "max_norm", None) is not None else ()
    changes = [*_inside(held), *map(_tensor, weights)]

    def restore() -> None:
        for mapping, entries in ((vars(module), attributes), *parts):
            mapping.clear()
            mapping.update(entries)
        for step in changes:
            step()

    return restore


def _inside(values: Iterable[Any]) -> Iterator[Callable[[], None]]:
    """What undoes changes inside of tensors and collections; parameters are no model's to change in forward."""
    for value in values:
        if isinstance(value, list | tuple):
            yield from _inside(value)
        if isinstance(value, list):
            yield partial(value.__setitem__, slice(None), list(value))
        elif isinstance(value, dict | set):
            yield partial(_refill, value, value.copy())
        elif isinstance(value, Tensor) and not isinstance(value, nn.Parameter):
            yield _tensor(value)


def _refill(collection: Any, kept: Any) -> None:
    collection.clear()
    collection.update(kept)


def _tensor(value: Tensor) -> Callable[[], None]:
    if value.is_meta or value.is_inference():
        return lambda: None
    version, kept = value._version, value.detach().clone()

    def restore() -> None:
        if value._version != version:
            with torch.no_grad():
                value.copy_(kept)

    return restore
