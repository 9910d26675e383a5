"""Interventions: a run with units held beside the model's own forward pass, a patch, and a search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

import rnnvis
from benchmarks.recording import BATCH_STEPS, CASES, forward_pass, processor_seconds
from benchmarks.report import Table, middle
from rnnvis.recording.holding import Hold

ROUNDS, PAIRS, RUNS = 3, 40, 24


def measure() -> Table:
    """A held run over all sentences, a patch and a search over pairs of them."""
    torch.set_num_threads(1)
    rows = []
    for case in CASES[:2]:
        model, sentences = case.model(), case.sentences()
        recording = rnnvis.record(
            model, sentences, [f"word{i}" for i in range(case.words)], batch_steps=BATCH_STEPS, check=False
        )
        rerun, everything = recording.rerun, np.arange(len(sentences))
        assert rerun is not None
        hold = [Hold("rnn.0.h", np.array([3]), np.zeros(1))]
        into, of = np.arange(PAIRS), np.arange(PAIRS, 2 * PAIRS)
        held: list[float] = []
        theirs: list[float] = []
        for _ in range(ROUNDS):
            theirs.append(processor_seconds(lambda m=model, s=sentences: forward_pass(m, s)))  # type: ignore[misc]
            held.append(
                processor_seconds(lambda r=rerun, e=everything, h=hold: r.answers(e, h, values=False))  # type: ignore[misc]
            )
        patched = _times(lambda r=recording, a=into, b=of: rnnvis.patch(r, a, b, at=2, state="rnn.0.h"))  # type: ignore[misc]
        found = _times(
            lambda r=recording, a=into, b=of: rnnvis.search(  # type: ignore[misc]
                r, a, b, at=2, state="rnn.0.h", runs=RUNS, shortlist=4, largest=2
            )
        )
        ratio = float(np.median(held) / np.median(theirs))
        rows.append((case.title, middle(held), middle(theirs), f"{ratio:.1f}×", middle(patched), middle(found)))
    about = (
        "Losses of all words with a unit of the first layer held, and the model's own forward pass over the same "
        f"batches, in turn; a patch of the whole state over {PAIRS} pairs of sentences, and a search of {RUNS} runs "
        f"over them. Processor time of one thread, median and range of {ROUNDS} rounds. `publish` makes one held run "
        "for each unit and chip, over up to 400 sequences."
    )
    head = ("model", "held run", "forward pass", "as long", "patch", "search")
    return Table("Interventions", about, head, rows)


def _times(work: Callable[[], object]) -> list[float]:
    return [processor_seconds(work) for _ in range(ROUNDS)]
