"""Recording: all states and gates against stepping a cell, and all of `record` against the model's own forward pass."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

import rnnvis
from benchmarks.memory import own_peak
from benchmarks.report import Table, middle, seconds
from rnnvis.api.models import at_most
from rnnvis.recording import recurrent_modules
from rnnvis.recording.steps import run_batches, step_batch
from rnnvis.text.batches import length_batches, padded

WORDS, EMBEDDING, SENTENCES, LENGTH = 5000, 64, 400, 20
BATCH_STEPS = 8192


class Reader(nn.Module):
    """An embedding and one LSTM layer."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, EMBEDDING)
        self.rnn = nn.LSTM(EMBEDDING, units, batch_first=True)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return self.rnn(self.embedding(ids))[0]


@dataclass(frozen=True)
class Case:
    """A language model that says the next word of a vocabulary after every step, and the words it reads."""

    cell: type[nn.GRU] | type[nn.LSTM]
    layers: int
    units: int
    words: int
    tokens: int

    @property
    def title(self) -> str:
        """As in “LSTM 2×200, 5,000 words, 30,000 tokens”."""
        return f"{self.cell.__name__} {self.layers}×{self.units}, {self.words:,} words, {self.tokens:,} tokens"

    def model(self) -> SpeakingModel:
        """The model with random weights, always the same."""
        torch.manual_seed(0)
        return SpeakingModel(self).eval()

    def sentences(self) -> list[np.ndarray]:
        """Sentences of 5 to 39 words by Zipf's law, always the same."""
        rng = np.random.default_rng(0)
        shares = 1 / np.arange(1, self.words + 1)
        lengths: list[int] = []
        while sum(lengths) < self.tokens:
            lengths.append(int(rng.integers(5, 2 * LENGTH)))
        ids = np.searchsorted(np.cumsum(shares) / shares.sum(), rng.random(sum(lengths))).astype(np.int64)
        return np.split(ids, np.cumsum(lengths)[:-1])


class SpeakingModel(nn.Module):
    """Embedding, recurrent layers, and logits of the next word at every step."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.embedding = nn.Embedding(case.words, case.units)
        self.rnn = case.cell(case.units, case.units, case.layers, batch_first=True)
        self.head = nn.Linear(case.units, case.words)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.rnn(self.embedding(ids))[0])


CASES = (
    Case(nn.GRU, 1, 200, 5000, 60_000),
    Case(nn.LSTM, 2, 200, 5000, 30_000),
    Case(nn.LSTM, 2, 600, 10_000, 9_000),
)


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
    steps = [
        step_batch(rows, reads[""], traces)
        for rows, traces, reads, _ in run_batches(model, {"": sentences}, BATCH_STEPS)
    ]
    order = np.lexsort((np.concatenate([b.step for b in steps]), np.concatenate([b.sentence_id for b in steps])))
    return np.concatenate([b.states["rnn.0.c"] for b in steps])[order]


def forward_pass(model: nn.Module, sentences: Sequence[np.ndarray], batch_steps: int = BATCH_STEPS) -> None:
    """The model itself, once over the batches that `record` makes."""
    batch_steps = at_most(batch_steps, recurrent_modules(model).values())
    with torch.no_grad():
        for rows in length_batches([len(s) for s in sentences], batch_steps):
            model(torch.from_numpy(padded([sentences[i] for i in rows], 0).ids))


def recorded(model: nn.Module, sentences: Sequence[np.ndarray], words: int, check: bool = True) -> rnnvis.Recording:
    """Everything that `record` measures, with its defaults."""
    return rnnvis.record(model, sentences, [f"word{i}" for i in range(words)], batch_steps=BATCH_STEPS, check=check)


def processor_seconds(work: Callable[[], object]) -> float:
    """Processor time of this process for one run."""
    start = time.process_time()
    work()
    return time.process_time() - start


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


def measure_record(rounds: int = 5) -> Table:
    """`record` with everything on and the model's own forward pass, in turn in the same process; peaks in others."""
    torch.set_num_threads(1)
    rows = []
    for number, case in enumerate(CASES):
        model, sentences = case.model(), case.sentences()
        ours, theirs, unchecked = [], [], []
        for _ in range(rounds):
            theirs.append(processor_seconds(lambda m=model, s=sentences: forward_pass(m, s)))  # type: ignore[misc]
            ours.append(processor_seconds(lambda m=model, s=sentences, c=case: recorded(m, s, c.words)))  # type: ignore[misc]
            unchecked.append(processor_seconds(lambda m=model, s=sentences, c=case: recorded(m, s, c.words, False)))  # type: ignore[misc]
        speed = float(np.median(theirs) / np.median(ours))
        guard = float(np.median(ours) / np.median(unchecked)) - 1
        more = _alone(number, "record") - _alone(number, "forward")
        rows.append(
            (case.title, middle(ours), middle(theirs), f"{speed:.2f}", f"{guard:+.1%}", f"{more / 2**20:,.0f} MiB")
        )
    about = (
        "`rnnvis.record` with everything on, and the model's own forward pass once over the same batches, head "
        f"included: processor time of one thread, median and range of {rounds} rounds that take turns; the speed of "
        "`record` as a share of that of the forward pass; what its check of itself adds to a `record` without it, in "
        "rounds that take turns too. The last column is how much higher the peak of resident "
        "memory is, each in a process of its own with the same things loaded."
    )
    head = ("model", "rnnvis.record", "forward pass", "speed", "self-check", "memory above it")
    return Table("Recording beside the model itself", about, head, rows)


def _alone(number: int, way: str) -> int:
    command = [sys.executable, "-m", "benchmarks.recording", str(number), way]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peak(number: int, way: str) -> int:
    """The peak of resident memory, in bytes, of one pass over a case: "forward", or "record"."""
    torch.set_num_threads(1)
    case = CASES[number]
    model, sentences = case.model(), case.sentences()
    if way == "forward":
        forward_pass(model, sentences)
    else:
        recorded(model, sentences, case.words)
    return own_peak()


if __name__ == "__main__":
    print(peak(int(sys.argv[1]), sys.argv[2]))
