"""Why a voice detector goes deaf: the same speech after long and after short noise, and which cells tell them apart.

Cells are searched on some sentences, voices and draws of noise, and judged on others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from rnnvis import Signal, progress
from rnnvis.api.intervening import rerun_of
from rnnvis.api.patching import PairedRuns, read_pairs
from rnnvis.api.record import record
from rnnvis.api.recording import Recording
from rnnvis.api.sample import Sample
from rnnvis.api.searching import Searched, search
from rnnvis.measures.outputs.patching import share_closed
from rnnvis.nets.detector import RATE, STEP, Detector
from rnnvis.recipes.sounds import loudness, noise

LONG, SHORT, HEARD = 3750, 62, 28
"""Steps of 32 ms: of noise before the speech, long and short, and of the speech that is looked at."""
SECONDS_LONG, SECONDS_SHORT = (round(steps * STEP / RATE) for steps in (LONG, SHORT))
STATE, HIDDEN = "lstm.0.c", "lstm.0.h"
NOISE, SPEECH = "noise", "noise and speech"
RANDOM_SETS = 40
LARGEST, ENOUGH, RUNS = 6, 0.95, 900
AGES = (0, 62, 125, 250, 500, 1000, 2000, LONG)
LAST_STEPS = (31, 62, 125, 250, 500, 1000, 2000, LONG)
RESETS = (-31, -8, 0, 4, 8, 14)
"""Steps from the beginning of the speech at which the state is set back."""
ELSEWHERE_RESETS = (-8, 4)
QUIETEST = 0.5
"""The probability from which the detector is taken to say speech; the package's own default."""
Row = dict[str, Any]
State = tuple[torch.Tensor, torch.Tensor]
"""h and c [1, P, 128]."""


@dataclass(frozen=True)
class Condition:
    """Noise of a colour and of this root mean square, and how much louder the speech is, in decibels."""

    colour: str = "pink"
    level: float = 0.01
    decibels: float = 0.0


@dataclass(frozen=True)
class Trials:
    """The same speech after long and after short noise, P times: what the detector reads of the long one, float32
    [P, LONG + HEARD, 128], whose last HEARD steps hold noise and speech."""

    name: str
    condition: Condition
    features: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return len(self.features)


def trials(detector: Detector, name: str, condition: Condition, speech: Sequence[np.ndarray], seed: int) -> Trials:
    """Each of the sounds `speech`, float32 [samples], in noise of its own."""
    draw = np.random.default_rng(seed)
    before, heard = LONG * STEP, HEARD * STEP
    found = []
    for sound in speech:
        around = condition.level * noise(condition.colour, before + heard, draw)
        spoken = np.zeros(heard, np.float32)
        spoken[: len(sound)] = sound[:heard]
        loud = condition.level * 10 ** (condition.decibels / 20)
        around[before:] += spoken * (loud / loudness(sound[:heard]))
        found.append(detector.features(around))
    return Trials(name, condition, np.stack(found))


def recorded(detector: Detector, of: Sequence[Trials], short: bool = True) -> Recording:
    """The detector along the streams of all trials, one after the other: of each the long noise, then its last step and
    the speech, and where `short`, the same after the last SHORT steps of that noise alone."""
    signals, streams, tags = [], [], []
    stream = 0
    for features in (features for part in of for features in part.features):
        for first in (0, LONG - SHORT) if short else (0,):
            for start, stop in ((first, LONG - 1), (LONG - 1, LONG + HEARD)):
                speech = np.arange(start, stop) >= LONG
                signals.append(Signal(features[start:stop], [SPEECH if yes else NOISE for yes in speech]))
                tags.append(speech.astype(int).tolist())
                streams.append(stream)
            stream += 1
    return record(
        detector,
        signals,
        None,
        tags,
        classes=["noise", "speech"],
        initial="carried",
        documents=streams,
        check=False,
        sample=Sample(states_bytes=1),
    )


def pairs(start: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the pieces with the speech of `count` trials from `start` on: after long and after short noise."""
    of = 4 * np.arange(start, start + count)
    return of + 1, of + 3


def probability(values: torch.Tensor) -> torch.Tensor:
    """P(speech) of log-probabilities [n, 2]."""
    return values[:, 1].exp()


def searched(recording: Recording, seen: Trials, unseen: Trials) -> Searched:
    """The cells that close most of the gap; `seen` and `unseen` are the trials of the recording, in this order."""
    return search(
        recording,
        *pairs(0, len(seen)),
        0,
        state=STATE,
        measure=probability,
        answer=slice(1, 1 + HEARD),
        confirm=pairs(len(seen), len(unseen)),
        largest=LARGEST,
        enough=ENOUGH,
        runs=RUNS,
    )


class Closing:
    """What states of the short noise do in the runs after the long noise, over the trials of one recording."""

    def __init__(self, recording: Recording, of: Trials, start: int = 0) -> None:
        into, source = pairs(start, len(of))
        answer = slice(1, 1 + HEARD)
        read = read_pairs(recording, STATE, into, source, 0, answer)
        self.runs = PairedRuns(rerun_of(recording), (STATE, HIDDEN), read, probability)
        self.before, self.wanted = self.runs.measured(self.runs.before), self.runs.measured(self.runs.wanted)

    def share(self, cells: np.ndarray | None = None, hidden: np.ndarray | None = None) -> list[float]:
        """The share of the gap that these cells, and units of h, close together, and its standard error."""
        none = np.zeros(0, np.int64)
        units = {STATE: none if cells is None else np.sort(cells), HIDDEN: none if hidden is None else hidden}
        after = self.runs.measured(self.runs.after({name: of for name, of in units.items() if len(of)}))
        return short_of(*share_closed(self.before, after, self.wanted))

    @property
    def most_different(self) -> int:
        """The cell that differs most between the runs, in the mean."""
        return int(np.abs(self.runs.there[STATE] - self.runs.here[STATE]).mean(axis=0).argmax())


def condition_row(recording: Recording, of: Trials, cells: np.ndarray, start: int = 0) -> Row:
    """What was heard after long and short noise, and which share of the gap `cells` close, beside random sets."""
    closing = Closing(recording, of, start)
    draw = np.random.default_rng(0)
    size = closing.runs.here[STATE].shape[1]
    every = np.arange(size)
    others = np.setdiff1d(every, cells)
    random = [closing.share(draw.choice(others, len(cells), replace=False))[0] for _ in range(RANDOM_SETS)]
    heard = {}
    for name, values in (("long", closing.runs.before), ("short", closing.runs.wanted)):
        p = np.exp(values[:, :, 1])
        heard[name] = {"p": mean_of(p.mean(axis=1)), "found": mean_of((p >= QUIETEST).any(axis=1).astype(float))}
    return {
        "trials": of.name,
        "colour": of.condition.colour,
        "level": of.condition.level,
        "decibels": of.condition.decibels,
        "pairs": len(of),
        **heard,
        "gap": mean_of(closing.wanted - closing.before),
        "cells": closing.share(cells),
        "first_cell": closing.share(cells[:1]),
        "all_cells": closing.share(every),
        "hidden": closing.share(None, every),
        "both": closing.share(every, every),
        "most_different": {"cell": closing.most_different, "share": closing.share(np.array([closing.most_different]))},
        "random": [round(float(f(random)), 4) for f in (np.mean, np.min, np.max)],
    }


@torch.no_grad()
def resets(detector: Detector, of: Trials, cells: np.ndarray, times: Sequence[int] | None = None) -> list[Row]:
    """What is heard of the speech, and said of the noise before it, when the state is set back to zero around its
    beginning, at `times` (default: RESETS): all of it, only `cells` of it, or as many others; after long and after
    short noise."""
    draw = np.random.default_rng(1)
    others = np.setdiff1d(np.arange(detector.lstm.hidden_size), cells)
    random = [np.sort(draw.choice(others, len(cells), replace=False)) for _ in range(RANDOM_SETS // 4)]
    rows = []
    for past, first in (("long", 0), ("short", LONG - SHORT)):
        begin = LONG - first + RESETS[0]
        features = torch.from_numpy(of.features[:, first:])
        _, state = detector.lstm(features[:, :begin])
        rest = features[:, begin:]
        plain = [_heard(detector, rest, state, 0, lambda state: state)]
        rows.append({"past": past, "at": None, "reset": "nothing", **_said(plain, plain)})
        for at in RESETS if times is None else times:
            for name, sets in (("all", [None]), ("cells", [cells]), ("random", random)):
                found = [_heard(detector, rest, state, at - RESETS[0], _zero(units)) for units in sets]
                rows.append({"past": past, "at": at, "reset": name, **_said(found, plain)})
    return rows


def _said(found: Sequence[np.ndarray], plain: Sequence[np.ndarray]) -> Row:
    """P [P, −RESETS[0] + HEARD] around the beginning of the speech, with each of several sets of cells set back: its
    mean over the speech, by how much that is more than without a reset, over the noise before; after how many seconds
    of speech it first is QUIETEST, the whole time where it never is, and by how much that is later."""
    heard, onset = (np.mean([part(one[:, -HEARD:]) for one in found], axis=0) for part in (_mean, _onset))
    return {
        "p": mean_of(heard),
        "more": mean_of(heard - _mean(plain[0][:, -HEARD:])),
        "noise": mean_of(np.mean([one[:, :-HEARD].mean(axis=1) for one in found], axis=0)),
        "onset": mean_of(onset),
        "later": mean_of(onset - _onset(plain[0][:, -HEARD:])),
    }


def _mean(heard: np.ndarray) -> np.ndarray:
    mean: np.ndarray = heard.mean(axis=1)
    return mean


def _onset(heard: np.ndarray) -> np.ndarray:
    """Seconds until P [P, n] is QUIETEST, all of the n steps where it never is."""
    there = heard >= QUIETEST
    steps: np.ndarray = np.where(there.any(axis=1), there.argmax(axis=1), heard.shape[1]) * (STEP / RATE)
    return steps


def _heard(
    detector: Detector, rest: torch.Tensor, state: State, at: int, changed: Callable[[State], State]
) -> np.ndarray:
    """P(speech) over `rest` [P, T, 128] from `state` on, [P, T], with the state changed before step `at`."""
    parts = []
    for start, stop in ((0, at), (at, rest.shape[1])):
        if start == at:
            state = changed(state)
        if stop > start:
            out, state = detector.lstm(rest[:, start:stop], state)
            parts.append(torch.sigmoid(detector.logits(out)))
    return torch.cat(parts, dim=1).numpy()


def _zero(units: np.ndarray | None) -> Callable[[State], State]:
    """Sets all of h and c to zero, or these units of c."""

    def changed(state: State) -> State:
        h, c = (part.clone() for part in state)
        if units is None:
            return torch.zeros_like(h), torch.zeros_like(c)
        c[:, :, torch.from_numpy(units)] = 0
        return h, c

    return changed


def drifting(recording: Recording, cells: np.ndarray, shown: int = 3) -> Row:
    """How far the `cells` drift, and those that drift farthest at the end, by age of the stream."""
    found = recording.drift(ages=AGES)[STATE]
    size = np.nan_to_num(np.abs(found.drift[-1]))
    order = np.argsort(-size, kind="stable")
    rank = {int(cell): int(np.flatnonzero(order == cell)[0]) + 1 for cell in cells}
    chosen = [*cells.tolist(), *(int(cell) for cell in order[:shown] if cell not in cells)]
    return {
        "ages": [int(age) for age in found.ages],
        "streams": [int(n) for n in found.streams],
        "median": [round(float(np.nanmedian(np.abs(row))), 4) for row in found.drift],
        "cells": [
            {
                "cell": cell,
                "rank": rank.get(cell, int(np.flatnonzero(order == cell)[0]) + 1),
                "drift": [
                    short_of(*of) for of in zip(found.drift[:, cell], found.standard_error[:, cell], strict=True)
                ],
            }
            for cell in chosen
        ],
        "farthest": int(order[0]),
    }


def remembering(recording: Recording) -> list[Row]:
    """How far the answer to speech from the last steps alone is from that of the whole past."""
    found = recording.remembered(steps=LAST_STEPS, answers=150)
    return [
        {"steps": int(steps), "seconds": round(float(steps) * STEP / RATE, 2), "distance": short_of(far, error)}
        for steps, far, error in zip(found.steps, found.distance, found.standard_error, strict=True)
    ]


def elsewhere_row(detector: Detector, seen: Trials, unseen: Trials, cells: np.ndarray) -> Row:
    """What a search in other noise finds, judged on the trials `unseen`, beside what `cells` close there that were
    found in the first noise; and what setting back only these does there."""
    recording = recorded(detector, (seen, unseen))
    found = searched(recording, seen, unseen)
    there = cells_of(found)
    closing = Closing(recording, unseen, len(seen))
    last = found.table[-1]
    return {
        "colour": unseen.condition.colour,
        "level": unseen.condition.level,
        "pairs": [len(seen), len(unseen)],
        "cells": there.tolist(),
        "searched": round(last["searched"], 4),
        "closed": short_of(last["unseen"], last["standard_error"]),
        "random": short_of(last["random"], last["random_low"], last["random_high"]),
        "first_found": closing.share(cells),
        "together": closing.share(np.union1d(cells, there)),
        "resets": resets(detector, unseen, cells, ELSEWHERE_RESETS),
    }


def cells_of(found: Searched) -> np.ndarray:
    """The cells of the largest set, in the order in which they were found."""
    return np.array([int(found.names[number].split()[1]) for number in found.best.candidates])


Make = Callable[[], Trials]


def generation_table(
    detector: Detector,
    seen: Trials,
    unseen: Trials,
    others: Sequence[Make],
    elsewhere: Sequence[tuple[Make, Make]] = (),
) -> Row:
    """All that is found of one generation; `others`, and the pairs of searched and held-out trials `elsewhere`, are
    made one after the other, as each takes much memory."""
    recording = recorded(detector, (seen, unseen))
    found = searched(recording, seen, unseen)
    cells = cells_of(found)
    farthest = drifting(recorded(detector, (seen,), short=False), cells)
    rows = [condition_row(recording, seen, cells), condition_row(recording, unseen, cells, len(seen))]
    table: Row = {
        "search": found.table,
        "whole": round(found.whole, 4),
        "cells": cells.tolist(),
        "drift": farthest,
        "farthest": {
            "cell": farthest["farthest"],
            "share": Closing(recording, unseen, len(seen)).share(np.array([farthest["farthest"]])),
        },
        "remembered": remembering(recorded(detector, (unseen,), short=False)),
        "resets": resets(detector, unseen, cells),
    }
    del recording
    for make in others:
        of = make()
        progress.say(f"{of.name}: {of.condition.colour} noise at {of.condition.level}")
        rows.append(condition_row(recorded(detector, (of,)), of, cells))
    again = []
    for make_seen, make_unseen in elsewhere:
        of = make_seen()
        progress.say(f"search in {of.condition.colour} noise at {of.condition.level}")
        again.append(elsewhere_row(detector, of, make_unseen(), cells))
    return {**table, "conditions": rows, "elsewhere": again}


def mean_of(values: np.ndarray) -> list[float]:
    """Mean and its standard error."""
    return short_of(float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values))))


def short_of(*values: float) -> list[float]:
    """Four digits of each."""
    return [round(float(value), 4) for value in values]
