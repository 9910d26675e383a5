"""Co-clustering: quality on the published responses, recovery of planted blocks, and time, method by method."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb
import numpy as np

from benchmarks.report import Table
from rnnvis import cocluster
from rnnvis.measures.clusters.methods import METHODS
from rnnvis.measures.clusters.quality import adjusted_rand
from rnnvis.published.publishing import read_manifest

SEEDS = 3
_TITLES = {"rnnvis": "RNNVis"}
_ORIGINAL = "RNNVis: scikit-learn's SpectralCoclustering on R shifted to non-negative, as the original runs."


def published(data: Path) -> Table:
    """The published quality of every method, k = 8 and 16."""
    rows = []
    for dataset in read_manifest(data)["datasets"]:
        for model in dataset["models"]:
            for state in model["states"]:
                files = [str(data / file["path"]) for file in state["tables"]["cluster_quality"]["files"]]
                found = duckdb.connect().execute(
                    "SELECT method, k, held_out_r2, bound, sign_coherence, ari_words, ari_units FROM read_parquet(?) "
                    "WHERE selection = 'reliable' AND k IN (8, 16) ORDER BY k, held_out_r2 DESC",
                    [files],
                )
                for method, k, *figures in found.fetchall():
                    where = f"{model['name']} {state['name']}, {_TITLES.get(method, method)}"
                    rows.append((where, str(k), *(f"{x:.2f}" for x in figures)))
    head = ("state and method", "k", "held-out R²", "bound", "coherence", "ARI words", "ARI units")
    about = f"The 500 reliable words; read from the tables. {_ORIGINAL}"
    return Table("Co-clustering the published responses", about, head, rows)


def planted() -> Table:
    """Adjusted Rand index on planted signed blocks, and seconds for one clustering."""
    rows = []
    for name, make, signal in (
        ("signed blocks", _blocks, 1.4),
        ("signed blocks", _blocks, 0.6),
        ("checkerboard", _checkerboard, 0.3),
        ("checkerboard", _checkerboard, 0.2),
    ):
        row = [f"{name}, signal {signal}"]
        for method in METHODS:
            scores, start = [], time.perf_counter()
            for seed in range(SEEDS):
                matrix, z, u = make(signal, np.random.default_rng(seed))
                found = cocluster(matrix, 10, method)
                scores.append((adjusted_rand(z, found.word_labels) + adjusted_rand(u, found.unit_labels)) / 2)
            took = (time.perf_counter() - start) / SEEDS
            row.append(f"{np.mean(scores):.2f} in {took:.1f} s".replace(" ", "\N{NO-BREAK SPACE}"))
        rows.append(row)
    about = (
        f"500 × 600 matrices of ten planted groups a side with unit noise, k = 10: mean adjusted Rand index of words "
        f"and units over {SEEDS} seeds, and seconds for one clustering. {_ORIGINAL}"
    )
    return Table("Finding planted groups", about, ("planted", *(_TITLES.get(m, m) for m in METHODS)), rows)


def _blocks(signal: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    z, u, sign = rng.integers(0, 10, 500), rng.integers(0, 10, 600), rng.choice([-1, 1], 10)
    return signal * sign[z][:, None] * (z[:, None] == u[None]) + rng.standard_normal((500, 600)), z, u


def _checkerboard(signal: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    z, u, sign = rng.integers(0, 10, 500), rng.integers(0, 10, 600), rng.choice([-1, 1], (10, 10))
    return signal * sign[z][:, u] + rng.standard_normal((500, 600)), z, u
