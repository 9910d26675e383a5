"""What the benchmarks measure is what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import gpu
from benchmarks.memory import own_peak
from benchmarks.recording import SpeakingModel

ROOT = Path(__file__).parents[2]
MEBI = 2**20


def test_the_peak_of_a_process_is_its_own_and_not_its_parents() -> None:
    before = own_peak()
    held = np.ones(before + 256 * MEBI, dtype=np.uint8)
    assert own_peak() >= before + 256 * MEBI
    code = "from benchmarks.memory import own_peak; print(own_peak())"
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert MEBI < int(child.stdout) < len(held) / 2


def test_the_script_for_a_gpu_can_be_tried_without_one(capsys: pytest.CaptureFixture[str]) -> None:
    before = gpu.RESULT.read_bytes()
    gpu.main(["--small"])
    said = capsys.readouterr().out
    assert torch.cuda.is_available() or "the processor is compared with itself" in said
    assert "| LSTM 2×16, 60 words, 900 tokens | 0.0e+00 |  |" in said or torch.cuda.is_available()
    assert gpu.RESULT.read_bytes() == before, "a trial is no measurement"


def test_a_slow_gpu_records_fewer_sentences_and_not_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of wide models 20 sentences take 4 s and 12 s here, so that all of them would take most of an hour."""
    now = [0.0]

    def slow(model: SpeakingModel, sentences: list[object], words: int) -> None:
        now[0] += len(sentences) * {650: 0.2, 1500: 0.6}[model.rnn.hidden_size]

    monkeypatch.setattr("benchmarks.gpu.recorded", slow)
    monkeypatch.setattr("benchmarks.gpu.time.perf_counter", lambda: now[0])
    monkeypatch.setattr("benchmarks.gpu.gap", lambda *_: 0.0)
    rows = gpu.measure(torch.device("cpu")).rows
    assert 300 < now[0] < gpu.SECONDS + 1 < 8 * 60
    read = [
        (case, int(row[0].split("of which ")[1].split()[0].replace(",", "")))
        for case, row in zip(gpu.CASES, rows[2:], strict=True)
    ]
    assert all(0 < tokens < sum(map(len, case.sentences())) for case, tokens in read)
    now[0] = 0.0
    monkeypatch.setattr("benchmarks.gpu.SECONDS", 30)
    with pytest.raises(SystemExit, match="too long for this script"):
        gpu.measure(torch.device("cpu"))


def test_states_of_a_gpu_that_are_off_end_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "gap", lambda case, device: 2e-4)
    with pytest.raises(SystemExit, match=r"differ by 2\.0e-04 from those of the processor"):
        gpu.measure(torch.device("cpu"), gpu.SMALL, ())
