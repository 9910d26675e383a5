"""What publishing a recording takes: the first time, the second, and as a page; and what the shorter t-SNE keeps."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from sklearn.manifold import trustworthiness
from torch import nn

import rnnvis
from benchmarks.report import Table
from rnnvis.measures.states import projection

WORDS, UNITS, LAYERS, TOKENS = 5000, 200, 2, 30_000
NEIGHBOURS = 10
ROUNDS = 1000  # what scikit-learn takes unless told otherwise


class Model(nn.Module):
    """A language model that nobody trained, with weights large enough to move its units."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(WORDS, 100)
        self.rnn = nn.LSTM(100, UNITS, LAYERS, batch_first=True)
        self.head = nn.Linear(UNITS, WORDS)
        with torch.no_grad():
            for weights in self.rnn.parameters():
                weights.mul_(1.5)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.rnn(self.embedding(ids))[0])


def text() -> list[list[int]]:
    """Sentences of 5 to 39 words by Zipf's law, `TOKENS` words together."""
    random = np.random.default_rng(0)
    shares = 1 / np.arange(1, WORDS + 1)
    found: list[list[int]] = []
    while sum(map(len, found)) < TOKENS:
        found.append(random.choice(WORDS, int(random.integers(5, 40)), p=shares / shares.sum()).tolist())
    return found


def measure() -> Table:
    """Processor seconds of publishing once, again, and as a page; t-SNE beside its usual number of rounds."""
    torch.set_num_threads(1)
    recording = rnnvis.record(Model(), text(), [f"w{i}" for i in range(WORDS)])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            ("publish", _spent(lambda: recording.publish(folder / "first")), ""),
            ("publish again, into another folder", _spent(lambda: recording.publish(folder / "second")), ""),
            ("to_html after it", _spent(lambda: recording.to_html(folder / "page.html", limit=100_000_000)), ""),
        ]
    matrices = [
        projection.unit_length(state.responses.mean[state.responses.count >= recording.minimum_count])
        for state in recording.states.values()
    ]
    for rounds in (projection.ROUNDS, ROUNDS):
        spent, kept = _tsne(matrices, rounds)
        rows.append((f"t-SNE of the words of {len(matrices)} states, {rounds} rounds", spent, f"{kept:.3f}"))
    about = (
        f"A recording of an LSTM of {LAYERS} × {UNITS} units over {recording.steps:,} words, {WORDS:,} different ones. "
        "Processor time in seconds, one thread, loading of scikit-learn included. Neighbours kept: trustworthiness at "
        f"{NEIGHBOURS} neighbours, mean over the states."
    )
    return Table("Publishing", about, ("work", "processor time", "neighbours kept"), rows)


def _spent(work: Callable[[], object]) -> str:
    start = time.process_time()
    work()
    return f"{time.process_time() - start:.1f} s"


def _tsne(matrices: list[np.ndarray], rounds: int) -> tuple[str, float]:
    usual, projection.ROUNDS = projection.ROUNDS, rounds
    kept: list[float] = []

    def all_of_them() -> None:
        kept.extend(trustworthiness(matrix, projection.tsne(matrix), n_neighbors=NEIGHBOURS) for matrix in matrices)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _spent(all_of_them), float(np.mean(kept))
    finally:
        projection.ROUNDS = usual
