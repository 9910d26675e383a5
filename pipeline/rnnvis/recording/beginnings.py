"""What a model would answer if a sentence ended at each of its words, by running every beginning of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.recording.alignment import Plan
from rnnvis.recording.returned import Returned
from rnnvis.recording.steps import Batch, Forward, run_batches


@dataclass(frozen=True)
class Beginnings:
    """Answers `values` [n, C] if the sentences at `sentence_id` int64 [n] ended at `step` int64 [n]; `steps` that the
    model took for them."""

    sentence_id: np.ndarray
    step: np.ndarray
    values: Tensor = field(repr=False)
    steps: int = 0


def cost(lengths: np.ndarray) -> np.ndarray:
    """Steps that all beginnings of sentences of these lengths take, int64 [S]: n (n + 1) / 2."""
    lengths = lengths.astype(np.int64)
    return lengths * (lengths + 1) // 2


def run_beginnings(
    model: nn.Module,
    readings: Mapping[str, Sequence[np.ndarray]],
    sentences: np.ndarray,
    batch_steps: int,
    padding_id: int | Mapping[str, int],
    forward: Forward,
    plan: Plan,
    answer: Returned,
) -> Iterator[Beginnings]:
    """Run `model` over every beginning of the `sentences` int64 [n] of the input, longest first.

    What other modules read stays whole. `forward` is shown the sentences' own positions.
    """
    lengths = np.array([len(readings[""][i]) for i in sentences], np.int64)
    of = np.repeat(sentences, lengths)
    step = np.arange(len(of)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    texts: dict[str, Sequence[np.ndarray]] = {name: [text[i] for i in of] for name, text in readings.items() if name}
    texts = {"": [readings[""][i][: n + 1] for i, n in zip(of, step, strict=True)], **texts}

    def placed(m: Any, batch: Batch) -> object:
        where = torch.from_numpy(of[batch.rows.cpu().numpy()]).to(batch.rows.device)
        return forward(m, replace(batch, rows=where))

    for rows, _, reads, given in run_batches(model, texts, batch_steps, padding_id, placed, plan, False, answer=answer):
        assert given is not None
        values = given.of(np.arange(len(rows))).detach()
        yield Beginnings(of[rows], step[rows], values, int(reads[""].lengths.sum()))
