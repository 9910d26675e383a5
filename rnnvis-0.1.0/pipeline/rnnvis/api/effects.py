"""The head of a recorded model, the effects that it gives words, and its answers if sentences ended early."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnvis import progress
from rnnvis.api.answers import Answer
from rnnvis.api.rerun import Rerun
from rnnvis.measures.outputs.pushes import EffectRecorder, Effects, changes
from rnnvis.measures.recorder import Text
from rnnvis.recording.alignment import Plan
from rnnvis.recording.called import Called, Forward
from rnnvis.recording.heads import Head, find_head
from rnnvis.recording.scores import scores
from rnnvis.recording.steps import StepBatch, reading_of
from rnnvis.text.sentences import Sentences

BEGINNINGS = 1_000_000
"""Steps that the beginnings of sentences may take: some ten seconds to a minute of a layer of a few hundred units."""
MANY = 100
"""Classes up to which pushes on every one of them are kept."""


@dataclass
class EffectWatch:
    """Takes in the effects on the answers of the text `answer.at.reading` as its steps pass."""

    plan: Plan
    answer: Answer
    head: Head | None
    recorder: EffectRecorder | None = field(default=None, repr=False)

    @property
    def next_weights(self) -> dict[str, np.ndarray]:
        """Of a model that says the next word: weights float64 [V, H] by state, where its head is linear."""
        linear = self.head is not None and self.head.weights is not None and self.answer.means == "next word"
        return dict(self.head.weights) if linear and self.head and self.head.weights else {}

    def take(self, text: Text, contexts: tuple[float, float]) -> None:
        """Begin with the steps of `text`; `contexts` are the probabilities up to which and from which on a class counts
        as unlikely and likely before a word."""
        if self.head is None or self.answer.means == "next word" or self._scores > MANY:
            return
        low, high = contexts
        classes = self.answer.means != "number"
        steps = int(text.lengths.sum())
        self.recorder = EffectRecorder(self.head, self._scores, classes, text.measured, text.words, steps, high, low)

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        if self.recorder is not None:
            self.recorder.add(batch, rows)

    def result(self, published: np.ndarray, rerun: Rerun) -> Effects | None:
        """What was taken in; the beginnings of the sentences `published` int64 [P] are run where no head says what they
        come to. The plan's notes say what was done."""
        found = None if self.recorder is None else self.recorder.result()
        if self.head is not None and found is not None:
            self.plan.say(_said(self.head, found))
        elif self.answer.means != "next word" and self._scores > MANY:
            self.plan.say(f"Pushes on each of {self._scores:,} classes are left out: there are more than {MANY}.")
        elif self.answer.means == "tag":
            self.plan.say("The answer at a step reads more than its states: no effects on it are known.")
        if self.answer.means == "next word" or self.answer.at.per == "step" or self._scores > MANY:
            return found
        if found is not None and found.ended is not None:
            return found
        ended = self._beginnings(published, rerun)
        if ended is None:
            return None if found is None or np.isnan(found.pushes).all() else found
        if found is not None and found.weights:
            return found.with_beginnings(ended)
        return changes(ended, Sentences.of(rerun.texts[""]).step, () if found is None else found.states)

    @property
    def _scores(self) -> int:
        """K, as `rnnvis.recording.scores` has it."""
        size = self.answer.at.size
        return 1 if size == 2 and self.answer.means != "number" else size

    def _beginnings(self, published: np.ndarray, rerun: Rerun) -> np.ndarray | None:
        """The scores if sentences ended at each step, float32 [N, K], nan where they were not run."""
        texts = rerun.texts
        cut = self.plan.apart(lambda path: reading_of(path, texts))
        if len(texts) > 1 or rerun.documents is not None or cut:
            return None  # what begins a sentence here is not all that the model reads
        lengths = Sentences.of(texts[""]).lengths
        published = published[lengths[published] > 0]
        chosen = published[np.cumsum(_steps(lengths[published])) <= BEGINNINGS]
        total = int(_steps(lengths[chosen]).sum())
        if not total:
            return None
        why = "no head reads the answer from its last states" if self.head is None else "it also reads backwards"
        self.plan.say(
            f"If a sentence ended at one of its words is found by running its beginnings, since {why}: "
            f"of {len(chosen):,} sentences{_of(chosen, published)}."
        )
        ends = np.cumsum(lengths)
        sequence = np.repeat(chosen, lengths[chosen])
        words = np.concatenate([np.arange(1, n + 1) for n in lengths[chosen]])
        ended = np.full((int(ends[-1]), self._scores), np.nan, np.float32)
        begun = time.monotonic()
        with progress.bar("Running beginnings of sentences", total=total) as bar:
            for number, ran in enumerate(rerun.steps(sequence, prefixes=words)):
                given = ran.batches[""].answer
                assert given is not None
                assert given.sentences is not None
                of, values = given.sentences, given.of(np.arange(len(given)))
                place = ends[sequence[of]] - lengths[sequence[of]] + words[of] - 1
                ended[place] = scores(values, self.answer.at.scale).float().cpu().numpy()
                bar.advance(int(words[of].sum()))
                if not number:
                    seconds = (time.monotonic() - begun) * total / int(words[of].sum())
                    progress.say(f"Beginnings of sentences: {total:,} steps, about {seconds:,.0f} s")
        return ended


def _steps(lengths: np.ndarray) -> np.ndarray:
    """Steps that all beginnings of sentences of these lengths take: n (n + 1) / 2."""
    taken: np.ndarray = lengths.astype(np.int64) * (lengths + 1) // 2
    return taken


def find_effects(
    model: Any,
    texts: Mapping[str, Sequence[np.ndarray]],
    fills: Mapping[str, int],
    forward: Forward | None,
    plan: Plan,
    answer: Answer | None,
) -> EffectWatch | None:
    """What takes in the effects on `answer`; None where that is not known. A StateSource has no head that is known."""
    if answer is None:
        return None
    head = None
    if forward is not None:
        head = find_head(Called(model, texts, fills, forward, plan), answer.at, answer.at.reading)
    return EffectWatch(plan, answer, head)


def _of(chosen: np.ndarray, published: np.ndarray) -> str:
    return "" if len(chosen) == len(published) else f" (of {len(published):,} whose states are published)"


def _said(head: Head, found: Effects) -> str:
    """A sentence on what reads the answer, and what effects are."""
    where = {"end": "", "word": "", "mean": "the mean of ", "max": "the maximum of "}[head.at]
    by = ", by " + ", ".join(f'"{name}"' for name in head.modules) if head.modules else ""
    reads = f"The answer reads {where}{' and '.join(head.states)}{by}"
    if head.linear and found.weights:
        return f"{reads}, linearly: effects on it are exact."
    if found.exact:
        return f"{reads}: pushes are its changes from word to word."
    share = found.accounts_for
    told = "" if share is None else f" and account for {max(0.0, 100 * share):.0f} % of its real changes"
    return f"{reads}, but not linearly: effects on it are of first order{told}."
