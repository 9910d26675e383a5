"""All states of a model over all of its text: two streaming passes, and everything that is measured in them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from rnnvis.measures.contexts import ContextFinder, Contexts
from rnnvis.measures.quantiles import QuantileAccumulator, Quantiles
from rnnvis.measures.responses import ResponseAccumulator, Responses, sentence_halves
from rnnvis.measures.surprise import distances, surprise
from rnnvis.measures.units import UnitAccumulator, Units, keep_gate

if TYPE_CHECKING:
    from rnnvis.recording import StepBatch

STATES_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Text:
    """Sentences as word numbers: `tokens` int32 [T] each, `keys` their names, `words` the size of the vocabulary.

    `measured` bool [S]: which of them the measures take; the others are only read. `always` bool [S]: those whose
    states are published whatever the sample, which has at most `states_bytes` bytes a state.
    """

    tokens: Sequence[np.ndarray]
    keys: Sequence[str]
    words: int
    measured: np.ndarray
    always: np.ndarray
    states_bytes: int = STATES_BYTES

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each sentence, int64 [S]."""
        return np.array([len(t) for t in self.tokens], dtype=np.int64)


@dataclass
class StateRecord:
    """Everything measured of one state.

    `published` int64: the sentences whose states are kept, `values` float16 [their steps, H], `before` float16
    [sentences, H] the state that each of them starts from; `last` float32 [S, H]: the state after each sentence;
    `surprise` float32 [N] as in `rnnvis.measures.surprise`, steps in the sentences' order.
    """

    name: str
    responses: Responses
    quantiles: Quantiles
    units: Units
    contexts: Contexts
    published: np.ndarray
    values: np.ndarray = field(repr=False)
    before: np.ndarray = field(repr=False)
    last: np.ndarray = field(repr=False)
    surprise: np.ndarray = field(repr=False)


class StateRecorder:
    """Takes in every step twice: `add` for the measures, then `compare` for the surprise of each step.

    Memory grows with words × units, with the published sample (at most 64 MB a state), and with a few numbers a step.
    Quantiles are taken of words with at least `frequent_count` measured uses. `bounded` names the
    states that lie in [−1, 1] (default: every h).
    """

    def __init__(self, text: Text, frequent_count: int, bounded: Sequence[str] | None = None) -> None:
        self.text = text
        self.lengths = text.lengths
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)])
        self.token_id = np.concatenate([np.zeros(0, np.int32), *text.tokens]).astype(np.int32)
        self.of_step = np.repeat(text.measured, self.lengths)
        self.halves = sentence_halves(text.keys)
        self.frequent = np.flatnonzero(
            np.bincount(self.token_id[self.of_step], minlength=text.words) >= max(1, frequent_count)
        )
        self._bounded = bounded
        self._parts: dict[str, _State] = {}
        self._distance: dict[str, np.ndarray] = {}

    @property
    def sentence_id(self) -> np.ndarray:
        """Sentence number of every step, int32 [N]."""
        return np.repeat(np.arange(len(self.lengths), dtype=np.int32), self.lengths)

    @property
    def step(self) -> np.ndarray:
        """Number of every step in its sentence, int16 [N]."""
        return (np.arange(self.starts[-1]) - np.repeat(self.starts[:-1], self.lengths)).astype(np.int16)

    def rows(self, batch: StepBatch) -> np.ndarray:
        """Place of each step of `batch` among all steps, int64."""
        return self.starts[batch.sentence_id] + batch.step

    def add(self, batch: StepBatch) -> None:
        """First pass. Sentences come whole, each once."""
        for name, values in batch.states.items():
            part = self._parts.get(name)
            if part is None:
                bounded = name.endswith(".h") if self._bounded is None else name in self._bounded
                part = self._parts[name] = _State(name, values.shape[1], bounded, self)
            part.add(batch)

    def compare(self, batches: Iterable[StepBatch]) -> None:
        """Second pass, over the same steps."""
        means = {name: part.responses.result().mean for name, part in self._parts.items()}
        self._distance = {name: np.zeros(int(self.starts[-1]), np.float32) for name in means}
        for batch in batches:
            rows = self.rows(batch)
            for name, mean in means.items():
                self._distance[name][rows] = distances(batch.token_id, batch.delta(name), mean)

    def result(self) -> list[StateRecord]:
        """What was measured, a record a state, in the order of their first appearance."""
        return [
            part.result(surprise(self.token_id, self._distance[name], self.of_step))
            for name, part in self._parts.items()
        ]


def sampled(text: Text, row_bytes: int, budget: int = STATES_BYTES) -> np.ndarray:
    """Numbers of the sentences whose states fit into `budget` bytes, int64, ascending.

    All of them if they fit; else those of `text.always` and, of the rest, the sentences with the smallest hash, so
    that each split keeps its share.
    """
    size = text.lengths * row_bytes
    if size.sum() <= budget:
        return np.arange(len(size))
    share = (budget - size[text.always].sum()) / max(1, size[~text.always].sum())
    hashed = np.array([zlib.crc32(key.encode()) / 2**32 for key in text.keys])
    return np.flatnonzero(text.always | (hashed < share * 0.98))


class _State:
    def __init__(self, name: str, units: int, bounded: bool, recorder: StateRecorder) -> None:
        self.name, self.recorder = name, recorder
        text = recorder.text
        self.responses = ResponseAccumulator(text.words, units)
        self.quantiles = QuantileAccumulator(recorder.frequent, units)
        self.units = UnitAccumulator(units, bounded)
        self.contexts = ContextFinder(units)
        self.last = np.zeros((len(recorder.lengths), units), np.float32)
        self.published = sampled(text, 2 * units, text.states_bytes)
        self.starts = np.full(len(recorder.lengths), -1)
        lengths = recorder.lengths[self.published]
        self.starts[self.published] = np.cumsum(lengths) - lengths
        self.values = np.zeros((int(lengths.sum()), units), np.float16)
        self.before = np.zeros((len(self.published), units), np.float16)

    def add(self, batch: StepBatch) -> None:
        state, delta = batch.states[self.name], batch.delta(self.name)
        last = batch.step == self.recorder.lengths[batch.sentence_id] - 1
        self.last[batch.sentence_id[last]] = state[last]
        kept = self.starts[batch.sentence_id] >= 0
        self.values[self.starts[batch.sentence_id[kept]] + batch.step[kept]] = state[kept]
        first = kept & (batch.step == 0)
        self.before[np.searchsorted(self.published, batch.sentence_id[first])] = batch.previous[self.name][first]
        inside = self.recorder.text.measured[batch.sentence_id]
        token, delta = batch.token_id[inside], delta[inside]
        self.responses.add(token, delta, self.recorder.halves[batch.sentence_id[inside]])
        self.quantiles.add(token, delta)
        gate = keep_gate(self.name, batch.gates)
        if gate is not None and gate.shape[1] != state.shape[1]:
            gate = None  # A projection mixes the units that the gates belong to.
        self.units.add(
            state[inside],
            batch.previous[self.name][inside],
            batch.continued[inside],
            None if gate is None else gate[inside],
        )
        self.contexts.add(state[inside], batch.sentence_id[inside], batch.step[inside])

    def result(self, surprises: np.ndarray) -> StateRecord:
        return StateRecord(
            name=self.name,
            responses=self.responses.result(),
            quantiles=self.quantiles.result(),
            units=self.units.result(),
            contexts=self.contexts.result(),
            published=self.published,
            values=self.values,
            before=self.before,
            last=self.last,
            surprise=surprises,
        )
