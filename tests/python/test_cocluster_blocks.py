"""The block method on planted matrices, and the exactness of its moves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans, SpectralCoclustering
from sklearn.metrics import adjusted_rand_score

from rnnvis.measures.clusters import blocks
from rnnvis.measures.clusters.cocluster import cocluster
from rnnvis.measures.clusters.methods import unit_rows

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


def continuum(seed, n=120, m=30):
    """No groups at all: smooth directions with decaying strength, as response matrices have them."""
    random = np.random.default_rng(seed)
    strength = 1 / np.arange(1, 13)
    return unit_rows(random.standard_normal((n, 12)) * strength @ random.standard_normal((12, m)))


@pytest.mark.parametrize("seed", range(3))
def test_growing_explains_more_than_the_best_of_many_random_starts(seed):
    x = continuum(seed)
    random = np.random.default_rng(seed)
    for k, (z, u) in enumerate(blocks.grow(x, 12, 12), start=1):
        assert len(np.unique(z)) == len(np.unique(u)) == k
        if k in (4, 8, 12):
            starts = []
            for _ in range(20):
                a = KMeans(k, n_init=1, random_state=int(random.integers(1 << 30))).fit(x).labels_.astype(int)
                b = KMeans(k, n_init=1, random_state=int(random.integers(1 << 30))).fit(x.T).labels_.astype(int)
                starts.append(blocks.explained(x, *blocks.alternate(x, a, b)))
            assert blocks.explained(x, z, u) > 0.99 * max(starts)
            assert blocks.explained(x, z, u) > np.median(starts)


@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(2, 3))
@settings(max_examples=40, deadline=None)
def test_no_single_move_improves_the_result(seed, words, units):
    random = np.random.default_rng(seed)
    x = random.standard_normal((12, 7))
    z = np.concatenate([np.arange(words), random.integers(0, words, 12 - words)])
    u = np.concatenate([np.arange(units), random.integers(0, units, 7 - units)])
    before = blocks.explained(x, z, u)
    z, u = blocks.refine(x, z, u)
    best = blocks.explained(x, z, u)
    assert best >= before - 1e-12
    means = blocks.block_means(x, z, u, words, units)
    residual = ((x - means[z][:, u]) ** 2).sum()
    assert best == pytest.approx((x**2).sum() - residual)
    for labels, k in ((z, words), (u, units)):
        for i in range(len(labels)):
            if (labels == labels[i]).sum() == 1:
                continue
            for other in range(k):
                moved = labels.copy()
                moved[i] = other
                value = blocks.explained(x, moved, u) if labels is z else blocks.explained(x, z, moved)
                assert value <= best + 1e-8 * (x**2).sum()


def test_alternation_and_exchange_never_lose():
    random = np.random.default_rng(1)
    for seed in range(20):
        x = continuum(seed, 40, 15)
        z, u = np.arange(40) % 4, np.arange(15) % 3
        random.shuffle(z)
        value = blocks.explained(x, z, u)
        a, b = blocks.alternate(x, z, u)
        assert blocks.explained(x, a, b) >= value - 1e-12
        exchanged, moves = blocks.exchange(x, z, u)
        gained = blocks.explained(x, exchanged, u) - value
        assert (gained > 0) == (moves > 0)
        assert (np.bincount(exchanged, minlength=4) > 0).all()


def test_splits_separate_what_is_apart_and_number_the_smaller_part():
    y = np.concatenate([np.zeros((7, 3)), np.tile([1.0, 2.0, 0.0], (4, 1))])
    gain, part = blocks.best_split(y)
    assert part.tolist() == [False] * 7 + [True] * 4
    assert gain == pytest.approx(((y - y.mean(axis=0)) ** 2).sum())
    assert blocks.best_split(y[:1])[0] == -1
    gain, part = blocks.best_split(np.ones((5, 2)))
    assert gain == pytest.approx(0)
    assert 0 < part.sum() < 5


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
