"""How good a co-clustering is: what its drawing explains, and whether it would come out again."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score

from rnnvis.measures.clusters.blocks import block_sizes
from rnnvis.measures.clusters.grouped import Array, block_sums, groups, leading_vectors, row_lengths, unit_rows, used

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


@dataclass(frozen=True)
class BlockSums:
    """Sums over each block, float64 [word clusters, unit clusters]: of a matrix R, of its unit rows, and of |R|."""

    signed: np.ndarray
    unit: np.ndarray
    sizes: np.ndarray


class Measured:
    """A matrix R [n, m], with what the figures of all its clusterings need of it."""

    def __init__(self, matrix: Array) -> None:
        self.rows = len(used(matrix)[0])
        self._signed, self._sizes = matrix, abs(matrix)
        largest, lengths = row_lengths(matrix)
        self._weights = 1 / largest / lengths

    def sums(self, labels: Labels, k: tuple[int, int]) -> BlockSums:
        """Sums over each block; −1 belongs to none."""
        rows, columns = (groups(side, n) for side, n in zip(labels, k, strict=True))
        return BlockSums(
            signed=block_sums(self._signed, rows, columns),
            unit=self.unit_sums(labels, k),
            sizes=block_sums(self._sizes, rows, columns),
        )

    def unit_sums(self, labels: Labels, k: tuple[int, int]) -> np.ndarray:
        """Sums of the unit rows alone."""
        return block_sums(self._signed, groups(labels[0], k[0], self._weights), groups(labels[1], k[1]))

    def spectrum(self, rank: int) -> np.ndarray:
        """Share of each of the `rank` largest squared singular values of the unit rows in the sum of all."""
        x = unit_rows(self._signed)
        if sp.issparse(x):
            return leading_vectors(x, rank)[1][:rank] ** 2 / self.rows
        small = x.T @ x if x.shape[0] >= x.shape[1] else x @ x.T
        return np.maximum(np.linalg.eigvalsh(small)[::-1][:rank], 0) / self.rows


@dataclass(frozen=True)
class Halves:
    """Two measurements of the same matrix, the clusterings of each, and their spectra (see `Measured.spectrum`)."""

    measured: tuple[Measured, Measured]
    labels: tuple[Labels, Labels]
    spectra: tuple[np.ndarray, np.ndarray]


def quality(
    measured: Measured,
    labels: Labels,
    k: tuple[int, int],
    halves: Halves | None = None,
    own: BlockSums | None = None,
) -> Quality:
    """All figures of one co-clustering; `own` are `measured.sums`, where they are known already."""
    own = measured.sums(labels, k) if own is None else own
    numbers = block_sizes(*labels, *k)
    held_out = limit = ari_words = ari_units = stable_words = stable_units = None
    if halves is not None:
        a, b = halves.measured
        of_a, of_b = halves.labels
        held_out = (held_out_r2(a, of_a, b, k) + held_out_r2(b, of_b, a, k)) / 2
        limit = float(np.mean([s[: min(k)].sum() for s in halves.spectra]))
        ari_words = adjusted_rand(of_a[0], of_b[0])
        ari_units = adjusted_rand(of_a[1], of_b[1])
        stable_words = (best_jaccard(labels[0], of_a[0], k[0]) + best_jaccard(labels[0], of_b[0], k[0])) / 2
        stable_units = (best_jaccard(labels[1], of_a[1], k[1]) + best_jaccard(labels[1], of_b[1], k[1])) / 2
    return Quality(
        explained=_predicted(own.unit, own.unit, numbers, measured.rows),
        held_out_r2=held_out,
        bound=limit,
        sign_coherence=sign_coherence(own.signed, own.sizes, numbers),
        ari_words=ari_words,
        ari_units=ari_units,
        balance=float(np.mean([balance(side, n) for side, n in zip(labels, k, strict=True)])),
        normalised_cut=normalised_cut(own.sizes) if k[0] == k[1] else None,
        stability_words=stable_words,
        stability_units=stable_units,
    )


def held_out_r2(fitted: Measured, labels: Labels, other: Measured, k: tuple[int, int]) -> float:
    """1 − ‖R_B − M_A[z_A, u_A]‖² / ‖R_B‖², rows of unit length; what A does not label is predicted as 0."""
    return _predicted(fitted.unit_sums(labels, k), other.unit_sums(labels, k), block_sizes(*labels, *k), other.rows)


def _predicted(fitted: np.ndarray, other: np.ndarray, numbers: np.ndarray, rows: int) -> float:
    """1 − ‖R − M‖² / ‖R‖², by block sums of a fitted matrix and of R, whose rows have length 1."""
    means = fitted / np.maximum(numbers, 1)
    return float((2 * other * means - numbers * means**2).sum() / rows)


def sign_coherence(signed: np.ndarray, sizes: np.ndarray, numbers: np.ndarray) -> float:
    """Σ|block mean of R| / Σ block mean of |R|, by block sums of R and of |R| and the numbers of entries."""
    numbers = np.maximum(numbers, 1)
    return float((np.abs(signed) / numbers).sum() / (sizes / numbers).sum())


def balance(labels: np.ndarray, k: int) -> float:
    """Entropy of the cluster sizes over log k."""
    share = np.bincount(labels[labels >= 0], minlength=k) / max((labels >= 0).sum(), 1)
    share = share[share > 0]
    return float(-(share * np.log(share)).sum() / np.log(k))


def normalised_cut(sizes: np.ndarray) -> float:
    """Mean over matched pairs of clusters of 1 − (|R| inside the pair) / (mean |R| at its words and at its units).

    `sizes` [k, k] are the block sums of |R|.
    """
    rows, columns = linear_sum_assignment(-sizes)
    volume = sizes.sum(axis=1)[rows] + sizes.sum(axis=0)[columns]
    inside = 2 * sizes[rows, columns]
    return float(np.mean(1 - np.divide(inside, volume, out=np.zeros(len(sizes)), where=volume > 0)))


def adjusted_rand(a: np.ndarray, b: np.ndarray) -> float:
    """Adjusted Rand index (Hubert and Arabie 1985) over the items that both label."""
    both = (a >= 0) & (b >= 0)
    return float(adjusted_rand_score(a[both], b[both]))


def best_jaccard(labels: np.ndarray, other: np.ndarray, k: int) -> np.ndarray:
    """For each of the k clusters of `labels`, its best Jaccard overlap with a cluster of `other`, float64 [k]."""
    others = int(other.max(initial=0)) + 1
    common = shared(labels, other, k, others)
    sizes = (np.bincount(side[side >= 0], minlength=n) for side, n in ((labels, k), (other, others)))
    union = np.add.outer(*sizes) - common
    return np.divide(common, union, out=np.zeros(common.shape), where=union > 0).max(axis=1)


def shared(a: np.ndarray, b: np.ndarray, of_a: int, of_b: int) -> np.ndarray:
    """How many items each cluster of `a` shares with each of `b`, int64 [of_a, of_b]; −1 belongs to none."""
    both = (a >= 0) & (b >= 0)
    return np.bincount(a[both] * of_b + b[both], minlength=of_a * of_b).reshape(of_a, of_b)


def block_pushes(
    matrix: np.ndarray, word_labels: np.ndarray, unit_labels: np.ndarray, k: int, weights: np.ndarray
) -> np.ndarray:
    """What the words of a cluster push each of K scores by through the units of another, float64 [K, k, k].

    Mean over its words, and sum over its units, of `weights` [K, H] · `matrix` [words, H], their responses; 0 for an
    empty cluster. Labels are −1 for words and units in none.
    """
    size = np.bincount(word_labels[word_labels >= 0], minlength=k)
    members = (word_labels == np.arange(k)[:, None]).astype(np.float64)
    units = (unit_labels == np.arange(k)[:, None]).astype(np.float64)
    mean = members @ np.asarray(matrix, dtype=np.float64) / np.maximum(size, 1)[:, None]
    return np.stack([(mean * of) @ units.T for of in np.asarray(weights, dtype=np.float64)])


def class_purity(word_labels: np.ndarray, k: int, effects: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per word cluster: mean effects of its words, float64 [k, K], and the share of them that push alike, float64 [k].

    `effects` [words, K] on the scores of the answer. Words push alike whose effects have the same sign, or of several
    scores, whose largest effect is on the same one. Both are nan for an empty cluster.
    """
    inside = word_labels >= 0
    labels, effects = word_labels[inside], effects[inside]
    size = np.bincount(labels, minlength=k).astype(np.float64)
    size[size == 0] = np.nan
    if effects.shape[1] == 1:
        sides = [effects[:, 0] > 0, effects[:, 0] < 0]
    else:
        sides = [effects.argmax(axis=1) == score for score in range(effects.shape[1])]
    shares = [np.bincount(labels, weights=side, minlength=k) / size for side in sides]
    means = [np.bincount(labels, weights=of, minlength=k) / size for of in effects.T]
    return np.stack(means, axis=1), np.max(shares, axis=0)
