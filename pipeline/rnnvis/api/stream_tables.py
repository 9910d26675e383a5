"""What becomes of states that are carried through streams, on its way into a published folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnnvis.api.streams import answers_from_the_last_steps, drift
from rnnvis.errors import RnnvisError
from rnnvis.published import columns, files
from rnnvis.published.entries import table_entries
from rnnvis.published.schema.manifest import ModelEntry
from rnnvis.text.sentences import Sentences

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording

MOST_STEPS = 200_000
"""Steps of a recording that is run again for this without being asked to."""
LONGEST, ANSWERS = 256, 200
"""Last steps from which the answer is asked without anybody saying from which, at most; and at how many places."""


@dataclass(frozen=True)
class StreamTables:
    """`states` are the tables `unit_drift` by state, `remembered` that of the model or None; `said` is why something
    is not known, a sentence each."""

    states: dict[str, columns.Columns]
    remembered: columns.Columns | None
    said: tuple[str, ...]


def add_streams(recording: Recording, model: ModelEntry, scratch: Path, folder: Path) -> None:
    """Add the tables of drift and of what answers remember to the entries of a model and of its states, their files to
    `folder`; a note where some are missing."""
    found = stream_tables(recording)
    for state in model["states"]:
        if (rows := found.states.get(state["name"])) is not None:
            inside = scratch / state["name"]
            state["tables"] |= table_entries({"unit_drift": files.write("unit_drift", rows, inside)}, inside, folder)
    if found.remembered is not None:
        written = {"remembered": files.write("remembered", found.remembered, scratch)}
        model["tables"] |= table_entries(written, scratch, folder)
    model["notes"] = [*model["notes"], *found.said]


def stream_tables(recording: Recording) -> StreamTables:
    """What `Recording.drift` and `Recording.remembered` found when they were asked last; where states are carried and
    the recording is no larger than MOST_STEPS, they are asked here."""
    kept = recording.kept
    rerun = recording.rerun
    said = []
    if rerun is not None and rerun.documents is not None:
        if recording.steps > MOST_STEPS:
            if kept.drift is None:
                said = [
                    f"Without the drift of states: it takes another run over {recording.steps:,} steps. Call "
                    "recording.drift() before publishing, and recording.remembered() for what answers remember."
                ]
        else:
            try:
                kept.drift = kept.drift or drift(recording, None)
                if rerun.answer is not None and kept.remembered is None and (steps := _steps(recording)):
                    kept.remembered = answers_from_the_last_steps(recording, steps, ANSWERS)
            except RnnvisError as error:
                what = "what answers remember" if kept.drift else "the drift of states"
                said = [f"Without {what}: {error.message}."]
    return StreamTables(
        {name: columns.unit_drift(of) for name, of in (kept.drift or {}).items()},
        None if kept.remembered is None else columns.remembered(kept.remembered),
        tuple(said),
    )


def _steps(recording: Recording) -> list[int]:
    """1, 2, 4 … up to half of the longest stream; none where no stream has two steps."""
    assert recording.rerun is not None
    lengths = Sentences.of(recording.tokens).lengths
    longest = max(int(lengths[np.asarray(of)].sum()) for of in recording.rerun.documents or [])
    found = [1]
    while 2 * found[-1] <= min(LONGEST, longest // 2):
        found.append(2 * found[-1])
    return found if longest > 1 else []
