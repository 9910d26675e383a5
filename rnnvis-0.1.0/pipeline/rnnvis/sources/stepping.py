"""What models that read a token at a time have in common: steps, and a comparison with all tokens at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.called import Batch

GAP = 1e-3
"""By how much of its largest number an output token by token may differ from that of all tokens at once: libraries
compute the two by different formulas."""


@dataclass(frozen=True)
class Stepped:
    """What B sequences of T tokens come to: `output` [B, T, …] and, after each step, `states` [B, …] by name."""

    output: Tensor
    states: list[dict[str, Tensor]]


class Stepping(nn.Module):
    """A `rnnvis.StateSource` that runs `model` a token at a time.

    A kind of model says how: `run(ids)` takes [B, T] ids through it step by step, and `whole(ids)` all at once. The
    first batch of several sequences is run both ways, and any of one before it; where sequences disturb each other when
    they are stepped together, they are run one by one from then on. Raises RnnvisError where that differs too.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self._together: bool | None = None
        with torch.no_grad():
            was, device = model.training, next(model.parameters()).device
            try:
                [first] = self.run(torch.zeros((1, 1), dtype=torch.int64, device=device).to(device)).states
            finally:
                model.train(was)
        self.states: Mapping[str, int | tuple[int, ...]] = {
            name: of.shape[1] if of.ndim == 2 else tuple(of.shape[1:]) for name, of in first.items()
        }

    def run(self, ids: Tensor) -> Stepped:
        """Token by token."""
        raise NotImplementedError

    def whole(self, ids: Tensor) -> Tensor:
        """The output [B, T, …] to all tokens at once."""
        raise NotImplementedError

    def steps(self, batch: Batch) -> Iterator[Mapping[str, Tensor]]:
        """The states after each step of `batch`."""
        together = self._compared(batch) if self._together is None else self._together
        if len(batch.ids) > 1:  # one sequence alone is disturbed by none
            self._together = together
        yield from (self.run(batch.ids) if together else _apart(self, batch.ids)).states

    def _compared(self, batch: Batch) -> bool:
        """Whether sequences may be stepped together."""
        whole = self.whole(batch.ids)
        real = torch.arange(batch.ids.shape[1], device=whole.device) < batch.lengths[:, None]
        size = float(whole[real].abs().max()) or 1.0
        gap = 0.0
        for together in (True, False):
            stepped = self.run(batch.ids) if together else _apart(self, batch.ids)
            gap = float((stepped.output - whole)[real].abs().max()) / size
            if gap <= GAP:
                return together
        raise RnnvisError(
            f"{type(self.model).__name__} answers otherwise token by token than all at once, by {gap:.2g} of its "
            "largest number",
            "its cache is not what its forward pass computes in this version of the library: try another one, or hand "
            "its states out yourself as a rnnvis.StateSource",
        )


class Speaking(Stepping):
    """One that answers at each step: with the output to all tokens at once."""

    def answers(self, batch: Batch) -> Tensor:
        """[B, T, C]."""
        return self.whole(batch.ids)


def _apart(source: Stepping, ids: Tensor) -> Stepped:
    rows = [source.run(row[None]) for row in ids]
    states = [
        {name: torch.cat([of[name] for of in steps]) for name in steps[0]}
        for steps in zip(*(row.states for row in rows), strict=True)
    ]
    return Stepped(torch.cat([row.output for row in rows]), states)
