"""Losses and likeliest words of large vocabularies, against plain NumPy."""

import numpy as np
import pytest
import torch

from rnnvis.measures.outputs.answer import Answering
from rnnvis.recording.returned import Given


@pytest.mark.parametrize("words", [3, 64, 1280, 5007])
@pytest.mark.parametrize("scale", ["logits", "log-probabilities", "probabilities"])
def test_losses_and_the_likeliest_words_are_those_of_a_plain_softmax(words, scale):
    random = np.random.default_rng(words)
    scores = random.normal(size=(90, words)) * 4
    scores[:5, -3:] += 30  # the best lie at the very end
    scores[5:9, 62 % words] += 30
    log_p = scores - np.log(np.exp(scores - scores.max(1, keepdims=True)).sum(1, keepdims=True))
    log_p -= scores.max(1, keepdims=True)
    values = torch.from_numpy({"logits": scores, "log-probabilities": log_p, "probabilities": np.exp(log_p)}[scale])
    target = random.integers(0, words, 90)
    target[::7] = -1
    answering = Answering("next word", scale, words)
    full = answering.log_probabilities(values)
    wanted = np.where(target < 0, np.nan, -log_p[np.arange(90), target])
    for given in (full, None):
        loss = answering.losses(values, torch.from_numpy(target), given).numpy()
        np.testing.assert_allclose(loss, wanted, rtol=1e-9, atol=1e-9)
    ids, p = answering.likeliest(values, full)
    best = np.argsort(-log_p, axis=1, kind="stable")[:, :5]
    np.testing.assert_array_equal(ids, best)
    np.testing.assert_allclose(p, np.exp(np.take_along_axis(log_p, best, axis=1)), rtol=1e-6)


@pytest.mark.parametrize("wide", [2, 700, 40_000])
@pytest.mark.parametrize("time_first", [False, True])
def test_answers_come_in_the_order_asked_for_however_many_are_held_at_once(wide, time_first):
    random = np.random.default_rng(wide)
    values = torch.from_numpy(random.normal(size=(3, 40, wide)).astype(np.float32))
    laid_out = values.transpose(0, 1).contiguous().transpose(0, 1) if time_first else values
    row, step = random.integers(0, 3, 90), random.integers(0, 40, 90)
    known = random.random(90) < 0.8
    given = Given(laid_out, (torch.from_numpy(row), torch.from_numpy(step)), known)
    chosen = random.permutation(90)[:70]
    parts = list(given.chunks(chosen))
    places = np.concatenate([part for part, _ in parts])
    np.testing.assert_array_equal(places, chosen[known[chosen]])
    wanted = values.numpy()[row[places], step[places]]
    np.testing.assert_array_equal(np.concatenate([part.numpy() for _, part in parts]), wanted)
