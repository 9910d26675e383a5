"""What is to be published of a recording, and about how large that will be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnvis.config import Measure
from rnnvis.errors import RnnvisError
from rnnvis.measures.recorder import StateRecord
from rnnvis.measures.words.selections import SELECTIONS
from rnnvis.published import sizes

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording

_STEP_BYTES = 4 + 4 * 2  # the number of a step's word, and its surprise in a layer of two states


@dataclass(frozen=True)
class Choices:
    """What the user chose for `Recording.publish`; `ablation` are the seconds for that, 0 for none, None for any;
    `step_model` whether the model itself is published, "half" in half precision."""

    name: str
    text: bool
    methods: tuple[str, ...]
    largest_k: int
    ablation: float | None
    states_bytes: int | None = None
    step_model: bool | str = True

    def shown(self, recording: Recording) -> dict[str, StateRecord]:
        """The states of `recording`, along as many sentences as are to be published."""
        if self.states_bytes is None or not self.text:
            return dict(recording.states)
        found = {name: state.sampled(recording.keys, self.states_bytes) for name, state in recording.states.items()}
        for name, state in found.items():
            if not len(state.published):
                raise RnnvisError(
                    f"{name}: the states of no sentence fit into states_bytes={self.states_bytes:,}",
                    "allow more bytes, or publish no text: text=False",
                )
        return found

    @property
    def ablated_as(self) -> tuple[float | None, tuple[str, ...], int]:
        """What ablation depends on."""
        return self.ablation, self.methods, self.largest_k


def size(recordings: Iterable[Recording], choices: Choices) -> Counter[str]:
    """Bytes of the largest tables, by table, before anything is clustered or written."""
    found: Counter[str] = Counter()
    for recording in recordings:
        states = choices.shown(recording).values()
        most = Measure().selected_words
        found += sizes.expected(states, len(SELECTIONS), most, len(choices.methods), choices.largest_k, choices.text)
        if choices.text:
            found["steps"] += _STEP_BYTES * recording.steps
            if choices.step_model and recording.rerun is not None:
                found["step_model"] += recording.parameters * (2 if choices.step_model == "half" else 4)
    return found
