"""What of each word is in the answer: compared with gates and candidates computed by hand, product by product."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnnvis.measures.outputs.answer_memory import AnswerMemoryRecorder, answer_parts
from rnnvis.recording.steps import record_steps

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


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
def test_parts_are_products_of_gates_and_writings_and_sum_to_the_answer(
    kind: type[nn.GRU] | type[nn.LSTM], layers: int
) -> None:
    model = reader(kind, num_layers=layers)
    weights = np.random.default_rng(5).normal(size=(2, 7))
    recorder = AnswerMemoryRecorder(f"rnn.{layers - 1}", weights, [0, 1], np.ones(3, bool))
    for batch in record_steps(model, TEXT):
        recorder.add(batch, np.zeros(0))
    found = recorder.result()
    assert found is not None
    assert len(found.part) == 2 * sum(map(len, TEXT))
    for sentence, step, number, part, first in zip(
        found.sentence_id, found.step, found.of_class, found.part, found.first, strict=True
    ):
        kept, written, h = by_hand(model, TEXT[sentence])
        opened = np.ones(7) if kind is nn.GRU else h[step] / cell(kept, written, step)
        expected = [
            np.sum(weights[number] * opened * np.prod(kept[i + 1 : step + 1], axis=0) * written[i])
            for i in range(step + 1)
        ]
        np.testing.assert_allclose(part, expected, atol=1e-6)
        assert part.sum() + first == pytest.approx(weights[number] @ h[step], abs=1e-5)
        assert first == 0


def cell(kept: np.ndarray, written: np.ndarray, step: int) -> np.ndarray:
    c = np.zeros(7)
    for k, w in zip(kept[: step + 1], written[: step + 1], strict=True):
        c = k * c + w
    return c


def test_what_the_first_state_holds_counts_for_no_word() -> None:
    states, kept = np.array([[1.0], [0.5]]), np.array([[0.5], [0.25]])
    parts, of_start = answer_parts(states, np.array([2.0]), kept, np.array([[2.0], [2.0]]))
    np.testing.assert_allclose(of_start, [2.0, 0.5])  # 2 · 0.5 · 2, then a quarter of it
    np.testing.assert_allclose(parts, [[0.0, 0.0], [0.0, 0.5]])


def test_a_cell_that_is_zero_reads_as_its_limit() -> None:
    model = reader(nn.LSTM)
    with torch.no_grad():
        for weight in model.rnn.parameters():
            weight.zero_()
    recorder = AnswerMemoryRecorder("rnn.0", np.ones((1, 7)), [1], np.ones(3, bool))
    for batch in record_steps(model, TEXT):
        recorder.add(batch, np.zeros(0))
    found = recorder.result()
    assert found is not None
    assert all(np.isfinite(part).all() and not part.any() for part in found.part)


def test_a_sentence_beyond_the_budget_is_left_out_whole_and_an_elman_layer_gives_nothing() -> None:
    model = reader(nn.GRU)
    recorder = AnswerMemoryRecorder("rnn.0", np.ones((1, 7)), [1], np.array([True, True, False]), budget=2 * 5 * 6 + 3)
    for batch in record_steps(model, TEXT):
        recorder.add(batch, np.zeros(0))
    found = recorder.result()
    assert found is not None
    assert set(found.sentence_id.tolist()) == {0}
    elman = Reader(nn.RNN(4, 7, batch_first=True)).eval()
    recorder = AnswerMemoryRecorder("rnn.0", np.ones((1, 7)), [1], np.ones(3, bool))
    for batch in record_steps(elman, TEXT):
        recorder.add(batch, np.zeros(0))
    assert recorder.result() is None
