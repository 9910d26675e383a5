"""The tensors of a step model's file, and why a model has none."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from rnnvis.errors import RnnvisError


class UnfitError(RnnvisError):
    """A model of another shape than step models have."""


@dataclass
class Tensors:
    """The tensors of a file by name: float32, each only once."""

    of: dict[str, np.ndarray] = field(default_factory=dict)

    def add(self, name: str, value: torch.Tensor | np.ndarray) -> str:
        """Put it in, or find the same that is there; the name it has."""
        array = np.array(
            value.detach().double().cpu().numpy() if isinstance(value, torch.Tensor) else value, np.float32
        )
        for other, there in self.of.items():
            if there.shape == array.shape and np.array_equal(there, array):
                return other
        self.of[name] = array
        return name
