"""Units that tell a planted feature, a known share of it, or nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from rnnvis.measures.units.selectivity import POSITIONS, QUANTILES, position_classes, quantile_bins, selectivity


def planted(n=6000):
    """Steps with one of four parts of speech: unit 0 tells it, unit 1 tells whether it is part 2, unit 2 nothing."""
    random = np.random.default_rng(0)
    part = random.integers(0, 4, n)
    noise = random.normal(size=(n, 3)) * 0.01
    states = np.stack([part / 4, (part == 2) * 0.8, np.zeros(n)], axis=1) + noise
    return states, part, np.arange(n) // 10


def test_a_planted_unit_tells_the_part_of_speech_and_a_free_one_nothing():
    states, part, sentence = planted()
    found = selectivity(quantile_bins(states), states, part, sentence)
    assert found.entropy == pytest.approx(2, abs=0.01)
    assert found.bits[0] == pytest.approx(found.entropy, abs=0.05)  # the borders of bins and parts differ
    assert found.highest.tolist()[:2] == [3, 2]
    assert found.lowest[0] == 0
    share = 0.25
    of_two = -(share * np.log2(share) + (1 - share) * np.log2(1 - share))
    assert found.bits[1] == pytest.approx(of_two, abs=0.1)
    assert found.bits[2] == pytest.approx(found.shuffled[2], abs=0.01)
    assert found.shuffled.max() < 0.02


def test_bits_are_the_mutual_information_that_scikit_learn_gives():
    states, part, sentence = planted(500)
    part[::7] = -1
    bins = quantile_bins(states)
    found = selectivity(bins, states, part, sentence)
    known = part >= 0
    wanted = [mutual_info_score(bins[known, unit], part[known]) / np.log(2) for unit in range(3)]
    np.testing.assert_allclose(found.bits, wanted, atol=1e-6)


def test_a_feature_that_is_the_same_all_along_sentences_stays_so_when_shuffled():
    random = np.random.default_rng(1)
    label = np.repeat(random.integers(0, 2, 60), 50)
    sentence = np.repeat(np.arange(60), 50)
    drift = np.repeat(random.normal(size=60), 50)[:, None] + 0.1 * random.normal(size=(3000, 1))
    found = selectivity(quantile_bins(drift), drift, label, sentence)
    step_by_step = np.random.default_rng(2).permutation(label)
    as_if_free = mutual_info_score(quantile_bins(drift)[:, 0], step_by_step) / np.log(2)
    assert found.shuffled[0] > 5 * as_if_free  # sixty sentences, not three thousand steps, are the sample


def test_a_feature_with_one_value_tells_nothing():
    states = np.ones((5, 2))
    assert selectivity(quantile_bins(states), states, np.zeros(5, int), np.arange(5)) is None
    assert selectivity(quantile_bins(states), states, np.full(5, -1), np.arange(5)) is None


def test_bins_are_equally_full_and_equal_states_share_one():
    states = np.random.default_rng(3).normal(size=(1600, 1)).astype(np.float16)
    counts = np.bincount(quantile_bins(states)[:, 0], minlength=QUANTILES)
    assert np.abs(counts - 100).max() <= 3
    assert len(np.unique(quantile_bins(np.array([[0.0], [0.0], [0.0], [1.0]])))) == 2


@pytest.mark.parametrize("largest", [1.0, 65504.0])
def test_many_steps_are_binned_as_sorting_bins_them(largest):
    """From 20,000 steps on, values are counted and not sorted."""
    random = np.random.default_rng(4)
    states = np.tanh(random.normal(size=(20_500, 5))) * largest
    states[:, 1] = np.round(states[:, 1] / largest, 1)  # many ties
    states[:, 2] = np.where(states[:, 2] > 0, 0.0, -0.0)
    states[:, 3] = -largest
    states[::3, 4] = largest
    states = states.astype(np.float16)
    found = quantile_bins(states)
    for unit in range(5):
        values = states[:, unit].astype(np.float32)
        borders = np.quantile(values, np.arange(1, QUANTILES) / QUANTILES)
        assert found[:, unit].tolist() == [int((borders < value).sum()) for value in values]
    assert len(np.unique(found[:, 0])) == QUANTILES


def test_positions_are_counted_from_one_in_classes_that_double():
    found = [POSITIONS[i] for i in position_classes(np.array([0, 1, 2, 3, 4, 7, 8, 63, 64, 5000]))]
    assert found == ["1", "2", "3–4", "3–4", "5–8", "5–8", "9–16", "33–64", "65 on", "65 on"]
