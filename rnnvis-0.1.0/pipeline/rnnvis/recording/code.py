"""A state written as a few of many features: what a top-k sparse autoencoder makes of it, and puts back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

ROWS = 4096
_FEATURES = re.compile(r"(.+\.\d+(?:\.reverse)?\.[A-Za-z_]\w*)\.features")


def made_of(name: str) -> str | None:
    """The state that the state called `name` is features of: "rnn.0.h" of "rnn.0.h.features"; None where it is none."""
    found = _FEATURES.fullmatch(name)
    return found[1] if found else None


@dataclass(frozen=True)
class SparseCode:
    """z = the k largest of ReLU(W (s − b) + c), and ŝ = D z + b, of a state s [H] in L latents z.

    `encoder` W float32 [L, H], `encoder_bias` c [L], `decoder` float32 [L, H], whose rows are D's columns and of length
    one, `bias` b [H]. Of equal latents at the k-th place all stay.
    """

    state: str
    k: int
    encoder: np.ndarray = field(repr=False)
    encoder_bias: np.ndarray = field(repr=False)
    decoder: np.ndarray = field(repr=False)
    bias: np.ndarray = field(repr=False)

    @property
    def size(self) -> int:
        """Latents, L."""
        return len(self.encoder)

    @property
    def name(self) -> str:
        """The latents as a state of their own: "rnn.0.h.features"."""
        return f"{self.state}.features"

    @cached_property
    def _tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        given = (self.encoder, self.encoder_bias, self.decoder, self.bias)
        encoder, first, decoder, bias = (torch.from_numpy(np.ascontiguousarray(of, np.float32)) for of in given)
        return encoder, first, decoder, bias

    def encoded(self, states: Tensor) -> Tensor:
        """The latents of states [N, H], [N, L], on their device and of their type."""
        encoder, first, _, bias = (of.to(states) for of in self._tensors)
        return top(torch.relu((states - bias) @ encoder.T + first), self.k)

    def decoded(self, latents: Tensor) -> Tensor:
        """The state that latents [N, L] stand for, [N, H]."""
        _, _, decoder, bias = (of.to(latents) for of in self._tensors)
        return latents @ decoder + bias

    def changed(self, states: Tensor, units: Tensor, by: Tensor) -> Tensor:
        """States [N, H] after latents `units` [U] have changed `by` [N, U]; what the code does not hold stays."""
        _, _, decoder, _ = (of.to(states) for of in self._tensors)
        return states + by @ decoder[units]

    def latents(self, states: np.ndarray) -> np.ndarray:
        """The latents of states [N, H] of any precision, float32 [N, L]."""
        return self._over(states, self.encoded, self.size)

    def rebuilt(self, states: np.ndarray) -> np.ndarray:
        """What is left of states [N, H] that went through the code, float32 [N, H]."""
        return self._over(states, lambda of: self.decoded(self.encoded(of)), self.bias.shape[0])

    def _over(self, states: np.ndarray, of: Callable[[Tensor], Tensor], width: int) -> np.ndarray:
        found = np.empty((len(states), width), np.float32)
        with torch.no_grad():
            for start in range(0, len(states), ROWS):
                part = torch.from_numpy(np.ascontiguousarray(states[start : start + ROWS], np.float32))
                found[start : start + ROWS] = of(part).numpy()
        return found


def top(values: Tensor, k: int) -> Tensor:
    """`values` [N, L], at least 0, where each row keeps its k largest and is 0 elsewhere."""
    if k >= values.shape[1]:
        return values
    least = values.topk(k, dim=1).values[:, -1:]
    return torch.where(values >= least, values, torch.zeros_like(values))
