"""`Recording.features`: a state written as a few of many features, and these as one more state of the recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from rnnvis import progress
from rnnvis.api.ablating import Ablated
from rnnvis.api.intervening import state_of
from rnnvis.errors import RnnvisError
from rnnvis.measures.figures import Figure
from rnnvis.measures.measure import measure
from rnnvis.measures.recorder import StateRecord, StateRecorder, Text
from rnnvis.measures.states.sparse import Quality, quality, train_code
from rnnvis.measures.words.responses import sentence_halves
from rnnvis.recording import StepBatch
from rnnvis.recording.code import SparseCode, made_of
from rnnvis.recording.holding import Hold
from rnnvis.recording.threads import limited
from rnnvis.text.sentences import Sentences

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording
    from rnnvis.api.rerun import Rerun

FEWEST = 20
"""States for each latent that are asked for, at least."""
BATCH_STEPS = 8192
ALONE = 1
"""Bytes for states besides those that are always kept: for none."""


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
        """Latents that no state activates, of those that they were trained and judged on."""
        return len(self.quality.dead)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What is published of them as figures of the state."""
        found = (
            Figure(
                "features_kept",
                self.kept,
                f"Share of the variance of {self.code.state}, on text that the features "
                "were not trained on, that they keep",
            ),
            Figure(
                "features_dead",
                float(self.dead),
                "Features that no state they were trained or judged on activates",
            ),
        )
        if self.replaced is None or np.isnan(self.replaced.mean):
            return found
        about = (
            "By how much the loss rises (in nats; of a number, its squared error) while what the features keep "
            f"takes the place of {self.code.state}"
        )
        return (*found, Figure("features_loss", self.replaced.mean, about, self.replaced.standard_error))

    def __repr__(self) -> str:
        kept = f"{100 * self.kept:.1f} % of held-out variance kept, {self.dead} dead"
        loss = "" if self.replaced is None or np.isnan(self.replaced.mean) else f"; in its place {_rise(self.replaced)}"
        return f"Features: {self.code.size} latents of {self.code.state}, {self.code.k} at a time; {kept}{loss}"


def _rise(of: Ablated) -> str:
    error = "" if np.isnan(of.standard_error) else f" ± {of.standard_error:.4f}"
    return f"the loss rises by {of.mean:.4f}{error}"


def features(recording: Recording, state: str | None, latents: int, k: int, seed: int, steps: int) -> Features:
    """See `Recording.features`."""
    of = checked(recording, state, latents, k)
    record = recording.states[of]
    halves = sentence_halves([recording.keys[i] for i in record.published.tolist()])
    code = trained(recording, of, halves, latents, k, seed, steps)
    values, row_half = kept_rows(recording, of, halves)
    found = quality(code, values[row_half == 0], values[row_half == 1])
    held_out = record.published[halves == 1]
    made = Features(recording, code, seed, found, replaced(recording, code, held_out))
    return replace(made, recording=with_features(recording, made))


def checked(recording: Recording, state: str | None, latents: int, k: int) -> str:
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


def kept_rows(recording: Recording, state: str, halves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The kept states, float32 [N, H], and the half of each step's sequence [N]."""
    record = recording.states[state]
    return record.values.astype(np.float32), np.repeat(halves, np.diff(record.starts))


def trained(
    recording: Recording, state: str, halves: np.ndarray, latents: int, k: int, seed: int, steps: int
) -> SparseCode:
    values, row_half = kept_rows(recording, state, halves)
    if not (row_half == 0).any() or not (row_half == 1).any():
        raise RnnvisError(f'"{state}" was kept in one half of the text alone', "record more sequences")
    with limited(), progress.bar(f"Writing {state} as features", total=steps) as bar:
        return train_code(state, values[row_half == 0], latents, k, steps=steps, seed=seed, advance=bar.advance)


def with_features(recording: Recording, found: Features) -> Recording:
    """See `Recording.with_features`."""
    code = found.code
    if state_of(recording, code.state) not in recording.states:
        raise RnnvisError(f'"{code.state}" is a state of a module that reads text of its own', "ask its reading")
    units = recording.states[code.state].values.shape[1]
    if units != len(code.bias):
        raise RnnvisError(
            f'the features are of a state of {len(code.bias)} units, and "{code.state}" has {units}',
            "name features that were found in the same state of the same model",
        )
    states, rerun = _measured(recording, code)
    figures = {**recording.figures, code.name: found.figures}
    more = replace(recording, states={**recording.states, **states}, rerun=rerun, figures=figures)
    more.kept.drift, more.kept.remembered = recording.kept.drift, recording.kept.remembered
    return more


def _measured(recording: Recording, code: SparseCode) -> tuple[dict[str, StateRecord], Rerun | None]:
    """The latents, measured over the sequences that the other states are and kept along those that theirs are; and what
    runs the model again with them."""
    rerun = recording.rerun
    tokens = Sentences.of(recording.tokens)
    record = recording.states[code.state]
    measured = np.ones(len(tokens), bool) if recording.measured is None else recording.measured
    kept, ended = (np.isin(np.arange(len(tokens)), numbers) for numbers in (record.published, record.ended))
    if rerun is None and (measured & ~kept & (tokens.lengths > 0)).any():
        measured = measured & kept
        progress.say(f"{code.name} is measured over the {int(measured.sum()):,} sequences along which states are kept.")
    text = Text(tokens, recording.keys, len(recording.words), measured, kept, ended, ALONE)
    recorder = StateRecorder(text, recording.frequent_count, [])
    if rerun is None:
        measure(lambda gates: ({"": batch} for batch in _kept_batches(recording, code)), {"": recorder})
        more: Rerun | None = None
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
    return {state.name: state for state in recorder.result()}, more


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


def replaced(recording: Recording, code: SparseCode, held_out: np.ndarray) -> Ablated | None:
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
