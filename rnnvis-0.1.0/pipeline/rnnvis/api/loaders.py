"""Rows of token ids out of whatever holds them: lists, tensors, and the batches of a DataLoader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnvis.api.orientation import time_first
from rnnvis.api.padding import PADS, filling, unpadded
from rnnvis.errors import RnnvisError

IDS, MASK = "input_ids", "attention_mask"
NO_WORDS = "pass lists of token ids; numbers that a model is fed step by step go in as rnnvis.Signal(frames)"
ALONE = "let the loader yield the ids alone, or (ids, lengths)"


@dataclass
class Grid:
    """A batch of padded rows: `ids` int [B, T], and by place or name what came beside them."""

    ids: np.ndarray
    beside: dict[Any, np.ndarray] = field(default_factory=dict)


def rows_of(sequences: Iterable[Any], words: Sequence[str], padding_id: int | None, whole: bool) -> list[np.ndarray]:
    """The rows of `sequences` as integer arrays [T], in their order; ids are not compared with the vocabulary `words`.

    Of padded batches the padding is cut off: after lengths or a mask that came with them, else `padding_id`, or what
    the vocabulary calls padding. Batches with time first are turned. `whole`: nothing is cut, since lengths are given
    apart. Raises RnnvisError for batches that hold something else, where time and batch cannot be told apart, and for
    rows that one id fills up though nothing says that it is padding.
    """
    size = getattr(sequences, "batch_size", None)
    items = [sequences] if _one_batch(sequences) else sequences
    found = [part for number, item in enumerate(items) for part in _parts(item, number)]
    grids = [part for part in found if isinstance(part, Grid)]
    pads = {i for i, word in enumerate(words) if word in PADS}
    if padding_id is not None:
        pads.add(padding_id)
    if time_first([(grid.ids, grid.beside) for grid in grids], size if isinstance(size, int) else None, pads):
        for grid in grids:
            grid.ids = grid.ids.T
            grid.beside = {name: of.T if of.ndim == 2 else of for name, of in grid.beside.items()}
    plain = [part for part in found if isinstance(part, np.ndarray)]
    if grids and plain:
        raise RnnvisError(
            "the sequences hold batches and single rows side by side",
            "pass one batch with its lengths as [(ids, lengths)]",
        )
    rows = [row for grid in grids for row in grid.ids] if grids else plain
    rectangular = len(rows) > 1 and len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
    if whole or not (grids or rectangular):
        return rows
    kept = _real(grids)
    if kept is None:
        kept = [unpadded(row, pads) for row in rows] if pads else rows
        _check_filled(kept, words)
    return kept


def _one_batch(sequences: Any) -> bool:
    """Whether `sequences` are one batch: a padded array, a packed one, a mapping, or a tuple such as (ids, labels)."""
    if isinstance(sequences, Mapping | PackedSequence) or _dimensions(sequences) > 1:
        return True
    return isinstance(sequences, tuple) and bool(sequences) and _dimensions(sequences[0]) > 1


def _check_filled(rows: Sequence[np.ndarray], words: Sequence[str]) -> None:
    """RnnvisError where one id fills up the ends or the beginnings of `rows` [T]."""
    fixes = {
        "ends": "say how much of each row is real: lengths=[…], (ids, lengths) in each batch, or rows without padding; "
        "lengths of whole rows say that these are words",
        "beginnings": "pass rows without padding; rnnvis pads at the end",
    }
    for where, fix in fixes.items():
        found = filling(rows if where == "ends" else [row[::-1] for row in rows])
        if found is None:
            continue
        number, count = found
        word = f" ({words[number]!r})" if 0 <= number < len(words) else ""
        raise RnnvisError(
            f"the id {number}{word} fills the {where} of {count} of {len(rows)} rows and stands nowhere else: padding, "
            "which would count as words",
            fix,
        )


def _parts(item: Any, number: int) -> Iterator[Grid | np.ndarray]:
    """The rows and batches in one item of the sequences."""
    if isinstance(item, PackedSequence):
        yield from _packed(item, number)
    elif isinstance(item, Mapping):
        yield from _beside(dict(item), number)
    elif isinstance(item, str | bytes):
        raise RnnvisError(
            f"sequence {number} is text: {_short(item)}",
            "cut it into the tokens that the model was trained on, and pass their ids",
        )
    elif _is_batch(item):
        yield from _beside(dict(enumerate(item)), number)
    else:
        yield from _one(item, number)


def _is_batch(item: Any) -> bool:
    """Whether an item holds arrays or mappings; a list that begins with a number is a row."""
    if not isinstance(item, tuple | list) or (isinstance(item, list) and item and isinstance(item[0], int)):
        return False
    return any(_dimensions(part) or isinstance(part, Mapping) for part in item)


def _one(item: Any, number: int) -> Iterator[Grid | np.ndarray]:
    ids = _array(item, number)
    if ids.ndim == 1:
        if not len(ids):
            ids = np.zeros(0, np.int32)
        _check_ids(ids, item, number)
        yield ids
    elif ids.ndim == 2 and not isinstance(item, list | tuple):
        _check_ids(ids, item, number)
        yield Grid(ids)
    else:
        raise _no_ids(ids, item, number)


def _beside(parts: dict[Any, Any], number: int) -> Iterator[Grid | np.ndarray]:
    """Rows or a batch out of a tuple or a mapping, with what stands beside them."""
    if not parts:
        raise RnnvisError(f"item {number} of the sequences is an empty mapping", ALONE)
    first = next(iter(parts))
    if IDS in parts and isinstance(parts[IDS], list) and any(isinstance(row, list) for row in parts[IDS]):
        rows = [_array(row, number) for row in parts[IDS]]
        masks = parts.get(MASK) or [np.ones(row.shape) for row in rows]
        if not isinstance(masks, list) or [np.shape(mask) for mask in masks] != [row.shape for row in rows]:
            raise RnnvisError(
                f"{MASK} of item {number} of the sequences has not the lengths of {IDS}",
                "pass a mask with one value for each id",
            )
        for row, mask in zip(rows, masks, strict=True):
            yield from _beside({IDS: row, MASK: _array(mask, number)}, number)
        return
    if isinstance(parts[first], PackedSequence):
        yield from _packed(parts[first], number)
        return
    if isinstance(parts[first], Mapping) and len(parts) <= 2:
        yield from _beside(dict(parts[first]), number)
        return
    arrays = {name: _array(part, number) for name, part in parts.items() if not isinstance(part, str | Mapping)}
    for name in (IDS, MASK):
        if name in parts and (name not in arrays or arrays[name].dtype.kind not in "iufb"):
            raise RnnvisError(f"{name} of item {number} of the sequences holds no numbers", ALONE)
    arrays = {name: of for name, of in arrays.items() if of.dtype.kind in "iufb"}
    main = IDS if IDS in arrays else _main(arrays, first, number)
    ids = arrays.pop(main)
    if ids.ndim == 1:
        real = arrays.get(MASK)
        ids = ids if real is None else ids[_mask(real[None], number)[0]]
    _check_ids(ids, parts[main], number)
    if ids.ndim == 2:
        yield Grid(ids, arrays)
    elif ids.ndim == 1:
        yield ids
    else:
        raise _no_ids(ids, parts[main], number)


def _main(arrays: Mapping[Any, np.ndarray], first: Any, number: int) -> Any:
    """Which of several arrays holds the ids: the first, if it is a batch of rows, or the only one that may be."""
    if first in arrays and arrays[first].ndim > 1:
        return first
    for size in (2, 1):
        fitting = [name for name, of in arrays.items() if of.ndim == size and of.dtype.kind in "iu"]
        deeper = [name for name, of in arrays.items() if of.ndim > size or (of.ndim == size == 2)]
        if len(fitting) == 1 and len(deeper) <= (size == 2):
            return fitting[0]
        if fitting or deeper:
            break
    held = ", ".join(f"{name!r}: {of.dtype} {list(of.shape)}" for name, of in arrays.items()) or "nothing of numbers"
    raise RnnvisError(f"item {number} of the sequences holds {held}, and nothing says which are the token ids", ALONE)


def _packed(item: PackedSequence, number: int) -> Iterator[np.ndarray]:
    if item.data.ndim != 1:
        raise RnnvisError(
            f"sequence {number} is packed from {item.data.dtype} vectors {list(item.data.shape)}, not from ids",
            "pack the ids, before the embedding",
        )
    padded, real = pad_packed_sequence(item, batch_first=True)
    for row, n in zip(padded, real.tolist(), strict=True):
        ids = row[:n].numpy()
        _check_ids(ids, row, number)
        yield ids


def _real(grids: Sequence[Grid]) -> list[np.ndarray] | None:
    """The rows without padding, where lengths or a mask beside all of them say what is real."""
    names = set.intersection(*(set(grid.beside) for grid in grids)) if grids else set()
    if MASK in names:
        masks = [_mask(grid.beside[MASK], n, grid.ids.shape) for n, grid in enumerate(grids)]
    else:
        found = [read for name in sorted(names, key=str) if (read := _said(grids, name)) is not None]
        if not found:
            return None
        if any(not np.array_equal(a, b) for other in found[1:] for a, b in zip(found[0], other, strict=True)):
            raise RnnvisError("two things beside the ids of a batch may be their lengths, and they differ", ALONE)
        masks = found[0]
    both = zip(grids, masks, strict=True)
    return [row[real] for grid, mask in both for row, real in zip(grid.ids, mask, strict=True)]


def _said(grids: Sequence[Grid], name: Any) -> list[np.ndarray] | None:
    """Where rows are real, bool [B, T] a batch, if `name` evidently says so: it leaves out one id, at the ends."""
    for read in (_of_lengths, _of_mask, _of_inverted):
        masks = [read(grid.ids, grid.beside[name]) for grid in grids]
        if any(mask is None for mask in masks):
            continue
        found = [mask for mask in masks if mask is not None]
        left = np.concatenate([grid.ids[~mask] for grid, mask in zip(grids, found, strict=True)])
        if len(left) and (left == left[0]).all() and all((mask[:, :-1] >= mask[:, 1:]).all() for mask in found):
            return found
    return None


def _of_lengths(ids: np.ndarray, given: np.ndarray) -> np.ndarray | None:
    if given.dtype.kind not in "iuf" or given.reshape(-1).shape != (len(ids),) or (given != np.floor(given)).any():
        return None
    lengths = given.reshape(-1, 1)
    return np.arange(ids.shape[1]) < lengths if (lengths >= 0).all() and (lengths <= ids.shape[1]).all() else None


def _of_mask(ids: np.ndarray, given: np.ndarray) -> np.ndarray | None:
    plain = given.dtype.kind in "iub" and given.shape == ids.shape and np.isin(given, (0, 1)).all()
    return given.astype(bool) if plain else None


def _of_inverted(ids: np.ndarray, given: np.ndarray) -> np.ndarray | None:
    mask = _of_mask(ids, given)
    return None if mask is None else ~mask


def _mask(given: np.ndarray, number: int, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """An attention mask as bool [B, T]; RnnvisError where a row's ones are not one run."""
    mask: np.ndarray = given != 0
    borders = np.abs(np.diff(mask.astype(np.int8), axis=-1, prepend=0, append=0)).sum(axis=-1) if mask.ndim == 2 else 9
    if (shape is not None and mask.shape != shape) or np.any(borders > 2):
        raise RnnvisError(
            f"the {MASK} of batch {number} is {list(mask.shape)}, or leaves out what stands between words", ALONE
        )
    return mask


def _dimensions(item: Any) -> int:
    return item.ndim if isinstance(item, Tensor | np.ndarray) else int(isinstance(item, PackedSequence))


def _array(item: Any, number: int) -> np.ndarray:
    if isinstance(item, np.ma.MaskedArray):
        raise RnnvisError(
            f"sequence {number} is a masked array", "pass what is not masked: [row.compressed() for row in array]"
        )
    try:
        return item.detach().cpu().numpy() if isinstance(item, Tensor) else np.asarray(item)
    except (ValueError, TypeError, RuntimeError):
        return np.zeros((), dtype=object)


def _check_ids(ids: np.ndarray, item: Any, number: int) -> None:
    if ids.dtype.kind not in "iu":
        raise _no_ids(ids, item, number)


def _no_ids(ids: np.ndarray, item: Any, number: int) -> RnnvisError:
    nested = isinstance(item, list | tuple)
    if nested and any(isinstance(part, str | bytes) for part in item):
        word = next(part for part in item if isinstance(part, str | bytes))
        return RnnvisError(
            f"sequence {number} holds words ({_short(word)}), not token ids",
            "pass ids: place = {word: i for i, word in enumerate(vocabulary)}; [[place[w] for w in s] for s in text]",
        )
    if ids.dtype.kind == "f" and ids.ndim == 1:
        whole = len(ids) and np.isfinite(ids).all() and (ids == np.round(ids)).all()
        what = f"{ids.dtype} numbers" if whole else "numbers with fractions"
        return RnnvisError(
            f"sequence {number} holds {what}, not token ids", "pass whole numbers: ids.long()" if whole else NO_WORDS
        )
    if not ids.ndim and ids.dtype.kind in "iufb":
        return RnnvisError(f"sequence {number} is the number {item}, not a sequence", "pass a list of sequences: [ids]")
    if isinstance(item, tuple) and any(isinstance(part, list) for part in item):
        return RnnvisError(
            f"sequence {number} is a tuple with lists in it", "pass the ids alone: [ids for ids, label in data]"
        )
    if nested and any(isinstance(part, list | tuple) for part in item):
        return RnnvisError(f"sequence {number} holds lists of its own", "pass a flat list of sequences of token ids")
    kind = f"{ids.dtype} numbers" if ids.dtype.kind in "iufbc" else type(item).__name__
    return RnnvisError(f"sequence {number} holds {kind} of shape {list(ids.shape)}, not token ids", NO_WORDS)


def _short(text: Any) -> str:
    return repr(text if len(text) <= 40 else text[:40])
