"""One language model over one corpus, recorded as any other model is; its states are carried through each document."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from rnnvis.api.record import record
from rnnvis.api.recording import Recording
from rnnvis.api.sample import Sample
from rnnvis.config import Measure
from rnnvis.measures.recorder import sampled
from rnnvis.nets.language_model import LanguageModel
from rnnvis.recording.returned import Deferred
from rnnvis.text.corpus import Corpus
from rnnvis.text.sentences import Sentences


def head_state(model: LanguageModel) -> str:
    """The state that the model predicts the next word from."""
    return f"rnn.{model.rnn.num_layers - 1}.h"


R = TypeVar("R")


def record_language_model(model: LanguageModel, corpus: Corpus, asked: Measure, held_out: bool = True) -> Recording:
    """Run `model` over every document of `corpus` and measure it.

    Responses and unit measures take the sentences of `asked.splits`; other sentences (probes) are only read. Answers
    are kept where states are published and, with `held_out`, of all text that the model was not trained on: how well
    it knows its training text by heart says nothing, and takes most of the time. So its head is left out of forward,
    and asked for those answers alone.
    """
    return language_model_by(record, model, corpus, asked, held_out)


def language_model_by(
    run: Callable[..., R], model: LanguageModel, corpus: Corpus, asked: Measure, held_out: bool = True
) -> R:
    """The same by `run`, which takes what `rnnvis.record` does: a shard of it, or all of them merged."""
    split = np.array(corpus.split)
    probe = split == "probe"
    states_bytes = asked.states_megabytes * 2**20
    shown = np.zeros(len(corpus), dtype=bool)
    lengths = Sentences.of(corpus.tokens).lengths
    shown[sampled(corpus.key, 2 * model.rnn.hidden_size * lengths, probe, states_bytes)] = True
    document = np.zeros(len(corpus), dtype=np.int64)
    for number, sentences in enumerate(corpus.documents):
        document[sentences] = number
    return run(
        model,
        corpus.tokens,
        corpus.vocabulary,
        initial="carried",
        documents=document,
        outputs=lambda returned: Deferred(returned[0], model.head),
        frequent_count=asked.frequent_count,
        sample=Sample(
            measured=np.isin(split, asked.splits),
            always=probe,
            ended=np.zeros(len(corpus), dtype=bool),
            keys=corpus.key,
            states_bytes=states_bytes,
            answered=shown | (held_out & (split != "train")),
        ),
    )
