"""What a sentence does to each unit cluster, step by step: the quantities a glyph draws.

For a unit cluster C with states s and the states s' of the step before (zero before the first step):

- P = Σ max(s, 0) / |C| and N = Σ min(s, 0) / |C|: the bar above and below the line; - ΔP = P − P' and ΔN =
N − N': what is drawn. ΔP > 0 is positive gained, ΔP < 0 positive lost; ΔN < 0 is negative gained, ΔN > 0
negative lost; - the same counted unit by unit, so that a gain of one unit does not hide the loss of
another: gained P = Σ max(max(s, 0) − max(s', 0), 0) / |C|, lost P = Σ max(max(s', 0) − max(s, 0), 0) / |C|,
and gained N, lost N likewise for the size of the negative part, max(−s, 0). So ΔP = gained P − lost P, ΔN =
lost N − gained N; - kept = Σ min(|s'|, |s|) over the units whose sign did not change (not divided by |C|),
and kept rate = kept / Σ |s'|, nan where the denominator is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Glyphs:
    """float64 arrays [steps, clusters]; an empty cluster has zeros, and nan as kept rate."""

    p: np.ndarray
    n: np.ndarray
    delta_p: np.ndarray
    delta_n: np.ndarray
    gained_p: np.ndarray
    lost_p: np.ndarray
    gained_n: np.ndarray
    lost_n: np.ndarray
    kept: np.ndarray
    kept_rate: np.ndarray


def glyphs(states: np.ndarray, labels: np.ndarray, k: int, start: np.ndarray | None = None) -> Glyphs:
    """Glyph quantities of one sentence.

    `states` [T, H] in order; `labels` [H] unit clusters 0…k−1 (a negative label belongs to none); `start`
    [H] is the state before the first step, zero by default.
    """
    now = np.asarray(states, dtype=np.float64)
    first = np.zeros((1, now.shape[1])) if start is None else np.asarray(start, dtype=np.float64)[None]
    before = np.concatenate([first, now])[: len(now)]
    members = (np.asarray(labels)[:, None] == np.arange(k)).astype(np.float64)
    share = members / np.maximum(members.sum(axis=0), 1)

    up, up_before = np.maximum(now, 0), np.maximum(before, 0)
    down, down_before = np.maximum(-now, 0), np.maximum(-before, 0)
    p, n = up @ share, -(down @ share)
    same = np.sign(now) == np.sign(before)
    kept = np.where(same, np.minimum(np.abs(now), np.abs(before)), 0) @ members
    had = np.abs(before) @ members
    return Glyphs(
        p=p,
        n=n,
        delta_p=p - up_before @ share,
        delta_n=n + down_before @ share,
        gained_p=np.maximum(up - up_before, 0) @ share,
        lost_p=np.maximum(up_before - up, 0) @ share,
        gained_n=np.maximum(down - down_before, 0) @ share,
        lost_n=np.maximum(down_before - down, 0) @ share,
        kept=kept,
        kept_rate=np.divide(kept, had, out=np.full(kept.shape, np.nan), where=had > 0),
    )
