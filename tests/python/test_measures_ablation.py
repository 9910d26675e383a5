"""The stage `ablate`: the same as stepping with units at zero, and effects of planted units and groups."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnvis.measures.figures import clustered_mean
from rnnvis.measures.outputs.ablation import Ablation, Subject
from rnnvis.nets.classifier import SentenceClassifier
from rnnvis.nets.language_model import LanguageModel
from rnnvis.recipes.steps.ablate import _verdicts, guesses, judged_by
from rnnvis.text.corpus import Corpus

OFF = np.array([1, 4])
TORCHS = ("gru", "lstm", "rnn")


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


@pytest.mark.parametrize("cell", TORCHS)
@pytest.mark.parametrize("layer", [0, 1])
def test_guesses_of_held_out_text_are_those_of_stepping_with_the_units_at_zero(cell, layer):
    torch.manual_seed(0)
    model = LanguageModel(11, 6, 6, cell, layers=2)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random = np.random.default_rng(0)
    tokens = [random.integers(0, 11, n) for n in (5, 4, 6, 7, 3)]
    text = corpus(tokens, ["train", "valid", "valid", "test", "test"], [-1] * 5, ["a", "b", "b", "c", "c"])
    judged = judged_by(*guesses(model, text))
    read = [np.concatenate([tokens[i] for i in of]) for of in ([1, 2], [3, 4])]
    wanted, sentence = [], []
    with torch.no_grad():
        for ids, of in zip(read, ([1, 2], [3, 4]), strict=True):
            p = torch.log_softmax(model.head(stepped(model, ids[:-1], 2, layer, OFF)), dim=1)
            wanted += [-p[t, ids[t + 1]].item() for t in range(len(ids) - 1)]
            sentence += np.repeat(of, [len(tokens[i]) for i in of])[1:].tolist()
    for kind in ("h", "c") if cell == "lstm" else ("h",):
        np.testing.assert_allclose(judged.losses(f"rnn.{layer}.{kind}", OFF), wanted, rtol=1e-5)
    assert judged.sentence.tolist() == sentence
    assert judged.words[:, 1].tolist() == np.concatenate([ids[1:] for ids in read]).tolist()
    assert not judged.classes
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize("cell", TORCHS)
def test_verdicts_are_those_of_stepping_with_the_units_at_zero(cell):
    torch.manual_seed(1)
    model = SentenceClassifier(11, 6, 6, cell)
    model.cell = cell
    tokens = [np.array(row) for row in ([3, 1, 4], [1, 5, 9, 2, 6], [5, 2], [7])]
    labels = [0, 1, 1, 0]
    text = corpus(tokens, ["test", "test", "test", "train"], labels, [])
    judged = judged_by(_verdicts(model, text), None)
    found = judged.losses("rnn.0.h", OFF)
    with torch.no_grad():
        for row, (ids, label) in enumerate(zip(tokens[:3], labels[:3], strict=True)):
            last = stepped(model, ids, 1, 0, OFF)[-1]
            assert found[row] == pytest.approx(-torch.log_softmax(model.head(last), dim=0)[label].item(), rel=1e-5)
    assert np.abs(judged.losses("rnn.0.h", OFF[:0]) - found).max() > 1e-4
    assert [of.tolist() for of in judged.classes.values()] == [[True, False, False], [False, True, True]]
    assert judged.about(np.array([2])).tolist() == [False, True, True]


def corpus(tokens, split, labels, documents):
    names = tuple(f"w{i}" for i in range(11))
    return Corpus(
        name="planted",
        labels=("negative", "positive") if max(labels) >= 0 else (),
        vocabulary=names,
        counts=np.bincount(np.concatenate(tokens), minlength=11),
        special=(),
        tokens=tokens,
        surface=[tuple(names[i] for i in row) for row in tokens],
        text=["" for _ in tokens],
        split=split,
        label=np.array(labels),
        score=np.full(len(tokens), np.nan, np.float32),
        source=split,
        key=[f"k{i}" for i in range(len(tokens))],
        document=documents,
    )


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
