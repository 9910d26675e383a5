"""Recording all states and gates: batches through the fused module, against stepping a cell word by word."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from benchmarks.report import Table, middle, seconds
from rnnvis.recording.steps import record_steps

WORDS, EMBEDDING, SENTENCES, LENGTH = 5000, 64, 400, 20


class Reader(nn.Module):
    """An embedding and one LSTM layer."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, EMBEDDING)
        self.rnn = nn.LSTM(EMBEDDING, units, batch_first=True)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return self.rnn(self.embedding(ids))[0]


def stepped(model: Reader, sentences: list[np.ndarray]) -> np.ndarray:
    """Cell states of every step, one `nn.LSTMCell` call a word."""
    cell = nn.LSTMCell(EMBEDDING, model.rnn.hidden_size)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(cell, name).data.copy_(getattr(model.rnn, name + "_l0"))
    found = []
    with torch.no_grad():
        for sentence in sentences:
            state = None
            for vector in model.embedding(torch.from_numpy(sentence)):
                state = cell(vector[None], state)
                found.append(state[1][0].numpy())
    return np.stack(found)


def batched(model: Reader, sentences: list[np.ndarray]) -> np.ndarray:
    """The same by the recorder, in the sentences' order."""
    steps = list(record_steps(model, sentences))
    order = np.lexsort((np.concatenate([b.step for b in steps]), np.concatenate([b.sentence_id for b in steps])))
    return np.concatenate([b.states["rnn.0.c"] for b in steps])[order]


def measure() -> Table:
    """Steps a second for 64 and 600 units."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    sentences = [rng.integers(0, WORDS, rng.integers(5, 2 * LENGTH)) for _ in range(SENTENCES)]
    steps = sum(map(len, sentences))
    rows = []
    for units in (64, 600):
        torch.manual_seed(0)
        model = Reader(units).eval()
        gap = float(np.abs(batched(model, sentences) - stepped(model, sentences)).max())
        ours, theirs = (seconds(lambda f=f, m=model: f(m, sentences), 3) for f in (batched, stepped))  # type: ignore[misc]
        ratio = np.median(theirs) / np.median(ours)
        rows.append((f"LSTM, {units} units", middle(ours), middle(theirs), f"{ratio:.1f}×", f"{gap:.0e}"))
    about = (
        f"Hidden states, cell states and gates of {steps:,} words in {SENTENCES} sentences, one thread. "
        "Median and range of three runs."
    )
    return Table("Recording", about, ("model", "rnnvis", "nn.LSTMCell, word by word", "faster", "largest gap"), rows)
