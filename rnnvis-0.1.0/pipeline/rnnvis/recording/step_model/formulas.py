"""The formulas of cells and activations in NumPy: those of torch.nn, in the precision of their tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import erf

from rnnvis.recording.step_model.spec import Operation

Array = np.ndarray


def sigmoid(x: Array) -> Array:
    """σ(x), which overflows nowhere."""
    found: Array = 0.5 * (np.tanh(0.5 * x) + 1)
    return found


ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "gelu": lambda x: 0.5 * x * (1 + erf(x * np.float32(np.sqrt(0.5)))),
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(np.float32(np.sqrt(2 / np.pi)) * (x + 0.044715 * x**3))),
    "silu": lambda x: x * sigmoid(x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "leaky_relu": lambda x: np.where(x > 0, x, np.float32(0.01) * x),
    "softplus": lambda x: np.logaddexp(x, np.zeros((), x.dtype)),
}


@dataclass(frozen=True)
class CellTensors:
    """The weights of one layer in one direction; see `spec.CellWeights`."""

    input: Array = field(repr=False)
    state: Array = field(repr=False)
    input_bias: Array | None = field(repr=False)
    state_bias: Array | None = field(repr=False)
    projection: Array | None = field(repr=False)


Enter = Callable[[str, Array], Array]


def read(x: Array, weights: CellTensors) -> Array:
    """What inputs [T, I] add to the gates: [T, G·H]."""
    found = x @ weights.input.T
    return found if weights.input_bias is None else found + weights.input_bias


def step(
    cell: str, read: Array, before: Mapping[str, Array], weights: CellTensors, enter: Enter
) -> tuple[dict[str, Array], dict[str, Array]]:
    """From what a step reads [G·H] and the states before it to those after it, and its gates [H] by name. Each state
    goes through `enter` as it comes about."""
    h = before["h"]
    added = weights.state @ h
    if weights.state_bias is not None:
        added = added + weights.state_bias
    if cell == "gru":
        r, z, n = np.split(read, 3)
        add_r, add_z, add_n = np.split(added, 3)
        r, z = sigmoid(r + add_r), sigmoid(z + add_z)
        n = np.tanh(n + r * add_n)
        return {"h": enter("h", (1 - z) * n + z * h)}, {"r": r, "z": z}
    if cell == "lstm":
        i, f, g, o = np.split(read + added, 4)
        i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)
        c = enter("c", f * before["c"] + i * np.tanh(g))
        h = o * np.tanh(c)
        if weights.projection is not None:
            h = weights.projection @ h
        return {"h": enter("h", h), "c": c}, {"i": i, "f": f, "o": o}
    total = read + added
    return {"h": enter("h", np.maximum(total, 0) if cell == "rnn_relu" else np.tanh(total))}, {}


def through(operations: Sequence[Operation], x: Array, tensors: Mapping[str, Array]) -> Array:
    """What comes of rows x [N, F] after the operations, one after the other; `tensors` by name."""
    for operation in operations:
        if "linear" in operation:
            x = x @ tensors[operation["linear"]["weight"]].T
            x = _plus(x, operation["linear"]["bias"], tensors)
        elif "norm" in operation:
            of = operation["norm"]
            x = x - x.mean(axis=1, keepdims=True)
            x = x / np.sqrt((x * x).mean(axis=1, keepdims=True) + np.float32(of["epsilon"]))
            x = _plus(x if of["weight"] is None else x * tensors[of["weight"]], of["bias"], tensors)
        else:
            x = ACTIVATIONS[operation["activation"]](x)
    return x


def _plus(x: Array, bias: str | None, tensors: Mapping[str, Array]) -> Array:
    return x if bias is None else x + tensors[bias]


def log_softmax(x: Array) -> Array:
    """Of each row [N, C], float64."""
    x = x.astype(np.float64)
    x = x - x.max(axis=1, keepdims=True)
    found: Array = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    return found


def log_probabilities(values: Array, scores: str) -> Array:
    """Float64 [N, C] of `values` on the scale `scores` of a head; numbers stay what they are."""
    if scores == "logits":
        return log_softmax(values)
    if scores == "one logit":
        z = values.astype(np.float64)
        return -np.logaddexp(0.0, np.concatenate([z, -z], axis=1))
    return values.astype(np.float64)
