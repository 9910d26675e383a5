"""How unusual a step is among the uses of its own word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from rnnvis.measures.moments import row_blocks

RANKS = 101
"""Distances at most that are kept of a word: ranks at even distances, one for each percent."""

_BLOCK = 2**18
_DIGITS = 2.0**11


@dataclass(frozen=True)
class UseDistances:
    """How far the measured uses of each word lie from its response: what a further use is ranked among.

    Of word `word_ids[i]`, int32 [W] ascending, `values[starts[i] : starts[i + 1]]`, float32 ascending: all of its uses,
    or of more than 101 those with the ranks ⌊i (uses − 1) / 100 + ½⌋, i = 0 … 100.
    """

    word_ids: np.ndarray
    starts: np.ndarray
    values: np.ndarray = field(repr=False)


def distances(token_id: np.ndarray, delta: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Euclidean distance ‖Δ_t − response(word)‖ of each step, float32 [N], to eleven binary digits.

    Uses in the same context, as two first words, are then equally far, which rounding in batches would tell apart.
    `token_id` [N], `delta` [N, H], `mean` [W, H] as in `Responses`.
    """
    found = np.empty(len(delta), np.float32)
    for rows in row_blocks(*delta.shape):
        gap = delta[rows].astype(np.float64)
        gap -= mean.take(token_id[rows], axis=0)
        digits, power = np.frexp(np.sqrt(np.einsum("nh,nh->n", gap, gap)))
        found[rows] = np.ldexp(np.round(digits * _DIGITS) / _DIGITS, power)
    return found


def use_distances(token_id: np.ndarray, distance: np.ndarray, measured: np.ndarray | None = None) -> UseDistances:
    """The distances of the measured uses of each word; arguments as of `surprise`."""
    if measured is not None:
        token_id, distance = token_id[measured], distance[measured]
    uses = np.bincount(token_id, minlength=1)
    word_ids = np.flatnonzero(uses)
    found = [np.zeros(0, np.float32)]
    for rows in _words_together(token_id):
        rows = rows[np.lexsort((distance[rows], token_id[rows]))]
        starts = np.flatnonzero(np.diff(token_id[rows], prepend=-1))
        found += [_ranked(part) for part in np.split(distance[rows], starts[1:])]
    kept = np.minimum(uses[word_ids], RANKS)
    return UseDistances(word_ids.astype(np.int32), np.append(0, np.cumsum(kept)), np.concatenate(found))


def _ranked(uses: np.ndarray) -> np.ndarray:
    last = RANKS - 1
    if len(uses) <= RANKS:
        return uses
    kept: np.ndarray = uses[(2 * np.arange(RANKS) * (len(uses) - 1) + last) // (2 * last)]
    return kept


def surprise(token_id: np.ndarray, distance: np.ndarray, measured: np.ndarray | None = None) -> np.ndarray:
    """Percentile, 0–100, of each step's distance among the measured uses of its word, float32 [N].

    100 · (uses that are nearer + half of those as near) / uses, the step itself counting among the uses if
    it is measured. `measured` bool [N] (default: all) leaves probe sentences out of the comparison while
    they still get their percentile; nan where a word has no measured use.
    """
    found = np.full(len(token_id), np.nan, np.float32)
    for rows in _words_together(token_id):
        rows = rows[np.lexsort((distance[rows], token_id[rows]))]
        word, size = token_id[rows], distance[rows]
        new_word = np.append(True, word[1:] != word[:-1])
        new_size = new_word | np.append(True, size[1:] != size[:-1])
        counted = np.ones(len(rows), bool) if measured is None else measured[rows]
        uses = np.append(0, np.cumsum(counted, dtype=np.int32))  # measured ones before each place
        of_word, of_size = (uses[np.append(np.flatnonzero(new), len(rows))] for new in (new_word, new_size))
        here = np.cumsum(new_word, dtype=np.int32) - 1
        all_uses = np.diff(of_word)[here]
        middle = -2 * of_word[here]
        here = np.cumsum(new_size, dtype=np.int32) - 1
        middle += (of_size[:-1] + of_size[1:])[here]
        known = all_uses > 0
        found[rows[known]] = 50.0 * middle[known] / all_uses[known]
    return found


def _words_together(token_id: np.ndarray) -> Iterator[np.ndarray]:
    """The rows of a block of words, block after block; as many words as have about 2¹⁸ uses, or one."""
    words = int(token_id.max(initial=-1)) + 1
    below = np.zeros(words + 1, dtype=np.int64)
    for start in range(0, len(token_id), _BLOCK):
        below[1:] += np.bincount(token_id[start : start + _BLOCK], minlength=words)
    below = np.cumsum(below)
    first = 0
    while first < words:
        last = max(first + 1, int(np.searchsorted(below, below[first] + _BLOCK, side="right")) - 1)
        if below[last] > below[first]:
            yield np.flatnonzero((token_id >= first) & (token_id < last))
        first = last
