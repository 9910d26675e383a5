"""rnnvis: see what the hidden units of a recurrent model remember, and why it answered that.

Public names, loaded when they are first used:

- `rnnvis.record(model, sequences, vocabulary, …)`: what every hidden unit of a torch model responds to.
- `rnnvis.StateSource`, `rnnvis.Tokens`: models with recurrent code of their own; text that a decoder reads.
- `rnnvis.import_states(states, tokens, …)`: the same of states that were saved elsewhere.
- `rnnvis.serve(folder)`: the explorer over what a recording published.
- `rnnvis.to_html(folder, path)`: the same in one HTML file, without a server.
- `rnnvis.cocluster(matrix, k=10, method="block", halves=None)`: co-clusters of a signed matrix [words, units].
- `rnnvis.RnnvisError`: what is raised when something is wrong that the caller can put right.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnvis.errors import RnnvisError
    from rnnvis.measures.cocluster import cocluster
    from rnnvis.public.import_states import import_states
    from rnnvis.public.inputs import Tokens
    from rnnvis.public.page import to_html
    from rnnvis.public.record import record
    from rnnvis.public.recording import Recording
    from rnnvis.public.serve import serve
    from rnnvis.recording.source import StateSource
    from rnnvis.recording.steps import Batch

__version__ = "0.1.0"
__all__ = [
    "Batch",
    "Recording",
    "RnnvisError",
    "StateSource",
    "Tokens",
    "__version__",
    "cocluster",
    "import_states",
    "record",
    "serve",
    "to_html",
]

_HOME = {
    "Batch": "rnnvis.recording.steps",
    "Recording": "rnnvis.public.recording",
    "RnnvisError": "rnnvis.errors",
    "StateSource": "rnnvis.recording.source",
    "Tokens": "rnnvis.public.inputs",
    "cocluster": "rnnvis.measures.cocluster",
    "import_states": "rnnvis.public.import_states",
    "record": "rnnvis.public.record",
    "serve": "rnnvis.public.serve",
    "to_html": "rnnvis.public.page",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
