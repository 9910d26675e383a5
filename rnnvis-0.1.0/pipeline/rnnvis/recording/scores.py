"""What an answer is taken apart in: log-odds of classes, whatever scale a model gives them on, or plain numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

PROBABILITIES = ("probabilities", "probability")
NUMBERS = "numbers"


def contrasts(logits: Any) -> Any:
    """What sets the classes of `logits` [N, C] (or log-probabilities) apart, [N, K], of an array or a tensor.

    Two classes have one number, the log-odds of the second, ln p₁ − ln p₀. More have one each: its logit against the
    mean of the others, z_c − Σ_{j≠c} z_j / (C − 1). Neither changes where a number is added to all logits.
    """
    classes = logits.shape[1]
    if classes == 2:
        return logits[:, 1:] - logits[:, :1]
    if classes == 1:
        return logits
    return (logits - logits.mean(1)[:, None]) * (classes / (classes - 1))


def scores(values: Tensor, scale: str) -> Tensor:
    """`contrasts` of a model's `values` [N, C] on this scale; of one number a row it is its log-odds or itself."""
    if scale == NUMBERS or scale == "logit":
        return values
    if scale == "probability":
        return values.log() - (-values).log1p()
    return contrasts(values.log() if scale == "probabilities" else values)


def rounding(values: Tensor, scale: str) -> Tensor | float:
    """By how much the `scores` of `values` may be off because probabilities near 0 or 1 are rounded, [N, 1]."""
    if scale not in PROBABILITIES:
        return 0.0
    spare = (values * (1 - values)).amin(dim=1, keepdim=True)
    return 8 * torch.finfo(values.dtype).eps / spare.clamp(min=0.0)


def log_probabilities(found: np.ndarray) -> np.ndarray:
    """Of the classes, float64 [N, C], from their scores [N, K]: two classes have one score, C > 2 have C."""
    count = found.shape[1]
    if count == 1:
        return -np.logaddexp(0.0, np.concatenate([found, -found], axis=1))
    logits = found * ((count - 1) / count)
    largest = logits.max(axis=1, keepdims=True)
    return logits - largest - np.log(np.exp(logits - largest).sum(axis=1, keepdims=True))


def probabilities(found: np.ndarray) -> np.ndarray:
    """That of the class that each score speaks for, [N, K]: of two classes that of the second."""
    logs = log_probabilities(found)
    return np.exp(logs[:, 1:] if found.shape[1] == 1 else logs)


def score_classes(scores: int) -> np.ndarray:
    """The class that each of K scores speaks for, int16 [K]: the second of two, and 1 where the answer is a number."""
    return np.array([1] if scores == 1 else range(scores), np.int16)
