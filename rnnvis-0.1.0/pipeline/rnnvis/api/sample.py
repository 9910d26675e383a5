"""What of a text is measured, and of what the states are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnnvis.arguments import NAMES, check, read_array
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.pushes import HIGH, LOW
from rnnvis.measures.recorder import STATES_BYTES


@dataclass(frozen=True)
class Sample:
    """Of S sequences, those that `rnnvis.record` measures, and those whose states it keeps; by default all.

    `measured` bool [S]: the sequences that responses and measures take; the others are only read. `always` bool [S]:
    those whose states along them are kept whatever the sample, which has at most `states_bytes` bytes a state. `ended`
    bool [S]: those whose last state is kept (default: those with a label). `answered` bool [S]: those whose answers are
    looked at, and kept in full (default: all, in full where states are kept). `keys`: a name for each sequence, which
    decides its half of the text and whether it is in the sample (default: made of its words). `contexts`: a word stands
    in a negative context of a class up to the first of these probabilities before it, in a positive one from the second
    on.
    """

    measured: np.ndarray | None = None
    always: np.ndarray | None = None
    ended: np.ndarray | None = None
    keys: Sequence[str] | None = None
    states_bytes: int = STATES_BYTES
    answered: np.ndarray | None = None
    contexts: tuple[float, float] = (LOW, HIGH)

    def checked(self, sequences: int) -> Sample:
        """The same with its masks as arrays; RnnvisError for one that is no bool for each of the `sequences`."""
        masks: dict[str, Any] = {}
        check({"states_bytes": self.states_bytes}, of="sample.")
        if self.keys is not None:
            check({"keys": self.keys}, {"keys": NAMES}, of="sample.")
        for name in ("measured", "always", "ended", "answered"):
            given = getattr(self, name)
            if given is None:
                continue
            mask = read_array(given, f"sample.{name}")
            if mask.dtype != bool or mask.shape != (sequences,):
                raise RnnvisError(
                    f"sample.{name} is {mask.dtype} {list(mask.shape)} for {sequences} sequences",
                    "give True or False for each sequence",
                )
            masks[name] = mask
        if self.keys is not None and len(set(self.keys)) != sequences:
            raise RnnvisError(
                f"sample.keys names {len(set(self.keys))} of {sequences} sequences", "give each sequence its own key"
            )
        contexts = read_array(self.contexts, "sample.contexts")
        if contexts.shape != (2,) or contexts.dtype.kind not in "iuf" or not 0 <= contexts[0] < contexts[1] <= 1:
            raise RnnvisError(f"sample.contexts is {self.contexts!r}", "give two probabilities, the smaller one first")
        return replace(self, contexts=(float(contexts[0]), float(contexts[1])), **masks)
