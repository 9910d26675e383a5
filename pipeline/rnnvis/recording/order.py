"""Which modules read their words from the last to the first, found out by what they are fed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np
from torch import Tensor, nn

from rnnvis.recording.steps import Forward, reading_of, run_batches

_BATCHES = 8


def read_from_the_end(
    model: nn.Module,
    readings: Mapping[str, Sequence[np.ndarray]],
    batch_steps: int,
    padding_id: int | Mapping[str, int],
    forward: Forward,
) -> frozenset[str]:
    """Paths of the recurrent modules of `model` that are called backwards, arguments as those of `run_batches`.

    A module is fed the same for the same word where it reads embeddings or anything else that a word alone decides:
    then its inputs repeat as the words do, from the start or from the end. Of a module that reads something else,
    such as another layer's states, nothing can be known; it counts as reading from the start.
    """
    forth: dict[str, bool] = {}
    back: dict[str, bool] = {}
    batches = run_batches(model, readings, batch_steps, padding_id, forward, alike=True)
    for _, traces, reads in islice(batches, _BATCHES):
        for trace in traces:
            read = reads[reading_of(trace.module, reads)].ids
            if trace.inputs is None or trace.inputs.shape[1] < read.shape[1]:
                continue
            path, inputs = trace.module, trace.inputs[:, : read.shape[1]]
            forth[path] = forth.get(path, True) and _repeat(inputs, read)
            whole = trace.inputs.shape[1] == read.shape[1]
            back[path] = back.get(path, True) and whole and _repeat(inputs, read[:, ::-1])
        if not any(back[path] and forth[path] for path in back):
            break
    return frozenset(path for path in back if back[path] and not forth[path])


def _repeat(inputs: Tensor, ids: np.ndarray) -> bool:
    """Whether inputs [B, T, I] are equal wherever `ids` [B, T] are, up to rounding."""
    flat = inputs.detach().reshape(-1, inputs.shape[-1]).double().cpu().numpy()
    _, first, of = np.unique(ids, return_index=True, return_inverse=True)
    return bool(np.allclose(flat, flat[first[of.reshape(-1)]], rtol=0, atol=1e-4 * np.abs(flat).max(initial=0)))
