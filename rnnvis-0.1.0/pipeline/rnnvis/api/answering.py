"""Finds what a model answers before it is recorded, and takes in the answers while it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import nn

from rnnvis.api.answers import NONE, Answer, meaning, read_outputs, targets
from rnnvis.api.inputs import Labels
from rnnvis.api.reads import Read
from rnnvis.errors import RnnvisError
from rnnvis.measures.kept import Kept
from rnnvis.measures.outputs.answer import AnswerCollector, Answers
from rnnvis.measures.recorder import STATES_BYTES, sampled
from rnnvis.recording import StateSource, StepBatch, recurrent_modules
from rnnvis.recording.alignment import AS_THEY_STAND, Plan
from rnnvis.recording.called import Called, Forward, Frames
from rnnvis.recording.candidates import Candidate, candidates, source_candidates
from rnnvis.recording.source import answers_of
from rnnvis.recording.steps import reading_of

EQUAL = "The answer depends on what fills a row up behind its end, so that sequences of one length share a batch."


def find_answer(
    model: nn.Module | StateSource,
    texts: Mapping[str, Sequence[np.ndarray]],
    fills: Mapping[str, int],
    forward: Forward | None,
    plan: Plan,
    *,
    cut: bool,
    outputs: Any,
    labels: Labels,
    classes: tuple[str, ...] | None,
    words: Mapping[str, int],
    carried: bool,
    frames: Frames | None = None,
) -> Answer | None:
    """What the model answers, None where that is not known; the plan's notes say what was taken for what, or why not.

    RnnvisError where what was returned contradicts what `outputs` says.
    """
    chosen = read_outputs(outputs)
    if outputs == NONE:
        return None
    try:
        found = _candidates(model, texts, fills, forward, plan, cut, chosen, frames)
    except RnnvisError:
        raise
    except Exception as error:
        if chosen is not None:
            raise RnnvisError(
                f"outputs failed on what the model returned: {error}",
                "pass a function of what forward returns: outputs=lambda returned: returned[0]",
            ) from error
        plan.notes.append(f"What the model returned could not be looked at ({error}), so no answers are shown.")
        return None
    if chosen is not None and not found:
        raise RnnvisError(
            "what outputs gives is no tensor with an answer to each sequence or step",
            "give a tensor of floating point numbers, [B, C] or [B, T, C]: outputs=lambda returned: returned[0]",
        )
    answer, said = meaning(found, labels, classes, words, chosen is not None, carried)
    if said:
        plan.notes.append(said)
    of = next((one for one in found if answer and one.at.path == answer.at.path), None)
    if of is not None and of.padded and not plan.alone and not carried and not _equal_anyhow(model, plan):
        plan.equal = True
        plan.notes.append(EQUAL)
    return answer


def _equal_anyhow(model: Any, plan: Plan) -> bool:
    """Whether sequences of one length share a batch already, since a module reads backwards."""
    if isinstance(model, StateSource):
        return False
    modules = recurrent_modules(model, plan.only).items()
    return any(plan.of(path).backward or getattr(module, "bidirectional", False) for path, module in modules)


def _candidates(
    model: nn.Module | StateSource,
    texts: Mapping[str, Sequence[np.ndarray]],
    fills: Mapping[str, int],
    forward: Forward | None,
    plan: Plan,
    cut: bool,
    chosen: Callable[[Any], Any] | None,
    frames: Frames | None,
) -> list[Candidate]:
    if isinstance(model, StateSource):
        give = answers_of(model)
        return [] if give is None else source_candidates(model, give, texts[""], fills[""], chosen, frames)
    assert forward is not None
    return candidates(Called(model, texts, fills, forward, plan), cut=cut, outputs=chosen)


@dataclass
class AnswerWatch:
    """Takes in the answers of the text `reading` as its steps pass.

    `lengths` int64 [S] and `keys` are those of its sequences, `looked` and `always` bool [S] those whose answers count,
    and those along which they are kept whatever the sample.
    """

    answer: Answer
    lengths: np.ndarray
    keys: Sequence[str]
    target: np.ndarray = field(repr=False)
    looked: np.ndarray | None = None
    always: np.ndarray | None = None
    states_bytes: int = STATES_BYTES
    units: int = 0
    collector: AnswerCollector | None = field(default=None, repr=False)

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        if self.collector is None:
            self._begin(min(values.shape[1] for values in batch.states.values()))
            assert self.collector is not None
        given = batch.answer
        assert given is not None
        if given.sentences is None:
            self.collector.add(given, batch.sentence_id.astype(np.int64), rows)
            return
        there = self.lengths[given.sentences] > 0
        ends = np.cumsum(self.lengths)[given.sentences] - 1
        self.collector.add(given, given.sentences, np.where(there, ends, 0))

    def kept(self, sentences: np.ndarray) -> dict[str, Any]:
        """What was taken in of `sentences` bool [S]; for `take`."""
        return {} if self.collector is None else {"units": np.array(self.units)} | self.collector.kept(sentences)

    def take(self, kept: Kept, sentences: np.ndarray) -> None:
        """Take in what another one has `kept` of `sentences` bool [S]."""
        if kept and self.collector is None:
            self._begin(int(kept["units"]))
        if kept and self.collector is not None:
            self.collector.take(kept, sentences)

    def _begin(self, units: int) -> None:
        """Begin to collect; `units` has the smallest state."""
        everything = np.ones(len(self.lengths), bool)
        looked = everything if self.looked is None else self.looked
        shown = looked
        if self.looked is None:
            always = ~everything if self.always is None else self.always
            shown = np.zeros(len(everything), bool)
            shown[sampled(self.keys, 2 * units * self.lengths, always, self.states_bytes)] = True
        answer = self.answer
        self.units = units
        self.collector = AnswerCollector(answer.answering, answer.at.per, self.lengths, self.target, looked, shown)

    def result(self) -> Answers | None:
        """What was taken in."""
        at = self.answer.at
        return None if self.collector is None else self.collector.result(at.scale, at.name, self.answer.classes)


def answer_watch(
    answer: Answer,
    whole: Mapping[str, Read],
    read: Mapping[str, Read],
    plan: Plan,
    running: Sequence[np.ndarray] | None,
) -> AnswerWatch:
    """What takes in the answers to the text that they follow; `whole` is before words were left out of it."""
    name = answer.at.reading
    one, kept = whole[name], read[name]
    cut = plan.apart(lambda path: reading_of(path, whole)).get(name, AS_THEY_STAND)
    of = kept.sample
    target = targets(answer, one.labels, one.ids, kept.ids, cut.first, running)
    return AnswerWatch(answer, kept.ids.lengths, kept.keys, target, of.answered, of.always, of.states_bytes)
