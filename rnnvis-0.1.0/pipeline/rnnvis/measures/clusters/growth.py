"""Co-clusterings of all k: up by splitting clusters, and back down by merging them, from a little above."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby, zip_longest

import numpy as np

from rnnvis.measures.clusters.blocks import Fit, merge, settle, split
from rnnvis.measures.clusters.grouped import Array
from rnnvis.measures.clusters.splits import Splits

_WINDOW = 10
_ENOUGH = 0.02


def grow(
    x: Array, words: int, units: int, wanted: Collection[int] | None = None
) -> Iterator[tuple[int, tuple[np.ndarray, np.ndarray]]]:
    """Labels of the rows and columns of `x` [n, m] for k = 1, 2, …; each side stops at its own number of clusters.

    Yields (k, (row labels, column labels)) for each k that is `wanted`, up to the larger of `words` and `units`; all
    without `wanted`. What is yielded for k does not depend on which others are wanted.

    Each step up splits one cluster on each side in two, and rows and columns move once to where they fit better. Two
    pairs of splits are tried: the best ones between block means (given the other side's clusters), and the best ones
    between whole rows and columns (see `rnnvis.measures.clusters.splits`). The pair that explains more goes on.

    What two splits have parted stays parted, though three clusters might have become two others. So from 12, 22, 32, …
    the way leads back down: on each side the two clusters that lose least by it are merged, and rows and columns move
    until they gain little. Yielded for k is the better one of what both ways have left there. Products are taken in
    float32. `x` has no zero rows or columns.
    """
    x = x.astype(np.float32)
    most = max(words, units)
    top = min(_turn(most), most + x.shape[0] - words, most + x.shape[1] - units)
    sides = [(0, 0)] + [
        (min(k, words), min(k, units)) if k <= most else (words + k - most, units + k - most) for k in range(1, top + 1)
    ]
    up = [Fit.single(x)]
    splits = Splits(x)
    for turn, some in groupby(range(1, most + 1), _turn):
        here = [k for k in some if wanted is None or k in wanted]
        if not here:
            continue
        high = min(turn, top)
        for k in range(len(up), high):
            up.append(_split(up[-1], splits, sides[k], sides[k + 1]))
        found = {}
        fit = up[-1]
        for k in range(high if high in here else high - 1, here[0] - 1, -1):
            before = up[k - 2].explained if k > 1 else 0.0
            fit = fit if k == high else _merge(fit, sides[k + 1], sides[k])
            fit = settle(fit, enough=_ENOUGH, before=before)
            if fit.explained < up[k - 1].explained:
                fit = settle(up[k - 1], enough=_ENOUGH, before=before)
            found[k] = fit.labels
        yield from ((k, found[k]) for k in here)


def _turn(k: int) -> int:
    """From how many clusters the way leads back to k: the next one above it of 12, 22, 32, …"""
    return _WINDOW * ((k - 2) // _WINDOW + 1) + 2


def _split(fit: Fit, splits: Splits, now: tuple[int, int], then: tuple[int, int]) -> Fit:
    of_rows = splits.of_rows(fit) if then[0] > now[0] else []
    of_columns = splits.of_columns(fit) if then[1] > now[1] else []
    tried = []
    for rows, columns in zip_longest(of_rows, of_columns):
        one = fit if rows is None else split(fit, rows)
        tried.append(one if columns is None else split(one.turned, columns).turned)
    return settle(max(tried, key=lambda one: one.explained), rounds=1)


def _merge(fit: Fit, now: tuple[int, int], then: tuple[int, int]) -> Fit:
    fit = merge(fit) if now[0] > then[0] else fit
    return merge(fit.turned).turned if now[1] > then[1] else fit
