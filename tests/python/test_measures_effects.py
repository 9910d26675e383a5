"""What words do to an answer: against plain loops, autograd by hand and beginnings of sentences run by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnnvis.measures.outputs.effects import CONTEXTS
from rnnvis.measures.outputs.pushes import EffectRecorder, Effects
from rnnvis.measures.words.quantiles import LEVELS
from rnnvis.recording.heads import Head
from rnnvis.recording.returned import Returned
from rnnvis.recording.scores import log_probabilities, probabilities
from tests.python.answering import CLASSES, WORDS, Reader, after_each, head_of, lies, odds, sentences
from tests.python.stepping import record_steps

ENDS = np.cumsum([len(row) for row in sentences()])
MEASURED = np.arange(len(ENDS)) % 3 > 0


def effects_of(model: Reader, answer: Returned | None = None, **options: Any) -> tuple[Head, Effects]:
    head = head_of(model, answer)
    assert head is not None
    scores = head.scores({name: np.zeros((1, 6)) for name in head.states}).shape[1]
    recorder = EffectRecorder(head, scores, options.pop("classes", True), MEASURED, WORDS, int(ENDS[-1]), **options)
    for batch in record_steps(model, sentences(), batch_steps=40):
        recorder.add(batch, np.append(0, ENDS)[batch.sentence_id] + batch.step)
    return head, recorder.result()


def uses() -> Iterator[tuple[int, int, int, int]]:
    """Every step: its place among all, its sentence, its step and its word."""
    for sentence, row in enumerate(sentences()):
        for step, word in enumerate(row.tolist()):
            yield ENDS[sentence] - len(row) + step, sentence, step, word


def changes(model: Reader) -> np.ndarray:
    """The change of every score at every step, by running beginnings of sentences; before the first word, from zero."""
    found = []
    for row in sentences():
        scores = odds(after_each(model, row))
        with torch.no_grad():
            start = odds(model.answer(torch.zeros(1, 1, 6).double(), None, torch.ones(1).long()).reshape(1, -1).numpy())
        found.append(np.diff(scores, axis=0, prepend=start))
    return np.concatenate(found)


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_pushes_contexts_and_effects_of_a_linear_head_equal_plain_loops(classes: int) -> None:
    model = Reader("LSTM", classes)
    model.fc.weight.data *= 6
    scale = "numbers" if classes == 1 else "logits"
    _, found = effects_of(model, lies(scale=scale, size=classes), classes=classes > 1, high=0.6, low=0.5)
    pushes = changes(model)
    assert found.exact
    assert found.accounts_for is None
    np.testing.assert_allclose(found.pushes, pushes, atol=1e-6)
    ended = np.concatenate([odds(after_each(model, row)) for row in sentences()])
    np.testing.assert_allclose(found.ended, ended, atol=1e-6)
    deltas = np.empty((ENDS[-1], 6))
    for batch in record_steps(model, sentences()):
        deltas[np.append(0, ENDS)[batch.sentence_id] + batch.step] = batch.delta("rnn.0.h")
    mine: dict[int, list[int]] = {}
    for place, sentence, _, word in uses():
        if MEASURED[sentence]:
            mine.setdefault(word, []).append(place)
    of = found.words["rnn.0.h"]
    for word in range(WORDS):
        at = mine.get(word, [])
        assert of.count[word] == len(at)
        if len(at) > 1:
            np.testing.assert_allclose(of.push[word], pushes[at].mean(axis=0), atol=1e-6)
            np.testing.assert_allclose(
                of.standard_error[word], pushes[at].std(axis=0, ddof=1) / len(at) ** 0.5, atol=1e-6
            )
            np.testing.assert_allclose(of.quantiles[word], np.quantile(pushes[at], LEVELS, axis=0).T, atol=1e-6)
    if classes == 1:
        assert not found.in_context  # a number is not likely or unlikely
        return
    before = probabilities(ended - pushes)
    inside = found.in_context["rnn.0.h"]
    for word, at in mine.items():
        for score in range(pushes.shape[1]):
            for column, name in enumerate(CONTEXTS):
                p = before[at, score]
                some = np.array(at)[p >= 0.6 if name == "positive" else p <= 0.5]
                assert inside.count[word, score, column] == len(some)
                if len(some) > 1:
                    norm = np.linalg.norm(deltas[some], axis=1)
                    np.testing.assert_allclose(inside.push[word, score, column], pushes[some, score].mean(), atol=1e-6)
                    np.testing.assert_allclose(inside.norm[word, score, column], norm.mean(), atol=1e-6)
                    error = pushes[some, score].std(ddof=1) / len(some) ** 0.5
                    np.testing.assert_allclose(inside.push_standard_error[word, score, column], error, atol=1e-6)
                    error = norm.std(ddof=1) / len(some) ** 0.5
                    np.testing.assert_allclose(inside.norm_standard_error[word, score, column], error, atol=1e-6)


class Curved(Reader):
    """A head that is not linear."""

    def __init__(self) -> None:
        super().__init__("GRU", CLASSES)
        self.hidden = nn.Linear(6, 6).double()
        self.hidden.weight.data *= 3

    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        return self.fc(torch.tanh(self.hidden(self.last(output, lengths))))


@pytest.mark.parametrize("at_once", [1, 100, 2**23])
def test_pushes_of_any_other_head_are_gradient_times_change_and_say_what_they_account_for(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnvis.measures.outputs.pushes._SLOPES", at_once)
    model = Curved().eval()
    _, found = effects_of(model)
    wanted, slopes = np.empty((ENDS[-1], CLASSES)), np.empty((ENDS[-1], CLASSES, 6))
    for batch in record_steps(model, sentences()):
        for i in range(len(batch)):
            place = (ENDS[batch.sentence_id[i]] - len(sentences()[batch.sentence_id[i]])) + batch.step[i]
            h = torch.from_numpy(batch.states["rnn.0.h"][i]).requires_grad_()
            logits = model.fc(torch.tanh(model.hidden(h)))
            for c in range(CLASSES):
                others = [j for j in range(CLASSES) if j != c]
                (slopes[place, c],) = torch.autograd.grad(logits[c] - logits[others].mean(), h, retain_graph=True)
            wanted[place] = slopes[place] @ batch.delta("rnn.0.h")[i]
    assert not found.exact
    np.testing.assert_allclose(found.pushes, wanted, atol=1e-6)
    inside = np.repeat(MEASURED, [len(row) for row in sentences()])
    real = changes(model)[inside]
    share = 1 - ((real - wanted[inside]) ** 2).sum() / (real**2).sum()
    assert found.accounts_for == pytest.approx(share)
    assert 0.1 < share < 0.999
    np.testing.assert_allclose(found.weights["rnn.0.h"], slopes[inside].mean(axis=0), atol=1e-6)


def test_pushes_of_both_directions_add_up_to_the_answer() -> None:
    class Both(Reader):
        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            return self.fc(torch.cat([final[0], final[1]], dim=-1))

    for kind in (Both, Reader):  # h_n, or the output at the last word, where the backward direction has taken one step
        model = kind("GRU", 2, bidirectional=True).eval()
        _, found = effects_of(model, lies(size=2))
        assert found.ended is None
        bias = float((model.fc.bias[1] - model.fc.bias[0]).detach())
        for sentence, row in enumerate(sentences()):
            whole = odds(after_each(model, row)[-1:])[0, 0] - bias
            assert found.pushes[ENDS[sentence] - len(row) : ENDS[sentence]].sum() == pytest.approx(whole, abs=1e-6)
        if kind is Reader:
            last_words = {int(row[-1]) for number, row in enumerate(sentences()) if MEASURED[number]}
            assert set(np.flatnonzero(found.words["rnn.0.reverse.h"].count).tolist()) == last_words


def test_a_curved_head_of_both_directions_has_each_beside_the_end_of_the_other() -> None:
    class Both(Reader):
        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            return self.fc(torch.tanh(3 * torch.cat([final[0], final[1]], dim=-1)))

    model = Both("GRU", 2, bidirectional=True).eval()
    head, found = effects_of(model, lies(size=2))
    batch = next(iter(record_steps(model, [sentences()[7]])))
    forth, back = (torch.from_numpy(batch.states[name]) for name in head.states)
    at = slice(ENDS[7] - len(forth), ENDS[7])

    def log_odds(f: Tensor, b: Tensor) -> Tensor:
        logits = model.fc(torch.tanh(3 * torch.cat([f, b])))
        return logits[1] - logits[0]

    for t, pushed in enumerate(found.pushes[at, 0]):
        f, b = forth[t].clone().requires_grad_(), back[t].clone().requires_grad_()
        (of_f,) = torch.autograd.grad(log_odds(f, back[0]), f)
        (of_b,) = torch.autograd.grad(log_odds(forth[-1], b), b)
        by_hand = of_f @ torch.from_numpy(batch.delta(head.states[0])[t])
        by_hand = by_hand + of_b @ torch.from_numpy(batch.delta(head.states[1])[t])
        assert pushed == pytest.approx(float(by_hand), abs=1e-6)


@pytest.mark.parametrize("pool", ["mean", "max"])
def test_the_push_on_a_pooled_answer_is_its_change(pool: str) -> None:
    class Pooled(Reader):
        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            real = (torch.arange(output.shape[1]) < lengths[:, None])[..., None]
            if pool == "mean":
                return self.fc((output * real).sum(dim=1) / lengths[:, None]).tanh()
            return self.fc(output.masked_fill(~real, -torch.inf).amax(dim=1)).tanh()

    model = Pooled()
    _, found = effects_of(model)
    ended = [odds(after_each(model, row)) for row in sentences()]
    np.testing.assert_allclose(found.ended, np.concatenate(ended), atol=1e-6)
    pushes = np.concatenate([np.diff(one, axis=0, prepend=np.nan) for one in ended])
    np.testing.assert_allclose(found.pushes, pushes, atol=1e-6)
    assert found.exact
    assert not found.words


def test_the_model_that_makes_no_gradients_has_the_change_itself() -> None:
    class Closed(Curved):
        @torch.no_grad()
        def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
            return super().forward(ids, lengths)

    model = Closed().eval()
    head, found = effects_of(model)
    assert not head.differentiable
    np.testing.assert_allclose(found.pushes, changes(model), atol=1e-6)
    assert not found.words


def test_probabilities_come_back_from_scores() -> None:
    for classes in (2, 3, 7):
        logits = torch.randn(20, classes, generator=torch.Generator().manual_seed(0)).double() * 5
        wanted = logits.log_softmax(dim=1).numpy()
        np.testing.assert_allclose(log_probabilities(odds(logits.numpy())), wanted, atol=1e-12)
