"""The one driver of the measures: every step of a text is taken in once, and looked at again for its surprise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Protocol

import numpy as np

from rnnvis import progress
from rnnvis.measures.recorder import StateRecorder
from rnnvis.measures.spool import SPOOL_BYTES, Spool
from rnnvis.recording import StepBatch

Run = Callable[[bool], Iterable[dict[str, StepBatch]]]
"""Every step of every text, batch after batch, by the name of the text; with gates, or without. What it
yields is emptied."""


class Observer(Protocol):
    """Whatever else wants to see the steps as they pass: what a head says of them, where attention lies."""

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        """Take in N steps; `rows` int64 [N] are their places among all steps of the text."""
        ...


def measure(
    run: Run,
    recorders: Mapping[str, StateRecorder],
    observers: Mapping[str, Sequence[Observer]] | None = None,
    *,
    surprise: bool = True,
    whole: bool = True,
    sentences: int | None = None,
    spool_bytes: int = SPOOL_BYTES,
) -> None:
    """Fill `recorders` with the steps of `run`, each with those of the text it is named by, and show them to its
    `observers` first.

    The surprise of a step wants the expected responses, which are known at the end only: the changes are kept in a
    `Spool` of at most `spool_bytes` until then. Where that has no room for all of them, `run` is called once more, for
    states alone. `surprise=False` leaves the second look out. Where `run` has not the `whole` text but `sentences` of
    it, other parts are still to come: the recorders are left open, and there is no second look.
    """
    with closing(Spool(spool_bytes)) as spool:
        if not surprise or not whole:
            spool.close()
        for text, batch in _passes(run, recorders, "Recording", sentences, gates=True):
            rows = recorders[text].rows(batch)
            for observer in (observers or {}).get(text, ()):
                observer.add(batch, rows)
            recorders[text].add_gates(batch)
            batch = replace(batch, gates={}, answer=None)  # no more is asked of these: the memory is wanted
            recorders[text].add(batch, partial(spool.add, text))
            del batch
        if not whole:
            return
        for recorder in recorders.values():
            recorder.finish()
        if not surprise:
            return
        if spool.whole:
            for text, changes in spool:
                recorders[text].compare_changes(changes)
            return
    compare(run, recorders, sentences)


def compare(run: Run, recorders: Mapping[str, StateRecorder], sentences: int | None = None) -> None:
    """The second look: show the steps of `run`, of so many `sentences`, to `recorders` that know all responses."""
    for text, batch in _passes(
        run, recorders, "Comparing each step with its word's other uses", sentences, gates=False
    ):
        recorders[text].compare([batch])
        del batch


def _passes(
    run: Run, recorders: Mapping[str, StateRecorder], title: str, sentences: int | None, gates: bool
) -> Iterator[tuple[str, StepBatch]]:
    longest = max((len(recorder.lengths) for recorder in recorders.values()), default=0)
    with progress.bar(title, total=longest if sentences is None else sentences) as bar:
        for found in run(gates):
            done = len(np.unique(next(iter(found.values())).sentence_id))
            for text in list(found):
                yield text, found.pop(text)  # held by nobody else while the next batch is run
            bar.advance(done)
