"""How the steps of a model follow the words, found out by changing words one at a time in a few short rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.alignment import Alignment, Plan, UnfollowedError, aligned, strongest
from rnnvis.recording.called import Called
from rnnvis.recording.outputs import Change, with_noise
from rnnvis.recording.probing import FELT, LENGTHS, ROWS, Probe, Seen, change
from rnnvis.recording.steps import how_to_call, one_at_a_time, reading_of

_SEEDS = 8
_ALONE = "Sequences go through the model one at a time: in a batch,"


def follow(called: Called, *, cut: bool = True) -> Plan:
    """How the recurrent modules of the model follow the readings: those of `called.plan.only`, or in a module named
    there, one row at a time if it is `alone`.

    One word of a short row is changed at a time: a step that reads a word is the first to feel it. Rows are alike, so
    that none can change places with another; whether rows change places is then asked of many different ones. Of what
    is fed by a layer that reads both ways every step feels every word; there, that layer's output is changed at a word.
    With `cut`, rows are made up of words of the text; without, they are whole rows of it, at their own positions.
    What reads words beside what a layer says of all of them is asked while the layers say what they said before.

    Raises RnnvisError, naming the module: it follows the words in no such way, or forward draws random numbers that
    change its states.
    """
    probe = _Follower(called, cut)
    readings, alone = called.readings, called.plan.alone
    probe.check_chance()
    found = [probe.alignments(sample) for sample in range(len(LENGTHS))]
    alignments = {path: _agreed(path, [one[path] for one in found]) for path in found[0]}
    for path, one in alignments.items():
        words = readings[reading_of(path, readings)]
        if (
            one.first == 1
            and not one.shift
            and not one.backward
            and len({int(row[0]) for row in words if len(row)}) == 1
        ):
            alignments[path] = one = replace(one, first=0)  # a first word that forward puts in itself, always the same
        alignments[path] = replace(one, by_word=path in probe.exact and probe.by_word(path, one))
    alone, notes = (alone, []) if alone else probe.movers(alignments)
    notes += [note for path, one in alignments.items() for note in probe.notes(path, one)]
    return Plan(alignments, alone, list(dict.fromkeys(notes)), called.plan.only)


class _Follower(Probe):
    """Asks; `exact` are modules whose words are each felt by one step, `by_strength` those of which each is by all."""

    def __init__(self, called: Called, cut: bool) -> None:
        super().__init__(called, cut)
        self.exact = set(self.modules)
        self.by_strength: set[str] = set()

    def check_chance(self) -> None:
        """RnnvisError where forward draws random numbers that the inputs or outputs of a module depend on."""
        if not self.base[0].drew:
            return
        for seed in range(_SEEDS):
            other = self.look(0, seed=seed)
            for path, one in self.base[0].seen.items():
                if path in other.seen and _same(one, other.seen[path]):
                    continue
                raise UnfollowedError(
                    f'"{path}" does not do the same twice: forward draws random numbers in evaluation mode too (noise, '
                    "sampling, or teacher forcing by chance)",
                    "say how to call the model without chance: forward=lambda model, batch: model(…), as with a ratio "
                    "of teacher forcing of 1 or with the mean in place of a sample",
                )

    def alignments(self, sample: int) -> dict[str, Alignment]:
        """The alignment of each module that runs, in one sample."""
        base = self.base[sample].seen
        by_reading: dict[str, list[str]] = {}
        for path in base:
            by_reading.setdefault(reading_of(path, self.readings), []).append(path)
        found: dict[str, Alignment | str] = {}
        sizes: dict[str, np.ndarray] = {}
        for name, paths in by_reading.items():
            sizes |= (size := self.sizes(sample, name, paths))
            found |= {path: self._aligned(sample, name, path, size[path]) for path in paths}
        for path, one in found.items():
            name = reading_of(path, self.readings)
            if isinstance(one, str) and name and not (sizes[path] > 0).any():
                found[path] = self._through_the_input(sample, name, path)
        waiting = [path for path, one in found.items() if isinstance(one, str)]
        self.exact -= set(waiting)
        while waiting:
            settled = []
            for path in waiting:
                name = reading_of(path, self.readings)
                known = {p: a for p, a in found.items() if isinstance(a, Alignment) and p in by_reading[name]}
                one = self._past_the_layers(sample, name, path)
                if isinstance(one, str):
                    one = self._through_the_layers(sample, name, path, known)
                if isinstance(one, Alignment):
                    found[path] = one
                    settled.append(path)
            waiting = [path for path in waiting if path not in settled]
            if not settled:
                break
        for path in waiting:
            name = reading_of(path, self.readings)
            clear = strongest(sizes[path], self.places(sample, name), len(self.samples[sample][1][name]))
            if clear is None:
                raise _refused(path, name, str(found[path]), [other for other in base if other not in waiting])
            found[path] = clear
            self.by_strength.add(path)
        return {path: one for path, one in found.items() if isinstance(one, Alignment)}

    def _aligned(self, sample: int, name: str, path: str, size: np.ndarray) -> Alignment | str:
        read, words = self.base[sample].seen[path].read, len(self.samples[sample][1][name])
        if len(read) != self.rows:
            what = f'tokens["{name}"] has' if name else "the sequences have"
            raise RnnvisError(
                f'"{path}" read {len(read)} rows of {read.shape[1]} steps where {what} {self.rows} rows of {words}',
                how_to_call(self.base[sample].seen, path),
            )
        if len(size) == 0:  # one word is all there is: nothing can be changed
            return Alignment(extra=None)
        if (size > 0).sum(axis=1).max() > 1:
            self.exact.discard(path)
        return aligned(size > 0, self.places(sample, name), words)

    def _through_the_input(self, sample: int, name: str, path: str) -> Alignment | str:
        """The alignment of a module that does not feel what `tokens` says: it may read the input in another order."""
        self.exact.discard(path)
        size = self.sizes(sample, "", [path])[path]
        one = aligned(size > 0, self.places(sample, ""), len(self.samples[sample][1][""])) if len(size) else ""
        if isinstance(one, str):
            return "is the same whatever tokens says"
        rows = zip(self.readings[""], self.readings[name], strict=True)
        step = -1 if one.backward else 1
        if all(np.array_equal(one.kept(np.asarray(mine))[::step], theirs) for mine, theirs in rows):
            return Alignment(shift=one.start, extra=one.extra)
        return "is the same whatever tokens says"

    def _past_the_layers(self, sample: int, name: str, path: str) -> Alignment | str:
        """The alignment of a module that reads words beside what other layers say of all of them, such as a summary:
        words are changed while every layer says what it said before.
        """
        row = self.samples[sample][1][name]
        kept = {
            other: partial(_changed, self.layers[other], calls, -1)
            for other, calls in self.base[sample].outputs.items()
            if calls
        }
        variants: list[tuple[dict[str, np.ndarray], Mapping[str, Change]]] = []
        for place in self.places(sample, name):
            changed = row.copy()
            changed[place] = next(iter(self.others(name, int(row[place]))), row[place])
            variants.append(({name: changed}, kept))
        return self._felt(sample, name, path, variants)

    def _through_the_layers(self, sample: int, name: str, path: str, known: Mapping[str, Alignment]) -> Alignment | str:
        """The alignment of a module that is fed by the layers in `known`, whose outputs are changed at a word."""
        words = len(self.samples[sample][1][name])
        variants: list[tuple[dict[str, np.ndarray], Mapping[str, Change]]] = []
        for word in self.places(sample, name):
            changes: dict[str, Change] = {}
            for other, one in known.items():
                step = int(words - 1 - word + one.shift if one.backward else word + one.shift)
                changes[other] = partial(_changed, self.modules[other], self.base[sample].outputs[other], step)
            variants.append(({}, changes))
        return self._felt(sample, name, path, variants)

    def _felt(
        self, sample: int, name: str, path: str, variants: Sequence[tuple[dict[str, np.ndarray], Mapping[str, Change]]]
    ) -> Alignment | str:
        """The alignment that shows where `variants`, a change of rows and of outputs for each place, are felt."""
        place, rows = self.samples[sample]
        sizes = []
        for changed, outputs in variants:
            text = {other: [row] * self.rows for other, row in (rows | changed).items()}
            try:
                look = self.call(text, [place] * self.rows, outputs).seen
            except Exception:  # Whatever forward cannot do with changed states, it says nothing of the words.
                return "cannot be told"
            sizes.append(change(self.base[sample].seen[path], look.get(path), path))
        reached = np.stack(sizes) > 0 if sizes else np.zeros((0, 0), bool)
        return aligned(reached, self.places(sample, name), len(rows[name])) if reached.size else "cannot be told"

    def by_word(self, path: str, one: Alignment) -> bool:
        """Whether `path` reads the same wherever a word stands, whatever else is read in its row."""
        name = reading_of(path, self.readings)
        found = []
        for sample, (_, rows) in enumerate(self.samples):
            same = np.full_like(rows[name], self.pools[name][0])
            read = self.look(sample, {name: same}).seen[path].read
            count = len(one.kept(same))
            if read.shape[1] < one.start + count:
                return False
            found.append(read[:, one.start : one.start + count].reshape(-1, read.shape[2]))
        everything = torch.cat(found)
        return bool((everything - everything[:1]).abs().max() <= FELT * everything.abs().max())

    def movers(self, alignments: dict[str, Alignment]) -> tuple[bool, list[str]]:
        """Find out which modules get their rows in another order, and note the one to tell it by.

        Whether rows must be run alone, and why: rows move where nothing shows how, or influence one another.
        """
        if all(len(pool) == 1 for pool in self.pools.values()):
            return False, []  # one word is all there is: rows differ in length alone
        text, other, places = self.many_rows()
        bits = range((ROWS).bit_length())
        codes = {path: np.zeros(ROWS, np.int64) for path in alignments}
        try:
            base = self.call(text, places).seen
            for bit in bits:
                mixed = {
                    name: [
                        b if (i + 1) >> bit & 1 else a
                        for i, (a, b) in enumerate(zip(text[name], other[name], strict=True))
                    ]
                    for name in text
                }
                look = self.call(mixed, places).seen
                for path in codes:
                    before, after = base[path].read, look[path].read
                    if len(before) != ROWS or before.shape != after.shape:
                        raise ValueError(path)
                    moved = (after - before).abs().amax(dim=(1, 2)) > FELT * before.abs().max()
                    codes[path] += moved.cpu().numpy().astype(np.int64) << bit
        except Exception as error:
            return True, [one_at_a_time(ROWS, error)]
        orders = {path: code - 1 for path, code in codes.items()}
        stay = np.arange(ROWS)
        for path, order in orders.items():
            if not np.array_equal(np.sort(order), stay):
                return True, [f'{_ALONE} "{path}" reads several of them at once.']
        leaders = [p for p, order in orders.items() if alignments[p].by_word and not np.array_equal(order, stay)]
        for path, order in orders.items():
            if np.array_equal(order, stay):
                continue
            reading = reading_of(path, self.readings)
            with_it = [
                p for p in leaders if np.array_equal(orders[p], order) and reading_of(p, self.readings) == reading
            ]
            leader = path if path in leaders else next(iter(with_it), None)
            if leader is None:
                return True, [f'{_ALONE} "{path}" gets them in an order that cannot be seen from what it reads.']
            alignments[path] = replace(alignments[path], mover=leader)
        movers = [path for path, one in alignments.items() if one.mover]
        verb = "gets" if len(movers) == 1 else "get"
        said = f"Rows change places inside of forward: {_listed(movers)} {verb} them in another order, which is undone."
        return False, [said] if movers else []

    def notes(self, path: str, one: Alignment) -> list[str]:
        """What is worth saying of an alignment, a sentence each."""
        said = []
        if one.shift > 0:
            many = "a step" if one.shift == 1 else f"{one.shift} steps"
            said.append(f'"{path}" takes {many} before the first word; the steps after count as those of the words.')
        if one.shift < 0 or one.first:
            said.append(f'"{path}" does not read the first {_words(one.first)} of a sequence.')
        if one.last:
            said.append(f'"{path}" does not read the last {_words(one.last)} of a sequence.')
        if path in self.by_strength:
            said.append(
                f'"{path}" reads something of all words at every step; a step counts as that of the word that '
                "changes it most."
            )
        return said


def _refused(path: str, name: str, why: str, others: Sequence[str]) -> UnfollowedError:
    if name and why.startswith("is the same"):
        return UnfollowedError(
            f'what "{path}" reads {why}',
            f'let forward pass them: forward=lambda model, batch: model(batch.ids, batch.tokens["{name}"].ids, …)',
        )
    without = f"record the others: only=[{_listed(others)}]" if others else "describe its states with a StateSource"
    return UnfollowedError(
        f'"{path}" {why}' if why.startswith("takes") else f'what "{path}" reads {why}',
        f'if it reads a text of its own, give its ids: tokens={{"{path}": …}}, which forward has to pass to it; else '
        f"{without}",
    )


def _agreed(path: str, found: Sequence[Alignment]) -> Alignment:
    first, *others = found
    for other in others:
        if replace(other, extra=first.extra) != first:
            raise UnfollowedError(
                f'"{path}" follows a row of {LENGTHS[0]} words in another way than one of {LENGTHS[1]}',
                f'give the ids that its own steps read: tokens={{"{path}": …}}',
            )
    return first if all(other.extra == first.extra for other in others) else replace(first, extra=None)


def _changed(module: nn.Module, calls: Sequence[object], step: int, number: int, output: object) -> object:
    return with_noise(module, calls, step, number)


def _same(a: Seen, b: Seen) -> bool:
    ours, theirs = [a.read, *a.states], [b.read, *b.states]
    return len(ours) == len(theirs) and all(
        x.shape == y.shape and bool(((x - y).abs() <= FELT * x.abs().max()).all())
        for x, y in zip(ours, theirs, strict=True)
    )


def _listed(paths: Sequence[str]) -> str:
    return ", ".join(f'"{path}"' for path in paths)


def _words(count: int) -> str:
    return "word" if count == 1 else f"{count} words"
