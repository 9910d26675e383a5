"""What a recurrent module was called with, whatever its `forward` calls it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnvis.recording.cells import Cell


@dataclass(frozen=True)
class Arguments:
    """`input` as it was passed, None where there was none; `others` are the tensors passed after it, in order."""

    input: Tensor | PackedSequence | None
    others: tuple[Tensor, ...]

    def states(self, shapes: Sequence[tuple[int, ...]]) -> tuple[Tensor, ...] | None:
        """The first tensors, in order, of these shapes; None if one is missing."""
        waiting = iter(self.others)
        found = [next((other for other in waiting if other.shape == shape), None) for shape in shapes]
        states = tuple(state for state in found if state is not None)
        return states if len(states) == len(shapes) else None


def own_forward(module: nn.Module, cell: Cell) -> bool:
    """Whether `module` has a `forward` of its own, not that of the class that its kind of cell is known for."""
    known = [kind.forward for kind in (cell.layer, cell.step) if kind is not None]
    return "forward" in vars(module) or type(module).forward not in known


def input_size(module: nn.Module) -> int:
    """Numbers in a row of what `module` reads; 0 where it does not say."""
    return int(getattr(module, "input_size", False))


def bound(forward: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], width: int) -> Arguments:
    """The arguments of a call of `forward` in the order of its signature: its first tensor with rows of `width` is the
    input.
    """
    try:
        values = list(inspect.signature(forward).bind(*args, **kwargs).arguments.values())
    except (TypeError, ValueError):
        values = [*args, *kwargs.values()]
    given = list(tensors(values))
    place = next((i for i, value in enumerate(given) if _rows(value).shape[-1:] == (width,)), None)
    if place is None:
        return Arguments(None, ())
    return Arguments(given.pop(place), tuple(value for value in given if isinstance(value, Tensor)))


def tensors(values: Any) -> Iterator[Tensor | PackedSequence]:
    """The tensors and packed sequences in `values`, however they are nested, in order."""
    if isinstance(values, Tensor | PackedSequence):
        yield values
    elif isinstance(values, Mapping):
        yield from tensors(list(values.values()))
    elif isinstance(values, Sequence) and not isinstance(values, str):
        for value in values:
            yield from tensors(value)


def _rows(value: Tensor | PackedSequence) -> Tensor:
    return value.data if isinstance(value, PackedSequence) else value
