"""Where in the corpus a unit is highest and lowest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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


class ContextFinder:
    """Keeps, for each unit and sign, the `ranks` most extreme steps, at most one per sentence.

    Ties go to the smaller sentence number, then to the earlier step; so nothing depends on the order of
    batches. Each sentence must come whole, in one batch.
    """

    def __init__(self, units: int, ranks: int = 10) -> None:
        self.units, self.ranks = units, ranks
        self._best = {sign: _Best.empty(units) for sign in (1, -1)}

    def add(self, state: np.ndarray, sentence_id: np.ndarray, step: np.ndarray) -> None:
        """Take in N steps: states [N, units], sentence numbers [N] (contiguous per sentence), steps [N]."""
        if not len(state):
            return
        starts = np.flatnonzero(np.concatenate([[True], sentence_id[1:] != sentence_id[:-1]]))
        lengths = np.diff(np.append(starts, len(state)))
        for sign, best in self._best.items():
            values = np.asarray(state, dtype=np.float32) * sign
            peak = np.maximum.reduceat(values, starts, axis=0)
            at = np.asarray(step, dtype=np.int32)[:, None]
            here = np.where(values == np.repeat(peak, lengths, axis=0), at, np.iinfo(np.int32).max)
            where = np.minimum.reduceat(here, starts, axis=0)
            of = np.broadcast_to(sentence_id[starts][:, None], peak.shape)
            self._best[sign] = best.joined(_Best(peak, of, where), self.ranks)

    def merge(self, other: ContextFinder) -> None:
        """Take in everything that `other`, over other sentences, has seen."""
        for sign in (1, -1):
            self._best[sign] = self._best[sign].joined(other._best[sign], self.ranks)

    def result(self) -> Contexts:
        """The contexts among what was seen so far."""
        signs = (1, -1)
        rows = max(len(self._best[s].value) for s in signs)
        shape = (self.units, len(signs), rows)
        value = np.full(shape, -np.inf, dtype=np.float32)
        sentence, step = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int16)
        for at, sign in enumerate(signs):
            best = self._best[sign]
            have = slice(0, len(best.value))
            value[:, at, have], sentence[:, at, have] = best.value.T, best.sentence.T
            step[:, at, have] = best.step.T
        unit, side, rank = np.nonzero(value > 0)
        sign_of = np.array(signs, dtype=np.int8)[side]
        found = (unit, side, rank)
        return Contexts(
            unit=unit.astype(np.int32),
            sign=sign_of,
            rank=rank.astype(np.int16),
            sentence_id=sentence[found],
            step=step[found],
            value=value[found] * sign_of,
        )


@dataclass(frozen=True)
class _Best:
    value: np.ndarray
    sentence: np.ndarray
    step: np.ndarray

    @staticmethod
    def empty(units: int) -> _Best:
        nothing = np.zeros((0, units), dtype=np.int32)
        return _Best(nothing.astype(np.float32), nothing, nothing)

    def joined(self, other: _Best, ranks: int) -> _Best:
        value = np.concatenate([self.value, other.value])
        sentence = np.concatenate([self.sentence, other.sentence])
        step = np.concatenate([self.step, other.step])
        order = np.lexsort((step, sentence, -value), axis=0)[:ranks]
        return _Best(*(np.take_along_axis(a, order, axis=0) for a in (value, sentence, step)))
