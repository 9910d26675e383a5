"""What the first pass saw, kept for the second in a temporary file without a name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from rnnvis.errors import RnnvisError

SPOOL_BYTES = 2 * 2**30


@dataclass(frozen=True)
class Changes:
    """The changes of one state at N steps: `rows` int64 [N] their places among all steps, `token_id` int32 [N],
    `delta` [N, H]."""

    state: str
    rows: np.ndarray
    token_id: np.ndarray
    delta: np.ndarray


@dataclass(frozen=True)
class _Written:
    text: str
    state: str
    steps: int
    units: int
    dtype: np.dtype
    headed: bool


class Spool:
    """Changes in the order in which they were taken in, at most `limit` bytes of them on disk.

    Where more is asked for, or the disk is full, all is let go of: `whole` says whether everything is there. The file
    lies where Python's `tempfile` puts it (`TMPDIR`), and is gone with the process, however that ends.
    """

    def __init__(self, limit: int) -> None:
        self.whole = True
        self._left = limit
        self._written: list[_Written] = []
        self._last: np.ndarray | None = None
        self._file: IO[bytes] | None = None

    def add(self, text: str, changes: Changes) -> None:
        """Take in the changes of one state, read in the text called `text`."""
        if not self.whole:
            return
        steps, units = changes.delta.shape
        headed = self._last is not changes.rows  # the states of one batch share their places
        parts = [changes.rows, changes.token_id] if headed else []
        parts.append(changes.delta)
        size = sum(part.nbytes for part in parts)
        if size > self._left:
            self.close()
            return
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="rnnvis-")  # noqa: SIM115 (closed by `close`)
            for part in parts:
                self._file.write(np.ascontiguousarray(part).data)
        except OSError:
            self.close()
            return
        self._left -= size
        self._last = changes.rows
        self._written.append(_Written(text, changes.state, steps, units, changes.delta.dtype, headed))

    def __iter__(self) -> Iterator[tuple[str, Changes]]:
        """Everything that was taken in, with the name of its text."""
        if self._file is None:
            return
        self._file.seek(0)
        rows, token_id = np.zeros(0, np.int64), np.zeros(0, np.int32)
        for one in self._written:
            if one.headed:
                rows, token_id = self._read(np.int64, one.steps), self._read(np.int32, one.steps)
            delta = self._read(one.dtype, one.steps * one.units).reshape(one.steps, one.units)
            yield one.text, Changes(one.state, rows, token_id, delta)

    def close(self) -> None:
        """Give the room on the disk back; nothing is there any more."""
        self.whole = False
        self._written.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read(self, dtype: np.dtype | type, count: int) -> np.ndarray:
        assert self._file is not None
        found = np.empty(count, dtype)
        view = found.data.cast("B")
        if self._file.readinto(view) != len(view):  # type: ignore[attr-defined]
            raise RnnvisError(
                "the temporary file of the first pass is shorter than what was written",
                "see that the disk of the temporary folder is sound, or name another one in TMPDIR",
            )
        return found
