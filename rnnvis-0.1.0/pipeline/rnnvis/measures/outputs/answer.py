"""What a model's answers come to: log-probabilities, losses in nats, the likeliest next words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from rnnvis.errors import RnnvisError
from rnnvis.measures.kept import Kept

Means = Literal["class", "tag", "next word", "number"]
Per = Literal["sequence", "step"]
TOP = 5
SUM = 0.02
"""By how much probabilities may miss one: those of many classes in half precision do."""
_TOGETHER = 64


class Given(Protocol):
    """N answers, [C] each; see `rnnvis.recording.returned.Given`."""

    def __len__(self) -> int: ...

    def chunks(self, chosen: np.ndarray) -> Iterator[tuple[np.ndarray, Tensor]]:
        """(places, values [n, C]) of the known ones among `chosen`."""
        ...


@dataclass(frozen=True)
class Answering:
    """What answers mean, and on which scale their numbers are; `classes` how many there are, 0 of a number.

    `scale` is "logits", "log-probabilities" or "probabilities" of all classes; "logit" or "probability", one number,
    those of the second of two; or "numbers".
    """

    means: Means
    scale: str
    classes: int

    @property
    def normalised(self) -> bool:
        """Whether the answers are log-probabilities as they are."""
        return self.scale in ("log-probabilities", "probabilities", "probability")

    def log_scores(self, values: Tensor) -> Tensor:
        """[n, C] as [n, classes] numbers whose softmax are the probabilities; numbers stay what they are."""
        if self.scale == "logit":
            return torch.cat([torch.zeros_like(values), values], dim=1)
        if self.scale == "probability":
            return torch.cat([torch.log1p(-values), values.log()], dim=1)
        return values.log() if self.scale == "probabilities" else values

    def log_probabilities(self, values: Tensor) -> Tensor:
        """[n, C] as log-probabilities [n, classes]; numbers stay what they are."""
        if self.means == "number":
            return values
        if self.scale == "logit":
            return torch.cat([logsigmoid(-values), logsigmoid(values)], dim=1)
        scores = self.log_scores(values)
        return scores if self.normalised else scores.log_softmax(dim=1)

    def losses(self, values: Tensor, target: Tensor, log_p: Tensor | None = None) -> Tensor:
        """−ln p of `target` int64 [n] in nats, or the squared error to `target` float [n]; nan where there is none.

        `log_p` are the log-probabilities of `values`, where they are known.
        """
        if self.means == "number":
            return (values[:, 0] - target.to(values)).square()
        none = values.new_full((len(values),), torch.nan)
        of = (self.log_probabilities(values) if log_p is None else log_p).gather(1, target.clamp(min=0)[:, None])
        return torch.where(target >= 0, -of[:, 0], none)

    def wrong(self, values: Tensor, log_p: Tensor) -> np.ndarray:
        """Rows of `values` [n, C] that are no answers on this scale: no numbers, or no probabilities, int64. `log_p`
        are their log-probabilities."""
        if self.scale in ("logit", "numbers"):
            bad = ~values.isfinite().all(dim=1)
        elif self.scale == "probability":
            bad = ~((values >= 0) & (values <= 1)).all(dim=1)
        elif self.scale == "probabilities":
            bad = ~((values.sum(dim=1) - 1).abs() <= SUM) | (values < 0).any(dim=1)
        elif self.scale == "log-probabilities":
            bad = ~(values.logsumexp(dim=1).abs() <= SUM)
        else:
            bad = log_p[:, 0].isnan()  # one number that is none makes all of its row none
        found: np.ndarray = bad.nonzero()[:, 0].cpu().numpy()
        return found

    def likeliest(self, values: Tensor, log_p: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """The five likeliest classes, int32 [n, 5], and their probabilities, float32 [n, 5], likeliest first; ties go
        to the smaller number. `log_p` are the log-probabilities of `values`."""
        scores = self.log_scores(values)
        ids = _largest(scores, min(TOP, scores.shape[1])).sort(dim=1).values
        order = scores.gather(1, ids).argsort(dim=1, descending=True, stable=True)
        ids = ids.gather(1, order)
        return ids.cpu().numpy().astype(np.int32), log_p.gather(1, ids).exp().cpu().numpy().astype(np.float32)


def _largest(scores: Tensor, many: int) -> Tensor:
    """Places of the `many` largest of each row, int64 [n, many]: of long rows, in the blocks that have the largest."""
    blocks, size = scores.shape[1] // _TOGETHER, _TOGETHER
    if blocks < 4 * many:
        return scores.topk(many, dim=1).indices
    best = scores[:, : blocks * size].unflatten(1, (blocks, size)).amax(dim=2).topk(many, dim=1).indices
    places = torch.arange(scores.shape[1], device=scores.device)
    inside = (best[:, :, None] * size + places[:size]).flatten(1)
    ids = torch.cat([inside, places[blocks * size :].expand(len(scores), -1)], dim=1)
    return ids.gather(1, scores.gather(1, ids).topk(many, dim=1).indices)


@dataclass(frozen=True)
class Answers:
    """What a model answered along a text of N steps and S sequences.

    `per` and `means` say what an answer is, `scale` what was returned, at `name` in it. `classes` are names; of a next
    word there are none. `target` int32 [N] is the class, tag or word that is right after each step, −1 where none is
    known, or float32 [S], the number that is right for each sequence, nan where none is. `loss` float32 [N] in nats
    (of a number: the squared error) after each step that was answered, nan elsewhere.

    In full, answers were kept after the steps at `rows` int64 [n]: `p` float32 [n, classes], or `top_id` int32 [n, 5]
    and `top_p` float32 [n, 5], or `value` float32 [n]. `predicted` int16 [N] is the likeliest tag after each step, −1
    where none was given. To whole sequences: `of_sequence` float32 [S, classes] or
    [S, 1], and `sequence_loss` float32 [S], nan where there is none; None where that is not answered.
    """

    per: Per
    means: Means
    scale: str
    name: str | None
    classes: tuple[str, ...]
    target: np.ndarray = field(repr=False)
    loss: np.ndarray = field(repr=False)
    rows: np.ndarray = field(repr=False)
    p: np.ndarray | None = field(repr=False, default=None)
    predicted: np.ndarray | None = field(repr=False, default=None)
    value: np.ndarray | None = field(repr=False, default=None)
    top_id: np.ndarray | None = field(repr=False, default=None)
    top_p: np.ndarray | None = field(repr=False, default=None)
    of_sequence: np.ndarray | None = field(repr=False, default=None)
    sequence_loss: np.ndarray | None = field(repr=False, default=None)


class AnswerCollector:
    """Takes in what was given, batch by batch, in any order.

    `lengths` int64 [S] are the steps of each sequence; `target` as in `Answers`. `looked` bool [S] are the sequences
    whose answers count, `shown` bool [S] those along which they are kept in full.
    """

    def __init__(
        self,
        answering: Answering,
        per: Per,
        lengths: np.ndarray,
        target: np.ndarray,
        looked: np.ndarray,
        shown: np.ndarray,
    ) -> None:
        self.answering, self.per, self.lengths, self.target = answering, per, lengths, target
        self.looked = looked
        self.starts = np.concatenate([[0], np.cumsum(lengths)])
        steps = int(self.starts[-1])
        self._loss = np.full(steps, np.nan, np.float32)
        kept = np.repeat(looked & shown, lengths)
        if per == "sequence":
            last = np.zeros(steps, bool)
            last[self.starts[1:][lengths > 0] - 1] = True
            kept &= last
        self._place = np.where(kept, np.cumsum(kept) - 1, -1)
        self._rows, self._told = np.flatnonzero(kept), np.zeros(int(kept.sum()), bool)
        self._kept = self._blank(len(self._rows))
        self._predicted = np.full(steps, -1, np.int16) if answering.means == "tag" else None
        whole = answering.means in ("class", "number")
        self._sequences = self._blank(len(lengths)) if whole else {}
        self._sequence_loss = np.full(len(lengths), np.nan, np.float32) if whole else None

    def _blank(self, rows: int) -> dict[str, np.ndarray]:
        if self.answering.means == "next word":
            many = min(TOP, self.answering.classes)
            return {"top_id": np.zeros((rows, many), np.int32), "top_p": np.zeros((rows, many), np.float32)}
        if self.answering.means == "number":
            return {"value": np.full((rows, 1), np.nan, np.float32)}
        return {"p": np.full((rows, self.answering.classes), np.nan, np.float32)}

    def add(self, given: Given, sentences: np.ndarray, rows: np.ndarray) -> None:
        """Take in N answers: the sequences [N] that they belong to, and the places [N] of their steps among all, or of
        the last steps of those sequences."""
        chosen = np.flatnonzero(self.looked[sentences])
        for part, values in given.chunks(chosen):
            at, of = rows[part], sentences[part]
            target = self.target[of] if self.answering.means == "number" else self.target[at]
            wanted = torch.from_numpy(target if self.answering.means == "number" else target.astype(np.int64))
            full = self.answering.log_probabilities(values)
            wrong = self.answering.wrong(values, full)
            if len(wrong):
                numbers = ", ".join(f"{value:.4g}" for value in values[wrong[0]][:5].tolist())
                raise RnnvisError(
                    f"what the model returned for sequence {of[wrong[0]]} cannot be read as {self.answering.scale}: "
                    f"{numbers}",
                    'check the weights, or how it is called; or leave the answers out: outputs="none"',
                )
            loss = self.answering.losses(values, wanted.to(values.device), full).cpu().numpy()
            self._loss[at] = loss
            last = np.flatnonzero(at == self.starts[of + 1] - 1)
            kept = np.flatnonzero(self._place[at] >= 0)
            self._told[self._place[at[kept]]] = True
            if self.answering.means == "next word":
                if len(kept):
                    some = slice(None) if len(kept) == len(at) else torch.from_numpy(kept).to(values.device)
                    ids, p = self.answering.likeliest(values[some], full[some])
                    self._kept["top_id"][self._place[at[kept]]] = ids
                    self._kept["top_p"][self._place[at[kept]]] = p
                continue
            if self._predicted is not None:
                self._predicted[at] = full.argmax(dim=1).cpu().numpy()
            shown = (full if self.answering.means == "number" else full.exp()).cpu().numpy()
            for of_kept in self._kept.values():
                of_kept[self._place[at[kept]]] = shown[kept]
            for of_sequence in self._sequences.values():
                of_sequence[of[last]] = shown[last]
            if self._sequence_loss is not None:
                self._sequence_loss[of[last]] = loss[last]

    def kept(self, sentences: np.ndarray) -> dict[str, Any]:
        """What was given for `sentences` bool [S]; for `take`."""
        places = self._places(sentences)
        return {name: {key: of[places[name]] for key, of in arrays.items()} for name, arrays in self._arrays().items()}

    def take(self, kept: Kept, sentences: np.ndarray) -> None:
        """Take in what another one has `kept` for `sentences` bool [S], which were not given here."""
        places = self._places(sentences)
        for name, arrays in self._arrays().items():
            for key, of in arrays.items():
                of[places[name]] = kept[name][key]

    def _places(self, sentences: np.ndarray) -> dict[str, np.ndarray]:
        steps = np.repeat(sentences, self.lengths)
        return {"steps": steps, "sequences": sentences, "in_full": steps[self._rows]}

    def _arrays(self) -> dict[str, dict[str, np.ndarray]]:
        """All that is filled in: for each step, for each sequence, and in full for each of `_rows`."""
        predicted = {} if self._predicted is None else {"predicted": self._predicted}
        loss = {} if self._sequence_loss is None else {"loss": self._sequence_loss}
        return {
            "steps": {"loss": self._loss, **predicted},
            "sequences": {**self._sequences, **loss},
            "in_full": {"told": self._told, **self._kept},
        }

    def result(self, scale: str, name: str | None, classes: tuple[str, ...]) -> Answers:
        """What was taken in so far; `scale`, `name` and `classes` say how it was read."""
        kept = {key: values[self._told] for key, values in self._kept.items()}
        if "value" in kept:
            kept["value"] = kept["value"][:, 0]
        return Answers(
            per=self.per,
            means=self.answering.means,
            scale=scale,
            name=name,
            classes=classes,
            target=self.target,
            loss=self._loss,
            rows=self._rows[self._told],
            of_sequence=next(iter(self._sequences.values()), None),
            sequence_loss=self._sequence_loss,
            predicted=self._predicted,
            **kept,
        )
