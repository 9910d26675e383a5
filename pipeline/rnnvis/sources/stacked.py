"""Models of the package `xlstm` (Beck et al. 2024), a token at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.sources.stepping import Speaking, Stepped
from rnnvis.sources.written import watched

_OF_SLSTM = ("h", "c", "n", "m")
"""The states of an sLSTM, in the order in which the package stacks them."""


def stacked(model: nn.Module) -> Speaking:
    """A source of the states of an `xlstm.xLSTMLMModel`, that answers at each step.

    Of mLSTM blocks `layers.0.C` [heads, n, n], `layers.0.n` [heads · n], `layers.0.m` [heads], and `layers.0.written`
    and `layers.0.read` [heads], how much was written into C so far, and read; of sLSTM blocks `layers.0.h`, `.c`, `.n`
    and `.m`. What their convolutions see, the last few inputs, is left out. Raises RnnvisError: another model, and at
    the first batch one that answers otherwise token by token than all at once.
    """
    if not callable(getattr(model, "step", None)) or not hasattr(model, "xlstm_block_stack"):
        raise RnnvisError(
            f"{type(model).__name__} is no xLSTMLMModel of the package xlstm",
            "xLSTM models of transformers are rnnvis.sources.cached(model); for anything else write a "
            "rnnvis.StateSource",
        )
    return _Stacked(model)


class _Stacked(Speaking):
    def run(self, ids: Tensor) -> Stepped:
        """Token by token."""
        model: Any = self.model
        model.eval()
        outputs, states, kept = [], [], None
        with watched(model) as written:
            for token in ids.unbind(dim=1):
                output, kept = model.step(token[:, None], state=kept)
                outputs.append(output[:, 0])
                found = dict(_states(kept))
                states.append(found | written.after(found, kept))
        return Stepped(torch.stack(outputs, dim=1), states)

    def whole(self, ids: Tensor) -> Tensor:
        """The output [B, T, C] to all tokens at once."""
        self.model.eval()
        output: Tensor = self.model(ids)
        return output


def _states(kept: Any) -> Iterator[tuple[str, Tensor]]:
    for block, of in kept.items():
        layer = f"layers.{block.removeprefix('block_')}"
        if of.get("mlstm_state") is not None:
            matrix, normaliser, stabiliser = of["mlstm_state"]
            yield f"{layer}.C", matrix.clone()
            yield f"{layer}.n", normaliser.flatten(1).clone()
            yield f"{layer}.m", stabiliser.flatten(1).clone()
        if of.get("slstm_state") is not None:
            for kind, state in zip(_OF_SLSTM, of["slstm_state"], strict=True):
                yield f"{layer}.{kind}", state.clone()
