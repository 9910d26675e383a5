"""`Recording.compare_features`: single features beside single units, by how well they tell where a concept is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnvis.api.features import checked, kept_rows, trained
from rnnvis.arguments import is_row, is_whole, shown
from rnnvis.errors import RnnvisError
from rnnvis.measures.states.concepts import Detector, detectors
from rnnvis.measures.states.sparse import Quality, quality
from rnnvis.recording.code import SparseCode

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording

FEWEST_USES = 20
"""Steps with a concept, in either half, from which it is compared."""
NO_CONCEPT = (None, "")


@dataclass(frozen=True)
class Compared:
    """F1 on held-out steps of the best single feature and the best single unit for each concept.

    `features` and `units` float64 [S, C] for S seeds and the C `concepts`; a seed draws the halves of the sequences and
    trains the code. `best` are the detectors among the features, by seed, then concept; `best_units` those among units.
    `codes` are those of the seeds, and `quality` what each keeps on the judging half.
    """

    state: str
    concepts: tuple[str, ...]
    uses: np.ndarray = field(repr=False)
    features: np.ndarray = field(repr=False)
    units: np.ndarray = field(repr=False)
    codes: tuple[SparseCode, ...] = field(repr=False)
    quality: tuple[Quality, ...] = field(repr=False)
    best: tuple[Mapping[str, Detector], ...] = field(repr=False)
    best_units: tuple[Mapping[str, Detector], ...] = field(repr=False)

    @property
    def kept(self) -> np.ndarray:
        """The share of variance that each code keeps on the judging half, float64 [S]."""
        return np.array([of.kept for of in self.quality])

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


def compare(
    recording: Recording, concepts: Any, state: str | None, latents: int, k: int, seeds: Sequence[int], steps: int
) -> Compared:
    """See `Recording.compare_features`."""
    chosen = [*seeds] if is_row(seeds) else []
    if not chosen or not all(is_whole(seed) and seed >= 0 for seed in chosen):
        raise RnnvisError(f"seeds is {shown(seeds)}", "give whole numbers: seeds=(0, 1, 2)")
    if len(set(chosen)) < len(chosen):
        raise RnnvisError("a seed is named twice", "name each once: its code and halves would be the same")
    of = checked(recording, state, latents, k)
    record = recording.states[of]
    named = _concepts(recording, concepts, record.published)
    scores: list[tuple[Mapping[str, Detector], Mapping[str, Detector]]] = []
    codes, qualities = [], []
    halved = [_drawn_halves(len(record.published), seed) for seed in chosen]
    names = _common(recording, of, named, halved)
    for seed, halves in zip(chosen, halved, strict=True):
        code = trained(recording, of, halves, latents, k, seed, steps)
        values, row_half = kept_rows(recording, of, halves)
        seen, unseen = values[row_half == 0], values[row_half == 1]
        where = {name: (named == name) for name in names}
        parts = {name: (at[row_half == 0], at[row_half == 1]) for name, at in where.items()}
        among_features = detectors(code.latents(seen), code.latents(unseen), parts, both_ways=False)
        scores.append((among_features, detectors(seen, unseen, parts, both_ways=True)))
        codes.append(code)
        qualities.append(quality(code, seen, unseen))
    return Compared(
        of,
        tuple(names),
        np.array([(named == name).sum() for name in names]),
        np.array([[found[name].unseen for name in names] for found, _ in scores]),
        np.array([[found[name].unseen for name in names] for _, found in scores]),
        tuple(codes),
        tuple(qualities),
        tuple(found for found, _ in scores),
        tuple(found for _, found in scores),
    )


def _drawn_halves(sequences: int, seed: int) -> np.ndarray:
    """Half, 0 or 1, of each of so many sequences, int8, as many of both."""
    halves: np.ndarray = np.random.default_rng(seed).permutation(np.arange(sequences) % 2).astype(np.int8)
    return halves


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
