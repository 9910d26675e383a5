import numpy as np
import pytest

from rnnvis.config import Vocabulary
from rnnvis.nets.embeddings import _co_occurrences, _ppmi, score_feature, svd_embeddings
from rnnvis.text.assembly import Sentence, assemble

from .invented import invented_corpus


def test_co_occurrences_stay_inside_a_sentence_and_weigh_by_distance():
    corpus = assemble(
        "tiny", ("n", "p"), [Sentence("a b c", "train", "x"), Sentence("c d", "train", "x")], Vocabulary(1)
    )
    at = {word: i for i, word in enumerate(corpus.vocabulary)}
    counts = _co_occurrences(corpus, 5).toarray()
    np.testing.assert_array_equal(counts, counts.T)
    assert counts[at["a"], at["b"]] == 1
    assert counts[at["a"], at["c"]] == 0.5
    assert counts[at["c"], at["d"]] == 1
    assert counts[at["a"], at["d"]] == counts[at["b"], at["d"]] == 0


def test_pointwise_mutual_information_against_its_definition():
    corpus = invented_corpus()
    counts = _co_occurrences(corpus, 3)
    dense = counts.toarray()
    p = dense / dense.sum()
    context = dense.sum(axis=0) ** 0.75
    with np.errstate(divide="ignore"):
        expected = np.maximum(np.log(p / np.outer(p.sum(axis=1), context / context.sum())), 0)
    np.testing.assert_allclose(_ppmi(counts, 0.75).toarray(), expected, atol=1e-12)


def test_vectors_are_deterministic_and_alike_for_words_used_alike():
    corpus = invented_corpus()
    vectors = svd_embeddings(corpus, 4)
    np.testing.assert_array_equal(vectors, svd_embeddings(corpus, 4))
    assert vectors.dtype == np.float32
    assert np.sqrt(np.mean(vectors**2)) == pytest.approx(1, rel=1e-4)

    def likeness(a, b):
        u, v = (vectors[corpus.vocabulary.index(w)] for w in (a, b))
        return u @ v / np.linalg.norm(u) / np.linalg.norm(v)

    assert likeness("dull", "awful") > likeness("dull", "lovely")


def test_more_dimensions_than_words_are_left_empty():
    corpus = invented_corpus()
    vectors = svd_embeddings(corpus, 500)
    assert vectors.shape == (len(corpus.vocabulary), 500)
    assert not vectors[:, len(corpus.vocabulary) :].any()


def test_the_score_of_a_word_is_the_weighted_mean_of_its_sentences():
    sentences = [
        Sentence("good film", "train", "x", 1, 2.0),
        Sentence("good good plot", "train", "y", 1, 1.0),
        Sentence("bad film", "train", "x", 0, -3.0),
        Sentence("bad plot", "test", "x", 0, -3.0),
        Sentence("plot film", "train", "x"),
    ]
    corpus = assemble("tiny", ("n", "p"), sentences, Vocabulary(1))
    weights = np.array([0.5 if source == "y" else 1.0 for source in corpus.source])
    expected = {"good": 2.5 / 4.5, "bad": -3 / 4, "film": -1 / 5, "plot": 0.5 / 3.5, "<unk>": 0.0}
    mean = np.array([expected[word] for word in corpus.vocabulary])
    np.testing.assert_allclose(score_feature(corpus, weights), mean / mean.std(), rtol=1e-5)
