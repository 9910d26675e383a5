"""One layer, in one direction, over whole sequences: every step is taken by its formula, and all of it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from rnnvis.recording.cells import Cell, Weights

EXACT = (torch.float32, torch.float64)
"""Types in which a formula may stand in for torch's own kernels: those of half precision round in ways of their own."""

TOLERANCE = 1e-4
"""By how much states may differ, of max(1, |s|), and still count as what a formula gives."""


@dataclass(frozen=True)
class Pass:
    """Time first, [T, B, units]: `states` after each step and `previous` before it, `last` [B, units] after each row's
    own last step taken; `gates` by name. `gap` is how far the states that were given lie from what the formula gives,
    as a share of max(1, |s|).
    """

    states: tuple[Tensor, ...] = field(repr=False)
    previous: tuple[Tensor, ...] = field(repr=False)
    last: tuple[Tensor, ...] = field(repr=False)
    gates: dict[str, Tensor] = field(repr=False)
    gap: float = 0.0


def one_pass(
    cell: Cell,
    module: nn.Module,
    weights: Weights,
    x: Tensor,
    start: Sequence[Tensor],
    sizes: Sequence[int] | None,
    reverse: bool,
    gates: bool,
    given: Tensor | None = None,
) -> Pass:
    """Take all steps of `x` [T, B, I] from the states `start` [B, units] each.

    `sizes` says how many of the rows, which then are sorted by length, take each step (default: all). `given` are
    hidden states [T, B, P] that the module itself came to: each step then starts from those.
    """
    steps, rows = x.shape[:2]
    read = cell.read(x, weights)
    # Place t of a buffer is the state before step t, place t + 1 that after it; backwards it is the other way round.
    buffers = [s.new_zeros(steps + 1, rows, s.shape[-1]) for s in start]
    for buffer, s in zip(buffers, start, strict=True):
        buffer[steps if reverse else 0] = s
    if given is not None:
        buffers[0][0 if reverse else 1 :][:steps] = given
    gap = read.new_zeros(())
    for t in reversed(range(steps)) if reverse else range(steps):
        n = rows if sizes is None else sizes[t]
        old, new = (t + 1, t) if reverse else (t, t + 1)
        if reverse and sizes is not None and t + 1 < steps and sizes[t + 1] < n:
            for buffer, s in zip(buffers, start, strict=True):
                buffer[old, sizes[t + 1] : n] = s[sizes[t + 1] : n]
        before = tuple(buffer[old, :n] for buffer in buffers)
        after = tuple(buffer[new, :n] for buffer in buffers)
        if given is None:
            cell.advance(module, read[t, :n], before, weights, after)
        else:
            found = torch.empty_like(after[0])
            cell.advance(module, read[t, :n], before, weights, (found, *after[1:]))
            gap = torch.maximum(gap, difference(after[0], found))
    return Pass(
        states=tuple(buffer[:-1] if reverse else buffer[1:] for buffer in buffers),
        previous=tuple(buffer[1:] if reverse else buffer[:-1] for buffer in buffers),
        last=tuple(_last(buffer, sizes, reverse) for buffer in buffers),
        gates=cell.gates_of(module, read) if gates else {},
        gap=float(gap),
    )


def difference(a: Tensor, b: Tensor) -> Tensor:
    """The largest |a − b| / max(1, |a|), a scalar tensor; infinite where one of them is no number."""
    gap = ((a - b).abs() / a.abs().clamp(min=1)).nan_to_num(nan=torch.inf)
    return gap.max() if gap.numel() else gap.new_zeros(())


def tolerance(dtype: torch.dtype) -> float:
    """What `difference` may be between states of this type."""
    return max(TOLERANCE, 32 * torch.finfo(dtype).eps)


def _last(buffer: Tensor, sizes: Sequence[int] | None, reverse: bool) -> Tensor:
    if reverse:
        return buffer[0]
    if sizes is None:
        return buffer[-1]
    lengths = row_lengths(torch.tensor(sizes, device=buffer.device))
    return buffer[lengths, torch.arange(len(lengths), device=buffer.device)]


def row_lengths(sizes: Tensor) -> Tensor:
    """Steps [B] of rows sorted by length, from the rows [T] that take each step."""
    return (sizes[:, None] > torch.arange(int(sizes[0]), device=sizes.device)).sum(dim=0)
