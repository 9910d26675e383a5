"""Clusters of several epochs under the same names, so that training can be watched."""

from __future__ import annotations

import dataclasses

import numpy as np

from rnnvis.measures.clusters.cocluster import Coclustering, match


def renamed(
    found: Coclustering, words: np.ndarray, units: np.ndarray, orders: tuple[np.ndarray, np.ndarray]
) -> Coclustering:
    """`found` with its clusters named as in a later epoch's co-clustering of the same k, and drawn in its order.

    `words` [n] and `units` [m] are the labels there, −1 for words that were not clustered there. Names are given by
    Hungarian matching on shared members (Kuhn 1955), on each side apart; nothing but names and order changes.
    """
    k = found.k
    word_labels = match(words, found.word_labels, k[0], k[0])
    unit_labels = match(units, found.unit_labels, k[1], k[1])
    of_words, of_units = (
        _old_names(found.word_labels, word_labels, k[0]),
        _old_names(found.unit_labels, unit_labels, k[1]),
    )
    q = found.quality
    quality = dataclasses.replace(
        q,
        stability_words=None if q.stability_words is None else q.stability_words[of_words],
        stability_units=None if q.stability_units is None else q.stability_units[of_units],
    )
    return dataclasses.replace(
        found,
        word_labels=word_labels,
        unit_labels=unit_labels,
        block_means=found.block_means[np.ix_(of_words, of_units)],
        quality=quality,
        word_order=orders[0],
        unit_order=orders[1],
    )


def _old_names(before: np.ndarray, after: np.ndarray, k: int) -> np.ndarray:
    """For each new name the old one, [k]; empty clusters share out what is left."""
    old = np.full(k, -1)
    old[after[after >= 0]] = before[after >= 0]
    old[old < 0] = sorted(set(range(k)) - set(old.tolist()))
    return old
