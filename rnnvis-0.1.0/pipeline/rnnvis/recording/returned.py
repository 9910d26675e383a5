"""What a model returned: where in it its answer lies, and the answer to each sequence or each step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence, pad_sequence

from rnnvis.errors import RnnvisError

Axis = Literal["batch", "time", "flat", "class", "one"]
Scale = Literal["logits", "log-probabilities", "probabilities", "logit", "probability", "numbers"]
Path = tuple[str | int, ...]
ALL = "*"
"""In a path: all tensors of a list, side by side along a new first axis."""

CHUNK = 2**19
"""Numbers that are held at once: few enough for a processor's cache."""
_ROWS = 64  # of answers that are still to be made


@dataclass(frozen=True)
class Deferred:
    """An answer that is still to be made: `head` of `states` [..., H] gives the values [..., C]."""

    states: Tensor
    head: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Given:
    """What a model answered in one batch: `values` [..., C], of which the n-th answer lies at `at` int64 [N] each.

    One answer a sequence, of the numbers `sentences` int64 [N], or one a step in the order of `StepBatch`; `known` bool
    [N] are those that the model gave.
    """

    values: Tensor = field(repr=False)
    at: tuple[Tensor, ...] = field(repr=False)
    known: np.ndarray = field(repr=False)
    head: Callable[[Tensor], Tensor] | None = field(repr=False, default=None)
    sentences: np.ndarray | None = field(repr=False, default=None)

    def __len__(self) -> int:
        return len(self.known)

    def half(self) -> Given:
        """The answers to the first half of the rows, where all went in twice."""
        n = len(self) // 2
        half = None if self.sentences is None else self.sentences[:n]
        return replace(self, at=tuple(at[:n] for at in self.at), known=self.known[:n], sentences=half)

    def of(self, chosen: np.ndarray) -> Tensor:
        """The values of the answers at `chosen` int64 [n], all of them known, [n, C]."""
        rows = torch.from_numpy(np.ascontiguousarray(chosen)).to(self.values.device)
        at = tuple(at[rows] for at in self.at)
        if len(at) == 2 and self.values.is_contiguous():  # whole rows are copied, which is faster than single numbers
            found = self.values.flatten(0, 1).index_select(0, at[0] * self.values.shape[1] + at[1])
        else:
            found = self.values[at]
        if self.head is not None:
            with torch.set_grad_enabled(found.requires_grad):
                found = self.head(found)
        return found if found.dtype == torch.float64 else found.float()

    def chunks(self, chosen: np.ndarray) -> Iterator[tuple[np.ndarray, Tensor]]:
        """(places, values) of the known answers among `chosen` int64 [n], a few at a time."""
        chosen = chosen[self.known[chosen]]
        rows = min(1024, max(16, CHUNK // self.values.shape[-1])) if self.head is None else _ROWS
        for start in range(0, len(chosen), rows):
            part = chosen[start : start + rows]
            yield part, self.of(part)

    def whole(self) -> np.ndarray:
        """All answers, float [N, C], nan where none was given."""
        found: np.ndarray | None = None
        for part, values in self.chunks(np.arange(len(self))):
            if found is None:
                found = np.full((len(self), values.shape[1]), np.nan, values.cpu().numpy().dtype)
            found[part] = values.detach().cpu().numpy()
        return np.full((len(self), 1), np.nan, np.float32) if found is None else found


@dataclass(frozen=True)
class Returned:
    """Where the answer of a model lies in what it returned, and what its numbers are.

    `axes` says what each axis of that tensor counts: rows, steps, rows × steps ("flat"), classes, or nothing ("one").
    `size` is the number of classes, 1 for a single number. Of answers one a step, `reading` is the text whose steps
    they follow, `shift` the place along time of the answer after its first word, `extra` how many more places than
    words there are; `by_row` whether a flat axis goes row after row, or step after step.
    """

    path: Path
    axes: tuple[Axis, ...]
    per: Literal["sequence", "step"]
    size: int
    scale: Scale = "numbers"
    reading: str = ""
    shift: int = 0
    extra: int = 0
    by_row: bool = True
    outputs: Callable[[Any], Any] | None = field(default=None, repr=False)

    @property
    def name(self) -> str | None:
        """Where it lies, as "[0]" or ".logits"; None where it is all that was returned."""
        return named(self.path)

    def read(self, returned: object, lengths: np.ndarray, real: np.ndarray) -> np.ndarray:
        """The answers in what was `returned` for a batch of `lengths` int64 [B]; `real` bool [B, T] are its steps.

        Float [B, C], or [N, C] for the N real steps in their order; nan where no answer was given.
        """
        return self.given(returned, lengths, real.shape[1]).whole()

    def given(self, returned: object, lengths: np.ndarray, steps: int, first: int = 0, last: int = 0) -> Given:
        """The same, still where it lies, of rows of `lengths` [B] filled up to `steps`.

        The `first` and `last` words of each row do not count. RnnvisError where what was returned has another shape
        than before.
        """
        value: Any = found(self.outputs(returned) if self.outputs else returned, self.path)
        head = None
        if isinstance(value, Deferred):
            value, head = value.states, value.head
        rows = len(lengths)
        if not isinstance(value, Tensor):
            raise self._other(f"a {type(value).__name__}", rows, steps)
        wide = value.shape[-1] if head is not None else self.size
        if "flat" in self.axes:
            return self._from_flat(value, lengths, steps, first, last, head, wide)
        sizes = {"batch": rows, "time": steps + self.extra, "class": wide, "one": 1}
        wanted = [sizes[axis] for axis in self.axes]
        if value.dim() != len(wanted) and list(value.shape) == [n for n in wanted if n != 1]:
            value = value.reshape(wanted)  # a model that drops axes of 1
        if value.dim() != len(wanted) or any(
            have != want for have, want, axis in zip(value.shape, wanted, self.axes, strict=True) if axis != "time"
        ):
            raise self._other(str(list(value.shape)), rows, steps)
        order = [self.axes.index(axis) for axis in ("batch", "time", "class") if axis in self.axes]
        ones = [place for place, axis in enumerate(self.axes) if axis == "one"]
        value = value.permute(*order, *ones).reshape([value.shape[place] for place in order])
        if "class" not in self.axes:
            value = value[..., None]
        if "batch" not in self.axes:
            value = value[None]
        if self.per == "sequence":
            return Given(value, (_index(np.arange(rows), value),), np.ones(rows, bool), head)
        row, place, known = self._places(lengths, first, last)
        known &= place < value.shape[1]
        at = np.where(known, row, 0), np.where(known, place, 0)
        return Given(value, tuple(_index(one, value) for one in at), known, head)

    def _places(self, lengths: np.ndarray, first: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row and place along time of the answer to each step, and whether there is one, all [N]."""
        kept = np.maximum(0, lengths - first - last)
        row = np.repeat(np.arange(len(lengths)), kept)
        step = np.arange(int(kept.sum())) - np.repeat(np.cumsum(kept) - kept, kept)
        place = step + first + self.shift
        return row, place, (place >= 0) & (place < lengths[row] + self.extra)

    def _from_flat(
        self,
        value: Tensor,
        lengths: np.ndarray,
        steps: int,
        first: int,
        last: int,
        head: Callable[[Tensor], Tensor] | None,
        wide: int,
    ) -> Given:
        """Answers in rows × steps, with padding or without."""
        rows, long = len(lengths), steps + self.extra
        axis = self.axes.index("flat")
        value = value.movedim(axis, 0)
        value = value.reshape(len(value), -1)
        took = np.maximum(0, lengths + self.extra)
        row, place, known = self._places(lengths, first, last)
        if len(value) == rows * long:
            at = row * long + place if self.by_row else place * rows + row
        elif len(value) == int(took.sum()):
            if self.by_row:
                at = (np.cumsum(took) - took)[row] + place
            else:
                many = (took[:, None] > np.arange(int(took.max(initial=0)))).sum(axis=0)
                at = (np.cumsum(many) - many)[np.clip(place, 0, len(many) - 1)] + row
        else:
            raise self._other(str(list(value.shape)), rows, steps)
        if value.shape[1] != wide:
            raise self._other(str(list(value.shape)), rows, steps)
        return Given(value, (_index(np.where(known, at, 0), value),), known, head)

    def _other(self, what: str, rows: int, steps: int) -> RnnvisError:
        of = f"What the model returned at {self.name}" if self.name else "What the model returned"
        return RnnvisError(
            f"{of} is {what} for a batch of {rows} × {steps}, another shape than for the batches before",
            'say where the answer lies, outputs=lambda returned: …, or leave it out: outputs="none"',
        )


def _index(of: np.ndarray, like: Tensor) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(of, np.int64)).to(like.device)


def named(path: Path) -> str | None:
    """A path as it is written in Python."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path if part != ALL]
    return "".join(parts) or None


def found(returned: object, path: Path) -> object:
    """What lies at `path` in what was returned; None where nothing does."""
    if isinstance(returned, PackedSequence):
        returned = pad_packed_sequence(returned, batch_first=True)[0] if returned.data.is_floating_point() else None
    if not path:
        return returned
    head, *rest = path
    if head == ALL:
        return _side_by_side(returned) if isinstance(returned, list | tuple) else None
    if isinstance(returned, Mapping):
        return found(returned.get(head), tuple(rest))
    if isinstance(head, int):
        inside = isinstance(returned, list | tuple) and head < len(returned)
        return found(returned[head], tuple(rest)) if inside else None  # type: ignore[index]
    return found(getattr(returned, head, None), tuple(rest))


def _side_by_side(tensors: Sequence[Any]) -> Tensor | None:
    """Tensors of one shape along a new first axis; shorter ones are filled up along their own first."""
    if not tensors or not all(isinstance(value, Tensor) for value in tensors):
        return None
    if all(value.shape == tensors[0].shape for value in tensors):
        return torch.stack(list(tensors))
    if len({value.shape[1:] for value in tensors}) == 1 and all(value.dim() for value in tensors):
        return pad_sequence(list(tensors), batch_first=True)
    return None


def places(returned: object, path: Path = ()) -> Iterator[tuple[Path, Tensor | Deferred]]:
    """The tensors of floating point numbers in what a model returned, by where they lie; lists of them too."""
    if isinstance(returned, PackedSequence):
        returned = found(returned, ())
    if isinstance(returned, Deferred):
        yield path, returned
    elif isinstance(returned, Tensor):
        if returned.is_floating_point():
            yield path, returned
    elif isinstance(returned, Mapping):
        for key, value in returned.items():
            yield from places(value, (*path, key if isinstance(key, int) else str(key)))
    elif dataclasses.is_dataclass(returned) and not isinstance(returned, type):
        for part in dataclasses.fields(returned):
            yield from places(getattr(returned, part.name), (*path, part.name))
    elif isinstance(returned, tuple) and hasattr(returned, "_fields"):
        for name in returned._fields:
            yield from places(getattr(returned, name), (*path, name))
    elif isinstance(returned, list | tuple):
        for number, value in enumerate(returned):
            yield from places(value, (*path, number))
        side = found(returned, (ALL,))
        if isinstance(side, Tensor) and side.is_floating_point():
            yield (*path, ALL), side
    elif isinstance(getattr(returned, "logits", None), Tensor):
        yield from places(returned.logits, (*path, "logits"))  # type: ignore[attr-defined]
