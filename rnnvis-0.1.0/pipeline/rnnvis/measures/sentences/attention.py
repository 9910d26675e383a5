"""Attention weights along sentences, as they are published."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rnnvis.measures.kept import Kept
from rnnvis.recording.steps import StepBatch

BUDGET = 64 * 2**20


@dataclass(frozen=True)
class Attention:
    """Rows sorted by sentence and step: `weight[i]` float16 [positions] is what step `step[i]` paid to each position.

    Pooling attention has one row a sentence, at its last step.
    """

    sentence_id: np.ndarray
    step: np.ndarray
    weight: list[np.ndarray] = field(repr=False)


class AttentionRecorder:
    """Collects the weights of whole sentences until `budget` bytes are full."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._left = budget
        self._rows: dict[int, list[tuple[int, np.ndarray]]] = {}

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        """Take in the sentences of `batch`, where it has weights; places of its steps are not asked for."""
        if batch.attention is None:
            return
        first = np.flatnonzero(np.append(True, batch.sentence_id[1:] != batch.sentence_id[:-1]))
        lengths = np.diff(np.append(first, len(batch)))
        for place, (sentence, length) in enumerate(zip(batch.sentence_id[first], lengths, strict=True)):
            given = batch.attention[place]
            steps = [(length - 1, given[:length])] if given.ndim == 1 else list(enumerate(given[:length, :length]))
            size = 2 * length * len(steps)
            if size <= self._left:
                self._left -= size
                self._rows[int(sentence)] = [(int(step), weight.astype(np.float16)) for step, weight in steps]

    def kept(self) -> dict[str, np.ndarray]:
        """What was collected; for `take`."""
        found = self.result() or Attention(np.zeros(0, np.int32), np.zeros(0, np.int16), [])
        return {
            "sentence": found.sentence_id,
            "step": found.step,
            "length": np.array([len(weight) for weight in found.weight], np.int64),
            "weight": np.concatenate([np.zeros(0, np.float16), *found.weight]),
        }

    def take(self, kept: Kept) -> None:
        """Take in the sentences that another one has `kept`, in their order, until the bytes are full."""
        weights = np.split(kept["weight"], np.cumsum(kept["length"])[:-1]) if len(kept["length"]) else []
        rows: dict[int, list[tuple[int, np.ndarray]]] = {}
        for sentence, step, weight in zip(kept["sentence"].tolist(), kept["step"].tolist(), weights, strict=True):
            rows.setdefault(sentence, []).append((step, weight))
        for sentence, of in rows.items():
            size = sum(weight.nbytes for _, weight in of)
            if size <= self._left:
                self._left -= size
                self._rows[sentence] = of

    def result(self) -> Attention | None:
        """What was collected; None without any weights."""
        if not self._rows:
            return None
        rows = [(sentence, *row) for sentence in sorted(self._rows) for row in self._rows[sentence]]
        return Attention(
            np.array([sentence for sentence, _, _ in rows], np.int32),
            np.array([step for _, step, _ in rows], np.int16),
            [weight for _, _, weight in rows],
        )
