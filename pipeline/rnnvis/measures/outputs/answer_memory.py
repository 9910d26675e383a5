"""Memory of the answer: how much of the answer after each step comes from each word before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rnnvis.recording.steps import StepBatch

BUDGET = 16 * 2**20


def answer_parts(
    states: np.ndarray, first: np.ndarray, kept: np.ndarray, read: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What of each word is in the answer after each step, float64 [T, T], and what of the first state, [T].

    A gated state is s_t = k_t ⊙ s_{t−1} + w_t: `kept` [T, H] is the gate k (z of a GRU, f of an LSTM's cell state), so
    that s_t = (Π_{j ≤ t} k_j) ⊙ s_0 + Σ_{i ≤ t} (Π_{i < j ≤ t} k_j) ⊙ w_i exactly. `states` [T, H] are s_1 … s_T,
    `first` [H] is s_0, and `read` [T, H] are the weights by which the answer reads the state after each step.

    Row t, column i is read_t · (Π_{i < j ≤ t} k_j) ⊙ w_i, zero for i > t; a row and its part of the first state sum to
    read_t · s_t. Direct paths only: what a word does to later gates and candidates counts as those words'.
    """
    s, k, v = (np.asarray(of, dtype=np.float64) for of in (states, kept, read))
    steps, units = s.shape
    before = np.vstack([np.asarray(first, dtype=np.float64)[None], s[:-1]])
    written = s - k * before
    left = np.zeros((steps, units))  # of each word's writing, what is left by now
    start = before[0].copy() if steps else np.zeros(units)
    parts, of_start = np.zeros((steps, steps)), np.zeros(steps)
    for t in range(steps):
        left[:t] *= k[t]
        start *= k[t]
        left[t] = written[t]
        parts[t, : t + 1] = left[: t + 1] @ v[t]
        of_start[t] = start @ v[t]
    return parts, of_start


@dataclass(frozen=True)
class AnswerMemory:
    """Rows sorted by sentence, step and class: `part[i]` float32 [step + 1] is what each word so far is of the answer
    for class `of_class[i]` after step `step[i]`, and `first[i]` what the state is that the sentence started from.
    """

    sentence_id: np.ndarray
    step: np.ndarray
    of_class: np.ndarray
    part: list[np.ndarray] = field(repr=False)
    first: np.ndarray = field(repr=False)


class AnswerMemoryRecorder:
    """Collects the parts of the sentences in `chosen` bool [S] until `budget` bytes are full; whole sentences only.

    `weights` float64 [classes, H] are those by which the answer for each class reads the hidden state of `layer`
    ("rnn.0"), `numbers` the numbers of these classes. A layer without a gate that keeps (an Elman RNN), or with a
    projection, gives nothing.
    """

    def __init__(
        self,
        layer: str,
        weights: np.ndarray,
        numbers: Sequence[int],
        chosen: np.ndarray,
        budget: int = BUDGET,
    ) -> None:
        self.layer, self.chosen = layer, chosen
        self.weights = np.atleast_2d(np.asarray(weights, dtype=np.float64))
        self.numbers = list(numbers)
        self._left = budget
        self._rows: dict[int, list[tuple[int, int, np.ndarray, float]]] = {}

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        """Take in the chosen sentences of `batch`; places of its steps are not asked for."""
        found = _gated(self.layer, batch)
        if found is None or found[0].shape[1] != self.weights.shape[1]:
            return
        starts = np.flatnonzero(np.append(True, batch.sentence_id[1:] != batch.sentence_id[:-1]))
        for begin, end in zip(starts, np.append(starts[1:], len(batch)), strict=True):
            sentence, steps = int(batch.sentence_id[begin]), slice(begin, end)
            length = int(end - begin)
            size = 2 * length * (length + 1) * len(self.numbers)
            if not self.chosen[sentence] or size > self._left:
                continue
            self._left -= size
            states, previous, kept, opened = (of[steps] for of in found)
            order = slice(None, None, -1) if ".reverse" in self.layer else slice(None)
            of_class = [
                answer_parts(states[order], previous[order][0], kept[order], (opened * v)[order]) for v in self.weights
            ]
            self._rows[sentence] = [
                (t, number, parts[t, : t + 1].astype(np.float32), float(first[t]))
                for t in range(length)
                for number, (parts, first) in zip(self.numbers, of_class, strict=True)
            ]

    def result(self) -> AnswerMemory | None:
        """What was collected; None if nothing was."""
        rows = [(sentence, *row) for sentence in sorted(self._rows) for row in self._rows[sentence]]
        if not rows:
            return None
        sentence, step, of_class, part, first = zip(*rows, strict=True)
        return AnswerMemory(
            np.array(sentence, np.int32),
            np.array(step, np.int16),
            np.array(of_class, np.int16),
            list(part),
            np.array(first, np.float32),
        )


def _gated(layer: str, batch: StepBatch) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """The gated state of a layer [N, H], that before it, the share of it that is kept, and the factor by which h is
    more than it; None of a layer that has no such gate."""
    gates: Mapping[str, np.ndarray] = batch.gates
    h, c = f"{layer}.h", f"{layer}.c"
    if f"{layer}.z" in gates and h in batch.states:
        state = batch.states[h]
        return state, batch.previous[h], gates[f"{layer}.z"], np.ones_like(state)
    if f"{layer}.f" in gates and f"{layer}.o" in gates and c in batch.states:
        cell, opened = batch.states[c].astype(np.float64), gates[f"{layer}.o"]
        if batch.states[h].shape != cell.shape:
            return None
        ratio = np.divide(np.tanh(cell), cell, out=np.ones_like(cell), where=cell != 0)
        return cell, batch.previous[c], gates[f"{layer}.f"], opened * ratio
    return None
