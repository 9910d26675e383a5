"""One classifier over one corpus: its states, and what its head makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from rnnvis.config import Measure, Study
from rnnvis.measures.measure import measure
from rnnvis.measures.outputs.effects import (
    ContextAccumulator,
    EffectAccumulator,
    WordEffects,
    WordInContext,
    log_odds_direction,
    probability_before,
    push,
)
from rnnvis.measures.recorder import StateRecord, StateRecorder, Text
from rnnvis.nets import SentenceClassifier
from rnnvis.recording.steps import StepBatch, record_steps
from rnnvis.text.corpus import Corpus

HEAD_STATE = "rnn.0.h"


@dataclass
class Record:
    """Everything measured of one classifier. Arrays over steps follow the sentences' order.

    Log-odds are of the second of two classes: with more classes `pushes`, `effects`, `in_context` and `v` are None.
    """

    states: list[StateRecord]
    sentence_id: np.ndarray
    step: np.ndarray
    token_id: np.ndarray
    probabilities: np.ndarray
    pushes: np.ndarray | None
    surprise: np.ndarray
    effects: WordEffects | None
    in_context: WordInContext | None
    v: np.ndarray | None


def record(model: SentenceClassifier, corpus: Corpus, asked: Measure, study: Study) -> Record:
    """Run `model` over every sentence of `corpus` and measure it.

    Responses and unit measures take the sentences of `asked.splits`; other sentences (probes) are only read.
    """
    split = np.array(corpus.split)
    words = len(corpus.vocabulary)
    text = Text(corpus.tokens, corpus.key, words, np.isin(split, asked.splits), split == "probe", split == "test")
    states = StateRecorder(text, asked.frequent_count)
    verdict = _Verdict(model, text, len(states.token_id), study) if len(corpus.labels) == 2 else None
    probabilities = _Probabilities(np.zeros((len(states.token_id), len(corpus.labels)), np.float32))

    def run(gates: bool) -> Iterator[Mapping[str, StepBatch]]:
        for batch in record_steps(model, corpus.tokens, padding_id=model.padding_id, readout=model.head, gates=gates):
            yield {"": batch}

    measure(run, {"": states}, {"": [probabilities, *([verdict] if verdict else [])]})
    found = states.result()
    return Record(
        states=found,
        sentence_id=states.sentence_id,
        step=states.step,
        token_id=states.token_id,
        probabilities=probabilities.of,
        pushes=verdict.pushes if verdict else None,
        surprise=np.stack([state.surprise for state in found if state.surprise is not None], axis=1),
        effects=verdict.effects.result() if verdict else None,
        in_context=verdict.in_context.result() if verdict else None,
        v=verdict.v if verdict else None,
    )


@dataclass(frozen=True)
class _Probabilities:
    """P(class) after every step, float32 [N, C]."""

    of: np.ndarray

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        assert batch.logits is not None
        self.of[rows] = _softmax(batch.logits)


class _Verdict:
    """What every step does to the log-odds of the second of two classes; there is no such number for more classes."""

    def __init__(self, model: SentenceClassifier, text: Text, steps: int, study: Study) -> None:
        self.text = text
        self.v = log_odds_direction(model.head.weight.detach().numpy())
        self.pushes = np.zeros(steps, np.float32)
        self.effects = EffectAccumulator(text.words)
        self.in_context = ContextAccumulator(text.words, study.high, study.low)

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        assert batch.logits is not None
        delta = batch.delta(HEAD_STATE)
        pushed = push(delta, self.v)
        self.pushes[rows] = pushed
        inside = self.text.measured[batch.sentence_id]
        before = probability_before(batch.logits, pushed)
        self.effects.add(batch.token_id[inside], pushed[inside])
        self.in_context.add(batch.token_id[inside], delta[inside], pushed[inside], before[inside])


def _softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
