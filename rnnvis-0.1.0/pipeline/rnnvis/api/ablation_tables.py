"""The tables of ablation: how much worse a model gets without each unit, and without each unit cluster of a state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from rnnvis import progress
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.ablation import RANDOM_GROUPS, Ablation, Effect, Losses, Subject
from rnnvis.published import columns
from rnnvis.recording.holding import Hold
from rnnvis.recording.source import can_be_held

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording
    from rnnvis.api.rerun import Rerun

SEQUENCES, FEWEST = 400, 50
LARGEST_K = 12
METHOD = "block"
SECONDS = 20.0
"""What the tables may take, about, unless somebody says otherwise."""


@dataclass(frozen=True)
class Judged:
    """Losses to compare: N answers, the sentence of each, and which of them say something of a word or a class.

    `losses(state, units)` gives all losses [N] without these units. `words` int32 [pairs, 2]: row and word, for each
    word that a row is about; `classes` bool [N] by number.
    """

    losses: Callable[[str, np.ndarray], np.ndarray]
    sentence: np.ndarray = field(repr=False)
    words: np.ndarray = field(repr=False)
    classes: Mapping[int, np.ndarray] = field(repr=False)

    def of(self, state: str) -> Losses:
        """Losses without units of `state`."""
        return lambda without: self.losses(state, without)

    def about(self, words: np.ndarray) -> np.ndarray:
        """Rows about any of these words, bool [N]."""
        inside = np.zeros(len(self.sentence), dtype=bool)
        inside[self.words[np.isin(self.words[:, 1], words), 0]] = True
        return inside


def judged(
    rerun: Rerun,
    sequences: np.ndarray,
    state: str,
    tokens: Sequence[np.ndarray] | None,
    group: np.ndarray | None = None,
) -> Judged:
    """The answers to these sequences whose loss is known, in their order.

    `state` is any that can be held. `tokens` are the words of the text that the answers follow, by sequence; None where
    they are others than those of the clusters. `group` names for each step of that text what its answer counts with as
    one (default: its sequence).
    """
    assert rerun.answer is not None
    whole = rerun.answers(sequences, [_held(state, np.zeros(0, np.int64))], values=False)
    known = np.flatnonzero(np.isfinite(whole.loss))
    sequence, step, target = whole.sequence_id[known], whole.step[known], whole.target[known]
    means, words = rerun.answer.means, np.zeros((0, 2), np.int64)
    if means == "next word" and tokens is not None:
        words = np.column_stack([np.arange(len(known)), target])
    elif rerun.answer.at.per == "step" and tokens is not None:
        read = [tokens[i][t] for i, t in zip(sequence.tolist(), step.tolist(), strict=True)]
        words = np.column_stack([np.arange(len(known)), read])
    elif tokens is not None:
        of = [np.asarray(tokens[i]) for i in sequence.tolist()]
        words = np.column_stack([np.repeat(np.arange(len(of)), [len(row) for row in of]), np.concatenate(of)])
    starts = np.cumsum(rerun.lengths) - rerun.lengths
    classes = range(len(rerun.answer.classes)) if means in ("class", "tag") else ()
    return Judged(
        lambda of, units: rerun.answers(sequences, [_held(of, units)], values=False).loss[known],
        sequence if group is None else group[starts[sequence] + step],
        words.astype(np.int64),
        {c: target == c for c in classes},
    )


def _held(state: str, units: np.ndarray) -> Hold:
    return Hold(state, units, np.zeros(len(units)))


def ablation_tables(
    text: Judged,
    states: Mapping[str, int],
    labels: Mapping[str, pa.Table],
    bar: Callable[[], None] = lambda: None,
) -> dict[str, dict[str, columns.Columns]]:
    """Tables `unit_ablation` and `cluster_ablation` by state, of `states` with so many units; `labels` are their tables
    of clusters. Of the two states of an LSTM layer the second takes what was found for the first: a cell state at zero
    leaves nothing of the hidden one, and acts through it alone.
    """
    found: dict[str, dict[str, columns.Columns]] = {}
    layers: dict[tuple[str, int], Ablation] = {}
    for state, units in states.items():
        key = (state.rsplit(".", 1)[0], units)
        if key not in layers:
            layers[key] = Ablation(_counted(text.of(state), bar), units, text.sentence)
        known = layers[key]
        found[state] = {"unit_ablation": columns.unit_ablation(*known.of_units())}
        table = labels.get(state)
        rows = [] if table is None else list(_clusters(known, text, table))
        if rows:
            found[state]["cluster_ablation"] = columns.cluster_ablation(rows)
    return found


def _counted(losses: Losses, bar: Callable[[], None]) -> Losses:
    def counted(units: np.ndarray) -> np.ndarray:
        found = losses(units)
        bar()
        return found

    return counted


def runs_of(states: Mapping[str, int], labels: Mapping[str, pa.Table]) -> int:
    """How many passes over the text `ablation_tables` makes."""
    groups: dict[tuple[str, int], set[bytes]] = {}
    sizes: dict[tuple[str, int], set[int]] = {}
    for state, units in states.items():
        key = (state.rsplit(".", 1)[0], units)
        of, many = groups.setdefault(key, set()), sizes.setdefault(key, set())
        of |= {np.array([unit], dtype=np.int64).tobytes() for unit in range(units)}
        table = labels.get(state)
        for _, members in _chips(table) if table is not None else ():
            for chip in members["units"]:
                if len(chip):
                    of.add(np.sort(chip).tobytes())
                    many |= {len(chip)} - {units}
    return sum(map(len, groups.values())) + len(groups) + RANDOM_GROUPS * sum(map(len, sizes.values()))


def _chips(table: pa.Table) -> Iterator[tuple[tuple[str, str, int], dict[str, list[np.ndarray]]]]:
    """Each co-clustering of a state that is looked at, with the words and the units of each of its clusters."""
    sides: dict[tuple[str, str, int], dict[str, dict[str, Any]]] = {}
    for row in table.to_pylist():
        if row["method"] == METHOD and row["k"] <= LARGEST_K:
            sides.setdefault((row["method"], row["selection"], row["k"]), {})[row["side"]] = row
    for at, of in sides.items():
        yield at, {side: _members(of[side], at[2]) for side in ("words", "units")}


def _clusters(known: Ablation, text: Judged, table: pa.Table) -> Iterator[tuple[dict[str, Any], Effect]]:
    for (method, selection, k), members in _chips(table):
        subjects = _subjects(text, members["words"])
        for cluster, units in enumerate(members["units"]):
            if len(units):
                at = {"method": method, "selection": selection, "k": k, "cluster": cluster}
                yield from ((at, effect) for effect in known.of_cluster(units, subjects))


def _members(row: dict[str, Any], k: int) -> list[np.ndarray]:
    """The numbers of the words or units of each of `k` clusters."""
    ids, labels = np.array(row["ids"], dtype=np.int64), np.array(row["labels"])
    return [ids[labels == cluster] for cluster in range(k)]


def _subjects(text: Judged, words: list[np.ndarray]) -> list[Subject]:
    everything = Subject("all", -1, np.ones(len(text.sentence), dtype=bool))
    of_class = [Subject("class", value, inside) for value, inside in text.classes.items()]
    return [everything, *of_class, *(Subject("words", v, text.about(of)) for v, of in enumerate(words))]


@dataclass(frozen=True)
class Without:
    """Tables of ablation by state, and a sentence on what they stand on, or why there are none; `left_out` where there
    might have been some, or more."""

    tables: dict[str, dict[str, columns.Columns]]
    said: str
    left_out: bool = False


def published_ablation(recording: Recording, labels: Mapping[str, pa.Table], seconds: float | None) -> Without:
    """The tables of the states of a recording; `labels` are their clusters.

    An even choice of up to 400 sequences whose loss is known, halved until the tables take about `seconds`, but never
    below fifty: then there are none. Without `seconds` all 400, whatever it takes.
    """
    rerun = recording.rerun
    if (reason := _none(rerun)) or rerun is None or rerun.answer is None:
        return Without({}, f"Nothing was switched off: {reason}.")
    known = _known(rerun)
    if not len(known):
        return Without({}, "Nothing was switched off: of no answer it is known what is right.")
    states, refused = _held_states(recording, rerun, known)
    if not states:
        return Without({}, f"Nothing was switched off: {'; '.join(dict.fromkeys(refused.values()))}.", True)
    first, runs = next(iter(states)), runs_of(states, labels)
    tokens = recording.tokens if recording.answers is not None else None  # those that the answers follow
    chosen = even(known, SEQUENCES)
    judge = judged(rerun, chosen, first, tokens)
    if seconds is not None:
        begun = time.monotonic()
        judge.losses(first, np.zeros(1, np.int64))
        taken = (time.monotonic() - begun) * runs
        while taken > seconds and len(chosen) // 2 >= FEWEST:
            chosen, taken = even(known, len(chosen) // 2), taken / 2
        if taken > seconds:
            return Without({}, _too_long(runs, len(chosen), taken, seconds), True)
        judge = judge if len(chosen) == min(len(known), SEQUENCES) else judged(rerun, chosen, first, tokens)
    with progress.bar("Switching units off", total=runs) as bar:
        found = ablation_tables(judge, states, labels, bar.advance)
    but = "".join(f" Not {name}: {why}." for name, why in refused.items())
    return Without(
        found, f"Each unit and chip was switched off on {len(chosen)} of {len(known):,} sequences.{but}", bool(but)
    )


def _held_states(recording: Recording, rerun: Rerun, known: np.ndarray) -> tuple[dict[str, int], dict[str, str]]:
    """The states that can be held, with their units, and why the others cannot."""
    states, refused = {}, {}
    for name, state in recording.states.items():
        try:
            rerun.answers(known[:1], [_held(name, np.zeros(1, np.int64))], values=False)
            states[name] = len(state.units.mean)
        except RnnvisError as reason:
            refused[name] = reason.message
    return states, refused


def _too_long(runs: int, sequences: int, taken: float, seconds: float) -> str:
    return (
        f"Nothing was switched off: {runs:,} passes over {sequences} sequences would take about {taken:,.0f} seconds, "
        f"and {seconds:g} are allowed; publish(…, ablation={max(1, round(1.5 * taken))}) allows them."
    )


def _none(rerun: Rerun | None) -> str:
    """Why nothing can be held; empty where it can."""
    if rerun is None:
        return "there are states here, and no model that can be run again"
    if rerun.documents is not None:
        return "states are carried from sequence to sequence, and are not held then"
    if rerun.forward is None and not can_be_held(rerun.model):  # type: ignore[arg-type]
        return "the StateSource does not say how its states are held, steps(batch, hold)"
    return "what the model answers is not known" if rerun.answer is None or rerun.targets is None else ""


def _known(rerun: Rerun) -> np.ndarray:
    """Numbers of the sequences of which something is known to be right."""
    assert rerun.answer is not None
    assert rerun.targets is not None
    if rerun.answer.means == "number":
        return np.flatnonzero(np.isfinite(rerun.targets) & (rerun.lengths > 0))
    right = np.concatenate([[0], np.cumsum(rerun.targets >= 0)])
    ends = np.cumsum(rerun.lengths)
    return np.flatnonzero(right[ends] > right[ends - rerun.lengths])


def even(known: np.ndarray, most: int) -> np.ndarray:
    """At most so many of `known`, at even distances."""
    return known[np.linspace(0, len(known) - 1, min(most, len(known))).astype(np.int64)]
