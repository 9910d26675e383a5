"""What is published does not depend on how many threads the machine computes with, nor on anything else around it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rnnvis.published.publishing import digest
from tests.soak.builds import differing

THREADS = (1, 2)
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

# Wide enough that BLAS shares the work: without a limit, figures of states and of pairs differ in their last digits.
RECORDING = """
import sys
from pathlib import Path

import numpy as np
import torch

import rnnvis

torch.set_num_threads(int(sys.argv[1]))
random = np.random.default_rng(0)
text = [random.integers(0, 150, random.integers(20, 40)).tolist() for _ in range(300)]
states = {
    f"rnn.{layer}.h": [np.tanh(random.normal(size=(len(row), units))) for row in text]
    for layer, units in enumerate((300, 200))
}
words = [f"w{i}" for i in range(150)]
rnnvis.import_states(states, text, words).publish(Path(sys.argv[2]), largest_k=2)
"""


def run(threads: int, *arguments: str | Path) -> None:
    command = [sys.executable, *map(str, arguments)]
    environment = {**os.environ, **dict.fromkeys(POOLS, str(threads))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def held(folder: Path) -> dict[str, str]:
    return {path.name: digest(path) for path in sorted(folder.iterdir()) if path.is_file()}


def test_a_recording_is_published_in_the_same_bytes(tmp_path: Path) -> None:
    for threads in THREADS:
        run(threads, "-c", RECORDING, str(threads), tmp_path / str(threads))
    one, two = (held(tmp_path / str(threads)) for threads in THREADS)
    assert "manifest.json" in one
    assert one == two


def test_a_project_is_published_in_the_same_bytes_in_other_surroundings(tmp_path: Path) -> None:
    """Other folders, locales, time zones, umasks and hash seeds too."""
    count, differ = differing(tmp_path)
    assert differ == []
    assert count > 20
