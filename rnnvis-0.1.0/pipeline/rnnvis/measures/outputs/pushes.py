"""What every step does to a model's answer, as its head reads it from the states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np

from rnnvis.measures.kept import Kept
from rnnvis.measures.outputs.effects import ContextAccumulator, EffectAccumulator, WordEffects, WordInContext
from rnnvis.recording.heads import POOLS, Head
from rnnvis.recording.scores import probabilities
from rnnvis.recording.steps import StepBatch

HIGH, LOW = 0.7, 0.3
BY_WORD = 2**19
"""Words × scores up to which the effects of words are kept."""
_SLOPES = 2**23  # numbers at once
States = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Effects:
    """Effects on the K scores of an answer; steps in the sentences' order.

    `pushes` float32 [N, K]: Σ over the states of slope · Δ, or, where no single state is read, the change of the scores
    from step to step, nan where that is not known. `exact` says whether it is the change of the scores itself; if not,
    it is of first order, and `accounts_for` is the share of the changes that it accounts for,
    1 − Σ (change − push)² / Σ change². `states` are those that the answer reads, `weights` float64 [K, H] by state the
    slopes, their mean over the steps where they are not the same everywhere; `words` and `in_context` the effects of
    words by state, where words × scores are no more than half a million. `ended` float32 [N, K] are the scores if the
    sentence ended at the step, nan where that is not known, found as `ended_by` says.
    """

    exact: bool
    accounts_for: float | None
    states: tuple[str, ...]
    pushes: np.ndarray = field(repr=False)
    ended: np.ndarray | None = field(repr=False)
    ended_by: Literal["head", "prefixes"] | None
    weights: Mapping[str, np.ndarray] = field(repr=False)
    words: Mapping[str, WordEffects] = field(repr=False)
    in_context: Mapping[str, WordInContext] = field(repr=False)

    def with_beginnings(self, ended: np.ndarray) -> Effects:
        """The same where `ended` was found by running the beginnings of sentences."""
        return replace(self, ended=ended, ended_by="prefixes")


def changes(ended: np.ndarray, step: np.ndarray, states: tuple[str, ...] = ()) -> Effects:
    """The effects on an answer, which reads `states`, of which no more is known than the scores `ended` float32 [N, K]
    if sentences ended at each step; nan where even that is not known. `step` int [N] counts from 0 in a sentence."""
    pushes = np.diff(ended, axis=0, prepend=np.float32(np.nan))
    pushes[step == 0] = np.nan
    return Effects(True, None, states, pushes, ended, "prefixes", {}, {}, {})


class EffectRecorder:
    """Sees every step of a recording as it passes; `result` is what `head` makes of them.

    `measured` bool [S]: sentences whose words are counted; `scores` is K, of `classes` or else numbers. A word's
    context is negative where the probability of the class is at most `low` before it, positive from `high` on.
    """

    def __init__(
        self,
        head: Head,
        scores: int,
        classes: bool,
        measured: np.ndarray,
        words: int,
        steps: int,
        high: float = HIGH,
        low: float = LOW,
    ) -> None:
        self.head, self.scores, self.measured = head, scores, measured
        self.pushes = np.zeros((steps, scores), np.float32)
        self.ended = np.zeros((steps, scores), np.float32) if head.per == "sequence" and head.ends_anywhere else None
        self.by_state = head.at not in POOLS and head.differentiable
        states = head.states if self.by_state and words * scores <= BY_WORD else ()
        told = classes and head.ends_anywhere
        self._of_words = partial(EffectAccumulator, words, scores)
        self._in_context = partial(ContextAccumulator, words, scores, high, low)
        self.words = {name: self._of_words() for name in states}
        self.contexts = {name: self._in_context() for name in states if told}
        self._slopes: dict[str, np.ndarray] = {}
        self._count: dict[str, int] = {}
        self._off = self._changes = 0.0

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        """Take in N steps; `rows` int64 [N] are their places among all steps of the text."""
        inside = self.measured[batch.sentence_id]
        if not self.by_state:
            self._change(batch, rows)
            return
        total = np.zeros((len(batch), self.scores))
        real = np.zeros_like(total)
        for names in self._ways():
            after, before, counts = self._points(batch, names)
            deltas = {name: after[name] - before[name] for name in names}
            parts = self._parts(after, deltas, counts, inside)
            pushed = np.sum(list(parts.values()), axis=0)
            scores = earlier = None
            if not self.head.linear or self.ended is not None or self.contexts:
                scores = self.head.scores(after)
                earlier = scores - pushed if self.head.linear else self.head.scores(before)
                real += (scores - earlier) * counts[:, None]
            if self.ended is not None and scores is not None:
                self.ended[rows] = scores
            for name in names:
                self._take(name, batch, inside & counts, parts[name], deltas[name], earlier)
            total += pushed
        self.pushes[rows] = total
        self._off += float(np.square(real - total)[inside].sum())
        self._changes += float(np.square(real)[inside].sum())

    def kept(self, steps: np.ndarray) -> dict[str, Any]:
        """What was seen of `steps` bool [all steps]; for `take`."""
        return {
            "pushes": self.pushes[steps],
            **({} if self.ended is None else {"ended": self.ended[steps]}),
            "words": {name: of.kept() for name, of in self.words.items()},
            "contexts": {name: of.kept() for name, of in self.contexts.items()},
            "slopes": {name: np.asarray(of) for name, of in self._slopes.items()},
            "count": {name: np.asarray(of) for name, of in self._count.items()},
            "changes": np.array([self._off, self._changes]),
        }

    def take(self, kept: Kept, steps: np.ndarray) -> None:
        """Take in what another one has `kept` of `steps` bool [all steps], which were not seen here."""
        self.pushes[steps] = kept["pushes"]
        if self.ended is not None:
            self.ended[steps] = kept["ended"]
        for into, made, name in ((self.words, self._of_words, "words"), (self.contexts, self._in_context, "contexts")):
            for state, accumulator in into.items():
                other = made()
                other.restore(kept[name][state])
                accumulator.merge(other)  # type: ignore[arg-type]
        for state, of in kept.get("slopes", {}).items():
            self._slopes[state] = self._slopes.get(state, 0.0) + of
            self._count[state] = self._count.get(state, 0) + int(kept["count"][state])
        off, changes = kept["changes"].tolist()
        self._off += off
        self._changes += changes

    def result(self) -> Effects:
        """What was seen so far."""
        exact = self.head.linear or not self.by_state
        weights = self.head.weights
        if weights is None:
            weights = {name: of / max(1, self._count[name]) for name, of in self._slopes.items()}
        return Effects(
            exact=exact,
            accounts_for=None if exact or not self._changes else 1 - self._off / self._changes,
            states=self.head.states,
            pushes=self.pushes,
            ended=self.ended,
            ended_by=None if self.ended is None else "head",
            weights=weights if self.by_state else {},
            words={name: of.result() for name, of in self.words.items()},
            in_context={name: of.result() for name, of in self.contexts.items()},
        )

    def _ways(self) -> Iterator[Sequence[str]]:
        """The states that change together: those of one direction."""
        back = [name for name in self.head.states if ".reverse." in name]
        forth = [name for name in self.head.states if name not in back]
        yield from (names for names in (forth, back) if names)

    def _points(self, batch: StepBatch, names: Sequence[str]) -> tuple[States, States, np.ndarray]:
        """The states that the head reads after each step and before it, where those in `names` take the step; and
        whether it reads that step at all, bool [N].

        Of a sequence, the other direction is where the answer reads it: at its end, or at the last word.
        """
        counts = np.ones(len(batch), bool)
        after = {name: batch.states[name] for name in self.head.states}
        if self.head.per == "sequence":
            starts = np.flatnonzero(np.append(True, batch.sentence_id[1:] != batch.sentence_id[:-1]))
            lengths = np.diff(np.append(starts, len(batch)))
            last = starts + lengths - 1
            for name in after:
                back = ".reverse." in name
                if name not in names:
                    read = starts if back and self.head.at == "end" else last
                    after[name] = np.repeat(batch.states[name][read], lengths, axis=0)
                elif back and self.head.at == "word":
                    counts = np.isin(np.arange(len(batch)), last)
        before = {name: batch.previous[name] if name in names else of for name, of in after.items()}
        return after, before, counts

    def _parts(self, after: States, deltas: States, counts: np.ndarray, inside: np.ndarray) -> dict[str, np.ndarray]:
        """slope · Δ by state, float64 [N, K], 0 where the step does not count."""
        if self.head.weights is not None:
            weights = self.head.weights
            return {
                name: (delta.astype(np.float64) @ weights[name].T) * counts[:, None] for name, delta in deltas.items()
            }
        found = {name: np.zeros((len(delta), self.scores)) for name, delta in deltas.items()}
        units = sum(values.shape[1] for values in after.values())
        rows = max(1, _SLOPES // (self.scores * units))
        for start in range(0, len(counts), rows):
            part = slice(start, start + rows)
            slopes = self.head.slopes({name: values[part] for name, values in after.items()})
            chosen = (inside & counts)[part]
            for name, delta in deltas.items():
                pushed = np.einsum("nkh,nh->nk", slopes[name], delta[part].astype(np.float64))
                found[name][part] = pushed * counts[part, None]
                self._slopes[name] = self._slopes.get(name, 0.0) + slopes[name][chosen].sum(axis=0)
                self._count[name] = self._count.get(name, 0) + int(chosen.sum())
        return found

    def _take(
        self,
        name: str,
        batch: StepBatch,
        inside: np.ndarray,
        pushed: np.ndarray,
        delta: np.ndarray,
        earlier: np.ndarray | None,
    ) -> None:
        if name in self.words:
            self.words[name].add(batch.token_id[inside], pushed[inside])
        if name in self.contexts and earlier is not None:
            before = probabilities(earlier)
            self.contexts[name].add(batch.token_id[inside], delta[inside], pushed[inside], before[inside])

    def _change(self, batch: StepBatch, rows: np.ndarray) -> None:
        """The change of the scores themselves, of a head that reads no single state, or makes no gradients."""
        starts = np.flatnonzero(np.append(True, batch.sentence_id[1:] != batch.sentence_id[:-1]))
        if self.head.at in POOLS:
            if not self.head.ends_anywhere:
                self.pushes[rows] = np.nan
                return
            scores = self.head.scores(
                {name: _pooled(batch.states[name], starts, self.head.at) for name in self.head.states}
            )
            pushed = np.diff(scores, axis=0, prepend=scores[:1])
            pushed[starts] = np.nan  # before the first word there is nothing to pool
        else:
            total = np.zeros((len(batch), self.scores))
            scores = np.zeros_like(total)
            for names in self._ways():
                after, before, counts = self._points(batch, names)
                scores = self.head.scores(after)
                total += (scores - self.head.scores(before)) * counts[:, None]
            pushed = total
        self.pushes[rows] = pushed
        if self.ended is not None:
            self.ended[rows] = scores


def _pooled(states: np.ndarray, starts: np.ndarray, how: str) -> np.ndarray:
    """Mean or maximum of the states [N, H] from the start of each sentence up to each step."""
    found = np.empty(states.shape, np.float64)
    for first, stop in zip(starts, np.append(starts[1:], len(states)), strict=True):
        part = states[first:stop].astype(np.float64)
        if how == "max":
            found[first:stop] = np.maximum.accumulate(part)
        else:
            found[first:stop] = np.cumsum(part, axis=0) / np.arange(1, len(part) + 1)[:, None]
    return found
