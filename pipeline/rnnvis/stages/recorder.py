"""One classifier over one corpus: its states, and what its head makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rnnvis import progress
from rnnvis.config import Measure, Study
from rnnvis.corpora import Corpus
from rnnvis.measures.effects import (
    ContextAccumulator,
    EffectAccumulator,
    WordEffects,
    WordInContext,
    log_odds_direction,
    probability_before,
    push,
)
from rnnvis.measures.recorder import StateRecord, StateRecorder, Text
from rnnvis.models import SentenceClassifier
from rnnvis.recording.steps import StepBatch, record_steps

HEAD_STATE = "rnn.0.h"


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
    split = np.array(corpus.split)
    words = len(corpus.vocabulary)
    text = Text(corpus.tokens, corpus.key, words, np.isin(split, measure.splits), split == "probe", split == "test")
    states = StateRecorder(text, measure.frequent_count)
    v = log_odds_direction(model.head.weight.detach().numpy())
    total = len(states.token_id)
    probabilities = np.zeros((total, len(corpus.labels)), np.float32)
    pushes = np.zeros(total, np.float32)
    effects, in_context = EffectAccumulator(words), ContextAccumulator(words, study.high, study.low)
    for batch in _batches(model, corpus, "Recording"):
        states.add(batch)
        assert batch.logits is not None
        delta, rows = batch.delta(HEAD_STATE), states.rows(batch)
        pushed = push(delta, v)
        pushes[rows], probabilities[rows] = pushed, _softmax(batch.logits)
        inside = text.measured[batch.sentence_id]
        before = probability_before(batch.logits, pushed)
        effects.add(batch.token_id[inside], pushed[inside])
        in_context.add(batch.token_id[inside], delta[inside], pushed[inside], before[inside])
    states.compare(_batches(model, corpus, "Comparing each step with its word's other uses"))
    found = states.result()
    return Record(
        states=found,
        sentence_id=states.sentence_id,
        step=states.step,
        token_id=states.token_id,
        probabilities=probabilities,
        pushes=pushes,
        surprise=np.stack([state.surprise for state in found if state.surprise is not None], axis=1),
        effects=effects.result(),
        in_context=in_context.result(),
        v=v,
    )


def _batches(model: SentenceClassifier, corpus: Corpus, title: str) -> Iterator[StepBatch]:
    with progress.bar(title, total=len(corpus)) as bar:
        for batch in record_steps(model, corpus.tokens, padding_id=model.padding_id, readout=model.head):
            yield batch
            bar.advance(int((batch.step == 0).sum()))


def _softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
