"""`Recording.ablate`: what the model answers while some of its units are held."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnvis.api.intervening import Chip, hold_of, rerun_of, sequences_of, state_of, units_of
from rnnvis.measures.figures import clustered_mean
from rnnvis.recording.holding import Hold

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording
    from rnnvis.api.rerun import AnswerRows


@dataclass(frozen=True)
class Ablated:
    """What a model answers, and its loss, while `units` of `state` are held; rows as in `before` and `after`.

    `before` and `after` have for each of N answers its `sequence_id` and `step` [N], the `values` [N, C]
    (log-probabilities of the classes, or a number; left out of next words), what is right (`target`), and the `loss` in
    nats (of a number the squared error), nan where that is not known.
    """

    state: str
    units: np.ndarray
    before: AnswerRows = field(repr=False)
    after: AnswerRows = field(repr=False)

    @property
    def increase(self) -> np.ndarray:
        """By how much each loss rises, float64 [N]; nan where nothing is known to be right."""
        increase: np.ndarray = self.after.loss - self.before.loss
        return increase

    @property
    def mean(self) -> float:
        """The mean increase; nan where no loss is known."""
        return clustered_mean(self.increase, self.before.sequence_id)[0]

    @property
    def standard_error(self) -> float:
        """Of the mean; sequences are taken as independent."""
        return clustered_mean(self.increase, self.before.sequence_id)[1]

    @property
    def changed(self) -> float:
        """The share of the answers whose likeliest class is another one; nan of a number and of next words."""
        if self.before.values.shape[1] < 2:
            return float("nan")
        return float((self.before.values.argmax(axis=1) != self.after.values.argmax(axis=1)).mean())

    def __repr__(self) -> str:
        count, error = len(self.units), self.standard_error
        held = f"unit {self.units[0]}" if count == 1 else f"{count} units"
        loss = "no loss is known" if np.isnan(self.mean) else f"the loss rises by {self.mean:.4f}"
        return f"Ablated: {held} of {self.state} held; {loss}{'' if np.isnan(error) else f' ± {error:.4f}'}"


def ablate(
    recording: Recording,
    units: Any,
    state: str | None,
    hold: Any,
    from_step: int | None,
    sequences: Any,
    chip: Chip | None,
) -> Ablated:
    """See `Recording.ablate`."""
    rerun = rerun_of(recording)
    of = state_of(recording, state)
    chosen = units_of(recording, of, units, chip)
    numbers = sequences_of(recording, sequences)
    held = hold_of(recording, of, chosen, hold, from_step, numbers)
    # The same steps with nothing held, so that what has no effect has exactly none.
    nothing = Hold(of, np.zeros(0, np.int64), np.zeros(0))
    words = rerun.answer is not None and rerun.answer.means == "next word"
    before, after = (rerun.answers(numbers, [hold], values=not words) for hold in (nothing, held))
    return Ablated(of, chosen, before, after)
