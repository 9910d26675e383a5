"""Several calls of one recurrent module in a pass, as a decoder or a generating loop makes them, as one trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from rnnvis.errors import RnnvisError
from rnnvis.recording.traces import LayerTrace


@dataclass(frozen=True)
class Call:
    """What one call of a module left behind, layer by layer; `started`: whether it was handed its first states."""

    traces: list[LayerTrace]
    started: bool


def join(calls: Sequence[Call], steps: int | None) -> list[LayerTrace]:
    """The traces of all `calls`, one after the other in time.

    A call goes on where the one before ended if it starts from that one's last states, or if it was handed states
    while fewer than `steps` steps were taken (a decoder may change its state between two steps). RnnvisError for
    anything else: which words such calls read cannot be known.
    """
    first, *others = calls
    if not others:
        return first.traces
    taken = first.traces[0].states["h"].shape[1]
    for before, call in zip(calls, others, strict=False):
        short = call.started and (steps is None or taken < steps)
        if not _plain(before) or not _plain(call) or not (short or _goes_on(before, call)):
            module = first.traces[0].module
            raise RnnvisError(
                f'"{module}" ran more than once for one batch, so its steps cannot be told apart',
                "let forward call it once on whole sentences, or step after step from the state before; record a model "
                "that reads two texts with the same module once for each",
            )
        taken += call.traces[0].states["h"].shape[1]
    return [_in_time([call.traces[layer] for call in calls]) for layer in range(len(first.traces))]


def _plain(call: Call) -> bool:
    return not any(trace.reverse or trace.packed for trace in call.traces)


def _goes_on(before: Call, call: Call) -> bool:
    """Whether `call` starts from the last states of the one before, up to rounding: cell states are recomputed."""
    return all(
        torch.allclose(earlier.states[kind][:, -1], later.previous[kind][:, 0], rtol=1e-4, atol=1e-5)
        for earlier, later in zip(before.traces, call.traces, strict=True)
        for kind in earlier.states
        if earlier.states[kind].shape[0] == later.states[kind].shape[0]
    )


def _in_time(parts: Sequence[LayerTrace]) -> LayerTrace:
    rows = {len(part.lengths) for part in parts}
    if len(rows) > 1:
        raise RnnvisError(
            f'"{parts[0].module}" was called with {min(rows)} to {max(rows)} rows in one pass, so its rows cannot be '
            "followed from step to step",
            "let forward step the whole batch; what comes after the end of a sequence is not counted",
        )

    def stacked(what: str) -> dict[str, torch.Tensor]:
        first = getattr(parts[0], what)
        return {kind: torch.cat([getattr(part, what)[kind] for part in parts], dim=1) for kind in first}

    lengths = torch.stack([part.lengths for part in parts]).sum(dim=0)
    read = [part.inputs for part in parts if part.inputs is not None]
    return replace(
        parts[0],
        lengths=lengths,
        states=stacked("states"),
        previous=stacked("previous"),
        gates=stacked("gates"),
        inputs=torch.cat(read, dim=1) if read else None,
    )
