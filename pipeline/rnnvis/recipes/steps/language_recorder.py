"""One language model over one corpus: its states, carried through each document, and what it expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from rnnvis.api.record import record
from rnnvis.api.sample import Sample
from rnnvis.config import Measure
from rnnvis.measures.outputs.next_words import NextWordCollector, NextWords, following_words
from rnnvis.measures.recorder import StateRecord, sampled
from rnnvis.nets.language_model import CHUNK, LanguageModel
from rnnvis.recording.steps import StepBatch
from rnnvis.text.corpus import Corpus
from rnnvis.text.sentences import Sentences


@dataclass
class LanguageRecord:
    """Everything measured of one language model; arrays over all steps follow the sentences' order."""

    states: list[StateRecord]
    sentence_id: np.ndarray
    step: np.ndarray
    token_id: np.ndarray
    next_words: NextWords
    surprise: np.ndarray


def head_state(model: LanguageModel) -> str:
    """The state that the model predicts the next word from."""
    return f"rnn.{model.rnn.num_layers - 1}.h"


def record_language_model(
    model: LanguageModel, corpus: Corpus, asked: Measure, held_out: bool = True
) -> LanguageRecord:
    """Run `model` over every document of `corpus` and measure it.

    Responses and unit measures take the sentences of `asked.splits`; other sentences (probes) are only read. Guesses
    are kept where states are published and, with `held_out`, of all text that the model was not trained on: how well
    it knows its training text by heart says nothing, and takes most of the time.
    """
    split = np.array(corpus.split)
    probe = split == "probe"
    sample = Sample(
        measured=np.isin(split, asked.splits),
        always=probe,
        ended=np.zeros(len(corpus), dtype=bool),
        keys=corpus.key,
        states_bytes=asked.states_megabytes * 2**20,
    )
    steps = Sentences.of(corpus.tokens)
    shown = np.zeros(len(corpus), dtype=bool)
    shown[sampled(corpus.key, 2 * model.rnn.hidden_size * steps.lengths, probe, sample.states_bytes)] = True
    told = shown | (held_out & (split != "train"))
    following = following_words(corpus.tokens, corpus.documents)
    guesses = _Guesses(model, NextWordCollector(following, told[steps.sentence_id]))
    document = np.zeros(len(corpus), dtype=np.int64)
    for number, sentences in enumerate(corpus.documents):
        document[sentences] = number
    recording = record(
        model,
        corpus.tokens,
        corpus.vocabulary,
        initial="carried",
        documents=document,
        frequent_count=asked.frequent_count,
        sample=sample,
        observers=[guesses],
    )
    found = list(recording.states.values())
    return LanguageRecord(
        states=found,
        sentence_id=steps.sentence_id,
        step=steps.step,
        token_id=steps.ids,
        next_words=guesses.into.result(),
        surprise=np.stack([of for state in found if (of := state.surprise) is not None], axis=1),
    )


@dataclass(frozen=True)
class _Guesses:
    """What the head says after the steps that `into` wants."""

    model: LanguageModel
    into: NextWordCollector

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        wanted = self.into.chosen[rows]
        hidden, rows = batch.states[head_state(self.model)][wanted], rows[wanted]
        with torch.no_grad():
            for start in range(0, len(rows), CHUNK):
                logits = self.model.head(torch.from_numpy(hidden[start : start + CHUNK])).numpy()
                self.into.add(rows[start : start + CHUNK], logits)
