"""How cost grows with tokens, units and words: four sizes of each, and the exponent that fits them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import nn

import rnnvis
from benchmarks.recording import Case
from benchmarks.report import Table
from rnnvis.measures.clusters.cocluster import sweep

TITLE = "How cost grows"
ROUNDS = 3


class States(nn.Module):
    """Embedding and one GRU layer, without an answer: what states alone cost."""

    def __init__(self, words: int, units: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(words, units)
        self.rnn = nn.GRU(units, units, batch_first=True)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """States of the layer, which nobody reads."""
        return self.rnn(self.embedding(ids))[0]


def measure() -> Table:
    """Processor time at four sizes, the others held; each row one thing that grows."""
    rows = [
        _row("record, GRU 64, 2,000 words", "tokens", (10_000, 20_000, 40_000, 80_000), lambda n: _record(n, 64, 2000)),
        _row("record, 20,000 tokens, 2,000 words", "units", (64, 128, 256, 512), lambda n: _record(20_000, n, 2000)),
        _row("record, GRU 64, 40,000 tokens", "words", (1000, 2000, 4000, 8000), lambda n: _record(40_000, 64, n)),
        _row("co-clustering, k = 2 … 30, 200 units", "words", (500, 1000, 2000, 4000), lambda n: _sweep(n, 200)),
        _row("co-clustering, k = 2 … 30, 1,000 words", "units", (100, 200, 400, 800), lambda n: _sweep(1000, n)),
    ]
    about = (
        f"Processor time on one thread, the least of {ROUNDS} rounds. The exponent is the slope of log time on log "
        "size, by least squares: 1 is proportional; below it a part that does not grow counts too."
    )
    head = ("work", "grows", *(f"size {n}" for n in range(1, 5)), "exponent")
    return Table(TITLE, about, head, rows)


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The slope of log time on log size, by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def _row(work: str, grows: str, sizes: Sequence[int], make: Callable[[int], Callable[[], object]]) -> tuple[str, ...]:
    times = []
    for size in sizes:
        run = make(size)
        times.append(min(_processor_time(run) for _ in range(ROUNDS)))
    shown = (f"{size:,}: {took:.2f} s" for size, took in zip(sizes, times, strict=True))
    return work, grows, *shown, f"{exponent(sizes, times):.2f}"


def _record(tokens: int, units: int, words: int) -> Callable[[], object]:
    case = Case(nn.GRU, 1, units, words, tokens)
    model, sentences, vocabulary = States(words, units).eval(), case.sentences(), [f"w{i}" for i in range(words)]
    return lambda: rnnvis.record(model, sentences, vocabulary, forward=_states)


def _states(model: nn.Module, batch: rnnvis.Batch) -> None:
    model(batch.ids)


def _sweep(words: int, units: int) -> Callable[[], object]:
    random = np.random.default_rng(0)
    groups, of_words, of_units = random.standard_normal((20, 20)), np.arange(words) % 20, np.arange(units) % 20
    matrix = groups[of_words][:, of_units] + random.standard_normal((words, units))

    def run() -> None:
        with threadpool_limits(1):
            sweep(matrix, range(2, 31))

    return run


def _processor_time(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
