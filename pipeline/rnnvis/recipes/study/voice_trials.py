"""What is said in the study of the voice detector, by whom, and in which noise: sentences, voices, recordings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from rnnvis.nets.detector import Detector
from rnnvis.recipes import sounds
from rnnvis.recipes.study.voice import Condition, Trials, trials

SEEN_VOICES = ("en-us", "en-gb", "en-us+f3", "en-gb+m3")
UNSEEN_VOICES = ("en-gb-scotland", "en-us+m7", "en-gb-x-rp+f4", "en-029+f2")
SEEN_SENTENCES = (
    "Please leave your message after the tone.",
    "We are going to the market on Saturday.",
    "Nobody knows where the keys have gone.",
    "The train to the north leaves at half past nine.",
    "Could you turn the heating down a little?",
    "My sister has moved into a larger house.",
    "There was no milk left for the coffee.",
    "Tell them that the meeting is over.",
    "It has been raining since early morning.",
    "Open the second window on the left.",
    "He never answers his telephone after ten.",
    "This bridge was built two hundred years ago.",
)
UNSEEN_SENTENCES = (
    "What time does the pharmacy close today?",
    "I would like a table for four people.",
    "Her brother works on a ship in the harbour.",
    "Do not forget to water the garden.",
    "Seven of the lamps had to be replaced.",
    "Take the lift up to the third floor.",
    "They sold the old car to a neighbour.",
    "A letter from the bank arrived yesterday.",
    "You can hear the river from this room.",
    "Bread and cheese are on the kitchen table.",
    "Somebody has parked in front of the gate.",
    "Let us begin with the easiest question.",
)
RECORDINGS = (
    "agent-newlocation", "agent-pass", "at-tone-time-exactly", "conf-getconfno", "conf-invalid", "conf-noempty",
    "conf-onlyperson", "conf-waitforleader", "dir-first", "dir-nomore", "feature-not-avail-line", "pm-invalid-option",
    "privacy-prompt", "queue-holdtime", "vm-invalidpassword", "vm-msgforwarded", "vm-nobodyavail", "vm-nonumber",
    "vm-reenterpassword", "vm-savefolder", "vm-sorry", "vm-tempgreeting", "vm-toforward", "vm-whichbox",
)  # fmt: skip
"""Names of recordings in Debian's package, a sentence each."""
CONDITIONS = (
    Condition("pink", 0.003),
    Condition("pink", 0.03),
    Condition("pink", 0.1),
    Condition("pink", 0.01, 5.0),
    Condition("pink", 0.01, 10.0),
    Condition("white", 0.01),
    Condition("white", 0.03),
    Condition("brown", 0.01),
    Condition("brown", 0.03),
)
SEARCHED_TOO = (Condition("pink", 0.03), Condition("white", 0.03), Condition("brown", 0.03))
"""Of CONDITIONS, those in which cells are searched anew."""
OF_RECORDINGS = (Condition(), Condition("pink", 0.03), Condition("brown", 0.03))
MANY, FEWER = 24, 16
"""Trials in the noise that cells are searched in, and in any other."""


def said(sentences: Sequence[str], voices: Sequence[str], count: int) -> list[np.ndarray]:
    """Sentences by voices: each sentence, then each by another voice."""
    rows = range(count)
    return [sounds.said(sentences[i % len(sentences)], voices[(i + i // len(sentences)) % len(voices)]) for i in rows]


def seen_and_unseen(detector: Detector) -> tuple[Trials, Trials]:
    """The trials that cells are searched on, and those with other sentences, voices and draws of the same noise."""
    return (
        trials(detector, "searched on", Condition(), said(SEEN_SENTENCES, SEEN_VOICES, MANY), seed=1),
        trials(
            detector, "other sentences and voices", Condition(), said(UNSEEN_SENTENCES, UNSEEN_VOICES, MANY), seed=2
        ),
    )


def others(detector: Detector) -> list[Callable[[], Trials]]:
    """What makes the trials in other noise, and those of recorded speech; none of it was searched on."""
    spoken = said(UNSEEN_SENTENCES, UNSEEN_VOICES, FEWER)
    recordings = sounds.recorded(RECORDINGS)
    of = [("other noise", condition, spoken) for condition in CONDITIONS]
    of += [("recorded speech", condition, recordings) for condition in OF_RECORDINGS]
    return [partial(trials, detector, *row, seed=3 + number) for number, row in enumerate(of)]


def elsewhere(detector: Detector) -> list[tuple[Callable[[], Trials], Callable[[], Trials]]]:
    """What makes the trials that cells are searched on in other noise, and those they are judged on: the very ones that
    `others` has there."""
    seen, unseen = (
        said(sentences, voices, FEWER)
        for sentences, voices in ((SEEN_SENTENCES, SEEN_VOICES), (UNSEEN_SENTENCES, UNSEEN_VOICES))
    )
    return [
        (
            partial(trials, detector, "searched on", condition, seen, seed=101 + number),
            partial(trials, detector, "other noise", condition, unseen, seed=3 + CONDITIONS.index(condition)),
        )
        for number, condition in enumerate(SEARCHED_TOO)
    ]
