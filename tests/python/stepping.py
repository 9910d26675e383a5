"""Every step of a model over sentences, batch by batch, as the tests look at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch import nn

from rnnvis.recording import StepBatch
from rnnvis.recording.called import Forward
from rnnvis.recording.steps import run_batches, step_batch


def record_steps(
    model: nn.Module,
    sentences: Sequence[np.ndarray],
    *,
    sentence_ids: Sequence[int] | np.ndarray | None = None,
    batch_steps: int = 8192,
    padding_id: int = 0,
    forward: Forward | None = None,
    gates: bool = True,
) -> Iterator[StepBatch]:
    """The batches of `run_batches`, by `sentence_ids` [len(sentences)] (default: positions)."""
    numbers = np.arange(len(sentences)) if sentence_ids is None else np.asarray(sentence_ids)
    for rows, traces, reads, _ in run_batches(model, {"": sentences}, batch_steps, padding_id, forward, gates=gates):
        yield step_batch(numbers[rows], reads[""], traces, gates=gates)
