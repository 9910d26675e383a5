"""How good a recorded model's answers are, and simpler models beside it: planted answers and plain loops."""

import math
from collections import Counter

import numpy as np
import pytest

from rnnvis.measures.outputs import metrics
from rnnvis.measures.outputs.baselines import COMMON_TAG, MAJORITY, TFIDF
from rnnvis.measures.outputs.metrics import MAJORITY_TAG, MEAN, THIS, Answered, metric_rows
from rnnvis.measures.outputs.ngrams import KneserNey
from rnnvis.measures.words.responses import sentence_halves

WORDS = 50


def sequences(rng, count, longest=9):
    return [rng.integers(0, WORDS, rng.integers(2, longest)).astype(np.int32) for _ in range(count)]


def keys_of(tokens):
    return [f"sequence {i}" for i in range(len(tokens))]


def classified(rng, label, right=0.8):
    """Answers of a model that gives the label `right`, one a sequence."""
    label = np.asarray(label)
    hit = rng.random(len(label)) < 0.75
    p = np.where(hit, right, 1 - right)
    number = np.arange(len(label))
    return Answered("class", number, number * 0, label, -np.log(p), np.where(hit, label, 1 - label), 2)


def figure(rows, subject, measure):
    (row,) = [row for row in rows if (row["subject"], row["measure"]) == (subject, measure)]
    return row


def test_a_classifier_beside_the_commonest_class_and_its_words():
    rng = np.random.default_rng(0)
    tokens = sequences(rng, 400)
    label = np.array([int(7 in row or 8 in row or row[0] < 10) for row in tokens])
    answered = classified(rng, label)
    rows = metric_rows(answered, tokens, keys_of(tokens), WORDS, "recorded")
    assert [(row["subject"], row["measure"]) for row in rows] == [
        (subject, measure) for subject in (THIS, MAJORITY, TFIDF) for measure in ("accuracy", "loss")
    ]
    own = figure(rows, THIS, "accuracy")
    share = float(np.mean(answered.predicted == label))
    assert own["value"] == share
    z, n = 1.959964, 400  # Wilson's interval holds the shares from which this one is within z standard errors
    for end in (own["low"], own["high"]):
        assert abs(share - end) == pytest.approx(z * math.sqrt(end * (1 - end) / n))
    loss = figure(rows, THIS, "loss")
    error = answered.loss.std(ddof=1) / math.sqrt(n)
    assert (loss["value"], loss["high"] - loss["low"]) == pytest.approx((answered.loss.mean(), 2 * z * error))

    half = sentence_halves(keys_of(tokens))
    right, nats = [], []
    for i in range(n):
        others = [int(label[j]) for j in range(n) if half[j] != half[i]]
        count = Counter(others)
        right.append(max((0, 1), key=lambda c, count=count: (count[c], -c)) == label[i])
        nats.append(-math.log(count[int(label[i])] / len(others)))
    assert figure(rows, MAJORITY, "accuracy")["value"] == pytest.approx(np.mean(right))
    assert figure(rows, MAJORITY, "loss")["value"] == pytest.approx(np.mean(nats))
    assert figure(rows, TFIDF, "accuracy")["value"] > figure(rows, MAJORITY, "accuracy")["value"] + 0.1
    for subject in (MAJORITY, TFIDF):
        about = figure(rows, subject, "accuracy")["about"]
        assert "fitted on one half of the sequences and judged on the other, both ways" in about
    assert all("the model may have been trained on any of them" in row["about"] for row in rows)
    assert {row["split"] for row in rows} == {"recorded"}


@pytest.mark.parametrize("repeats", [1, 3])
def test_words_alone_never_answer_what_they_were_fitted_on(repeats):
    """Labels are random, and there are more pairs of words than texts: who has seen a text knows its label."""
    rng = np.random.default_rng(1)
    texts = [rng.integers(0, WORDS, 20) for _ in range(300)]
    label = rng.integers(0, 2, 300)
    tokens = [row.astype(kind) for kind in (np.int32, np.int64, np.int32)[:repeats] for row in texts]
    rows = metric_rows(classified(rng, np.tile(label, repeats)), tokens, keys_of(tokens), WORDS, "recorded")
    assert figure(rows, TFIDF, "accuracy")["value"] < 0.6


def test_a_class_that_one_half_has_not_gets_no_chance_and_no_loss():
    tokens = [np.array([i % 4] * (1 + i // 4) + [4], np.int32) for i in range(40)]
    half = sentence_halves(keys_of(tokens))
    label = np.where(half == 0, 0, np.arange(40) % 2)
    rows = metric_rows(classified(np.random.default_rng(2), label), tokens, keys_of(tokens), 5, "recorded")
    for subject in (MAJORITY, TFIDF):
        assert [row["measure"] for row in rows if row["subject"] == subject] == ["accuracy"]
    known = (half == 0).sum() * (label[half == 1].mean() <= 0.5) + (label[half == 1] == 0).sum()
    assert figure(rows, MAJORITY, "accuracy")["value"] == pytest.approx(known / 40)


def test_no_simpler_model_where_one_half_has_no_answer():
    tokens = sequences(np.random.default_rng(3), 30)
    half = sentence_halves(keys_of(tokens))
    answered = classified(np.random.default_rng(3), np.arange(30) % 2).rows(half == 0)
    assert {row["subject"] for row in metric_rows(answered, tokens, keys_of(tokens), WORDS, "recorded")} == {THIS}
    assert metric_rows(answered.rows(half[half == 0] == 1), tokens, keys_of(tokens), WORDS, "recorded") == []


def test_texts_that_share_no_word_have_no_features_and_no_row():
    tokens = [np.array([i], np.int32) for i in range(20)]
    answered = classified(np.random.default_rng(4), np.arange(20) % 2)
    rows = metric_rows(answered, tokens, keys_of(tokens), 20, "recorded")
    assert {row["subject"] for row in rows} == {THIS, MAJORITY}


def spoken(rng, tokens, ahead):
    """Answers of a model that guesses the next word; of every other sequence also the word `ahead` of it."""
    rows = [
        (i, t, row[t + 1] if t + 1 < len(row) else ahead)
        for i, row in enumerate(tokens)
        for t in range(len(row) - 1 + i % 2)
    ]
    sequence, step, target = np.array(rows).T
    return Answered("next word", sequence, step, target, rng.exponential(2.0, len(rows)), classes=WORDS)


def test_a_language_model_beside_unigrams_and_kneser_ney():
    rng = np.random.default_rng(5)
    tokens = sequences(rng, 60, longest=12)
    answered = spoken(rng, tokens, ahead=7)
    rows = metric_rows(answered, tokens, keys_of(tokens), WORDS, "recorded")
    assert [row["subject"] for row in rows[::2]] == [THIS, "unigram", "5-gram, Kneser–Ney"]

    half = sentence_halves(keys_of(tokens))
    texts = [np.append(row, [7] * (i % 2)) for i, row in enumerate(tokens)]
    for name, order in (("unigram", 1), ("5-gram, Kneser–Ney", 5)):
        models = [KneserNey([t for t, h in zip(texts, half, strict=True) if h == of], WORDS, order) for of in (0, 1)]
        nats = [-math.log(p) for t, h in zip(texts, half, strict=True) for p in models[1 - h].probabilities(t)[1:]]
        assert len(nats) == len(answered.loss)
        assert figure(rows, name, "loss")["value"] == pytest.approx(np.mean(nats), abs=1e-12)
        assert figure(rows, name, "perplexity")["value"] == pytest.approx(math.exp(np.mean(nats)))

    own = figure(rows, THIS, "loss")
    mean = answered.loss.mean()
    off = [(answered.loss[answered.sequence == i] - mean).sum() for i in range(60)]
    error = math.sqrt(60 / 59 * np.square(off).sum()) / len(answered.loss)  # sentences are independent, words are not
    assert (own["value"], own["low"]) == pytest.approx((mean, mean - 1.959964 * error))
    assert figure(rows, THIS, "perplexity")["high"] == pytest.approx(math.exp(mean + 1.959964 * error))


def test_kneser_ney_gains_from_order_where_there_is_one():
    rng = np.random.default_rng(6)
    tokens = [rng.integers(0, WORDS, 30).astype(np.int32) for _ in range(300)]
    for row in tokens:
        for t in np.flatnonzero(rng.random(29) < 0.9):
            row[t + 1] = (row[t] + 3) % WORDS
    rows = metric_rows(spoken(rng, tokens, 1), tokens, keys_of(tokens), WORDS, "recorded")
    assert figure(rows, "5-gram, Kneser–Ney", "perplexity")["value"] < 3
    assert figure(rows, "unigram", "perplexity")["value"] > 30


def test_a_tagger_beside_the_commonest_tag_of_each_word():
    rng = np.random.default_rng(7)
    tokens = sequences(rng, 80)
    sequence = np.repeat(np.arange(80), [len(row) for row in tokens])
    step = np.concatenate([np.arange(len(row)) for row in tokens])
    token = np.concatenate(tokens)
    target = np.where(rng.random(len(token)) < 0.9, token % 3, rng.integers(0, 3, len(token)))
    answered = Answered("tag", sequence, step, target, np.full(len(token), 0.5), target * 0, 3)
    rows = metric_rows(answered, tokens, keys_of(tokens), WORDS, "recorded")
    half = sentence_halves(keys_of(tokens))[sequence]
    right = {COMMON_TAG: 0, MAJORITY_TAG: 0}
    for i in range(len(token)):
        other = half != half[i]
        overall = Counter(target[other].tolist()).most_common()
        common = min(overall, key=lambda pair: (-pair[1], pair[0]))[0]
        of_word = Counter(target[other & (token == token[i])].tolist()).items()
        guess = min(of_word, key=lambda pair: (-pair[1], pair[0]))[0] if of_word else common
        right[COMMON_TAG] += guess == target[i]
        right[MAJORITY_TAG] += common == target[i]
    for subject, count in right.items():
        assert figure(rows, subject, "accuracy")["value"] == pytest.approx(count / len(token))
    assert right[COMMON_TAG] / len(token) > 0.8
    own = figure(rows, THIS, "accuracy")
    off = [(np.array(target == 0)[sequence == i] - own["value"]).sum() for i in range(80)]
    error = math.sqrt(80 / 79 * np.square(off).sum()) / len(token)
    assert own["high"] - own["value"] == pytest.approx(1.959964 * error)


def test_numbers_beside_their_mean():
    rng = np.random.default_rng(8)
    tokens = sequences(rng, 50)
    target, number = rng.normal(3, 2, 50), np.arange(50)
    rows = metric_rows(
        Answered("number", number, number, target, np.full(50, 0.25)), tokens, keys_of(tokens), WORDS, "recorded"
    )
    half = sentence_halves(keys_of(tokens))
    off = [(target[i] - target[half != half[i]].mean()) ** 2 for i in range(50)]
    assert figure(rows, MEAN, "squared error")["value"] == pytest.approx(np.mean(off))
    assert figure(rows, THIS, "squared error")["value"] == 0.25


def test_a_large_text_is_sampled_for_the_simpler_models_and_it_is_said(monkeypatch):
    rng = np.random.default_rng(9)
    tokens = sequences(rng, 100)
    monkeypatch.setattr(metrics, "SEQUENCES", 40)
    rows = metric_rows(classified(rng, np.arange(100) % 2), tokens, keys_of(tokens), WORDS, "recorded")
    assert "34 sequences, an even choice of them" in figure(rows, MAJORITY, "accuracy")["about"]
    assert "100 labelled sequences" in figure(rows, THIS, "accuracy")["about"]
    assert "34 labelled sequences" in figure(rows, MAJORITY, "accuracy")["about"]
    again = metric_rows(classified(rng, np.arange(100) % 2), tokens, keys_of(tokens), WORDS, "recorded")
    assert figure(again, TFIDF, "loss") == figure(rows, TFIDF, "loss")
