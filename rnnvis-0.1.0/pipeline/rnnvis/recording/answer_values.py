"""What the numbers that a model returned show by themselves: probabilities, states, and what of them feels a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from torch import Tensor

from rnnvis.recording.alignment import Alignment, aligned, strongest
from rnnvis.recording.probing import FELT
from rnnvis.recording.returned import Path, Returned

NEAR = 1e-4
"""Of the largest value: what is the same in two batches up to rounding."""
SUMS_TO_ONE = 1e-3

Normalised = Literal["probabilities", "log-probabilities", "elsewhere"] | None


def near(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays are the same up to `NEAR` of the largest number; infinities and nan in the same places."""
    finite = np.isfinite(a)
    if a.shape != b.shape or not np.array_equal(finite, np.isfinite(b)):
        return False
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return False
    return bool((np.abs(a[finite] - b[finite]) <= NEAR * max(1e-30, np.abs(a[finite]).max(initial=0))).all())


def list_lengths(returned: object, path: Path = ()) -> dict[Path, int]:
    """How long each list of tensors is."""
    if isinstance(returned, Mapping):
        return {k: n for key, value in returned.items() for k, n in list_lengths(value, (*path, str(key))).items()}
    if isinstance(returned, list) or type(returned) is tuple:
        inner = {k: n for i, value in enumerate(returned) for k, n in list_lengths(value, (*path, i)).items()}
        return {path: len(returned)} | inner
    return {}


def class_last(value: Tensor, at: Returned) -> Tensor:
    """`value` with its classes along the last axis, of size 1 where it has none, and no axes of nothing."""
    ones = [place for place, axis in enumerate(at.axes) if axis == "one"]
    for place in reversed(ones):
        value = value.squeeze(place)
    axes = [axis for axis in at.axes if axis != "one"]
    return value.movedim(axes.index("class"), -1) if "class" in axes else value[..., None]


def normalisation(values: Tensor) -> Normalised:
    """Whether the last axis of `values` holds probabilities that sum to one, or logarithms of such."""
    if values.shape[-1] < 2 or not values.numel() or values.isnan().any():
        return None
    if (values >= 0).all() and ((values.sum(dim=-1) - 1).abs() <= SUMS_TO_ONE).all():
        return "probabilities"
    if (values <= SUMS_TO_ONE).all() and (values.logsumexp(dim=-1).abs() <= SUMS_TO_ONE).all():
        return "log-probabilities"
    return None


def begins_with_state(last: Tensor, states: Sequence[Tensor]) -> bool:
    """Whether the vector `last` begins with one of `states` [B, T, H], those that a recorded module was in."""
    for state in states:
        units = state.shape[-1]
        if 1 < units <= len(last):
            rows = state.reshape(-1, units)
            if ((rows - last[:units]).abs().amax(dim=1) <= FELT * rows.abs().max()).any():
                return True
    return False


def where_felt(before: Tensor, after: Tensor, axis: int) -> np.ndarray:
    """Whether anything changed at each place of `axis`, bool [n]."""
    return change_sizes(before, after, axis) > 0


def change_sizes(before: Tensor, after: Tensor, axis: int) -> np.ndarray:
    """The largest change at each place of `axis`, [n]; 0 below rounding."""
    size = (after - before).abs().nan_to_num(nan=0.0, posinf=0.0).movedim(axis, 0).reshape(before.shape[axis], -1)
    found: np.ndarray = size.amax(dim=1).numpy()
    finite = before[before.isfinite()].abs()
    found[found <= FELT * float(finite.max() if finite.numel() else 0.0)] = 0
    return found


def sizes_along_time(before: Tensor, after: Tensor, at: Returned, rows: int) -> np.ndarray:
    """How much changed at each place along time, [T]."""
    if "time" in at.axes:
        return change_sizes(before, after, at.axes.index("time"))
    size = change_sizes(before, after, at.axes.index("flat"))
    shaped = size.reshape(rows, -1) if at.by_row else size.reshape(-1, rows).T
    found: np.ndarray = shaped.max(axis=0)
    return found


def way_followed(size: np.ndarray, at: np.ndarray, words: int, fixed: bool) -> tuple[Alignment, bool] | str:
    """How answers follow the words whose changes have the `size` [P, T], and whether they feel later ones; what is
    wrong, where that cannot be told. With `fixed`, it is not known that these places are steps at all."""
    reached = size > 0
    steps = reached.shape[1]
    if not reached.any():
        return "stays the same whichever word is changed"
    if reached.all() and steps == words:  # reads both ways
        strong = strongest(size, at, words)
        if (strong is None and fixed) or (strong is not None and strong.backward):
            return "does not show which word an answer belongs to"
        return Alignment(), True
    way = aligned(reached, at, words)
    if isinstance(way, str):
        near_words = reached.any(axis=1).all() and steps == words
        if near_words and (way_of := strongest(size, at, words)) is not None and not way_of.backward:
            return way_of, True
        return way
    if way.backward:
        return "follows the words from the last to the first"
    places = np.arange(steps)
    return way, bool((reached & (places[None] < at[:, None] + way.shift)).any())
