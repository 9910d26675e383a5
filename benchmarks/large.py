"""Recording in shards: tokens a second and peak memory by number of workers, and what a billion tokens take.

python -m benchmarks.large               writes `benchmarks/large.md` and `benchmarks/arithmetic.md`
python -m benchmarks.large FOLDER I N    one worker: every N-th of the shards from I on, into FOLDER; prints its peak
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import nn

import rnnvis
from benchmarks.memory import own_peak
from benchmarks.recording import Case, processor_seconds, recorded
from benchmarks.report import Table, machine
from rnnvis.measures.units.cells import BYTES as PAIRS
from rnnvis.measures.units.cells import DRAWN, POSITIONS
from rnnvis.measures.words.quantiles import BINS

HERE = Path(__file__).parent
CASE = Case(nn.LSTM, 2, 200, 5000, 60_000)
SHARDS, WORKERS = 8, (1, 2)
WIDE = Case(nn.LSTM, 2, 1500, 10_000, 2_000)
TOKENS, WORDS, CLUSTER = 10**9, 50_000, 16
FREQUENT = (1000, 100)


def shard(folder: Path, number: int) -> None:
    """Record one shard of `CASE` into `folder`."""
    vocabulary = [f"word{i}" for i in range(CASE.words)]
    part = rnnvis.record(CASE.model(), CASE.sentences(), vocabulary, shard=(number, SHARDS))
    part.save(folder / f"{number}")


def merge(folder: Path) -> None:
    """Merge all shards of `CASE` in `folder`."""
    vocabulary = [f"word{i}" for i in range(CASE.words)]
    paths = [folder / f"{number}" for number in range(SHARDS)]
    rnnvis.reduce(paths, CASE.model(), CASE.sentences(), vocabulary)


def worker(folder: Path, first: int, workers: int) -> int:
    """Its shards, one after the other, or with `workers` 0 the merge of all; the peak of resident memory in bytes."""
    torch.set_num_threads(1)
    if workers:
        for number in range(first, SHARDS, workers):
            shard(folder, number)
    else:
        merge(folder)
    return own_peak()


def _together(folder: Path, calls: list[tuple[int, int]]) -> tuple[float, int]:
    """Seconds that processes of these workers take beside each other, and the largest peak among them."""
    start = time.perf_counter()
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.large", str(folder), str(first), str(workers)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for first, workers in calls
    ]
    peaks = [int(process.communicate()[0]) for process in running]
    return time.perf_counter() - start, max(peaks)


def measure() -> Table:
    """A row for each number of workers, and one for the merge."""
    tokens = sum(map(len, CASE.sentences()))
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for workers in WORKERS:
            seconds, peak = _together(folder, [(i, workers) for i in range(workers)])
            rows.append((f"{workers} worker{'s' * (workers > 1)}", f"{tokens / seconds:,.0f}", _mib(peak)))
        size = sum(path.stat().st_size for path in folder.iterdir()) / SHARDS
        seconds, peak = _together(folder, [(0, 0)])
        rows.append(("merging them", f"{tokens / seconds:,.0f}", _mib(peak)))
    about = (
        f"{CASE.title} in {SHARDS} shards of {size / 1e6:,.0f} MB each on average, first looks alone, workers being "
        "processes of one thread; tokens a second by the wall clock, starting Python and finding out about the model "
        "in every shard included. Peak of resident memory of the largest process."
    )
    return Table("Workers", about, ("work", "tokens a second", "peak memory"), rows)


def speed() -> float:
    """Tokens a second of this processor's time, one thread, of `rnnvis.record` on `WIDE` with everything on."""
    torch.set_num_threads(1)
    model, sentences = WIDE.model(), WIDE.sentences()
    return sum(map(len, sentences)) / processor_seconds(lambda: recorded(model, sentences, WIDE.words))


def arithmetic(rate: float) -> Table:
    """What `TOKENS` take with a model of `WIDE`'s layers, by the sizes of arrays; hours from the measured `rate`."""
    states, units = 2 * WIDE.layers, WIDE.units
    rows = [
        ("two looks, 1 processor core", _hours(2 * TOKENS / rate)),
        (f"two looks, {CLUSTER} cores", _hours(2 * TOKENS / rate / CLUSTER)),
        ("all states, in half precision: never kept", _size(TOKENS * states * units * 2)),
        ("ids of the text, on each machine", _size(4 * TOKENS)),
        (f"moments of {WORDS:,} words, in each worker and partial", _size(states * units * 2 * WORDS * 16)),
        *(
            (f"histograms of {words:,} words with quantiles", _size(states * units * words * BINS * 4))
            for words in FREQUENT
        ),
        ("sums over pairs of words and positions", _size(states * (PAIRS + 16 * units * (POSITIONS + DRAWN)))),
        ("sample of states", _size(states * 64 * 2**20)),
        ("losses and distances, where all is merged", _size(TOKENS * 4 * (1 + 2 * states))),
    ]
    about = (
        f"{TOKENS:,} tokens, {WORDS:,} words, {WIDE.cell.__name__} of {WIDE.layers} layers of {units:,} units: "
        f"{states} states. Hours follow from {rate:,.0f} tokens a second, which `rnnvis.record` reached here with "
        f"everything on ({WIDE.title}; processor time of one thread, finding out about the model included); bytes from "
        "the sizes of the arrays. Histograms are kept of words "
        "with `frequent_count` uses or more: raise it until few enough are left. Sampled are states along sentences, "
        "attention, and what of each word is in the answers; everything else is of all tokens."
    )
    return Table("Arithmetic", about, ("what", "takes"), rows)


def _size(count: float) -> str:
    unit = next((name for name in ("TB", "GB") if count >= {"TB": 1e12, "GB": 1e9}[name]), "MB")
    return f"{count / {'TB': 1e12, 'GB': 1e9, 'MB': 1e6}[unit]:,.1f} {unit}"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:,.0f} hours"


def _mib(count: int) -> str:
    return f"{count / 2**20:,.0f} MiB"


def _write(name: str, table: Table) -> None:
    body = table.markdown().split("\n", 2)[2]
    text = f"{body}\nMeasured on {machine()}\n"
    (HERE / name).write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(worker(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
    else:
        _write("large.md", measure())
        _write("arithmetic.md", arithmetic(speed()))
