"""A second device that is none: its tensors lie in the processor's memory, and yet nothing but a copy brings them
together with the processor's, as on a GPU. What forgets to move a model, a batch or a result fails here without one.

Unlike on a GPU, a module that is moved gets new parameters, so that weights which two modules share are two afterwards.
The device has to be declared before the first gradient of a process, so that tests run it in a process of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "elsewhere"
COPIES = {"aten::copy_", "aten::_to_copy"}
# CUDA takes indices from the processor, too.
INDEXING = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"}
RECURRENT = {
    getattr(torch._C._VariableFunctions, name)
    for name in ("lstm", "gru", "rnn_tanh", "rnn_relu", "lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell")
}


class Far(torch.Tensor):
    """A tensor on the device; `here` holds its numbers."""

    here: torch.Tensor

    @staticmethod
    def __new__(cls, here: torch.Tensor) -> Far:
        return torch.Tensor._make_wrapper_subclass(  # type: ignore[attr-defined,no-any-return]
            cls,
            here.shape,
            strides=here.stride(),
            storage_offset=here.storage_offset(),
            dtype=here.dtype,
            device=torch.device(NAME, 0),
        )

    def __init__(self, here: torch.Tensor) -> None:
        self.here = here

    def data_ptr(self) -> int:
        return self.here.data_ptr()

    def untyped_storage(self) -> torch.UntypedStorage:
        return self.here.untyped_storage()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _There(TorchDispatchMode):
    """New tensors that are asked for on the device lie there."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Cells(TorchFunctionMode):
    """Recurrent layers, whose kernels torch knows for real devices only, borrow the processor's; gradients follow."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.__getitem__ and isinstance(args[0], Far):
            # torch would make a tensor of such indices where no other code can see it.
            args = (args[0], tuple(map(_index, args[1])) if isinstance(args[1], tuple) else _index(args[1]))
        if func not in RECURRENT:
            return func(*args, **(kwargs or {}))
        tensors = [of for of in tree_leaves(args) if isinstance(of, torch.Tensor)]
        far = [of for of in tensors if isinstance(of, Far)]
        self.calls["there" if far else "here"] += 1
        if not far:
            return func(*args, **(kwargs or {}))
        if any(not isinstance(of, Far) for of in tensors if of.dtype.is_floating_point):
            raise RuntimeError(f"{func.__name__}: weights or states of the processor among those of {NAME}")
        return tree_map(_there, func(*tree_map(_copied, args), **(kwargs or {})))


def _index(value: Any) -> Any:
    if not isinstance(value, np.ndarray | list):
        return value
    return torch.as_tensor(value if len(value) else np.zeros(0, np.int64))


def _copied(value: Any) -> Any:
    return value.cpu() if isinstance(value, Far) else value


def _there(value: Any) -> Any:
    return value.to(NAME) if isinstance(value, torch.Tensor) and value.dtype.is_floating_point else value


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    name = func._schema.name
    tensors = [of for of in tree_leaves((args, kwargs)) if isinstance(of, torch.Tensor)]
    far = [of for of in tensors if isinstance(of, Far)]
    asked = kwargs.get("device")
    there = bool(far) if asked is None else torch.device(asked).type == NAME
    if name == "aten::copy_":
        there = isinstance(args[0], Far)
    elif far and name not in COPIES | INDEXING and any(not isinstance(of, Far) and of.ndim for of in tensors):
        raise RuntimeError(f"{name}: expected all tensors to be on the same device, and found cpu and {NAME}:0")
    if asked is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    given = {id(of.here): of for of in far}
    found = func(*tree_map(_numbers, args), **tree_map(_numbers, kwargs))
    return tree_map(lambda of: _wrapped(of, given, there), found)


def _numbers(value: Any) -> Any:
    return value.here if isinstance(value, Far) else value


def _wrapped(value: Any, given: dict[int, Far], there: bool) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    if id(value) in given:
        return given[id(value)]
    return Far(value) if there else value


def declare() -> None:
    """Make the device known to torch; to be called before the first gradient of the process."""
    if torch._C._get_privateuse1_backend_name() != NAME:
        _setup_privateuseone_for_python_backend(NAME)


@contextmanager
def elsewhere() -> Iterator[Counter[str]]:
    """Inside, `torch.device("elsewhere")` can be used; how often recurrent layers ran "there" and "here"."""
    with _Cells() as cells, _There():
        yield cells.calls
