"""One classifier over one corpus: its states, and what its head makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from rnnvis.api.record import record
from rnnvis.api.sample import Sample
from rnnvis.config import Measure, Study
from rnnvis.measures.outputs.effects import (
    ContextAccumulator,
    EffectAccumulator,
    WordEffects,
    WordInContext,
    log_odds_direction,
    probability_before,
    push,
)
from rnnvis.measures.recorder import StateRecord
from rnnvis.nets import SentenceClassifier
from rnnvis.recording.steps import StepBatch
from rnnvis.text.corpus import Corpus
from rnnvis.text.sentences import Sentences

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


def record_classifier(model: SentenceClassifier, corpus: Corpus, asked: Measure, study: Study) -> Record:
    """Run `model` over every sentence of `corpus` and measure it.

    Responses and unit measures take the sentences of `asked.splits`; other sentences (probes) are only read.
    """
    split = np.array(corpus.split)
    measured = np.isin(split, asked.splits)
    text = Sentences.of(corpus.tokens)
    verdict = None
    if len(corpus.labels) == 2:
        verdict = _Verdict(model, measured, len(corpus.vocabulary), len(text.ids), study)
    probabilities = _Probabilities(model, np.zeros((len(text.ids), len(corpus.labels)), np.float32))
    recording = record(
        model,
        corpus.tokens,
        corpus.vocabulary,
        frequent_count=asked.frequent_count,
        sample=Sample(measured, split == "probe", split == "test", corpus.key),
        observers=[probabilities, *([verdict] if verdict else [])],
    )
    found = list(recording.states.values())
    return Record(
        states=found,
        sentence_id=text.sentence_id,
        step=text.step,
        token_id=text.ids,
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

    model: SentenceClassifier
    of: np.ndarray

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        self.of[rows] = _softmax(_logits(self.model, batch))


class _Verdict:
    """What every step does to the log-odds of the second of two classes; there is no such number for more classes."""

    def __init__(self, model: SentenceClassifier, measured: np.ndarray, words: int, steps: int, study: Study) -> None:
        self.model, self.measured = model, measured
        self.v = log_odds_direction(model.head.weight.detach().numpy())
        self.pushes = np.zeros(steps, np.float32)
        self.effects = EffectAccumulator(words)
        self.in_context = ContextAccumulator(words, study.high, study.low)

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        delta = batch.delta(HEAD_STATE)
        pushed = push(delta, self.v)
        self.pushes[rows] = pushed
        inside = self.measured[batch.sentence_id]
        before = probability_before(_logits(self.model, batch), pushed)
        self.effects.add(batch.token_id[inside], pushed[inside])
        self.in_context.add(batch.token_id[inside], delta[inside], pushed[inside], before[inside])


def _logits(model: SentenceClassifier, batch: StepBatch) -> np.ndarray:
    """What the head says after each step, [N, C]."""
    with torch.no_grad():
        logits: np.ndarray = model.head(torch.from_numpy(batch.states[HEAD_STATE])).numpy()
    return logits


def _softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
