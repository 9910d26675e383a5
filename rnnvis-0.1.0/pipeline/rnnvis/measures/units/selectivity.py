"""What a unit tells about: the mutual information of its state with part of speech, label and position."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

QUANTILES = 16
_SHARES = np.arange(1, QUANTILES) / QUANTILES
_CODES, _SIGN = 2**16, np.uint16(2**15)
_FINITE = np.arange(31 * 2**10).astype(np.uint16).view(np.float16).astype(np.float32)
_VALUES = np.concatenate([_FINITE, np.full(2**15 - len(_FINITE), np.inf)]).astype(np.float32)
_VALUES = np.concatenate([-_VALUES[::-1], _VALUES])  # of every float16 in order
_HALVES = 20_000  # steps from which counting by value is faster than sorting
POSITIONS = ("1", "2", "3–4", "5–8", "9–16", "17–32", "33–64", "65 on")
"""Words of a sentence, counted from 1, in classes that double."""


@dataclass(frozen=True)
class Selectivity:
    """Of H units and one feature: `bits` and `shuffled` float32 [H]; `highest` and `lowest` int32 [H], the values of
    the feature at which the mean state is highest and lowest; `entropy`, that of the feature, in bits."""

    bits: np.ndarray = field(repr=False)
    shuffled: np.ndarray = field(repr=False)
    highest: np.ndarray = field(repr=False)
    lowest: np.ndarray = field(repr=False)
    entropy: float


def selectivity(binned: np.ndarray, states: np.ndarray, feature: np.ndarray, group: np.ndarray) -> Selectivity | None:
    """What each unit tells about `feature` int [N], negative for steps without it; None if fewer than two values occur.

    `states` [N, H], `binned` as `quantile_bins` gives them, `group` int [N] the sentence of each step. To shuffle,
    whole sentences of features are dealt out anew in one long row: a feature that is the same all along a sentence
    stays so, and chance is not underrated.

    I(S; F) = Σ p(s, f) log₂ (p(s, f) / p(s) p(f)), the plug-in estimate, which is never below zero.
    """
    known = feature >= 0
    values = np.unique(feature[known])
    if len(values) < 2:
        return None
    of = np.searchsorted(values, feature[known])
    bins, rows = _by_unit(binned, known), _by_unit(states, known)
    count = np.bincount(of)
    mean = np.stack([np.bincount(of, weights=row) for row in rows]) / count
    p = count / len(of)
    return Selectivity(
        bits=_information(bins, of, len(values)),
        shuffled=_information(bins, of[_dealt(group[known])], len(values)),
        highest=values[mean.argmax(axis=1)].astype(np.int32),
        lowest=values[mean.argmin(axis=1)].astype(np.int32),
        entropy=float(-(p * np.log2(p)).sum()),
    )


def _by_unit(table: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The `known` rows of `table` [N, H], a row a unit, one after the other in memory: [H, known]."""
    return np.ascontiguousarray(table.T if known.all() else np.compress(known, table.T, axis=1))


def quantile_bins(states: np.ndarray) -> np.ndarray:
    """Each unit's states [N, H] in `QUANTILES` bins with as many steps each, uint8 [N, H]; equal states share a bin."""
    rows = np.ascontiguousarray(states.T)
    found = np.empty(rows.shape, dtype=np.uint8)
    halves = rows.dtype == np.float16 and rows.shape[1] > _HALVES
    for unit, values in enumerate(rows):
        if halves:
            found[unit] = _bins_of_halves(values)
        else:
            single = values.astype(np.float32)
            found[unit] = np.searchsorted(np.quantile(single, _SHARES), single, side="left")
    return found.T


def _bins_of_halves(values: np.ndarray) -> np.ndarray:
    """The bins of float16 `values` [N], counted by value: there are 65,536 of them, and N steps need no sorting."""
    code = values.view(np.uint16)
    place = np.where(code & _SIGN, ~code, code | _SIGN)
    below = np.bincount(place, minlength=_CODES).cumsum()
    at = (len(values) - 1) * _SHARES
    low = np.floor(at).astype(np.int64)
    left, right = (_VALUES[np.searchsorted(below, order, side="right")] for order in (low, low + 1))
    step, share = right - left, at - low
    borders = np.where(share < 0.5, left + step * share, right - step * (1 - share))  # as np.quantile has it
    passed = np.bincount(np.searchsorted(_VALUES, borders, side="right"), minlength=_CODES + 1)
    bins: np.ndarray = passed[:_CODES].cumsum().astype(np.uint8)[place]
    return bins


def position_classes(step: np.ndarray) -> np.ndarray:
    """The place in `POSITIONS` of each step [N], steps counted from 0."""
    return np.searchsorted(2 ** np.arange(len(POSITIONS) - 1), np.asarray(step) + 1, side="left")


def _information(bins: np.ndarray, of: np.ndarray, values: int) -> np.ndarray:
    """Bits that each row of `bins` [H, N] tells about the feature `of` [N], which has so many values; float32 [H]."""
    units, n = bins.shape
    found = np.empty(units, dtype=np.float32)
    for unit, row in enumerate(bins):
        joint = np.bincount(row * np.int64(values) + of, minlength=QUANTILES * values)
        p = joint.reshape(QUANTILES, values) / n
        independent = p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)
        held = p > 0
        found[unit] = max(0.0, float((p[held] * np.log2(p[held] / independent[held])).sum()))
    return found


def _dealt(group: np.ndarray) -> np.ndarray:
    """The order of steps [N] in which whole groups change places, at random but always the same."""
    _, first, of = np.unique(group, return_index=True, return_inverse=True)
    place = np.random.default_rng(0).permutation(len(first))
    return np.argsort(place[of], kind="stable")
