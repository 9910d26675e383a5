"""Run a model over sentences and hand out its steps, batch after batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.alignment import AS_THEY_STAND, Plan
from rnnvis.recording.called import Called, Forward, device_of
from rnnvis.recording.capture import capture, recurrent_modules
from rnnvis.recording.holding import Hold, check_holds
from rnnvis.recording.returned import Given, Returned
from rnnvis.recording.rows import WordInputs, in_order
from rnnvis.recording.traces import LayerTrace
from rnnvis.recording.untouched import untouched
from rnnvis.text.batches import WHOLE, Rows, Shard, length_batches, padded
from rnnvis.text.sentences import Sentences, largest_id, lengths_of


@dataclass(frozen=True)
class StepBatch:
    """N steps of whole sentences; no padding. The steps of a sentence are contiguous and in order.

    `states`, `previous` and `gates` hold arrays [N, H], float32 (float64 for a model in double precision),
    by name: "rnn.0.h", "rnn.0.c"; gates "rnn.0.i" … . `previous` is the state that the step started from:
    s_{t−1}, the initial state at the first step, s_{t+1} in the reverse direction. The change at a step is
    states − previous. `attention` are weights of the B sentences over their positions, float32 [B, T] (pooling) or
    [B, T, T] (of each step), padded. `fresh` bool [N] marks the steps that start from a reset where a state is carried
    on from sentence to sentence; by default each sentence's first. `answer` is what the model answered, to each of the
    B sentences or after each of the N steps.
    """

    sentence_id: np.ndarray
    step: np.ndarray
    token_id: np.ndarray
    states: dict[str, np.ndarray] = field(repr=False)
    previous: dict[str, np.ndarray] = field(repr=False)
    gates: dict[str, np.ndarray] = field(repr=False)
    attention: np.ndarray | None = field(default=None, repr=False)
    fresh: np.ndarray | None = field(default=None, repr=False)
    answer: Given | None = field(default=None, repr=False)

    @property
    def continued(self) -> np.ndarray:
        """bool [N], whether the state before the step is that after another step, not a reset."""
        return self.step > 0 if self.fresh is None else ~self.fresh

    def __len__(self) -> int:
        return len(self.token_id)

    def delta(self, state: str) -> np.ndarray:
        """Δ_t = s_t − s_{t−1} of the named state, [N, H]."""
        change: np.ndarray = self.states[state] - self.previous[state]
        return change


Told = Callable[[np.ndarray, object], None]
"""Is shown the positions [B] of the sentences of a call, and what the model returned."""

Run = tuple[np.ndarray, list[LayerTrace], dict[str, Rows], Given | None]
"""Positions [B] of sentences, the traces of a pass over them, what was read in it, by the name of the reading, and what
the model answered."""


def run_batches(
    model: nn.Module,
    readings: Mapping[str, Sequence[np.ndarray]],
    batch_steps: int,
    padding_id: int | Mapping[str, int] = 0,
    forward: Forward | None = None,
    plan: Plan | None = None,
    gates: bool = True,
    told: Told | None = None,
    answer: Returned | None = None,
    holds: Sequence[Hold] = (),
    gradients: bool = False,
    numbers: np.ndarray | None = None,
    shard: Shard = WHOLE,
) -> Iterator[Run]:
    """Run `model` over all batches, or those of a `shard`: (positions [B], traces, what was read, what was answered).

    `readings` are the sentences by the name of the module that reads them, row for row; "" is the input, by which
    batches are made. A module belongs to the reading that names it or a module around it, else to the input. Where
    there are several, inputs of one length share a batch, so that no decoder starts from what padding left behind.
    So they do where a module reads backwards. `plan` says which step of a module reads which word; what was read holds
    the words of a module that leaves some out under its own path. `told` is shown what the model
    returned, `answer` says where its answer lies in that. Where a batch is refused and its first row alone is not, rows
    go one at a time from there on.

    States are held as `holds` say, by positions of sentences; those held at values of their own in each sentence go one
    at a time where the model puts rows into another order. With `gradients` what the model returned can be followed
    back to what steers it (`Hold.steer`). `numbers` int64 [S] are the positions that the sentences have in the whole
    text, which `forward` and `holds` know them by.
    """
    plan = plan or Plan()
    call = forward or (lambda m, batch: m(batch.ids, batch.lengths))
    called = Called(model, readings, padding_id, call, plan)
    runs = _Runs(called, gates and not holds, told, answer, holds, gradients, numbers)
    for rows in shard.of(batches_of(model, readings, batch_steps, plan)):
        if plan.alone or runs.apart or len(rows) == 1:
            yield from (runs.run(rows[i : i + 1]) for i in range(len(rows)))
            continue
        try:
            found = runs.run(rows)
        except Exception as refusal:  # A model that takes one row at a time may fail in any way on several.
            try:
                found = runs.run(rows[:1])
            except Exception:
                raise refusal from None
            plan.alone = True
            plan.say(one_at_a_time(len(rows), refusal))
            yield found
            yield from (runs.run(rows[i : i + 1]) for i in range(1, len(rows)))
        else:
            yield found
        del found  # its answers are not to lie beside those of the next batch


def batches_of(
    model: nn.Module, readings: Mapping[str, Sequence[np.ndarray]], batch_steps: int, plan: Plan
) -> Iterator[np.ndarray]:
    """Positions of the sentences of each batch of `run_batches`."""
    backwards = [
        reading_of(path, readings)
        for path, module in recurrent_modules(model, plan.only).items()
        if plan.of(path).backward or getattr(module, "bidirectional", False)
    ]
    lengths = {name: lengths_of(sentences) for name, sentences in readings.items()}
    together = dict.fromkeys([*backwards, ""] if len(readings) > 1 or plan.equal else backwards)
    equal = np.stack([lengths[name] for name in together], axis=1) if together else None
    return length_batches(lengths[""], 1 if plan.alone else batch_steps, equal)


def run_alone(
    model: nn.Module,
    readings: Mapping[str, Sequence[np.ndarray]],
    rows: np.ndarray,
    padding_id: int | Mapping[str, int],
    forward: Forward,
    plan: Plan,
    told: Told | None = None,
    answer: Returned | None = None,
) -> Iterator[Run]:
    """Run `model` over the sentences at `rows`, one at a time; see `run_batches`."""
    runs = _Runs(Called(model, readings, padding_id, forward, plan), False, told, answer)
    yield from (runs.run(rows[i : i + 1]) for i in range(len(rows)))


class _Runs:
    """One batch after the other through a model, each step brought to its word."""

    def __init__(
        self,
        called: Called,
        gates: bool,
        told: Told | None,
        answer: Returned | None,
        holds: Sequence[Hold] = (),
        gradients: bool = False,
        numbers: np.ndarray | None = None,
    ) -> None:
        model, readings, plan = called.model, called.readings, called.plan
        self.numbers = np.arange(len(readings[""])) if numbers is None else numbers
        self.called, self.model, self.readings, self.plan, self.gates = called, model, readings, plan, gates
        self.told, self.answer, self.holds, self.gradients = told, answer, holds, gradients
        self.modules = recurrent_modules(model, plan.only)
        check_holds(holds, self.modules, [path for path in self.modules if plan.of(path).backward])
        self.fills = called.fills
        by_word = [path for path in self.modules if plan.of(path).by_word]
        ids = {path: 1 + largest_id(readings[reading_of(path, readings)]) for path in by_word}
        movers = {mover for path in self.modules if (mover := plan.of(path).mover)}
        self.inputs = WordInputs(ids, self._looks, movers)

    @property
    def apart(self) -> bool:
        """Whether which row of a module is which sentence has to be known before it runs, and is not in a batch."""
        return any(hold.by_sequence and self.plan.of(hold.place[0]).mover for hold in self.holds)

    def run(self, rows: np.ndarray) -> Run:
        """Sentences at `rows` together. Where one alone is refused it goes in twice: some models drop an axis of 1."""
        try:
            return self._run(rows)
        except Exception:
            if len(rows) > 1 or self.plan.alone:
                raise
            try:
                _, traces, reads, given = self._run(np.repeat(rows, 2))
            except Exception:
                traces = []
            if not traces:
                raise
        first = torch.zeros(1, dtype=torch.int64, device=traces[0].lengths.device)
        halves = {name: Rows(read.ids[:1], read.lengths[:1], read.real[:1]) for name, read in reads.items()}
        return rows, [trace.reordered(first) for trace in traces], halves, given and given.half()

    def _run(self, rows: np.ndarray) -> Run:
        reads = {name: padded(rows_of(of, rows), self.fills[name]) for name, of in self.readings.items()}
        traces, returned = self._call(reads, rows, self.holds)
        if self.told:
            self.told(rows, returned)
        _check(traces, reads, self.plan)
        given = None if self.answer is None else self._given(self.answer, returned, reads, rows)
        del returned
        for name, one in self.plan.apart(lambda path: reading_of(path, self.readings)).items():
            source = reading_of(name, self.readings)
            reads[name] = padded([one.kept(self.readings[source][i]) for i in rows], self.fills[source])
        placed = []
        orders: dict[str, np.ndarray | None] = {}
        for trace in traces:
            one, read = self.plan.of(trace.module), reads[reading_of(trace.module, reads)]
            exactly = (trace.lengths.cpu().numpy() - (one.extra or 0) - one.first - one.last) if trace.packed else None
            if trace.module in self.plan.alignments:
                trace = one.placed(trace, read.ids.shape[1])
            placed.append(trace)
            if one.by_word and trace.inputs is not None and trace.module not in orders:
                orders[trace.module] = self.inputs.order(trace, read.ids, read.real, exactly)
        return rows, in_order(placed, orders, self.plan), reads, given

    def _given(self, answer: Returned, returned: object, reads: Mapping[str, Rows], rows: np.ndarray) -> Given:
        """What was answered, of the words that count in the text whose steps it follows."""
        read = reads[answer.reading]
        one = self.plan.apart(lambda path: reading_of(path, self.readings)).get(answer.reading, AS_THEY_STAND)
        given = answer.given(returned, read.lengths, read.ids.shape[1], one.first, one.last)
        return replace(given, sentences=rows) if answer.per == "sequence" else given

    def _call(
        self, reads: Mapping[str, Rows], rows: np.ndarray, holds: Sequence[Hold] = ()
    ) -> tuple[list[LayerTrace], object]:
        device = device_of(self.model)
        steps = {p: reads[reading_of(p, reads)].ids.shape[1] for p in self.modules}
        held = [
            hold.bound(self.numbers[rows], reads[reading_of(path, reads)].lengths, device, self.plan.of(path))
            for hold, path in ((hold, hold.place[0]) for hold in holds)
        ]
        with (
            untouched(self.model),
            torch.set_grad_enabled(self.gradients),
            torch.backends.cudnn.flags(enabled=False) if self.gradients else nullcontext(),  # none in evaluation mode
            capture(self.model, steps, self.gates, self.plan.only, held=held) as traces,
        ):
            returned = self.called.forward(self.model, self.called.batch(reads, self.numbers[rows]))
        return traces, returned

    def _looks(self, path: str, words: np.ndarray) -> Tensor:
        """What `words` [N] look like to the module at `path`, all in one row, [N, inputs]."""
        one, name = self.plan.of(path), reading_of(path, self.readings)
        row = int(np.flatnonzero(lengths_of(self.readings[""]))[0])
        text = {other: np.asarray(of[row]) for other, of in self.readings.items()}
        text[name] = np.concatenate([np.repeat(words[:1], one.first), words, np.repeat(words[-1:], one.last)])
        count = 1 if self.plan.alone else 2  # rows alike: none can take another's place
        traces, _ = self._call({n: padded([of] * count, self.fills[n]) for n, of in text.items()}, np.full(count, row))
        trace = one.placed(next(t for t in traces if t.module == path and t.inputs is not None), len(words))
        assert trace.inputs is not None
        return trace.inputs[0]


def one_at_a_time(rows: int, refusal: Exception) -> str:
    """A sentence about a model that refused a batch of `rows`."""
    why = refusal.message if isinstance(refusal, RnnvisError) else str(refusal)
    return f"Sequences go through the model one at a time: a batch of {rows} is refused ({why})."


def how_to_call(ran: Iterable[str], path: str) -> str:
    """What to do about a module at `path` that reads other rows than the text's, where these modules `ran`."""
    call = "say how to call the model: forward=lambda model, batch: model(…); batch.ids is batch × time, batch.ids.T "
    call += "time × batch"
    others = [other for other in dict.fromkeys(ran) if other != path]
    if not others:
        return call
    return f"if it is no reader of these words, as a layer over letters, record others: only={others}; else {call}"


def reading_of(path: str, readings: Mapping[str, object]) -> str:
    """The name in `readings` of the module at `path` or of the nearest module around it; "" for the input."""
    around = [name for name in readings if name and (path == name or path.startswith(f"{name}."))]
    return max(around, key=len, default="")


def step_batch(
    numbers: np.ndarray,
    read: Rows,
    traces: Sequence[LayerTrace],
    *,
    gates: bool = True,
    answer: Given | None = None,
) -> StepBatch:
    """The steps of sentences `numbers` [B] that `traces` took while they read `read`."""
    return StepBatch(
        sentence_id=np.repeat(numbers, read.lengths).astype(np.int32),
        step=np.nonzero(read.real)[1].astype(np.int16),
        token_id=read.ids[read.real].astype(np.int32),
        states=flat(traces, read.real, "states"),
        previous=flat(traces, read.real, "previous"),
        gates=flat(traces, read.real, "gates") if gates else {},
        answer=answer,
    )


def rows_of(text: Sequence[np.ndarray], numbers: np.ndarray) -> list[np.ndarray]:
    """The sentences `numbers` int64 [n] of `text`, in this order; views."""
    if not isinstance(text, Sentences):
        return [text[int(i)] for i in numbers]
    starts = text.starts[numbers]
    stops = starts + text.lengths[numbers]
    return [text.ids[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]


def _check(traces: list[LayerTrace], reads: Mapping[str, Rows], plan: Plan) -> None:
    for trace in traces:
        name = reading_of(trace.module, reads)
        one, lengths = plan.of(trace.module), reads[name].lengths
        took = trace.lengths.cpu().numpy()
        exact = (trace.packed or one.backward) and one.extra is not None
        exact = exact or (trace.packed and trace.module not in plan.alignments)
        wanted = lengths + (one.extra or 0) if exact else np.maximum(0, lengths - one.first - one.last) + one.start
        moved = one.mover is not None or (trace.packed and one.by_word)
        ours, theirs = (np.sort(took), np.sort(wanted)) if moved else (took, wanted)
        if took.shape == lengths.shape and (np.array_equal(ours, theirs) if exact else bool((ours >= theirs).all())):
            continue
        what = f'tokens["{name}"] has' if name else "the sequences have"
        if took.shape != lengths.shape:
            raise RnnvisError(
                f'"{trace.module}" read {len(took)} rows of {int(took.max(initial=0))} steps where {what} '
                f"{len(lengths)} rows of up to {int(lengths.max())}",
                how_to_call([other.module for other in traces], trace.module),
            )
        row = int(np.flatnonzero(ours != theirs)[0] if exact else np.flatnonzero(ours < theirs)[0])
        raise RnnvisError(
            f'"{trace.module}" read {ours[row]} steps of a row where {what} {lengths[row]}',
            f'give the ids that its own steps read: tokens={{"{trace.module}": …}}; a decoder that is trained to say '
            "the next word does not read the last one",
        )
    ran = {reading_of(trace.module, reads) for trace in traces}
    if not traces:
        raise RnnvisError("the model's recurrent modules did not run", "check how forward calls the model")
    for name in reads:
        if name and name not in ran:
            raise RnnvisError(f'"{name}" did not run, though tokens says what it reads', "let forward call it")


def flat(traces: Sequence[LayerTrace], real: np.ndarray, what: str) -> dict[str, np.ndarray]:
    """States, previous states or gates of the traces by name, [N, H]: the steps where `real` [B, T] is true."""
    row, step = (torch.from_numpy(of) for of in np.nonzero(real))
    found: dict[str, np.ndarray] = {}
    at: dict[tuple[bool, int, torch.device], Tensor] = {}
    for trace in traces:
        for kind, value in getattr(trace, what).items():
            rows, steps = value.shape[:2]
            timed = value.stride(0) < value.stride(1)  # as layers leave it: time first in memory
            place = timed, steps, value.device
            if place not in at:
                inside = step < steps
                numbers = step[inside] * rows + row[inside] if timed else row[inside] * steps + step[inside]
                at[place] = numbers.to(value.device)
            lines = (value.transpose(0, 1) if timed else value).flatten(0, 1)
            found[f"{trace.name}.{kind}"] = _array(
                lines.index_select(0, at[place])
            )  # whole rows: far faster than a mask
    return found


def _array(value: Tensor) -> np.ndarray:
    value = value.detach()
    return (value if value.dtype == torch.float64 else value.float()).cpu().numpy()
