"""Units held at zero: the same as stepping with them at zero, and effects of planted units and groups."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnvis.measures.figures import clustered_mean
from rnnvis.measures.outputs.ablation import Ablation, Subject
from rnnvis.nets.classifier import CELLS, SentenceClassifier
from rnnvis.nets.language_model import LanguageModel
from rnnvis.nets.silenced import classifier_losses, next_word_losses_without

OFF = np.array([1, 4])


def stepped(model, ids, layers, layer, units):
    """h of the last layer after every word, [T, H], each step by torch's own cell with `units` of `layer` at zero."""
    kind = {"gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell, "rnn": torch.nn.RNNCell}[model.cell]
    cells = []
    for at in range(layers):
        source = {
            name: getattr(model.rnn, f"{name}_l{at}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        }
        cell = kind(source["weight_ih"].shape[1], model.rnn.hidden_size)
        cell.load_state_dict({name: value.detach() for name, value in source.items()})
        cells.append(cell)
    h = [torch.zeros(1, model.rnn.hidden_size) for _ in cells]
    c = [torch.zeros(1, model.rnn.hidden_size) for _ in cells]
    out = []
    for word in ids:
        x = model.embedding(torch.tensor([word]))
        for at, cell in enumerate(cells):
            if model.cell == "lstm":
                h[at], c[at] = cell(x, (h[at], c[at]))
            else:
                h[at] = cell(x, h[at])
            if at == layer:
                h[at] = h[at].clone()
                h[at][:, units] = 0
                c[at][:, units] = 0
            x = h[at]
        out.append(x[0])
    return torch.stack(out)


@pytest.mark.parametrize("cell", list(CELLS))
@pytest.mark.parametrize("layer", [0, 1])
def test_next_word_losses_are_those_of_stepping_with_the_units_at_zero(cell, layer):
    torch.manual_seed(0)
    model = LanguageModel(11, 6, 6, cell, layers=2)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ids = np.random.default_rng(0).integers(0, 11, (2, 9))
    ids[1, 6:] = -1
    found = next_word_losses_without(model, ids, layer, OFF).reshape(2, 8)
    with torch.no_grad():
        for row, length in ((0, 9), (1, 6)):
            hidden = stepped(model, ids[row, : length - 1], 2, layer, OFF)
            p = torch.log_softmax(model.head(hidden), dim=1)
            wanted = [-p[t, ids[row, t + 1]].item() for t in range(length - 1)]
            np.testing.assert_allclose(found[row, : length - 1], wanted, rtol=1e-5)
    assert not found[1, 5:].any()
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize("cell", list(CELLS))
def test_verdicts_are_those_of_stepping_with_the_units_at_zero(cell):
    torch.manual_seed(1)
    model = SentenceClassifier(11, 6, 6, cell)
    model.cell = cell
    tokens = [np.array(row) for row in ([3, 1, 4], [1, 5, 9, 2, 6], [5])]
    labels = np.array([0, 1, 1])
    found = classifier_losses(model, tokens, labels, 0, OFF)
    with torch.no_grad():
        for row, (ids, label) in enumerate(zip(tokens, labels, strict=True)):
            last = stepped(model, ids, 1, 0, OFF)[-1]
            assert found[row] == pytest.approx(-torch.log_softmax(model.head(last), dim=0)[label].item(), rel=1e-5)
    whole = classifier_losses(model, tokens, labels, 0, OFF[:0])
    assert np.abs(whole - found).max() > 1e-4


def planted_losses(units=40, rows=300):
    """Losses that rise by 1 for each of units 0–4 that is off, on the first third of the rows only."""
    base = np.random.default_rng(0).random(rows)
    third = np.arange(rows) < rows // 3

    def losses(without):
        return base + third * np.isin(without, np.arange(5)).sum()

    return losses, third, np.arange(rows) // 2


def test_a_planted_group_stands_out_against_random_groups_of_its_size():
    losses, third, sentence = planted_losses()
    ablation = Ablation(losses, 40, sentence)
    subjects = [Subject("all", -1, np.ones(300, bool)), Subject("class", 1, third), Subject("words", 3, ~third)]
    subjects.append(Subject("words", 4, np.zeros(300, bool)))
    every, first, rest = ablation.of_cluster(np.arange(5), subjects)
    assert every.increase == pytest.approx(5 / 3)
    assert (first.count, first.increase, rest.increase) == (100, pytest.approx(5), 0)
    assert 0 <= first.random < 2
    assert first.increase > first.random + 3 * first.random_spread
    assert rest.random == 0
    mean, error = clustered_mean(third * 5.0, sentence)
    assert (every.increase, every.standard_error) == (pytest.approx(mean), pytest.approx(error))


def test_single_units_and_the_whole_state():
    losses, _, sentence = planted_losses(units=6)
    ablation = Ablation(losses, 6, sentence)
    mean, error = ablation.of_units()
    np.testing.assert_allclose(mean, [1 / 3] * 5 + [0], rtol=1e-6)
    assert (error[:5] > 0).all()
    (whole,) = ablation.of_cluster(np.arange(6), [Subject("all", -1, np.ones(300, bool))])
    assert whole.increase == pytest.approx(5 / 3)
    assert np.isnan(whole.random)
    assert np.isnan(whole.random_spread)


def test_every_group_of_units_runs_once():
    asked = []

    def losses(without):
        asked.append(tuple(without))
        return np.zeros(4)

    ablation = Ablation(losses, 9, np.arange(4))
    everything = [Subject("all", -1, np.ones(4, bool))]
    for members in ([2, 5], [5, 2], [2, 5]):
        list(ablation.of_cluster(np.array(members), everything))
    assert len(asked) == len(set(asked))
