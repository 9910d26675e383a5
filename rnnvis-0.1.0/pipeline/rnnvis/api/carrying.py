"""Sequences that follow each other: which do, and how a model is run over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from torch import nn

from rnnvis.api.inputs import check_row, plain
from rnnvis.arguments import shown
from rnnvis.errors import RnnvisError
from rnnvis.recording import StepBatch, recurrent_modules
from rnnvis.recording.alignment import Plan
from rnnvis.recording.called import Forward
from rnnvis.recording.documents import check_plan, record_documents, record_started
from rnnvis.recording.returned import Returned

INITIAL = ("zero", "carried")
NOTE = "Each sequence starts from the state that the one before it in its document ended in."


def read_documents(
    documents: Iterable[Any] | None, initial: str, count: int, resets: Iterable[Any] | None = None
) -> list[np.ndarray] | None:
    """Numbers of the sequences of each document in their order, int64; None where each starts anew.

    `documents` names the document of each of `count` sequences; without it, those that are "carried" are all one.
    `resets` says of each sequence whether its document begins anew there.
    """
    if initial not in INITIAL:
        raise RnnvisError(f"the initial state is {initial!r}", f"it is one of: {', '.join(INITIAL)}")
    anew = _resets(resets, initial, count)
    if anew is not None:
        found = read_documents(documents, initial, count)
        assert found is not None
        return [part for of in found for part in np.split(of, 1 + np.flatnonzero(anew[of[1:]]))]
    if documents is None:
        return None if initial == "zero" else [np.arange(count)]
    if initial == "zero":
        raise RnnvisError("documents are named, but no state is carried through them", 'say so: initial="carried"')
    check_row(documents, "documents")
    of: dict[Any, list[int]] = {}
    names = [plain(name) for name in documents]
    if len(names) != count:
        raise RnnvisError(f"{len(names)} documents for {count} sequences", "name the document of each sequence")
    for number, name in enumerate(names):
        if not isinstance(name, str | int):
            raise RnnvisError(f"documents[{number}] is {shown(name)}", "name documents by numbers or text")
        of.setdefault(name, []).append(number)
    return [np.array(numbers) for numbers in of.values()]


def _resets(resets: Iterable[Any] | None, initial: str, count: int) -> np.ndarray | None:
    """`resets` as bool [count]; RnnvisError for anything but True or False for each sequence."""
    if resets is None:
        return None
    if initial == "zero":
        raise RnnvisError("resets are given, but no state is carried", 'say so: initial="carried"')
    check_row(resets, "resets")
    found = [plain(value) for value in resets]
    if len(found) != count:
        raise RnnvisError(f"{len(found)} resets for {count} sequences", "give True or False for each sequence")
    for number, value in enumerate(found):
        if not isinstance(value, bool) and value not in (0, 1):
            raise RnnvisError(f"resets[{number}] is {shown(value)}", "give True or False for each sequence")
    return np.array(found, bool)


class Carried:
    """A model run over documents, its states carried from sentence to sentence.

    `single`: one sentence of each document goes in at a time, so that `batch.rows` are those that are read.
    """

    def __init__(
        self,
        model: nn.Module,
        sentences: Sequence[np.ndarray],
        documents: Sequence[np.ndarray],
        forward: Forward,
        plan: Plan,
        batch_steps: int,
        padding_id: int,
        single: bool,
        answer: Returned | None = None,
    ) -> None:
        check_plan(plan, recurrent_modules(model, plan.only))
        self.only = plan.only
        self.model, self.sentences, self.documents, self.forward = model, sentences, documents, forward
        self.batch_steps, self.padding_id, self.single = batch_steps, padding_id, single
        self.answer = answer
        self.starts: dict[int, dict[str, np.ndarray]] = {}

    def run(self, gates: bool) -> Iterator[dict[str, StepBatch]]:
        """Every step."""
        for batch in record_documents(
            self.model,
            self.sentences,
            self.documents,
            self.forward,
            batch_steps=self.batch_steps,
            padding_id=self.padding_id,
            single=self.single,
            longest_first=True,
            only=self.only,
            gates=gates,
            answer=self.answer,
        ):
            yield {"": batch}

    def alone(self, sentences: np.ndarray) -> Iterator[dict[str, StepBatch]]:
        """The steps of these sentences, each alone, from the states that they were seen to start from."""
        starts = {number: self.starts[number] for number in sentences.tolist()}
        for batch in record_started(
            self.model, self.sentences, starts, self.forward, self.padding_id, self.only, self.answer
        ):
            yield {"": batch}


class Starts:
    """Keeps what some sentences start from, for `Carried.alone`."""

    def __init__(self, carried: Carried, sentences: np.ndarray) -> None:
        self.into = carried.starts
        self.chosen = np.zeros(len(carried.sentences), bool)
        self.chosen[sentences] = True

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        """Take in a batch."""
        self.into |= started(batch, self.chosen)


def started(batch: StepBatch, chosen: np.ndarray) -> dict[int, dict[str, np.ndarray]]:
    """What the sentences `chosen` bool [S] that begin in a batch start from: states [H] by name, none of one afresh."""
    rows = np.flatnonzero((batch.step == 0) & chosen[batch.sentence_id]).tolist()
    return {
        int(batch.sentence_id[row]): {name: of[row].copy() for name, of in batch.previous.items()}
        if batch.continued[row]
        else {}
        for row in rows
    }
