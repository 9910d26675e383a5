"""Peak memory of measuring saved states, by the length of the text: each measurement in a process of its own.

python -m benchmarks.memory TOKENS surprise|plain   one of them: the peak of resident memory in bytes
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.report import Table

MILLION = 10**6
LENGTHS = (MILLION, 4 * MILLION, 16 * MILLION)
WORDS, UNITS, EVERY = 500, 16, 25
WAYS = {"plain": "without text (--no-text)", "surprise": "with text and surprise"}
_POOL = 2**16


def peak(tokens: int, surprise: bool) -> int:
    """Import made-up states of `tokens` steps, which exist only while they are read; the peak in bytes."""
    import rnnvis
    from rnnvis.api.saved.arrays import SavedArray

    random = np.random.default_rng(0)
    shares = 1 / np.arange(1, WORDS + 1)  # Zipf's law
    ids = np.searchsorted(np.cumsum(shares) / shares.sum(), random.random(tokens, np.float32)).astype(np.int32)
    pool = np.tanh(random.normal(size=(_POOL, UNITS))).astype(np.float32)

    def fetch(start: int, stop: int) -> np.ndarray:
        return pool[(np.arange(start, stop) * 40503 + start // _POOL) % _POOL]

    states = SavedArray("made up", (tokens, UNITS), "float32", fetch)
    vocabulary = [f"word{i}" for i in range(WORDS)]
    found = rnnvis.import_states({"rnn.0.h": states}, ids, vocabulary, every=EVERY, surprise=surprise)
    assert found.responses["rnn.0.h"].count.sum() == tokens
    return own_peak()


def own_peak() -> int:
    """The most resident memory that this process has had, in bytes.

    Linux: VmHWM, which a new program starts anew; ru_maxrss goes on from the parent's peak over fork and exec.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measure() -> Table:
    """Peaks with and without the surprise of each step, and what each further token costs."""

    def alone(tokens: int, way: str) -> int:
        command = [sys.executable, "-m", "benchmarks.memory", str(tokens), way]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    return table({way: [alone(tokens, way) for tokens in LENGTHS] for way in WAYS})


def table(found: Mapping[str, Sequence[int]]) -> Table:
    """The table of the peaks `found` at `LENGTHS`, by way of measuring."""
    rows = []
    for way, title in WAYS.items():
        peaks = found[way]
        slope = (peaks[-1] - peaks[-2]) / (LENGTHS[-1] - LENGTHS[-2])
        rows.append((title, *(f"{value / 2**20:,.0f} MiB" for value in peaks), f"{slope:.1f} B"))
    about = (
        f"Peak resident memory of `rnnvis.import_states`, one state of {UNITS} units over a vocabulary of {WORDS} "
        f"words in pieces of {EVERY} steps, torch and everything else that is loaded included. The states themselves "
        f"would be {4 * UNITS} bytes a token. What grows are the ids of the text (4 bytes a token), keys and places of "
        "its sentences and, where the text is to be shown, the distance and the surprise of each step (4 bytes each) "
        "and room to sort the uses of the commonest word; from 1 to 4 million also the histograms of words that pass "
        "512 uses, which end at words × units × 4 kB."
    )
    head = ("measuring", *(f"{n // MILLION} million tokens" for n in LENGTHS), "each further token")
    return Table("Memory", about, head, rows)


if __name__ == "__main__":
    print(peak(int(sys.argv[1]), sys.argv[2] == "surprise"))
