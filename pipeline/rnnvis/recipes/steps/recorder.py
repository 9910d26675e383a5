"""One classifier over one corpus: its states, and what its head makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnvis.api.record import record
from rnnvis.api.sample import Sample
from rnnvis.config import Measure, Study
from rnnvis.measures.outputs.pushes import Effects
from rnnvis.measures.recorder import StateRecord
from rnnvis.nets import SentenceClassifier
from rnnvis.recording.scores import log_probabilities
from rnnvis.text.corpus import Corpus
from rnnvis.text.sentences import Sentences


@dataclass
class Record:
    """Everything measured of one classifier. Arrays over steps follow the sentences' order."""

    states: list[StateRecord]
    sentence_id: np.ndarray
    step: np.ndarray
    token_id: np.ndarray
    probabilities: np.ndarray
    surprise: np.ndarray
    effects: Effects


def record_classifier(model: SentenceClassifier, corpus: Corpus, asked: Measure, study: Study) -> Record:
    """Run `model` over every sentence of `corpus` and measure it.

    Responses and unit measures take the sentences of `asked.splits`; other sentences (probes) are only read.
    """
    split = np.array(corpus.split)
    text = Sentences.of(corpus.tokens)
    recording = record(
        model,
        corpus.tokens,
        corpus.vocabulary,
        classes=corpus.labels,
        frequent_count=asked.frequent_count,
        sample=Sample(
            measured=np.isin(split, asked.splits),
            always=split == "probe",
            ended=split == "test",
            keys=corpus.key,
            contexts=(study.low, study.high),
        ),
    )
    effects = recording.effects
    assert effects is not None
    assert effects.ended is not None
    found = list(recording.states.values())
    return Record(
        states=found,
        sentence_id=text.sentence_id,
        step=text.step,
        token_id=text.ids,
        probabilities=np.exp(log_probabilities(effects.ended.astype(np.float64))).astype(np.float32),
        surprise=np.stack([state.surprise for state in found if state.surprise is not None], axis=1),
        effects=effects,
    )
