"""What a unit tells about: the mutual information of its state with part of speech, label and position."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

QUANTILES = 16
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
    bins = binned[known]
    rows = states[known].astype(np.float64)
    members = np.zeros((len(values), len(of)), dtype=np.float64)
    members[of, np.arange(len(of))] = 1
    mean = (members @ rows) / members.sum(axis=1, keepdims=True)
    p = np.bincount(of) / len(of)
    return Selectivity(
        bits=_information(bins, of, len(values)),
        shuffled=_information(bins, of[_dealt(group[known])], len(values)),
        highest=values[mean.argmax(axis=0)].astype(np.int32),
        lowest=values[mean.argmin(axis=0)].astype(np.int32),
        entropy=float(-(p * np.log2(p)).sum()),
    )


def quantile_bins(states: np.ndarray) -> np.ndarray:
    """Each unit's states [N, H] in `QUANTILES` bins with as many steps each, uint8 [N, H]; equal states share a bin."""
    inner = np.quantile(states.astype(np.float32), np.arange(1, QUANTILES) / QUANTILES, axis=0)
    found = np.empty(states.shape, dtype=np.uint8)
    for unit, borders in enumerate(inner.T):
        found[:, unit] = np.searchsorted(borders, states[:, unit].astype(np.float32), side="left")
    return found


def position_classes(step: np.ndarray) -> np.ndarray:
    """The place in `POSITIONS` of each step [N], steps counted from 0."""
    return np.searchsorted(2 ** np.arange(len(POSITIONS) - 1), np.asarray(step) + 1, side="left")


def _information(bins: np.ndarray, of: np.ndarray, values: int) -> np.ndarray:
    n, units = bins.shape
    found = np.empty(units, dtype=np.float32)
    for unit in range(units):
        joint = np.bincount(bins[:, unit].astype(np.int64) * values + of, minlength=QUANTILES * values)
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
