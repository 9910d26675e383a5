"""rnnvis: see what the hidden units of a recurrent model remember, and why it answered that.

Public names, loaded when they are first used:

- `rnnvis.record(model, sequences, vocabulary, …)`: what every hidden unit of a torch model responds to.
- `rnnvis.record(…, shard=(i, n))`, `rnnvis.reduce(partials, …)`: the same in parts, as `rnnvis.Partial`s, and merged;
  `rnnvis.record_on_ray(make_model, dataset, …)`: on a Ray cluster.
- `rnnvis.patch(recording, into, of, at, units)`: states of one run carried into another; `Recording.ablate` holds them.
- `rnnvis.StepModel`, `rnnvis.Hold`: a recorded model as a file that runs without torch, with states held; see
  `Recording.step_model`.
- `rnnvis.search(recording, into, of, …)`: the smallest set of units that closes the gap between two runs.
- `rnnvis.Signal(frames, names)`, `rnnvis.events`: sequences of numbers in place of words, and what names their steps.
- `rnnvis.StateSource`, `rnnvis.Tokens`: models with recurrent code of their own; text that a decoder reads.
- `rnnvis.sources`: ready sources of models of `transformers`, `xlstm` and `minGRU-pytorch`.
- `rnnvis.Sample`: which of the sequences are measured, and of which the states are kept.
- `rnnvis.parts(x)`, `rnnvis.modulus(x)`: states that are complex numbers, as real ones.
- `rnnvis.import_states(states, tokens, …)`: the same of states that were saved elsewhere.
- `rnnvis.serve(folder)`: the explorer over what a recording published.
- `rnnvis.to_html(folder, path)`: the same in one HTML file, without a server.
- `rnnvis.cocluster(matrix, k=10, method="block", halves=None)`: co-clusters of a signed matrix [words, units].
- `rnnvis.RnnvisError`: what is raised when something is wrong that the caller can put right.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rnnvis.version import __version__

if TYPE_CHECKING:
    from rnnvis.api import events
    from rnnvis.api.import_states import import_states
    from rnnvis.api.inputs import Tokens
    from rnnvis.api.on_ray import record_on_ray
    from rnnvis.api.page import to_html
    from rnnvis.api.partial import Partial
    from rnnvis.api.patching import patch
    from rnnvis.api.record import record
    from rnnvis.api.recording import Recording
    from rnnvis.api.sample import Sample
    from rnnvis.api.searching import search
    from rnnvis.api.serve import serve
    from rnnvis.api.sharding import reduce
    from rnnvis.api.signals import Signal
    from rnnvis.errors import RnnvisError
    from rnnvis.measures.clusters.cocluster import cocluster
    from rnnvis.recording.called import Batch
    from rnnvis.recording.complex_states import modulus, parts
    from rnnvis.recording.holding import Hold
    from rnnvis.recording.source import StateSource
    from rnnvis.recording.step_model.model import StepModel

__all__ = [
    "Batch",
    "Hold",
    "Partial",
    "Recording",
    "RnnvisError",
    "Sample",
    "Signal",
    "StateSource",
    "StepModel",
    "Tokens",
    "__version__",
    "cocluster",
    "events",
    "import_states",
    "modulus",
    "parts",
    "patch",
    "record",
    "record_on_ray",
    "reduce",
    "search",
    "serve",
    "to_html",
]

_HOME = {
    "Batch": "rnnvis.recording.called",
    "Hold": "rnnvis.recording.holding",
    "Partial": "rnnvis.api.partial",
    "Recording": "rnnvis.api.recording",
    "RnnvisError": "rnnvis.errors",
    "Sample": "rnnvis.api.sample",
    "Signal": "rnnvis.api.signals",
    "StateSource": "rnnvis.recording.source",
    "StepModel": "rnnvis.recording.step_model.model",
    "Tokens": "rnnvis.api.inputs",
    "cocluster": "rnnvis.measures.clusters.cocluster",
    "import_states": "rnnvis.api.import_states",
    "modulus": "rnnvis.recording.complex_states",
    "parts": "rnnvis.recording.complex_states",
    "patch": "rnnvis.api.patching",
    "record": "rnnvis.api.record",
    "record_on_ray": "rnnvis.api.on_ray",
    "reduce": "rnnvis.api.sharding",
    "search": "rnnvis.api.searching",
    "serve": "rnnvis.api.serve",
    "to_html": "rnnvis.api.page",
}


def __getattr__(name: str) -> Any:
    if name == "events":
        return import_module("rnnvis.api.events")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name == "sources":
        return import_module("rnnvis.sources")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
