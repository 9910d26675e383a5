"""Expected responses, quantiles and selections against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from rnnvis.errors import RnnvisError
from rnnvis.measures.moments import GroupedMoments
from rnnvis.measures.words.quantiles import BIN_WIDTH, LEVELS, SCALE, QuantileAccumulator
from rnnvis.measures.words.responses import ResponseAccumulator, row_correlation, sentence_halves
from rnnvis.measures.words.selections import reliable_norm, select_words
from rnnvis.measures.words.surprise import RANKS, distances, surprise, use_distances
from tests.python.stepping import record_steps

WORDS, UNITS = 9, 6


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.embedding = nn.Embedding(WORDS, 4)
        self.rnn = nn.LSTM(4, UNITS, batch_first=True)
        self.head = nn.Linear(UNITS, 2)

    def forward(self, ids, lengths):
        return self.rnn(self.embedding(ids))[0]


def corpus():
    random = np.random.default_rng(0)
    text = [
        random.choice(WORDS - 1, random.integers(1, 9), p=np.array([4, 3, 2, 1, 1, 1, 1, 1]) / 14) for _ in range(40)
    ]
    return text, [f"{i:016x}" for i in range(40)]


@torch.no_grad()
def naive(model, text, halves):
    """{(kind, word): changes}, one sentence, one step, one word at a time, in float64."""
    cell = nn.LSTMCell(4, UNITS, dtype=torch.float64)
    for name, value in model.rnn.named_parameters():
        setattr(cell, name.removesuffix("_l0"), nn.Parameter(value.double()))
    changes: dict = {}
    for sentence, half in zip(text, halves, strict=True):
        h = c = torch.zeros(UNITS, dtype=torch.float64)
        for word in sentence:
            h1, c1 = cell(model.embedding.weight[word].double(), (h, c))
            changes.setdefault(("h", word), []).append(((h1 - h).numpy(), half))
            changes.setdefault(("c", word), []).append(((c1 - c).numpy(), half))
            h, c = h1, c1
    return changes


@pytest.mark.parametrize("kind", ["h", "c"])
def test_responses_equal_a_naive_loop(kind):
    model = Classifier().double()
    text, keys = corpus()
    halves = sentence_halves(keys)
    assert 0 < halves.sum() < len(halves)
    accumulator = ResponseAccumulator(WORDS, UNITS)
    for batch in record_steps(model, text, batch_steps=32):
        accumulator.add(batch.token_id, batch.delta(f"rnn.0.{kind}"), halves[batch.sentence_id])
    found = accumulator.result()
    changes = naive(model, text, halves)
    for word in range(WORDS):
        uses = changes.get((kind, word), [])
        assert found.count[word] == len(uses)
        if not uses:
            assert not found.mean[word].any()
            assert np.isnan(found.standard_error[word]).all()
            assert np.isnan(found.reliability[word])
            continue
        delta = np.stack([d for d, _ in uses])
        np.testing.assert_allclose(found.mean[word], delta.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(found.norm[word], np.linalg.norm(delta.mean(axis=0)), rtol=1e-5)
        if len(uses) > 1:
            error = delta.std(axis=0, ddof=1) / np.sqrt(len(uses))
            np.testing.assert_allclose(found.standard_error[word], error, rtol=1e-5)
        parts = [np.array([d for d, half in uses if half == side]) for side in (0, 1)]
        assert [found.half_a_count[word], found.half_b_count[word]] == [len(p) for p in parts]
        if all(len(p) for p in parts):
            means = [p.mean(axis=0) for p in parts]
            np.testing.assert_allclose(found.half_a[word], means[0], rtol=1e-5)
            np.testing.assert_allclose(found.half_b[word], means[1], rtol=1e-5)
            np.testing.assert_allclose(found.reliability[word], np.corrcoef(*means)[0, 1], rtol=1e-5)


def test_a_single_precision_model_agrees_with_the_naive_loop_to_its_rounding():
    model = Classifier()
    text, keys = corpus()
    halves = sentence_halves(keys)
    accumulator = ResponseAccumulator(WORDS, UNITS)
    for batch in record_steps(model, text):
        accumulator.add(batch.token_id, batch.delta("rnn.0.h"), halves[batch.sentence_id])
    for (kind, word), uses in naive(model, text, halves).items():
        if kind == "h":
            wanted = np.mean([d for d, _ in uses], axis=0)
            np.testing.assert_allclose(accumulator.result().mean[word], wanted, rtol=1e-5, atol=1e-7)


rows = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(-1000, 1000)), max_size=30)


@given(rows, rows, rows)
@settings(max_examples=80, deadline=None)
def test_accumulators_merge_in_any_order(a, b, c):
    def fill(part):
        found = ResponseAccumulator(4, 2)
        if part:
            word, half, value = np.array(part).T
            found.add(word, np.stack([value / 100, value**2 / 1e4 + 1e3], axis=1), half)
        return found

    whole = fill(a + b + c).result()
    left, right = fill(a), fill(c)
    middle = fill(b)
    left.merge(middle)
    left.merge(fill(c))
    right.merge(fill(a))
    right.merge(middle)
    for merged in (left.result(), right.result()):
        for name in ("count", "half_a_count", "half_b_count"):
            np.testing.assert_array_equal(getattr(merged, name), getattr(whole, name))
        for name in ("mean", "half_a", "half_b", "norm"):
            np.testing.assert_allclose(getattr(merged, name), getattr(whole, name), rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(merged.standard_error, whole.standard_error, rtol=1e-5, atol=1e-6)


def test_variance_survives_a_large_mean():
    moments = GroupedMoments(1, 1)
    values = 1e8 + np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    for value in values:
        moments.add(np.zeros(1, dtype=int), np.array([[value]]))
    np.testing.assert_allclose(moments.standard_error()[0, 0], np.std(values - 1e8, ddof=1) / np.sqrt(5), rtol=1e-9)


def test_halves_depend_on_the_key_alone():
    keys = [f"{i:016x}" for i in range(2000)]
    halves = sentence_halves(keys)
    np.testing.assert_array_equal(sentence_halves(keys[::-1]), halves[::-1])
    assert 900 < halves.sum() < 1100


def test_correlation_of_a_constant_row_is_nan():
    assert np.isnan(row_correlation(np.ones((1, 3)), np.arange(3.0)[None])).all()


def uses_of(random, word, n, units=2):
    return np.full(n, word), np.stack([random.standard_t(3, n) * 0.1, random.normal(5, 30, n)], axis=1)[:, :units]


def test_quantiles_are_exact_for_few_uses_and_bounded_for_many():
    random = np.random.default_rng(1)
    counts = {0: 1, 3: 2, 5: 511, 6: 512, 7: 513, 8: 20000}
    parts = [uses_of(random, w, n) for w, n in counts.items()]
    words, values = (np.concatenate(p) for p in zip(*parts, strict=True))
    values = values.astype(np.float32)
    order = random.permutation(len(words))
    found = QuantileAccumulator(np.array([8, 3, 5, 6, 7, 0, 2]), 2)
    for chunk in np.array_split(order, 37):
        found.add(words[chunk], values[chunk])
    result = found.result()
    assert result.word_ids.tolist() == [0, 2, 3, 5, 6, 7, 8]
    for word, got in zip(result.word_ids, result.values, strict=True):
        mine = values[words == word].astype(np.float64)
        if not len(mine):
            assert np.isnan(got).all()
        elif len(mine) <= 512:
            np.testing.assert_allclose(got, np.quantile(mine, LEVELS, axis=0).T, rtol=1e-6)
        else:
            wanted = np.quantile(mine, LEVELS, axis=0, method="inverted_cdf").T
            assert (np.abs(got - wanted) <= 1.02 * BIN_WIDTH * np.sqrt(wanted**2 + SCALE**2)).all()
    assert BIN_WIDTH < 0.021


@pytest.mark.parametrize("scale", [1e3, 2e6, 1e14])
def test_quantiles_of_large_changes_are_as_exact(scale):
    values = (np.random.default_rng(4).normal(size=(3000, 2)) * scale).astype(np.float32)
    found = QuantileAccumulator(np.array([0]), 2)
    for chunk in np.array_split(values, 7):
        found.add(np.zeros(len(chunk), int), chunk)
    wanted = np.quantile(values.astype(np.float64), LEVELS, axis=0, method="inverted_cdf").T
    got = found.result().values[0]
    assert (np.abs(got - wanted) <= 1.02 * BIN_WIDTH * np.sqrt(wanted**2 + SCALE**2)).all()


@given(st.integers(0, 10**6), st.lists(st.integers(0, 3), min_size=1, max_size=80))
@settings(max_examples=40, deadline=None)
def test_quantiles_merge_exactly_in_any_order(seed, words):
    random = np.random.default_rng(seed)
    words = np.array(words)
    values = random.normal(size=(len(words), 3)) * 10.0 ** random.integers(-2, 9, size=(len(words), 1))

    def fill(rows):
        found = QuantileAccumulator(np.arange(4), 3, exact_uses=16)
        found.add(words[rows], values[rows])
        return found

    whole = fill(np.arange(len(words))).result().values
    shards = np.array_split(random.permutation(len(words)), 3)
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        merged = fill(shards[order[0]])
        for shard in order[1:]:
            merged.merge(fill(shards[shard]))
        np.testing.assert_array_equal(merged.result().values, whole)


def test_reading_quantiles_in_between_changes_nothing():
    random = np.random.default_rng(2)
    chunks = [random.normal(mean, 1, size=(400, 1)) for mean in (0, 5, 20)]
    often, once = QuantileAccumulator(np.array([0]), 1), QuantileAccumulator(np.array([0]), 1)
    for chunk in chunks:
        often.add(np.zeros(400, int), chunk)
        often.result()
        often.result()
        once.add(np.zeros(400, int), chunk)
    np.testing.assert_array_equal(often.result().values, once.result().values)
    np.testing.assert_allclose(once.result().values[0, 0, 2], np.median(np.concatenate(chunks)), rtol=0.03)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.booleans()), min_size=1, max_size=60),
    st.integers(1, 70),
)
@settings(max_examples=80, deadline=None)
def test_surprise_equals_brute_force_whatever_the_block(steps, block):
    word, distance, measured = (np.array(column) for column in zip(*steps, strict=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnnvis.measures.words.surprise._BLOCK", block)
        found = surprise(word, distance.astype(np.float32), measured)
    for i in range(len(word)):
        uses = [d for w, d, m in steps if w == word[i] and m]
        if not uses:
            assert np.isnan(found[i])
        else:
            nearer = sum(d < distance[i] for d in uses)
            as_near = sum(d == distance[i] for d in uses)
            assert found[i] == pytest.approx(100 * (nearer + as_near / 2) / len(uses), rel=1e-6)


def test_distances_are_from_the_words_own_mean():
    mean = np.array([[0.0, 0.0], [3.0, 4.0]])
    assert distances(np.array([0, 1, 1]), np.array([[3.0, 4.0], [3.0, 4.0], [0.0, 0.0]]), mean).tolist() == [5, 0, 5]


def test_uses_in_the_same_context_are_equally_far_however_they_were_rounded():
    mean = np.full((1, 4), 0.1)
    delta = np.array([[0.7, 0.2, -0.3, 0.4]] * 2, np.float32)
    delta[1] *= 1 + 3e-7
    near, other = distances(np.zeros(2, int), delta, mean)
    assert near == other == np.float16(near)
    assert near == pytest.approx(np.linalg.norm(delta[0] - 0.1), rel=2**-11)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.booleans()), max_size=60), st.integers(1, 90))
@settings(max_examples=60, deadline=None)
def test_kept_distances_rank_a_further_use_as_all_uses_do(steps, block):
    word, distance, measured = (np.array(of) for of in zip(*steps, strict=True)) if steps else (np.zeros(0, int),) * 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnnvis.measures.words.surprise._BLOCK", block)
        found = use_distances(word, distance.astype(np.float32), measured.astype(bool))
    uses = {w: sorted(d for v, d, m in steps if v == w and m) for w in range(3)}
    assert found.word_ids.tolist() == [w for w, of in uses.items() if of]
    for i, w in enumerate(found.word_ids.tolist()):
        assert found.values[found.starts[i] : found.starts[i + 1]].tolist() == uses[w]


@pytest.mark.parametrize("uses", [101, 102, 150, 201, 5000])
def test_of_many_uses_one_for_each_percent_is_kept(uses):
    distance = np.random.default_rng(uses).permutation(uses).astype(np.float32)
    found = use_distances(np.zeros(uses, int), distance)
    assert found.values.tolist() == [int(i * (uses - 1) / (RANKS - 1) + 0.5) for i in range(RANKS)]


def responses_of(counts, scale, noise, seed=0):
    """Responses of words with these numbers of uses, true norms and spread per use."""
    random = np.random.default_rng(seed)
    accumulator = ResponseAccumulator(len(counts), 8)
    for word, (n, size) in enumerate(zip(counts, scale, strict=True)):
        truth = random.normal(size=8)
        truth *= size / np.linalg.norm(truth)
        accumulator.add(np.full(n, word), truth + noise * random.normal(size=(n, 8)) * (size > 0), np.arange(n) % 2)
    return accumulator.result()


def test_reliable_words_are_strong_ones_that_are_measured_well():
    #            common, weak | rare, strong | rare, only noise | common, strong | too rare
    responses = responses_of([2000, 40, 9, 900, 4], [0.1, 2.0, 0.01, 2.5, 3.0], 0.5)
    assert responses.norm[2] > responses.norm[0]
    score = reliable_norm(responses)
    assert np.argsort(-score[:4]).tolist() == [3, 1, 0, 2]
    assert select_words(responses, "reliable", size=2).word_ids.tolist() == [1, 3]
    assert select_words(responses, "frequent", size=2).word_ids.tolist() == [0, 3]
    assert 4 not in select_words(responses, "frequent", size=9).word_ids
    assert select_words(responses, "frequent", size=2, special=[0]).word_ids.tolist() == [1, 3]
    assert select_words(responses, "frequent", size=2, always=[1]).word_ids.tolist() == [0, 1]


def test_words_that_move_nothing_are_set_aside_by_name():
    responses = responses_of([50, 60, 70], [0.0, 1.0, 2.0], 0.1)
    chosen = select_words(responses, "reliable")
    assert chosen.word_ids.tolist() == [1, 2]
    assert chosen.set_aside.tolist() == [0]
    with pytest.raises(RnnvisError, match='unknown word selection "best"'):
        select_words(responses, "best")
