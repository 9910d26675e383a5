"""A model on two small batches before it is recorded: what it keeps between calls, and what its states are."""

from __future__ import annotations

from torch import Tensor

from rnnvis.errors import RnnvisError
from rnnvis.recording.arguments import own_forward
from rnnvis.recording.called import Called, Forward
from rnnvis.recording.cells import cell_of
from rnnvis.recording.fresh import Reset, fresh_start, resetting
from rnnvis.recording.probing import Probe
from rnnvis.recording.traces import LayerTrace


def rehearse(called: Called, *, cut: bool) -> tuple[Forward, list[str]]:
    """How to call the model so that every batch starts from the same states, and the states that lie in [−1, 1].

    Torch's own kernels run here: what they come to is compared with the formulas that stand in for them later.

    What is done is added to the notes of the plan; `cut` as in `follow`, which found it. RnnvisError, naming the
    attributes, where the model keeps states from call to call that nothing resets; naming the module, where torch's own
    differ from its formula.
    """
    reset, traces = _Rehearsal(called, cut).found()
    bounded = [f"{trace.name}.{state}" for trace in traces for state in trace.bounded]
    for trace in traces:
        module = dict(called.model.named_modules())["" if trace.module == "model" else trace.module]
        cell = cell_of(module)
        numbers = bool(trace.states["h"].isfinite().all())  # a pass over the text says where there are none
        if trace.left_out and numbers and cell is not None and not own_forward(module, cell):
            raise RnnvisError(trace.left_out, "describe its states with a rnnvis.StateSource")
    notes = [trace.left_out for trace in traces] + ([] if reset is None else [reset.note])
    called.plan.notes += [note for note in dict.fromkeys(notes) if note]
    return called.forward if reset is None else resetting(reset.apply, called.forward), bounded


class _Rehearsal(Probe):
    def __init__(self, called: Called, cut: bool) -> None:
        super().__init__(called, cut)
        self.plan = called.plan
        self.traces: list[LayerTrace] = []

    def found(self) -> tuple[Reset | None, list[LayerTrace]]:
        """What every batch has to start with, and the traces of the last one."""
        reset = fresh_start(self.model, lambda: self._states(0), lambda: self._states(1), self.rows)
        return reset, [trace.turned() if self.plan.of(trace.module).backward else trace for trace in self.traces]

    def _states(self, sample: int) -> list[Tensor]:
        """All states of a batch, called without undoing what that leaves in the model."""
        place, rows = self.samples[sample]
        batch = self.batch({name: [row] * self.rows for name, row in rows.items()}, [place] * self.rows)
        with self.captured(batch, torchs_kernels=True) as self.traces:
            self.forward(self.model, batch)
        return [state for trace in self.traces for state in trace.states.values()]
