"""Clusters whose names another co-clustering takes over, read from the tables that they were published in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis.measures.clusters.cocluster import Coclustering
from rnnvis.measures.clusters.film import renamed
from rnnvis.published import files

Names = Mapping[tuple[str, str, int], "NamedClusters"]  # by method, selection and k


@dataclass(frozen=True)
class NamedClusters:
    """One published co-clustering: the label of every word number [V] and unit [H], −1 for none, and draw orders."""

    words: np.ndarray = field(repr=False)
    units: np.ndarray = field(repr=False)
    orders: tuple[np.ndarray, np.ndarray]


def read_names(folder: Path, tables: Mapping[str, Any], words: int, units: int) -> Names:
    """The clusters of one state, from the tables that its cluster step left in `folder`."""
    rows = files.read("cluster_labels", [folder / part.name for part in tables.get("cluster_labels", ())]).to_pylist()
    sides = {(row["method"], row["selection"], row["k"], row["side"]): row for row in rows}
    found = {}
    for method, selection, k, side in sides:
        if side == "words":
            labelled = []
            for row, size in (
                (sides[method, selection, k, "words"], words),
                (sides[method, selection, k, "units"], units),
            ):
                labels = np.full(size, -1)
                labels[row["ids"]] = row["labels"]
                labelled.append((labels, np.array(row["order"])))
            (of_words, word_order), (of_units, unit_order) = labelled
            found[method, selection, k] = NamedClusters(of_words, of_units, (word_order, unit_order))
    return found


def as_named(found: Coclustering, word_ids: np.ndarray, selection: str, names: Names) -> Coclustering:
    """`found`, a co-clustering of the words `word_ids` [n], with the names of the same co-clustering among `names`."""
    other = names.get((found.method, selection, found.k[0]))
    return found if other is None else renamed(found, other.words[word_ids], other.units, other.orders)
