"""Memory of the answer: how much of the answer after each step comes from each word of the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from rnnvis.measures.kept import Kept
from rnnvis.measures.outputs.deletion import Deletion
from rnnvis.measures.units.gates import gates_of
from rnnvis.recording.cells import OPENED
from rnnvis.recording.heads import Head
from rnnvis.recording.steps import StepBatch

NEAR = 1e-4
"""By how much of all parts together, or of 1, the sum of the parts may miss the answer before they are rounded."""
_NUMBERS = 2**19  # of each kind, held at once


def answer_parts(
    states: np.ndarray, before: np.ndarray, kept: np.ndarray, opened: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What of each word is in K scores after each step, float64 [B, T, T, K], and of the first state, [B, T, K].

    A gated state is s_t = k_t ⊙ s_{t−1} + w_t: `kept` [B, T, H] is the gate k (z of a GRU, f of an LSTM's cell state),
    so that s_t = (Π_{j ≤ t} k_j) ⊙ s_0 + Σ_{i ≤ t} (Π_{i < j ≤ t} k_j) ⊙ w_i exactly. `states` [B, T, H] are s_1 … s_T
    of B sentences, `before` [B, T, H] are s_0 … s_{T−1}. The scores read v ⊙ a_t · s_t: `opened` [B, T, H] is a, and
    `weights` v are [K, H], or [B, T, K, H] where each step has its own.

    At [b, t, i] is v_t ⊙ a_t · (Π_{i < j ≤ t} k_j) ⊙ w_i, zero for i > t; a step's parts and that of the first state
    sum to v_t ⊙ a_t · s_t. Direct paths only: what a word does to later gates and candidates counts as those words'.
    """
    s, k, a, earlier = (np.asarray(of, dtype=np.float64) for of in (states, kept, opened, before))
    batch, steps, units = s.shape
    written = s - k * earlier
    start = earlier[:, 0]
    scores = weights.shape[-2]
    left = np.zeros((batch, steps, units))  # of each word's writing, what is left by now
    parts, of_start = np.zeros((batch, steps, steps, scores)), np.zeros((batch, steps, scores))
    for t in range(steps):
        left[:, :t] *= k[:, t, None]
        start = start * k[:, t]
        left[:, t] = written[:, t]
        read = (a[:, t, None] * (weights if weights.ndim == 2 else weights[:, t])).swapaxes(1, 2)  # [B, H, K]
        parts[:, t, : t + 1] = left[:, : t + 1] @ read
        of_start[:, t] = (start[:, None] @ read)[:, 0]
    return parts, of_start


@dataclass(frozen=True)
class AnswerMemory:
    """What of each word is in a model's answers: R rows, sorted by sentence, step and class.

    `answer` float32 [R] is the score of class `of_class` int32 [R] (of a model that says the next word: of the word
    that came) after step `step` int16 [R]. It is the sum of `part[starts[i]:starts[i + 1]]`, float32, one for each word
    up to that step (for all words of the sentence where the model also reads backwards), and of `rest` float32 [R]: the
    bias of the head, and what is left of the state that the sentence started from. `deletion` says how far the parts
    agree with leaving words out, where that was tried.
    """

    sentence_id: np.ndarray
    step: np.ndarray
    of_class: np.ndarray
    starts: np.ndarray = field(repr=False)
    part: np.ndarray = field(repr=False)
    rest: np.ndarray = field(repr=False)
    answer: np.ndarray = field(repr=False)
    deletion: Deletion | None = None

    def only(self, sentences: np.ndarray) -> AnswerMemory:
        """The rows of `sentences` int [n]."""
        rows = np.flatnonzero(np.isin(self.sentence_id, sentences))
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        flat = np.repeat(self.starts[rows] - starts[:-1], lengths) + np.arange(starts[-1])
        return replace(
            self,
            sentence_id=self.sentence_id[rows],
            step=self.step[rows],
            of_class=self.of_class[rows],
            starts=starts,
            part=self.part[flat],
            rest=self.rest[rows],
            answer=self.answer[rows],
        )


def bytes_of(lengths: np.ndarray, scores: int, whole: bool) -> np.ndarray:
    """Bytes of the parts of sentences of these `lengths`, two a part, int64; `whole`: of all words at each step."""
    many = lengths.astype(np.int64)
    size: np.ndarray = 2 * scores * (many * many if whole else many * (many + 1) // 2)
    return size


@dataclass(frozen=True)
class _Rows:
    step: np.ndarray
    of_class: np.ndarray
    lengths: np.ndarray
    part: np.ndarray
    rest: np.ndarray
    answer: np.ndarray


class AnswerMemoryRecorder:
    """Collects the parts of the sentences in `chosen` bool [S], as a linear `head` reads its scores from gated states.

    `numbers` int [K] are the classes of the scores. `target` int [all steps] is the word that came after each step,
    negative where none did: then the score of that word alone is taken, and K is the size of the vocabulary.
    `missing` is the first state that no gate keeps, or whose gates are not recorded, and `off` the largest miss of a
    sum, as a share of `NEAR`'s measure: with either there is no result.
    """

    def __init__(
        self, head: Head, numbers: Sequence[int] | np.ndarray, chosen: np.ndarray, target: np.ndarray | None = None
    ) -> None:
        assert head.weights is not None
        assert head.bias is not None
        self.head, self.chosen, self.target = head, chosen, target
        self.numbers = np.asarray(numbers, np.int32)
        self.missing: str | None = None
        self.off = 0.0
        self._rows: dict[int, _Rows] = {}

    @property
    def both_ways(self) -> bool:
        """Whether words after a step may be in its answer."""
        return any(_back(name) for name in self.head.states)

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        """Take in the chosen sentences of `batch`; `rows` int64 [N] are the places of its steps among all."""
        nothing = np.zeros(0, np.int64)
        lost = [name for name in self.head.states if gated_state(name, batch, nothing) is None]
        if lost:
            self.missing = self.missing or lost[0]
            return
        starts = np.flatnonzero(np.append(True, batch.sentence_id[1:] != batch.sentence_id[:-1]))
        lengths = np.diff(np.append(starts, len(batch)))
        wanted = self.chosen[batch.sentence_id[starts]]
        units = sum(batch.states[name].shape[1] for name in self.head.states)
        scores = 1 if self.target is not None else len(self.numbers)
        for length in np.unique(lengths[wanted]):
            alike = starts[wanted & (lengths == length)]
            size = max(1, _NUMBERS // int(length * (length * scores + units * (1 if self.target is None else 2))))
            for i in range(0, len(alike), size):
                self._take(batch, rows, alike[i : i + size, None] + np.arange(length))

    def _take(self, batch: StepBatch, rows: np.ndarray, at: np.ndarray) -> None:
        """Take in B sentences of T steps, which are the steps `at` int [B, T] of `batch`."""
        head = self.head
        assert head.weights is not None
        assert head.bias is not None
        right = None if self.target is None else np.maximum(self.target[rows[at]], 0)
        bias = head.bias if right is None else head.bias[right][..., None]
        rest = np.zeros((*at.shape, 1)) + bias
        answer, parts = rest.copy(), np.zeros(())
        for name in head.states:
            of_layer = gated_state(name, batch, at)
            assert of_layer is not None
            weights = head.weights[name] if right is None else head.weights[name][right][:, :, None]
            way = slice(None, None, -1) if _back(name) else slice(None)
            state, before, kept, opened = (of[:, way] for of in of_layer)
            of_steps = weights if weights.ndim == 2 else weights[:, way]
            of_steps = np.repeat(of_steps, state.shape[-1] // of_steps.shape[-1], axis=-1)
            found, of_start = answer_parts(state, before, kept, opened, of_steps)
            found, of_start = found[:, way][:, :, way], of_start[:, way]
            h = np.einsum("...h,...kh->...k", batch.states[name][at].astype(np.float64), weights)
            if self._reads_first(name):  # of a sequence, the last answer reads this state where it ends
                found, of_start, h = (np.broadcast_to(of[:, :1], of.shape) for of in (found, of_start, h))
            parts, rest, answer = parts + found, rest + of_start, answer + h
        self._check(parts, rest, answer)
        known = np.ones(at.shape, bool) if self.target is None else self.target[rows[at]] >= 0
        if not head.ends_anywhere:
            known[:, :-1] = False
        self._keep(batch.sentence_id[at[:, 0]], parts, rest, answer, known, right)

    def _reads_first(self, name: str) -> bool:
        return _back(name) and self.head.per == "sequence" and self.head.at == "end"

    def _check(self, parts: np.ndarray, rest: np.ndarray, answer: np.ndarray) -> None:
        size = np.maximum(1.0, np.abs(parts).sum(axis=2) + np.abs(rest))
        self.off = max(self.off, float((np.abs(parts.sum(axis=2) + rest - answer) / size).max(initial=0.0)) / NEAR)

    def _keep(
        self,
        sentences: np.ndarray,
        parts: np.ndarray,
        rest: np.ndarray,
        answer: np.ndarray,
        known: np.ndarray,
        right: np.ndarray | None,
    ) -> None:
        steps, scores = parts.shape[1], parts.shape[3]
        so_far = np.ones((steps, steps), bool) if self.both_ways else np.tri(steps, dtype=bool)
        inside = np.broadcast_to(so_far[:, None], (steps, scores, steps))
        by_class = parts.swapaxes(2, 3).astype(np.float32)  # [B, T, K, T]
        for b, sentence in enumerate(sentences.tolist()):
            told = np.flatnonzero(known[b])
            self._rows[sentence] = _Rows(
                step=np.repeat(told, scores).astype(np.int16),
                of_class=np.tile(self.numbers, len(told)) if right is None else right[b, told].astype(np.int32),
                lengths=np.repeat(so_far[told].sum(axis=1), scores),
                part=by_class[b, told][inside[told]],
                rest=rest[b, told].astype(np.float32).reshape(-1),
                answer=answer[b, told].astype(np.float32).reshape(-1),
            )

    def kept(self) -> dict[str, np.ndarray]:
        """What was collected, sentence after sentence; for `take`."""
        sentences = sorted(self._rows)
        rows = [self._rows[sentence] for sentence in sentences]
        joined = {of.name: [getattr(row, of.name) for row in rows] for of in fields(_Rows)} if rows else {}
        return {
            "sentence": np.array(sentences, np.int64),
            "rows": np.array([len(row.step) for row in rows], np.int64),
            "parts": np.array([len(row.part) for row in rows], np.int64),
            "missing": np.frombuffer((self.missing or "").encode(), np.uint8),
            "off": np.array(self.off),
            **{name: np.concatenate(of) for name, of in joined.items()},
        }

    def take(self, kept: Kept) -> None:
        """Take in what another one has `kept` of other sentences."""
        self.missing = self.missing or bytes(kept["missing"]).decode() or None
        self.off = max(self.off, float(kept["off"]))
        if not len(kept["sentence"]):
            return
        split = {
            of.name: np.split(kept[of.name], np.cumsum(kept["parts" if of.name == "part" else "rows"])[:-1])
            for of in fields(_Rows)
        }
        for place, sentence in enumerate(kept["sentence"].tolist()):
            self._rows[sentence] = _Rows(**{name: of[place] for name, of in split.items()})

    def result(self) -> AnswerMemory | None:
        """What was collected; None of nothing, and where parts are not known or do not add up."""
        order = sorted(self._rows)
        rows = [self._rows[sentence] for sentence in order]
        if self.missing or self.off > 1 or not sum(len(of.step) for of in rows):
            return None
        lengths = np.concatenate([of.lengths for of in rows])
        return AnswerMemory(
            sentence_id=np.repeat(np.array(order, np.int32), [len(of.step) for of in rows]),
            step=np.concatenate([of.step for of in rows]),
            of_class=np.concatenate([of.of_class for of in rows]),
            starts=np.concatenate([[0], np.cumsum(lengths)]),
            part=np.concatenate([of.part for of in rows]),
            rest=np.concatenate([of.rest for of in rows]),
            answer=np.concatenate([of.answer for of in rows]),
        )


Gated = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def gated_state(name: str, batch: StepBatch, at: np.ndarray) -> Gated | None:
    """What the state called `name` keeps by its gate, after the steps `at` int [...] of `batch`: the gated state
    [..., H], that before it, the share of it that is kept, and the factor by which the state is more than it
    (o ⊙ tanh(c) / c of an LSTM's h); None without such a gate. A gated state may hold several numbers for each of the
    state, one after the other: it is then their sum.
    """
    layer, kind = name.rsplit(".", 1)
    state = batch.states[name]
    gates = gates_of(name, batch.gates, state.shape[1])
    if ("z" in gates and kind == "h") or ("f" in gates and kind == "c"):
        now = state[at]
        return now, batch.previous[name][at], gates["z" if kind == "h" else "f"][at], np.ones_like(now)
    cell, opened = batch.states.get(f"{layer}.c"), batch.gates.get(f"{layer}.{OPENED}")
    if cell is not None and opened is not None and opened.shape == cell.shape:
        return cell[at], batch.previous[f"{layer}.c"][at], batch.gates[f"{layer}.f"][at], opened[at]
    if not {"f", "o"} <= gates.keys() or cell is None or cell.shape != state.shape:
        return None
    now = cell[at]
    wide = now.astype(np.float64)
    ratio = np.divide(np.tanh(wide), wide, out=np.ones_like(wide), where=wide != 0)
    return now, batch.previous[f"{layer}.c"][at], gates["f"][at], gates["o"][at] * ratio


def _back(name: str) -> bool:
    return ".reverse." in name
