"""A model, what its modules read, and how it is called with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.recording.alignment import Plan
from rnnvis.text.batches import Rows


@dataclass(frozen=True)
class Padded:
    """Sentences of a batch side by side: `ids` int64 [B, T], filled up after their `lengths` int64 [B]."""

    ids: Tensor
    lengths: Tensor


@dataclass(frozen=True)
class Batch(Padded):
    """What a model is called with: padded `ids` int64 [B, T], longest sentence first, `lengths` int64 [B], and `rows`
    int64 [B], the sentences' positions among all that are recorded.

    `tokens` holds, by the name given to `rnnvis.record(…, tokens=…)`, what other modules read in the same rows. Of
    signals, `frames` [B, T, …] is what the steps read, zeros behind the ends, in the precision of the model's weights;
    `ids` number these frames.
    """

    rows: Tensor
    tokens: Mapping[str, Padded] = field(default_factory=dict)
    frames: Tensor | None = None


Forward = Callable[[Any, Batch], object]


@dataclass(frozen=True)
class Frames:
    """What the steps of signals read: `values` [N + 1, …], the frame of each id from 0; the last one, of zeros, fills
    rows up."""

    values: np.ndarray = field(repr=False)

    @property
    def fill(self) -> int:
        """The id of the frame of zeros."""
        return len(self.values) - 1

    def beside(self, batch: Batch, model: Any) -> Batch:
        """`batch` with the frames that its ids stand for, as `model` takes them."""
        kinds = (p.dtype for p in model.parameters()) if isinstance(model, nn.Module) else iter(())
        picked = torch.from_numpy(self.values)[batch.ids.cpu()]
        return replace(batch, frames=picked.to(batch.ids.device, next(kinds, torch.float32)))


def fed(forward: Forward, frames: Frames | None) -> Forward:
    """`forward`, called with the frames beside the ids of a batch, where there are any."""
    if frames is None:
        return forward
    return lambda model, batch: forward(model, frames.beside(batch, model))


@dataclass(frozen=True)
class Called:
    """A `model` that is called by `forward` with rows of its `readings`: sentences by the name of the module that reads
    them, row for row, "" for the input. `padding_id` fills them up, one for all or by name; `plan` says how the steps
    follow the words, as far as that is known.
    """

    model: nn.Module
    readings: Mapping[str, Sequence[np.ndarray]] = field(repr=False)
    padding_id: int | Mapping[str, int]
    forward: Forward = field(repr=False)
    plan: Plan = field(default_factory=Plan)

    @property
    def fills(self) -> dict[str, int]:
        """What fills up the rows of each reading."""
        of = self.padding_id
        return {name: of if isinstance(of, int) else of[name] for name in self.readings}

    def batch(self, reads: Mapping[str, Rows], places: np.ndarray | Sequence[int]) -> Batch:
        """What `forward` is called with: rows of every reading, from these places, where the model is."""
        device = device_of(self.model)
        given = {
            name: Padded(torch.from_numpy(r.ids).to(device), torch.from_numpy(r.lengths).to(device))
            for name, r in reads.items()
        }
        main = given.pop("")
        return Batch(main.ids, main.lengths, torch.as_tensor(places).to(device), given)


def device_of(model: nn.Module) -> torch.device:
    """Where the parameters of `model` are."""
    return next((p.device for p in model.parameters()), torch.device("cpu"))
