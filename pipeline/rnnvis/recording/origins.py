"""Which operation made the numbers that a model returned: whether they are a sigmoid's, a softmax's, or plain sums."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

SUMS = {"addmm", "mm", "bmm", "baddbmm", "addbmm", "addmv", "mv", "dot", "linear", "add", "sub", "convolution"}
"""Operations whose results are weighted sums: logits, or numbers without bounds."""

SOFTMAX = {"_softmax", "_log_softmax"}

_COPIES = {
    *("clone", "_to_copy", "cat", "stack", "index", "index_select", "gather", "masked_select", "index_put", "flip"),
    *("copy", "constant_pad_nd", "repeat", "roll", "masked_fill", "slice_scatter", "select_scatter", "take_along_dim"),
}
"""What puts numbers elsewhere, and keeps them."""

_BLANK = {"zeros", "empty", "full", "ones", "zeros_like", "empty_like", "full_like", "new_zeros", "new_empty", "fill"}


class Origins(TorchDispatchMode):
    """While open, notes for every tensor that is made which operation made its numbers, by torch's name for it.

    Views and copies keep the origin of what they show. What several operations made has the origin "mixed".
    """

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[int, str] = {}
        self._held: list[Tensor] = []  # memory that is given back would come again as another tensor's

    def of(self, tensor: Tensor) -> str:
        """The name of the operation that made the numbers of `tensor`; empty where it is older than this."""
        return self._made.get(_memory(tensor), "")

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = [value for value in tree_leaves((args, kwargs or {})) if isinstance(value, Tensor)]
        before = {_memory(value) for value in given}
        found = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__.removesuffix("_") if func._schema.is_mutable else _name(func)
        for value in tree_leaves(found):
            if not isinstance(value, Tensor) or value.layout != torch.strided:
                continue
            place = _memory(value)
            if place in before and not func._schema.is_mutable:
                continue  # a view
            origin = self._origin(name, given) if name in _COPIES else "blank" if name in _BLANK else name
            if place in before and name in _COPIES and self._made.get(place, "blank") not in ("blank", origin):
                origin = "mixed"
            self._made[place] = origin
            self._held.append(value)
        return found

    def _origin(self, name: str, given: list[Tensor]) -> str:
        """Whose numbers a copy holds: those of all tensors of numbers that it is made of, blank ones aside."""
        numbers = [value for value in given if value.is_floating_point()]
        if name in ("masked_fill", "constant_pad_nd"):
            numbers = numbers[:1]
        origins = {self.of(value) for value in numbers if value.dim() or len(numbers) == 1} - {"blank"}
        return origins.pop() if len(origins) == 1 else "mixed"


def _name(func: Any) -> str:
    name: str = func.overloadpacket.__name__
    return name


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr() if tensor.layout == torch.strided else 0
