"""The public co-clustering: figures, sweeps, draw orders, odd input."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score

from rnnvis.errors import RnnvisError
from rnnvis.measures.clusters import quality as q
from rnnvis.measures.clusters.cocluster import cocluster, match, sweep, word_strengths
from rnnvis.measures.clusters.draw_order import draw_orders, link_length
from rnnvis.measures.clusters.grouped import unit_rows
from rnnvis.measures.clusters.methods import METHODS, cut, k_means


def measured(seed=0, n=90, m=24, noise=0.15):
    """Responses without clear groups, and two noisy measurements of them."""
    random = np.random.default_rng(seed)
    truth = random.standard_normal((n, 8)) / np.arange(1, 9) @ random.standard_normal((8, m))
    halves = tuple(truth + noise * random.standard_normal(truth.shape) for _ in range(2))
    return (halves[0] + halves[1]) / 2, halves


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_labels_means_and_figures(method):
    matrix, halves = measured()
    found = cocluster(matrix, 6, method, halves)
    assert found.word_labels.shape == (90,)
    assert found.unit_labels.shape == (24,)
    for labels, order in ((found.word_labels, found.word_order), (found.unit_labels, found.unit_order)):
        assert set(labels.tolist()) <= set(range(6))
        assert sorted(order.tolist()) == list(range(6))
    for r in range(6):
        for c in range(6):
            block = matrix[found.word_labels == r][:, found.unit_labels == c]
            assert found.block_means[r, c] == pytest.approx(block.mean() if block.size else 0)
    figures = found.quality
    assert figures.held_out_r2 is not None
    assert figures.bound is not None
    assert 0 < figures.held_out_r2 < figures.explained < 1
    assert figures.held_out_r2 < figures.bound < 1
    assert 0 < figures.sign_coherence <= 1
    assert 0 < figures.balance <= 1
    assert figures.normalised_cut is not None
    assert 0 <= figures.normalised_cut <= 1
    assert figures.stability_words is not None
    assert figures.stability_words.shape == (6,)
    without = cocluster(matrix, 6, method).quality
    assert without.held_out_r2 is without.bound is without.ari_words is without.stability_words is None
    assert without.explained == figures.explained


def test_the_block_method_explains_most():
    matrix, halves = measured()
    held_out = {m: cocluster(matrix, 6, m, halves).quality.held_out_r2 for m in METHODS}
    assert max(held_out, key=lambda m: held_out[m]) == "block"


def test_held_out_figures_are_what_they_say():
    matrix, (a, b) = measured()
    found = cocluster(matrix, 5, halves=(a, b)).quality
    values, bounds = [], []
    for fitted, other in ((a, b), (b, a)):
        labels = cocluster(fitted, 5)
        x, y = (m / np.linalg.norm(m, axis=1, keepdims=True) for m in (fitted, other))
        predicted = np.empty_like(y)
        for i in range(len(y)):
            for j in range(y.shape[1]):
                rows = labels.word_labels == labels.word_labels[i]
                columns = labels.unit_labels == labels.unit_labels[j]
                predicted[i, j] = x[rows][:, columns].mean()
        values.append(1 - ((y - predicted) ** 2).sum() / (y**2).sum())
        singular = np.linalg.svd(y, compute_uv=False)
        bounds.append((singular[:5] ** 2).sum() / (y**2).sum())
    assert found.held_out_r2 == pytest.approx(np.mean(values))
    assert found.bound == pytest.approx(np.mean(bounds))


def test_noise_explains_nothing_of_other_noise():
    random = np.random.default_rng(0)
    halves = random.standard_normal((60, 20)), random.standard_normal((60, 20))
    found = cocluster((halves[0] + halves[1]) / 2, 8, halves=halves).quality
    assert found.explained > 0.2
    assert found.held_out_r2 < 0.02
    assert abs(found.ari_words) < 0.1
    assert found.stability_words.max() < 0.7


def test_identical_halves_are_perfectly_stable():
    matrix, _ = measured()
    found = cocluster(matrix, 7, halves=(matrix, matrix)).quality
    assert found.ari_words == found.ari_units == 1
    assert found.held_out_r2 == pytest.approx(found.explained)
    np.testing.assert_allclose(found.stability_words, 1)
    np.testing.assert_allclose(found.stability_units, 1)


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), min_size=3, max_size=40))
@settings(max_examples=80, deadline=None)
def test_rand_index_and_jaccard_equal_counts_of_pairs(pairs):
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    both = [(p, q) for p, q in pairs if p >= 0 and q >= 0]
    couples = list(itertools.combinations(both, 2))
    together, of_a, of_b = (
        sum(same(x, y) for x, y in couples)
        for same in (lambda x, y: x == y, lambda x, y: x[0] == y[0], lambda x, y: x[1] == y[1])
    )
    expected, most = of_a * of_b / max(len(couples), 1), (of_a + of_b) / 2
    wanted = 1 if most == expected else (together - expected) / (most - expected)
    assert q.adjusted_rand(a, b) == pytest.approx(wanted)
    for r, value in enumerate(q.best_jaccard(a, b, 4)):
        mine = set(np.flatnonzero(a == r))
        others = [set(np.flatnonzero(b == c)) for c in range(4)]
        wanted = [len(mine & o) / len(mine | o) for o in others if mine | o]
        assert value == pytest.approx(max(wanted, default=0))


def test_figures_of_known_groups():
    matrix = np.kron(np.array([[2.0, 0], [0, -1]]), np.ones((2, 3)))
    labels = np.array([0, 0, 1, 1]), np.array([1, 1, 1, 0, 0, 0])
    found = q.quality(q.Measured(matrix), labels, (2, 2))
    assert found.normalised_cut == pytest.approx(0)
    assert found.sign_coherence == pytest.approx(1)
    assert found.explained == pytest.approx(1)
    mixed = q.quality(q.Measured(matrix), (np.array([0, 1, 0, 1]), labels[1]), (2, 2))
    assert mixed.normalised_cut == pytest.approx((1 - 6 / 15 + 1 - 12 / 21) / 2)
    opposite = q.Measured(np.array([[1.0, -1], [-1, 1]]))
    assert q.quality(opposite, (np.array([0, 0]), np.array([0, 1])), (2, 2)).sign_coherence == 0
    assert q.balance(np.array([0, 0, 1, 1]), 2) == pytest.approx(1)
    assert q.balance(np.array([0, 0, 0, 1, -1]), 2) == pytest.approx(-(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25)))
    effect, purity = q.class_purity(np.array([0, 0, 0, 1, -1]), 3, np.array([[1.0, 2.0, -0.5, -4.0, 9]]).T)
    np.testing.assert_allclose(effect, [[2.5 / 3], [-4], [np.nan]])
    np.testing.assert_allclose(purity, [2 / 3, 1, np.nan])
    of_classes = np.array([[3.0, 1, 0], [0, 1, 2], [5, 4, 0], [0, 0, 1], [0, 9, 0]])
    effect, purity = q.class_purity(np.array([0, 0, 0, 1, -1]), 3, of_classes)
    np.testing.assert_allclose(effect, [[8 / 3, 2, 2 / 3], [0, 0, 1], [np.nan] * 3])
    np.testing.assert_allclose(purity, [2 / 3, 1, np.nan])  # two of three words push class 0 most


def test_block_pushes_are_mean_pushes_of_words_through_chips():
    random = np.random.default_rng(3)
    matrix, weights = random.standard_normal((9, 7)), random.standard_normal((3, 7))
    words, units = np.array([0, 2, 2, 0, -1, 1, 1, 1, 0]), np.array([1, 1, 0, -1, 3, 0, 3])
    found = q.block_pushes(matrix, words, units, 4, weights)
    for score, a, b in np.ndindex(3, 4, 4):
        pushes = [
            sum(weights[score, u] * matrix[w, u] for u in range(7) if units[u] == b) for w in range(9) if words[w] == a
        ]
        assert found[score, a, b] == pytest.approx(sum(pushes) / max(len(pushes), 1))


@pytest.mark.parametrize("form", [np.asarray, np.asfortranarray, sp.csr_array, sp.coo_matrix])
def test_figures_are_those_of_plain_loops_whatever_the_layout(form):
    random = np.random.default_rng(0)
    dense = random.standard_normal((11, 7)) * (random.random((11, 7)) < 0.7)
    dense[4], dense[:, 2] = 0, 0
    z, u = random.integers(0, 3, 11), random.integers(0, 3, 7)
    z[:3], u[:3], z[4], u[2] = range(3), range(3), -1, -1
    sums, of_unit_rows, sizes = np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((3, 3))
    for i, j in itertools.product(range(11), range(7)):
        if z[i] >= 0 and u[j] >= 0:
            sums[z[i], u[j]] += dense[i, j]
            of_unit_rows[z[i], u[j]] += dense[i, j] / np.linalg.norm(dense[i])
            sizes[z[i], u[j]] += abs(dense[i, j])
    found = q.Measured(sp.csr_array(dense) if sp.issparse(form(dense)) else form(dense)).sums((z, u), (3, 3))
    np.testing.assert_allclose(found.signed, sums, atol=1e-12)
    np.testing.assert_allclose(found.unit, of_unit_rows, atol=1e-12)
    np.testing.assert_allclose(found.sizes, sizes, atol=1e-12)
    wanted = sweep(dense, [2, 3])
    for one, other in zip(sweep(form(dense), [2, 3]), wanted, strict=True):
        np.testing.assert_array_equal(one.word_labels, other.word_labels)
        np.testing.assert_array_equal(one.unit_labels, other.unit_labels)
        np.testing.assert_allclose(one.block_means, other.block_means, atol=1e-12)
        assert one.quality.explained == pytest.approx(other.quality.explained)
    np.testing.assert_allclose(word_strengths(form(dense), u, 3), word_strengths(dense, u, 3))


@pytest.mark.parametrize("method", METHODS)
def test_one_k_equals_its_place_in_the_sweep(method):
    matrix, halves = measured()
    swept = sweep(matrix, range(2, 9), method, halves)
    assert [c.k for c in swept] == [(k, k) for k in range(2, 9)]
    alone = cocluster(matrix, 8, method, halves)
    assert adjusted_rand_score(alone.word_labels, swept[-1].word_labels) == 1
    assert adjusted_rand_score(alone.unit_labels, swept[-1].unit_labels) == 1
    assert alone.quality.held_out_r2 == pytest.approx(swept[-1].quality.held_out_r2)


@pytest.mark.parametrize("method", METHODS)
def test_results_are_deterministic_and_leave_the_input_alone(method):
    matrix, halves = measured()
    copies = [m.copy() for m in (matrix, *halves)]
    one, two = (sweep(matrix, [3, 4, 9], method, halves) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.word_labels, b.word_labels)
        np.testing.assert_array_equal(a.unit_labels, b.unit_labels)
        np.testing.assert_array_equal(a.word_order, b.word_order)
        assert a.block_means.tobytes() == b.block_means.tobytes()
        assert a.quality.held_out_r2 == b.quality.held_out_r2
    for kept, given_ in zip(copies, (matrix, *halves), strict=True):
        np.testing.assert_array_equal(kept, given_)


def test_the_sweep_covers_every_k_up_to_the_smaller_side():
    matrix, _ = measured(n=40, m=9)
    assert [c.k[0] for c in sweep(matrix)] == list(range(2, 10))
    assert [c.k[0] for c in sweep(measured(n=50, m=40)[0])] == list(range(2, 31))


def test_labels_keep_their_names_from_k_to_k_plus_one():
    matrix, _ = measured(n=150, m=30)
    for method in ("block", "spectral"):
        swept = sweep(matrix, range(2, 16), method)
        for a, b in itertools.pairwise(swept):
            for before, after in ((a.word_labels, b.word_labels), (a.unit_labels, b.unit_labels)):
                assert (before == after).sum() == most_kept(before, after)
    kept = [(a.word_labels == b.word_labels).mean() for a, b in itertools.pairwise(sweep(matrix))]
    assert np.mean(kept) > 0.8


def most_kept(before, after):
    """The most items that any one-to-one renaming of `after` leaves with their label."""
    table = np.zeros((after.max() + 1, after.max() + 1))
    np.add.at(table, (after, before), 1)
    return table[linear_sum_assignment(-table)].sum()


@given(st.lists(st.integers(0, 3), min_size=8, max_size=30), st.permutations(range(4)))
@settings(max_examples=60, deadline=None)
def test_matching_undoes_a_renaming(labels, renaming):
    labels = np.array(labels)
    renamed = np.array(renaming)[labels]
    np.testing.assert_array_equal(match(labels, renamed, 4, 4), labels)


def test_matching_gives_new_clusters_the_free_names():
    before = np.array([0, 0, 0, 1, 1, 1, -1])
    after = np.array([2, 2, 0, 1, 1, 1, -1])
    assert match(before, after, 2, 3).tolist() == [0, 0, 2, 1, 1, 1, -1]


def test_zero_words_and_units_are_set_aside_and_named():
    matrix, halves = measured()
    matrix[[3, 50]] = 0
    matrix[:, 7] = 0
    a, b = (h.copy() for h in halves)
    a[[3, 10, 50]] = 0
    b[[3, 50]] = 0
    found = cocluster(matrix, 5, halves=(a, b))
    assert found.zero_words.tolist() == [3, 50]
    assert found.zero_units.tolist() == [7]
    assert (found.word_labels[[3, 50]] == -1).all()
    assert (np.delete(found.word_labels, [3, 50]) >= 0).all()
    assert found.unit_labels[7] == -1
    assert np.isfinite(found.quality.held_out_r2)
    rest = cocluster(np.delete(np.delete(matrix, [3, 50], axis=0), 7, axis=1), 5)
    assert adjusted_rand_score(np.delete(found.word_labels, [3, 50]), rest.word_labels) == 1


@pytest.mark.parametrize("method", METHODS)
def test_sparse_matrices_give_what_dense_ones_give(method):
    matrix, halves = measured()
    matrix[np.abs(matrix) < 0.3] = 0
    for form in (sp.csr_matrix, sp.coo_array):
        found = cocluster(form(matrix), 4, method, halves=tuple(map(form, halves)))
        wanted = cocluster(matrix, 4, method, halves=halves)
        assert adjusted_rand_score(found.word_labels, wanted.word_labels) == 1
        assert adjusted_rand_score(found.unit_labels, wanted.unit_labels) == 1
        assert found.quality.held_out_r2 == pytest.approx(wanted.quality.held_out_r2)
        assert found.quality.bound == pytest.approx(wanted.quality.bound)
        assert found.quality.normalised_cut == pytest.approx(wanted.quality.normalised_cut)


def test_sparse_matrices_are_never_made_dense(monkeypatch):
    random = np.random.default_rng(0)
    words, units, k, each = 60_000, 600, 4, 6
    z, u = random.integers(0, k, words), np.arange(units) % k
    columns = random.integers(0, units // k, (words, each)) * k + z[:, None]
    ends = np.arange(0, words * each + 1, each)
    matrix = sp.csr_array((1 + random.random(words * each), columns.ravel(), ends), (words, units))

    for kind in (sp.csr_array, sp.csc_array, sp.coo_array):
        real = kind.toarray

        def toarray(self, *rest, real=real, **named):
            assert np.prod(self.shape) < 10**7, f"{self.shape} made dense"
            return real(self, *rest, **named)

        monkeypatch.setattr(kind, "toarray", toarray)
    found = cocluster(matrix, 4)
    assert adjusted_rand_score(z, found.word_labels) == 1
    assert adjusted_rand_score(u, found.unit_labels) == 1
    with pytest.raises(RnnvisError, match="leaves no zeros of 12000 × 12000"):
        cocluster(-sp.eye_array(12_000, format="csr"), 4, "rnnvis")


@given(
    st.integers(0, 10**6),
    st.sampled_from(("equal", "parts", "integers")),
    st.sampled_from(sorted(METHODS)),
    st.integers(2, 6),
)
@settings(max_examples=120, deadline=None)
def test_labels_stay_below_k_where_much_is_equal(seed, kind, method, k):
    random = np.random.default_rng(seed)
    if kind == "equal":
        matrix = random.integers(1, 4, (3, 8)).astype(float)[np.arange(12) % 3]
    elif kind == "parts":
        matrix = np.kron(np.eye(4), np.ones((3, 2)))
    else:
        matrix = random.integers(-1, 3, (12, 8)).astype(float)
    try:
        found = cocluster(matrix, k, method)
    except RnnvisError as error:
        assert "rnnvis" in str(error) or "too few" in str(error) or "out of range" in str(error)  # noqa: PT017
        return
    for labels, clusters in ((found.word_labels, found.k[0]), (found.unit_labels, found.k[1])):
        assert ((labels >= -1) & (labels < clusters)).all()
    if method == "modularity":
        both = np.concatenate([found.word_labels, found.unit_labels])
        assert len(np.unique(both[both >= 0])) == k


def test_a_dendrogram_is_cut_into_k_at_equal_and_infinite_heights():
    dendrogram = np.array([[0, 1, 1, 2], [2, 3, 1, 2], [4, 6, 1, 3], [5, 7, np.inf, 5]])
    for k, wanted in ((1, [0, 0, 0, 0, 0]), (2, [0, 0, 1, 1, 1]), (3, [0, 0, 1, 1, 2]), (4, [0, 0, 1, 2, 3])):
        assert adjusted_rand_score(cut(dendrogram, k), wanted) == 1
        assert set(cut(dendrogram, k)) == set(range(k))


def test_word_strengths_are_means_over_unit_clusters():
    matrix, _ = measured()
    found = cocluster(matrix, 4)
    strengths = word_strengths(matrix, found.unit_labels, 4)
    for c in range(4):
        np.testing.assert_allclose(strengths[:, c], matrix[:, found.unit_labels == c].mean(axis=1))
    for r in range(4):
        inside = found.word_labels == r
        np.testing.assert_allclose(strengths[inside].mean(axis=0), found.block_means[r])


def test_draw_orders_put_partners_side_by_side():
    random = np.random.default_rng(0)
    for k in (2, 5, 12):
        partner, names = random.permutation(k), np.arange(k)
        means = np.where(partner[:, None] == names[None, :], random.uniform(0.5, 1, (k, 1)), 0)
        words, units = draw_orders(means)
        assert partner[words].tolist() == units.tolist()
        assert link_length(means, words, units) == pytest.approx(0)


def test_only_a_clearly_better_place_is_taken():
    before = np.array([1, 0]), np.array([0, 1])
    for other, wanted in ((0.98, [1, 0]), (0.8, [0, 1])):
        words, units = draw_orders(np.array([[1, other], [other, 1]]), before)
        assert words.tolist() == wanted
        assert units.tolist() == [0, 1]


def test_draw_orders_are_short_and_change_little():
    matrix, _ = measured(n=150, m=30)
    random = np.random.default_rng(0)
    swept = sweep(matrix)
    turned = []
    for a, b in itertools.pairwise(swept):
        k = b.k[0]
        chance = [link_length(b.block_means, random.permutation(k), random.permutation(k)) for _ in range(20)]
        assert link_length(b.block_means, b.word_order, b.unit_order) <= np.mean(chance)
        place = np.argsort(b.word_order)[a.word_order]
        pairs = np.triu(np.ones((len(place), len(place))), 1)
        turned.append(((place[:, None] > place[None, :]) * pairs).sum() / pairs.sum())
    assert np.mean(turned) < 0.15


def test_the_end_with_higher_scores_is_on_top():
    matrix, _ = measured()
    scores = matrix[:, 0]
    for sign in (1, -1):
        first = sweep(matrix, [5], word_scores=sign * scores)[0]
        means = [scores[first.word_labels == r].mean() * sign for r in first.word_order]
        assert np.polyfit(range(5), means, 1)[0] < 0


def test_k_means_of_coinciding_points():
    labels = k_means(np.zeros((6, 2)), 3)
    assert ((labels >= 0) & (labels < 3)).all()
    points = np.array([[0.0, 0], [0.1, 0], [5, 0], [5.1, 0], [0, 9]])
    assert adjusted_rand_score(k_means(points, 3), [0, 0, 1, 1, 2]) == 1


def test_unit_rows_have_length_one_and_zeros_stay():
    rows = unit_rows(np.array([[3.0, 4.0], [0.0, 0.0], [1e-300, 0.0]]))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0], [1, 0]])


GOOD = np.random.default_rng(0).standard_normal((8, 6))
BROKEN = GOOD.copy()
BROKEN[2, 3] = np.nan


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((GOOD, 1), "k = 1 is out of range"),
        ((GOOD, 7), "k = 7 is out of range: the matrix has 8 words and 6 units"),
        ((GOOD, (9, 2)), r"k = \(9, 2\) is out of range"),
        ((GOOD, 2.5), r"k = 2\.5 is not a number of clusters"),
        ((GOOD, True), "k = True is not a number"),
        ((GOOD, (2, 2, 2)), "is not a number of clusters"),
        ((GOOD, 3, "blocks"), 'unknown co-clustering method "blocks"'),
        ((GOOD, (3, 2), "modularity"), 'method "modularity" makes as many unit clusters as word clusters'),
        ((GOOD, (3, 2), "rnnvis"), 'method "rnnvis" makes as many'),
        ((np.ones((4, 4)), 2, "rnnvis"), 'method "rnnvis" shifts the matrix'),
        ((-np.ones((4, 4)), 2, "modularity"), "no response is positive"),
        ((BROKEN, 2), "holds 1 values that are not finite, the first at word 2, unit 3"),
        ((np.full((3, 3), np.inf), 2), "holds 9 values that are not finite"),
        ((np.zeros((4, 4)), 2), "the matrix has 0 words and 0 units with a response"),
        ((np.ones(4), 2), r"the matrix has the shape \(4,\)"),
        ((np.ones((0, 4)), 2), r"the matrix has the shape \(0, 4\)"),
        (([["a"]], 2), "not an array of numbers"),
        (([["1", "2"], ["3", "4"]], 2), "not an array of numbers"),
        ((GOOD * 1j, 2), "not an array of numbers"),
        ((sp.csr_array(GOOD * 1j), 2), "not an array of numbers"),
        ((np.ma.masked_less(GOOD, 0), 2), "the matrix is a masked array"),
        ((GOOD, 2, "block", (GOOD, GOOD[:4])), r"shapes \(8, 6\) and \(4, 6\), the matrix \(8, 6\)"),
        ((GOOD, 2, "block", (GOOD,)), "halves must be two matrices"),
        ((GOOD, 2, "block", (GOOD, BROKEN)), "the second half holds 1 values"),
        ((GOOD, 3, "block", (GOOD, np.eye(8, 6, k=4))), "the second half has 2 words and 2 units"),
    ],
)
def test_mistakes_are_named_with_a_fix(arguments, says):
    with pytest.raises(RnnvisError, match=says) as error:
        cocluster(*arguments)
    assert error.value.fix


def test_direction_keeps_units_of_any_loudness_together_where_block_parts_them():
    random = np.random.default_rng(3)
    words, units = np.repeat(np.arange(4), 60), np.repeat(np.arange(4), 20)
    means = random.normal(size=(4, 4))
    loudness = np.exp(random.normal(0, 1.2, len(units)))
    matrix = (means[words][:, units] + random.normal(0, 0.3, (len(words), len(units)))) * loudness
    found = {method: cocluster(matrix, 4, method).unit_labels for method in ("block", "direction")}
    agreement = {method: adjusted_rand_score(units, labels) for method, labels in found.items()}
    assert agreement["direction"] > 0.95
    assert agreement["direction"] > agreement["block"] + 0.05


def test_without_scikit_network_its_method_alone_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "sknetwork.hierarchy", None)
    matrix = np.random.default_rng(0).normal(size=(12, 9))
    assert len(cocluster(matrix, 3, "block").word_labels) == 12
    with pytest.raises(RnnvisError, match="needs scikit-network, which is not installed"):
        cocluster(matrix, 3, "modularity")
