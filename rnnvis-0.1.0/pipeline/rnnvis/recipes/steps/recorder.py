"""One classifier over one corpus, recorded as any other model is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from rnnvis.api.record import record
from rnnvis.api.recording import Recording
from rnnvis.api.sample import Sample
from rnnvis.config import Measure, Study
from rnnvis.nets import SentenceClassifier
from rnnvis.text.corpus import Corpus

R = TypeVar("R")


def record_classifier(model: SentenceClassifier, corpus: Corpus, asked: Measure, study: Study) -> Recording:
    """Run `model` over every sentence of `corpus` and measure it.

    Responses and unit measures take the sentences of `asked.splits`; other sentences (probes) are only read.
    """
    return classifier_by(record, model, corpus, asked, study)


def classifier_by(run: Callable[..., R], model: SentenceClassifier, corpus: Corpus, asked: Measure, study: Study) -> R:
    """The same by `run`, which takes what `rnnvis.record` does: a shard of it, or all of them merged."""
    split = np.array(corpus.split)
    return run(
        model,
        corpus.tokens,
        corpus.vocabulary,
        corpus.label.tolist(),
        classes=corpus.labels,
        frequent_count=asked.frequent_count,
        sample=Sample(
            measured=np.isin(split, asked.splits),
            always=split == "probe",
            ended=split == "test",
            keys=corpus.key,
            states_bytes=asked.states_megabytes * 2**20,
            contexts=(study.low, study.high),
        ),
    )
