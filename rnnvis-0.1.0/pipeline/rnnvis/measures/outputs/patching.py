"""How much of the gap between two runs a change of one closes, and the smallest set of units that closes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from rnnvis.errors import RnnvisError

Patched = Callable[[np.ndarray], np.ndarray]
"""From unit numbers to the measure M [P] of runs that are given the other runs' values of these units."""

MOST_RANDOM = 100


def share_closed(before: np.ndarray, after: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """Σ sign(g) (after − before) / Σ |g| with the gaps g = wanted − before, [P] each, and its standard error.

    1: the gap is closed; 0: nothing has changed. Pairs count by the size of their gap (ratio estimator: Cochran 1977,
    equation 6.13), and are taken as independent; nan where there is no gap, or of the error of a single pair.
    """
    gap = wanted - before
    moved, size = np.sign(gap) * (after - before), np.abs(gap)
    total = float(size.sum())
    if not total > 0:
        return float("nan"), float("nan")
    share, pairs = float(moved.sum()) / total, len(gap)
    if pairs < 2:
        return share, float("nan")
    return share, float(np.sqrt(np.square(moved - share * size).sum() * pairs / (pairs - 1)) / total)


@dataclass(frozen=True)
class Runs:
    """Pairs of runs: the measure M [P] of those that are patched, `before`, and of those that they are patched from,
    `wanted`; `patched` runs them."""

    before: np.ndarray = field(repr=False)
    wanted: np.ndarray = field(repr=False)
    patched: Patched = field(repr=False)

    def share(self, units: np.ndarray) -> tuple[float, float]:
        """The share of the gap that these units close, and its standard error."""
        return share_closed(self.before, self.patched(np.sort(units)), self.wanted)


@dataclass(frozen=True)
class Found:
    """The best set of one size: `candidates` in the order in which they came, and their `units`.

    `first_order` is the share that the gradient promised of them together; `seen` the one on the pairs that were
    searched, `unseen` the one on other pairs, with its `standard_error`. Beside it, on those: `random` [R], random sets
    of as many units, and `differing`, as many candidates that differ most between the runs.
    """

    candidates: tuple[int, ...]
    units: np.ndarray = field(repr=False)
    first_order: float
    seen: float
    unseen: float
    standard_error: float
    random: np.ndarray = field(repr=False)
    differing: float


def smallest_set(
    candidates: Sequence[np.ndarray],
    units: int,
    first_order: np.ndarray,
    difference: np.ndarray,
    seen: Runs,
    unseen: Runs,
    *,
    shortlist: int,
    largest: int,
    enough: float,
    budget: int,
    advance: Callable[[], None] = lambda: None,
) -> list[Found]:
    """Sets of one candidate, two, … that each close most of the gap of the `seen` runs, until `enough` of it is closed.

    `candidates` are unit numbers of a state of so many `units`: single ones, or clusters. Each round tries those of
    the `shortlist` that are left beside the set so far, and keeps the best. The shortlist are the candidates with the
    largest `first_order` [C], the share that a gradient promises; `difference` [C] is how much each differs. At most
    `largest` candidates come together, and a round is begun while half of the `budget` of runs lasts; what is left goes
    into random sets, alike many of each size. `advance` is called after each run. The same draws always.
    """
    tried = np.argsort(-first_order, kind="stable")[:shortlist].tolist()
    spent = 0
    path: list[tuple[tuple[int, ...], float]] = []
    while tried and len(path) < largest and (spent + len(tried) <= budget // 2 or not path):
        before = path[-1][0] if path else ()
        best: tuple[float, int] = (-np.inf, -1)
        for candidate in tried:
            share, _ = seen.share(_units(candidates, (*before, candidate)))
            best = max(best, (share, -candidate))  # of equals the first
            advance()
        spent += len(tried)
        if path and best[0] <= path[-1][1]:
            break
        chosen = -best[1]
        tried.remove(chosen)
        path.append(((*before, chosen), best[0]))
        if best[0] >= enough:
            break
    each = min(MOST_RANDOM, (budget - spent) // max(1, len(path)) - 2)
    if each < 1:
        raise RnnvisError(
            f"a budget of {budget} runs leaves none for random sets beside what was found in {spent}",
            f"give more runs, or a shorter shortlist: runs={2 * (spent + 3 * len(path))}",
        )
    order = np.argsort(-difference, kind="stable")
    draw = np.random.default_rng(0)
    found = []
    for chosen_ones, share in path:
        members = _units(candidates, chosen_ones)
        of_unseen, error = unseen.share(members)
        advance()
        most, _ = unseen.share(_units(candidates, order[: len(chosen_ones)].tolist()))
        advance()
        random = []
        for _ in range(each if len(members) < units else 0):
            random.append(unseen.share(draw.choice(units, len(members), replace=False))[0])
            advance()
        promised = float(first_order[list(chosen_ones)].sum())
        found.append(Found(chosen_ones, members, promised, share, of_unseen, error, np.array(random), most))
    return found


def _units(candidates: Sequence[np.ndarray], chosen: Sequence[int]) -> np.ndarray:
    return np.concatenate([candidates[i] for i in chosen])
