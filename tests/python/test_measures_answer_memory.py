"""What of each word is in the answer: compared with gates and candidates computed by hand, product by product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnnvis.measures.outputs.answer_memory import AnswerMemoryRecorder, answer_parts
from rnnvis.measures.outputs.deletion import correlation
from rnnvis.recording.heads import Head
from tests.python.stepping import record_steps

if TYPE_CHECKING:
    from rnnvis.recording.replay import Replay

TEXT = [np.array([1, 4, 2, 2, 5]), np.array([3]), np.array([5, 1, 3])]


class Reader(nn.Module):
    def __init__(self, rnn: nn.RNNBase) -> None:
        super().__init__()
        self.embedding, self.rnn = nn.Embedding(6, 4), rnn

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        return self.rnn(self.embedding(ids))[0]


def reader(kind: type[nn.GRU] | type[nn.LSTM], **options: int) -> Reader:
    torch.manual_seed(3)
    return Reader(kind(4, 7, batch_first=True, **options)).double().eval()


def by_hand(model: Reader, words: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kept shares, writings and h of the last layer [T, H] out of torch's documented formulas, first states zero."""
    rnn = model.rnn
    x = model.embedding(torch.from_numpy(words)).detach()
    for layer in range(rnn.num_layers):
        w, u, b, d = (getattr(rnn, f"{n}_l{layer}").detach() for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        h = c = torch.zeros(7, dtype=torch.float64)
        kept, written, out = [], [], []
        for t in range(len(words)):
            a, r = w @ x[t] + b, u @ h + d
            if isinstance(rnn, nn.GRU):
                reset, z = torch.sigmoid(a[:7] + r[:7]), torch.sigmoid(a[7:14] + r[7:14])
                n = torch.tanh(a[14:] + reset * r[14:])
                h = (1 - z) * n + z * h
                kept.append(z), written.append((1 - z) * n)
            else:
                i, f, g, o = (a + r).chunk(4)
                i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
                c = f * c + i * g
                h = o * torch.tanh(c)
                kept.append(f), written.append(i * g)
            out.append(h)
        x = torch.stack(out)
    return torch.stack(kept).numpy(), torch.stack(written).numpy(), x.numpy()


def head(weights: np.ndarray, bias: np.ndarray, state: str) -> Head:
    """One answer a step, read by these weights from `state`."""
    return Head((state,), "word", "step", (), {state: weights}, bias, True, cast("Replay", None))


def recorded(model: nn.Module, of: Head, numbers: list[int], **options: Any) -> AnswerMemoryRecorder:
    recorder = AnswerMemoryRecorder(of, numbers, options.pop("chosen", np.ones(3, bool)), **options)
    starts = np.cumsum([0, *map(len, TEXT)])
    for batch in record_steps(model, TEXT):
        recorder.add(batch, starts[batch.sentence_id] + batch.step)
    return recorder


def cell(kept: np.ndarray, written: np.ndarray, step: int) -> np.ndarray:
    c = np.zeros(7)
    for k, w in zip(kept[: step + 1], written[: step + 1], strict=True):
        c = k * c + w
    return c


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
def test_parts_are_products_of_gates_and_writings_and_sum_to_the_answer(
    kind: type[nn.GRU] | type[nn.LSTM], layers: int
) -> None:
    model = reader(kind, num_layers=layers)
    weights, bias = np.random.default_rng(5).normal(size=(2, 7)), np.array([0.25, -3.0])
    found = recorded(model, head(weights, bias, f"rnn.{layers - 1}.h"), [0, 1]).result()
    assert found is not None
    assert len(found.step) == 2 * sum(map(len, TEXT))
    assert found.of_class.tolist() == [0, 1] * sum(map(len, TEXT))
    for i, (sentence, step, number) in enumerate(zip(found.sentence_id, found.step, found.of_class, strict=True)):
        kept, written, h = by_hand(model, TEXT[sentence])
        opened = np.ones(7) if kind is nn.GRU else h[step] / cell(kept, written, step)
        expected = [
            np.sum(weights[number] * opened * np.prod(kept[j + 1 : step + 1], axis=0) * written[j])
            for j in range(step + 1)
        ]
        part = found.part[found.starts[i] : found.starts[i + 1]]
        np.testing.assert_allclose(part, expected, atol=1e-6)
        assert found.rest[i] == pytest.approx(bias[number], abs=1e-6)
        assert found.answer[i] == pytest.approx(bias[number] + weights[number] @ h[step], abs=1e-5)
        assert part.sum() + found.rest[i] == pytest.approx(found.answer[i], abs=1e-5)


def test_the_cell_state_is_taken_apart_where_the_head_reads_that() -> None:
    model = reader(nn.LSTM)
    weights = np.random.default_rng(6).normal(size=(1, 7))
    found = recorded(model, head(weights, np.zeros(1), "rnn.0.c"), [1]).result()
    assert found is not None
    kept, written, _ = by_hand(model, TEXT[0])
    row = int(np.flatnonzero((found.sentence_id == 0) & (found.step == 4))[0])
    expected = [weights[0] @ (np.prod(kept[j + 1 : 5], axis=0) * written[j]) for j in range(5)]
    np.testing.assert_allclose(found.part[found.starts[row] : found.starts[row + 1]], expected, atol=1e-6)


def test_of_next_words_the_score_of_the_word_that_came_is_taken_apart() -> None:
    model = reader(nn.GRU)
    weights, bias = np.random.default_rng(7).normal(size=(6, 7)), np.arange(6.0)
    target = np.array([4, 2, 2, 5, -1, -1, 1, 3, -1])
    found = recorded(model, head(weights, bias, "rnn.0.h"), [], target=target).result()
    assert found is not None
    assert found.of_class.tolist() == [4, 2, 2, 5, 1, 3]
    kept, written, h = by_hand(model, TEXT[2])
    row = int(np.flatnonzero((found.sentence_id == 2) & (found.step == 1))[0])
    expected = [weights[3] @ (kept[1] * written[0]), weights[3] @ written[1]]
    np.testing.assert_allclose(found.part[found.starts[row] : found.starts[row + 1]], expected, atol=1e-6)
    assert found.rest[row] == pytest.approx(3.0)
    assert found.answer[row] == pytest.approx(3.0 + weights[3] @ h[1], abs=1e-5)


def test_what_the_first_state_holds_counts_for_no_word() -> None:
    states, before, kept = (np.array([[[a], [b]]]) for a, b in ((1.0, 0.5), (2.0, 1.0), (0.5, 0.25)))
    parts, of_start = answer_parts(states, before, kept, np.ones((1, 2, 1)), np.array([[2.0]]))
    np.testing.assert_allclose(of_start[0, :, 0], [2.0, 0.5])  # 2 · 0.5 · 2, then a quarter of it
    np.testing.assert_allclose(parts[0, :, :, 0], [[0.0, 0.0], [0.0, 0.5]])


def test_a_cell_that_is_zero_reads_as_its_limit() -> None:
    model = reader(nn.LSTM)
    with torch.no_grad():
        for weight in model.rnn.parameters():
            weight.zero_()
    found = recorded(model, head(np.ones((1, 7)), np.zeros(1), "rnn.0.h"), [1]).result()
    assert found is not None
    assert np.isfinite(found.part).all()
    assert not found.part.any()


def test_only_chosen_sentences_are_kept_and_an_elman_layer_gives_nothing() -> None:
    of = head(np.ones((1, 7)), np.zeros(1), "rnn.0.h")
    found = recorded(reader(nn.GRU), of, [1], chosen=np.array([True, False, True])).result()
    assert found is not None
    assert np.unique(found.sentence_id).tolist() == [0, 2]
    alone = found.only(np.array([2]))
    assert alone.step.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(alone.part, found.part[-6:])
    assert alone.starts.tolist() == [0, 1, 3, 6]
    recorder = recorded(Reader(nn.RNN(4, 7, batch_first=True)).eval(), of, [1])
    assert recorder.missing == "rnn.0.h"
    assert recorder.result() is None


def test_parts_that_miss_the_answer_are_not_handed_out() -> None:
    model = reader(nn.LSTM)
    of = head(np.ones((1, 7)), np.zeros(1), "rnn.0.h")
    recorder = AnswerMemoryRecorder(of, [1], np.ones(3, bool))
    for batch in record_steps(model, TEXT):
        batch.gates["rnn.0.o"] *= 0.9
        recorder.add(batch, np.zeros(len(batch), np.int64))
    assert recorder.off > 1
    assert recorder.result() is None


def test_a_correlation_has_the_error_of_leaving_out_one_group_at_a_time() -> None:
    random = np.random.default_rng(8)
    x, group = random.normal(size=60), np.repeat(np.arange(12), 5)
    y = 0.5 * x + random.normal(size=60)
    value, error = correlation(x, y, group)
    assert value == pytest.approx(np.corrcoef(x, y)[0, 1])
    left = [np.corrcoef(x[group != g], y[group != g])[0, 1] for g in range(12)]
    assert error == pytest.approx(np.sqrt(11 / 12 * np.square(left - np.mean(left)).sum()))
    assert np.isnan(correlation(x, y, np.zeros(60))[1])
