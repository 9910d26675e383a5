"""From co-clusterings to columns of the five clustering tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnvis.measures.clusters.cocluster import Coclustering
from rnnvis.measures.halves import halved
from rnnvis.measures.words.selections import Selection
from rnnvis.published import files

Row = dict[str, Any]
_TABLES = ("cluster_labels", "block_means", "word_strengths", "cluster_summaries", "cluster_quality")


class Rows:
    """Collects co-clusterings, one after another, as rows of every clustering table."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = {name: [] for name in _TABLES}

    @property
    def ks(self) -> set[int]:
        """Every number of clusters seen so far."""
        return {row["k"] for row in self._rows["block_means"]}

    def add(
        self,
        selection: Selection,
        found: Coclustering,
        strengths: np.ndarray,
        purity: tuple[np.ndarray, np.ndarray] | None,
        of_speech: np.ndarray,
        purities: tuple[float, float],
        explained: Mapping[str, np.ndarray],
        pushes: np.ndarray | None = None,
    ) -> None:
        """Take in one co-clustering of the words of `selection`.

        `strengths` float [words, unit clusters]; `purity` is (mean effects [k, K], share that push alike [k]) of the
        word clusters, where words have effects; `of_speech` the share of the majority part of speech, and
        `purities` that share over all words with what chance gives; `explained` [unit clusters + 1] by name what the
        word and more explain of the changes of a cluster's units, and of all of them; `pushes` [K, k, k] what word
        clusters push the scores of the answer by through unit clusters, where the answer reads the state.
        """
        at = {"method": found.method, "selection": selection.name, "k": found.k[0]}
        clustered = found.word_labels >= 0
        sides = (
            ("words", selection.word_ids[clustered], found.word_labels[clustered], found.word_order, purity),
            ("units", np.flatnonzero(found.unit_labels >= 0), None, found.unit_order, None),
        )
        stability = (found.quality.stability_words, found.quality.stability_units)
        for (side, ids, labels, order, of_class), stable in zip(sides, stability, strict=True):
            labels = found.unit_labels[ids] if labels is None else labels
            self._rows["cluster_labels"].append(
                {**at, "side": side, "ids": ids.tolist(), "labels": labels.tolist(), "order": order.tolist()}
            )
            sizes = np.bincount(labels, minlength=found.k[0])
            for cluster, size in enumerate(sizes.tolist()):
                row = {**at, "side": side, "cluster": cluster, "size": size}
                row["stability"] = None if stable is None else float(stable[cluster])
                row["effect"] = row["effects"] = row["purity_class"] = None
                if of_class is not None and size:
                    effects, row["purity_class"] = of_class[0][cluster].tolist(), float(of_class[1][cluster])
                    row["effect"], row["effects"] = (effects[0], None) if len(effects) == 1 else (None, effects)
                pure = float(of_speech[cluster]) if side == "words" else math.nan
                row["purity_part_of_speech"] = None if math.isnan(pure) else pure
                row |= {name: _known(of[cluster]) if side == "units" else None for name, of in explained.items()}
                self._rows["cluster_summaries"].append(row)
        block = {**at, "mean": found.block_means.ravel().tolist(), "push": None, "pushes": None}
        if pushes is not None:
            block["push" if len(pushes) == 1 else "pushes"] = pushes.astype(np.float32).ravel().tolist()
        self._rows["block_means"].append(block)
        self._rows["word_strengths"].append({**at, "strength": strengths[clustered].ravel()})
        q = found.quality
        names = ("held_out_r2", "bound", "sign_coherence", "ari_words", "ari_units", "balance", "normalised_cut")
        over_all, chance = (None if math.isnan(value) else value for value in purities)
        row = {**at, **{name: getattr(q, name) for name in names}}
        row |= {name: _known(of[-1]) for name, of in explained.items()}
        self._rows["cluster_quality"].append({**row, "purity_part_of_speech": over_all, "purity_shuffled": chance})

    def columns(self) -> dict[str, dict[str, Any]]:
        """Columns of every clustering table, by table name. Strengths are in half precision where that holds them."""
        found: dict[str, dict[str, Any]] = {
            name: {column: [row[column] for row in rows] for column in rows[0]}
            for name, rows in self._rows.items()
            if rows
        }
        if "word_strengths" in found:
            strengths = found["word_strengths"]["strength"]
            found["word_strengths"]["strength"] = files.lists(
                halved(np.concatenate(strengths)), np.array([len(row) for row in strengths])
            )
        return found


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
