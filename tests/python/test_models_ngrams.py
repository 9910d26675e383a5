"""Kneser–Ney against a plain loop over counts, and probabilities that sum to one."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from rnnvis.measures.outputs.ngrams import FALLBACK_DISCOUNT, KneserNey
from rnnvis.recipes.study.language_results import NGRAMS, ngram_figures

from .speaking import speaking_corpus

WORDS = 12


def toy(seed, documents=9, longest=60):
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, WORDS + 1)
    found = []
    for _ in range(documents):
        words = [int(rng.choice(WORDS, p=weights / weights.sum()))]
        for _ in range(int(rng.integers(0, longest))):
            likely = (words[-1] * 5 + 3) % WORDS
            words.append(likely if rng.random() < 0.4 else int(rng.choice(WORDS, p=weights / weights.sum())))
        found.append(np.array(words))
    return found


class Loop:
    """The same model word by word: counts in dictionaries, discounts by the book."""

    def __init__(self, documents, order):
        self.counts = []
        for k in range(1, order + 1):
            if k == order:
                grams = (tuple(d[i : i + k].tolist()) for d in documents for i in range(len(d) - k + 1))
                self.counts.append(Counter(grams))
            else:
                before = defaultdict(set)
                for d in documents:
                    for i in range(1, len(d) - k + 1):
                        before[tuple(d[i : i + k].tolist())].add(int(d[i - 1]))
                self.counts.append(Counter({gram: len(words) for gram, words in before.items()}))

    def discount(self, k, count):
        n = Counter(self.counts[k - 1].values())
        at = min(count, 3)
        if not n[1] or not n[at]:
            return min(FALLBACK_DISCOUNT, count)
        estimate = at - (at + 1) * n[1] / (n[1] + 2 * n[2]) * n[at + 1] / n[at]
        return min(max(estimate, 0.0), at, count)

    def p(self, history, word):
        history, k = tuple(history), len(history) + 1
        lower = 1 / WORDS if k == 1 else self.p(history[1:], word)
        followers = {gram[-1]: n for gram, n in self.counts[k - 1].items() if gram[:-1] == history}
        if not followers:
            return lower
        total = sum(followers.values())
        spare = sum(self.discount(k, n) for n in followers.values())
        own = followers[word] - self.discount(k, followers[word]) if word in followers else 0
        return (own + spare * lower) / total


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_probability_is_that_of_a_loop(order, seed):
    documents = toy(seed)
    model, loop = KneserNey(documents, WORDS, order), Loop(documents, order)
    for text in toy(seed + 10, documents=3, longest=25):
        words = text.tolist()
        wanted = [loop.p(words[max(0, t - order + 1) : t], words[t]) for t in range(len(words))]
        np.testing.assert_allclose(model.probabilities(text), wanted, rtol=1e-10)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_are_positive_and_sum_to_one_whatever_came_before(order):
    documents = toy(3)
    model, loop = KneserNey(documents, WORDS, order), Loop(documents, order)
    rng = np.random.default_rng(0)
    histories = [[], *(rng.integers(0, WORDS, n).tolist() for n in (1, 1, 2, 3, 4, 6)), documents[0][:4].tolist()]
    for history in histories:
        p = model.distribution(history)
        assert (p > 0).all()
        assert math.isclose(p.sum(), 1.0, abs_tol=1e-12)
        used = history[max(0, len(history) - order + 1) :]
        np.testing.assert_allclose(p, [loop.p(used, w) for w in range(WORDS)], rtol=1e-10)


def test_no_n_gram_spans_two_documents():
    alone = KneserNey([np.array([0, 1]), np.array([2, 3])] * 7, 4, 2)
    joined = KneserNey([np.array([0, 1, 2, 3])] * 7, 4, 2)
    assert alone.distribution([1])[2] == alone.distribution([1])[0]
    assert joined.distribution([1])[2] > joined.distribution([1])[0]


def test_texts_that_are_nearly_nothing():
    model = KneserNey([np.array([1]), np.array([], dtype=int)], 3, 3)
    assert math.isclose(model.distribution([1, 1]).sum(), 1.0)
    assert len(model.probabilities(np.array([], dtype=int))) == 0


def test_longer_histories_help_and_every_baseline_is_judged_on_the_same_words():
    corpus = speaking_corpus()
    found = ngram_figures(corpus)
    assert list(found) == list(NGRAMS)
    for split in ("valid", "test"):
        perplexity = [found[name][split]["perplexity"] for name in NGRAMS]
        assert perplexity[0] > perplexity[1] > perplexity[2]
        assert len({found[name][split]["n"] for name in NGRAMS}) == 1
