"""A model that is called again with states of one's choice in place of those that it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from rnnvis.recording.alignment import AS_THEY_STAND
from rnnvis.recording.called import Batch, Called
from rnnvis.recording.returned import Returned
from rnnvis.recording.scores import scores
from rnnvis.recording.standing import standing_in
from rnnvis.recording.steps import reading_of
from rnnvis.recording.untouched import untouched
from rnnvis.text.batches import padded


@dataclass(frozen=True)
class Replay:
    """Calls a model on rows of `words` words, at most `rows` at a time, with states in place of those that its
    recurrent modules come to. States are [B, H] by name; of those that are not there, zeros of the `sizes` given."""

    called: Called
    answer: Returned
    reading: str
    rows: int
    words: int
    sizes: dict[str, int] = field(default_factory=dict)

    def tensor(self, values: np.ndarray) -> Tensor:
        """`values` where the model is, in the type of its weights."""
        like = next((p for p in self.called.model.parameters() if p.is_floating_point()), torch.zeros(0))
        return torch.from_numpy(np.ascontiguousarray(values)).to(like.device, like.dtype)

    def values(self, states: Mapping[str, Tensor]) -> Tensor:
        """What the model answers, [B, C]; with gradients where those are made."""
        rows = len(next(iter(states.values())))
        given = dict(states)
        for name, size in self.sizes.items():
            given.setdefault(name, next(iter(states.values())).new_zeros(rows, size))
        # A model that takes one row at a time may drop that axis, and one row of a batch may be told from no other.
        twice = rows == 1 and not self.called.plan.alone
        if twice:
            given = {name: state.expand(2, -1) for name, state in given.items()}
        batch, lengths = self._batch(2 if twice else rows)
        with untouched(self.called.model), standing_in(self.called.model, given, self.called.plan):
            returned = self.called.forward(self.called.model, batch)
        said = np.arange(rows)
        cut = self.called.plan.apart(lambda path: reading_of(path, self.called.readings)).get(
            self.reading, AS_THEY_STAND
        )
        found = self.answer.given(returned, lengths, self.words, cut.first, cut.last)
        if self.answer.per == "step":
            kept = self.words - cut.first - cut.last
            said = said * kept + kept // 2
        if not found.known[said].all():
            raise ValueError("no answer to these steps")
        return found.of(said)

    def scores(self, states: Mapping[str, Tensor]) -> Tensor:
        """Their scores, [B, K]."""
        with torch.no_grad():
            return scores(self.values(states), self.answer.scale)

    def slopes(self, states: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
        """Gradients of the scores, float64 [B, K, H] by state."""
        leaves = {name: state.detach().clone().requires_grad_() for name, state in states.items()}
        with torch.enable_grad():
            found = scores(self.values(leaves), self.answer.scale)
            columns = []
            for column in range(found.shape[1]):
                more = column + 1 < found.shape[1]
                columns.append(torch.autograd.grad(found[:, column].sum(), list(leaves.values()), retain_graph=more))
        stacked = [torch.stack(of, dim=1) for of in zip(*columns, strict=True)]
        return {name: of.double().cpu().numpy() for name, of in zip(leaves, stacked, strict=True)}

    def _batch(self, rows: int) -> tuple[Batch, np.ndarray]:
        first = next(i for i, row in enumerate(self.called.readings[""]) if len(row))
        fills, reads = self.called.fills, {}
        for name, text in self.called.readings.items():
            word = text[first][:1] if len(text[first]) else np.zeros(1, np.int64)
            reads[name] = padded([np.repeat(word, self.words)] * rows, fills[name])
        return self.called.batch(reads, np.full(rows, first)), reads[self.reading].lengths

    def chunks(self, states: Mapping[str, np.ndarray]) -> Iterator[dict[str, Tensor]]:
        """States [N, H], as many at a time as go into a call."""
        for start in range(0, len(next(iter(states.values()))), self.rows):
            yield {name: self.tensor(state[start : start + self.rows]) for name, state in states.items()}
