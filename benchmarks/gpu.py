"""On a machine with a GPU: its states against those of the processor, and tokens a second of wide LSTMs.

python -m benchmarks.gpu            less than eight minutes; writes `benchmarks/gpu.md` for the page “Large corpora”
python -m benchmarks.gpu --small    a minute, small models and no file; on the processor where there is no GPU
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

import rnnvis
from benchmarks.recording import Case, recorded
from benchmarks.report import Table, machine
from rnnvis.recording import StepBatch

RESULT = Path(__file__).parent / "gpu.md"
NEAR = 1e-4
SECONDS = 400
"""Of the eight minutes; loading torch, and runs that take longer than the short ones said, have the rest."""
FEW = 20
CASES = (Case(nn.LSTM, 2, 650, 10_000, 60_000), Case(nn.LSTM, 2, 1500, 10_000, 60_000))
COMPARED = (Case(nn.GRU, 2, 200, 5000, 4000), Case(nn.LSTM, 2, 650, 5000, 2000))
SMALL = (Case(nn.LSTM, 2, 16, 60, 900),)
NOT_RUN = "It was not run: no GPU could be had on the machine that made these pages.\n"


def gap(case: Case, device: torch.device) -> float:
    """The largest difference of a state on `device` from the same on the processor, of max(1, |s|), over all steps."""
    here, there = (dict(_states(case.model().to(where), case)) for where in (torch.device("cpu"), device))
    assert here.keys() == there.keys()
    return max(
        float((np.abs(there[key] - of) / np.maximum(1, np.abs(of))).max(initial=0.0)) for key, of in here.items()
    )


def _states(model: nn.Module, case: Case) -> Iterator[tuple[tuple[str, int], np.ndarray]]:
    """Every state along every sentence, [T, H], by (name, sentence), as `rnnvis.record` takes it."""
    seen = _Seen()
    words = [f"word{i}" for i in range(case.words)]
    rnnvis.record(model, case.sentences(), words, outputs="none", observers=[seen], check=False)
    yield from seen.states.items()


class _Seen:
    def __init__(self) -> None:
        self.states: dict[tuple[str, int], np.ndarray] = {}

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        borders = np.flatnonzero(np.diff(batch.sentence_id)) + 1
        for name, values in batch.states.items():
            for part in np.split(np.arange(len(batch)), borders):
                self.states[name, int(batch.sentence_id[part[0]])] = values[part].copy()


def rate(case: Case, device: torch.device, seconds: float) -> tuple[int, float]:
    """How many tokens `rnnvis.record` reads on `device`, everything on, and how many a second, after two short runs
    that are not counted: all of the case's, or as many sentences as fit into `seconds` by the second of these."""
    model, sentences = case.model().to(device), case.sentences()
    began = time.perf_counter()
    for _ in range(2):
        start = time.perf_counter()
        recorded(model, sentences[:FEW], case.words)
    now = time.perf_counter()
    fit = int((seconds - (now - began)) / (now - start) * FEW)
    if fit < FEW:
        raise SystemExit(
            f"{case.title}: {FEW} sentences take {now - start:.0f} s on {device}, too long for this script"
        )
    start = now
    recorded(model, sentences[:fit], case.words)
    tokens = sum(map(len, sentences[:fit]))
    return tokens, tokens / (time.perf_counter() - start)


def measure(device: torch.device, compared: Sequence[Case] = COMPARED, timed: Sequence[Case] = CASES) -> Table:
    """The gaps, and tokens a second, in about `SECONDS` at most; raises SystemExit where a gap is beyond 1e-4."""
    rows = []
    end = time.perf_counter() + SECONDS
    for case in compared:
        found = gap(case, device)
        if not found < NEAR:
            raise SystemExit(
                f"{case.title}: states differ by {found:.1e} from those of the processor, more than {NEAR:g}"
            )
        rows.append((case.title, f"{found:.1e}", ""))
    for left, case in zip(range(len(timed), 0, -1), timed, strict=True):
        tokens, speed = rate(case, device, (end - time.perf_counter()) / left)
        rows.append((f"{case.title}, of which {tokens:,} were recorded", "", f"{speed:,.0f}"))
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)
    about = (
        f"On {name}: the largest difference of a state from the same on the processor, as a share of max(1, |s|), and "
        "tokens a second of `rnnvis.record` with everything on, random weights."
    )
    return Table("GPU", about, ("model", "largest difference", "tokens a second"), rows)


def main(asked: Sequence[str]) -> None:
    """Measure where there is CUDA; else say that it was not run, and leave figures that are there."""
    if list(asked) not in ([], ["--small"]):
        sys.exit("python -m benchmarks.gpu takes nothing, or --small")
    if asked:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if device.type == "cpu":
            print("There is no CUDA device here: the processor is compared with itself, to try the script.")
        print(measure(device, SMALL, SMALL).markdown())
        return
    if not torch.cuda.is_available():
        if not RESULT.is_file():
            RESULT.write_text(NOT_RUN, encoding="utf-8")
        sys.exit("There is no CUDA device here: nothing was measured.")
    text = measure(torch.device("cuda")).markdown().split("\n", 2)[2] + f"\nMeasured on {machine()}\n"
    RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
