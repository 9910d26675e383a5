"""The tables of one recorded state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis.measures.figures import Figure
from rnnvis.measures.outputs.pushes import Effects
from rnnvis.measures.recorder import StateRecord
from rnnvis.measures.units.channels import Correlations
from rnnvis.measures.units.explained import shares
from rnnvis.measures.words.selections import select_words
from rnnvis.published import columns, files, signals
from rnnvis.text.corpus import Corpus

UNPUBLISHED = ("standard_error", "half_a", "half_b", "half_a_count", "half_b_count")
"""Fields of `Responses` that lie beside the tables as arrays: what the tables lack, or have rounded."""

_SQUARES = "squares.npy"


def explained_shares(folder: Path, groups: np.ndarray) -> dict[str, np.ndarray]:
    """What the word and more explain of `groups` bool [G, H] of the units of the state that was written into `folder`,
    float64 [G] by name; see `rnnvis.measures.units.explained`."""
    squares = np.load(folder / _SQUARES, allow_pickle=False)
    return shares(squares[:, 0], squares[:, 1:], groups)


def write_state(
    state: StateRecord,
    corpus: Corpus,
    folder: Path,
    *,
    title: str,
    frequent_count: int,
    bounded: bool,
    published_count: int = 1,
    effects: Effects | None = None,
    auc: np.ndarray | None = None,
    next_weights: np.ndarray | None = None,
    correlations: Correlations | None = None,
    figures: Sequence[Figure] = (),
) -> dict[str, Any]:
    """Write the tables of one state into `folder/<its name>`; its entry in the index.

    `effects` are those on the model's answer, `next_weights` [V, H] the weights of a language model's head for the next
    word, `auc` [H] the areas of the last state for the label, `correlations` those of its units with channels.
    """
    words = len(state.responses.count)
    named = select_words(state.responses, "reliable", words, frequent_count, corpus.special).word_ids
    weights = None if effects is None else effects.weights.get(state.name)
    lengths = [len(corpus.tokens[i]) for i in state.published]
    written = {
        "responses": columns.responses(state.responses, published_count),
        "response_quantiles": columns.response_quantiles(state.quantiles),
        **_distances(state, published_count),
        "contexts": columns.contexts(state.contexts),
        "units": columns.units(
            state.units, state.gates, state.responses, named, weights, auc, next_weights, state.explained
        ),
        "unit_pairs": columns.unit_pairs(state.explained.pairs),
        "gates": columns.gates(state.gates, len(state.units.mean)),
        "states": columns.states(state, lengths),
        **_effects(state, effects, weights),
        **({} if correlations is None else {"unit_channels": signals.unit_channels(correlations)}),
    }
    inside = folder / state.name
    for name in UNPUBLISHED:
        inside.mkdir(parents=True, exist_ok=True)
        np.save(inside / f"{name}.npy", getattr(state.responses, name), allow_pickle=False)
    squares = state.explained.total[:, None], state.explained.left
    np.save(inside / _SQUARES, np.concatenate(squares, axis=1), allow_pickle=False)
    layer = next(part for part in reversed(state.name.split(".")) if part.isdigit())
    return {
        "name": state.name,
        "title": title,
        "layer": int(layer),
        "kind": state.name.rsplit(".", 1)[1],
        "units": len(state.units.mean),
        "bounded": bounded,
        "read_by_head": next_weights is not None or (effects is not None and state.name in effects.states),
        "published_sentences": len(state.published),
        **({"figures": [asdict(figure) for figure in figures]} if figures else {}),
        "tables": {name: files.write(name, table, inside) for name, table in written.items() if _rows(table)},
    }


def _distances(state: StateRecord, published_count: int) -> dict[str, columns.Columns]:
    if state.distances is None:
        return {}
    return {"use_distances": columns.use_distances(state.distances, state.responses, published_count)}


def _effects(state: StateRecord, effects: Effects | None, weights: np.ndarray | None) -> dict[str, columns.Columns]:
    """The tables of a state that the answer reads."""
    found = {}
    if effects is not None and weights is not None and state.name in effects.words:
        found["word_effects"] = columns.word_effects(effects.words[state.name], state.responses, weights)
    if effects is not None and state.name in effects.in_context:
        found["word_in_context"] = columns.word_in_context(effects.in_context[state.name])
    return found


def _rows(table: columns.Columns) -> int:
    return len(next(iter(table.values())))
