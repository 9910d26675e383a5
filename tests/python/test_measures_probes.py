"""Linear probes for features that are planted in a state, and for features that are not."""

from __future__ import annotations

import numpy as np
import pytest

from rnnvis.measures.states.probes import FEWEST, probe


def planted(sentences=400, words=6):
    random = np.random.default_rng(0)
    sentence = np.repeat(np.arange(sentences), words)
    feature = random.choice(3, len(sentence), p=[0.5, 0.3, 0.2])
    states = random.normal(size=(len(sentence), 12))
    states[:, 4] += 6 * (feature == 1)
    states[:, 9] -= 6 * (feature == 2)
    return states, feature, sentence, sentence % 2 == 0


def test_a_planted_feature_is_read_off_and_shuffled_labels_are_not():
    states, feature, sentence, fitted = planted()
    found = {f.measure: f for f in probe("part_of_speech", "words whose part", states, feature, sentence, fitted)}
    assert found["probe_part_of_speech"].value > 0.97
    common = (feature[~fitted] == 0).mean()
    assert found["probe_part_of_speech_commonest"].value == pytest.approx(common)
    assert found["probe_part_of_speech_shuffled"].value == pytest.approx(common, abs=0.03)
    assert 0 < found["probe_part_of_speech"].standard_error < 0.01


def test_a_feature_that_is_not_there_is_not_read_off():
    states, feature, sentence, fitted = planted()
    noise = np.random.default_rng(1).normal(size=states.shape)
    real, shuffled, common = probe("label", "sentences", noise, feature, sentence, fitted)
    assert real.value == pytest.approx(shuffled.value, abs=0.03)
    assert real.value <= common.value + 0.02


def test_too_few_sentences_or_values_give_no_figure():
    states, feature, sentence, fitted = planted()
    few = sentence < FEWEST
    assert probe("label", "x", states[few], feature[few], sentence[few], fitted[few]) == []
    assert probe("label", "x", states, np.zeros(len(feature), int), sentence, fitted) == []
    assert probe("label", "x", states, np.full(len(feature), -1), sentence, fitted) == []
