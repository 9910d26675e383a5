"""`Recording.features`: a state written as a few of many features, and these as one more state of the recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnvis import progress
from rnnvis.api.ablating import Ablated
from rnnvis.api.intervening import state_of
from rnnvis.arguments import is_row, is_whole, shown
from rnnvis.errors import RnnvisError
from rnnvis.measures.measure import measure
from rnnvis.measures.recorder import StateRecorder, Text
from rnnvis.measures.states.concepts import Detector, detectors
from rnnvis.measures.states.sparse import Quality, quality, train_code
from rnnvis.measures.words.responses import sentence_halves
from rnnvis.recording import StepBatch
from rnnvis.recording.code import SparseCode, made_of
from rnnvis.recording.holding import Hold
from rnnvis.recording.threads import limited
from rnnvis.text.sentences import Sentences

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording

FEWEST = 20
"""States for each latent that are asked for, at least."""
FEWEST_USES = 20
"""Steps with a concept, in either half, from which it is compared."""
BATCH_STEPS = 8192
NO_CONCEPT = (None, "")


@dataclass(frozen=True)
class Features:
    """A state in a code, a top-k sparse autoencoder, and what is known of that.

    `recording` has the latents as one more state, called `name` ("rnn.0.h.features"): it is published, held, patched
    and searched like the others. `code` holds the weights, `quality` what it keeps on the half of the sequences that it
    was not trained on (`kept`, `dead`, `active`). `replaced` is what the model answers, and its loss, over that half,
    while the reconstruction takes the state's place after every step; None where there is no model or no answer.
    """

    recording: Recording = field(repr=False)
    code: SparseCode = field(repr=False)
    seed: int
    quality: Quality = field(repr=False)
    replaced: Ablated | None = field(repr=False)

    @property
    def name(self) -> str:
        """The latents' name among the states."""
        return self.code.name

    @property
    def kept(self) -> float:
        """The share of held-out variance that the reconstruction keeps."""
        return self.quality.kept

    @property
    def dead(self) -> int:
        """Latents that no recorded state activates."""
        return len(self.quality.dead)

    def __repr__(self) -> str:
        kept = f"{100 * self.kept:.1f} % of held-out variance kept, {self.dead} dead"
        loss = "" if self.replaced is None or np.isnan(self.replaced.mean) else f"; in its place {_rise(self.replaced)}"
        return f"Features: {self.code.size} latents of {self.code.state}, {self.code.k} at a time; {kept}{loss}"


def _rise(of: Ablated) -> str:
    error = "" if np.isnan(of.standard_error) else f" ± {of.standard_error:.4f}"
    return f"the loss rises by {of.mean:.4f}{error}"


@dataclass(frozen=True)
class Compared:
    """F1 on held-out steps of the best single feature and the best single unit for each concept.

    `features` and `units` float64 [S, C] for S seeds and the C `concepts`; a seed draws the halves of the sequences and
    trains the code. `best` are the detectors among the features, by seed, then concept; `best_units` those among units.
    """

    state: str
    concepts: tuple[str, ...]
    uses: np.ndarray = field(repr=False)
    features: np.ndarray = field(repr=False)
    units: np.ndarray = field(repr=False)
    kept: np.ndarray = field(repr=False)
    best: tuple[Mapping[str, Detector], ...] = field(repr=False)
    best_units: tuple[Mapping[str, Detector], ...] = field(repr=False)

    @property
    def table(self) -> list[dict[str, Any]]:
        """A row for each concept: uses, mean F1 of features and units over the seeds with standard errors, and the mean
        difference with its own; errors are nan of a single seed."""
        rows = []
        for c, name in enumerate(self.concepts):
            row: dict[str, Any] = {"concept": name, "uses": int(self.uses[c])}
            gap = self.features[:, c] - self.units[:, c]
            for key, values in (("features", self.features[:, c]), ("units", self.units[:, c]), ("difference", gap)):
                row[key], row[f"{key}_error"] = _mean(values)
            rows.append(row)
        return rows

    @property
    def means(self) -> dict[str, tuple[float, float]]:
        """Mean F1 over the concepts of features, of units, and their difference, each with its standard error over the
        seeds."""
        of = {"features": self.features, "units": self.units, "difference": self.features - self.units}
        return {name: _mean(values.mean(axis=1)) for name, values in of.items()}

    def __repr__(self) -> str:
        better = int((self.features.mean(axis=0) > self.units.mean(axis=0)).sum())
        told = ", ".join(f"{name} {mean:.3f} ± {error:.3f}" for name, (mean, error) in self.means.items())
        many = f"{len(self.concepts)} concepts, {len(self.features)} seeds"
        return f"Compared: F1 over {many}: {told}; features are better for {better}"


def _mean(values: np.ndarray) -> tuple[float, float]:
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
    return float(values.mean()), error


def features(recording: Recording, state: str | None, latents: int, k: int, seed: int, steps: int) -> Features:
    """See `Recording.features`."""
    of = _checked(recording, state, latents, k)
    record = recording.states[of]
    halves = sentence_halves([recording.keys[i] for i in record.published.tolist()])
    code = _trained(recording, of, halves, latents, k, seed, steps)
    values, row_half = _rows(recording, of, halves)
    found = quality(code, values[row_half == 0], values[row_half == 1])
    with_features = _with_state(recording, code)
    held_out = record.published[halves == 1]
    return Features(with_features, code, seed, found, _replaced(recording, code, held_out))


def compare(
    recording: Recording, concepts: Any, state: str | None, latents: int, k: int, seeds: Sequence[int], steps: int
) -> Compared:
    """See `Recording.compare_features`."""
    chosen = [*seeds] if is_row(seeds) else []
    if not chosen or not all(is_whole(seed) and seed >= 0 for seed in chosen):
        raise RnnvisError(f"seeds is {shown(seeds)}", "give whole numbers: seeds=(0, 1, 2)")
    if len(set(chosen)) < len(chosen):
        raise RnnvisError("a seed is named twice", "name each once: its code and halves would be the same")
    of = _checked(recording, state, latents, k)
    record = recording.states[of]
    named = _concepts(recording, concepts, record.published)
    scores: list[tuple[Mapping[str, Detector], Mapping[str, Detector], float]] = []
    halved = [_drawn_halves(len(record.published), seed) for seed in chosen]
    names = _common(recording, of, named, halved)
    for seed, halves in zip(chosen, halved, strict=True):
        code = _trained(recording, of, halves, latents, k, seed, steps)
        values, row_half = _rows(recording, of, halves)
        seen, unseen = values[row_half == 0], values[row_half == 1]
        where = {name: (named == name) for name in names}
        parts = {name: (at[row_half == 0], at[row_half == 1]) for name, at in where.items()}
        among_features = detectors(code.latents(seen), code.latents(unseen), parts, both_ways=False)
        scores.append(
            (among_features, detectors(seen, unseen, parts, both_ways=True), quality(code, seen, unseen).kept)
        )
    return Compared(
        of,
        tuple(names),
        np.array([(named == name).sum() for name in names]),
        np.array([[found[name].unseen for name in names] for found, _, _ in scores]),
        np.array([[found[name].unseen for name in names] for _, found, _ in scores]),
        np.array([kept for *_, kept in scores]),
        tuple(found for found, _, _ in scores),
        tuple(found for _, found, _ in scores),
    )


def _checked(recording: Recording, state: str | None, latents: int, k: int) -> str:
    """The state that is meant; RnnvisError for numbers that no code can have."""
    of = state_of(recording, state)
    if of not in recording.states:
        raise RnnvisError(f'"{of}" is a state of a module that reads text of its own', "ask recording.readings for it")
    if made_of(of) is not None:
        raise RnnvisError(f'"{of}" is made of features already', "name the state that they were made of")
    if k > latents:
        raise RnnvisError(f"k is {k}, of {latents} latents", "let fewer be active at a step than there are")
    record = recording.states[of]
    if not np.isfinite(record.values).all():
        raise RnnvisError(f'"{of}" holds values that are no numbers', "leave out what diverged")
    rows = len(record.values)
    if rows < FEWEST * latents:
        raise RnnvisError(
            f'"{of}" was kept at {rows:,} steps, too few for {latents:,} latents: {FEWEST} a latent are needed',
            f"record more text, or ask for {max(2, rows // FEWEST):,} latents",
        )
    if len(record.published) < 2:
        raise RnnvisError(f'"{of}" was kept along one sequence', "record several: one half judges the other")
    if not (record.values.std(axis=0) > 0).any():
        raise RnnvisError(f'"{of}" never changes', "check that these are states of the model, one at each step")
    return of


def _drawn_halves(sequences: int, seed: int) -> np.ndarray:
    """Half, 0 or 1, of each of so many sequences, int8, as many of both."""
    halves: np.ndarray = np.random.default_rng(seed).permutation(np.arange(sequences) % 2).astype(np.int8)
    return halves


def _rows(recording: Recording, state: str, halves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The kept states, float32 [N, H], and the half of each step's sequence [N]."""
    record = recording.states[state]
    return record.values.astype(np.float32), np.repeat(halves, np.diff(record.starts))


def _trained(
    recording: Recording, state: str, halves: np.ndarray, latents: int, k: int, seed: int, steps: int
) -> SparseCode:
    values, row_half = _rows(recording, state, halves)
    if not (row_half == 0).any() or not (row_half == 1).any():
        raise RnnvisError(f'"{state}" was kept in one half of the text alone', "record more sequences")
    with limited(), progress.bar(f"Writing {state} as features", total=steps) as bar:
        return train_code(state, values[row_half == 0], latents, k, steps=steps, seed=seed, advance=bar.advance)


def _with_state(recording: Recording, code: SparseCode) -> Recording:
    """The recording with the latents measured as one more state."""
    rerun = recording.rerun
    tokens = Sentences.of(recording.tokens)
    record = recording.states[code.state]
    everything = np.ones(len(tokens), dtype=bool)
    measured = everything
    if rerun is None and len(record.published) < int((tokens.lengths > 0).sum()):
        measured = np.isin(np.arange(len(tokens)), record.published)
        progress.say(
            f"{code.name} is measured over the {len(record.published):,} sequences along which states are kept."
        )
    text = Text(tokens, recording.keys, len(recording.words), measured, ~everything, recording.labels.of >= 0)
    recorder = StateRecorder(text, recording.frequent_count, [])
    if rerun is None:
        measure(lambda gates: ({"": batch} for batch in _kept_batches(recording, code)), {"": recorder})
        more = None
    else:
        more = replace(rerun, codes={**rerun.codes, code.name: code})
        steps, alone = more, np.flatnonzero(tokens.lengths)

        def run(gates: bool) -> Iterator[dict[str, StepBatch]]:
            for ran in steps.steps(alone):
                batch = ran.batches[_reading(ran.batches, code.name)]
                own = steps.documents is None  # documents keep the numbers that their sequences have in the text
                numbers = alone[batch.sentence_id].astype(np.int32) if own else batch.sentence_id
                states, previous = ({code.name: of[code.name]} for of in (batch.states, batch.previous))
                batch = replace(batch, sentence_id=numbers, states=states, previous=previous, gates={}, answer=None)
                yield {"": replace(batch, token_id=recorder.token_id[recorder.rows(batch)])}  # a signal's events

        measure(run, {"": recorder})
    found = {state.name: state for state in recorder.result()}
    return replace(recording, states={**recording.states, **found}, rerun=more)


def _reading(batches: Mapping[str, StepBatch], state: str) -> str:
    return next(name for name, batch in batches.items() if state in batch.states)


def _kept_batches(recording: Recording, code: SparseCode) -> Iterable[StepBatch]:
    """Latents of the states that were kept, in batches of whole sequences."""
    record = recording.states[code.state]
    first = 0
    while first < len(record.published):
        last = max(first + 1, int(np.searchsorted(record.starts, record.starts[first] + BATCH_STEPS, side="right")) - 1)
        numbers, starts = record.published[first:last], record.starts[first : last + 1]
        lengths = np.diff(starts)
        values = record.values[starts[0] : starts[-1]].astype(np.float32)
        before = record.before[first:last].astype(np.float32)
        latents = code.latents(values)
        begins = starts[:-1] - starts[0]
        previous = np.empty_like(latents)
        if ".reverse." in code.name:
            previous[:-1] = latents[1:]
            begins = begins + lengths - 1
        else:
            previous[1:] = latents[:-1]
        inside = lengths > 0
        previous[begins[inside]] = code.latents(before)[inside]
        step = np.arange(len(values)) - np.repeat(starts[:-1] - starts[0], lengths)
        token = [np.asarray(recording.tokens[i]) for i in numbers.tolist()]
        yield StepBatch(
            sentence_id=np.repeat(numbers, lengths).astype(np.int32),
            step=step.astype(np.int16),
            token_id=np.concatenate(token).astype(np.int32),
            states={code.name: latents},
            previous={code.name: previous},
            gates={},
        )
        first = last


def _replaced(recording: Recording, code: SparseCode, held_out: np.ndarray) -> Ablated | None:
    """The answers to these sequences with the reconstruction in the state's place; None where nothing can be held."""
    rerun = recording.rerun
    if rerun is None or rerun.answer is None or rerun.targets is None or rerun.documents is not None:
        return None
    words = rerun.answer.means == "next word"
    nothing = Hold(code.state, np.zeros(0, np.int64), np.zeros(0))
    plain = Hold(code.state, np.zeros(1, np.int64), np.zeros(1))
    rebuilt = Hold(code.state, np.arange(code.size), None, code=code, rebuilt=True)
    try:
        rerun.answers(held_out[:1], [plain], values=False)  # a module with code of its own is found out by this
    except RnnvisError as reason:
        progress.say(f"The reconstruction was not put in the place of {code.state}: {reason.message}.")
        return None
    before, after = (rerun.answers(held_out, [hold], values=not words) for hold in (nothing, rebuilt))
    return Ablated(code.state, np.arange(len(code.bias)), before, after)


def _concepts(recording: Recording, given: Any, published: np.ndarray) -> np.ndarray:
    """The concept of every kept step, object [N]; None where there is none."""
    if not is_row(given) or len(given) != len(recording.tokens):
        count = f"{len(given):,}" if is_row(given) else shown(given)
        raise RnnvisError(
            f"concepts are {count} for {len(recording.tokens):,} sequences",
            "give a list for each sequence, with a name (or None) for each of its steps",
        )
    found: list[Any] = []
    for number in published.tolist():
        row = [*given[number]] if is_row(given[number]) else None
        steps = len(recording.tokens[number])
        if row is None or len(row) != steps:
            said = shown(given[number]) if row is None else f"{len(row)} names"
            raise RnnvisError(f"concepts[{number}] is {said} for {steps} steps", "give a name or None for each step")
        for name in row:
            if name is not None and not isinstance(name, str):
                raise RnnvisError(f"concepts[{number}] holds {shown(name)}", "name concepts by text, None for none")
        found += [None if name in NO_CONCEPT else name for name in row]
    named = np.empty(len(found), dtype=object)
    named[:] = found
    return named


def _common(recording: Recording, state: str, named: np.ndarray, halved: Sequence[np.ndarray]) -> list[str]:
    """Concepts with enough uses in both halves of every seed, the commonest first."""
    lengths = np.diff(recording.states[state].starts)
    names = sorted({name for name in named if name is not None})
    uses = {name: named == name for name in names}
    enough = []
    for name in names:
        rows = [np.repeat(halves, lengths) for halves in halved]
        if all(min((uses[name] & (half == side)).sum() for side in (0, 1)) >= FEWEST_USES for half in rows):
            enough.append(name)
    if not enough:
        raise RnnvisError(
            f"no concept stands at {FEWEST_USES} steps in either half of the text", "give concepts that are used more"
        )
    return sorted(enough, key=lambda name: (-int(uses[name].sum()), name))
