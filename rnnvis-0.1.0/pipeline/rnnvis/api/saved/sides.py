"""On which side padded rows hold their padding, by the ids and by the states themselves.

Keras pads on the left by default, PyTorch on the right, and nothing in a file says which. Padding shows: its ids are
one id in a run, its states are one vector in a run, or the last state again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rnnvis.api.saved.arrays import SavedArray
from rnnvis.api.saved.tokens import Tokens, shortened
from rnnvis.errors import RnnvisError
from rnnvis.progress import say

LEFT, RIGHT, NONE = "left", "right", "none"
SIDES = (LEFT, RIGHT, NONE)
_OPTION = 'say it: --padding left, right or none (padding="left" in Python)'
_SHARE = 0.05  # of the rows that have to end in a run for it to be padding,
_UNUSUAL = 4  # and times as often as such a run stands inside rows


def real_steps(lengths: np.ndarray, width: int, side: str) -> np.ndarray:
    """bool [S, `width`]: which steps of padded rows are real, of `lengths` [S] with their padding at `side`."""
    step = np.arange(width)
    return step >= width - lengths[:, None] if side == LEFT else step < lengths[:, None]


def cut(tokens: Tokens, lengths: np.ndarray | None, where: str, padding: str | None) -> Tokens:
    """`tokens` without the padding of rows of one width: of `lengths` [S] real steps, which `where` holds, or of those
    found.

    Raises RnnvisError where ids do not tell padding from text, or the side of it.
    """
    width = int(tokens.lengths[0]) if len(tokens.lengths) else 0
    if not tokens.bounded or width < 2 or (tokens.lengths != width).any():
        return tokens if lengths is None else shortened(tokens, lengths, where)
    if lengths is None and (padding == NONE or len(tokens.lengths) < 2):
        return tokens
    rows = tokens.ids.reshape(-1, width)
    if lengths is None:
        found = _found(tokens, rows, padding)
        if found is None:
            return tokens
        lengths, side = found
    else:
        shortened(tokens, lengths, where)
        side = padding if padding in (LEFT, RIGHT) else _side(tokens, rows, lengths)
    kept = real_steps(lengths, width, side)
    return replace(tokens, ids=rows[kept], lengths=lengths.astype(np.int64), side=side)


def _found(tokens: Tokens, rows: np.ndarray, padding: str | None) -> tuple[np.ndarray, str] | None:
    """Real steps of each row and the side of the padding, None where there is none."""
    seen = {}
    for side in (padding,) if padding else (LEFT, RIGHT):
        pad, run = _runs(rows if side == LEFT else rows[:, ::-1])
        kept = real_steps(rows.shape[1] - run, rows.shape[1], side)
        inside = bool((rows[kept] == pad).any())
        usual = float(((rows[:, 1:] == pad) & (rows[:, :-1] == pad) & kept[:, 1:] & kept[:, :-1]).mean())
        if padding or (run >= 2).mean() >= max(2 / len(rows), _SHARE, _UNUSUAL * usual):
            seen[side] = (pad, run, inside)
    if certain := {side: found for side, found in seen.items() if not found[2]}:
        seen = certain
    if not seen:
        return None
    if len(seen) > 1:
        raise RnnvisError(f"{tokens.where}: rows begin and end in runs of one id: which are padding?", _OPTION)
    side, (pad, run, inside) = next(iter(seen.items()))
    said = f"id {pad} ({tokens.words[pad]!r})"
    if not padding and inside:
        where = "begin" if side == LEFT else "end"
        raise RnnvisError(
            f"{tokens.where}: {int((run >= 2).sum()):,} of {len(rows):,} rows {where} in a run of {said}, as padded "
            "rows do, and it also stands inside rows",
            f"give the steps of each row: --lengths FILE, or {_OPTION}",
        )
    if not padding:
        say(
            f"{tokens.where}: {said} fills rows on the {side} and stands nowhere else: it is left out as padding. "
            "If it is text: --padding none"
        )
    return rows.shape[1] - run, side


def _runs(rows: np.ndarray) -> tuple[int, np.ndarray]:
    """The id that most rows begin with, and how often it stands at the beginning of each, int64 [S]."""
    pad = int(np.bincount(rows[:, 0]).argmax())
    differs = rows != pad
    return pad, np.where(differs.any(axis=1), differs.argmax(axis=1), rows.shape[1])


def _side(tokens: Tokens, rows: np.ndarray, lengths: np.ndarray) -> str:
    """Where padding stands in rows of known `lengths`: where one id fills what is not text."""
    if (lengths == rows.shape[1]).all():
        return ""
    score = {}
    for side in (RIGHT, LEFT):
        real = real_steps(lengths, rows.shape[1], side)
        padding = np.unique(rows[~real])
        score[side] = 0 if len(padding) > 1 else 2 - int((rows[real] == padding[0]).any())
    if not any(score.values()):
        say(f"{tokens.where}: what the lengths leave out is not one id; it goes from the right. Else: --padding left")
        return RIGHT
    if score[LEFT] == score[RIGHT]:
        raise RnnvisError(f"{tokens.where}: the lengths fit with padding on the left as well as on the right", _OPTION)
    if score[LEFT] > score[RIGHT]:
        say(f"{tokens.where}: rows are padded on the left; their last steps are read. If not: --padding right")
        return LEFT
    return RIGHT


class StatePadding:
    """What the states at both ends of padded rows look like, gathered block by block."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.common: dict[str, np.ndarray | None] = {LEFT: None, RIGHT: None}
        self.one = {LEFT: True, RIGHT: True}  # one vector in all of the padding
        self.repeated = True  # the last real state again
        self.by_step = True  # a model that ran over padding from its first state: the same at each step of all rows
        self.first: dict[int, np.ndarray] = {}
        self.compared = self.steps = self.rows = 0

    def add(self, rows: np.ndarray, lengths: np.ndarray) -> None:
        """`rows` [B, width, units], of which `lengths` [B] steps are real on one side or the other."""
        for row, length in zip(rows, lengths.tolist(), strict=True):
            if not 0 < length < self.width:
                continue
            self.rows += 1
            self.steps += self.width - length
            for side, part in ((LEFT, row[: self.width - length]), (RIGHT, row[length:])):
                common = self.common[side]
                if common is None:
                    common = self.common[side] = part[0].copy()
                self.one[side] = self.one[side] and _same(part, common)
            self.repeated = self.repeated and _same(row[length:], row[length - 1])
            for step in range(self.width - length) if self.by_step else ():
                seen = self.first.setdefault(step, row[step].copy())
                self.by_step = _same(row[step], seen)
                self.compared += step > 0 and seen is not row[step]
                if not self.by_step:
                    break

    def side(self, where: str, known: str) -> str:
        """The side of the padding; `known` is what the ids or the user said, "" for nothing."""
        if known or not self.rows:
            return known or RIGHT
        constant = [side for side in (LEFT, RIGHT) if self._constant(side)]
        right = RIGHT in constant or self.repeated
        if LEFT in constant and right:
            raise RnnvisError(
                f"{where}: short rows are constant at the start and at the end, so padding may be on either side",
                _OPTION,
            )
        if LEFT in constant:
            say(
                f"{where}: short rows begin with {self._named(LEFT)}: they are padded on the left, and their last "
                "steps are read. If not: --padding right"
            )
            return LEFT
        if not right and self.by_step and self.rows > 1 and self.steps > 2 * self.rows:
            raise RnnvisError(
                f"{where}: short rows begin with the same states, as if a model had run over padding on the left",
                _OPTION,
            )
        if not right:
            say(
                f"{where}: behind their sentences short rows hold states that differ; they are taken as padding on the "
                "right. Else: --padding left"
            )
        return RIGHT

    def _constant(self, side: str) -> bool:
        common = self.common[side]
        return self.one[side] and common is not None and (self.steps > 1 or not common.any())

    def _named(self, side: str) -> str:
        common = self.common[side]
        return "zeros" if common is not None and not common.any() else "one constant state"


def side_of(array: SavedArray, tokens: Tokens, known: str, block: int) -> str:
    """On which side the rows of `array` [sentences, steps, units] are padded; reads it once, `block` rows at a time."""
    found = StatePadding(array.shape[1])
    lengths = tokens.lengths
    if not known and len(lengths) and lengths.min() < array.shape[1]:
        for first in range(0, len(lengths), block):
            last = min(first + block, len(lengths))
            if (lengths[first:last] < array.shape[1]).any():
                found.add(array.read(first, last), lengths[first:last])
    return found.side(array.where, known)


def _same(rows: np.ndarray, one: np.ndarray) -> bool:
    return bool(((rows == one) | (np.isnan(rows) & np.isnan(one))).all())
