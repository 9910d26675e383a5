"""Which operation made the numbers that a model returned: whether they are a sigmoid's, a softmax's, or plain sums."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

SUMS = {
    *("linear", "bilinear", "addmm", "mm", "bmm", "baddbmm", "addbmm", "addmv", "mv", "dot", "matmul", "rmatmul"),
    *("einsum", "add", "radd", "iadd", "sub", "rsub", "isub", "conv1d", "conv2d"),
}
"""Operations whose results are weighted sums: logits, or numbers without bounds."""

SOFTMAX = {"softmax", "log_softmax"}

_COPIES = {
    *("clone", "to", "float", "double", "half", "cpu", "cuda", "contiguous", "cat", "concat", "concatenate", "stack"),
    *("hstack", "vstack", "getitem", "setitem", "index_select", "gather", "masked_select", "index_put", "index_copy"),
    *("flip", "copy", "pad", "repeat", "roll", "masked_fill", "take_along_dim", "reshape", "flatten", "pad_sequence"),
    *("tile", "dropout", "where", "repeat_interleave"),
}
"""What puts numbers elsewhere, and keeps them."""

_OF_FIRST = {"masked_fill", "pad"}
_BLANK = {"zeros", "empty", "full", "ones", "zeros_like", "empty_like", "full_like", "new_zeros", "new_empty", "fill"}


class Origins(TorchFunctionMode):
    """While open, notes for every tensor that is made which operation made its numbers, by torch's name for it.

    Views and copies keep the origin of what they show. What several operations made has the origin "mixed".
    """

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[int, str] = {}
        self._held: list[Tensor] = []  # memory that is given back would come again as another tensor's

    def of(self, tensor: Tensor) -> str:
        """The name of the operation that made the numbers of `tensor`; empty where it is not known."""
        return self._made.get(_memory(tensor), "")

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        name: str = getattr(func, "__name__", "")
        if name in ("__get__", "__set__", "size", "dim"):
            return found
        given = [value for value in tree_leaves((args, kwargs or {})) if isinstance(value, Tensor)]
        before = {_memory(value) for value in given}
        written = name == "__setitem__" or (name.endswith("_") and not name.endswith("__"))
        name = name.strip("_")
        made = given[:1] if written else [value for value in tree_leaves(found) if isinstance(value, Tensor)]
        for value in made:
            place = _memory(value)
            if not place or (place in before and not written):
                continue  # a view
            sources = given[1:] if written and name in ("copy", "setitem") else given
            origin = self._origin(name, sources) if name in _COPIES else "blank" if name in _BLANK else name
            if written and name in _COPIES and self._made.get(place, "blank") not in ("blank", origin):
                origin = "mixed"
            self._made[place] = origin
            self._held.append(value)
        return found

    def _origin(self, name: str, given: list[Tensor]) -> str:
        """Whose numbers a copy holds: those of all tensors of numbers that it is made of, blank ones aside."""
        numbers = [value for value in given if value.is_floating_point()]
        if name in _OF_FIRST:
            numbers = numbers[:1]
        origins = {self.of(value) for value in numbers} - {"blank"}
        return origins.pop() if len(origins) == 1 else "blank" if numbers and not origins else "mixed"


def _memory(tensor: Tensor) -> int:
    with torch._C.DisableTorchFunction():
        return tensor.untyped_storage().data_ptr() if tensor.layout == torch.strided else 0
