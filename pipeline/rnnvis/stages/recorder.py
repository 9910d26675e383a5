"""One classifier over one corpus: two streaming passes, and everything that is measured in them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np

from rnnvis import progress
from rnnvis.config import Measure, Study
from rnnvis.corpora import Corpus
from rnnvis.measures.contexts import ContextFinder, Contexts
from rnnvis.measures.effects import (
    ContextAccumulator,
    EffectAccumulator,
    WordEffects,
    WordInContext,
    log_odds_direction,
    probability_before,
    push,
)
from rnnvis.measures.quantiles import QuantileAccumulator, Quantiles
from rnnvis.measures.responses import ResponseAccumulator, Responses, sentence_halves
from rnnvis.measures.surprise import distances, surprise
from rnnvis.measures.units import UnitAccumulator, Units, keep_gate, label_auc
from rnnvis.models import SentenceClassifier
from rnnvis.recording.steps import StepBatch, record_steps

STATES_BYTES = 64 * 2**20
HEAD_STATE = "rnn.0.h"


@dataclass
class StateRecord:
    """Everything measured of one state; `published` holds the sentence numbers whose states are kept."""

    name: str
    responses: Responses
    quantiles: Quantiles
    units: Units
    contexts: Contexts
    auc: np.ndarray
    published: np.ndarray
    values: np.ndarray = field(repr=False)


@dataclass
class Record:
    """Everything measured of one classifier. Arrays over steps follow the sentences' order."""

    states: list[StateRecord]
    sentence_id: np.ndarray
    step: np.ndarray
    token_id: np.ndarray
    probabilities: np.ndarray
    pushes: np.ndarray
    surprise: np.ndarray
    effects: WordEffects
    in_context: WordInContext
    v: np.ndarray


def record(model: SentenceClassifier, corpus: Corpus, measure: Measure, study: Study) -> Record:
    """Run `model` over every sentence of `corpus` twice: for the measures, then for the surprise of each step.

    Responses and unit measures take the sentences of `measure.splits`; other sentences (probes) are only read.
    """
    passes = _Passes(model, corpus, measure, study)
    passes.measure()
    passes.compare()
    return passes.result()


def sampled(corpus: Corpus, row_bytes: int, budget: int = STATES_BYTES) -> np.ndarray:
    """Numbers of the sentences whose states fit into `budget` bytes, int64, ascending.

    All of them if they fit; else every probe and, from each split alike, the sentences with the smallest hash.
    """
    size = np.array([len(t) for t in corpus.tokens]) * row_bytes
    if size.sum() <= budget:
        return np.arange(len(corpus))
    probe = np.array([s == "probe" for s in corpus.split])
    share = (budget - size[probe].sum()) / size[~probe].sum()
    hashed = np.array([zlib.crc32(key.encode()) / 2**32 for key in corpus.key])
    return np.flatnonzero(probe | (hashed < share * 0.98))


class _Passes:
    def __init__(self, model: SentenceClassifier, corpus: Corpus, measure: Measure, study: Study) -> None:
        self.model, self.corpus, self.settings = model, corpus, measure
        self.v = log_odds_direction(model.head.weight.detach().numpy())
        self.lengths = np.array([len(t) for t in corpus.tokens])
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)])
        self.measured = np.isin(corpus.split, measure.splits)
        self.halves = sentence_halves(corpus.key)
        total = int(self.starts[-1])
        self.probabilities = np.zeros((total, len(corpus.labels)), np.float32)
        self.pushes = np.zeros(total, np.float32)
        words = len(corpus.vocabulary)
        self.effects = EffectAccumulator(words)
        self.in_context = ContextAccumulator(words, study.high, study.low)
        self.token_id = np.concatenate(corpus.tokens).astype(np.int32)
        of_measured = np.repeat(self.measured, self.lengths)
        counts = np.bincount(self.token_id[of_measured], minlength=words)
        self.frequent = np.flatnonzero(counts >= measure.frequent_count)
        self.parts: dict[str, _StatePass] = {}
        self.distance: dict[str, np.ndarray] = {}

    def measure(self) -> None:
        for batch in self._batches("Recording"):
            rows = self.starts[batch.sentence_id] + batch.step
            for name, values in batch.states.items():
                part = self.parts.get(name) or self.parts.setdefault(name, _StatePass(name, values.shape[1], self))
                part.add(batch, rows)
            assert batch.logits is not None
            delta = batch.delta(HEAD_STATE)
            pushes = push(delta, self.v)
            self.pushes[rows] = pushes
            self.probabilities[rows] = _softmax(batch.logits)
            inside = self.measured[batch.sentence_id]
            before = probability_before(batch.logits, pushes)
            self.effects.add(batch.token_id[inside], pushes[inside])
            self.in_context.add(batch.token_id[inside], delta[inside], pushes[inside], before[inside])

    def compare(self) -> None:
        means = {name: part.responses.result().mean for name, part in self.parts.items()}
        self.distance = {name: np.zeros(int(self.starts[-1]), np.float32) for name in means}
        for batch in self._batches("Comparing each step with its word's other uses"):
            rows = self.starts[batch.sentence_id] + batch.step
            for name, mean in means.items():
                self.distance[name][rows] = distances(batch.token_id, batch.delta(name), mean)

    def result(self) -> Record:
        of_step = np.repeat(self.measured, self.lengths)
        found = [surprise(self.token_id, distance, of_step) for distance in self.distance.values()]
        return Record(
            states=[part.result() for part in self.parts.values()],
            sentence_id=np.repeat(np.arange(len(self.corpus), dtype=np.int32), self.lengths),
            step=(np.arange(self.starts[-1]) - np.repeat(self.starts[:-1], self.lengths)).astype(np.int16),
            token_id=self.token_id,
            probabilities=self.probabilities,
            pushes=self.pushes,
            surprise=np.stack(found, axis=1),
            effects=self.effects.result(),
            in_context=self.in_context.result(),
            v=self.v,
        )

    def _batches(self, title: str):  # type: ignore[no-untyped-def]
        with progress.bar(title, total=len(self.corpus)) as bar:
            for batch in record_steps(
                self.model, self.corpus.tokens, padding_id=self.model.padding_id, readout=self.model.head
            ):
                yield batch
                bar.advance(int((batch.step == 0).sum()))


class _StatePass:
    def __init__(self, name: str, units: int, passes: _Passes) -> None:
        self.name, self.passes = name, passes
        words = len(passes.corpus.vocabulary)
        self.responses = ResponseAccumulator(words, units)
        self.quantiles = QuantileAccumulator(passes.frequent, units)
        self.units = UnitAccumulator(units, bounded=name.endswith(".h"))
        self.contexts = ContextFinder(units)
        self.last = np.zeros((len(passes.corpus), units), np.float32)
        self.published = sampled(passes.corpus, 2 * units)
        self.starts = np.full(len(passes.corpus), -1)
        lengths = passes.lengths[self.published]
        self.starts[self.published] = np.cumsum(lengths) - lengths
        self.values = np.zeros((int(lengths.sum()), units), np.float16)

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        state, delta = batch.states[self.name], batch.delta(self.name)
        last = batch.step == self.passes.lengths[batch.sentence_id] - 1
        self.last[batch.sentence_id[last]] = state[last]
        kept = self.starts[batch.sentence_id] >= 0
        self.values[self.starts[batch.sentence_id[kept]] + batch.step[kept]] = state[kept]
        inside = self.passes.measured[batch.sentence_id]
        token, delta = batch.token_id[inside], delta[inside]
        self.responses.add(token, delta, self.passes.halves[batch.sentence_id[inside]])
        self.quantiles.add(token, delta)
        gate = keep_gate(self.name, batch.gates)
        self.units.add(
            state[inside],
            batch.previous[self.name][inside],
            batch.step[inside] > 0,
            None if gate is None else gate[inside],
        )
        self.contexts.add(state[inside], batch.sentence_id[inside], batch.step[inside])

    def result(self) -> StateRecord:
        corpus = self.passes.corpus
        test = corpus.indices("test")
        return StateRecord(
            name=self.name,
            responses=self.responses.result(),
            quantiles=self.quantiles.result(),
            units=self.units.result(),
            contexts=self.contexts.result(),
            auc=label_auc(self.last[test], corpus.label[test]),
            published=self.published,
            values=self.values,
        )


def _softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
