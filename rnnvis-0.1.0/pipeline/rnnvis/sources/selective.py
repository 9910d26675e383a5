"""A plain selective state-space model (Gu and Dao 2023), without a kernel of its own: to train and to take apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import silu, softplus

from rnnvis.recording.called import Batch

Held = Callable[[str, int, Tensor], Tensor]


class SelectiveStateSpace(nn.Module):
    """Embedding, `layers` selective state-space layers, and a linear head on the last layer after each word.

    Each of the `units` channels of a layer has N numbers. With x_t the layer's input,

    Δ_t = softplus(W_Δ x_t + b_Δ), h_t = exp(Δ_t A) ⊙ h_{t−1} + (Δ_t ⊙ x_t) B_tᵀ, y_t = h_t C_t + D ⊙ x_t,

    where A < 0 [units, N], B_t = W_B x_t and C_t = W_C x_t [N]; the layer gives x_t + W_o (y_t ⊙ silu(W_z x_t)). Its
    state is `layers.0.ssm`, all units × N numbers of h in rows, which starts from zero; states can be held.

    `per` says whether there is one answer of `classes` numbers a "step", as of a language model, or a "sequence", after
    its last word.
    """

    def __init__(
        self, words: int, classes: int, units: int = 32, numbers: int = 4, layers: int = 1, per: str = "sequence"
    ) -> None:
        super().__init__()
        self.per, self.units, self.numbers = per, units, numbers
        self.states: Mapping[str, int] = {f"layers.{i}.ssm": units * numbers for i in range(layers)}
        self.embedding = nn.Embedding(words, units)
        self.layers = nn.ModuleList(_Layer(units, numbers) for _ in range(layers))
        self.head = nn.Linear(units, classes)

    def steps(self, batch: Batch, hold: Held | None = None) -> Iterator[dict[str, Tensor]]:
        """The states after each word of `batch`."""
        for states, _ in self._run(batch.ids, hold):
            yield {name: h.flatten(1) for name, h in states.items()}

    def answers(self, batch: Batch, hold: Held | None = None) -> Tensor:
        """Scores, [B, C] or [B, T, C]."""
        outputs = torch.stack([output for _, output in self._run(batch.ids, hold)], dim=1)
        if self.per == "sequence":
            outputs = outputs[torch.arange(len(outputs), device=outputs.device), batch.lengths - 1]
        scores: Tensor = self.head(outputs)
        return scores

    def forward(self, batch: Batch) -> Tensor:
        """Scores, to train with."""
        return self.answers(batch)

    def _run(self, ids: Tensor, hold: Held | None) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
        h = {name: torch.zeros(len(ids), self.units, self.numbers, device=ids.device) for name in self.states}
        for t, x in enumerate(self.embedding(ids).unbind(dim=1)):
            layer: Any
            for layer, name in zip(self.layers, h, strict=True):
                written = layer.written(x, h[name])
                h[name] = hold(name, t, written.flatten(1)).view_as(written) if hold else written
                x = layer.read(x, h[name])
            yield dict(h), x


class _Layer(nn.Module):
    def __init__(self, units: int, numbers: int) -> None:
        super().__init__()
        self.numbers = numbers
        self.log_a = nn.Parameter(torch.arange(1.0, numbers + 1).log().repeat(units, 1))
        self.pace = nn.Linear(units, units)
        self.b, self.c = nn.Linear(units, numbers, bias=False), nn.Linear(units, numbers, bias=False)
        self.d = nn.Parameter(torch.ones(units))
        self.z, self.out = nn.Linear(units, units, bias=False), nn.Linear(units, units, bias=False)

    def written(self, x: Tensor, h: Tensor) -> Tensor:
        """The state [B, units, N] after input `x` [B, units]."""
        pace = softplus(self.pace(x))
        kept = torch.exp(-pace[:, :, None] * self.log_a.exp())
        state: Tensor = kept * h + (pace * x)[:, :, None] * self.b(x)[:, None]
        return state

    def read(self, x: Tensor, h: Tensor) -> Tensor:
        """What the layer gives, [B, units]."""
        y = (h @ self.c(x)[:, :, None])[:, :, 0] + self.d * x
        given: Tensor = x + self.out(y * silu(self.z(x)))
        return given
