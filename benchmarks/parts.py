"""What the parts of `rnnvis.record` cost: finding out how a model is called, its head, the measures, the self-check."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from benchmarks.recording import CASES, processor_seconds, recorded
from benchmarks.report import Table
from rnnvis.api import answer_memory, answering, effects, prepared
from rnnvis.measures import recorder
from rnnvis.recording import checking

TITLE = "What recording is made of"
PARTS: dict[str, tuple[tuple[Any, str], ...]] = {
    "how to call it": ((prepared, "with_resets"), (prepared, "rehearse")),
    "which answer": ((prepared, "find_answer"),),
    "its head": ((prepared, "find_effects"), (effects.EffectWatch, "add"), (effects.EffectWatch, "result")),
    "answers": ((answering.AnswerWatch, "add"),),
    "what of each word is in them": ((answer_memory.MemoryWatch, "add"), (answer_memory.MemoryWatch, "result")),
    "measures": tuple(
        (recorder.StateRecorder, name) for name in ("add", "add_gates", "finish", "compare_changes", "result")
    ),
    "of these the score": ((recorder, "explained"), (recorder.CellFinder, "find"), (recorder.CellSums, "add")),
    "self-check": ((checking.SelfCheck, "take"), (checking.SelfCheck, "compare")),
}
"""Where each part is spent. Answers and states of the batches come from the model's own pass, which is the rest."""


@contextmanager
def clocked(spent: dict[str, float]) -> Iterator[None]:
    """Inside, processor seconds of each part are added to `spent`."""
    with ExitStack() as undone:
        for part, places in PARTS.items():
            for owner, name in places:
                undone.callback(setattr, owner, name, getattr(owner, name))
                setattr(owner, name, _clock(getattr(owner, name), part, spent))
        yield


def _clock(work: Any, part: str, spent: dict[str, float]) -> Any:
    def run(*args: Any, **kwargs: Any) -> Any:
        start = time.process_time()
        try:
            return work(*args, **kwargs)
        finally:
            spent[part] += time.process_time() - start

    return run


def measure(rounds: int = 5) -> Table:
    """Processor seconds of each part, and of all."""
    torch.set_num_threads(1)
    rows = []
    for case in CASES:
        model, sentences = case.model(), case.sentences()
        found: dict[str, list[float]] = defaultdict(list)
        for _ in range(rounds):
            spent: dict[str, float] = defaultdict(float)
            with clocked(spent):
                found["all"].append(processor_seconds(lambda m=model, s=sentences, c=case: recorded(m, s, c.words)))  # type: ignore[misc]
            for part in PARTS:
                found[part].append(spent[part])
        rows.append((case.title, *(f"{statistics.median(found[part]):.2f} s" for part in ("all", *PARTS))))
    about = (
        "Processor time of one thread within `rnnvis.record`, everything on, medians of "
        f"{rounds} rounds. The rest is the pass over the batches. The score is that of what a word, the word before, "
        "and the position explain of each unit; finding the head is trying out from which states the answer is read, "
        "and whether linearly. What comes before the first batch costs the same, however long the text is."
    )
    return Table(TITLE, about, ("model", "record", *PARTS), rows)
