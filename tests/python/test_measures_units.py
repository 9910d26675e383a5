"""Unit measures on signals whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from rnnvis.measures.units.units import UnitAccumulator, decay_time, hoyer_sparsity, label_auc, top_words
from rnnvis.measures.words.contexts import ContextFinder


def measure(sentences, bounded=True):
    """Units of states [T, H] per sentence, starting from zero."""
    found = UnitAccumulator(sentences[0].shape[1], bounded)
    for states in sentences:
        previous = np.concatenate([np.zeros((1, states.shape[1])), states[:-1]])
        found.add(states, previous, np.arange(len(states)) > 0)
    return found


def test_time_scale_of_known_processes():
    random = np.random.default_rng(0)
    decay = np.array([0.3, 0.8, 0.95])
    states = [random.normal(size=3) / np.sqrt(1 - decay**2)]
    for _ in range(60000):
        states.append(decay * states[-1] + random.normal(size=3))
    autoregressive = np.array(states)
    found = measure([autoregressive], bounded=False).result()
    np.testing.assert_allclose(found.time_scale, -1 / np.log(decay), rtol=0.06)
    shifted = measure([autoregressive + 9], bounded=False).result()
    np.testing.assert_allclose(shifted.time_scale, found.time_scale, rtol=1e-4)
    # A delay line that holds each value for d steps repeats it with probability (d − 1)/d from one step to the next.
    held = np.repeat(random.normal(size=20000), 5)[:, None]
    np.testing.assert_allclose(measure([held], False).result().time_scale, [-1 / np.log(4 / 5)], rtol=0.06)
    alternating = np.tile([0.5, -0.5], 2000)
    found = measure([np.stack([alternating, np.full(4000, 0.2)], axis=1)]).result()
    assert np.isnan(found.time_scale).all()


def test_time_scale_looks_inside_sentences_only():
    constant = [np.full((4, 1), value) for value in np.linspace(-0.9, 0.9, 50)]
    found = measure(constant)
    assert found._pairs.count[0] == 150
    np.testing.assert_allclose(found._lag_one(), [1.0])
    assert np.isnan(found.result().time_scale[0])


def test_planted_saturation():
    states = np.full((100, 2), 0.5)
    states[:30, 0] = -0.95
    states[30:50, 1] = 0.900001
    found = measure([states]).result()
    np.testing.assert_allclose(found.saturation, [0.3, 0.2])
    np.testing.assert_allclose(found.mean_absolute, np.abs(states).mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.standard_deviation, states.std(axis=0), rtol=1e-5)
    without = measure([states], bounded=False).result()
    assert np.isnan(without.saturation).all()


@given(st.integers(0, 10**6), st.sampled_from([0.2, 1.0, 6.0, 300.0, 2e6, 1e12]))
@settings(max_examples=40, deadline=None)
def test_histograms_count_every_step_between_their_edges(seed, scale):
    random = np.random.default_rng(seed)
    states = random.normal(size=(300, 3)) * scale
    found = measure([states], bounded=False).result()
    assert found.histogram.shape == (3, 64)
    assert found.edges.shape == (65,)
    assert (np.diff(found.edges) > 0).all()
    assert found.edges[32] == 0
    for unit in range(3):
        inside = states[:, unit]
        edges = np.arcsinh(found.edges.astype(np.float64))
        wanted, _ = np.histogram(np.arcsinh(inside), edges)
        assert found.histogram[unit].sum() == 300
        assert np.abs(np.cumsum(found.histogram[unit] - wanted)).max() <= 1
    squashed = np.tanh(states)
    bounded = measure([squashed]).result()
    np.testing.assert_array_equal(bounded.histogram.sum(axis=1), 300)
    assert np.abs(bounded.histogram[0] - np.histogram(squashed[:, 0], 64, (-1, 1))[0]).sum() <= 2


def test_unit_accumulators_merge():
    random = np.random.default_rng(2)
    sentences = [np.tanh(random.normal(size=(n, 4))) for n in (3, 9, 4, 12)]
    whole = measure(sentences).result()
    left, right = measure(sentences[:1]), measure(sentences[1:])
    right.merge(left)
    for name, value in vars(right.result()).items():
        np.testing.assert_allclose(value, getattr(whole, name), rtol=1e-5, err_msg=name)


def test_histograms_of_different_ranges_merge():
    random = np.random.default_rng(3)
    sentences = [random.normal(size=(20, 3)) * scale for scale in (1.0, 1e9, 1e4)]
    whole = measure(sentences, bounded=False).result()
    for first in range(3):
        merged = measure(sentences[first : first + 1], bounded=False)
        merged.merge(measure(sentences[:first] + sentences[first + 1 :], bounded=False))
        np.testing.assert_array_equal(merged.result().histogram, whole.histogram)
        np.testing.assert_array_equal(merged.result().edges, whole.edges)


def test_hoyer_sparsity_runs_from_equal_to_single():
    found = hoyer_sparsity(np.array([[1.0, 0.0, -2.0, 0.0], [1.0, 0.0, 2.0, 3.0], [1.0, 0.0, -2.0, 0.0]]))
    np.testing.assert_allclose(found, [0.0, np.nan, 0.0, 1.0], atol=1e-12)
    x = np.random.default_rng(0).normal(size=100)
    wanted = (10 - np.abs(x).sum() / np.sqrt((x**2).sum())) / 9
    np.testing.assert_allclose(hoyer_sparsity(x[:, None]), [wanted])


def test_decay_time_is_defined_inside_the_unit_interval_only():
    np.testing.assert_allclose(decay_time(np.array([np.exp(-0.25), -0.1, 0.0, 1.0, np.nan])), [4] + [np.nan] * 4)


def test_label_auc_equals_scikit_learn_and_passes_over_unlabelled():
    random = np.random.default_rng(0)
    values = random.integers(-3, 4, size=(80, 5)).astype(float)
    labels = random.integers(-1, 2, size=80)
    known = labels >= 0
    wanted = [roc_auc_score(labels[known], values[known, u]) for u in range(5)]
    np.testing.assert_allclose(label_auc(values, labels), wanted, rtol=1e-6)
    assert np.isnan(label_auc(values, np.ones(80))).all()


def test_top_words_are_signed():
    scores = np.array([[0.1, 5.0], [-0.4, 1.0], [0.3, -2.0]])
    up, down = top_words(scores, np.array([7, 8, 9]), m=2)
    assert [words.tolist() for words in up] == [[9, 7], [7, 8]]
    assert [words.tolist() for words in down] == [[8], [9]]
    up, down = top_words(np.array([[0.0, 2.0], [0.0, 1.0]]), np.array([7, 8]))
    assert [words.tolist() for words in up] == [[], [7, 8]]
    assert [words.tolist() for words in down] == [[], []]


@given(st.lists(st.lists(st.integers(-3, 3), min_size=1, max_size=5), min_size=1, max_size=12), st.integers(1, 5))
@settings(max_examples=80, deadline=None)
def test_contexts_equal_brute_force_in_any_order(sentences, chunk):
    wanted = []
    for sign in (1, -1):
        best = []
        for number, values in enumerate(sentences):
            top = max(v * sign for v in values)
            step = next(i for i, v in enumerate(values) if v * sign == top)
            if top > 0:
                best.append((-top, number, step))
        for rank, (value, number, step) in enumerate(sorted(best)[:4]):
            wanted.append((0, sign, rank, number, step, -value * sign))
    for order in (range(len(sentences)), reversed(range(len(sentences)))):
        order = list(order)
        found = ContextFinder(1, ranks=4)
        for at in range(0, len(order), chunk):
            part = order[at : at + chunk]
            state = np.concatenate([sentences[i] for i in part]).astype(np.float32)[:, None]
            number = np.concatenate([[i] * len(sentences[i]) for i in part]).astype(np.int32)
            step = np.concatenate([range(len(sentences[i])) for i in part]).astype(np.int16)
            found.add(state, number, step)
        c = found.result()
        got = zip(c.unit, c.sign, c.rank, c.sentence_id, c.step, c.value, strict=True)
        assert [tuple(float(x) for x in row) for row in got] == [tuple(map(float, row)) for row in wanted]


def test_contexts_of_merged_shards():
    random = np.random.default_rng(0)
    state = random.normal(size=(60, 3)).astype(np.float32)
    number, step = np.repeat(np.arange(20), 3), np.tile(np.arange(3), 20)
    whole, left, right = ContextFinder(3), ContextFinder(3), ContextFinder(3)
    whole.add(state, number, step)
    left.add(state[:30], number[:30], step[:30])
    right.add(state[30:], number[30:], step[30:])
    right.merge(left)
    for name, value in vars(whole.result()).items():
        np.testing.assert_array_equal(value, getattr(right.result(), name))
    assert len(whole.result().unit) == 3 * 2 * 10


def test_an_unseen_accumulator_has_no_contexts():
    assert len(ContextFinder(2).result().unit) == 0


@pytest.mark.parametrize("digits", [1, 6])  # with six there are few ties, and few steps that may be among the best
@pytest.mark.parametrize("batch", [1, 7, 60, 200])
def test_contexts_of_many_sentences_with_ties_are_those_of_a_sort_of_all_of_them(batch, digits):
    random = np.random.default_rng(batch)
    sentences = [
        np.round(np.tanh(random.normal(size=(n, 4))), digits).astype(np.float32) for n in random.integers(1, 7, 200)
    ]
    wanted = []
    for unit in range(4):
        for sign in (1, -1):
            peaks = [
                (-max(sign * s[:, unit]), number, int(np.argmax(sign * s[:, unit])))
                for number, s in enumerate(sentences)
            ]
            wanted += [
                (unit, sign, rank, number, step, -sign * value)
                for rank, (value, number, step) in enumerate(sorted(peaks)[:10])
                if value < 0
            ]
    found = ContextFinder(4)
    order = random.permutation(200)
    for at in range(0, 200, batch):
        part = order[at : at + batch]
        number = np.concatenate([[i] * len(sentences[i]) for i in part]).astype(np.int32)
        step = np.concatenate([np.arange(len(sentences[i])) for i in part]).astype(np.int16)
        found.add(np.concatenate([sentences[i] for i in part]), number, step)
    c = found.result()
    got = zip(c.unit, c.sign, c.rank, c.sentence_id, c.step, c.value, strict=True)
    assert [tuple(map(float, row)) for row in got] == [tuple(map(float, row)) for row in wanted]
