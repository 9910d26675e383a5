"""Rows that forward puts into another order, found again by what their words look like to a module."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from rnnvis.errors import RnnvisError
from rnnvis.recording.alignment import Plan
from rnnvis.recording.traces import LayerTrace

_VALUES = 4  # numbers that stand for an input
_GAP = 1e-4  # of the largest of them: inputs of one word differ by rounding
_CHUNK = 512
Looks = Callable[[str, np.ndarray], Tensor]


class WordInputs:
    """What each word looks like to the modules that read nothing but words, learned from the batches as they come.

    An input is told by four random projections. What a word looks like is taken from where it first stands; as soon as
    a batch does not fit, `looks(path, words)` is asked, which reads words [N] in one row, [N, inputs]. Of the modules
    that are known to get rows in another order, `movers`, it is asked at once: words that stand only once, as the
    frames of a signal do, fit wherever they are.
    """

    def __init__(self, words: Mapping[str, int], looks: Looks, movers: Collection[str] = ()) -> None:
        self._words, self._looks, self._movers = words, looks, movers
        self._known: dict[str, np.ndarray] = {}
        self._sure: dict[str, np.ndarray] = {}

    def order(
        self, trace: LayerTrace, ids: np.ndarray, real: np.ndarray, exactly: np.ndarray | None
    ) -> np.ndarray | None:
        """The row of `trace`, steps at their words, that holds each row of `ids` [B, T], int64 [B]; None: in place.

        `real` bool [B, T] are the steps that count; `exactly` int64 [B] are the lengths of the trace's rows, where
        they end with their words. RnnvisError, naming the module, where rows cannot be found.
        """
        assert trace.inputs is not None
        path, seen = trace.module, _projected(trace.inputs)
        known = self._known.setdefault(path, np.full((self._words[path], _VALUES), np.nan))
        words, values = ids[real], seen[real]
        new, first = np.unique(words, return_index=True)
        if path not in self._movers or len(ids) == 1:
            missing = np.isnan(known[new, 0])
            known[new[missing]] = values[first[missing]]
            if _near(values, known[words]):
                return None
            known[new[missing]] = np.nan
        self._ask(path, new)
        if _near(values, self._known[path][words]):
            return None
        return self._found(trace, seen, ids, real, exactly)

    def _ask(self, path: str, words: np.ndarray) -> None:
        known = self._known[path]
        sure = self._sure.setdefault(path, np.zeros(len(known), bool))
        asked = np.union1d(words, np.flatnonzero(~np.isnan(known[:, 0])))
        asked = asked[~sure[asked]]
        for start in range(0, len(asked), 48):
            part = asked[start : start + 48]
            values = _projected(self._looks(path, part)[None])[0]
            before = known[part]
            guessed = ~np.isnan(before[:, 0])
            if not _near(values[guessed], before[guessed]):
                raise RnnvisError(
                    f'"{path}" does not read the rows of a batch in their order, or not their words',
                    "pass the rows one at a time: batch_steps=1; if it reads a text of its own, give its ids: "
                    f'tokens={{"{path}": …}}',
                )
            known[part] = values
            sure[part] = True

    def _found(
        self, trace: LayerTrace, seen: np.ndarray, ids: np.ndarray, real: np.ndarray, exactly: np.ndarray | None
    ) -> np.ndarray:
        path, states = trace.module, trace.states["h"]
        known, lengths = self._known[path], real.sum(axis=1)
        order = np.full(len(ids), -1)
        free = np.ones(len(seen), bool)
        for length in np.unique(lengths)[::-1]:
            rows = np.flatnonzero(lengths == length)
            at = np.flatnonzero(free if exactly is None else free & (exactly == length))
            there = seen[at, :length].reshape(len(at), -1)
            for start in range(0, len(rows), _CHUNK):
                part = rows[start : start + _CHUNK]
                wanted = known[ids[part, :length]].reshape(len(part), -1)
                near = _all_near(wanted, there)
                for row, candidates in zip(part, near, strict=True):
                    taken = at[candidates & free[at]]
                    if not len(taken):
                        some = ", ".join(map(str, ids[row, : min(length, 6)])) + (" …" if length > 6 else "")
                        raise RnnvisError(
                            f'"{path}" does not read the words of the sequences: in one batch, no row that it read '
                            f"holds the ids {some}",
                            f'if it reads a text of its own, give its ids: tokens={{"{path}": …}}; else pass the rows '
                            "one at a time: batch_steps=1",
                        )
                    alike = states[torch.from_numpy(taken).to(states.device), :length]
                    if len(taken) > 1 and (alike - alike[:1]).abs().max() > _GAP * alike.abs().max():
                        raise RnnvisError(
                            f'"{path}" reads rows of the same words in an order of its own, and their states differ',
                            "pass the rows one at a time: batch_steps=1",
                        )
                    order[row] = taken[0]
                    free[taken[0]] = False
        return order


def in_order(traces: Sequence[LayerTrace], orders: Mapping[str, np.ndarray | None], plan: Plan) -> list[LayerTrace]:
    """The traces with their rows where the words stand; `orders` by the module that shows them."""
    found = []
    for trace in traces:
        mover = plan.of(trace.module).mover
        order = orders.get(mover or trace.module)
        found.append(trace if order is None else trace.reordered(torch.from_numpy(order).to(trace.lengths.device)))
    return found


def _projected(inputs: Tensor) -> np.ndarray:
    """[B, T, inputs] as float64 [B, T, 4]."""
    size = inputs.shape[-1]
    weights = np.random.default_rng(0).standard_normal((size, _VALUES)) / np.sqrt(size)
    plain = inputs.detach()
    plain = plain if plain.dtype == torch.float64 else plain.float()
    projected: np.ndarray = (plain @ torch.from_numpy(weights).to(plain)).double().cpu().numpy()
    return projected


def _near(a: np.ndarray, b: np.ndarray) -> bool:
    return bool((np.abs(a - b) <= _GAP * np.abs(b).max(initial=0)).all())


def _all_near(wanted: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Whether rows of `wanted` [N, n] equal those of `there` [M, n], bool [N, M]."""
    gap = _GAP * np.abs(wanted).max(initial=0)
    near = np.ones((len(wanted), len(there)), bool)
    for column in range(wanted.shape[1]):
        near &= np.abs(wanted[:, column, None] - there[None, :, column]) <= gap
    return near
