import numpy as np
import pytest
import torch

from rnnvis.config import CELLS
from rnnvis.nets import SentenceClassifier
from rnnvis.nets.batches import in_order, padded, shuffled


def random_sentences(count, words, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.integers(0, words, generator.integers(1, 12)).astype(np.int32) for _ in range(count)]


@pytest.mark.parametrize("cell", CELLS)
def test_a_batch_of_mixed_lengths_equals_one_by_one(cell):
    torch.manual_seed(0)
    model = SentenceClassifier(20, 5, 7, cell).eval()
    tokens = random_sentences(9, 20)
    batch = padded(tokens, np.arange(9), model.padding_id)
    together = model(batch.ids, batch.lengths)
    for i, sentence in enumerate(tokens):
        alone = model(torch.from_numpy(sentence).long()[None], torch.tensor([len(sentence)]))
        torch.testing.assert_close(together[i], alone[0], rtol=1e-5, atol=1e-6)


def test_the_head_reads_the_last_real_state_from_a_zero_start():
    torch.manual_seed(0)
    model = SentenceClassifier(20, 5, 7, "gru").eval()
    sentence = torch.tensor([[3, 1, 4]])
    h = torch.zeros(1, 7)
    cell = torch.nn.GRUCell(5, 7)
    cell.load_state_dict({name.removesuffix("_l0"): p for name, p in model.rnn.state_dict().items()})
    for t in range(3):
        h = cell(model.embedding(sentence[:, t]), h)
    padding = torch.full((1, 4), model.padding_id)
    logits = model(torch.cat([sentence, padding], dim=1), torch.tensor([3]))
    torch.testing.assert_close(logits, model.head(h))


def test_padding_is_masked_and_never_a_word():
    tokens = [np.array([1, 2, 3], dtype=np.int32), np.array([4], dtype=np.int32)]
    batch = padded(tokens, np.array([1, 0]), 9)
    assert batch.ids.tolist() == [[4, 9, 9], [1, 2, 3]]
    assert batch.lengths.tolist() == [1, 3]
    assert batch.sentence_ids.tolist() == [1, 0]
    model = SentenceClassifier(9, 5, 7, "gru")
    model(batch.ids, batch.lengths).sum().backward()
    assert torch.count_nonzero(model.embedding.weight[9]) == 0
    assert torch.count_nonzero(model.embedding.weight.grad[9]) == 0


def test_every_sentence_once_a_round():
    tokens = random_sentences(101, 20)
    chosen = np.arange(3, 101)
    first, again, other = (
        [b.sentence_ids.tolist() for b in shuffled(tokens, chosen, 20, 8, np.random.default_rng(seed))]
        for seed in (1, 1, 2)
    )
    assert sorted(i for batch in first for i in batch) == chosen.tolist()
    assert first == again
    assert first != other
    ordered = [b.sentence_ids.tolist() for b in in_order(tokens, chosen, 20, 10)]
    assert sorted(i for batch in ordered for i in batch) == chosen.tolist()
