"""Whether batches have time first, as `pad_sequence` makes them by default: found by everything that tells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from rnnvis.api.padding import filling, only_at_ends
from rnnvis.errors import RnnvisError

Batches = Sequence[tuple[np.ndarray, Mapping[Any, np.ndarray]]]
FIX = "pass rows of ids, one a sequence: batch.T where time is first, or pad_sequence(…, batch_first=True)"


def time_first(batches: Batches, size: int | None, pads: Collection[int]) -> bool:
    """Whether the batches of ids, [B, T] or [T, B], with what stands beside them, have time first.

    What tells: the loader's batch `size`, labels or lengths with one entry a row, targets that are the ids one step
    on, and where the padding `pads` stands. Raises RnnvisError where these contradict each other, and where nothing
    tells but the shapes speak for time first or the padding for both.
    """
    shapes = [ids.shape for ids, _ in batches]
    told = [_by_size(shapes, size), *_by_labels(batches), *_by_targets(batches), _by_padding(batches, pads)]
    said = {axis for axis in told if axis is not None}
    if len(said) > 1:
        raise RnnvisError(f"whether batches such as {list(shapes[0])} have time or sequences first is not clear", FIX)
    if said:
        return said == {1}
    narrow = bool(shapes) and all(shape[1] == 1 for shape in shapes) and any(shape[0] > 1 for shape in shapes)
    full = shapes[:-1]
    if len(full) > 1 and len({shape[0] for shape in full}) == 1 < len({shape[1] for shape in full}):
        return False
    ragged = len(full) > 1 and len({shape[1] for shape in full}) == 1 < len({shape[0] for shape in full})
    if narrow or ragged:
        raise RnnvisError(
            f"batches are {', '.join(str(list(shape)) for shape in shapes[:3])}…: their first size changes and their "
            "second does not, as if time were first",
            FIX,
        )
    padded = [ids for ids, _ in batches if np.isin(ids, list(pads)).any()]
    if padded and all(only_at_ends(ids, pads) and only_at_ends(ids.T, pads) for ids in padded):
        raise RnnvisError(
            f"whether batches such as {list(padded[0].shape)} have time or sequences first is not clear: they are "
            "sorted by length, so that padding ends rows and columns alike",
            "let them come with their lengths, (ids, lengths), or from a DataLoader with its batch_size; or " + FIX,
        )
    below = filling([column for ids, _ in batches for column in ids.T])
    if below and not filling([row for ids, _ in batches for row in ids]):
        raise RnnvisError(
            f"the id {below[0]} fills the ends of {below[1]} columns of the batches, as if time were first", FIX
        )
    return False


def _axis(fits: Sequence[tuple[bool, bool]]) -> int | None:
    """The axis along which the sequences lie, if all batches fit one and not the other."""
    if not fits or all(both == (True, True) for both in fits):
        return None
    along = [axis for axis in (0, 1) if all(both[axis] for both in fits)]
    return along[0] if len(along) == 1 else None


def _by_size(shapes: Sequence[tuple[int, ...]], size: int | None) -> int | None:
    full = shapes[:-1] if len(shapes) > 1 else shapes
    return None if size is None else _axis([(shape[0] == size, shape[1] == size) for shape in full])


def _names(batches: Batches) -> list[Any]:
    return list(set.intersection(*(set(beside) for _, beside in batches))) if batches else []


def _by_labels(batches: Batches) -> list[int | None]:
    """What each thing with one entry a sequence says."""
    return [
        _axis([(len(beside[name]) == ids.shape[0], len(beside[name]) == ids.shape[1]) for ids, beside in batches])
        for name in _names(batches)
        if all(beside[name].ndim == 1 for _, beside in batches)
        and not all(np.array_equal(beside[name], np.arange(len(beside[name]))) for _, beside in batches)
    ]


def _by_targets(batches: Batches) -> list[int | None]:
    """What targets of a language model say: they are the ids of the next step."""

    def fits(ids: np.ndarray, given: np.ndarray) -> tuple[bool, bool]:
        target = given.reshape(ids.shape)
        return bool((target[:, :-1] == ids[:, 1:]).all()), bool((target[:-1] == ids[1:]).all())

    return [
        _axis([fits(ids, beside[name]) for ids, beside in batches if min(ids.shape) > 1])
        for name in _names(batches)
        if all(beside[name].size == ids.size and beside[name].dtype.kind in "iu" for ids, beside in batches)
    ]


def _by_padding(batches: Batches, pads: Collection[int]) -> int | None:
    padded = [ids for ids, _ in batches if np.isin(ids, list(pads)).any()] if pads else []
    # Padding in front of rows that are sorted by length looks like padding below columns.
    return _axis(
        [
            (only_at_ends(ids, pads), only_at_ends(ids.T, pads) and not only_at_ends(ids[:, ::-1], pads))
            for ids in padded
        ]
    )
