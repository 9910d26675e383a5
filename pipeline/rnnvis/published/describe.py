"""Of one clustered state: words and units in two dimensions, and the figures of the state as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis.measures.figures import Figure
from rnnvis.measures.states import dynamics, projection
from rnnvis.measures.states.probes import probe
from rnnvis.measures.units.selectivity import POSITIONS, position_classes, quantile_bins, selectivity
from rnnvis.measures.words.parts_of_speech import PARTS
from rnnvis.measures.words.responses import sentence_halves
from rnnvis.published import files, overview_columns
from rnnvis.published.overview_columns import Points, Told
from rnnvis.published.recorded import explained_shares
from rnnvis.published.schema.declaration import EXPLAINED
from rnnvis.published.schema.figures import MEDIANS
from rnnvis.text.corpus import Corpus
from rnnvis.text.sentences import Sentences

Columns = dict[str, Any]
PROBED = 40_000


def describe(
    source: Path,
    state: dict[str, Any],
    corpus: Corpus,
    mean: np.ndarray,
    ids: np.ndarray,
    parts: np.ndarray,
) -> Columns:
    """Columns of `projection`, `state_measures` and `selectivity`, by table name, of a state recorded in `source`.

    `state` is its entry in the index, `mean` [W, H] are its expected responses, `ids` the words that were clustered in
    any selection, and `parts` [W] the words' parts of speech, −1 for none.
    """
    tables = state["tables"]
    points, shares = _points(mean, ids)
    steps = read_steps(source, state, corpus)
    features = features_of(steps, corpus, parts)
    figures = [
        *of_steps(steps, state["bounded"], mean[ids]),
        *_of_units(source, tables),
        *_of_gates(source, tables),
        *_explained(source, state["units"]),
        *_probes(steps, features),
        *shares,
        *(Figure(**figure) for figure in state.get("figures", [])),
    ]
    found = {
        "projection": overview_columns.projection(points),
        "state_measures": overview_columns.state_measures(figures),
    }
    told = _told(steps, features)
    return found | ({"selectivity": overview_columns.selectivity(told)} if told else {})


def _points(mean: np.ndarray, ids: np.ndarray) -> tuple[list[Points], list[Figure]]:
    found: list[Points] = []
    figures: list[Figure] = []
    for item, numbers, rows in (("unit", np.arange(mean.shape[1]), mean[ids].T), ("word", ids, mean[ids])):
        coordinates, share = projection.pca(rows)
        found.append(Points("pca", item, numbers, coordinates))
        for axis, value in enumerate(share.tolist(), start=1):
            about = f"Share of the variance of the {item}s' responses along axis {axis} of their principal components"
            figures.append(Figure(f"pca_{item}_share_{axis}", value, about))
        neighbours = projection.tsne(rows)
        if neighbours is not None:
            found.append(Points("tsne", item, numbers, neighbours))
    return found, figures


@dataclass(frozen=True)
class Steps:
    """The published steps of a state, probes left out: `sentence` and `step` int [N], `values` [N, H], `starts`
    [sentences, H] the state that each sentence starts from, `fitted` bool [N] those that a linear probe learns from.
    A state that goes `backwards` starts at a sentence's last word."""

    sentence: np.ndarray
    step: np.ndarray
    word: np.ndarray
    values: np.ndarray = field(repr=False)
    starts: np.ndarray = field(repr=False)
    fitted: np.ndarray = field(repr=False)
    backwards: bool = False


@dataclass(frozen=True)
class Feature:
    """What every step has a value of, int [N] (negative: none), and how the values are called."""

    name: str
    values: np.ndarray = field(repr=False)
    names: Sequence[str]


def read_steps(source: Path, state: dict[str, Any], corpus: Corpus) -> Steps:
    """The published steps of a state recorded in `source`, whose entry is `state`, without probes.

    A linear probe learns from training sentences; where there are none (a recording), from one half of all.
    """
    tables = state["tables"]
    table = files.read("states", [source / part.name for part in tables["states"]])
    rows = table["sentence_id"].to_numpy(), table["step"].to_numpy(), files.matrix(table["value"])
    starts = _starts(*rows)
    sentence, step, values = (of[rows[1] >= 0] for of in rows) if (rows[1] < 0).any() else rows
    split = np.array(corpus.split)
    measured = (split != "probe")[sentence]
    fitted = split == "train" if (split == "train").any() else sentence_halves(corpus.key) == 0
    starts = starts[split[np.unique(sentence)] != "probe"]
    sentence, step, values = sentence[measured], step[measured], values[measured]
    text, backwards = Sentences.of(corpus.tokens), ".reverse." in state["name"]
    return Steps(sentence, step, text.ids[text.starts[sentence] + step], values, starts, fitted[sentence], backwards)


def features_of(steps: Steps, corpus: Corpus, parts: np.ndarray) -> list[Feature]:
    """The majority part of speech of the word read, the label of the sentence, the position in it."""
    return [
        Feature("part_of_speech", parts[steps.word], PARTS),
        Feature("label", corpus.label[steps.sentence], corpus.labels),
        Feature("position", position_classes(steps.step), POSITIONS),
    ]


def of_steps(steps: Steps, bounded: bool, responses: np.ndarray) -> list[Figure]:
    """Figures of a state over its steps, and of its words' expected responses [W, H]."""
    way = slice(None, None, -1 if steps.backwards else 1)
    return [
        *dynamics.per_step(steps.values[way], steps.sentence[way], steps.starts[way]),
        *([dynamics.saturation(steps.values, steps.sentence)] if bounded else []),
        *dynamics.dimensions(steps.values, responses),
        *dynamics.sparsity(responses),
    ]


def _told(steps: Steps, features: Sequence[Feature]) -> list[Told]:
    bins = quantile_bins(steps.values)
    found = ((of, selectivity(bins, steps.values, of.values, steps.sentence)) for of in features)
    return [Told(of.name, of.names, told) for of, told in found if told]


def _probes(steps: Steps, features: Sequence[Feature]) -> list[Figure]:
    """Linear probes for the part of speech of the word read, and for the label after a sentence's last word."""
    border = steps.sentence[1:] != steps.sentence[:-1]
    last = np.append(True, border) if steps.backwards else np.append(border, True)
    few = _few(steps)
    wanted = {"part_of_speech": (few, "words whose part of speech"), "label": (last, "sentences whose label")}
    return [figure for of in features if of.name in wanted for figure in _probe(steps, of, *wanted[of.name])]


def _probe(steps: Steps, of: Feature, chosen: np.ndarray, what: str) -> list[Figure]:
    sentence, fitted = steps.sentence[chosen], steps.fitted[chosen]
    return probe(of.name, what, steps.values[chosen], of.values[chosen], sentence, fitted)


def _few(steps: Steps) -> np.ndarray:
    """Every so many sentences, so that a probe has some `PROBED` steps; bool [N]."""
    _, number = np.unique(steps.sentence, return_inverse=True)
    return number % -(-len(number) // PROBED) == 0


def _of_gates(source: Path, tables: dict[str, Any]) -> list[Figure]:
    if "gates" not in tables:
        return []
    gates = files.read("gates", [source / part.name for part in tables["gates"]])
    return dynamics.of_gates(*(gates[name].to_numpy(zero_copy_only=False) for name in ("gate", "closed", "open")))


def _explained(source: Path, units: int) -> list[Figure]:
    found = explained_shares(source, np.ones((1, units), dtype=bool))
    return [Figure(name, float(share[0]), EXPLAINED[name]) for name, share in found.items()]


def _of_units(source: Path, tables: dict[str, Any]) -> list[Figure]:
    units = files.read("units", [source / part.name for part in tables["units"]])
    values = {name: units[name].to_numpy().astype(np.float64) for name in ("saturation", *MEDIANS)}
    medians = (dynamics.median(of.name, values[column], of.about) for column, of in MEDIANS.items())
    return [*chain.from_iterable(medians), *dynamics.saturated_units(values["saturation"])]


def _starts(sentence: np.ndarray, step: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The state that each sentence with published steps starts from, [sentences, H]: zero where none is published."""
    carried = step < 0
    numbers, place = np.unique(sentence, return_inverse=True)
    starts = np.zeros((len(numbers), values.shape[1]), values.dtype)
    starts[place[carried]] = values[carried]
    return starts
