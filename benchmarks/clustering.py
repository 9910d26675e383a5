"""Co-clustering: quality on the published responses, recovery of planted blocks, and time, method by method."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import scipy.sparse as sp
from sklearn.cluster import SpectralCoclustering
from threadpoolctl import threadpool_limits

from benchmarks.memory import own_peak
from benchmarks.report import Table, middle
from rnnvis import cocluster
from rnnvis.measures.clusters.cocluster import sweep
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


def speed() -> Table:
    """Processor time of sweeps and of one fit, beside scikit-learn's in the same process, and of a sparse sweep."""
    rows = []
    random = np.random.default_rng(0)
    ks = range(2, 31)
    for name, matrix in (
        ("planted, 20 groups a side", _checkerboard(0.6, random, (2000, 400), 20)[0]),
        ("falling singular values", _smooth(random, (2000, 400))),
        ("noise", random.standard_normal((2000, 400))),
    ):
        rows.append(_beside(f"k = 2 … 30 of 2,000 × 400, {name}", matrix, ks, lambda x: sweep(x, ks), 3))
    for name, matrix in (
        ("planted", _checkerboard(0.6, random)[0]),
        ("falling singular values", _smooth(random, (500, 600))),
    ):
        rows.append(_beside(f"k = 10 of 500 × 600, {name}", matrix, [10], lambda x: cocluster(x, 10), 9))
    matrix = _sparse(random, (50_000, 100_000), 10**7, 20)
    with threadpool_limits(1):
        took = _processor_time(lambda: sweep(matrix, ks))
    peak = own_peak() / 2**30
    rows.append(
        (f"k = 2 … 30 of sparse 50,000 × 100,000, 10 million numbers; peak {peak:.1f} GiB", f"{took:.0f} s", "", "")
    )
    about = (
        "Figures of each clustering included; processor time on one thread in one process, median and range of rounds "
        "in which the two take turns; the sparse sweep once. scikit-learn: one SpectralCoclustering for each k, of the "
        "matrix shifted to non-negative. The peak is that of the whole process, the matrix and all before it included."
    )
    return Table("Speed of co-clustering", about, ("work", "rnnvis", "scikit-learn", "faster"), rows)


def _beside(
    name: str, matrix: np.ndarray, ks: range | list[int], ours: Callable[[np.ndarray], object], rounds: int
) -> tuple[str, ...]:
    shifted = matrix - matrix.min()

    def theirs() -> None:
        for k in ks:
            SpectralCoclustering(n_clusters=k, random_state=0).fit(shifted)

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours(matrix), theirs()
        both = [(_processor_time(lambda: ours(matrix)), _processor_time(theirs)) for _ in range(rounds)]
    faster = statistics.median(reference / own for own, reference in both)
    unit = "s" if len(ks) > 1 else "ms"
    return name, *(middle(side, unit) for side in zip(*both, strict=True)), f"{faster:.1f}×"


def _processor_time(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


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


def _checkerboard(
    signal: float, rng: np.random.Generator, shape: tuple[int, int] = (500, 600), k: int = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    z, u, sign = rng.integers(0, k, shape[0]), rng.integers(0, k, shape[1]), rng.choice([-1, 1], (k, k))
    return signal * sign[z][:, u] + rng.standard_normal(shape), z, u


def _smooth(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """No groups: forty directions, the i-th a share 1 / i as strong as the first, and a little noise."""
    left, right = rng.standard_normal((shape[0], 40)), rng.standard_normal((40, shape[1]))
    return left / np.arange(1, 41) @ right + 0.05 * rng.standard_normal(shape)


def _sparse(rng: np.random.Generator, shape: tuple[int, int], numbers: int, k: int) -> sp.csr_array:
    """About so many numbers at random places, with a mean of ±1 for each of k × k planted blocks."""
    z, u, sign = rng.integers(0, k, shape[0]), rng.integers(0, k, shape[1]), rng.choice([-1, 1], (k, k))
    i, j = (rng.integers(0, n, numbers) for n in shape)
    return sp.coo_array((rng.standard_normal(numbers) / 2 + sign[z[i], u[j]], (i, j)), shape).tocsr()
