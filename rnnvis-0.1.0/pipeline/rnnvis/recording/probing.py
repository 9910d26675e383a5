"""A model on a few rows of its text, of which one word or another is changed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.alignment import UnfollowedError
from rnnvis.recording.called import Batch, Called
from rnnvis.recording.capture import capture, recurrent_modules
from rnnvis.recording.outputs import Change, outputs
from rnnvis.recording.steps import reading_of
from rnnvis.recording.traces import LayerTrace
from rnnvis.recording.untouched import untouched
from rnnvis.text.batches import padded
from rnnvis.text.sentences import lengths_of

LENGTHS = (7, 10)
ROWS, _SHORT = 24, 3  # from 17 rows on, torch.sort lets equal lengths change places: of 24, 23 do
FELT = 1e-5  # of the largest input; what does not feel a word is the same to the last bit on a CPU
_PLACES, _WORDS = 6, 16
Text = dict[str, list[np.ndarray]]


@dataclass(frozen=True)
class Seen:
    """What a module read, [B, T, inputs], and the states it went through, [B, T, units] each."""

    read: Tensor
    states: list[Tensor]


@dataclass(frozen=True)
class Look:
    """What one call showed: of each module that ran, its outputs as it gave them, whether random numbers were drawn."""

    seen: dict[str, Seen]
    outputs: dict[str, list[Any]]
    drew: bool


class Probe:
    """Calls a model on rows that are all alike, on their variants, and on many different rows."""

    def __init__(self, called: Called, cut: bool) -> None:
        only = called.plan.only
        self.begin(called, cut, recurrent_modules(called.model, only))
        self.layers = self.modules if only is None else {**_layers(called.model), **self.modules}

    def begin(self, called: Called, cut: bool, modules: Mapping[str, nn.Module]) -> None:
        """Choose the rows that are tried."""
        self.called, self.cut, self.modules = called, cut, modules
        self.model, self.readings, self.forward, self.only = (
            called.model,
            called.readings,
            called.forward,
            called.plan.only,
        )
        self.fills = called.fills
        self.pools = {name: _pool(text, self.fills[name]) for name, text in self.readings.items()}
        self.rows = 1 if called.plan.alone else 2
        self.samples = [self._sample(length) for length in LENGTHS]

    # Calls of the model

    @cached_property
    def base(self) -> list[Look]:
        """What each sample shows as it is."""
        return [self.look(sample) for sample in range(len(self.samples))]

    def look(self, sample: int, changed: Mapping[str, np.ndarray] | None = None, seed: int | None = None) -> Look:
        """Rows all alike of a sample, in which `changed` rows may stand in for the sample's own."""
        place, rows = self.samples[sample]
        text = {name: [row] * self.rows for name, row in (rows | dict(changed or {})).items()}
        return self.call(text, [place] * self.rows, seed=seed)

    def call(
        self,
        text: Mapping[str, Sequence[np.ndarray]],
        places: Sequence[int],
        changes: Mapping[str, Change] | None = None,
        seed: int | None = None,
    ) -> Look:
        batch = self.batch(text, places)
        with untouched(self.model), torch.no_grad():
            if seed is not None:
                torch.manual_seed(seed)
                random.seed(seed)
                np.random.seed(seed)
            before = _chance()
            with self.captured(batch) as traces, outputs(self.layers, changes or {}) as kept:
                self.forward(self.model, batch)
            drew = batch.ids.device.type != "cpu" or _chance() != before
        if not traces:
            raise RnnvisError("the model's recurrent modules did not run", "check how forward calls the model")
        seen: dict[str, Seen] = {}
        for trace in traces:
            if trace.inputs is not None and trace.module not in seen:
                seen[trace.module] = Seen(trace.inputs, [])
            seen[trace.module].states.extend(trace.states.values())
        return Look(seen, kept, drew)

    def batch(self, text: Mapping[str, Sequence[np.ndarray]], places: Sequence[int]) -> Batch:
        """Rows of every reading, from these positions, side by side."""
        return self.called.batch({name: padded(rows, self.fills[name]) for name, rows in text.items()}, places)

    def captured(self, batch: Batch, torchs_kernels: bool = False) -> AbstractContextManager[list[LayerTrace]]:
        """A capture of what the modules do while they read `batch`."""
        reads = {"": batch.ids} | {name: read.ids for name, read in batch.tokens.items()}
        steps = {path: reads[reading_of(path, reads)].shape[1] for path in self.modules}
        return capture(self.model, steps, torchs_kernels, self.only, torchs_kernels)

    # Rows to try

    def _sample(self, length: int) -> tuple[int, dict[str, np.ndarray]]:
        """Position and words of a row in every reading, of about `length` words."""
        lengths = lengths_of(self.readings[""])
        usable = np.flatnonzero(lengths > 0)
        far = np.abs(lengths[usable] - length)
        place = int(usable[far.argmin()])
        if not self.cut:
            return place, {name: np.asarray(text[place], np.int64) for name, text in self.readings.items()}
        rows = {}
        for name, text in self.readings.items():
            longer = length + self._uneven(name)
            row = np.resize(text[place] if len(text[place]) else self.pools[name], longer).astype(np.int64)
            rows[name] = np.where(row == self.fills[name], self.pools[name][0], row)
        return place, rows

    def _uneven(self, name: str) -> bool:
        """Whether rows of this reading are longer or shorter than the input's."""
        return not np.array_equal(lengths_of(self.readings[""]), lengths_of(self.readings[name]))

    def others(self, name: str, word: int) -> np.ndarray:
        """Other words than `word`, two at most."""
        pool = self.pools[name]
        behind = np.roll(pool, -1 - int(np.flatnonzero(pool == word)[0])) if word in pool else pool
        return behind[behind != word][:2]

    def places(self, sample: int, name: str) -> np.ndarray:
        words = len(self.samples[sample][1][name])
        if words <= _PLACES:
            return np.arange(words)
        return np.unique([0, 1, words // 2, words - 2, words - 1])

    def sizes(self, sample: int, name: str, paths: Iterable[str]) -> dict[str, np.ndarray]:
        """How much what each module reads at each step changes with each word, [P, T]; 0 where it does not."""
        row = self.samples[sample][1][name]
        sizes: dict[str, list[np.ndarray]] = {path: [] for path in paths}
        for place in self.places(sample, name):
            most: dict[str, np.ndarray] = {}
            for word in self.others(name, int(row[place])):
                changed = row.copy()
                changed[place] = word
                look = self.look(sample, {name: changed}).seen
                for path in sizes:
                    size = change(self.base[sample].seen[path], look.get(path), path)
                    most[path] = size if path not in most else np.maximum(most[path], size)
                if all(size.any() for size in most.values()):
                    break
            for path, size in most.items():
                sizes[path].append(size)
        steps = {path: self.base[sample].seen[path].read.shape[1] for path in sizes}
        return {path: np.stack(of) if of else np.zeros((0, steps[path])) for path, of in sizes.items()}

    def many_rows(self) -> tuple[Text, Text, list[int]]:
        """Many short rows in two versions that differ in every word, longest first, and their positions."""
        lengths = lengths_of(self.readings[""])
        usable = np.flatnonzero(lengths > 0)
        usable = usable[np.argsort(lengths[usable], kind="stable")]
        short = usable[lengths[usable] >= 2] if (lengths >= 2).any() else usable
        places = np.resize(short[:ROWS], ROWS)
        places = places[np.argsort(-lengths[places], kind="stable")]
        drawn = np.random.default_rng(0)
        text: Text = {}
        other: Text = {}
        for name in self.readings:
            pool = self.pools[name]
            rows = [np.asarray(self.readings[name][int(i)], np.int64) for i in places]
            if self.cut:
                half = [_SHORT - (i > ROWS // 2) for i in range(ROWS)]
                if self._uneven(name):
                    half = [half[i] for i in drawn.permutation(ROWS)]
                rows = [drawn.choice(pool, n) for n in half]
            text[name] = rows
            other[name] = [np.array([next(iter(self.others(name, int(w))), w) for w in row], np.int64) for row in rows]
        return text, other, [int(i) for i in places]


def _layers(model: nn.Module) -> dict[str, nn.Module]:
    """All recurrent modules of `model`, none where one of them hides its steps."""
    try:
        return recurrent_modules(model)
    except RnnvisError:
        return {}


def _pool(text: Sequence[np.ndarray], fill: int) -> np.ndarray:
    """The most frequent words at the start of `text`, without padding where there are others."""
    some = np.concatenate([np.zeros(0, np.int64), *(row for row in text[:500])]).astype(np.int64)
    words, uses = np.unique(some, return_counts=True)
    words = words[np.argsort(-uses, kind="stable")]
    others = words[words != fill]
    return (others if len(others) else words if len(words) else np.zeros(1, np.int64))[:_WORDS]


def change(base: Seen, look: Seen | None, path: str) -> np.ndarray:
    """How much each step's input differs, [T]; 0 below rounding."""
    before, after = base.read, None if look is None else look.read
    if after is None or before.shape != after.shape:
        raise UnfollowedError(
            f'"{path}" takes another number of steps when a word is changed',
            f'give the ids that its own steps read: tokens={{"{path}": …}}, so that it does not run on its own guesses',
        )
    size = (after - before).abs().amax(dim=(0, 2)).double().cpu().numpy()
    size[size <= FELT * float(before.abs().max())] = 0
    return size


def _chance() -> tuple[object, ...]:
    _, keys, *rest = np.random.get_state()
    return torch.get_rng_state().numpy().tobytes(), random.getstate(), np.asarray(keys).tobytes(), *rest
