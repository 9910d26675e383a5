"""A top-k sparse autoencoder on a state: its training, and how much of the state it keeps.

Makhzani and Frey (2014); trained as Gao et al. (2024) do, with their auxiliary loss for latents that are never among
the k largest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from rnnvis.recording.code import SparseCode, top

BATCH = 1024
RATE = 2e-3
SILENT = 60
"""Steps of training without being among the k largest after which a latent counts as silent."""
AUXILIARY = 1 / 32
OFTEN_ENOUGH = 1e-12


@dataclass(frozen=True)
class Quality:
    """How a code does on states that it was not trained on.

    `kept` is the share of their variance that the reconstruction keeps, 1 − Σ‖s − ŝ‖² / Σ‖s − s̄‖²; `dead` are the
    latents that no state at all, seen in training or not, makes larger than 0, int64; `active` float64 [L] is the share
    of the held-out states in which each is.
    """

    kept: float
    dead: np.ndarray = field(repr=False)
    active: np.ndarray = field(repr=False)


def train_code(
    state: str,
    states: np.ndarray,
    latents: int,
    k: int,
    *,
    steps: int,
    seed: int,
    advance: Callable[[], None] = lambda: None,
) -> SparseCode:
    """A code of states [N, H] in so many latents, of which `k` are not 0: `steps` steps of Adam on batches of 1,024
    states, drawn by `seed`. The same input gives the same code."""
    draw = torch.Generator().manual_seed(seed)
    x = torch.from_numpy(np.ascontiguousarray(states, np.float32))
    mean = x.mean(dim=0)
    scale = float((x - mean).square().sum(dim=1).mean().sqrt()) or 1.0  # so that one rate of learning fits all states
    x = (x - mean) / scale
    decoder = torch.randn(latents, x.shape[1], generator=draw)
    decoder /= decoder.norm(dim=1, keepdim=True)
    encoder, bias = decoder.clone(), torch.zeros(x.shape[1])
    first = torch.zeros(latents)
    weights = [encoder, first, decoder, bias]
    for weight in weights:
        weight.requires_grad_(True)
    optimiser = torch.optim.Adam(weights, lr=RATE)
    since = torch.zeros(latents, dtype=torch.int64)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, 5 * (1 - step / steps))  # down to zero in the last fifth
        batch = x[torch.randint(len(x), (BATCH,), generator=draw)]
        active = torch.relu((batch - bias) @ encoder.T + first)
        z = top(active, k)
        left = batch - (z @ decoder + bias)
        loss = left.square().sum(dim=1).mean()
        since = torch.where((z > 0).any(dim=0), torch.zeros_like(since), since + 1)
        silent = since > SILENT
        if silent.any():
            spare = (batch - bias) @ encoder[silent].T + first[silent]
            guess = top(torch.relu(spare), min(2 * k, int(silent.sum()))) @ decoder[silent]
            loss = loss + AUXILIARY * (left.detach() - guess).square().sum(dim=1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            decoder /= decoder.norm(dim=1, keepdim=True).clamp_min(OFTEN_ENOUGH)
        advance()
    found = [weight.detach().double().numpy() for weight in weights]
    # Back to the state's own scale: z is scaled with it, and the decoder keeps its length of one.
    return SparseCode(
        state,
        k,
        encoder=found[0].astype(np.float32),
        encoder_bias=(found[1] * scale).astype(np.float32),
        decoder=found[2].astype(np.float32),
        bias=(found[3] * scale + mean.double().numpy()).astype(np.float32),
    )


def quality(code: SparseCode, trained: np.ndarray, held_out: np.ndarray) -> Quality:
    """How a code does on states [M, H] that are `held_out`; it was `trained` on states [N, H]."""
    latents = code.latents(held_out)
    true = held_out.astype(np.float64)
    left = np.square(true - code.rebuilt(held_out)).sum()
    whole = np.square(true - true.mean(axis=0)).sum()
    alive = (latents > 0).any(axis=0) | (code.latents(trained) > 0).any(axis=0)
    return Quality(
        kept=float(1 - left / whole) if whole > 0 else float("nan"),
        dead=np.flatnonzero(~alive),
        active=(latents > 0).mean(axis=0),
    )
