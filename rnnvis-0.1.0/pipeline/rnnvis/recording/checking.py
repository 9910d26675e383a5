"""A recording that checks itself: some sentences are run again alone, and must come to the states of their batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rnnvis.errors import RnnvisError
from rnnvis.recording.returned import Given
from rnnvis.recording.steps import StepBatch

GAP = 1e-4
"""Of the largest state: what float32 rounds differs by some 1e-6, and by a few 1e-5 after a thousand steps."""
SHARE, STEPS, FEWEST = 0.03, 256, 2
"""At most this share of all steps, and so many, are run again; of so many sentences at least."""

Alone = Callable[[np.ndarray], Iterable[Mapping[str, StepBatch]]]


@dataclass(frozen=True)
class _Seen:
    """What a sentence came to in its batch: `words` [T], each state before and after [2, T, H], padded or not, and its
    answers [1 or T, C], where they are read."""

    words: np.ndarray
    states: Mapping[str, np.ndarray]
    padded: bool
    answer: np.ndarray | None = None


@dataclass(frozen=True)
class _Gap:
    """A difference: of a state in a sentence, at its first such step in the order of its steps, as shares of the
    largest state; `growing` if the first step that was taken differed far less than the last one."""

    state: str
    sentence: int
    step: int
    size: float
    padded: bool
    growing: bool


class SelfCheck:
    """Keeps what a sample of `lengths` [S] sentences comes to while they are recorded, and compares."""

    def __init__(self, lengths: np.ndarray) -> None:
        order = np.random.default_rng(0).permutation(np.flatnonzero(lengths))
        most = min(SHARE * int(lengths.sum()), STEPS)
        within = np.cumsum(lengths[order]) <= most
        within[:FEWEST] = True
        self.sentences: np.ndarray = np.sort(order[within])
        self._chosen = np.zeros(len(lengths), bool)
        self._chosen[self.sentences] = True
        self._seen: dict[tuple[str, int], _Seen] = {}

    def observer(self, text: str) -> _Watch:
        """Takes in the steps of one of the texts."""
        return _Watch(self, text)

    def take(self, text: str, batch: StepBatch) -> None:
        """Keep what belongs to the sample."""
        kept = np.flatnonzero(self._chosen[batch.sentence_id])
        if not len(kept):
            return
        longest = int(batch.step.max()) + 1
        for part in np.split(kept, np.flatnonzero(np.diff(batch.sentence_id[kept])) + 1):
            states = {
                name: np.stack([batch.previous[name][part], values[part]]).copy()
                for name, values in batch.states.items()
            }
            words, number = batch.token_id[part].copy(), int(batch.sentence_id[part[0]])
            answer = None if batch.answer is None else _answer(batch.answer, number, part)
            self._seen[text, number] = _Seen(words, states, len(part) < longest, answer)

    def compare(self, alone: Alone, resolution: float = 0.0) -> None:
        """Run the sample again, `alone(sentences)`, one at a time; RnnvisError, naming the state, where it differs.

        `resolution` is the spacing of the model's numbers near 1.
        """
        there: dict[tuple[str, int], _Seen] = dict(self._seen)
        self._seen = {}
        for found in alone(self.sentences):
            for text, batch in found.items():
                self.take(text, batch)
        scale: dict[str, float] = {}
        for seen in there.values():
            for name, values in seen.states.items():
                scale[name] = max(scale.get(name, 0.0), float(np.abs(values).max(initial=0)))
        limit = max(GAP, 4 * resolution)
        gaps = []
        for (text, sentence), before in there.items():
            now = self._seen.get((text, sentence))
            if now is None or not np.array_equal(before.words, now.words):
                raise RnnvisError(
                    f"sequence {sentence} read other words alone than in a batch", "pass batch_steps=1, one at a time"
                )
            for name, values in before.states.items():
                off = np.abs(values - now.states[name]).max(axis=(0, 2)) / (scale[name] or 1.0)
                if off.max() > limit:
                    gaps.append(_gap(name, sentence, off, limit, before.padded))
        answers = [
            (before.answer, now.answer, sentence)
            for (text, sentence), before in there.items()
            if before.answer is not None and (now := self._seen[text, sentence]).answer is not None
        ]
        if gaps:
            whole = {sentence for (_, sentence), seen in there.items() if not seen.padded}
            raise _refused(gaps, bool(whole) and not any(gap.sentence in whole for gap in gaps))
        _compare_answers(answers, limit)


def _answer(given: Given, sentence: int, steps: np.ndarray) -> np.ndarray:
    """The answers to one sentence, [1, C], or after its `steps`, [T, C]; nan where there is none."""
    rows = steps if given.sentences is None else np.flatnonzero(given.sentences == sentence)[:1]
    found: np.ndarray | None = None
    for part, values in given.chunks(rows):
        if found is None:
            found = np.full((len(rows), values.shape[1]), np.nan)
        found[np.searchsorted(rows, part)] = values.detach().double().cpu().numpy()
    return np.full((len(rows), 1), np.nan) if found is None else found


def _compare_answers(pairs: Sequence[tuple[np.ndarray, np.ndarray, int]], limit: float) -> None:
    """RnnvisError, naming the sentence, where answers in a batch and alone differ by more than `limit` of the largest
    one."""
    everything = np.concatenate([np.zeros(0), *(before.reshape(-1) for before, _, _ in pairs)])
    scale = float(np.abs(everything[np.isfinite(everything)]).max(initial=0)) or 1.0
    worst, where = 0.0, -1
    for before, now, sentence in pairs:
        same = before.shape == now.shape and np.array_equal(np.isfinite(before), np.isfinite(now))
        if same:
            finite = np.isfinite(before)
            same = np.array_equal(before[~finite], now[~finite], equal_nan=True)
            gap = float(np.abs(before - now)[finite].max(initial=0)) / scale if same else np.inf
        else:
            gap = np.inf
        if gap > worst:
            worst, where = gap, sentence
    if worst > limit:
        size = "differs" if np.isinf(worst) else f"differs by {worst:.2g} of its largest value"
        raise RnnvisError(
            f"What the model answers is not the same alone and in a batch: for sequence {where} it {size}. The rows of "
            "a batch influence one another’s answers, or answers come back in another order",
            'pass one at a time: batch_steps=1; or leave the answers out: outputs="none"',
        )


@dataclass(frozen=True)
class _Watch:
    check: SelfCheck
    text: str

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        self.check.take(self.text, batch)


def _gap(state: str, sentence: int, off: np.ndarray, limit: float, padded: bool) -> _Gap:
    taken = off[::-1] if ".reverse." in state else off
    first = int(np.flatnonzero(off > limit)[0])
    return _Gap(state, sentence, first, float(off.max()), padded, bool(taken[0] <= limit / 10 < limit < taken[-1]))


def _refused(gaps: list[_Gap], padded_alone: bool) -> RnnvisError:
    worst = max(gaps, key=lambda gap: gap.size)
    what = (
        f'"{worst.state}" is not the same alone and in a batch: in sequence {worst.sentence} it differs by '
        f"{worst.size:.2g} of its largest value, from step {worst.step} on"
    )
    if padded_alone:
        return RnnvisError(
            f"{what}. Only sequences that were padded differ: the model goes on from padding, or looks at it",
            "pass one at a time: batch_steps=1; or let forward pack its rows, or mask what stands behind their ends",
        )
    if all(gap.growing for gap in gaps):
        return RnnvisError(
            f"{what}. It begins small: the model makes roundings larger from step to step",
            "record it in double precision: model.double(); or without this check: check=False",
        )
    return RnnvisError(
        f"{what}. The rows of a batch influence one another, or change places unseen",
        "pass one at a time: batch_steps=1; or say how to call the model: forward=lambda model, batch: model(…)",
    )
