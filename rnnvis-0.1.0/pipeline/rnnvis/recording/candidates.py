"""What a model returns, looked at on a few short batches: which of it may be its answer, and how that lies there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.recording.answer_values import (
    Normalised,
    begins_with_state,
    class_last,
    list_lengths,
    near,
    normalisation,
    sizes_along_time,
    way_followed,
    where_felt,
)
from rnnvis.recording.called import Batch, Called, Forward, Frames, fed
from rnnvis.recording.origins import SOFTMAX, SUMS, Origins
from rnnvis.recording.probing import Probe
from rnnvis.recording.returned import ALL, Axis, Deferred, Path, Returned, places
from rnnvis.recording.traces import LayerTrace
from rnnvis.recording.untouched import untouched

_MOST_EXTRA = 3  # places along time beyond the words, such as those of start and end tokens


@dataclass(frozen=True)
class Candidate:
    """A tensor that may be the answer.

    `at` says where and how it lies, `origin` which operation made it. `normalised`: whether its numbers are
    probabilities of its classes or their logarithms, or such of something else ("elsewhere": of steps, of rows).
    `within` whether all seen lie in [0, 1]. `state` whether it holds states that are recorded anyhow. `ahead` whether
    an answer has felt the words after its step. `apart` whether each row's answer is its own, `padded` whether it
    depends on the padding behind the row. `always`: it has as many steps whatever is read. `problem` says why it
    cannot be read, where it cannot.
    """

    at: Returned
    origin: str = ""
    normalised: Normalised = None
    within: bool = False
    state: bool = False
    ahead: bool = False
    apart: bool = True
    padded: bool = False
    problem: str = ""
    always: bool = False

    @property
    def plain(self) -> bool:
        """Whether its numbers are sums, with no function behind them."""
        return self.origin in SUMS


@dataclass(frozen=True)
class _Call:
    """One batch: its rows and their words by reading, what came back by path, and states by name [B, T, H]."""

    rows: int
    words: Mapping[str, int]
    came: dict[Path, Tensor] = field(repr=False)
    lists: dict[Path, int] = field(repr=False, default_factory=dict)
    origins: dict[Path, str] = field(repr=False, default_factory=dict)
    states: list[Tensor] = field(repr=False, default_factory=list)


def candidates(called: Called, *, cut: bool, outputs: Callable[[Any], Any] | None = None) -> list[Candidate]:
    """Everything of floating point numbers in what the model returns that has an axis of its rows.

    `cut` as in `follow`; `outputs` is a function of what was returned.
    """
    if not cut and len({len(row) for row in called.readings[""] if len(row)}) == 1:
        # Where all are of one length, steps and classes are told apart by rows of other lengths, if forward takes them.
        with suppress(Exception):
            return _Looker(called, True, outputs).found()
    return _Looker(called, cut, outputs).found()


def source_candidates(
    source: Any,
    give: Callable[[Batch], object],
    text: Sequence[np.ndarray],
    padding_id: int,
    outputs: Callable[[Any], Any] | None = None,
    frames: Frames | None = None,
) -> list[Candidate]:
    """The same of what a StateSource gives as its answers to a batch."""
    return _SourceLooker(source, fed(lambda _, batch: give(batch), frames), text, padding_id, outputs).found()


class _Looker(Probe):
    def __init__(self, called: Called, cut: bool, outputs: Callable[[Any], Any] | None) -> None:
        super().__init__(called, cut)
        self.outputs = outputs
        self.alone = called.plan.alone

    def found(self) -> list[Candidate]:
        """All candidates, in the order in which they lie in what was returned."""
        first = self._rows(0, self.rows, watched=True)
        other = self._rows(1, self.rows)
        more = None if self.alone else self._rows(0, self.rows + 1)
        varying = {path for path, n in first.lists.items() if any(c and c.lists.get(path) != n for c in (other, more))}
        calls = [call for call in (first, other, more) if call is not None]
        common = [path for path in first.came if all(path in call.came for call in calls)]
        kept = [path for path in common if self._whole(path, varying, first)]
        read = [one for path in kept for one in self._laid_out(path, first, other, more)]
        read = [self._judged(one, calls) for one in read]
        if not self.alone:
            read = self._rows_apart(read, first)
        read = self._followed(read, other)
        return read if self.alone or len(self.readings) > 1 else self._beside_padding(read, first)

    # Calls

    def _rows(
        self, sample: int, rows: int, changed: Mapping[str, Sequence[np.ndarray]] | None = None, watched: bool = False
    ) -> _Call:
        place, of = self.samples[sample]
        text = {name: [row] * rows for name, row in of.items()} | dict(changed or {})
        return self._call(text, [place] * rows, watched)

    def _call(self, text: Mapping[str, Sequence[np.ndarray]], numbers: list[int], watched: bool = False) -> _Call:
        batch = self.batch(text, numbers)
        origins = Origins()
        traces: list[LayerTrace]
        with untouched(self.model), torch.no_grad(), self.captured(batch) as traces:
            if watched:
                with origins:
                    returned = self.forward(self.model, batch)
                    returned = self.outputs(returned) if self.outputs else returned
            else:
                returned = self.forward(self.model, batch)
                returned = self.outputs(returned) if self.outputs else returned
            came: dict[Path, Tensor] = {}
            made: dict[Path, str] = {}
            for path, value in places(returned):
                if isinstance(value, Deferred):
                    with origins:
                        value = value.head(value.states)
                came[path] = value.detach().double().cpu()
                made[path] = origins.of(value)
        for path in came:
            if path and path[-1] == ALL:
                of = {made[other] for other in came if other[:-1] == path[:-1] and other != path}
                made[path] = of.pop() if len(of) == 1 else "mixed"
        words = {name: max(len(row) for row in rows) for name, rows in text.items()}
        states = [value.detach().double().cpu() for trace in traces for value in trace.states.values()]
        return _Call(len(numbers), words, came, list_lengths(returned), made, states)

    # What lies where

    @staticmethod
    def _whole(path: Path, varying: set[Path], call: _Call) -> bool:
        """Whether to look at what lies at `path`: a list that grows with rows or steps counts as a whole, others by
        their parts."""
        for end in range(len(path)):
            if path[end] == ALL:
                return path[:end] in varying
            if path[:end] in varying and isinstance(path[end], int):
                return False
        return True

    def _laid_out(self, path: Path, first: _Call, other: _Call, more: _Call | None) -> list[Candidate]:
        """The candidates at `path`: none of what has no axis of the rows, two of what may have time on either axis."""
        shapes = [tuple(call.came[path].shape) for call in (first, other, more or first)]
        if len({len(shape) for shape in shapes}) > 1:
            return []
        axes: list[Axis | None] = []
        told: dict[str, Any] = {"extra": 0, "reading": ""}
        for one, two, three in zip(*shapes, strict=True):
            axes.append(self._axis(one, two, three, first, other, more, told))
        if self.alone:
            axes = ["one" if size == 1 else axis for size, axis in zip(shapes[0], axes, strict=True)]
        elif axes.count("batch") + axes.count("flat") != 1:
            return []
        classes = [place for place, axis in enumerate(axes) if axis == "class"]
        ones = [place for place in classes if shapes[0][place] == 1]
        if len(classes) - len(ones) == 1 or (ones and len(classes) > 1):
            drop = ones if len(classes) > len(ones) else ones[:-1]
            for place in drop:
                axes[place] = "one"
        classes = [place for place, axis in enumerate(axes) if axis == "class"]
        if len(classes) == 2 and None not in axes and not {"time", "flat"} & set(axes):
            ways = [[("time" if n == place else axis) for n, axis in enumerate(axes)] for place in classes]
            return [self._laid(path, way, shapes[0], told, first, always=True) for way in ways]
        return [self._laid(path, axes, shapes[0], told, first)]

    def _laid(
        self,
        path: Path,
        axes: Sequence[str | None],
        shape: tuple[int, ...],
        told: Mapping[str, Any],
        first: _Call,
        always: bool = False,
    ) -> Candidate:
        """The candidate with these `axes`; `always`: it has the same number of steps whatever is read."""
        classes = [place for place, axis in enumerate(axes) if axis == "class"]
        known: list[Any] = [axis for axis in axes if axis is not None]
        per: Literal["sequence", "step"] = "step" if {"time", "flat"} & set(known) else "sequence"
        size = shape[classes[0]] if len(classes) == 1 else 1
        at = Returned(
            path, tuple(known), per, size, reading=str(told["reading"]), extra=int(told["extra"]), outputs=self.outputs
        )
        problem = ""
        if len(known) < len(axes) or len(classes) > 1 or known.count("time") + known.count("flat") > 1:
            problem = f"has the shape {list(shape)} for {first.rows} rows of {first.words['']} steps"
        return Candidate(at, first.origins.get(path, ""), problem=problem, always=always)

    def _axis(
        self, one: int, two: int, three: int, first: _Call, other: _Call, more: _Call | None, told: dict[str, Any]
    ) -> Axis | None:
        """What an axis counts that has `one` place in `first`, `two` in `other`, and `three` in `more`."""
        rows = (first.rows, other.rows, (more or first).rows)
        if more is not None and (one, two, three) == rows:
            return "batch"
        for name in first.words:
            here, there = first.words[name], other.words[name]
            if here == there:
                continue
            extra = one - here
            if one == three and two - there == extra:
                told |= {"extra": extra, "reading": name}
                return "time"
            each = one // rows[0] - here
            steps = (here + each, there + each, here + each)
            if more is not None and (one, two, three) == tuple(n * t for n, t in zip(rows, steps, strict=True)):
                told |= {"extra": each, "reading": name}
                return "flat"
        if not one == two == three:
            return None
        if first.words == other.words and len(first.words) == 1 and one == first.words[""] and one > 1:
            told |= {"extra": 0, "reading": ""}
            return "time"  # all sequences have one length: whether it is time, the words tell
        return "class"

    def _judged(self, one: Candidate, calls: Sequence[_Call]) -> Candidate:
        """`one` with what its numbers show by themselves."""
        if one.problem:
            return one
        path, first = one.at.path, calls[0]
        values = [class_last(call.came[path], one.at) for call in calls]
        together = torch.cat([value.reshape(-1, value.shape[-1]) for value in values])
        normalised = normalisation(together)
        if normalised is None and self._elsewhere(one, [call.came[path] for call in calls]):
            normalised = "elsewhere"
        finite = together[together.isfinite()]
        within = bool(finite.numel()) and bool((finite >= 0).all()) and bool((finite <= 1).all())
        last = values[0].reshape(-1, values[0].shape[-1])[-1]
        return replace(one, normalised=normalised, within=within, state=begins_with_state(last, first.states))

    @staticmethod
    def _elsewhere(one: Candidate, values: Sequence[Tensor]) -> bool:
        """Whether the numbers are normalised along an axis that is not that of the classes, in every call."""
        others = [place for place, axis in enumerate(one.at.axes) if axis in ("batch", "time", "flat")]
        along = any(all(normalisation(v.movedim(place, -1)) is not None for v in values) for place in others)
        return along or one.origin in SOFTMAX

    # What feels what

    def _rows_apart(self, found: list[Candidate], first: _Call) -> list[Candidate]:
        """Change the last row: only its own answers may change. Tells how a flat axis goes too."""
        text = {}
        for name, row in self.samples[0][1].items():
            new = np.array([next(iter(self.others(name, int(word))), word) for word in row], np.int64)
            text[name] = [row] * (self.rows - 1) + [new]
        call = self._rows(0, self.rows, changed=text)
        told = []
        for one in found:
            before, after = first.came[one.at.path], call.came.get(one.at.path)
            if one.problem or after is None or after.shape != before.shape:
                told.append(one)
                continue
            axis = one.at.axes.index("flat" if "flat" in one.at.axes else "batch")
            felt = np.flatnonzero(where_felt(before, after, axis))
            last, apart, by_row = self.rows - 1, True, True
            if "flat" in one.at.axes:
                steps = first.words[one.at.reading] + one.at.extra
                by_row = bool((felt // steps == last).all())
                apart = by_row or bool((felt % self.rows == last).all())
            elif len(felt):
                apart = bool((felt == last).all())
            told.append(replace(one, apart=apart, at=replace(one.at, by_row=by_row)))
        return told

    def _followed(self, found: list[Candidate], base: _Call) -> list[Candidate]:
        """Where answers one a step lie along time: at the first that feels a change of the word."""
        waiting = {place for place, one in enumerate(found) if one.at.per == "step" and not one.problem}
        told = list(found)
        reasons: dict[int, str] = {}
        for name in self.readings:
            mine = [place for place in sorted(waiting) if self._may_follow(found[place], name, base)]
            if not mine:
                continue
            sizes = self._sizes_of([found[place].at for place in mine], name, base)
            words, at = base.words[name], self.places(1, name)
            for place, size in zip(mine, sizes, strict=True):
                one = found[place]
                alike = self.samples[0][1][name].shape == self.samples[1][1][name].shape
                way = way_followed(size, at, words, fixed=alike or one.always)
                if isinstance(way, str):
                    reasons[place] = f"has the shape {list(base.came[one.at.path].shape)}" if one.always else way
                    continue
                extra = base.came[one.at.path].shape[one.at.axes.index("time")] - words if "time" in one.at.axes else 0
                extra = extra if "time" in one.at.axes else self._extra_of_flat(one, name, base)
                alignment, ahead = way
                told[place] = replace(
                    one, at=replace(one.at, reading=name, shift=alignment.shift, extra=extra), ahead=ahead
                )
                waiting.discard(place)
        for place in waiting:
            told[place] = replace(told[place], problem=reasons.get(place, "follows no words that are read"))
        return told

    def _extra_of_flat(self, one: Candidate, name: str, base: _Call) -> int:
        size = base.came[one.at.path].shape[one.at.axes.index("flat")]
        return size // base.rows - base.words[name]

    def _may_follow(self, one: Candidate, name: str, base: _Call) -> bool:
        """Whether the answers have about as many places along time as `name` has words."""
        if "time" in one.at.axes:
            many = base.came[one.at.path].shape[one.at.axes.index("time")]
        else:
            many = base.came[one.at.path].shape[one.at.axes.index("flat")] // base.rows
        return many - base.words[name] >= -_MOST_EXTRA and (one.always or many - base.words[name] <= _MOST_EXTRA)

    def _sizes_of(self, of: list[Returned], name: str, base: _Call) -> list[np.ndarray]:
        """How much the answer at each place along time changes with each word, [P, T] each; 0 where it does not."""
        row = self.samples[1][1][name]
        sizes: list[list[np.ndarray]] = [[] for _ in of]
        for place in self.places(1, name):
            changed = row.copy()
            changed[place] = next(iter(self.others(name, int(row[place]))), row[place])
            call = self._rows(1, self.rows, changed={name: [changed] * self.rows})
            for number, at in enumerate(of):
                before, after = base.came[at.path], call.came.get(at.path)
                if after is None or after.shape != before.shape:
                    after = before
                sizes[number].append(sizes_along_time(before, after, at, base.rows))
        return [np.stack(one) for one in sizes]

    def _beside_padding(self, found: list[Candidate], first: _Call) -> list[Candidate]:
        """Put a short row beside a longer one: its answers must be what they are among rows of its own length."""
        (short_at, short), (long_at, long) = (
            (place, rows[""]) for place, rows in sorted(self.samples, key=lambda s: len(s[1][""]))
        )
        if len(short) == len(long):
            return found
        alike = first if first.words[""] == len(short) else self._rows(1, self.rows)
        try:
            mixed = self._call({"": [long, short]}, [long_at, short_at])
        except Exception:  # refused: rows then go one at a time
            return found
        lengths, own = np.array([len(long), len(short)]), np.full(self.rows, len(short))
        told = []
        for one in found:
            if one.problem or one.at.path not in mixed.came:
                told.append(one)
                continue
            at = replace(one.at, outputs=None, path=())
            try:
                beside = at.given(mixed.came[one.at.path], lengths, len(long)).whole()
                among = at.given(alike.came[one.at.path], own, len(short)).whole()
            except Exception:
                told.append(replace(one, padded=True))
                continue
            if one.at.per == "step":
                beside, among = beside[len(long) :], among[: len(short)]
            else:
                beside, among = beside[1:], among[:1]
            told.append(replace(one, padded=not near(beside, among)))
        return told


class _SourceLooker(_Looker):
    """Looks at what `give` makes of a batch; no module is watched meanwhile."""

    def __init__(
        self,
        source: Any,
        give: Forward,
        text: Sequence[np.ndarray],
        padding_id: int,
        outputs: Callable[[Any], Any] | None,
    ) -> None:
        model = source if isinstance(source, nn.Module) else nn.Module()
        self.begin(Called(model, {"": text}, padding_id, give), True, {})
        self.outputs, self.alone = outputs, False

    def captured(self, batch: Batch, torchs_kernels: bool = False) -> AbstractContextManager[list[LayerTrace]]:
        return nullcontext([])
