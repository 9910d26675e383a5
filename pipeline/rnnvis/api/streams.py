"""Streams through a recorded model: how its states drift with their age, and how far back its answers reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnvis.api.intervening import rerun_of
from rnnvis.api.rerun import Rerun, placed
from rnnvis.arguments import is_whole, read_array, shown
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.remembering import Remembered, remembered, total_variation
from rnnvis.measures.states.drift import Drift, DriftRecorder
from rnnvis.text.sentences import Sentences

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording

YOUNG = 16
LONGEST = 2**31 - 1
"""Steps up to which a stream is young, where nobody says."""


def drift(recording: Recording, ages: Iterable[int] | None) -> dict[str, Drift]:
    """See `Recording.drift`."""
    rerun = rerun_of(recording)
    streams = _streams(rerun)
    text = Sentences.of(rerun.texts[""])
    longest = max(int(text.lengths[of].sum()) for of in streams)
    classes = _ages(ages, longest)
    stream, begins = np.full(len(text), -1), np.zeros(len(text), np.int64)
    for number, of in enumerate(streams):
        stream[of] = number
        begins[of] = np.cumsum(text.lengths[of]) - text.lengths[of]
    found: dict[str, DriftRecorder] = {}
    for ran in rerun.steps(np.arange(len(text))):
        batch = ran.batches[""]
        sequence = batch.sentence_id
        for name, states in batch.states.items():
            if ".reverse." in name:
                continue
            recorder = found.setdefault(name, DriftRecorder(len(streams), classes))
            recorder.add(states, stream[sequence], begins[sequence] + batch.step)
    return {name: recorder.result() for name, recorder in found.items()}


def answers_from_the_last_steps(recording: Recording, steps: Iterable[int], answers: int) -> Remembered:
    """See `Recording.remembered`."""
    rerun = rerun_of(recording)
    back = np.unique(_numbers(steps, "steps"))
    if not len(back) or back[0] < 1:
        raise RnnvisError(f"steps is {shown(steps)}", "give numbers of steps from 1: steps=(1, 2, 4, 8)")
    if not is_whole(answers) or answers < 1:
        raise RnnvisError(f"answers is {shown(answers)}", "give the answers to compare, a whole number from 1")
    if rerun.answer is None:
        raise RnnvisError("what the model answers is not known", "see recording.notes, and record it with outputs=…")
    if rerun.forward is None or len(rerun.texts) > 1 or rerun.single:
        raise RnnvisError(
            "the last steps of a stream are no sequence that this model can be called with",
            "record a module with one text, called in one of the usual ways: leave out forward and tokens",
        )
    streams = _streams(rerun)
    text = Sentences.of(rerun.texts[""])
    whole, places = _whole(rerun, streams, text, int(back[-1]), answers)
    distances, of_streams = [], []
    for many in back.tolist():
        windows = [stream[at + 1 - many : at + 1] for stream, at in places.ids]
        last = _last_answers(replace(rerun, texts={"": Sentences.of(windows)}, documents=None), len(windows))
        distances.append(total_variation(whole, last))
        of_streams.append(places.stream)
    return remembered(back, distances, of_streams)


class _Places:
    """Steps at which answers are compared: `ids`, the stream's frames or words and the step in it; `stream` int [N]."""

    def __init__(self) -> None:
        self.ids: list[tuple[np.ndarray, int]] = []
        self.stream = np.zeros(0, np.int64)


def _whole(
    rerun: Rerun, streams: list[np.ndarray], text: Sentences, back: int, answers: int
) -> tuple[np.ndarray, _Places]:
    """The answers from the whole past, [N, C], at up to `answers` steps that have more than `back` steps behind them,
    chosen evenly; and these steps."""
    assert rerun.answer is not None
    per_step = rerun.answer.at.per == "step"
    candidates = []
    for number, of in enumerate(streams):
        total = int(text.lengths[of].sum())
        at = np.arange(back, total) if per_step else np.array([total - 1] if total > back else [], np.int64)
        candidates.append(np.column_stack([np.full(len(at), number), at]))
    every = np.concatenate(candidates)
    if not len(every):
        raise RnnvisError(
            f"no stream has more than {back:,} steps",
            "ask for fewer: steps=(1, 2, 4, 8); or carry the state on through longer streams",
        )
    chosen = every[np.unique(np.linspace(0, len(every) - 1, min(answers, len(every))).astype(int))]
    places = _Places()
    places.stream = chosen[:, 0]
    wanted = np.zeros(len(chosen), np.int64), np.zeros(len(chosen), np.int64)
    for row, (number, at) in enumerate(chosen.tolist()):
        of = streams[number]
        ends = np.cumsum(text.lengths[of])
        piece = int(np.searchsorted(ends, at, side="right"))
        wanted[0][row], wanted[1][row] = of[piece], at - (ends[piece] - text.lengths[of[piece]])
        places.ids.append((np.concatenate([text[int(i)] for i in of]), at))
    asked = np.unique(wanted[0])
    found = rerun.answers(asked)
    row_of = {
        (sequence, step): row
        for row, (sequence, step) in enumerate(zip(found.sequence_id.tolist(), found.step.tolist(), strict=True))
    }
    rows = [row_of.get(key, -1) for key in zip(wanted[0].tolist(), wanted[1].tolist(), strict=True)]
    known = np.array(rows) >= 0
    places.ids = [place for place, there in zip(places.ids, known.tolist(), strict=True) if there]
    places.stream = places.stream[known]
    return found.values[np.array(rows)[known]], places


def _last_answers(rerun: Rerun, count: int) -> np.ndarray:
    """The last answer to each of the `count` sequences of `rerun`, float64 [count, C]."""
    assert rerun.answer is not None
    found: dict[int, np.ndarray] = {}
    for ran in rerun.steps(np.arange(count), states=False):
        batch = ran.batches[""]
        given = batch.answer
        assert given is not None
        sequence, step = placed(given, batch)
        ends = np.zeros(count, np.int64)
        np.maximum.at(ends, batch.sentence_id, batch.step.astype(np.int64))
        last = np.flatnonzero(step == ends[sequence])
        for rows, values in given.chunks(last):
            said = rerun.answer.answering.log_probabilities(values.detach().double()).cpu().numpy()
            found |= dict(zip(sequence[rows].tolist(), said, strict=True))
    return np.stack([found[i] for i in range(count)])


def _streams(rerun: Rerun) -> list[np.ndarray]:
    """Numbers of the sequences of each stream, without those that hold nothing: documents, or else each by itself."""
    lengths = Sentences.of(rerun.texts[""]).lengths
    given = [np.array([i]) for i in range(len(lengths))] if rerun.documents is None else rerun.documents
    return [of[lengths[of] > 0] for of in given if lengths[of].any()]


def _ages(ages: Iterable[int] | None, longest: int) -> np.ndarray:
    """Where classes of age begin, and the last one ends: doubling from 16 steps on where nobody says."""
    if ages is not None:
        given = _numbers(ages, "ages")
        if len(given) < 2 or given[0] != 0 or (np.diff(given) <= 0).any():
            raise RnnvisError(f"ages is {shown(ages)}", "give ages that rise from 0: ages=(0, 50, 500, 5000)")
        if given[-1] > LONGEST:
            raise RnnvisError(f"the last of ages is {int(given[-1])}", f"give at most {LONGEST}")
        return given
    found = [0, YOUNG]
    while found[-1] < longest:
        found.append(2 * found[-1])
    return np.array(found, np.int64)


def _numbers(given: Any, what: str) -> np.ndarray:
    found = read_array(list(given) if isinstance(given, Iterable) else given, what)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise RnnvisError(f"{what} is {shown(given)}", "give whole numbers of steps")
    return found.astype(np.int64)
