"""How good a co-clustering is: what its drawing explains, and whether it would come out again."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from rnnvis.measures.clusters.blocks import block_means, indicator
from rnnvis.measures.clusters.methods import unit_rows

Labels = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Quality:
    """Figures of one co-clustering with block means M; those that need two halves are None without them.

    - `explained`: 1 − ‖R − M[z, u]‖² / ‖R‖² on the fitted matrix itself, rows of unit length;
    - `held_out_r2`: the same with labels and M from one half and R from the other, averaged over both ways;
    - `bound`: Σ_{i ≤ k} σ_i² / Σ σ_i² of the half predicted, averaged: no k × k blocks can explain more;
    - `sign_coherence`: Σ|M| / Σ (block means of |R|), on R as given: 1 if no block mixes signs;
    - `ari_words`, `ari_units`: adjusted Rand index of the two halves' clusterings, over what both cluster;
    - `balance`: entropy of the cluster sizes over log k, mean of both sides: 1 if all are equally large;
    - `normalised_cut`: mean over word clusters, each with its partner among the unit clusters (Hungarian matching),
      of the share of their |R| that leads out of the pair; None if the sides differ in number;
    - `stability_words`, `stability_units`: per cluster, the best Jaccard overlap with a cluster of each half's
      clustering, mean of the two halves; below .5 the cluster is unstable.
    """

    explained: float
    held_out_r2: float | None
    bound: float | None
    sign_coherence: float
    ari_words: float | None
    ari_units: float | None
    balance: float
    normalised_cut: float | None
    stability_words: np.ndarray | None = field(default=None, repr=False)
    stability_units: np.ndarray | None = field(default=None, repr=False)


def quality(
    matrix: np.ndarray,
    labels: Labels,
    k: tuple[int, int],
    halves: tuple[np.ndarray, np.ndarray] | None = None,
    halves_labels: tuple[Labels, Labels] | None = None,
    spectra: tuple[np.ndarray, np.ndarray] | None = None,
) -> Quality:
    """All figures of one co-clustering; `spectra` are the halves' `spectrum`s, where they are known already."""
    held_out = limit = ari_words = ari_units = stable_words = stable_units = None
    if halves is not None and halves_labels is not None:
        a, b = halves
        of_a, of_b = halves_labels
        held_out = (held_out_r2(a, of_a, b, k) + held_out_r2(b, of_b, a, k)) / 2
        limit = float(np.mean([s[: min(k)].sum() for s in spectra or (spectrum(a), spectrum(b))]))
        ari_words = adjusted_rand(of_a[0], of_b[0])
        ari_units = adjusted_rand(of_a[1], of_b[1])
        stable_words = (best_jaccard(labels[0], of_a[0], k[0]) + best_jaccard(labels[0], of_b[0], k[0])) / 2
        stable_units = (best_jaccard(labels[1], of_a[1], k[1]) + best_jaccard(labels[1], of_b[1], k[1])) / 2
    return Quality(
        explained=held_out_r2(matrix, labels, matrix, k),
        held_out_r2=held_out,
        bound=limit,
        sign_coherence=sign_coherence(matrix, labels, k),
        ari_words=ari_words,
        ari_units=ari_units,
        balance=float(np.mean([balance(side, n) for side, n in zip(labels, k, strict=True)])),
        normalised_cut=normalised_cut(matrix, labels, k[0]) if k[0] == k[1] else None,
        stability_words=stable_words,
        stability_units=stable_units,
    )


def held_out_r2(fitted: np.ndarray, labels: Labels, other: np.ndarray, k: tuple[int, int]) -> float:
    """1 − ‖R_B − M_A[z_A, u_A]‖² / ‖R_B‖², rows of unit length; what A does not label is predicted as 0."""
    z, u = labels
    means = block_means(unit_rows(fitted), z, u, *k)
    x = unit_rows(other)
    predicted = indicator(z, k[0]) @ means @ indicator(u, k[1]).T
    return float(1 - ((x - predicted) ** 2).sum() / (x**2).sum())


def spectrum(matrix: np.ndarray) -> np.ndarray:
    """Share of each squared singular value of the unit rows in their sum, largest first."""
    x = unit_rows(matrix)
    small = x.T @ x if x.shape[0] >= x.shape[1] else x @ x.T
    values = np.maximum(np.linalg.eigvalsh(small)[::-1], 0)
    return values / values.sum()


def sign_coherence(matrix: np.ndarray, labels: Labels, k: tuple[int, int]) -> float:
    """Σ|block mean of R| / Σ block mean of |R|."""
    signed = np.abs(block_means(matrix, *labels, *k)).sum()
    return float(signed / block_means(np.abs(matrix), *labels, *k).sum())


def balance(labels: np.ndarray, k: int) -> float:
    """Entropy of the cluster sizes over log k."""
    share = np.bincount(labels[labels >= 0], minlength=k) / max((labels >= 0).sum(), 1)
    share = share[share > 0]
    return float(-(share * np.log(share)).sum() / np.log(k))


def normalised_cut(matrix: np.ndarray, labels: Labels, k: int) -> float:
    """Mean over matched pairs of clusters of 1 − (|R| inside the pair) / (mean |R| at its words and at its units)."""
    mass = indicator(labels[0], k).T @ np.abs(matrix) @ indicator(labels[1], k)
    rows, columns = linear_sum_assignment(-mass)
    volume = mass.sum(axis=1)[rows] + mass.sum(axis=0)[columns]
    inside = 2 * mass[rows, columns]
    return float(np.mean(1 - np.divide(inside, volume, out=np.zeros(k), where=volume > 0)))


def adjusted_rand(a: np.ndarray, b: np.ndarray) -> float:
    """Adjusted Rand index (Hubert and Arabie 1985) over the items that both label."""
    both = (a >= 0) & (b >= 0)
    a, b = a[both], b[both]
    table = indicator(a, int(a.max(initial=0)) + 1).T @ indicator(b, int(b.max(initial=0)) + 1)

    def pairs(n: np.ndarray) -> float:
        return float((n * (n - 1) / 2).sum())

    together, of_a, of_b = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = of_a * of_b / max(pairs(np.array([len(a)])), 1)
    most = (of_a + of_b) / 2
    return 1.0 if most == expected else float((together - expected) / (most - expected))


def best_jaccard(labels: np.ndarray, other: np.ndarray, k: int) -> np.ndarray:
    """For each of the k clusters of `labels`, its best Jaccard overlap with a cluster of `other`, float64 [k]."""
    p, q = indicator(labels, k), indicator(other, int(other.max(initial=0)) + 1)
    shared = p.T @ q
    union = p.sum(axis=0)[:, None] + q.sum(axis=0) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0).max(axis=1)


def class_purity(word_labels: np.ndarray, k: int, effects: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per word cluster: mean effect of its words on the log-odds, and the share of them with the majority sign.

    `effects` [words]; both results float64 [k], nan for an empty cluster.
    """
    p = indicator(word_labels, k)
    size = p.sum(axis=0)
    size = np.where(size > 0, size, np.nan)
    positive = (p.T @ (effects > 0)) / size
    negative = (p.T @ (effects < 0)) / size
    return (p.T @ effects) / size, np.maximum(positive, negative)
