"""Models with recurrent code of their own: they hand out their states themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.steps import Batch, StepBatch, device_of, length_batches, padded
from rnnvis.recording.untouched import untouched

NAME = re.compile(r"[^.\s]+(\.[^.\s]+)*\.\d+(\.reverse)?\.\w+")
REDUCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "rows": lambda m: torch.linalg.vector_norm(m, dim=-1),
    "columns": lambda m: torch.linalg.vector_norm(m, dim=-2),
    "singular": torch.linalg.svdvals,
}


@runtime_checkable
class StateSource(Protocol):
    """What a model with recurrent code of its own tells about its states.

    `states` gives the size of each state by name, `<module>.<layer>.<kind>` as in "mgu.0.h": a number of units, or
    (m, n) for a state that is a matrix. `steps(batch)` takes a `rnnvis.Batch` of B padded sequences of T ids and yields
    T times, step after step, a mapping from each name to the states after that step, [B, units] or [B, m, n].
    Before the first step a state is zero.

    Two more are looked for: `attention(batch)` gives weights ≥ 0, [B, T] where the model reads the words once after
    the last one (pooling), or [B, T, T] where step t weighs the positions s, weights[:, t, s]; positions of the same
    sentence, never of another text. `bounded` names the states that lie in [−1, 1].

    A matrix is summarised by three states, of which none changes with the sign of an entry: `M_rows`, the Euclidean
    norms of its m rows; `M_columns`, those of its n columns; `M_singular`, its singular values, largest first. Any of
    them squared and summed is the squared Frobenius norm.
    """

    @property
    def states(self) -> Mapping[str, int | tuple[int, int]]:
        """Sizes by name."""
        ...

    def steps(self, batch: Batch) -> Iterable[Mapping[str, Any]]:
        """The states after each step of `batch`."""
        ...


def source_steps(
    source: StateSource, sentences: Sequence[np.ndarray], batch_steps: int, padding_id: int
) -> Iterator[StepBatch]:
    """Every step of `sentences`, longest first, as `record_steps` yields them of a torch layer.

    A source that is an `nn.Module` runs in evaluation mode and is left as it was. Raises RnnvisError, naming the state,
    for sizes that are not those that `states` gives and for a number of steps that is not the batch's.
    """
    sizes = _sizes(source)
    model = source if isinstance(source, nn.Module) else nn.Module()
    device = device_of(model)
    for rows in length_batches([len(s) for s in sentences], batch_steps):
        read = padded([sentences[i] for i in rows], padding_id)
        ids, lengths, places = (torch.from_numpy(a).to(device) for a in (read.ids, read.lengths, rows))
        batch = Batch(ids, lengths, places)
        with untouched(model), torch.no_grad():
            values = _states(source, batch, sizes)
            weights = _attention(source, batch)
        before = {name: np.concatenate([0 * v[:, :1], v[:, :-1]], axis=1) for name, v in values.items()}
        yield StepBatch(
            sentence_id=np.repeat(rows, read.lengths).astype(np.int32),
            step=np.nonzero(read.real)[1].astype(np.int16),
            token_id=read.ids[read.real].astype(np.int32),
            states={name: v[read.real] for name, v in values.items()},
            previous={name: v[read.real] for name, v in before.items()},
            gates={},
            attention=weights,
        )


def _sizes(source: StateSource) -> dict[str, tuple[int, ...]]:
    sizes: dict[str, tuple[int, ...]] = {
        name: size if isinstance(size, tuple) else (size,) for name, size in source.states.items()
    }
    if not sizes:
        raise RnnvisError(f"{type(source).__name__}.states names no state", 'give sizes by name: {"mgu.0.h": 32}')
    for name, size in sizes.items():
        if not NAME.fullmatch(name):
            raise RnnvisError(f'a state is called "{name}"', 'names are <module>.<layer>.<kind>, as in "mgu.0.h"')
        if len(size) not in (1, 2) or min(size) < 1:
            raise RnnvisError(f'"{name}" has the size {size}', "give the number of units, or (m, n) for a matrix")
    return sizes


def _states(source: StateSource, batch: Batch, sizes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    rows, steps = batch.ids.shape
    found: dict[str, list[Tensor]] = {name: [] for name in sizes}
    taken = 0
    for taken, given in enumerate(source.steps(batch), 1):
        if taken > steps:
            break
        for name, size in sizes.items():
            if name not in given:
                raise RnnvisError(f'step {taken} has no state "{name}"', "yield every state that `states` names")
            value = torch.as_tensor(given[name]).detach()
            if tuple(value.shape) != (rows, *size):
                raise RnnvisError(
                    f'"{name}" is {list(value.shape)} at step {taken}, where {[rows, *size]} is wanted',
                    "yield the states of the whole batch: [B, units], or [B, m, n] for a matrix",
                )
            found[name].append(value.clone())
    if taken != steps:
        more = "more than " if taken > steps else ""
        raise RnnvisError(
            f"{type(source).__name__}.steps yielded {more}{min(taken, steps)} steps for sequences of {steps}",
            "yield once for each column of batch.ids",
        )
    plain: dict[str, np.ndarray] = {}
    for name, values in found.items():
        stacked = torch.stack(values, dim=1)
        stacked = stacked if stacked.dtype == torch.float64 else stacked.float()
        if len(sizes[name]) == 1:
            plain[name] = stacked.cpu().numpy()
        else:
            plain |= {f"{name}_{how}": reduce(stacked).cpu().numpy() for how, reduce in REDUCTIONS.items()}
    return plain


def _attention(source: StateSource, batch: Batch) -> np.ndarray | None:
    give = getattr(source, "attention", None)
    if not callable(give) or isinstance(give, nn.Module):
        return None
    weights = torch.as_tensor(give(batch)).detach().float().cpu().numpy()
    rows, steps = batch.ids.shape
    if weights.shape not in ((rows, steps), (rows, steps, steps)):
        raise RnnvisError(
            f"attention is {list(weights.shape)} for a batch of {rows} × {steps} ids",
            f"give [B, T] for pooling or [B, T, T] for a row of weights at every step, over the positions of the same "
            f"sentence: here B = {rows}, T = {steps}; a decoder's weights over its source cannot be shown",
        )
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise RnnvisError("attention holds weights below 0 or no numbers", "give the weights after the softmax")
    return weights
