"""Saved states as the steps that the measures take: sentence after sentence, with the state before each step."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from rnnvis.api.saved.arrays import FLOATS, SavedArray
from rnnvis.api.saved.sides import LEFT, RIGHT, real_steps, side_of
from rnnvis.api.saved.tokens import Tokens
from rnnvis.errors import RnnvisError
from rnnvis.measures.halves import unmeasurable
from rnnvis.recording.complex_states import FIX
from rnnvis.recording.steps import StepBatch

NAME = re.compile(r"[^\s/\\:]+\.\d+(\.reverse)?\.\w+")
INITIAL = ("zero", "carried")


@dataclass(frozen=True)
class Checked:
    """What one look at all values found: states within [−1, 1], and a SHA-256 (hex) of everything."""

    bounded: tuple[str, ...]
    digest: str


class SavedSteps:
    """States of every step of `tokens`, from arrays [steps, units] or padded ones [sentences, steps, units].

    On which side these are padded, `padding` says ("left" or "right"), or the ids, or the states themselves. `initial`
    is the state before a sentence: zero, or "carried" over from the sentence before (zero before the first). In the
    reverse direction it is always zero, and the state before a step is that of the step behind it.
    """

    def __init__(
        self,
        states: Mapping[str, SavedArray],
        tokens: Tokens,
        initial: str,
        batch_steps: int,
        padding: str | None = None,
    ) -> None:
        self.states, self.tokens, self.initial, self.batch_steps = states, tokens, initial, batch_steps
        self.starts = np.concatenate([[0], np.cumsum(tokens.lengths)])
        for name, array in states.items():
            _check_shape(name, array, tokens)
        known = padding if padding in (LEFT, RIGHT) else tokens.side
        self.sides = {
            name: side_of(array, tokens, known, max(1, batch_steps // array.shape[1]))
            for name, array in states.items()
            if len(array.shape) == 3
        }

    def __iter__(self) -> Iterator[StepBatch]:
        ends: dict[str, np.ndarray] = {}
        for first, last in self._blocks():
            lengths = self.tokens.lengths[first:last]
            inside = self.starts[first:last] - self.starts[first]
            states = {name: self._rows(name, first, last) for name in self.states}
            previous = {}
            for name, state in states.items():
                before = ends.get(name, np.zeros(state.shape[1], state.dtype))
                previous[name] = _previous(name, state, inside[lengths > 0], before, self.initial)
                ends[name] = state[-1].copy()
            yield StepBatch(
                sentence_id=np.repeat(np.arange(first, last, dtype=np.int32), lengths),
                step=(np.arange(lengths.sum()) - np.repeat(inside, lengths)).astype(np.int16),
                token_id=self.tokens.ids[self.starts[first] : self.starts[last]],
                states=states,
                previous=previous,
                gates={},
            )

    def check(self) -> Checked:
        """Read everything once; RnnvisError names array, row and unit of the first value that is no number."""
        hashed, largest = hashlib.sha256(), dict.fromkeys(self.states, 0.0)
        for batch in self:
            for name, state in batch.states.items():
                wrong = unmeasurable(state)
                if len(wrong):
                    row, unit = wrong[0]
                    at = f"sentence {batch.sentence_id[row]}, step {batch.step[row]}, unit {unit}"
                    raise RnnvisError(
                        f"{self.states[name].where}: {at} is {state[row, unit]}",
                        "leave out what diverged, or save the states again in float32",
                    )
                largest[name] = max(largest[name], float(np.abs(state).max()))
                hashed.update(np.ascontiguousarray(state).tobytes())
        bounded = tuple(name for name, size in largest.items() if name.endswith(".h") and size <= 1)
        return Checked(bounded, hashed.hexdigest())

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Ranges of sentences that hold at most `batch_steps` steps, padding included, or one sentence."""
        lengths = self.tokens.lengths
        width = max((array.shape[1] for array in self.states.values() if len(array.shape) == 3), default=0)
        first, steps = 0, 0
        for number, length in enumerate(lengths.tolist()):
            size = max(length, width)
            if steps and steps + size > self.batch_steps and self.starts[number] > self.starts[first]:
                yield first, number
                first, steps = number, 0
            steps += size
        if self.starts[-1] > self.starts[first]:
            yield first, len(lengths)

    def _rows(self, name: str, first: int, last: int) -> np.ndarray:
        array = self.states[name]
        if len(array.shape) == 2:
            rows = array.read(int(self.starts[first]), int(self.starts[last]))
        else:
            real = real_steps(self.tokens.lengths[first:last], array.shape[1], self.sides[name])
            rows = array.read(first, last)[real]
        return rows if rows.dtype == np.float64 else rows.astype(np.float32)


def _previous(name: str, state: np.ndarray, starts: np.ndarray, before: np.ndarray, initial: str) -> np.ndarray:
    """The state that each step started from, as in `StepBatch`; `starts` are the first rows of the sentences."""
    found = np.empty_like(state)
    if ".reverse." in name:
        found[:-1] = state[1:]
        found[np.append(starts[1:], len(state)) - 1] = 0
        return found
    found[1:] = state[:-1]
    found[0] = before
    if initial == "zero":
        found[starts] = 0
    return found


def _check_shape(name: str, array: SavedArray, tokens: Tokens) -> None:
    if not NAME.fullmatch(name):
        raise RnnvisError(
            f'"{name}" is no name of a state',
            "call it <module>.<layer>.<kind>: rnn.0.h is the hidden state of the first layer, rnn.0.c its cell state",
        )
    if array.dtype.lower().startswith("c"):
        raise RnnvisError(f"{array}: holds complex numbers", FIX)
    if array.dtype not in FLOATS or len(array.shape) not in (2, 3) or not array.shape[-1]:
        raise RnnvisError(
            f"{array}: {array.dtype} of this shape is no state",
            "states are floating-point numbers: [steps, units], or [sentences, steps, units] with padding",
        )
    steps, sentences = len(tokens.ids), len(tokens.lengths)
    if array.lengths is not None and array.lengths.tolist() != tokens.lengths.tolist():
        pairs = enumerate(zip_longest(array.lengths.tolist(), tokens.lengths.tolist(), fillvalue="no"))
        at, (ours, theirs) = next((at, pair) for at, pair in pairs if pair[0] != pair[1])
        raise RnnvisError(
            f"{array.where}: sentence {at} has {ours} steps, in {tokens.where} {theirs}",
            "save one state vector for each token, in the same order",
        )
    if len(array.shape) == 2 and array.shape[0] != steps:
        raise RnnvisError(
            f"{array}: has {array.shape[0]:,} steps, and {tokens.where} has {steps:,} tokens",
            "save one state vector for each token, in the same order",
        )
    longest = int(tokens.lengths.max(initial=0))
    if len(array.shape) == 3 and (array.shape[0] != sentences or array.shape[1] < longest):
        raise RnnvisError(
            f"{array}: is {array.shape[0]:,} sentences of {array.shape[1]:,} steps; {tokens.where} has {sentences:,} "
            f"of up to {longest:,}",
            "save states as [sentences, steps, units]; transpose what has time first",
        )
