"""From steps to a `Recording`, wherever the steps come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rnnvis.api.inputs import Labels, sequence_keys
from rnnvis.api.recording import Recording
from rnnvis.measures.measure import measure
from rnnvis.measures.recorder import StateRecorder, Text
from rnnvis.recording import StepBatch
from rnnvis.text.sentences import Sentences


def measured(
    batches: Iterable[StepBatch],
    words: tuple[str, ...],
    tokens: Sequence[np.ndarray],
    labels: Labels,
    bounded: Sequence[str],
    *,
    surprise: bool = True,
    frequent_count: int,
    **described: Any,
) -> Recording:
    """Take in all steps of `batches`, which may be gone through again.

    `described` are the fields of `Recording` that say where the states come from.
    """
    tokens = Sentences.of(tokens)
    keys = sequence_keys(tokens, words)
    everything = np.ones(len(tokens), dtype=bool)
    text = Text(tokens, keys, len(words), everything, ~everything, labels.of >= 0)
    recorder = StateRecorder(text, frequent_count, bounded)
    measure(lambda gates: ({"": batch} for batch in batches), {"": recorder}, surprise=surprise)
    return Recording(
        words=words,
        tokens=tokens,
        keys=keys,
        labels=labels,
        frequent_count=frequent_count,
        bounded=frozenset(bounded),
        states={state.name: state for state in recorder.result()},
        **described,
    )
