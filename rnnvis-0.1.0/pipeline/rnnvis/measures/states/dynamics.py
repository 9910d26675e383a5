"""What a state does as a whole: how much it keeps and changes at a word, and how many dimensions it uses."""

from __future__ import annotations

import numpy as np

from rnnvis.measures.figures import Figure, mean_over_sentences
from rnnvis.measures.units.gates import CLOSED, OPEN
from rnnvis.measures.units.units import SATURATED, hoyer_sparsity

HALF = 0.5
_BLOCK = 4096


def per_step(states: np.ndarray, sentence: np.ndarray, starts: np.ndarray | None = None) -> list[Figure]:
    """What a word keeps and changes, over steps in order: `states` [N, H], the sentence of each [N], and the state
    that each sentence starts from, `starts` [sentences, H] in the same order (default: zero).

    kept_per_step = mean of Σ min(|s_t|, |s_{t−1}|) over the units whose sign stays, divided by Σ |s_{t−1}| (as the
    strips of the glyphs, for all units at once); steps from a state of zero have none. change_per_step = mean of
    |s_t − s_{t−1}| over units and steps. Standard errors take sentences, not steps, as
    independent (ratio estimator).
    """
    first = np.append(True, sentence[1:] != sentence[:-1])
    kept, had, change = np.zeros((3, len(states)))
    for start in range(0, len(states), _BLOCK):
        inside = slice(start, start + _BLOCK)
        now = np.asarray(states[inside], dtype=np.float32)
        before = np.concatenate([states[max(0, start - 1) : max(0, start - 1) + 1], states[inside][:-1]])
        before = before.astype(np.float32)
        begins = first[inside]
        reached = int(first[:start].sum())
        before[begins] = 0 if starts is None else starts[reached : reached + int(begins.sum())]
        least = np.minimum(np.abs(now), np.abs(before))
        kept[inside] = np.where(now * before > 0, least, 0).sum(axis=1, dtype=np.float64)
        had[inside] = np.abs(before).sum(axis=1, dtype=np.float64)
        change[inside] = np.abs(now - before).mean(axis=1, dtype=np.float64)
    rate = np.divide(kept, had, out=np.full(len(had), np.nan), where=had > 0)
    kept_about = "Share of the state that a word leaves as it was, mean over the words"
    change_about = "Mean change of a unit at a word, whatever its sign"
    return [
        mean_over_sentences("kept_per_step", rate, sentence, kept_about),
        mean_over_sentences("change_per_step", change, sentence, change_about),
    ]


def saturation(states: np.ndarray, sentence: np.ndarray) -> Figure:
    """Share of units × steps with |s| > 0.9, of a state [N, H] that lies in [−1, 1]; its error as in `per_step`."""
    share = (np.abs(np.asarray(states, dtype=np.float32)) > SATURATED).mean(axis=1, dtype=np.float64)
    return mean_over_sentences("saturation", share, sentence, f"Share of units and steps beyond ±{SATURATED}")


def sparsity(responses: np.ndarray) -> list[Figure]:
    """Mean Hoyer sparsity of the words' expected responses [W, H] over the units, and of the units' over the words,
    each with the standard error of a mean over words or units: 0 if all answer alike, 1 if a single one does."""
    found = []
    for name, rows, about in (
        ("sparsity_of_words", responses.T, "How few units a word moves: 0 all of them alike, 1 a single one"),
        ("sparsity_of_units", responses, "How few words move a unit: 0 all of them alike, 1 a single one"),
    ):
        values = hoyer_sparsity(rows)
        found.append(mean_over_sentences(name, values, np.arange(len(values)), about))
    return found


def of_gates(gate: np.ndarray, closed: np.ndarray, open_: np.ndarray) -> list[Figure]:
    """Of each gate, named in `gate` [rows], the means over its units of the shares of steps with it closed and open."""
    return [
        Figure(
            f"gate_{name}_{what}",
            float(shares[gate == name].mean()),
            f"Share of units and steps whose gate {name} is {text}",
        )
        for name in np.unique(gate).tolist()
        for what, shares, text in (("closed", closed, f"below {CLOSED}"), ("open", open_, f"above {OPEN}"))
    ]


def participation_ratio(rows: np.ndarray) -> float:
    """(Σλ)² / Σλ², λ the eigenvalues of the covariance of `rows` [n, d]: k for k directions of equal variance, 1 for
    a line; nan if nothing varies. (Used so by Gao et al. 2017; the inverse participation ratio of physics.)"""
    centred = rows - rows.mean(axis=0, dtype=np.float64)
    smaller = centred.T @ centred if rows.shape[1] <= rows.shape[0] else centred @ centred.T
    squares = float(np.square(smaller).sum())
    return float(np.trace(smaller) ** 2 / squares) if squares > 0 else float("nan")


def dimensions(states: np.ndarray, responses: np.ndarray) -> list[Figure]:
    """Effective dimension (`participation_ratio`) of the states [N, H] and of the clustered words' responses [W, H]."""
    return [
        Figure(
            "effective_dimension_states",
            participation_ratio(states.astype(np.float32)),
            "How many equally used directions the states would fill",
        ),
        Figure(
            "effective_dimension_responses",
            participation_ratio(responses),
            "How many equally used directions the words' expected responses would fill",
        ),
    ]


def median(name: str, values: np.ndarray, about: str) -> list[Figure]:
    """The median of a measure over the units [H] that have it (not nan); none where no unit has."""
    return [] if np.isnan(values).all() else [Figure(name, float(np.nanmedian(values)), about)]


def saturated_units(saturation: np.ndarray) -> list[Figure]:
    """The share of units [H] that are saturated (|s| > 0.9) in more than half of the steps; none where that is not
    known (nan)."""
    if np.isnan(saturation).all():
        return []
    about = f"Share of the units that are beyond ±{SATURATED} in more than half of the steps"
    return [Figure("saturated_units", float((np.nan_to_num(saturation) > HALF).mean()), about)]
