"""`rnnvis.patch`: states of one run carried into another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from rnnvis.api.intervening import Chip, checked_sequences, lengths_of, rerun_of, state_of, step_of, units_of
from rnnvis.arguments import ANY, checks_arguments, shown
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.patching import share_closed
from rnnvis.recording.holding import Hold

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording
    from rnnvis.api.rerun import AnswerRows, Rerun

Measure = Callable[[Tensor], Tensor]
"""From the values of P answers [P, C], log-probabilities of the classes or a number, to what is compared, [P]."""


@dataclass(frozen=True)
class Patched:
    """Runs of the sequences `into`, P of them, that were given states of the sequences `of`.

    `at` and `from_step` int64 [P] are the steps that the states were carried to and from. `before`, `after` and
    `wanted` [P, C] are the answers of `into` without and with them, and of `of`, of A steps [P, A, C]; `measured` the
    same [P] through the measure, its mean over these steps.
    """

    states: tuple[str, ...]
    units: np.ndarray
    into: np.ndarray
    of: np.ndarray
    at: np.ndarray
    from_step: np.ndarray
    before: np.ndarray = field(repr=False)
    after: np.ndarray = field(repr=False)
    wanted: np.ndarray = field(repr=False)
    measured: Mapping[str, np.ndarray] = field(repr=False)

    @property
    def share(self) -> float:
        """The share of the gap between the runs that is closed, pairs by the size of their gap; nan without a gap."""
        return self._closed()[0]

    @property
    def standard_error(self) -> float:
        """Of the share; pairs are taken as independent."""
        return self._closed()[1]

    def _closed(self) -> tuple[float, float]:
        return share_closed(*(self.measured[name] for name in ("before", "after", "wanted")))

    def __repr__(self) -> str:
        error = "" if np.isnan(self.standard_error) else f" ± {self.standard_error:.3f}"
        units = f"{len(self.units)} units of {', '.join(self.states)}"
        return f"Patched: {units} in {len(self.into)} runs close {self.share:.3f}{error} of the gap"


@dataclass(frozen=True)
class Pairs:
    """Pairs of runs, P of each array: sequences, the steps that states are carried to and from, and [P, A] the A steps
    whose answers are compared; whether they were asked for as `several`."""

    into: np.ndarray
    of: np.ndarray
    at: np.ndarray
    from_step: np.ndarray
    answer_into: np.ndarray
    answer_of: np.ndarray
    several: bool = False

    def __len__(self) -> int:
        return len(self.into)

    def chosen(self, rows: np.ndarray) -> Pairs:
        """Some of them."""
        of = (self.into, self.of, self.at, self.from_step, self.answer_into, self.answer_of)
        into, source, at, from_step, answer_into, answer_of = (array[rows] for array in of)
        return Pairs(into, source, at, from_step, answer_into, answer_of, self.several)

    def rounds(self) -> Iterator[np.ndarray]:
        """Rows of pairs, in parts in which no sequence is run into twice."""
        order = np.argsort(self.into, kind="stable")
        _, first, count = np.unique(self.into[order], return_index=True, return_counts=True)
        turn = np.empty(len(order), np.int64)
        turn[order] = np.arange(len(order)) - np.repeat(first, count)
        for number in range(int(turn.max(initial=-1)) + 1):
            part = np.flatnonzero(turn == number)
            yield part[np.argsort(self.into[part], kind="stable")]


def read_pairs(recording: Recording, state: str, into: Any, of: Any, at: Any, answer: Any) -> Pairs:
    """Pairs as they are given, checked; the steps `at` are those of `state`."""
    first = checked_sequences(recording, into, "into")
    second = first if of is None else checked_sequences(recording, of, "of")
    if len(first) != len(second) and min(len(first), len(second)) > 1:
        raise RnnvisError(f"into names {len(first)} sequences, and of {len(second)}", "name as many of both")
    first, second = (a.copy() for a in np.broadcast_arrays(first, second))
    rerun = rerun_of(recording)
    lengths, answered = lengths_of(recording, state), rerun.lengths
    to, source = at if isinstance(at, tuple) and len(at) == 2 else (at, at)
    found = Pairs(
        first,
        second,
        step_of(to, lengths[first], "at"),
        step_of(source, lengths[second], "at"),
        *_answers(answer, answered[first], answered[second], rerun),
        several=isinstance(answer, slice),
    )
    if of is None and (found.at == found.from_step).all():
        raise RnnvisError("a sequence is given its own state", "name another one: of=…, or another step: at=(3, 8)")
    return found


@checks_arguments(into=ANY, of=ANY)
def patch(
    recording: Recording,
    into: Any,
    of: Any = None,
    at: Any = -1,
    units: Any = None,
    *,
    state: str | Sequence[str] | None = None,
    chip: Chip | None = None,
    measure: Measure | None = None,
    answer: Any = -1,
) -> Patched:
    """Run sequences again, into which the state of others is carried at a step; they go on from there by themselves.

    `into` and `of` are numbers of sequences, one or P of each; without `of` it is the same sequence at another time.
    `at` is the step whose state is set, after the word of that number, and the step that it is taken from, or both,
    (to, from); −1 is the last. `units` are numbers (default: all) of `state`, or those of a `chip`, (method, selection,
    k, cluster), as it was published. Several states may be named, which are carried together: h and c of an LSTM.

    What is compared is `measure` of the answers: a function of log-probabilities of the classes, or of a number, float
    tensor [P, C], that gives [P]. By default the log-odds of the class that the runs `of` find likeliest, or the
    number. Of answers at every step the one after step `answer` counts, or the mean of the measure over several,
    slice(0, 10).

    Of a stream (`initial="carried"`) each of these sequences is run by itself, from the state that was carried to it.

    Activation patching (Vig et al. 2020; Meng et al. 2022). Raises RnnvisError: no model that can be run, a state, unit
    or step that is not there, a model that has changed since.
    """
    rerun = rerun_of(recording)
    names = (state_of(recording, state),) if state is None or isinstance(state, str) else tuple(state)
    names = tuple(state_of(recording, name) for name in names)
    if not names:
        raise RnnvisError("no state is named", f"name one of {', '.join(recording.units)}")
    if len(names) > 1 and len({len(recording.units[name].mean) for name in names}) > 1 and units is not None:
        raise RnnvisError("units of states of different sizes are named", "patch one state at a time")
    pairs = read_pairs(recording, names[0], into, of, at, answer)
    runs = PairedRuns(rerun, names, pairs, measure)
    chosen = {name: units_of(recording, name, units, chip) for name in names}
    found = {"before": runs.before, "after": runs.after(chosen), "wanted": runs.wanted}
    measured = {name: runs.measured(values) for name, values in found.items()}
    shown = found if pairs.several else {name: values[:, 0] for name, values in found.items()}
    return Patched(names, chosen[names[0]], pairs.into, pairs.of, pairs.at, pairs.from_step, **shown, measured=measured)


class PairedRuns:
    """The answers of pairs of runs, and of those that are patched."""

    def __init__(self, rerun: Rerun, states: Sequence[str], pairs: Pairs, measure: Measure | None) -> None:
        self.states, self.pairs, self._measure = states, pairs, measure
        nothing = [Hold(name, np.zeros(0, np.int64), np.zeros(0)) for name in states]
        numbers = np.unique(np.concatenate([pairs.into, pairs.of]))
        self.rerun = rerun.from_carried(numbers)
        answers = self.rerun.answers(numbers, nothing)
        self.before = _values(answers, pairs.into, pairs.answer_into)
        self.wanted = _values(answers, pairs.of, pairs.answer_of)
        self.here = self._states(pairs.into, pairs.at)
        self.there = self._states(pairs.of, pairs.from_step)

    def _states(self, sequences: np.ndarray, steps: np.ndarray) -> dict[str, np.ndarray]:
        """The states after these steps, [P, H] by name."""
        found: dict[str, np.ndarray] = {}
        asked = np.unique(sequences)
        for ran in self.rerun.steps(asked):
            for name, batch in ((n, b) for n in self.states for b in ran.batches.values() if n in b.states):
                of, number = batch.states[name], asked[batch.sentence_id]
                into = found.setdefault(name, np.full((len(sequences), of.shape[1]), np.nan))
                place = {key: row for row, key in enumerate(zip(number.tolist(), batch.step.tolist(), strict=True))}
                for pair, key in enumerate(zip(sequences.tolist(), steps.tolist(), strict=True)):
                    if key in place:
                        into[pair] = of[place[key]]
        return found

    @property
    def gap(self) -> np.ndarray:
        """By how much the measure differs between the runs, float64 [P]."""
        gap: np.ndarray = self.measured(self.wanted) - self.measured(self.before)
        return gap

    def holds(self, part: np.ndarray, units: Mapping[str, np.ndarray]) -> list[Hold]:
        """What carries the units of the pairs `part`, of which no two run into one sequence."""
        at, into = self.pairs.at[part], self.pairs.into[part]
        return [
            Hold(name, of, self.there[name][np.ix_(part, of)], at, at, sequences=into) for name, of in units.items()
        ]

    def after(self, units: Mapping[str, np.ndarray]) -> np.ndarray:
        """The answers [P, A, C] with these units of each state carried over."""
        found = self.before.copy()
        for part in self.pairs.rounds():
            answers = self.rerun.answers(self.pairs.into[part], self.holds(part, units))
            found[part] = _values(answers, self.pairs.into[part], self.pairs.answer_into[part])
        return found

    def measured(self, values: np.ndarray) -> np.ndarray:
        """The measure of answers [P, A, C], float64 [P]."""
        with torch.no_grad():
            found: np.ndarray = self.measure(torch.from_numpy(values), np.arange(len(values))).double().cpu().numpy()
        return found

    def measure(self, values: Tensor, rows: np.ndarray) -> Tensor:
        """The measure of the answers `values` [n, A, C] of the pairs at `rows` [n], its mean over A, a tensor [n]."""
        pairs, steps, classes = values.shape
        each = values.reshape(pairs * steps, classes)
        return self._each(each, np.repeat(rows, steps)).reshape(pairs, steps).mean(dim=1)

    def _each(self, values: Tensor, rows: np.ndarray) -> Tensor:
        """The measure of answers `values` [n, C] of the pairs at `rows` [n], [n]."""
        if self._measure is None:
            if values.shape[1] == 1:
                return values[:, 0]
            likeliest = torch.from_numpy(self.wanted[rows].mean(axis=1).argmax(axis=1)).to(values.device)[:, None]
            log_p = values.gather(1, likeliest)[:, 0]
            others = values.scatter(1, likeliest, -torch.inf)
            return log_p - others.logsumexp(dim=1)
        found = self._measure(values)
        if not isinstance(found, Tensor) or found.shape != (len(values),):
            shape = list(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise RnnvisError(
                f"measure gives {shape} for answers of {list(values.shape)}",
                "give a tensor with one number for each row: measure=lambda values: values[:, 1] - values[:, 0]",
            )
        return found


def _answers(
    answer: Any, lengths_into: np.ndarray, lengths_of: np.ndarray, rerun: Rerun
) -> tuple[np.ndarray, np.ndarray]:
    """The steps [P, A] of the runs `into` and `of` whose answers are compared."""
    if not isinstance(answer, slice):
        return step_of(answer, lengths_into, "answer")[:, None], step_of(answer, lengths_of, "answer")[:, None]
    if rerun.answer is not None and rerun.answer.at.per == "sequence":
        raise RnnvisError("there is one answer a sequence, and several steps are named", "leave answer out")
    try:
        steps = [[list(range(*answer.indices(n))) for n in of.tolist()] for of in (lengths_into, lengths_of)]
    except (TypeError, ValueError):
        raise RnnvisError(f"answer is {shown(answer)}", "name steps by whole numbers: answer=slice(0, 10)") from None
    many = sorted({len(row) for of in steps for row in of})
    if len(many) > 1 or many[0] < 1:
        raise RnnvisError(
            f"answer names {many[0]} steps of one sequence" + (f" and {many[-1]} of another" if len(many) > 1 else ""),
            "name steps that all of them have: answer=slice(0, 10)",
        )
    return np.array(steps[0], np.int64), np.array(steps[1], np.int64)


def places_of(
    sequence: np.ndarray, step: np.ndarray, sequences: np.ndarray, steps: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where among answers, to `sequence` [N] after `step` [N], those to some of `sequences` [P] after their `steps`
    lie, and which of P those are; where there is one answer a sequence, that one."""
    once = len(np.unique(sequence)) == len(sequence)
    known = {
        (number, None if once else at): place
        for place, (number, at) in enumerate(zip(sequence.tolist(), step.tolist(), strict=True))
    }
    wanted = [
        known.get((number, None if once else step))
        for number, step in zip(sequences.tolist(), steps.tolist(), strict=True)
    ]
    pairs = np.array([i for i, place in enumerate(wanted) if place is not None], np.int64)
    return np.array([place for place in wanted if place is not None], np.int64), pairs


def _values(answers: AnswerRows, sequences: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The answers to `sequences` [P] after their `steps` [P, A], [P, A, C]; RnnvisError where there is none."""
    of, after = np.repeat(sequences, steps.shape[1]), steps.ravel()
    places, found = places_of(answers.sequence_id, answers.step, of, after)
    missing = np.setdiff1d(np.arange(len(of)), found)
    values: np.ndarray = answers.values[places]
    missing = missing if len(missing) else np.flatnonzero(np.isnan(values).any(axis=1))
    if len(missing):
        number, step = of[missing[0]], after[missing[0]]
        raise RnnvisError(f"sequence {number} has no answer after step {step}", "name another step: answer=…")
    return values.reshape(*steps.shape, -1)
