"""From measures to columns: the tables about whole states, and about pairs of states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnvis.measures.figures import Figure
from rnnvis.measures.states.matches import Match
from rnnvis.measures.units.selectivity import Selectivity

Columns = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What units tell about one feature, whose values are called `names`."""

    feature: str
    names: Sequence[str]
    found: Selectivity = field(repr=False)


@dataclass(frozen=True)
class Points:
    """Where one method puts one kind of item: numbers `ids` [n] at `at` [n, 2]."""

    method: str
    item: str
    ids: np.ndarray = field(repr=False)
    at: np.ndarray = field(repr=False)


def projection(found: Sequence[Points]) -> Columns:
    """Table `projection`."""
    return {
        "method": [points.method for points in found for _ in points.ids],
        "item": [points.item for points in found for _ in points.ids],
        "id": np.concatenate([points.ids for points in found]).astype(np.int32),
        "x": np.concatenate([points.at[:, 0] for points in found]).astype(np.float32),
        "y": np.concatenate([points.at[:, 1] for points in found]).astype(np.float32),
    }


def state_measures(figures: Sequence[Figure]) -> Columns:
    """Table `state_measures`; figures without a value have no row."""
    known = [figure for figure in figures if not math.isnan(figure.value)]
    return {
        "measure": [figure.measure for figure in known],
        "value": [figure.value for figure in known],
        "standard_error": [None if math.isnan(f.standard_error) else f.standard_error for f in known],
        "about": [figure.about for figure in known],
    }


def selectivity(told: Sequence[Told]) -> Columns:
    """Table `selectivity`."""
    units = [np.arange(len(of.found.bits), dtype=np.int32) for of in told]
    return {
        "unit": np.concatenate(units),
        "feature": [of.feature for of, numbers in zip(told, units, strict=True) for _ in numbers],
        **{name: np.concatenate([getattr(of.found, name) for of in told]) for name in ("bits", "shuffled")},
        **{name: [of.names[i] for of in told for i in getattr(of.found, name)] for name in ("highest", "lowest")},
    }


def matched(found: Match) -> Columns:
    """The columns of a match, for one row of `unit_matches` or `cluster_matches`."""
    return {
        "b": found.b.tolist(),
        "strength": found.strength.tolist(),
        "best": found.best.tolist(),
        "best_strength": found.best_strength.tolist(),
    }


def rows(found: Sequence[Columns]) -> Columns:
    """Rows, all with the same fields, as columns."""
    return {name: [row[name] for row in found] for name in found[0]}
