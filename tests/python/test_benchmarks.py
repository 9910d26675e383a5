"""What the benchmarks measure is what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.memory import own_peak

ROOT = Path(__file__).parents[2]
MEBI = 2**20


def test_the_peak_of_a_process_is_its_own_and_not_its_parents() -> None:
    before = own_peak()
    held = np.ones(before + 256 * MEBI, dtype=np.uint8)
    assert own_peak() >= before + 256 * MEBI
    code = "from benchmarks.memory import own_peak; print(own_peak())"
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert MEBI < int(child.stdout) < len(held) / 2
