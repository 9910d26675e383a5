"""One language model over one corpus: its states, carried through each document, and what it expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from rnnvis.config import Measure
from rnnvis.measures.measure import measure
from rnnvis.measures.outputs.next_words import NextWordCollector, NextWords, following_words
from rnnvis.measures.recorder import StateRecord, StateRecorder, Text, sampled
from rnnvis.nets.language_model import CHUNK, LanguageModel
from rnnvis.recording.documents import record_documents
from rnnvis.recording.steps import Batch, StepBatch
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
    measured, probe = np.isin(split, asked.splits), split == "probe"
    budget = asked.states_megabytes * 2**20
    text = Text(corpus.tokens, corpus.key, len(corpus.vocabulary), measured, probe, states_bytes=budget)
    states = StateRecorder(text, asked.frequent_count)
    steps = Sentences.of(corpus.tokens)
    shown = np.zeros(len(corpus), dtype=bool)
    shown[sampled(text, 2 * model.rnn.hidden_size, budget)] = True
    told = shown | (held_out & (split != "train"))
    chosen = told[steps.sentence_id]
    guesses = _Guesses(model, NextWordCollector(following_words(corpus.tokens, corpus.documents), chosen))

    def from_zero(m: Any, batch: Batch) -> Any:
        return m(batch.ids, m.zero_state(len(batch.ids)))

    def run(gates: bool) -> Iterator[Mapping[str, StepBatch]]:
        for batch in record_documents(model, corpus.tokens, corpus.documents, from_zero, gates=gates):
            yield {"": batch}

    measure(run, {"": states}, {"": [guesses]})
    found = states.result()
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
