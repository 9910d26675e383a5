"""Run a model over documents whose sentences follow each other: the state is carried from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.capture import capture
from rnnvis.recording.steps import StepBatch, flat
from rnnvis.recording.traces import LayerTrace
from rnnvis.recording.untouched import untouched

Carry = tuple[Tensor, ...]  # h, and c for an LSTM: [layers, B, H] each
Forward = Callable[[Any, Tensor, Carry], object]


def record_documents(
    model: nn.Module,
    sentences: Sequence[np.ndarray],
    documents: Sequence[np.ndarray],
    zero_state: Callable[[int], Carry],
    *,
    forward: Forward | None = None,
    batch_steps: int = 8192,
    gates: bool = True,
) -> Iterator[StepBatch]:
    """Yield every step of `sentences` (lists of token ids), read document by document.

    `documents` are numbers of sentences in reading order; every sentence belongs to one. A document starts from
    `zero_state(1)`, and each of its sentences from the state that the one before ended in: `previous` of a sentence's
    first step is that state. Many documents are read side by side, each batch holding the next whole sentences of
    each, about `batch_steps` steps in all.

    `forward(model, ids, state)` reads ids int64 [B, T] from the state (default: the model itself). The model holds
    one recurrent module that reads forwards, and is left as it was.
    """
    call = forward or (lambda m, ids, state: m(ids, state))
    device = next(model.parameters()).device
    waiting = [[int(i) for i in document if len(sentences[i])] for document in documents]
    order = sorted(range(len(waiting)), key=lambda d: (-sum(len(sentences[i]) for i in waiting[d]), d))
    active = [waiting[d] for d in order if waiting[d]]
    state = zero_state(len(active))
    fresh = np.ones(len(active), dtype=bool)
    while active:
        width = max(1, batch_steps // len(active))
        pieces = [_next_sentences(rest, sentences, width) for rest in active]
        lengths = np.array([sum(len(sentences[i]) for i in piece) for piece in pieces])
        real = np.arange(lengths.max()) < lengths[:, None]
        ids = np.zeros(real.shape, dtype=np.int64)
        ids[real] = np.concatenate([sentences[i] for piece in pieces for i in piece])
        with untouched(model), torch.no_grad():
            with capture(model, gates=gates) as traces:
                call(model, torch.from_numpy(ids).to(device), state)
            _check(traces, real.shape)
            state = _ends(traces, torch.from_numpy(lengths).to(device), len(state))
        numbers = [i for piece in pieces for i in piece]
        sizes = np.array([len(sentences[i]) for i in numbers])
        resets = np.zeros(int(lengths.sum()), dtype=bool)
        resets[(np.cumsum(lengths) - lengths)[fresh]] = True
        yield StepBatch(
            sentence_id=np.repeat(np.array(numbers, dtype=np.int32), sizes),
            step=np.concatenate([np.arange(n, dtype=np.int16) for n in sizes]),
            token_id=ids[real].astype(np.int32),
            states=flat(traces, real, "states"),
            previous=flat(traces, real, "previous"),
            gates=flat(traces, real, "gates") if gates else {},
            fresh=resets,
        )
        left = [row for row, (rest, piece) in enumerate(zip(active, pieces, strict=True)) if len(piece) < len(rest)]
        active = [active[row][len(pieces[row]) :] for row in left]
        state = tuple(part[:, left].contiguous() for part in state)
        fresh = np.zeros(len(active), dtype=bool)


def _next_sentences(rest: list[int], sentences: Sequence[np.ndarray], width: int) -> list[int]:
    """The next sentences of a document that fit into `width` steps; at least one."""
    taken, steps = 0, 0
    for i in rest:
        steps += len(sentences[i])
        if taken and steps > width:
            break
        taken += 1
    return rest[:taken]


def _check(traces: list[LayerTrace], shape: tuple[int, ...]) -> None:
    if len({trace.module for trace in traces}) != 1 or len({trace.name for trace in traces}) != len(traces):
        raise RnnvisError(
            f"the model ran {len({trace.module for trace in traces})} recurrent modules, not one once",
            "record it sentence by sentence, or a model with one recurrent module",
        )
    if any(trace.reverse or tuple(trace.states["h"].shape[:2]) != shape for trace in traces):
        raise RnnvisError(
            f'"{traces[0].module}" did not read the words once, forwards', "record it sentence by sentence"
        )


def _ends(traces: list[LayerTrace], lengths: Tensor, parts: int) -> Carry:
    """The state after each row's last real step, as the model takes it: [layers, B, H] for h, and for c."""
    rows = torch.arange(len(lengths), device=lengths.device)
    kinds = ("h", "c")[:parts]
    return tuple(torch.stack([trace.states[kind][rows, lengths - 1] for trace in traces]) for kind in kinds)
