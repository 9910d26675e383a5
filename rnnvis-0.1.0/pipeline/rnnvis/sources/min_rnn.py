"""Models with the `minGRU` or `minLSTM` layers of the package `minGRU-pytorch` (Feng et al. 2024)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.called import Batch
from rnnvis.sources.stepping import GAP

_PROJECTIONS = {"to_hidden_and_gate": 2, "to_hidden_and_f_i_gate": 3}
"""What a layer computes of its input, by the name of its weights: a candidate, and one gate or two."""


class MinRNN(nn.Module):
    """See `min_rnn`."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        layers = [(name, layer) for name, layer in model.named_modules() if _projection(layer)]
        if not layers:
            raise RnnvisError(
                f"{type(model).__name__} has no minGRU or minLSTM layer of the package minGRU-pytorch",
                "record(model, …) finds layers of torch by itself; for anything else write a rnnvis.StateSource",
            )
        self.model = model
        self._layers = {f"layers.{i}.h": layer for i, (_, layer) in enumerate(layers)}
        self._modules_of = {f"layers.{i}.h": name or type(layer).__name__ for i, (name, layer) in enumerate(layers)}
        self.states: Mapping[str, int] = {name: _units(layer) for name, layer in self._layers.items()}

    def steps(self, batch: Batch) -> Iterator[Mapping[str, Tensor]]:
        """The states after each step of `batch`."""
        seen: dict[str, tuple[Tensor, Tensor]] = {}
        hooks = [
            layer.register_forward_hook(lambda _, given, out, n=name: seen.update({n: (given[0], _first(out))}))
            for name, layer in self._layers.items()
        ]
        try:
            self.model(batch.ids)
        finally:
            for hook in hooks:
                hook.remove()
        real = torch.arange(batch.ids.shape[1], device=batch.ids.device) < batch.lengths[:, None]
        found = {name: self._states(name, seen, real) for name in self._layers}
        for t in range(batch.ids.shape[1]):
            yield {name: of[:, t] for name, of in found.items()}

    def answers(self, batch: Batch) -> object:
        """What the model returns."""
        return self.model(batch.ids)

    def _states(self, name: str, seen: Mapping[str, tuple[Tensor, Tensor]], real: Tensor) -> Tensor:
        """h_t = (1 − z_t) ⊙ h_{t−1} + z_t ⊙ g(x_t), [B, T, H]; of a minLSTM f′ and i′ in place of 1 − z and z."""
        layer: Any = self._layers[name]
        given = seen.get(name)
        if given is None or given[0].shape[:2] != real.shape:
            raise RnnvisError(
                f"{self._modules_of[name]} does not run once over the words of the batch",
                "hand its states out yourself as a rnnvis.StateSource",
            )
        inside, outside = given
        key = _projection(layer)
        candidate, *gates = getattr(layer, key)(inside).chunk(_PROJECTIONS[key], dim=-1)
        new = torch.where(candidate >= 0, candidate + 0.5, candidate.sigmoid())
        taken = gates[-1].sigmoid()
        kept = 1 - taken
        if len(gates) == 2:
            both = gates[0].sigmoid() + taken
            kept, taken = gates[0].sigmoid() / both, taken / both
        h, states = torch.zeros_like(new[:, 0]), []
        for k, z, n in zip(kept.unbind(1), taken.unbind(1), new.unbind(1), strict=True):
            h = k * h + z * n
            states.append(h)
        found = torch.stack(states, dim=1)
        off = float((layer.to_out(found) - outside)[real].abs().max())
        size = float(outside[real].abs().max()) or 1.0
        if off > GAP * size:
            raise RnnvisError(
                f"the states of {self._modules_of[name]} do not give what it returns: off by {off / size:.2g} of it",
                "this version computes otherwise: hand its states out yourself as a rnnvis.StateSource",
            )
        return found


def min_rnn(model: nn.Module) -> MinRNN:
    """A source of the hidden states of all `minGRU` and `minLSTM` layers of `model`, `layers.0.h` and so on in the
    order in which it has them; `model(ids)` takes [B, T] ids. What it returns is its answer.

    The states are stepped through one by one from what a layer is given, and its output is compared with what they come
    to. Raises RnnvisError: no such layer, one that does not run once over the words, or one that differs.
    """
    return MinRNN(model)


def _projection(layer: nn.Module) -> str:
    return next((key for key in _PROJECTIONS if hasattr(layer, key) and hasattr(layer, "to_out")), "")


def _units(layer: Any) -> int:
    key = _projection(layer)
    return int(getattr(layer, key).out_features) // _PROJECTIONS[key]


def _first(out: Any) -> Tensor:
    first: Tensor = out[0] if isinstance(out, tuple) else out
    return first
