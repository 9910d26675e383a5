"""The head of a model, found by giving it states: against its own answers, autograd by hand and a plain loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnvis.recording.alignment import Plan
from rnnvis.recording.called import Called
from rnnvis.recording.heads import Head, find_head
from tests.python.answering import CLASSES, WORDS, Reader, after_each, head_of, lies, odds, sentences, states_of


def check(model: nn.Module, head: Head | None) -> Head:
    """Its scores along a sentence are those of the beginnings of the sentence."""
    assert head is not None
    for row in sentences()[:4]:
        np.testing.assert_allclose(head.scores(states_of(model, row)), odds(after_each(model, row)), atol=1e-6)
    return head


@pytest.mark.parametrize("classes", [1, 2, 3])
@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_a_linear_head_is_found_with_its_weights(cell: str, classes: int) -> None:
    model = Reader(cell, classes).float()
    head = check(model, head_of(model, lies(scale="logit" if classes == 1 else "logits", size=classes)))
    assert (head.states, head.modules, head.at, head.ends_anywhere) == (("rnn.0.h",), ("fc",), "end", True)
    assert head.weights is not None
    wanted = odds(model.fc.weight.detach().double().numpy().T).T
    np.testing.assert_allclose(head.weights["rnn.0.h"], wanted, rtol=1e-12)  # the model's own, not found by rounding
    np.testing.assert_allclose(head.bias, odds(model.fc.bias.detach().numpy()[None])[0], atol=1e-6)


def test_log_probabilities_and_probabilities_have_the_weights_of_their_logits() -> None:
    class Log(Reader):
        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            return functional.log_softmax(super().answer(output, final, lengths), dim=-1)

    class Share(Reader):
        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            return super().answer(output, final, lengths).sigmoid().squeeze(0)

    model = Log()
    head = head_of(model, lies(scale="log-probabilities"))
    assert head is not None
    assert head.weights is not None
    np.testing.assert_allclose(head.weights["rnn.0.h"], odds(model.fc.weight.detach().numpy().T).T, atol=1e-12)
    single = Share(classes=1)
    head = head_of(single, lies(scale="probability", size=1))
    assert head is not None
    assert head.weights is not None
    np.testing.assert_allclose(head.weights["rnn.0.h"], single.fc.weight.detach().numpy(), atol=1e-12)


def test_an_mlp_in_functions_with_dropout_and_batch_norm_has_the_gradient_of_autograd() -> None:
    class Mlp(Reader):
        def __init__(self) -> None:
            super().__init__("LSTM")
            self.first, self.drop, self.norm = nn.Linear(6, 8), nn.Dropout(0.5), nn.BatchNorm1d(8)
            self.fc = nn.Linear(8, CLASSES)
            self.double()

        def top(self, h: Tensor) -> Tensor:
            return self.fc(functional.gelu(self.norm(self.drop(torch.tanh(self.first(h))))))

        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            return self.top(self.last(output, lengths))

    model = Mlp()
    model.norm.running_mean.normal_()
    head = check(model, head_of(model))
    assert head.weights is None
    assert head.differentiable
    assert head.modules == ("first", "drop", "norm", "fc")
    states = states_of(model, sentences()[0])
    slopes = head.slopes(states)["rnn.0.h"]
    h = torch.from_numpy(states["rnn.0.h"]).requires_grad_()
    for c in range(CLASSES):
        logits = model.top(h)
        others = [j for j in range(CLASSES) if j != c]
        (gradient,) = torch.autograd.grad((logits[:, c] - logits[:, others].mean(dim=1)).sum(), h)
        np.testing.assert_allclose(slopes[:, c], gradient.numpy(), atol=1e-9)


def test_both_directions_at_their_ends_have_weights_and_cannot_end_anywhere() -> None:
    class Both(Reader):
        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            return self.fc(torch.cat([final[0], final[1]], dim=-1))

    class LastWord(Reader):
        pass

    forward = lambda m, batch: m(batch.ids, batch.lengths)  # noqa: E731
    for kind, at in ((Both, "end"), (LastWord, "word")):
        model = kind(bidirectional=True).eval()
        head = find_head(Called(model, {"": sentences()}, 0, forward), lies())
        assert head is not None
        assert head.weights is not None
        assert (head.at, head.states, head.ends_anywhere) == (at, ("rnn.0.h", "rnn.0.reverse.h"), False)
        wanted = odds(model.fc.weight.detach().numpy().T).T
        np.testing.assert_allclose(np.concatenate(list(head.weights.values()), axis=1), wanted, atol=1e-12)


def test_states_of_several_layers_and_cell_states_are_told_apart() -> None:
    class Layers(Reader):
        def __init__(self) -> None:
            super().__init__("LSTM", num_layers=2)
            self.fc = nn.Linear(12, CLASSES)
            self.double()

        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            h, c = final
            return self.fc(torch.cat([c[1], h[0]], dim=-1))

    class Packed(Layers):
        def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
            packed = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True, enforce_sorted=False)
            output, final = self.rnn(packed)
            return self.answer(pad_packed_sequence(output, batch_first=True)[0], final, lengths)

    model = Packed()
    head = check(model, head_of(model))
    assert head.weights is not None
    assert head.states == ("rnn.0.h", "rnn.1.c")
    weight = odds(model.fc.weight.detach().numpy().T).T
    np.testing.assert_allclose(head.weights["rnn.1.c"], weight[:, :6], atol=1e-9)
    np.testing.assert_allclose(head.weights["rnn.0.h"], weight[:, 6:], atol=1e-9)


@pytest.mark.parametrize("pool", ["mean", "max"])
def test_pools_over_the_states_are_found(pool: str) -> None:
    class Pooled(Reader):
        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            real = (torch.arange(output.shape[1]) < lengths[:, None])[..., None]
            if pool == "mean":
                return self.fc((output * real).sum(dim=1) / lengths[:, None])
            return self.fc(output.masked_fill(~real, -torch.inf).amax(dim=1))

    model = Pooled()
    head = head_of(model)
    assert head is not None
    assert (head.at, head.linear) == (pool, True)
    row = sentences()[3]
    h = states_of(model, row)["rnn.0.h"]
    so_far = np.stack([getattr(h[: t + 1], pool)(axis=0) for t in range(len(row))])
    np.testing.assert_allclose(head.scores({"rnn.0.h": so_far}), odds(after_each(model, row)), atol=1e-6)


class Attention(Reader):
    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        weights = output.sum(dim=-1).masked_fill(torch.arange(output.shape[1]) >= lengths[:, None], -torch.inf)
        return self.fc((weights.softmax(dim=1)[..., None] * output).sum(dim=1))


class WithTheWord(Reader):
    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        words = self.embedding(ids)
        return self.fc(self.last(self.rnn(words)[0], lengths)) + self.last(words, lengths)[:, :CLASSES]


class WithTheLength(Reader):
    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        return self.fc(self.last(output, lengths)) * lengths[:, None]


class Summed(Reader):
    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        real = (torch.arange(output.shape[1]) < lengths[:, None])[..., None]
        return self.fc((output * real).sum(dim=1))


class Constant(Reader):
    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        return output.new_ones(len(output), CLASSES)


@pytest.mark.parametrize("kind", [Attention, WithTheWord, WithTheLength, Summed, Constant])
def test_what_reads_more_than_the_last_states_has_no_head(kind: type[Reader]) -> None:
    assert head_of(kind()) is None


def test_a_relu_of_states_that_are_never_negative_is_not_taken_for_linear() -> None:
    class Positive(Reader):
        def __init__(self) -> None:
            super().__init__("RNN", nonlinearity="relu")

        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            return self.fc(self.last(output, lengths).relu())

    head = head_of(Positive())
    assert head is not None
    assert not head.linear


def test_a_tagger_reads_both_directions_at_its_word() -> None:
    class Tagger(Reader):
        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            return self.fc(output)

    model = Tagger(bidirectional=True).eval()
    forward = lambda m, batch: m(batch.ids, batch.lengths)  # noqa: E731
    head = find_head(Called(model, {"": sentences()}, 0, forward), lies("step"))
    assert head is not None
    assert head.linear
    assert head.ends_anywhere
    row = sentences()[5]
    with torch.no_grad():
        said = model(torch.from_numpy(row[None]), torch.tensor([len(row)]))[0].numpy()
    np.testing.assert_allclose(head.scores(states_of(model, row)), odds(said), atol=1e-9)


def test_a_language_model_with_tied_weights_has_them() -> None:
    class Tied(Reader):
        def __init__(self) -> None:
            super().__init__(units=5)

        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            return output @ self.embedding.weight.T

    model = Tied()
    head = head_of(model, lies("step", size=WORDS))
    assert head is not None
    assert head.weights is not None
    np.testing.assert_allclose(head.weights["rnn.0.h"], odds(model.embedding.weight.detach().numpy().T).T, atol=1e-12)


def test_cells_in_a_loop_and_rows_sorted_by_forward() -> None:
    class Loop(Reader):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTMCell(5, 6).double()

        def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
            words, h = self.embedding(ids), None
            outputs = []
            for t in range(ids.shape[1]):
                h = self.rnn(words[:, t], h)
                outputs.append(h[0])
            return self.fc(self.last(torch.stack(outputs, dim=1), lengths))

    class Sorted(Reader):
        def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
            lengths, order = lengths.sort(descending=True)
            output, _ = self.rnn(self.embedding(ids[order]))
            return self.fc(self.last(output, lengths))[order.argsort()]

    check(Loop(), head_of(Loop()))
    check(Sorted(), head_of(Sorted()))


def test_one_row_at_a_time_and_rows_of_more_words() -> None:
    class One(Reader):
        def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
            if len(ids) > 1:
                raise ValueError("one at a time")
            return super().forward(ids, lengths)

    class AtLeastThree(Reader):
        def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
            if ids.shape[1] == 1:
                raise ValueError("too short for the filter")
            return super().forward(ids, lengths)

    check(One(), head_of(One(), plan=Plan(alone=True)))
    text = [row for row in sentences() if len(row) > 2]
    forward = lambda m, batch: m(batch.ids, batch.lengths)  # noqa: E731
    head = find_head(Called(AtLeastThree().eval(), {"": text}, 0, forward), lies())
    assert head is not None
    assert head.linear


def test_the_model_is_left_as_it_was() -> None:
    model = Attention()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    forward, kept = nn.GRU.forward, dict(vars(model.rnn))
    model.train()
    plain = lambda m, batch: m(batch.ids, batch.lengths)  # noqa: E731
    find_head(Called(model, {"": sentences()}, 0, plain), lies())
    assert model.training
    assert nn.GRU.forward is forward
    assert vars(model.rnn).keys() == kept.keys()
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
