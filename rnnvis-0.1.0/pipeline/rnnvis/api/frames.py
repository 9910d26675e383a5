"""Rows of frames out of whatever holds them: arrays, and the batches of a DataLoader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnvis.api.padding import filling
from rnnvis.arguments import is_whole, read_array
from rnnvis.errors import RnnvisError

WRAP = "pass rnnvis.Signal(frames) for each, frames [T, channels]"
TURN = "pass one signal a row, [B, T, channels]: batch.transpose(0, 1) where time is first"


@dataclass
class Padded:
    """A batch of padded rows: `frames` [B, T, …] and what came beside them."""

    frames: np.ndarray
    beside: list[np.ndarray] = field(default_factory=list)


def is_frames(item: Any) -> bool:
    """Whether the first of some sequences holds frames in place of ids: floating point numbers that are no ids."""
    if isinstance(item, PackedSequence):
        return item.data.dtype.is_floating_point and item.data.ndim > 1
    if isinstance(item, tuple | list) and item and isinstance(item[0], np.ndarray | Tensor | PackedSequence):
        return (_dimensions(item[0]) > 2 or isinstance(item[0], PackedSequence)) and is_frames(item[0])
    if not isinstance(item, np.ndarray | Tensor):
        return False
    floating = item.is_floating_point() if isinstance(item, Tensor) else item.dtype.kind == "f"
    if not floating or item.ndim != 1:
        return floating and item.ndim > 1
    values = read_array(item, "the first sequence")
    return bool((values != np.round(values)).any())  # a row of whole numbers may be ids of a wrong type


def frame_rows(sequences: Any, lengths: Iterable[int] | None) -> list[np.ndarray]:
    """The frames of each of `sequences`, [T, …], in their order.

    Rows of a batch are cut off after the lengths, or the mask, that came with it, or after `lengths`. Batches of a
    loader with time first are turned, which its `batch_size` shows. Raises RnnvisError where it is not clear what is
    what, and for rows that frames of zeros fill up though nothing says that they are padding.
    """
    if isinstance(sequences, np.ndarray | Tensor):
        if sequences.ndim < 3:
            raise RnnvisError(
                f"the sequences are one array {list(sequences.shape)}: one signal of {sequences.shape[0]} steps, or "
                "several of one channel",
                "pass [rnnvis.Signal(array)] for one signal, [rnnvis.Signal(row) for row in array] for several",
            )
        sequences = [sequences]
    elif isinstance(sequences, PackedSequence) or _is_batch(sequences):
        sequences = [sequences]
    size = getattr(sequences, "batch_size", None)
    found = [part for number, item in enumerate(sequences) for part in _parts(item, number)]
    batches = [part for part in found if isinstance(part, Padded)]
    rows = [part for part in found if isinstance(part, np.ndarray)]
    if batches and rows:
        raise RnnvisError("the sequences hold batches and single signals side by side", WRAP)
    if batches:
        if _time_first([batch.frames.shape for batch in batches], size if is_whole(size) else None):
            for batch in batches:
                batch.frames = batch.frames.swapaxes(0, 1)
        rows = _real(batches, lengths is not None)
    if lengths is not None:
        given = [int(n) for n in lengths]
        if len(given) != len(rows):
            raise RnnvisError(f"{len(given)} lengths for {len(rows)} signals", "pass one length for each signal")
        wrong = next((i for i, (row, n) in enumerate(zip(rows, given, strict=True)) if not 0 <= n <= len(row)), None)
        if wrong is not None:
            raise RnnvisError(
                f"signal {wrong} has {len(rows[wrong])} steps, but its length is given as {given[wrong]}",
                "correct lengths",
            )
        rows = [row[:n] for row, n in zip(rows, given, strict=True)]
    return rows


def _dimensions(item: Any) -> int:
    return item.ndim if isinstance(item, Tensor | np.ndarray) else 0


def _is_batch(item: Any) -> bool:
    """Whether a tuple is one batch with what stands beside it."""
    return isinstance(item, tuple) and bool(item) and (_dimensions(item[0]) > 2 or isinstance(item[0], PackedSequence))


def _parts(item: Any, number: int) -> Iterator[Padded | np.ndarray]:
    """The signals and batches in one item of the sequences."""
    beside: list[Any] = []
    if isinstance(item, tuple | list) and item and (_dimensions(item[0]) > 2 or isinstance(item[0], PackedSequence)):
        item, *beside = item
    if isinstance(item, PackedSequence):
        padded, real = pad_packed_sequence(item, batch_first=True)
        yield from (row[:n].detach().cpu().numpy() for row, n in zip(padded, real.tolist(), strict=True))
        return
    if not isinstance(item, np.ndarray | Tensor):
        raise RnnvisError(
            f"item {number} of the sequences is a {type(item).__name__}, and others are arrays of frames", WRAP
        )
    frames = read_array(item, f"item {number} of the sequences")
    if frames.dtype.kind != "f":
        raise RnnvisError(f"item {number} of the sequences holds {frames.dtype}, and others hold frames", WRAP)
    if frames.ndim <= 2:
        yield frames
        return
    others = [read_array(other, f"what stands beside batch {number}") for other in beside if not isinstance(other, str)]
    yield Padded(frames, [other for other in others if other.dtype.kind in "iufb"])


def _time_first(shapes: Sequence[tuple[int, ...]], size: int | None) -> bool:
    full = shapes[:-1] if len(shapes) > 1 else shapes
    if size is not None:
        first, second = (all(shape[axis] == size for shape in full) for axis in (0, 1))
        return second and not first
    if len(full) > 1 and len({shape[1] for shape in full}) == 1 < len({shape[0] for shape in full}):
        said = ", ".join(str(list(shape)) for shape in shapes[:3])
        raise RnnvisError(f"batches are {said}…: their first size changes and their second does not", TURN)
    return False


def _real(batches: Sequence[Padded], measured: bool) -> list[np.ndarray]:
    """The rows of all batches, cut off where they end."""
    if measured:
        return [row for batch in batches for row in batch.frames]
    many = min(len(batch.beside) for batch in batches)
    for place in range(many):
        for read in (_of_lengths, _of_mask):
            masks = [read(batch.frames, batch.beside[place]) for batch in batches]
            kept = [mask for mask in masks if mask is not None]
            if len(kept) == len(batches) and _leaves_one_thing(batches, kept):
                return [
                    row[real]
                    for batch, mask in zip(batches, kept, strict=True)
                    for row, real in zip(batch.frames, mask, strict=True)
                ]
    rows = [row for batch in batches for row in batch.frames]
    blank = [~row.reshape(len(row), -1).any(axis=1) for row in rows]
    filled = filling([np.where(zero, 0, 1 + np.arange(len(zero))) for zero in blank])
    if filled is not None and filled[0] == 0:
        raise RnnvisError(
            f"frames of zeros fill the ends of {filled[1]} of {len(rows)} signals and stand nowhere else: padding, "
            "which would count as steps",
            "say how much of each is real: lengths=[…], (frames, lengths) in each batch, or signals without padding; "
            "lengths of whole rows say that these are steps",
        )
    return rows


def _of_lengths(frames: np.ndarray, given: np.ndarray) -> np.ndarray | None:
    """Where rows are real, bool [B, T], if `given` may be their lengths."""
    flat = given.reshape(-1)
    if given.dtype.kind not in "iuf" or flat.shape != (len(frames),) or (flat != np.floor(flat)).any():
        return None
    inside = (flat >= 0).all() and (flat <= frames.shape[1]).all()
    return np.arange(frames.shape[1]) < flat[:, None] if inside else None


def _of_mask(frames: np.ndarray, given: np.ndarray) -> np.ndarray | None:
    if given.shape != frames.shape[:2] or not np.isin(given, (0, 1)).all():
        return None
    mask: np.ndarray = given.astype(bool)
    return mask if (mask[:, :-1] >= mask[:, 1:]).all() else None


def _leaves_one_thing(batches: Sequence[Padded], masks: Sequence[np.ndarray]) -> bool:
    """Whether what the masks leave out is there, and is one frame again and again."""
    left = np.concatenate([batch.frames[~mask] for batch, mask in zip(batches, masks, strict=True)])
    return bool(len(left)) and bool((left == left[:1]).all())
