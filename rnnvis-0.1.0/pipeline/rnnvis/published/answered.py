"""From a model's answers to columns: what the tables `steps`, `predictions` and `metrics` say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa

from rnnvis.measures.outputs.answer import Answers
from rnnvis.measures.outputs.metrics import Answered, Row, metric_rows
from rnnvis.measures.outputs.pushes import Effects
from rnnvis.published.columns import Columns, step_pushes
from rnnvis.published.files import list_column, nullable
from rnnvis.published.schema.manifest import AnswerEntry
from rnnvis.recording.scores import log_probabilities
from rnnvis.text.sentences import Sentences


@dataclass(frozen=True)
class Told:
    """What a model answered along a text, and what led it there; None of what is not known.

    `surprise` float32 [N, states] of every step, nan where there is none.
    """

    text: Sentences
    surprise: np.ndarray = field(repr=False)
    answers: Answers | None = None
    effects: Effects | None = None

    def entry(self) -> AnswerEntry | None:
        """What the manifest says of the answers."""
        if self.answers is None:
            return None
        of = self.effects
        kind: Literal["exact", "first order"] | None = None
        if of is not None:
            kind = "exact" if of.exact else "first order"
        return {
            "per": self.answers.per,
            "means": self.answers.means,
            "scale": self.answers.scale,
            "name": self.answers.name,
            "ended_by": None if of is None else of.ended_by,
            "effects": kind,
            "accounts_for": None if of is None else of.accounts_for,
        }

    def steps(self, only: np.ndarray | None = None) -> Columns:
        """Table `steps`: all of them, or those at `only` int64 [n]."""
        found: Columns = {
            "sentence_id": self.text.sentence_id,
            "step": self.text.step,
            "token_id": self.text.ids,
            "surprise": list_column(
                np.ascontiguousarray(self.surprise), np.isfinite(self.surprise).all(axis=1) & bool(self.surprise.size)
            ),
        }
        if self.answers is not None:
            found |= self._answered(self.answers)
        if self.effects is not None:
            found |= step_pushes(self.effects.pushes)
        if only is None:
            return found
        return {name: values.take(pa.array(only)) if _arrow(values) else values[only] for name, values in found.items()}

    def _answered(self, answers: Answers) -> Columns:
        loss, columns = answers.loss.copy(), {}
        count = len(self.text.ids)
        if answers.means == "next word":
            assert answers.top_id is not None
            assert answers.top_p is not None
            columns["top5_id"] = _spread(answers.top_id, answers.rows, count)
            columns["top5_p"] = _spread(answers.top_p, answers.rows, count)
        elif answers.means == "number":
            values = np.full(count, np.nan, np.float32)
            if self.ended is not None:
                values = self.ended[:, 0].astype(np.float32)
            assert answers.value is not None
            values[answers.rows] = answers.value
            known = np.isnan(loss)
            loss[known] = np.square(values - answers.target[self.text.sentence_id])[known]
            return {"value": nullable(values), "loss": _finite(loss)}
        else:
            columns["p_class"], ended_loss = self._classes(answers)
            loss = np.where(np.isnan(loss), ended_loss, loss)
        target = answers.target
        return columns | {
            "loss": _finite(loss),
            "p_target": nullable(np.exp(-loss)),
            "target": pa.array(target.astype(np.int32), mask=target < 0),
        }

    @property
    def ended(self) -> np.ndarray | None:
        """The scores if a sentence ended at a step, where the answer is one a sentence."""
        whole = self.answers is not None and self.answers.per == "sequence"
        return self.effects.ended if self.effects is not None and whole else None

    def _classes(self, answers: Answers) -> tuple[pa.Array, np.ndarray]:
        """Column `p_class`, and the losses if a sentence ended at each step, nan where that is not known."""
        assert answers.p is not None
        count = len(self.text.ids)
        loss = np.full(count, np.nan, np.float32)
        if self.ended is None:
            return _spread(answers.p, answers.rows, count), loss
        known = np.flatnonzero(np.isfinite(self.ended).all(axis=1))
        logs = log_probabilities(self.ended[known].astype(np.float64))
        told = np.union1d(known, answers.rows)
        p = np.zeros((len(told), answers.p.shape[1]), np.float32)
        p[np.searchsorted(told, known)] = np.exp(logs)
        p[np.searchsorted(told, answers.rows)] = answers.p
        target = answers.target[known]
        right = np.flatnonzero(target >= 0)
        loss[known[right]] = -logs[right, target[right]]
        return _spread(p, told, count), loss

    def predictions(self) -> Columns | None:
        """Table `predictions`, a row a sentence; None where it is not known what is answered."""
        answers = self.answers
        if answers is None:
            return None
        count = len(self.text.lengths)
        largest, at = self._surprising()
        found: Columns = {
            "sentence_id": np.arange(count, dtype=np.int32),
            "loss": _finite(self._mean_losses(answers) if answers.sequence_loss is None else answers.sequence_loss),
            "surprise": pa.array(largest, mask=largest < 0),
            "surprise_step": pa.array(at, mask=largest < 0),
        }
        of = answers.of_sequence
        if of is None:
            return found
        if answers.means == "number":
            return found | {"value": nullable(of[:, 0]), "target": nullable(answers.target)}
        known = np.isfinite(of).all(axis=1)
        predicted = np.where(known[:, None], of, 0).argmax(axis=1).astype(np.int16)
        return found | {"predicted": pa.array(predicted, mask=~known), "p_class": list_column(of, known)}

    def _mean_losses(self, answers: Answers) -> np.ndarray:
        """The mean loss over the steps of each sentence where one is known, float32 [S], nan without any."""
        known = np.isfinite(answers.loss)
        sentence, count = self.text.sentence_id[known], len(self.text.lengths)
        total = np.bincount(sentence, answers.loss[known], count)
        many = np.bincount(sentence, minlength=count)
        return np.where(many > 0, total / np.maximum(many, 1), np.nan).astype(np.float32)

    def _surprising(self) -> tuple[np.ndarray, np.ndarray]:
        """The largest surprise of each sentence by the first state, float32 [S], −1 without any, and its step."""
        count = len(self.text.lengths)
        largest, at = np.full(count, -1, np.float32), np.zeros(count, np.int16)
        there = np.flatnonzero(self.text.lengths)
        if not self.surprise.size or not len(there):
            return largest, at
        found = np.nan_to_num(self.surprise[:, 0], nan=-1.0).astype(np.float32)
        starts = self.text.starts[there]
        largest[there] = np.maximum.reduceat(found, starts)
        far = np.iinfo(np.int16).max
        first = np.where(found == largest[self.text.sentence_id], self.text.step, far)
        at[there] = np.minimum.reduceat(first, starts)
        return largest, at

    def metrics(self, keys: Sequence[str], words: int, split: str) -> list[Row]:
        """Rows of the table `metrics`: how good the answers are, beside simpler models; none where that is not
        known."""
        answers = self.answers
        if answers is None:
            return []
        if answers.means in ("class", "number"):
            if answers.of_sequence is None or answers.sequence_loss is None:
                return []
            chosen = np.flatnonzero(np.isfinite(answers.sequence_loss))
            last = self.text.starts[chosen + 1] - 1
            right = answers.target[chosen].astype(np.float64) if answers.means == "number" else answers.target[last]
            predicted = answers.of_sequence[chosen].argmax(axis=1) if answers.means == "class" else None
            loss, step = answers.sequence_loss[chosen], self.text.step[last]
        else:
            rows = np.flatnonzero(np.isfinite(answers.loss) & (answers.target >= 0))
            chosen, step, right = self.text.sentence_id[rows], self.text.step[rows], answers.target[rows]
            loss = answers.loss[rows]
            predicted = None if answers.predicted is None else answers.predicted[rows]
        answered = Answered(
            means=answers.means,
            sequence=chosen.astype(np.int64),
            step=step.astype(np.int64),
            target=right if answers.means == "number" else right.astype(np.int64),
            loss=loss.astype(np.float64),
            predicted=None if predicted is None else predicted.astype(np.int64),
            classes=len(answers.classes),
        )
        return metric_rows(answered, self.text, keys, words, split)


def _arrow(values: object) -> bool:
    return isinstance(values, pa.Array)


def _finite(values: np.ndarray) -> pa.Array:
    """A float column in which what is no finite number is null."""
    return pa.array(values.astype(np.float32), mask=~np.isfinite(values))


def _spread(values: np.ndarray, rows: np.ndarray, count: int) -> pa.Array:
    """The rows of `values` [n, k] as a list column of `count` rows, at `rows` int64 [n], ascending; others are null."""
    told = np.zeros(count, bool)
    told[rows] = True
    item = pa.field("element", pa.from_numpy_dtype(values.dtype), nullable=False)
    offsets = np.concatenate([[0], np.cumsum(np.where(told, values.shape[1], 0))]).astype(np.int32)
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.ListArray.from_arrays(offsets, flat, type=pa.list_(item), mask=pa.array(~told))
