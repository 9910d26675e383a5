"""Sentences as padded batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnnvis.text.batches import padded as side_by_side


@dataclass(frozen=True)
class Batch:
    """Sentences side by side: ids int64 [B, T] padded at the end, lengths int64 [B], sentence ids int64 [B]."""

    sentence_ids: Tensor
    ids: Tensor
    lengths: Tensor


def padded(tokens: Sequence[np.ndarray], chosen: np.ndarray, padding_id: int) -> Batch:
    """The sentences `chosen` (indices into `tokens`) as one batch."""
    rows = side_by_side([tokens[i] for i in chosen], padding_id)
    sentence_ids = torch.from_numpy(np.asarray(chosen, dtype=np.int64))
    return Batch(sentence_ids, torch.from_numpy(rows.ids), torch.from_numpy(rows.lengths))


def in_order(tokens: Sequence[np.ndarray], chosen: np.ndarray, padding_id: int, size: int = 256) -> Iterator[Batch]:
    """All of `chosen` once, by length, so that little is padding."""
    ordered = sorted(chosen.tolist(), key=lambda i: (len(tokens[i]), i))
    for start in range(0, len(ordered), size):
        yield padded(tokens, np.array(ordered[start : start + size]), padding_id)


def shuffled(
    tokens: Sequence[np.ndarray], chosen: np.ndarray, padding_id: int, size: int, generator: np.random.Generator
) -> list[Batch]:
    """All of `chosen` once in random order; sentences in a batch have similar lengths.

    Shuffled pools of 32 batches are sorted by length and cut, and the batches are shuffled again.
    """
    order = generator.permutation(chosen)
    pool = 32 * size
    cuts = []
    for start in range(0, len(order), pool):
        part = order[start : start + pool]
        by_length = part[np.argsort([len(tokens[i]) for i in part], kind="stable")]
        cuts += [by_length[i : i + size] for i in range(0, len(by_length), size)]
    return [padded(tokens, cuts[i], padding_id) for i in generator.permutation(len(cuts))]
