"""Traces of `nn.RNNCell`, `nn.GRUCell` and `nn.LSTMCell`, which are called once for every step."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording import cells
from rnnvis.recording.traces import LayerTrace


class CellCalls:
    """Collects the calls of one cell; the n-th call is step n of every row of its batch."""

    def __init__(self, path: str, module: nn.RNNCellBase) -> None:
        self.path, self.module = path, module
        self.steps: list[dict[str, Tensor]] = []

    def seen(self, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """Take in one call: what the cell read, the states it started from, and those it ended in."""
        given = dict(zip(("input", "hx"), args, strict=False)) | kwargs
        after = output if isinstance(output, tuple) else (output,)
        before = given.get("hx")
        if before is None:
            before = tuple(torch.zeros_like(state) for state in after)
        elif not isinstance(before, tuple | list):
            before = (before,)
        rows = {"x": given["input"]}
        rows |= {f"before {kind}": state for kind, state in zip("hc", before, strict=False)}
        rows |= {f"after {kind}": state for kind, state in zip("hc", after, strict=False)}
        self.steps.append({name: _rows(value.detach()) for name, value in rows.items()})

    def trace(self) -> LayerTrace:
        """All calls as one trace, [B, calls, units]; RnnvisError where calls had different numbers of rows."""
        sizes = {len(step["x"]) for step in self.steps}
        if len(sizes) > 1:
            raise RnnvisError(
                f'"{self.path}" was called with {min(sizes)} to {max(sizes)} rows in one pass, so its rows cannot be '
                "followed from step to step",
                "let forward step the whole batch; what comes after the end of a sequence is not counted",
            )
        stacked = {name: torch.stack([step[name] for step in self.steps], dim=1) for name in self.steps[0]}
        states = {kind: stacked[f"after {kind}"] for kind in "hc" if f"after {kind}" in stacked}
        previous = {kind: stacked[f"before {kind}"] for kind in states}
        return LayerTrace(
            module=self.path,
            name=f"{self.path}.0",
            reverse=False,
            packed=False,
            lengths=torch.full((sizes.pop(),), len(self.steps), device=stacked["x"].device),
            states=states,
            previous=previous,
            gates=self._gates(stacked["x"], previous["h"]),
            inputs=stacked["x"],
        )

    def _gates(self, x: Tensor, previous_h: Tensor) -> dict[str, Tensor]:
        module = self.module
        biases = (module.bias_ih, module.bias_hh) if module.bias else (None, None)
        weights = cells.Weights(module.weight_ih, module.weight_hh, *biases)
        with torch.no_grad():
            if isinstance(module, nn.LSTMCell):
                return cells.lstm_gates(x, previous_h, weights)
            return cells.gru_gates(x, previous_h, weights) if isinstance(module, nn.GRUCell) else {}


def _rows(value: Tensor) -> Tensor:
    """[B, n], also where the cell was called on a single row [n]. A copy: loops may write into their states."""
    return (value if value.dim() == 2 else value[None]).clone()
