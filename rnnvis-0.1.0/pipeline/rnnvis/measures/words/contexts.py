"""Where in the corpus a unit is highest and lowest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnvis.measures.kept import Keeping, Kept

_FEW = 1 / 64
"""Where at most this share of the values can be among the best, they are sorted as they are."""


@dataclass(frozen=True)
class Contexts:
    """One entry per unit, sign and rank, sorted by unit, then positive before negative, then rank.

    `unit` int32, `sign` int8 (+1 highest, −1 lowest), `rank` int16 from 0, `sentence_id` int32, `step` int16,
    `value` float32. A unit that never takes a sign has no entries for it.
    """

    unit: np.ndarray
    sign: np.ndarray
    rank: np.ndarray
    sentence_id: np.ndarray
    step: np.ndarray
    value: np.ndarray


class ContextFinder(Keeping):
    """Keeps, for each unit and sign, the `ranks` most extreme steps, at most one per sentence.

    Ties go to the smaller sentence number, then to the earlier step; so nothing depends on the order of
    batches. Each sentence must come whole, in one batch.
    """

    def __init__(self, units: int, ranks: int = 10) -> None:
        self.units, self.ranks = units, ranks
        self._best = {sign: _Best.empty(units, ranks) for sign in (1, -1)}

    def add(self, state: np.ndarray, sentence_id: np.ndarray, step: np.ndarray) -> None:
        """Take in N steps: states [N, units], sentence numbers [N] (contiguous per sentence), steps [N]."""
        if not len(state):
            return
        state = np.asarray(state, dtype=np.float32)
        for sign, best in self._best.items():
            high = state >= best.value[-1] if sign > 0 else state <= -best.value[-1]
            if np.count_nonzero(high) <= _FEW * high.size:
                row, unit = np.divmod(np.flatnonzero(high), self.units)
                found = _highest(unit, sign * state[row, unit], sentence_id[row], step[row])
            else:
                found = self._peaks(state, sentence_id, step, sign)
            self._best[sign] = best.joined(*found)

    def _peaks(self, state: np.ndarray, sentence_id: np.ndarray, step: np.ndarray, sign: int) -> tuple[np.ndarray, ...]:
        """Units, values, sentences and steps of what may be among the best: of every sentence one step a unit."""
        starts = np.flatnonzero(np.concatenate([[True], sentence_id[1:] != sentence_id[:-1]]))
        lengths = np.diff(np.append(starts, len(state)))
        peak = np.maximum.reduceat(state, starts) if sign > 0 else -np.minimum.reduceat(state, starts)
        row, unit = np.nonzero(peak >= self._best[sign].least(peak))
        where = _first_steps(state, starts[row], lengths[row], unit, sign * peak[row, unit], step)
        return unit, peak[row, unit], sentence_id[starts[row]], where

    def kept(self) -> dict[str, dict[str, np.ndarray]]:
        """The best of either sign, by "1" and "-1"."""
        return {str(sign): dict(vars(best)) for sign, best in self._best.items()}

    def restore(self, kept: Kept) -> None:
        """Take up what another one has `kept`."""
        self._best = {sign: _Best(**kept[str(sign)]) for sign in self._best}

    def merge(self, other: ContextFinder) -> None:
        """Take in everything that `other`, over other sentences, has seen."""
        for sign in (1, -1):
            theirs = other._best[sign]
            rank, unit = np.nonzero(theirs.value > -np.inf)
            found = (part[rank, unit] for part in (theirs.value, theirs.sentence, theirs.step))
            self._best[sign] = self._best[sign].joined(unit, *found)

    def result(self) -> Contexts:
        """The contexts among what was seen so far."""
        signs = (1, -1)
        value, sentence, step = (
            np.stack([part.T for part in parts], axis=1)
            for parts in zip(*((b.value, b.sentence, b.step) for b in self._best.values()), strict=True)
        )
        unit, side, rank = np.nonzero(value > 0)
        sign_of = np.array(signs, dtype=np.int8)[side]
        found = (unit, side, rank)
        return Contexts(
            unit=unit.astype(np.int32),
            sign=sign_of,
            rank=rank.astype(np.int16),
            sentence_id=sentence[found],
            step=step[found].astype(np.int16),
            value=value[found] * sign_of,
        )


@dataclass(frozen=True)
class _Best:
    """By rank and unit, [ranks, units]: `value` float32, −∞ where there is none yet; `sentence`, `step` int32."""

    value: np.ndarray
    sentence: np.ndarray
    step: np.ndarray

    @staticmethod
    def empty(units: int, ranks: int) -> _Best:
        nothing = np.zeros((ranks, units), dtype=np.int32)
        return _Best(np.full((ranks, units), -np.inf, np.float32), nothing, nothing)

    def least(self, peak: np.ndarray) -> np.ndarray:
        """What a peak of a unit has to reach to be among the best of these and of `peak` [sentences, units]."""
        ranks = len(self.value)
        least = self.value[-1]
        if len(peak) >= ranks and not (peak > least).sum() < 2 * peak.shape[1]:
            least = np.maximum(least, np.partition(peak, len(peak) - ranks, axis=0)[len(peak) - ranks])
        return least

    def joined(self, unit: np.ndarray, value: np.ndarray, sentence: np.ndarray, step: np.ndarray) -> _Best:
        """The best of these and of n others, of `unit` [n] each."""
        ranks, units = self.value.shape
        if not len(unit):
            return self
        unit = np.concatenate([np.tile(np.arange(units), ranks), unit])
        columns = [
            np.concatenate([of.ravel(), new])
            for of, new in zip(vars(self).values(), (value, sentence, step), strict=True)
        ]
        order = np.lexsort((columns[2], columns[1], -columns[0], unit))
        starts = np.searchsorted(unit[order], np.arange(units))
        order = order[starts + np.arange(ranks)[:, None]]
        return _Best(*(column[order] for column in columns))


def _highest(unit: np.ndarray, value: np.ndarray, sentence: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, ...]:
    """Of n steps those, by unit and sentence, with the highest value, and the first of these."""
    order = np.lexsort((step, -value, sentence, unit))
    unit, value, sentence, step = unit[order], value[order], sentence[order], step[order]
    first = np.ones(len(order), bool)
    first[1:] = (unit[1:] != unit[:-1]) | (sentence[1:] != sentence[:-1])
    return unit[first], value[first], sentence[first], step[first]


def _first_steps(
    state: np.ndarray, starts: np.ndarray, lengths: np.ndarray, unit: np.ndarray, value: np.ndarray, step: np.ndarray
) -> np.ndarray:
    """The first step, int32 [n], of each of n sentences, rows `starts` on, in which its `unit` has its `value`."""
    firsts = np.cumsum(lengths) - lengths
    rows = np.arange(lengths.sum()) - np.repeat(firsts - starts, lengths)
    there = state[rows, np.repeat(unit, lengths)] == np.repeat(value, lengths)
    at = np.where(there, step[rows].astype(np.int32), np.iinfo(np.int32).max)
    return np.minimum.reduceat(at, firsts) if len(firsts) else at
