"""Recording documents equals stepping through them word by word with a carried state."""

import numpy as np
import pytest
import torch

from rnnvis.config import Measure
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.next_words import following_words, words_spoken_for
from rnnvis.nets.language_model import LanguageModel
from rnnvis.recipes.steps.language_recorder import head_state, record_language_model
from rnnvis.recording.documents import record_documents
from rnnvis.text.sentences import Sentences

from .speaking import speaking_corpus


def stepped(model, text):
    """h (and c) of every layer after every word, by running one word at a time: [T, layers, kinds, H]."""
    state, found = model.zero_state(1), []
    with torch.no_grad():
        for word in text:
            _, state = model(torch.tensor([[int(word)]]), state)
            found.append(torch.stack([part[:, 0] for part in state], dim=1))
    return torch.stack(found).numpy()


def from_zero(model, batch):
    return model(batch.ids, model.zero_state(len(batch.ids)))


@pytest.mark.parametrize(("cell", "layers"), [("rnn", 1), ("gru", 2), ("lstm", 2)])
@pytest.mark.parametrize("batch_steps", [1, 40, 10_000])
def test_every_state_is_that_of_stepping_with_a_carried_state(cell, layers, batch_steps):
    corpus = speaking_corpus()
    torch.manual_seed(0)
    model = LanguageModel(len(corpus.vocabulary), 7, 5, cell, layers, dropout=0.5).train()
    kinds = "hc" if cell == "lstm" else "h"
    found = {}
    for batch in record_documents(model, corpus.tokens, corpus.documents, from_zero, batch_steps=batch_steps):
        for row, (sentence, step) in enumerate(zip(batch.sentence_id, batch.step, strict=True)):
            assert (int(sentence), int(step)) not in found
            assert batch.token_id[row] == corpus.tokens[sentence][step]
            found[int(sentence), int(step)] = {
                name: (batch.states[name][row], batch.previous[name][row]) for name in batch.states
            } | {"continued": batch.continued[row]}
    assert len(found) == sum(map(len, corpus.tokens))
    assert model.training
    model.eval()
    for document in corpus.documents:
        expected = stepped(model, np.concatenate([corpus.tokens[i] for i in document]))
        at = [(int(i), step) for i in document for step in range(len(corpus.tokens[i]))]
        for t, place in enumerate(at):
            assert found[place]["continued"] == (t > 0)
            for layer in range(layers):
                for number, kind in enumerate(kinds):
                    after, before = found[place][f"rnn.{layer}.{kind}"]
                    np.testing.assert_allclose(after, expected[t, layer, number], atol=2e-6)
                    start = expected[t - 1, layer, number] if t else np.zeros(5)
                    np.testing.assert_allclose(before, start, atol=2e-6)


def test_a_model_that_reads_in_other_ways_is_refused():
    model = torch.nn.Module()
    model.rnn = torch.nn.GRU(3, 4, bidirectional=True, batch_first=True)
    sentences = [np.array([0, 1, 2])]

    def run(m, batch):
        return m.rnn(torch.nn.functional.one_hot(batch.ids, 3).float())

    with pytest.raises(RnnvisError, match="did not read the words once, forwards"):
        list(record_documents(model, sentences, [np.array([0])], run))


@pytest.fixture(scope="module")
def recorded():
    corpus = speaking_corpus()
    torch.manual_seed(1)
    model = LanguageModel(len(corpus.vocabulary), 6, 6, "lstm").eval()
    return corpus, model, record_language_model(model, corpus, Measure(minimum_count=2, frequent_count=5))


def test_guesses_are_those_of_a_softmax_over_the_carried_state(recorded):
    corpus, model, found = recorded
    starts = np.concatenate([[0], np.cumsum([len(t) for t in corpus.tokens])])
    guesses = found.answers
    assert np.array_equal(guesses.rows, np.arange(starts[-1]))
    for document in corpus.documents:
        text = np.concatenate([corpus.tokens[i] for i in document])
        rows = np.concatenate([np.arange(starts[i], starts[i + 1]) for i in document])
        states = torch.from_numpy(stepped(model, text)[:, 0, 0])
        with torch.no_grad():
            p = torch.softmax(model.head(states), dim=1).numpy()
        came = np.exp(-guesses.loss[rows[:-1]])
        np.testing.assert_allclose(came, p[np.arange(len(text) - 1), text[1:]], rtol=1e-4)
        assert np.isnan(guesses.loss[rows[-1]])
        best = np.argsort(-p, axis=1)[:, :5]
        np.testing.assert_allclose(guesses.top_p[rows], np.take_along_axis(p, best, axis=1), rtol=1e-4)
        np.testing.assert_allclose(guesses.top_p[rows], np.take_along_axis(p, guesses.top_id[rows], axis=1), rtol=1e-4)


def test_responses_are_changes_from_the_carried_state_and_probes_are_left_out(recorded):
    corpus, model, found = recorded
    state = found.states[head_state(model)]
    total, count = np.zeros((len(corpus.vocabulary), 6)), np.zeros(len(corpus.vocabulary))
    for document in corpus.documents:
        if corpus.split[document[0]] == "probe":
            continue
        text = np.concatenate([corpus.tokens[i] for i in document])
        after = stepped(model, text)[:, 0, 0]
        np.add.at(total, text, np.diff(after, axis=0, prepend=np.zeros((1, 6))))
        np.add.at(count, text, 1)
    assert np.array_equal(state.responses.count, count)
    used = count > 0
    np.testing.assert_allclose(state.responses.mean[used], total[used] / count[used, None], atol=1e-5)


def test_what_a_sentence_starts_from_is_published_where_it_is_carried_on(recorded):
    corpus, _, found = recorded
    state = next(iter(found.states.values()))
    first = {int(document[0]) for document in corpus.documents}
    assert list(state.published) == list(range(len(corpus)))
    for i, before in zip(state.published, state.before, strict=True):
        if int(i) in first:
            assert not before.any()
        else:
            ended = state.values[sum(len(corpus.tokens[j]) for j in range(i)) - 1]
            assert np.array_equal(before, ended)


def test_guesses_are_of_held_out_text_and_of_published_sentences():
    corpus = speaking_corpus()
    torch.manual_seed(1)
    model = LanguageModel(len(corpus.vocabulary), 600, 600, "rnn").eval()
    measure = Measure(minimum_count=2, frequent_count=5, states_megabytes=1)
    end, earlier = (record_language_model(model, corpus, measure, held_out) for held_out in (True, False))
    published = set(end.states["rnn.0.h"].published.tolist())
    assert {corpus.split[i] for i in published} == {"probe", "train", "valid", "test"}
    told = {i for i in range(len(corpus)) if corpus.split[i] != "train"} | published
    sentence = Sentences.of(corpus.tokens).sentence_id
    assert set(sentence[end.answers.rows].tolist()) == told != set(range(len(corpus)))
    assert set(sentence[earlier.answers.rows].tolist()) == published != told
    shared = np.isin(end.answers.rows, earlier.answers.rows)
    assert np.array_equal(end.answers.top_id[shared], earlier.answers.top_id)
    np.testing.assert_allclose(end.answers.top_p[shared], earlier.answers.top_p, rtol=1e-5)
    known = np.isin(sentence, list(published))
    np.testing.assert_allclose(end.answers.loss[known], earlier.answers.loss[known], rtol=1e-5)
    assert np.isnan(earlier.answers.loss[~known]).all()


def test_the_word_after_each_step():
    tokens = [np.array([5]), np.array([1, 2]), np.array([3]), np.array([4, 6])]
    found = following_words(tokens, [np.array([0]), np.array([1, 2]), np.array([3])])
    assert found.tolist() == [-1, 2, 3, -1, 6, -1]


def test_next_words_of_a_unit_are_those_with_the_largest_output_weights():
    weights = np.array([[0.0, 1.0], [3.0, -1.0], [-2.0, 0.5], [9.0, 9.0]])
    up, down = words_spoken_for(weights, np.array([0, 1, 2]))
    assert up.tolist() == [[1, 0, 2], [0, 2, 1]]
    assert down.tolist() == [[2, 0, 1], [1, 2, 0]]
