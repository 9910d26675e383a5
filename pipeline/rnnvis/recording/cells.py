"""Gates and cell states of recurrent layers, recomputed for all steps at once.

The fused layers of torch return every hidden state h_t but neither gates nor cell states. Given h_t, the
gates of all steps follow from one matrix product over (x_t, h_{t−1}); the cell state follows from them
elementwise.

Shapes: B sequences, T steps, I inputs, H units, P projected units (P = H without a projection).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Weights:
    """Weights of one layer in one direction, as torch stacks them: gates × H rows."""

    input: Tensor
    hidden: Tensor
    input_bias: Tensor | None
    hidden_bias: Tensor | None


def lstm_gates(x: Tensor, previous_h: Tensor, weights: Weights) -> dict[str, Tensor]:
    """Input, forget and output gate and the candidate g of every step.

    `x` is [B, T, I], `previous_h` [B, T, P]; each gate is [B, T, H]:
    i, f, o = σ(W x_t + b + U h_{t−1} + c) and g = tanh(the same with its own weights) (torch.nn.LSTM).
    """
    total = functional.linear(x, weights.input, weights.input_bias) + functional.linear(
        previous_h, weights.hidden, weights.hidden_bias
    )
    i, f, g, o = total.chunk(4, dim=-1)
    return {"i": i.sigmoid(), "f": f.sigmoid(), "o": o.sigmoid(), "g": g.tanh()}


def gru_gates(x: Tensor, previous_h: Tensor, weights: Weights) -> dict[str, Tensor]:
    """Reset and update gate and the candidate n of every step, shaped as in `lstm_gates`.

    r, z = σ(W x_t + b + U h_{t−1} + c), n = tanh(W x_t + b + r (U h_{t−1} + c)); then
    h_t = (1 − z) n + z h_{t−1}, so that z is the share kept (torch.nn.GRU).
    """
    x_r, x_z, x_n = functional.linear(x, weights.input, weights.input_bias).chunk(3, dim=-1)
    h_r, h_z, h_n = functional.linear(previous_h, weights.hidden, weights.hidden_bias).chunk(3, dim=-1)
    r = (x_r + h_r).sigmoid()
    return {"r": r, "z": (x_z + h_z).sigmoid(), "n": (x_n + r * h_n).tanh()}


def lstm_cell_states(gates: dict[str, Tensor], start: Tensor, lengths: Tensor, reverse: bool) -> Tensor:
    """c_t = f_t c_{t−1} + i_t g_t for every step [B, T, H], from the cell state `start` [B, H].

    In the reverse direction t runs backwards from each sequence's own last step (`lengths`, [B]).
    """
    forget, new = gates["f"], gates["i"] * gates["g"]
    states = torch.empty_like(new)
    c = start
    steps = range(new.shape[1])
    for t in reversed(steps) if reverse else steps:
        following = torch.addcmul(new[:, t], forget[:, t], c)
        c = torch.where((t < lengths)[:, None], following, c) if reverse else following
        states[:, t] = c
    return states


def stepped_cell_states(
    one: nn.RNNBase, x: Tensor, previous_h: Tensor, start: Tensor, lengths: Tensor, reverse: bool
) -> Tensor:
    """As `lstm_cell_states`, slower: every step is taken by `one`, a batch-first LSTM of one layer and direction.

    It starts each step from the hidden state that the whole pass had, `previous_h` [B, T, P], so that its cell states
    are those of that pass, rounded as its kernel rounds.
    """
    states = torch.empty(*x.shape[:2], one.hidden_size, dtype=x.dtype, device=x.device)
    c = start
    steps = range(x.shape[1])
    for t in reversed(steps) if reverse else steps:
        _, (_, following) = one(x[:, t : t + 1], (previous_h[None, :, t].contiguous(), c[None].contiguous()))
        c = torch.where((t < lengths)[:, None], following[0], c) if reverse else following[0]
        states[:, t] = c
    return states


def previous_states(states: Tensor, start: Tensor, lengths: Tensor, reverse: bool) -> Tensor:
    """The state before each step, [B, T, H]: s_{t−1}, or s_{t+1} in the reverse direction.

    Before the first step taken (the last one of the sequence in the reverse direction) it is `start` [B, H].
    """
    if not reverse:
        return torch.cat([start[:, None], states[:, :-1]], dim=1)
    shifted = torch.cat([states[:, 1:], start[:, None]], dim=1)
    first = torch.arange(states.shape[1], device=states.device) >= (lengths[:, None] - 1)
    return torch.where(first[..., None], start[:, None], shifted)
