"""What the modules of a recorded model read, with the names of its ids and the labels of its sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from rnnvis.api.inputs import Labels, Tokens, read_sequences, read_vocabulary, sequence_keys
from rnnvis.api.sample import Sample
from rnnvis.errors import RnnvisError
from rnnvis.measures.recorder import Text
from rnnvis.recording.alignment import Plan
from rnnvis.recording.steps import reading_of
from rnnvis.text.sentences import Sentences


@dataclass(frozen=True)
class Read:
    """Sequences that a module reads, with the names of their ids and the labels that they share."""

    ids: Sentences
    words: tuple[str, ...]
    labels: Labels
    sample: Sample

    @cached_property
    def keys(self) -> list[str]:
        return sequence_keys(self.ids, self.words) if self.sample.keys is None else list(self.sample.keys)

    @property
    def text(self) -> Text:
        everything = np.ones(len(self.ids), dtype=bool)
        of = self.sample
        return Text(
            self.ids,
            self.keys,
            len(self.words),
            everything if of.measured is None else of.measured,
            ~everything if of.always is None else of.always,
            self.labels.of >= 0 if of.ended is None else of.ended,
            of.states_bytes,
        )


def row_for_row(name: str, given: Any, of: Read, padding: int | None) -> Read:
    """What `tokens[name]` says, row for row beside the input `of`: a row has the key of the sequence beside it."""
    asked = given if isinstance(given, Tokens) else Tokens(given)
    words = of.words if asked.vocabulary is None else read_vocabulary(asked.vocabulary)
    try:
        ids = read_sequences(asked.sequences, words, asked.lengths, padding)
    except RnnvisError as error:
        raise RnnvisError(f'tokens["{name}"]: {error.message}', error.fix) from None
    if len(ids) != len(of.ids):
        raise RnnvisError(
            f'tokens["{name}"] has {len(ids)} rows for {len(of.ids)} sequences',
            "pass one row of ids for each sequence, in the same order",
        )
    labels = replace(of.labels, tags=None, tag_names=())
    return Read(Sentences.of(ids), words, labels, replace(of.sample, keys=of.keys))


def with_words_left_out(read: Mapping[str, Read], plan: Plan) -> dict[str, Read]:
    """`read`, and apart from it the words that modules read which leave out some of them."""
    found = dict(read)
    for name, one in plan.apart(lambda path: reading_of(path, read)).items():
        of = read[reading_of(name, read)]
        tags = of.labels.tags and tuple(one.kept(row) for row in of.labels.tags)
        kept = Sentences.of([one.kept(row) for row in of.ids])
        found[name] = replace(of, ids=kept, labels=replace(of.labels, tags=tags))
    return found
