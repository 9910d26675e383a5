"""`rnnvis.search`: the smallest set of units, or of chips, whose patch closes the gap between two runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from rnnvis import progress
from rnnvis.api.intervening import chips_of, rerun_of, state_of
from rnnvis.api.patching import Measure, PairedRuns, places_of, read_pairs
from rnnvis.api.rerun import placed
from rnnvis.api.shares_figure import shares_figure
from rnnvis.arguments import ANY, checks_arguments
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.patching import Found, Runs, smallest_set
from rnnvis.recording.holding import Hold

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording
    from rnnvis.api.rerun import Ran

HEAD = ("", "added", "first order", "searched", "unseen", "±", "random", "largest random", "most different")


@dataclass(frozen=True)
class Searched:
    """What a search found: `sets`, one of each size, each of which holds the one before.

    `names` are the candidates, "unit 12" or "chip 3". `searched` and `confirmed` count the pairs, `runs` the passes
    over them that were allowed. `whole` is the share that all units of the state close together on the unseen pairs.
    """

    state: str
    names: tuple[str, ...] = field(repr=False)
    sets: tuple[Found, ...]
    searched: int
    confirmed: int
    runs: int
    whole: float

    @property
    def best(self) -> Found:
        """The largest set: the one that closed enough, or that nothing could be added to."""
        return self.sets[-1]

    @property
    def table(self) -> list[dict[str, Any]]:
        """A row for each size: candidates and units, and the shares of the gap that are closed."""
        return [
            {
                "size": size,
                "added": self.names[found.candidates[-1]],
                "units": found.units.tolist(),
                "first_order": found.first_order,
                "searched": found.seen,
                "unseen": found.unseen,
                "standard_error": found.standard_error,
                "random": float(found.random.mean()) if len(found.random) else None,
                "random_low": float(found.random.min()) if len(found.random) else None,
                "random_high": float(found.random.max()) if len(found.random) else None,
                "random_sets": len(found.random),
                "most_different": found.differing,
            }
            for size, found in enumerate(self.sets, 1)
        ]

    def figure(self) -> str:
        """The shares by size as SVG."""
        return shares_figure(self.state, self.sets, self.whole)

    def _cells(self) -> list[tuple[str, ...]]:
        keys = ("first_order", "searched", "unseen", "standard_error", "random", "random_high", "most_different")
        return [
            (str(row["size"]), row["added"], *("–" if row[key] is None else f"{row[key]:.2f}" for key in keys))
            for row in self.table
        ]

    def __repr__(self) -> str:
        rows = [HEAD, *self._cells()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([self._said(), *lines])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{cell}</th>" for cell in HEAD)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self._cells())
        return f"{self.figure()}<p>{escape(self._said())}</p><table><tr>{head}</tr>{body}</table>"

    def _said(self) -> str:
        return (
            f"Shares of the gap that are closed by patching {self.state}: searched on {self.searched} pairs, confirmed "
            f"on {self.confirmed} others, where all units together close {self.whole:.2f}."
        )


@checks_arguments(into=ANY, of=ANY)
def search(
    recording: Recording,
    into: Any,
    of: Any,
    at: Any = -1,
    *,
    state: str | None = None,
    chips: tuple[str, str, int] | None = None,
    measure: Measure | None = None,
    answer: Any = -1,
    confirm: tuple[Any, Any] | None = None,
    shortlist: int = 12,
    largest: int = 6,
    enough: float = 0.9,
    runs: int = 200,
) -> Searched:
    """The smallest set of units of `state` whose values, carried from the runs `of` into the runs `into`, close the gap
    between their answers, grown one by one until `enough` of it is closed.

    Arguments as those of `rnnvis.patch`; `into` and `of` name P sequences each. Candidates are single units or, with
    `chips=(method, selection, k)`, the published chips. Of them the `shortlist` best by first order are tried,
    Σ ∂M/∂s · (s′ − s) over the units of each, summed over pairs in the direction of their gap; M is the `measure`, and
    has to be made of torch's functions. At most `largest` come together.

    `confirm` are other pairs, (into, of), on which what was found is judged. Without it every second of the pairs is
    kept from the search for that. `runs` is how many passes over pairs may be made in all: at most half of them search,
    the rest goes into random sets of as many units as each set found (at most 100 of a size).

    Attribution patching (Syed et al. 2023) with activation patching for what it proposes. The same input gives the same
    result. Raises RnnvisError: no gap, fewer than two pairs, too few runs for a random set, a measure that gradients
    cannot be followed through, a StateSource.
    """
    rerun = rerun_of(recording)
    name = state_of(recording, state)
    size = len(recording.units[name].mean)
    groups = [np.array([unit]) for unit in range(size)] if chips is None else chips_of(recording, name, chips)
    names = [f"{'unit' if chips is None else 'chip'} {number}" for number in range(len(groups))]
    names = [names[i] for i, units in enumerate(groups) if len(units)]
    groups = [units for units in groups if len(units)]
    pairs = read_pairs(recording, name, into, of, at, answer)
    if confirm is None:
        if len(pairs) < 2:
            raise RnnvisError("a search needs two pairs at least", "name more: of one half, the other is kept from it")
        rows = np.arange(len(pairs))
        searched, others = pairs.chosen(rows[::2]), pairs.chosen(rows[1::2])
    else:
        if not isinstance(confirm, tuple | list) or len(confirm) != 2:
            raise RnnvisError(
                "confirm names no pairs", "give sequences that are run into, and those beside: (into, of)"
            )
        searched, others = pairs, read_pairs(recording, name, *confirm, at, answer)
    seen, unseen = (PairedRuns(rerun, (name,), part, measure) for part in (searched, others))
    for which, part in (("searched", seen), ("kept from the search", unseen)):
        if not np.abs(part.gap).max() > 0:
            raise RnnvisError(
                f"the pairs that are {which} have no gap: the measure is the same for both runs of each",
                "name sequences that are answered differently, or another measure",
            )
    with progress.bar("Searching", total=runs) as bar:
        found = smallest_set(
            groups,
            size,
            _first_order(seen, name, size, groups),
            _difference(seen, name, groups),
            _runs(seen, name),
            _runs(unseen, name),
            shortlist=shortlist,
            largest=largest,
            enough=enough,
            budget=runs,
            advance=bar.advance,
        )
    whole, _ = _runs(unseen, name).share(np.arange(size))
    return Searched(name, tuple(names), tuple(found), len(searched), len(others), runs, whole)


def _runs(pairs: PairedRuns, state: str) -> Runs:
    return Runs(
        pairs.measured(pairs.before),
        pairs.measured(pairs.wanted),
        lambda units: pairs.measured(pairs.after({state: units})),
    )


def _difference(runs: PairedRuns, state: str, groups: Sequence[np.ndarray]) -> np.ndarray:
    """How much each candidate differs between the runs: mean |s′ − s| of its units, [C]."""
    each = np.abs(runs.there[state] - runs.here[state]).mean(axis=0)
    return np.array([each[units].mean() for units in groups])


def _first_order(runs: PairedRuns, state: str, size: int, groups: Sequence[np.ndarray]) -> np.ndarray:
    """The share of the gap that each candidate promises to close: Σ ∂M/∂s · (s′ − s) over its units, [C]."""
    slope = np.zeros((len(runs.pairs), size))
    for part in runs.pairs.rounds():
        at, into = runs.pairs.at[part], runs.pairs.into[part]
        steer = torch.zeros(len(part), size, requires_grad=True)
        hold = Hold(state, np.arange(size), None, at, at, sequences=into, steer=steer)
        for ran in runs.rerun.steps(into, [hold], gradients=True):
            slope[part] += _slope(runs, part, ran, steer)
    promised = slope * (runs.there[state] - runs.here[state])
    gap = runs.gap
    shares = (np.sign(gap)[:, None] * promised).sum(axis=0) / np.abs(gap).sum()
    return np.array([shares[units].sum() for units in groups])


def _slope(runs: PairedRuns, part: np.ndarray, ran: Ran, steer: torch.Tensor) -> np.ndarray:
    """∂M/∂s of the pairs `part` at what steers them, [n, H], from the answers in one batch; 0 of the others."""
    rerun = runs.rerun
    assert rerun.answer is not None
    batch = ran.batches[rerun.answer.at.reading]
    given = batch.answer
    assert given is not None
    into = runs.pairs.into[part]
    of, step = placed(given, batch)
    wanted = runs.pairs.answer_into[part]
    many = wanted.shape[1]
    places, found = places_of(into[of], step, np.repeat(into, many), wanted.ravel())
    if not len(places):
        return np.zeros(steer.shape)
    values = rerun.answer.answering.log_probabilities(given.of(places).double())
    total = runs.measure(values.reshape(-1, many, values.shape[1]), part[found[::many] // many]).sum()
    gradient = torch.autograd.grad(total, steer, allow_unused=True)[0] if total.requires_grad else None
    if not total.requires_grad:
        raise RnnvisError(
            "no gradient can be followed from the measure back to the state",
            "make the measure of torch's functions, without .item(), .detach() or NumPy; forward must not detach what "
            "the answer is made of",
        )
    return np.zeros(steer.shape) if gradient is None else gradient.double().cpu().numpy()
