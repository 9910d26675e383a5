"""The block method on planted matrices, and the exactness of its moves."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans, SpectralCoclustering
from sklearn.metrics import adjusted_rand_score

from rnnvis.measures.clusters import blocks
from rnnvis.measures.clusters.cocluster import cocluster
from rnnvis.measures.clusters.grouped import unit_rows
from rnnvis.measures.clusters.growth import grow
from rnnvis.measures.clusters.splits import Members, best_split, two_means

WORDS, UNITS, K = 240, 96, 6


def planted_blocks(signal, seed):
    """Each word cluster moves one unit cluster, up or down; noise of variance 1."""
    random = np.random.default_rng(seed)
    z, u = random.integers(0, K, WORDS), random.integers(0, K, UNITS)
    sign = random.choice([-1, 1], K)
    mean = signal * sign[z][:, None] * (z[:, None] == u[None])
    return mean + random.standard_normal((WORDS, UNITS)), z, u


def planted_checkerboard(signal, seed):
    """Every block has a mean of ± signal."""
    random = np.random.default_rng(seed)
    z, u = random.integers(0, K, WORDS), random.integers(0, K, UNITS)
    means = random.choice([-1, 1], (K, K))
    return signal * means[z][:, u] + random.standard_normal((WORDS, UNITS)), z, u


def agreement(plant, signal, cluster, seeds=range(4)):
    scores = []
    for seed in seeds:
        matrix, z, u = plant(signal, seed)
        words, units = cluster(matrix)
        scores.append((adjusted_rand_score(z, words) + adjusted_rand_score(u, units)) / 2)
    return np.mean(scores)


def by_blocks(matrix):
    found = cocluster(matrix, K)
    return found.word_labels, found.unit_labels


def by_absolute_values(matrix):
    model = SpectralCoclustering(K, random_state=0).fit(np.abs(matrix))
    return model.row_labels_, model.column_labels_


def by_shift(matrix):
    found = cocluster(matrix, K, "rnnvis")
    return found.word_labels, found.unit_labels


def by_k_means_apart(matrix):
    def labels(x):
        return KMeans(K, n_init=5, random_state=0).fit(x).labels_

    return labels(unit_rows(matrix)), labels(unit_rows(matrix).T)


@pytest.mark.parametrize(
    ("plant", "signal", "least", "simple"),
    [
        (planted_blocks, 1.6, 0.99, {by_absolute_values: 0.9, by_shift: 0.92}),
        (planted_blocks, 0.9, 0.92, {by_absolute_values: 0.2, by_shift: 0.75, by_k_means_apart: 0.82}),
        (planted_checkerboard, 0.5, 0.9, {by_absolute_values: 0.1, by_shift: 0.78, by_k_means_apart: 0.86}),
        (planted_checkerboard, 0.35, 0.8, {by_absolute_values: 0.1, by_shift: 0.5, by_k_means_apart: 0.6}),
    ],
)
def test_planted_groups_are_found_where_simple_methods_miss_them(plant, signal, least, simple):
    found = agreement(plant, signal, by_blocks)
    assert found >= least
    for method, most in simple.items():
        reached = agreement(plant, signal, method)
        assert reached <= most, method.__name__
        assert reached < found, method.__name__


def test_loud_units_do_not_hide_groups_of_quiet_ones():
    def plant(signal, seed):
        matrix, z, u = planted_blocks(signal, seed)
        return matrix * np.exp(0.4 * np.random.default_rng(seed + 100).standard_normal(UNITS)), z, u

    assert agreement(plant, 1.2, by_blocks) > 0.9


def test_pure_blocks_are_found_exactly_with_different_numbers_of_clusters():
    random = np.random.default_rng(0)
    z, u = np.arange(60) % 5, np.arange(40) % 3
    means = np.array([[1, -1, 0.5], [-1, 1, 0.5], [1, 1, -1], [0, -1, 1], [-0.5, 0, -1]])
    order, columns = random.permutation(60), random.permutation(40)
    matrix = means[z][:, u][order][:, columns]
    found = cocluster(matrix, (5, 3))
    assert adjusted_rand_score(z[order], found.word_labels) == 1
    assert adjusted_rand_score(u[columns], found.unit_labels) == 1
    assert found.quality.explained == pytest.approx(1)
    assert found.quality.sign_coherence == pytest.approx(1)
    np.testing.assert_allclose(np.sort(found.block_means.ravel()), np.sort(means.ravel()), atol=1e-12)


def explained(x, z, u):
    """Σ S² / (n m), block by block."""
    return sum(x[z == r][:, u == c].mean() ** 2 * (z == r).sum() * (u == c).sum() for r in set(z) for c in set(u))


def block_means(x, z, u, words, units):
    return np.array([[x[z == r][:, u == c].mean() for c in range(units)] for r in range(words)])


def alternate(x, z, u):
    """Rows, then columns, to their nearest block means, until nothing moves or a cluster would be empty."""
    for _ in range(60):
        new = []
        for y, labels, other in ((x, z, u), (x.T, u, z)):
            means = block_means(y, labels, other, labels.max() + 1, other.max() + 1)[:, other]
            nearest = ((y[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
            new.append(nearest if len(set(nearest)) == len(set(labels)) else labels)
        if all(np.array_equal(*sides) for sides in zip(new, (z, u), strict=True)):
            break
        z, u = new
    return z, u


def assert_sums_are_true(fit, x):
    again = blocks.Fit.of(x, *fit.labels)
    for kept, counted in ((fit.rows, again.rows), (fit.columns, again.columns)):
        np.testing.assert_allclose(kept.sizes, counted.sizes)
        np.testing.assert_allclose(kept.over, counted.over, atol=1e-9)
    np.testing.assert_allclose(fit.blocks, again.blocks, atol=1e-9)
    assert fit.explained == pytest.approx(explained(x, *fit.labels))


def continuum(seed, n=120, m=30):
    """No groups at all: smooth directions with decaying strength, as response matrices have them."""
    random = np.random.default_rng(seed)
    strength = 1 / np.arange(1, 13)
    return unit_rows(random.standard_normal((n, 12)) * strength @ random.standard_normal((12, m)))


@pytest.mark.parametrize("seed", range(3))
def test_growing_explains_more_than_the_best_of_many_random_starts(seed):
    x = continuum(seed)
    random = np.random.default_rng(seed)
    for k, (z, u) in grow(x, 12, 12):
        assert len(np.unique(z)) == len(np.unique(u)) == k
        if k in (4, 8, 12):
            starts = []
            for _ in range(20):
                a = KMeans(k, n_init=1, random_state=int(random.integers(1 << 30))).fit(x).labels_.astype(int)
                b = KMeans(k, n_init=1, random_state=int(random.integers(1 << 30))).fit(x.T).labels_.astype(int)
                starts.append(explained(x, *alternate(x, a, b)))
            assert explained(x, z, u) > 0.99 * max(starts)
            assert explained(x, z, u) > np.median(starts)


@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(2, 3))
@settings(max_examples=40, deadline=None)
def test_no_single_move_improves_the_result(seed, words, units):
    random = np.random.default_rng(seed)
    x = random.standard_normal((12, 7))
    z = np.concatenate([np.arange(words), random.integers(0, words, 12 - words)])
    u = np.concatenate([np.arange(units), random.integers(0, units, 7 - units)])
    started = blocks.Fit.of(x, z, u)
    fit = blocks.settle(started)
    best = fit.explained
    assert best >= started.explained - 1e-12
    assert_sums_are_true(fit, x)
    z, u = fit.labels
    means = block_means(x, z, u, words, units)
    residual = ((x - means[z][:, u]) ** 2).sum()
    assert best == pytest.approx((x**2).sum() - residual)
    for labels, k in ((z, words), (u, units)):
        for i in range(len(labels)):
            if (labels == labels[i]).sum() == 1:
                continue
            for other in range(k):
                moved = labels.copy()
                moved[i] = other
                value = explained(x, moved, u) if labels is z else explained(x, z, moved)
                assert value <= best + 1e-8 * (x**2).sum()


def test_steps_never_lose_and_leave_no_cluster_empty():
    random = np.random.default_rng(1)
    steps = 0
    for seed in range(20):
        x = continuum(seed, 40, 15)
        z, u = np.arange(40) % 4, np.arange(15) % 3
        random.shuffle(z)
        fit = blocks.Fit.of(x, z, u)
        while (moved := blocks.step(fit, 1e-10)) is not None:
            assert moved.explained > fit.explained
            assert (np.bincount(moved.labels[0], minlength=4) > 0).all()
            assert_sums_are_true(moved, x)
            fit, steps = moved, steps + 1
    assert steps > 40


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
def test_splits_and_merges_keep_their_sums(form):
    x = continuum(0, 40, 15)
    z, u = np.arange(40) % 4, np.arange(15) % 3
    fit = blocks.Fit.of(form(x), z, u)
    parted = blocks.split(fit, np.array([1, 5, 9]))
    assert parted.labels[0].tolist() == np.where(np.isin(np.arange(40), [1, 5, 9]), 4, z).tolist()
    assert_sums_are_true(parted, x)
    turned = blocks.split(fit.turned, np.array([2, 8])).turned
    assert_sums_are_true(turned, x)
    joined = blocks.merge(parted)
    assert_sums_are_true(joined, x)
    losses = []
    for a in range(5):
        for b in range(a):
            other = np.where(parted.labels[0] == a, b, parted.labels[0])
            losses.append(parted.explained - explained(x, other, u))
    assert parted.explained - joined.explained == pytest.approx(min(losses))
    moved = blocks.step(fit, 1e-10)
    assert_sums_are_true(moved, x)


def test_what_is_found_for_k_does_not_depend_on_the_other_k():
    x = continuum(3)
    found = dict(grow(x, 12, 12))
    assert list(found) == list(range(1, 13))
    for k in (1, 3, 4, 5, 11, 12):
        ((only, (z, u)),) = grow(x, k, k, {k})
        assert only == k
        np.testing.assert_array_equal(z, found[k][0])
        np.testing.assert_array_equal(u, found[k][1])
    for words, units in ((5, 3), (2, 9), (120, 4), (7, 30)):
        z, u = dict(grow(x, words, units))[max(words, units)]
        assert len(set(z)) == words
        assert len(set(u)) == units


def test_splits_separate_what_is_apart_and_number_the_smaller_part():
    y = np.concatenate([np.zeros((7, 3)), np.tile([1.0, 2.0, 0.0], (4, 1))])
    centred = y - y.mean(axis=0)
    gain, part = two_means(centred, np.array([1.0, 0.0, 0.0]))
    assert part.tolist() == [False] * 7 + [True] * 4
    assert gain == pytest.approx((centred**2).sum())
    gain, part = two_means(np.zeros((5, 2)), np.zeros(2))
    assert gain == pytest.approx(0)
    assert 0 < part.sum() < 5


def test_the_cluster_that_gains_most_is_split():
    random = np.random.default_rng(0)
    tight, alone, wide = (
        0.1 * random.standard_normal((9, 3)),
        [[9.0, 9, 9]],
        np.repeat([[0.0, 0, 0], [4, 0, 3]], 4, axis=0),
    )
    labels = np.array([0] * 9 + [1] + [2] * 8)
    y = np.concatenate([tight, alone, wide])
    order = random.permutation(18)
    found = best_split(y[order], Members.of(labels[order], 3))
    assert set(order[found]) in ({10, 11, 12, 13}, {14, 15, 16, 17})


def test_identical_words_still_give_k_clusters():
    matrix = np.random.default_rng(0).standard_normal((3, 8))[np.arange(30) % 3]
    found = cocluster(matrix, 6)
    assert (np.bincount(found.word_labels, minlength=6) > 0).all()
    assert found.quality.explained == pytest.approx(1, abs=0.05)


def test_reordering_words_and_units_reorders_the_labels():
    matrix, _, _ = planted_blocks(1.5, 0)
    random = np.random.default_rng(3)
    rows, columns = random.permutation(WORDS), random.permutation(UNITS)
    found, again = cocluster(matrix, K), cocluster(matrix[rows][:, columns], K)
    assert adjusted_rand_score(found.word_labels[rows], again.word_labels) == 1
    assert adjusted_rand_score(found.unit_labels[columns], again.unit_labels) == 1


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1e150])
def test_the_scale_of_the_matrix_does_not_matter(scale):
    matrix, _, _ = planted_blocks(1.5, 1)
    found, again = cocluster(matrix, K), cocluster(matrix * scale, K)
    assert adjusted_rand_score(found.word_labels, again.word_labels) == 1
    assert adjusted_rand_score(found.unit_labels, again.unit_labels) == 1
    np.testing.assert_allclose(np.sort(again.block_means.ravel()), np.sort(found.block_means.ravel()) * scale)
