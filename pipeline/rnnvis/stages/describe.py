"""Of one clustered state: words and units in two dimensions, and the figures of the state as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rnnvis.corpora import Corpus
from rnnvis.measures import dynamics, projection
from rnnvis.measures.dynamics import Figure
from rnnvis.tables import files, overview_columns
from rnnvis.tables.overview_columns import Points

Columns = dict[str, Any]


def describe(source: Path, tables: dict[str, Any], corpus: Corpus, mean: np.ndarray, ids: np.ndarray) -> Columns:
    """Columns of `projection` and `state_measures`, by table name, of a state recorded in `source`.

    `mean` [W, H] are its expected responses and `ids` the words that were clustered in any selection.
    """
    points, shares = _points(mean, ids)
    figures = [*_of_text(source, tables, corpus, mean[ids]), *_of_units(source, tables), *shares]
    return {
        "projection": overview_columns.projection(points),
        "state_measures": overview_columns.state_measures(figures),
    }


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


def _of_text(source: Path, tables: dict[str, Any], corpus: Corpus, responses: np.ndarray) -> list[Figure]:
    sentence, values = read_states(source, tables)
    inside = np.array([split != "probe" for split in corpus.split])
    measured, started = inside[sentence], inside[np.unique(sentence)]
    return [
        *dynamics.per_step(values[measured], sentence[measured], read_starts(source, tables)[started]),
        *dynamics.dimensions(values[measured], responses),
    ]


def _of_units(source: Path, tables: dict[str, Any]) -> list[Figure]:
    units = files.read("units", [source / part.name for part in tables["units"]])
    time_scale, saturation = (units[name].to_numpy().astype(np.float64) for name in ("time_scale", "saturation"))
    return dynamics.of_units(time_scale, saturation)


def read_states(source: Path, tables: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The published steps of a recorded state: sentence numbers [N] and states float16 [N, H], in order.

    States before a sentence's first step are left out.
    """
    table = files.read("states", [source / part.name for part in tables["states"]])
    inside = table["step"].to_numpy() >= 0
    return table["sentence_id"].to_numpy()[inside], files.matrix(table["value"])[inside]


def read_starts(source: Path, tables: dict[str, Any]) -> np.ndarray:
    """The state that each sentence with published steps starts from, float16 [sentences, H]: zero unless carried on."""
    table = files.read("states", [source / part.name for part in tables["states"]])
    carried = table["step"].to_numpy() < 0
    numbers, sentence = np.unique(table["sentence_id"].to_numpy(), return_inverse=True)
    values = files.matrix(table["value"])
    starts = np.zeros((len(numbers), values.shape[1]), values.dtype)
    starts[sentence[carried]] = values[carried]
    return starts
