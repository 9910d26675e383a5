"""rnnvis: see what the hidden units of a recurrent model remember, and why it answered that.

Public names, loaded when they are first used:

- `rnnvis.cocluster(matrix, k=10, method="block", halves=None)`: co-clusters of a signed matrix [words, units].
- `rnnvis.RnnvisError`: what is raised when something is wrong that the caller can put right.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnvis.errors import RnnvisError
    from rnnvis.measures.cocluster import cocluster

__version__ = "0.1.0"
__all__ = ["RnnvisError", "__version__", "cocluster"]

_HOME = {"cocluster": "rnnvis.measures.cocluster", "RnnvisError": "rnnvis.errors"}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
