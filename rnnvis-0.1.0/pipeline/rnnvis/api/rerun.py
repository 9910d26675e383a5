"""A recorded model run again: the same model, called in the same way, over the same sequences or the beginnings of
them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import numpy as np
import torch
from torch import nn

from rnnvis.api.answers import Answer
from rnnvis.api.carrying import started
from rnnvis.errors import RnnvisError
from rnnvis.recording import StateSource, StepBatch
from rnnvis.recording.alignment import Plan
from rnnvis.recording.called import Forward, Frames
from rnnvis.recording.code import SparseCode
from rnnvis.recording.documents import record_documents, record_started
from rnnvis.recording.heads import Head
from rnnvis.recording.holding import Hold
from rnnvis.recording.returned import Given
from rnnvis.recording.source import source_steps
from rnnvis.recording.steps import reading_of, rows_of, run_batches, step_batch
from rnnvis.recording.threads import limited
from rnnvis.text.sentences import Sentences

ANEW = "record the model anew, and ask that recording"


@dataclass(frozen=True)
class AnswerRows:
    """N answers, sorted by the sequences that were asked for, then by step.

    `row` int64 [N] is the place in what was asked for, `sequence_id` int64 [N] the sequence, `step` int64 [N] the step
    after which it was given: the last one where there is one answer a sequence. `values` float64 [N, C] are
    log-probabilities, or numbers [N, 1]. `target` [N] is what is right, −1 where that is not known (of numbers nan);
    `loss` float64 [N] is −ln p of it in nats, of a number the squared error, nan where it is not known.
    """

    row: np.ndarray
    sequence_id: np.ndarray
    step: np.ndarray = field(repr=False)
    values: np.ndarray = field(repr=False)
    target: np.ndarray = field(repr=False)
    loss: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Ran:
    """One batch of a run: `rows` int64 [B] places in what was asked for, and what each text came to, by its name."""

    rows: np.ndarray
    batches: dict[str, StepBatch] = field(repr=False)


@dataclass(frozen=True)
class Rerun:
    """How a recorded model is run again.

    `texts` are what its modules read, row for row, by name; `answer` is what it answers, None where that is not known,
    and `targets` what is right as in `rnnvis.measures.outputs.answer.Answers`. `documents` are the sequences through
    which states are carried. `fingerprint` hashes the model's weights, `weights` is what that was. `head` is what
    stands between its last states and its answer, None where that is not known. `frames` are what ids of signals stand
    for. `starts` are states that sequences start from, by their numbers, where they are run by themselves although
    states are carried to them: see `from_carried`. `codes` are those of states whose latents are states too, by the
    names of these.
    """

    model: nn.Module | StateSource
    texts: Mapping[str, Sequence[np.ndarray]] = field(repr=False)
    fills: Mapping[str, int] = field(repr=False)
    batch_steps: int
    forward: Forward | None = field(repr=False)
    plan: Plan = field(repr=False)
    answer: Answer | None
    targets: np.ndarray | None = field(repr=False)
    lengths: np.ndarray = field(repr=False)
    weights: str
    fingerprint: Callable[[Any], str] = field(repr=False)
    documents: Sequence[np.ndarray] | None = field(repr=False, default=None)
    single: bool = False
    threads: int = 1
    head: Head | None = field(repr=False, default=None)
    frames: Frames | None = field(repr=False, default=None)
    codes: Mapping[str, SparseCode] = field(repr=False, default_factory=dict)
    starts: Mapping[int, Mapping[str, np.ndarray]] | None = field(repr=False, default=None)

    def __reduce__(self) -> NoReturn:
        raise RnnvisError("a model that can be run again is not saved", "save the recording without it")

    def check(self) -> None:
        """RnnvisError where the weights are no longer those that were recorded."""
        if self.fingerprint(self.model) != self.weights:
            raise RnnvisError(f"the weights of {type(self.model).__name__} have changed since it was recorded", ANEW)

    def from_carried(self, sequences: np.ndarray) -> Rerun:
        """The same, which runs `sequences` int64 [n] by themselves, each from the state that was carried to it: their
        streams are run once for that. Itself where no states are carried."""
        if self.documents is None:
            return self
        chosen = np.zeros(len(self.texts[""]), bool)
        chosen[self._asked(sequences)] = True
        starts: dict[int, dict[str, np.ndarray]] = {}
        for ran in self._steps(np.flatnonzero(chosen), (), None, None, True, False, False):
            starts |= started(ran.batches[""], chosen)
        return replace(self, documents=None, starts=starts)

    def steps(
        self,
        sequences: np.ndarray,
        holds: Sequence[Hold] = (),
        prefixes: np.ndarray | None = None,
        *,
        without: np.ndarray | None = None,
        states: bool = True,
        gates: bool = False,
        gradients: bool = False,
    ) -> Iterator[Ran]:
        """Run the model over the `sequences` int64 [n], over the first `prefixes` int64 [n] words of each, or
        `without` the word that int64 [n] says, −1 for none.

        States are held as `holds` say; with `states=False` none are handed out. `StepBatch.answer` of the text that
        the answers follow is what was answered; with `gradients` it can be followed back to what steers the model
        (`Hold.steer`). Sequences of a batch have their own numbers, `Ran.rows` says which of those asked for they are.
        RnnvisError: the weights have changed, a sequence that is not there, prefixes of several texts, or held states
        that are carried from sequence to sequence (`from_carried` gives what can hold them).
        """
        holds = [self._of_state(hold) for hold in holds]
        for ran in self._steps(sequences, holds, prefixes, without, states, gates, gradients):
            yield Ran(ran.rows, {name: self._with_latents(batch) for name, batch in ran.batches.items()})

    def _of_state(self, hold: Hold) -> Hold:
        """A hold of latents as one of the state that they are made of."""
        code = self.codes.get(hold.state)
        return hold if code is None else replace(hold, state=code.state, code=code)

    def _with_latents(self, batch: StepBatch) -> StepBatch:
        known = [code for code in self.codes.values() if code.state in batch.states]
        if not known:
            return batch
        latents = {code.name: code.latents(batch.states[code.state]) for code in known}
        previous = {code.name: code.latents(batch.previous[code.state]) for code in known}
        return replace(batch, states={**batch.states, **latents}, previous={**batch.previous, **previous})

    def _steps(
        self,
        sequences: np.ndarray,
        holds: Sequence[Hold],
        prefixes: np.ndarray | None,
        without: np.ndarray | None,
        states: bool,
        gates: bool,
        gradients: bool,
    ) -> Iterator[Ran]:
        self.check()
        asked = self._asked(sequences)
        cut = prefixes if without is None else without
        if cut is not None and len(self.texts) > 1:
            raise RnnvisError("the beginning of a sequence is no beginning of what others read", "ask whole sequences")
        with limited(self.threads):
            if self.documents is not None:
                yield from self._carried(asked, holds, cut, gates)
                return
            if self.starts is not None:
                yield from self._started(asked, self.starts, holds, cut, gradients)
                return
            texts = {name: _cut(text, asked, prefixes, without) for name, text in self.texts.items()}
            at = self.answer.at if self.answer else None
            if self.forward is None:
                batches = source_steps(
                    self.model,  # type: ignore[arg-type]
                    texts[""],
                    self.batch_steps,
                    self.fills[""],
                    holds=holds,
                    answer=at,
                    equal=self.plan.equal,
                    numbers=asked,
                    frames=self.frames,
                )
                for batch in batches:
                    rows = batch.sentence_id[np.append(True, np.diff(batch.sentence_id) != 0)].astype(np.int64)
                    yield Ran(rows, {"": batch})
                return
            assert isinstance(self.model, nn.Module)
            runs = run_batches(
                self.model,
                texts,
                self.batch_steps,
                self.fills,
                self.forward,
                self.plan,
                gates,
                answer=at,
                holds=holds,
                gradients=gradients,
                numbers=asked,
            )
            for rows, traces, reads, given in runs:
                of = {name: [t for t in traces if reading_of(t.module, reads) == name] for name in reads}
                answers = {at.reading: given} if at is not None else {}
                yield Ran(
                    rows,
                    {
                        name: step_batch(rows, read, of[name] if states else (), gates=gates, answer=answers.get(name))
                        for name, read in reads.items()
                    },
                )

    def _carried(self, asked: np.ndarray, holds: Sequence[Hold], cut: np.ndarray | None, gates: bool) -> Iterator[Ran]:
        """Documents from their beginning to the last sequence that is asked for."""
        if holds or cut is not None:
            raise RnnvisError(
                "states are carried from sequence to sequence here, and neither held nor cut short",
                'record the sequences from a fresh state each, initial="zero"; or carry states over with rnnvis.patch',
            )
        assert self.documents is not None
        assert self.forward is not None
        assert isinstance(self.model, nn.Module)
        place = np.full(len(self.texts[""]), -1, np.int64)
        place[asked] = np.arange(len(asked))
        wanted = []
        for document in self.documents:
            there = np.flatnonzero(place[document] >= 0)
            if len(there):
                wanted.append(document[: there[-1] + 1])
        for batch in record_documents(
            self.model,
            self.texts[""],
            wanted,
            self.forward,
            batch_steps=self.batch_steps,
            padding_id=self.fills[""],
            single=self.single,
            longest_first=True,
            only=self.plan.only,
            gates=gates,
            answer=self.answer.at if self.answer else None,
        ):
            yield Ran(place, {"": batch})

    def _started(
        self,
        asked: np.ndarray,
        starts: Mapping[int, Mapping[str, np.ndarray]],
        holds: Sequence[Hold],
        cut: np.ndarray | None,
        gradients: bool,
    ) -> Iterator[Ran]:
        """Sequences from what they start from."""
        if cut is not None:
            raise RnnvisError("the beginning of a sequence of a stream is asked for", "ask whole sequences")
        assert self.forward is not None
        assert isinstance(self.model, nn.Module)
        place = np.full(len(self.texts[""]), -1, np.int64)
        place[asked] = np.arange(len(asked))
        for batch in record_started(
            self.model,
            self.texts[""],
            {number: starts[number] for number in asked.tolist()},
            self.forward,
            self.fills[""],
            self.plan.only,
            self.answer.at if self.answer else None,
            batch_steps=1 if self.single else self.batch_steps,
            holds=holds,
            gradients=gradients,
        ):
            of = place[batch.sentence_id]
            yield Ran(of[batch.step == 0], {"": replace(batch, sentence_id=of.astype(np.int32))})

    def answers(
        self,
        sequences: np.ndarray,
        holds: Sequence[Hold] = (),
        prefixes: np.ndarray | None = None,
        *,
        values: bool = True,
    ) -> AnswerRows:
        """What the model answers to the `sequences` int64 [n], or to the first `prefixes` int64 [n] words of each, with
        states held as `holds` say; see `steps`. RnnvisError too where it is not known what it answers. Without `values`
        there are none of them, [N, 0]: those of next words take much memory.
        """
        if self.answer is None or self.targets is None:
            raise RnnvisError(
                "what the model answers is not known",
                "see recording.notes; pass labels, name the classes, or say where the answer lies: outputs=…",
            )
        asked = self._asked(sequences)
        parts: list[tuple[np.ndarray, ...]] = []
        for ran in self.steps(asked, holds, prefixes, states=False):
            batch = ran.batches[self.answer.at.reading]
            given = batch.answer
            assert given is not None
            parts += [
                self._rows(given, batch, chosen, of, asked, ran, values)
                for chosen, of in given.chunks(np.arange(len(given)))
            ]
        blank = np.zeros(0, np.int64)
        many = max(1, self.answer.answering.classes) if values else 0
        none = (blank, blank, blank, np.zeros((0, many)), np.zeros(0), np.zeros(0))
        row, sequence, step, *others = map(np.concatenate, zip(*parts or [none], strict=True))
        kept = row >= 0
        order = np.lexsort([step[kept], row[kept]])
        return AnswerRows(*(of[kept][order] for of in (row, sequence, step, *others)))

    def _rows(
        self,
        given: Given,
        batch: StepBatch,
        chosen: np.ndarray,
        values: torch.Tensor,
        asked: np.ndarray,
        ran: Ran,
        whole: bool,
    ) -> tuple[np.ndarray, ...]:
        """Row, sequence, step, values, target and loss of the answers `chosen`."""
        assert self.answer is not None
        assert self.targets is not None
        of, step = placed(given, batch)
        of, step = of[chosen], step[chosen]
        row, sequence = (ran.rows[of], of) if self.documents is not None else (of, asked[of])
        answering = self.answer.answering
        if answering.means == "number":
            target = self.targets[sequence].astype(np.float64)
        elif self.answer.means == "class":
            ends = np.cumsum(self.lengths)[sequence] - 1
            target = np.where(self.lengths[sequence] > 0, self.targets[ends], -1)
        else:
            starts = np.cumsum(self.lengths) - self.lengths
            target = self.targets[starts[sequence] + step]
        exact = values.detach().double()
        right = torch.from_numpy(np.asarray(target if answering.means == "number" else target.astype(np.int64)))
        loss = answering.losses(exact, right.to(exact.device)).cpu().numpy()
        shown = answering.log_probabilities(exact).cpu().numpy() if whole else np.zeros((len(row), 0))
        return row, sequence, step, shown, target, loss

    def _asked(self, sequences: np.ndarray) -> np.ndarray:
        asked = np.asarray(sequences, np.int64).reshape(-1)
        outside = asked[(asked < 0) | (asked >= len(self.texts[""]))]
        if len(outside):
            raise RnnvisError(
                f"there is no sequence {outside[0]}", f"sequences are numbered from 0 to {len(self.texts['']) - 1}"
            )
        return asked


def placed(given: Given, batch: StepBatch) -> tuple[np.ndarray, np.ndarray]:
    """The sequence of each answer in a batch, by the numbers in it, and the step after which it was given, [N]."""
    if given.sentences is None:
        return batch.sentence_id.astype(np.int64), batch.step.astype(np.int64)
    ends = np.flatnonzero(np.append(np.diff(batch.sentence_id) != 0, True))
    last = dict(zip(batch.sentence_id[ends].tolist(), batch.step[ends].tolist(), strict=True))
    return given.sentences, np.array([last.get(number, -1) for number in given.sentences.tolist()], np.int64)


def _cut(
    text: Sequence[np.ndarray], asked: np.ndarray, prefixes: np.ndarray | None, without: np.ndarray | None
) -> Sentences:
    rows = rows_of(text, asked)
    if without is not None:
        rows = [row if w < 0 else np.delete(row, w) for row, w in zip(rows, without.tolist(), strict=True)]
    elif prefixes is not None:
        rows = [row[:n] for row, n in zip(rows, prefixes.tolist(), strict=True)]
    return Sentences.of(rows)
