"""What a model returned for a sentence: whether it is the same alone as in a batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np
from torch import Tensor


class ReturnedBeside:
    """Keeps what a model returned for a few sentences in their batches, and compares what it returns for each alone.

    Of whatever was returned, the tensors of numbers are looked at that have one axis of as many places as the batch has
    rows, among their first two; others, such as packed ones, say nothing of a single row.
    """

    def __init__(self, sentences: np.ndarray) -> None:
        self._chosen = set(sentences.tolist())
        self._seen: dict[int, dict[str, tuple[int, np.ndarray]]] = {}
        self._scale: dict[str, float] = {}
        self.gap = 0.0
        self.compared = 0

    def in_batch(self, rows: np.ndarray, returned: object) -> None:
        """Take in what was `returned` for the sentences at `rows` [B]."""
        wanted = [place for place, row in enumerate(rows.tolist()) if row in self._chosen]
        if len(rows) < 2 or not wanted:
            return
        for name, values in _tensors(returned):
            axes = [axis for axis in range(min(2, values.ndim)) if values.shape[axis] == len(rows)]
            if len(axes) != 1:
                continue
            for place in wanted:
                row = values.select(axes[0], place).detach().double().cpu().numpy()
                self._seen.setdefault(int(rows[place]), {})[name] = axes[0], row
                self._scale[name] = max(self._scale.get(name, 0.0), float(np.abs(row).max(initial=0)))

    def alone(self, rows: np.ndarray, returned: object) -> None:
        """Compare what was `returned` for one sentence alone."""
        kept = self._seen.get(int(rows[0]), {})
        for name, values in _tensors(returned):
            if name not in kept or kept[name][0] >= values.ndim or values.shape[kept[name][0]] != len(rows):
                continue
            axis, before = kept[name]
            now = values.select(axis, 0).detach().double().cpu().numpy()
            both = _of_one_length(before, now)
            if both is not None:
                self.compared += 1
                gap = float(np.abs(both[0] - both[1]).max(initial=0)) / (self._scale[name] or 1.0)
                self.gap = max(self.gap, gap)


def _of_one_length(before: np.ndarray, now: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Both without what stands behind the end of a padded row; None of shapes that are not alike."""
    if before.ndim != now.ndim:
        return None
    other = [axis for axis in range(now.ndim) if before.shape[axis] != now.shape[axis]]
    if len(other) > 1 or any(before.shape[axis] < now.shape[axis] for axis in other):
        return None
    if other:
        before = np.take(before, np.arange(now.shape[other[0]]), axis=other[0])
    return before, now


def _tensors(returned: object, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """The tensors of floating point numbers in what a model returned, by their place in it."""
    if isinstance(returned, Tensor):
        if returned.is_floating_point() and returned.ndim:
            yield name, returned
    elif isinstance(returned, Mapping):
        for key, value in returned.items():
            yield from _tensors(value, f"{name}.{key}")
    elif type(returned) in (tuple, list):
        for number, value in enumerate(returned):  # type: ignore[arg-type]
            yield from _tensors(value, f"{name}.{number}")
    elif dataclasses.is_dataclass(returned) and not isinstance(returned, type):
        for field in dataclasses.fields(returned):
            yield from _tensors(getattr(returned, field.name), f"{name}.{field.name}")
