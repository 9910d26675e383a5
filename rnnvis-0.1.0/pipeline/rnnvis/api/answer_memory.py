"""Memory of the answer of a recorded model: what of each word is in it, and how far that agrees with leaving it out."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace

import numpy as np

from rnnvis.api.answers import Answer
from rnnvis.api.rerun import Rerun
from rnnvis.measures.outputs.answer_memory import NEAR, AnswerMemory, AnswerMemoryRecorder, bytes_of
from rnnvis.measures.outputs.deletion import Deletion, deletion
from rnnvis.measures.recorder import Text, sampled
from rnnvis.recording.alignment import Plan
from rnnvis.recording.heads import Head
from rnnvis.recording.scores import score_classes, scores
from rnnvis.recording.steps import StepBatch, reading_of
from rnnvis.text.sentences import Sentences

BYTES = 8 * 2**20
"""Of the parts that are kept, before they are compressed."""
DELETED = 100_000
"""Steps that sentences without one of their words may take: a second or so of a layer of a hundred units."""
MANY = 100
"""Classes up to which parts are kept, as pushes are."""


@dataclass
class MemoryWatch:
    """Takes in what of each word is in the answers of the text `answer.at.reading`, as its steps pass."""

    plan: Plan
    answer: Answer
    head: Head | None
    recorder: AnswerMemoryRecorder | None = field(default=None, repr=False)
    text: Text | None = field(default=None, repr=False)

    def take(self, text: Text, target: np.ndarray) -> None:
        """Begin with the steps of `text`; `target` int [N] is what comes next where a model says the next word."""
        why = self._unknown()
        if why:
            self._without(why)
            return
        assert self.head is not None
        assert self.head.weights is not None
        words = self.answer.means == "next word"
        weights = next(iter(self.head.weights.values()))
        many = 1 if words else len(weights)
        back = any(".reverse." in name for name in self.head.states)
        size = bytes_of(text.lengths, many, back)
        if back and self.head.per == "sequence":
            size = 2 * many * text.lengths  # there is one answer
        chosen = np.zeros(len(text.lengths), bool)
        chosen[sampled(text.keys, size, text.always, BYTES)] = True
        shown = np.zeros_like(chosen)
        shown[sampled(text.keys, 2 * weights.shape[1] * text.lengths, text.always, text.states_bytes)] = True
        numbers = score_classes(many) if not words else np.zeros(0)
        self.text = text
        self.recorder = AnswerMemoryRecorder(self.head, numbers, chosen & shown, target if words else None)

    def add(self, batch: StepBatch, rows: np.ndarray) -> None:
        if self.recorder is not None:
            self.recorder.add(batch, rows)

    def result(self, rerun: Rerun, pushes: np.ndarray | None) -> AnswerMemory | None:
        """What was taken in. Beside it the model is run without single words of some of the sentences; `pushes` float32
        [N, K] are those of the steps, where they are known."""
        if self.recorder is None or self.text is None:
            return None
        found = self.recorder.result()
        if self.recorder.missing:
            self._without(f"{self.recorder.missing} is kept by no gate")
        elif self.recorder.off > 1:
            self._without(f"they miss the answer by more than {NEAR:g} of it, as in half precision")
        if found is None or pushes is None:
            return found
        return replace(found, deletion=self._deletion(found, self.text, rerun, pushes))

    def _unknown(self) -> str | None:
        """Why parts of the answer are not known; None where they may be."""
        head = self.head
        if head is None:
            return "no head is known that reads the answer from its last states"
        if head.weights is None:
            return "the answer is no weighted sum of the states that it reads"
        if head.at in ("mean", "max"):
            return f"the answer reads the {'mean' if head.at == 'mean' else 'maximum'} of the states, not the last ones"
        if self.answer.means != "next word" and len(next(iter(head.weights.values()))) > MANY:
            return f"there are more than {MANY} classes"
        return None

    def _without(self, why: str) -> None:
        self.plan.say(f"What of each word is still in the answer is left out: {why}.")

    def _deletion(self, found: AnswerMemory, text: Text, rerun: Rerun, pushes: np.ndarray) -> Deletion | None:
        """None where an answer is one a step, or where what is left without a word is not all that the model reads."""
        cut = self.plan.apart(lambda path: reading_of(path, rerun.texts))
        if self.answer.at.per == "step" or len(rerun.texts) > 1 or rerun.documents is not None or cut:
            return None
        lengths = text.lengths
        ended = text.labelled if text.labelled is not None and text.labelled.any() else np.ones(len(lengths), bool)
        ended = ended & text.measured & (lengths > 1)
        some = np.array([i for i in np.unique(found.sentence_id).tolist() if ended[i]], np.int64)
        some = some[np.argsort([zlib.crc32(text.keys[i].encode()) for i in some], kind="stable")]
        some = some[np.cumsum(lengths[some].astype(np.int64) * (lengths[some] - 1)) <= DELETED]
        if not len(some):
            return None
        whole = self._scores(rerun, some, np.full(len(some), -1))
        sentence = np.repeat(some, lengths[some])
        word = np.concatenate([np.arange(n) for n in lengths[some]])
        place = np.repeat(np.arange(len(some)), lengths[some])
        lost = whole[place] - self._scores(rerun, sentence, word)
        asked = whole.argmax(axis=1)[place]  # of more than two classes that of the answer
        ends = np.flatnonzero(found.step == lengths[found.sentence_id] - 1)
        of_score = np.searchsorted(score_classes(whole.shape[1]), found.of_class[ends])
        row = np.zeros((len(lengths), whole.shape[1]), np.int64)
        row[found.sentence_id[ends], of_score] = ends
        parts = found.part[found.starts[row[sentence, asked]] + word]
        each = np.arange(len(sentence))
        steps = Sentences.of(text.tokens).starts[sentence] + word
        return deletion(lost[each, asked], parts, pushes[steps, asked], sentence)

    def _scores(self, rerun: Rerun, sequences: np.ndarray, without: np.ndarray) -> np.ndarray:
        """The scores of `sequences` int64 [n] without the word that `without` [n] says, float64 [n, K]."""
        found: dict[int, np.ndarray] = {}
        for ran in rerun.steps(sequences, without=without):
            given = ran.batches[""].answer
            assert given is not None
            assert given.sentences is not None
            for chosen, values in given.chunks(np.arange(len(given))):
                said = scores(values, self.answer.at.scale).double().cpu().numpy()
                found |= dict(zip(given.sentences[chosen].tolist(), said, strict=True))
        return np.stack([found[i] for i in range(len(sequences))])
