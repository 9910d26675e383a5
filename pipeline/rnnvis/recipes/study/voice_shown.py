"""A few streams of the study of the voice detector, to be opened: the same speech after long and after short noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from rnnvis import Signal
from rnnvis.api.record import record
from rnnvis.api.recording import Recording
from rnnvis.api.sample import Sample
from rnnvis.nets.detector import STEP, Detector
from rnnvis.recipes import sounds
from rnnvis.recipes.study.voice import LAST_STEPS, LONG, SHORT, Condition
from rnnvis.recipes.study.voice_trials import UNSEEN_SENTENCES, UNSEEN_VOICES

SHOWN = (Condition(), Condition("pink", 0.03))
"""The noise that cells were searched in, and one in which little is heard after long noise."""
SENTENCES = 3
BEFORE, AFTER, PIECE = 24, 12, 250
"""Steps of noise that stand with the speech, before and after it; and those of a piece of the noise before."""
BEGINS = 8
AGES = ((62, "noise, first 2 s"), (500, "noise, to 16 s"), (2000, "noise, to 64 s"), (10**9, "noise, older"))
_PAUSE = 0.1
_ANSWERS = 40


@dataclass(frozen=True)
class Shown:
    """A recording with what its signals are: `said` the sentence of each piece, None of pieces of noise alone; `past`
    long or short; `conditions` by piece."""

    recording: Recording
    said: tuple[str | None, ...]
    past: tuple[str, ...]
    conditions: tuple[Condition, ...] = field(repr=False)

    def key(self, condition: Condition, past: str) -> str:
        """The key of the first sentence after that past."""
        found = zip(self.said, self.past, self.conditions, self.recording.keys, strict=True)
        return next(key for said, of, noise, key in found if said and (of, noise) == (past, condition))


def shown(detector: Detector) -> Shown:
    """The detector along SENTENCES sentences, held out from the search, in each noise of SHOWN: from the beginning of
    two minutes of noise, and from its last two seconds on. States along the speech are kept."""
    signals, streams, tags, said, past, conditions = [], [], [], [], [], []
    stream = 0
    for number, condition in enumerate(SHOWN):
        draw = np.random.default_rng(1000 + number)
        for which, sentence in enumerate(UNSEEN_SENTENCES[:SENTENCES]):
            sound = sounds.said(sentence, UNSEEN_VOICES[which % len(UNSEEN_VOICES)])
            features, spoken = _heard(detector, condition, sound, draw)
            for of, first in (("long", 0), ("short", LONG - SHORT)):
                events = _events(spoken, first)
                cuts = [*range(first, LONG - BEFORE, PIECE), LONG - BEFORE, len(features)]
                for start, stop in pairwise(cuts):
                    names = events[start - first : stop - first]
                    truth = {"loudness of the speech": spoken[start:stop]}
                    signals.append(Signal(features[start:stop], names, truth=truth))
                    tags.append((np.arange(start, stop) >= LONG).astype(int).tolist())
                    streams.append(stream)
                    said.append(sentence if stop == len(features) else None)
                    past.append(of)
                    conditions.append(condition)
                stream += 1
    kept = np.array([sentence is not None for sentence in said])
    recording = record(
        detector,
        signals,
        None,
        tags,
        classes=["noise", "speech"],
        initial="carried",
        documents=streams,
        sample=Sample(always=kept, states_bytes=1),
    )
    recording.remembered(steps=LAST_STEPS, answers=_ANSWERS)
    return Shown(recording, tuple(said), tuple(past), tuple(conditions))


def _heard(
    detector: Detector, condition: Condition, sound: np.ndarray, draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """What the detector reads of a sentence in noise, float32 [T, 128], and the loudness of the sentence by itself at
    each step, float [T]."""
    steps = LONG + -(-len(sound) // STEP) + AFTER
    spoken = np.zeros(steps * STEP, np.float32)
    loud = condition.level * 10 ** (condition.decibels / 20)
    spoken[LONG * STEP : LONG * STEP + len(sound)] = sound * (loud / sounds.loudness(sound))
    around = condition.level * sounds.noise(condition.colour, steps * STEP, draw) + spoken
    return detector.features(around), np.sqrt(np.square(spoken.reshape(steps, STEP)).mean(axis=1))


def _events(spoken: np.ndarray, first: int) -> list[str]:
    """The event of each step from `first` on: noise by the age of the stream, and the parts of the speech."""
    there = np.flatnonzero(spoken > 0)
    names = []
    for step in range(first, len(spoken)):
        if step < LONG:
            names.append(next(name for end, name in AGES if step - first < end))
        elif step > there[-1]:
            names.append("noise after speech")
        elif step < LONG + BEGINS:
            names.append("speech begins")
        else:
            names.append("pause in speech" if spoken[step] < _PAUSE * spoken.max() else "speech")
    return names
