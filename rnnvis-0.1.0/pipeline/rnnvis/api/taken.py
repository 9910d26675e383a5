"""What the steps of a text, or of a part of it, come to: all that is measured of them; parts are merged into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnvis.api.answer_memory import MemoryWatch
from rnnvis.api.answering import answer_watch
from rnnvis.api.answers import Answer
from rnnvis.api.checks import Numbers, Once, SameStates
from rnnvis.api.effects import EffectWatch
from rnnvis.api.reads import Read
from rnnvis.measures.kept import Kept
from rnnvis.measures.measure import Observer
from rnnvis.measures.recorder import StateRecorder
from rnnvis.measures.sentences.attention import AttentionRecorder
from rnnvis.measures.units.channels import ChannelCorrelations
from rnnvis.recording.alignment import Plan


class Taken:
    """`recorders` of the states by text, and what sees the answers to the text that they follow; see `Prepared`."""

    def __init__(
        self,
        recorders: dict[str, StateRecorder],
        answer: Answer | None,
        effects: EffectWatch | None,
        whole: Mapping[str, Read],
        read: Mapping[str, Read],
        plan: Plan,
        documents: Sequence[np.ndarray] | None,
    ) -> None:
        self.recorders, self.answer, self.effects = recorders, answer, effects
        self.attention = AttentionRecorder()
        self.channels: ChannelCorrelations | None = None
        self.watch = answer_watch(answer, whole, read, plan, documents) if answer else None
        self.memory: MemoryWatch | None = None
        if effects and answer and self.watch:
            of = read[answer.at.reading]
            effects.take(of.text, of.sample.contexts)
            self.memory = MemoryWatch(plan, answer, effects.head)
            self.memory.take(of.text, self.watch.target)

    def watching(self, observers: Sequence[Observer]) -> dict[str, list[Once]]:
        """What sees the steps of each text besides its recorder, `observers` those of the input."""
        found: dict[str, list[Once]] = {name: [Once(Numbers(name)), Once(SameStates())] for name in self.recorders}
        found[""] += map(Once, [self.attention, *observers])
        if self.channels is not None:
            found[""].append(Once(self.channels))
        if self.answer:
            seen = [self.watch, self.effects, self.memory]
            found[self.answer.at.reading] += [Once(one) for one in seen if one is not None]
        return found

    @property
    def _answered(self) -> StateRecorder | None:
        return self.recorders[self.answer.at.reading] if self.answer else None

    @property
    def sentences(self) -> np.ndarray:
        """The sequences that were taken in, bool [S]."""
        return self.recorders[""].seen

    def kept(self) -> dict[str, Any]:
        """All of it, as arrays by name: for `take`."""
        found: dict[str, Any] = {"texts": {name: of.kept() for name, of in self.recorders.items()}}
        found["attention"] = self.attention.kept()
        if (of := self._answered) is not None and self.watch:
            found["answers"] = self.watch.kept(of.seen)
            if self.effects and self.effects.recorder:
                found["effects"] = self.effects.recorder.kept(of.steps_of(of.seen))
            if self.memory and self.memory.recorder:
                found["memory"] = self.memory.recorder.kept()
        return found

    def take(self, kept: Kept) -> None:
        """Take in what another one has `kept` of other sequences of the same text. RnnvisError for a sequence that both
        have."""
        for name, recorder in self.recorders.items():
            recorder.take(kept["texts"][name])
        self.attention.take(kept["attention"])
        if (of := self._answered) is not None and self.watch:
            theirs = np.zeros(len(of.seen), bool)
            theirs[kept["texts"][self.answer.at.reading if self.answer else ""]["seen"]] = True
            self.watch.take(kept.get("answers", {}), theirs)
            if self.effects and self.effects.recorder:
                self.effects.recorder.take(kept["effects"], of.steps_of(theirs))
            if self.memory and self.memory.recorder:
                self.memory.recorder.take(kept["memory"])

    def finish(self) -> None:
        """Nothing more is taken in: the responses to the whole text are known."""
        for recorder in self.recorders.values():
            recorder.finish()

    def distances(self, sentences: np.ndarray) -> dict[str, Any]:
        """How far the steps of `sentences` bool [S] lie from their words' expected responses, by text and state."""
        return {name: of.distances(sentences) for name, of in self.recorders.items()}

    def take_distances(self, sentences: np.ndarray, distances: Kept) -> None:
        """Take in what another one found in `sentences` bool [S]."""
        for name, recorder in self.recorders.items():
            recorder.take_distances(sentences, distances.get(name, {}))
