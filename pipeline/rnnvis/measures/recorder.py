"""All states of a model over all of its text, and everything that is measured in them, streaming.

`rnnvis.measures.measure` drives it.

Recorders over disjoint sets of sentences merge, so that a corpus can be recorded in shards.
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnvis.errors import RnnvisError
from rnnvis.measures.halves import KeptStates
from rnnvis.measures.kept import Keeping, Kept
from rnnvis.measures.spool import Changes
from rnnvis.measures.units.cells import CellFinder, Cells, CellSums
from rnnvis.measures.units.explained import Explained, explained
from rnnvis.measures.units.gates import GateAccumulator, Gates, gates_of
from rnnvis.measures.units.units import UnitAccumulator, Units
from rnnvis.measures.words.contexts import ContextFinder, Contexts
from rnnvis.measures.words.quantiles import QuantileAccumulator, Quantiles
from rnnvis.measures.words.responses import ResponseAccumulator, Responses, sentence_halves
from rnnvis.measures.words.surprise import UseDistances, distances, surprise, use_distances
from rnnvis.text.sentences import Sentences

if TYPE_CHECKING:
    from rnnvis.recording import StepBatch

STATES_BYTES = 64 * 2**20
_BLOCK = 2**20


@dataclass(frozen=True)
class Text:
    """Sentences as word numbers: `tokens` int32 [T] each, `keys` their names, `words` the size of the vocabulary.

    `measured` bool [S]: which of them the measures take; the others are only read. `always` bool [S]: those whose
    states are published whatever the sample, which has at most `states_bytes` bytes a state. `labelled` bool [S]:
    those whose last state is kept, none by default.
    """

    tokens: Sequence[np.ndarray]
    keys: Sequence[str]
    words: int
    measured: np.ndarray
    always: np.ndarray
    labelled: np.ndarray | None = None
    states_bytes: int = STATES_BYTES

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each sentence, int64 [S]."""
        return Sentences.of(self.tokens).lengths


@dataclass
class StateRecord:
    """Everything measured of one state.

    `of(sentence)` gives the states along a sentence. `published` int64 [P]: the sentences whose states are kept,
    `values` [their steps, H], of the p-th from row `starts[p]` on, int64 [P + 1]; `before` [P, H] the state that each
    of them starts from, float16 or float32 as `rnnvis.measures.halves` says; `ended` int64 [E]: labelled sentences,
    `last` float32 [E, H]: the state after the last step that it took in each of them; `surprise` float32 [N] as in
    `rnnvis.measures.words.surprise`, steps in the sentences' order, and `distances` that it ranks, or none where
    `compare` was left out.
    """

    name: str
    responses: Responses
    quantiles: Quantiles
    units: Units
    explained: Explained
    gates: Gates
    contexts: Contexts
    published: np.ndarray
    values: np.ndarray = field(repr=False)
    before: np.ndarray = field(repr=False)
    starts: np.ndarray = field(repr=False)
    ended: np.ndarray = field(repr=False)
    last: np.ndarray = field(repr=False)
    surprise: np.ndarray | None = field(repr=False)
    distances: UseDistances | None = field(repr=False)

    def of(self, sentence: int) -> np.ndarray:
        """The states after each step of a sentence, by its number, [T, H] as in `values`; a copy.

        All sentences are kept up to 64 MB a state, then a sample of them: `published` says which. Raises RnnvisError
        for a sentence that is not there.
        """
        whole = isinstance(sentence, int | np.integer) and not isinstance(sentence, bool)
        at = int(np.searchsorted(self.published, sentence)) if whole else 0
        if not whole or at == len(self.published) or self.published[at] != sentence:
            raise RnnvisError(
                f"{self.name} was kept of {len(self.published):,} sentences, and {sentence!r} is none of them",
                f'their numbers are in recording.states["{self.name}"].published',
            )
        return self.values[self.starts[at] : self.starts[at + 1]].copy()

    def sampled(self, keys: Sequence[str], budget: int) -> StateRecord:
        """The same with the states of fewer sentences: about `budget` bytes, chosen by their `keys` as below."""
        size = np.diff(self.starts) * self.values.itemsize * self.values.shape[1]
        named = [keys[i] for i in self.published.tolist()]
        return self.only(self.published[sampled(named, size, np.zeros(len(size), bool), budget)])

    def only(self, sentences: np.ndarray) -> StateRecord:
        """The same with the states of those of the `sentences`, by number, that it has."""
        kept = np.flatnonzero(np.isin(self.published, sentences))
        lengths = np.diff(self.starts)[kept]
        rows = np.repeat(self.starts[kept] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        return replace(
            self,
            published=self.published[kept],
            values=self.values[rows],
            before=self.before[kept],
            starts=np.concatenate([[0], np.cumsum(lengths)]),
        )


class StateRecorder:
    """Takes in every step twice: `add` for the measures, then `compare` for the surprise of each step, which may have
    been kept from the first time.

    Memory grows with words × units, with samples of at most 64 MB a state (states along sentences, states at the end
    of labelled ones), and with the text: 4 bytes a step for its word, and 4 a step and state once `compare` is called.
    Quantiles are taken of words with at least `frequent_count` measured uses. `bounded` names the
    states that lie in [−1, 1] (default: every h).
    """

    def __init__(self, text: Text, frequent_count: int, bounded: Sequence[str] | None = None) -> None:
        self.text = text
        self.sentences = sentences = Sentences.of(text.tokens)
        self.lengths, self.starts, self.token_id = sentences.lengths, sentences.starts, sentences.ids
        self.halves = sentence_halves(text.keys)
        uses = np.zeros(text.words, dtype=np.int64)
        for start in range(0, len(self.token_id), _BLOCK):
            stop = min(start + _BLOCK, len(self.token_id))
            uses += np.bincount(self.token_id[start:stop][self._measured(start, stop)], minlength=text.words)
        self.frequent = np.flatnonzero(uses >= max(1, frequent_count))
        self.finders = tuple(CellFinder(sentences, text.words, text.measured, uses, way) for way in (False, True))
        self._bounded = bounded
        self._seen = np.zeros(len(self.lengths), dtype=bool)
        self._parts: dict[str, _State] = {}
        self._finished = False
        self._gates: dict[tuple[str, int], GateAccumulator] = {}
        self._distance: dict[str, np.ndarray] = {}

    def afresh(self, bounded: Sequence[str] | None = None) -> StateRecorder:
        """One over the same text that has seen nothing; what is known of the text is shared, not found again."""
        other = copy.copy(self)
        other._bounded = bounded
        other._seen = np.zeros_like(self._seen)
        other._parts, other._gates, other._distance, other._finished = {}, {}, {}, False
        return other

    @property
    def seen(self) -> np.ndarray:
        """Sentences that the first pass was shown, bool [S]."""
        return self._seen

    def steps_of(self, sentences: np.ndarray) -> np.ndarray:
        """Which of all steps are in `sentences` bool [S], bool [N]."""
        return np.repeat(sentences, self.lengths)

    def rows(self, batch: StepBatch) -> np.ndarray:
        """Place of each step of `batch` among all steps, int64."""
        return self.starts[batch.sentence_id] + batch.step

    def _measured(self, start: int, stop: int) -> np.ndarray:
        """Whether the measures take steps `start` to `stop`, bool."""
        sentence = np.searchsorted(self.starts, np.arange(start, stop), side="right") - 1
        return self.text.measured[sentence]

    def add(self, batch: StepBatch, keep: Callable[[Changes], None] | None = None) -> None:
        """First pass. Sentences come whole, each once. `keep` is given the changes of each state."""
        assert not self._finished
        rows = self.rows(batch)
        self._seen[batch.sentence_id] = True
        inside = _rows(self.text.measured[batch.sentence_id])
        cells: dict[bool, Cells] = {}
        for name, values in batch.states.items():
            part = self._parts.get(name)
            if part is None:
                part = self._parts[name] = self._state(name, values.shape[1])
            delta = batch.delta(name)
            if part.backwards not in cells:
                cells[part.backwards] = self._cells(batch, inside, part.backwards)
            part.add(batch, delta, inside, cells[part.backwards])
            if keep:
                keep(Changes(name, rows, batch.token_id, delta))
        if batch.gates:
            self.add_gates(batch)

    def add_gates(self, batch: StepBatch) -> None:
        """What `add` does with the gates, for a batch that is then handed to it without them."""
        inside = _rows(self.text.measured[batch.sentence_id])
        for (layer, units), name in {_layer(n, values.shape[1]): n for n, values in batch.states.items()}.items():
            gates = gates_of(name, batch.gates, units)
            self._gates_of(layer, units).add({gate: of[inside] for gate, of in gates.items()})

    def _state(self, name: str, units: int) -> _State:
        bounded = name.endswith(".h") if self._bounded is None else name in self._bounded
        return _State(name, units, bounded, self)

    def _cells(self, batch: StepBatch, inside: np.ndarray | slice, backwards: bool) -> Cells:
        sentence = batch.sentence_id[inside]
        steps = batch.token_id[inside], sentence, batch.step[inside]
        return self.finders[backwards].find(*steps, self.halves[sentence])

    def _gates_of(self, layer: str, units: int) -> GateAccumulator:
        return self._gates.setdefault((layer, units), GateAccumulator(units))

    def merge(self, other: StateRecorder) -> None:
        """Take in the first pass of `other`, over other sentences of the same text; `other` is not changed.

        Counts, histograms, quantiles, contexts and samples become those of one recorder over all of the sentences;
        moments do up to the rounding of float64. Raises RnnvisError: another text, or a sentence that both have.
        """
        assert not self._finished
        if self.text is not other.text and not np.array_equal(self.token_id, other.token_id):
            raise RnnvisError("the two recordings are of different texts", "record parts of one Text")
        self._check_apart(other._seen)
        for name, part in other._parts.items():
            if name in self._parts:
                self._parts[name].merge(part, other._seen)
            else:
                self._parts[name] = copy.deepcopy(part, {id(other): self})
        for key, gates in other._gates.items():
            self._gates_of(*key).merge(gates)
        self._seen |= other._seen

    def kept(self) -> dict[str, Any]:
        """What the first pass has seen, `seen` int64 the numbers of the sentences: for `take`."""
        assert not self._finished
        return {
            "seen": np.flatnonzero(self._seen),
            "states": {name: part.kept(self._seen) for name, part in self._parts.items()},
            "gates": {f"{layer}.{units}": gates.kept() for (layer, units), gates in self._gates.items()},
        }

    def take(self, kept: Kept) -> None:
        """`merge` what a recorder over other sentences of this text has `kept`."""
        assert not self._finished
        seen = np.zeros_like(self._seen)
        seen[kept["seen"]] = True
        self._check_apart(seen)
        for name, of in kept.get("states", {}).items():
            part = self._state(name, of["last"].shape[1])
            part.restore(of, seen)
            if name in self._parts:
                self._parts[name].merge(part, seen)
            else:
                self._parts[name] = part
        for name, of in kept.get("gates", {}).items():
            layer, units = name.rsplit(".", 1)
            gates = GateAccumulator(int(units))
            gates.restore(of)
            self._gates_of(layer, int(units)).merge(gates)
        self._seen |= seen

    def _check_apart(self, seen: np.ndarray) -> None:
        twice = np.flatnonzero(self._seen & seen)
        if len(twice):
            raise RnnvisError(
                f"sentence {twice[0]} is in both recordings, and {len(twice) - 1} others are",
                "record each sentence in one part only",
            )

    def finish(self) -> None:
        """End the first pass: nothing is added or merged from here on, and the memory for that is given back."""
        self._finished = True
        for part in self._parts.values():
            part.finish()

    def compare(self, batches: Iterable[StepBatch]) -> None:
        """Second pass, over the same steps, in one call or in several."""
        for batch in batches:
            rows = self.rows(batch)
            for name in batch.states:
                self.compare_changes(Changes(name, rows, batch.token_id, batch.delta(name)))

    def compare_changes(self, changes: Changes) -> None:
        """Second pass over what the first one handed to `keep`."""
        name = changes.state
        if name not in self._distance:
            self._distance[name] = np.zeros(int(self.starts[-1]), np.float32)
        expected = self._parts[name].expected()
        known = _rows(expected.count[changes.token_id] > 0)
        place = np.cumsum(expected.count > 0) - 1
        found = distances(place[changes.token_id[known]], changes.delta[known], expected.used_mean)
        self._distance[name][changes.rows[known]] = found

    def responses(self) -> dict[str, Responses]:
        """The expected responses by state, as far as they are known."""
        return {name: part.expected() for name, part in self._parts.items()}

    def distances(self, sentences: np.ndarray) -> dict[str, np.ndarray]:
        """What the second pass found in `sentences` bool [S], by state, float32 [their steps]; for `take_distances`."""
        steps = self.steps_of(sentences)
        return {name: of[steps] for name, of in self._distance.items()}

    def take_distances(self, sentences: np.ndarray, distances: Kept) -> None:
        """Take in what the second pass of another one found in `sentences` bool [S]."""
        steps = self.steps_of(sentences)
        for name, of in distances.items():
            self._distance.setdefault(name, np.zeros(len(steps), np.float32))[steps] = of

    def result(self) -> list[StateRecord]:
        """What was measured, a record a state, in the order of their first appearance."""
        return [
            part.result(self._gates_of(*_layer(name, part.units.units)).result(), *self._surprise(name))
            for name, part in self._parts.items()
        ]

    def _surprise(self, name: str) -> tuple[np.ndarray | None, UseDistances | None]:
        if name not in self._distance:
            return None, None
        measured = self.text.measured
        of_step = None if measured.all() else np.repeat(measured, self.lengths)
        distance = self._distance[name]
        ranked = use_distances(self.token_id, distance, of_step)
        return surprise(self.token_id, distance, of_step), ranked


def merge(a: StateRecorder, b: StateRecorder) -> StateRecorder:
    """A recorder that has seen what `a` and `b` have, which stay as they are; see `StateRecorder.merge`."""
    both = copy.deepcopy(a, {id(a.text): a.text})
    both.merge(b)
    return both


def sampled(keys: Sequence[str], size: np.ndarray, always: np.ndarray, budget: int = STATES_BYTES) -> np.ndarray:
    """Numbers of the sentences, each of `size` bytes, int64 [S], that fit into `budget` bytes, int64, ascending.

    All of them if they fit; else those of `always` bool [S] and, of the rest, the sentences with the smallest hash of
    their key, so that each split keeps its share.
    """
    if size.sum() <= budget:
        return np.arange(len(size))
    share = (budget - size[always].sum()) / max(1, size[~always].sum())
    hashed = np.array([zlib.crc32(key.encode()) / 2**32 for key in keys])
    return np.flatnonzero(always | (hashed < share * 0.98))


def _rows(wanted: np.ndarray) -> np.ndarray | slice:
    """The rows that the mask `wanted` [N] names; all of them without a copy."""
    return slice(None) if wanted.all() else np.flatnonzero(wanted)


def _layer(state: str, units: int) -> tuple[str, int]:
    """The layer of a state of so many units: states of one layer share its gates."""
    return state.rsplit(".", 1)[0], units


class _State:
    def __init__(self, name: str, units: int, bounded: bool, recorder: StateRecorder) -> None:
        self.name, self.recorder = name, recorder
        text = recorder.text
        self.responses = ResponseAccumulator(text.words, units)
        self.quantiles = QuantileAccumulator(recorder.frequent, units)
        self.units = UnitAccumulator(units, bounded)
        self.contexts = ContextFinder(units)
        self.backwards = ".reverse." in name
        self.cells = CellSums(recorder.finders[self.backwards], units)
        self.seen = np.zeros(len(recorder.lengths), dtype=bool)
        self.ended = np.zeros(0, np.int64)
        if text.labelled is not None:
            labelled = np.flatnonzero(text.labelled & (recorder.lengths > 0))
            size = np.full(len(labelled), 4 * units)
            keys = [text.keys[i] for i in labelled.tolist()]
            self.ended = labelled[sampled(keys, size, np.zeros(len(size), bool), STATES_BYTES)]
        self.place = np.full(len(recorder.lengths), -1, np.int32)
        self.place[self.ended] = np.arange(len(self.ended))
        self.last = np.zeros((len(self.ended), units), np.float32)
        self.published = sampled(text.keys, 2 * units * text.lengths, text.always, text.states_bytes)
        self.starts = np.full(len(recorder.lengths), -1)
        lengths = recorder.lengths[self.published]
        self.starts[self.published] = np.cumsum(lengths) - lengths
        self._expected: Responses | None = None
        self._explained: Explained | None = None
        self._quantiles: Quantiles | None = None
        self.rows = int(lengths.sum())
        self.values = KeptStates(self.rows, units)
        self.before = KeptStates(len(self.published), units)

    def add(self, batch: StepBatch, delta: np.ndarray, inside: np.ndarray | slice, cells: Cells) -> None:
        """Take in a batch with its changes; `inside` are the rows that are measured, `cells` those of them."""
        self._expected = None
        state = batch.states[self.name]
        previous = batch.previous[self.name]
        ends = batch.step == 0, batch.step == self.recorder.lengths[batch.sentence_id] - 1
        starting, ending = ends[::-1] if self.backwards else ends
        continued = ~starting if self.backwards else batch.continued
        place = self.place[batch.sentence_id]
        last = np.flatnonzero((place >= 0) & ending)
        self.last[place[last]] = state[last]
        kept = self.starts[batch.sentence_id] >= 0
        self.values.put((self.starts[batch.sentence_id] + batch.step)[kept], state[_rows(kept)])
        first = np.flatnonzero(kept & starting)
        self.before.put(np.searchsorted(self.published, batch.sentence_id[first]), previous[first])
        token, sentence, state, delta = batch.token_id[inside], batch.sentence_id[inside], state[inside], delta[inside]
        self.responses.add(token, delta, self.recorder.halves[sentence])
        self.quantiles.add(token, delta)
        self.units.add(state, previous[inside], continued[inside])
        self.contexts.add(state, sentence, batch.step[inside])
        self.cells.add(cells, delta)
        self.seen[sentence] = True

    def expected(self) -> Responses:
        """The responses to all that was seen so far."""
        if self._expected is None:
            self._expected = self.responses.result()
        return self._expected

    def explained(self) -> Explained:
        """What the word and more explain of all that was seen so far."""
        if self._explained is not None:
            return self._explained
        finder, halves = self.recorder.finders[self.backwards], self.recorder.halves
        return explained(self.expected(), self.responses.within(), self.cells, finder, self.seen, halves)

    def finish(self) -> None:
        """Come to results and give the memory back that they were made in."""
        words, units = self.responses.words, self.responses.units
        self._expected, self._quantiles, self._explained = self.expected(), self.quantiles.result(), self.explained()
        self.responses, self.quantiles = ResponseAccumulator(words, units), QuantileAccumulator(np.zeros(0, int), units)
        self.cells.clear()

    def merge(self, other: _State, seen: np.ndarray) -> None:
        self._expected = None
        for name, of in self._measures():
            of.merge(getattr(other, name))  # type: ignore[attr-defined]
        self.seen |= other.seen
        ended, published, steps = self._places(seen)
        self.last[ended] = other.last[ended]
        self.before.put(published, other.before.of(published))
        self.values.put(steps, other.values.of(steps))

    def kept(self, seen: np.ndarray) -> dict[str, Any]:
        """What it has seen in the sentences `seen` bool [S]."""
        ended, published, steps = self._places(seen)
        samples = {"last": self.last[ended], "before": self.before.of(published), "values": self.values.of(steps)}
        return {name: of.kept() for name, of in self._measures()} | {"measured": np.flatnonzero(self.seen)} | samples

    def restore(self, kept: Kept, seen: np.ndarray) -> None:
        for name, of in self._measures():
            of.restore(kept[name])
        self.seen[kept["measured"]] = True
        ended, published, steps = self._places(seen)
        self.last[ended] = kept["last"]
        self.before.put(published, kept["before"])
        self.values.put(steps, kept["values"])

    def _measures(self) -> Iterator[tuple[str, Keeping]]:
        return ((name, getattr(self, name)) for name in ("responses", "quantiles", "units", "contexts", "cells"))

    def _places(self, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which of the last states, of the published sentences, and of their steps belong to the sentences `seen`."""
        published = seen[self.published]
        return seen[self.ended], published, np.repeat(published, self.recorder.lengths[self.published])

    def result(self, gates: Gates, surprises: np.ndarray | None, ranked: UseDistances | None) -> StateRecord:
        return StateRecord(
            name=self.name,
            responses=self.expected(),
            quantiles=self._quantiles or self.quantiles.result(),
            units=self.units.result(),
            explained=self.explained(),
            gates=gates,
            contexts=self.contexts.result(),
            published=self.published,
            values=self.values.result(),
            before=self.before.result(),
            starts=np.append(self.starts[self.published], self.rows),
            ended=self.ended,
            last=self.last,
            surprise=surprises,
            distances=ranked,
        )
