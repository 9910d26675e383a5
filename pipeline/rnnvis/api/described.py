"""What is known of a recorded text besides what was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnnvis.measures.outputs.metrics import Row
from rnnvis.published.schema.manifest import DefaultView, Nouns
from rnnvis.recording.step_model.making import Made
from rnnvis.text.corpus import Corpus


@dataclass(frozen=True)
class Described:
    """How a dataset that a recording is published as is called, and what its sentences are.

    `corpus` are the recorded sequences in their order, over the recorded vocabulary. `figures` are rows of the table
    `metrics`, in place of those that the recording knows: what a model says of its own accord is always likeliest to
    itself; None for those. `provenance` says where the model comes from, `probes` are keys of sentences by name, and
    `view` is what is shown first. `step_model` is the one to be published, of a part of a model that has none as a
    whole; `nouns` are what steps and sentences are called.
    """

    title: str
    licence: str
    about: str
    corpus: Corpus = field(repr=False)
    figures: Sequence[Row] | None = field(repr=False)
    provenance: Mapping[str, Any]
    probes: Mapping[str, str]
    view: DefaultView
    step_model: Made | None = field(default=None, repr=False)
    nouns: Nouns | None = None
