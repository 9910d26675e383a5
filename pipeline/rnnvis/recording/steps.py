"""Run a model over sentences and hand out its steps, batch after batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.capture import capture, recurrent_modules
from rnnvis.recording.traces import LayerTrace


@dataclass(frozen=True)
class Batch:
    """What a model is called with: padded `ids` int64 [B, T], longest sentence first, `lengths` int64 [B], and `rows`
    int64 [B], the sentences' positions among all that are recorded."""

    ids: Tensor
    lengths: Tensor
    rows: Tensor


Forward = Callable[[Any, Batch], object]
Readout = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class StepBatch:
    """N steps of whole sentences; no padding. The steps of a sentence are contiguous and in order.

    `states`, `previous` and `gates` hold arrays [N, H], float32 (float64 for a model in double precision),
    by name: "rnn.0.h", "rnn.0.c"; gates "rnn.0.i" … . `previous` is the state that the step started from:
    s_{t−1}, the initial state at the first step, s_{t+1} in the reverse direction. The change at a step is
    states − previous. `logits` [N, C] is the readout applied to h_t of every step. `fresh` bool [N] marks the steps
    that start from a reset where a state is carried on from sentence to sentence; by default each sentence's first.
    """

    sentence_id: np.ndarray
    step: np.ndarray
    token_id: np.ndarray
    states: dict[str, np.ndarray] = field(repr=False)
    previous: dict[str, np.ndarray] = field(repr=False)
    gates: dict[str, np.ndarray] = field(repr=False)
    logits: np.ndarray | None = field(default=None, repr=False)
    fresh: np.ndarray | None = field(default=None, repr=False)

    @property
    def continued(self) -> np.ndarray:
        """bool [N], whether the state before the step is that after another step, not a reset."""
        return self.step > 0 if self.fresh is None else ~self.fresh

    def __len__(self) -> int:
        return len(self.token_id)

    def delta(self, state: str) -> np.ndarray:
        """Δ_t = s_t − s_{t−1} of the named state, [N, H]."""
        return self.states[state] - self.previous[state]


def record_steps(
    model: nn.Module,
    sentences: Sequence[np.ndarray],
    *,
    sentence_ids: Sequence[int] | np.ndarray | None = None,
    batch_steps: int = 8192,
    padding_id: int = 0,
    forward: Forward | None = None,
    readout: Readout | None = None,
    readout_state: str | None = None,
    gates: bool = True,
) -> Iterator[StepBatch]:
    """Yield every step of `sentences` (lists of token ids), longest sentences first.

    Sentences of similar length share a batch of at most `batch_steps` padded steps (at least one sentence);
    the order depends on lengths and positions alone. Padding is never handed out, and a model that reads
    backwards gets sentences of one length at a time, so that it never starts on padding. Empty sentences
    have no steps.

    `sentence_ids` [len(sentences)] defaults to positions. `forward(model, batch)` calls the model with
    a `Batch` (default: with its ids and lengths); `padding_id` fills the ids after a sentence's end. `readout` maps the
    state `readout_state` (default: h of the last layer) of all steps [N, H] to logits [N, C].

    The model runs in evaluation mode without gradients and is left as it was: training flags, hooks, random
    state. Raises RnnvisError if the model holds no recurrent module or a module's steps are not the
    sentences' steps.
    """
    backwards = any(getattr(module, "bidirectional", False) for module in recurrent_modules(model).values())
    numbers = np.arange(len(sentences)) if sentence_ids is None else np.asarray(sentence_ids)
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    call = forward or (lambda m, batch: m(batch.ids, batch.lengths))
    for rows in length_batches([len(s) for s in sentences], batch_steps, equal_lengths=backwards):
        lengths = np.array([len(sentences[i]) for i in rows])
        real = np.arange(lengths[0]) < lengths[:, None]
        ids = np.full(real.shape, padding_id, dtype=np.int64)
        ids[real] = np.concatenate([np.asarray(sentences[i]) for i in rows])
        with untouched(model), torch.no_grad():
            with capture(model) as traces:
                call(model, Batch(*(torch.from_numpy(a).to(device) for a in (ids, lengths, rows))))
            _check(traces, lengths)
            mask = torch.from_numpy(real).to(device)
            logits = None
            if readout is not None:
                logits = _array(readout(_readout_input(traces, readout_state)[mask]))
        yield StepBatch(
            sentence_id=np.repeat(numbers[rows], lengths).astype(np.int32),
            step=np.nonzero(real)[1].astype(np.int16),
            token_id=ids[real].astype(np.int32),
            states=flat(traces, mask, "states"),
            previous=flat(traces, mask, "previous"),
            gates=flat(traces, mask, "gates") if gates else {},
            logits=logits,
        )


def length_batches(lengths: Sequence[int], batch_steps: int, equal_lengths: bool = False) -> Iterator[np.ndarray]:
    """Positions of non-empty sentences, longest first, in batches of at most `batch_steps` padded steps."""
    of = np.asarray(lengths, dtype=np.int64)
    order = np.argsort(-of, kind="stable")
    order = order[of[order] > 0]
    start = 0
    while start < len(order):
        longest = of[order[start]]
        stop = start + max(1, batch_steps // int(longest))
        if equal_lengths:
            stop = min(stop, int(np.searchsorted(-of[order], -longest, side="right")))
        yield order[start:stop]
        start = stop


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; training flags and random state as they were outside."""
    training = {module: module.training for module in model.modules()}
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=devices):
        model.eval()
        try:
            yield
        finally:
            for module, flag in training.items():
                module.training = flag


def _check(traces: list[LayerTrace], lengths: np.ndarray) -> None:
    calls: set[str] = set()
    for trace in traces:
        if trace.name in calls:
            raise RnnvisError(
                f'"{trace.module}" ran more than once for one batch, so its steps cannot be told apart',
                "record a model that calls each recurrent module once, on whole sentences",
            )
        calls.add(trace.name)
        took = trace.lengths.cpu().numpy()
        right = took.shape == lengths.shape and (
            np.array_equal(took, lengths) if trace.packed else bool((took >= lengths).all())
        )
        if not right:
            has = f"{took[:4].tolist()}… steps where the sentences have {lengths[:4].tolist()}…"
            raise RnnvisError(
                f'"{trace.module}" read {has}',
                "record a model whose recurrent modules read one step per word, sentences as given",
            )
    if not traces:
        raise RnnvisError("the model's recurrent modules did not run", "check how forward calls the model")


def _readout_input(traces: list[LayerTrace], name: str | None) -> Tensor:
    if name is None:
        return traces[-1].states["h"]
    for trace in traces:
        for kind, value in trace.states.items():
            if f"{trace.name}.{kind}" == name:
                return value
    known = ", ".join(f"{t.name}.{kind}" for t in traces for kind in t.states)
    raise RnnvisError(f'there is no state "{name}" to read out', f"states of this model: {known}")


def flat(traces: list[LayerTrace], mask: Tensor, what: str) -> dict[str, np.ndarray]:
    """States, previous states or gates of the traces by name, [N, H]: the steps where `mask` [B, T] is true."""
    steps = mask.shape[1]
    return {
        f"{trace.name}.{kind}": _array(value[:, :steps][mask])
        for trace in traces
        for kind, value in getattr(trace, what).items()
    }


def _array(value: Tensor) -> np.ndarray:
    value = value.detach()
    return (value if value.dtype == torch.float64 else value.float()).cpu().numpy()
