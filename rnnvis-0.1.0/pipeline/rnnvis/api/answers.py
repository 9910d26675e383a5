"""What a model's answer means: told from what it returns, its labels, and the words of its text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnnvis.api.inputs import Labels
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.answer import Answering, Means
from rnnvis.measures.outputs.next_words import following_words
from rnnvis.recording.candidates import Candidate
from rnnvis.recording.returned import Returned, Scale
from rnnvis.text.sentences import Sentences

NONE = "none"
Outputs = Callable[[Any], Any] | str | None
_WHERE = "say where it lies: outputs=lambda returned: returned[…]"
_SCALES = {
    "logits": "logits",
    "log-probabilities": "log-probabilities",
    "probabilities": "probabilities",
    "logit": "the logit of the second of two classes",
    "probability": "the probability of the second of two classes",
    "numbers": "a number",
}


@dataclass(frozen=True)
class Answer:
    """Where the answer lies, and what it means; `classes` are the names of classes or tags."""

    at: Returned
    means: Means
    classes: tuple[str, ...] = ()

    @property
    def answering(self) -> Answering:
        """What its numbers come to."""
        many = 0 if self.means == "number" else max(len(self.classes), self.at.size)
        return Answering(self.means, self.at.scale, many)

    def said(self) -> str:
        """A sentence on what was taken for what."""
        where = f" at {self.at.name}" if self.at.name else ""
        each = "each sequence" if self.at.per == "sequence" else "each step"
        what = {
            "class": f"its class ({_listed(self.classes)})",
            "tag": f"its tag ({_listed(self.classes)})",
            "next word": "the next word",
            "number": "a number that is no class",
        }[self.means]
        scale = _SCALES[self.at.scale]
        of = f" of {self.at.size:,}" if self.at.size > 1 else ""
        reading = f' of "{self.at.reading}"' if self.at.reading else ""
        if self.means == "number":
            return f"What the model returned{where} is read as {what}, one for {each}{reading}."
        return f"What the model returned{where} is read as {scale}{of}: for {each}{reading}, {what}."


@dataclass(frozen=True)
class _Fit:
    """A candidate with a meaning; the smaller `level`, the surer it is."""

    level: int
    answer: Answer


def read_outputs(outputs: Any) -> Callable[[Any], Any] | None:
    """`outputs` as a function of what the model returned, None where nothing was said; RnnvisError for what is neither
    a function nor "none"."""
    if outputs is None or outputs == NONE:
        return None
    if not callable(outputs):
        raise RnnvisError(
            f"outputs is {outputs!r}", 'pass a function, outputs=lambda returned: returned[0], or outputs="none"'
        )
    given: Callable[[Any], Any] = outputs
    return given


def meaning(
    found: Sequence[Candidate],
    labels: Labels,
    classes: tuple[str, ...] | None,
    words: Mapping[str, int],
    chosen: bool,
    carried: bool,
) -> tuple[Answer | None, str]:
    """Which of the candidates is the answer and what it means, and a sentence about it.

    `words` is the size of the vocabulary of each reading, 0 of signals, which have no next word. `chosen`: the user
    said where the answer lies. None where it cannot be known; the sentence then says why, and what to do. RnnvisError
    where that contradicts what was said.
    """
    asked = classes is not None or labels.names or labels.tags is not None or labels.numbers is not None
    if not asked and all(one.state for one in found):
        return None, ""
    if not found:
        return None, "The model returned no answer to a sequence or a step, so that none is shown."
    fits: list[_Fit] = []
    reasons: list[str] = []
    for one in found:
        fit = _fit(one, labels, classes, words, chosen, carried)
        if isinstance(fit, str):
            reasons.append(f"at {one.at.name}: {fit}" if one.at.name and len(found) > 1 else fit)
        else:
            fits.append(fit)
    best = min((fit.level for fit in fits), default=0)
    fits = [fit for fit in fits if fit.level == best]
    if best >= _NUMBER and (len(fits) > 1 or any(not _skipped(one) for one in found if one.at != fits[0].answer.at)):
        reasons = [f"it holds {len(found)} tensors, and none of them is known to be the answer"]
        fits = []
    if len(fits) > 1:
        named = [fit for fit in fits if fit.answer.at.path and fit.answer.at.path[-1] == "logits"]
        if len(named) != 1:
            several = " and ".join(str(fit.answer.at.name) for fit in fits)
            return None, f"What the model returned is not shown: {several} may each be the answer; {_WHERE}."
        fits = named
    if fits:
        return fits[0].answer, fits[0].answer.said()
    if chosen:
        raise RnnvisError(f"what outputs gives cannot be read: {'; '.join(reasons)}", _FIX)
    return None, f"What the model returned is not shown: {'; '.join(dict.fromkeys(reasons))}."


_NUMBER = 3
_FIX = "give a tensor with the answer to each sequence [B, C] or each step [B, T, C], or leave it out"


def _skipped(one: Candidate) -> bool:
    return one.state or bool(one.problem)


def _fit(
    one: Candidate,
    labels: Labels,
    classes: tuple[str, ...] | None,
    words: Mapping[str, int],
    chosen: bool,
    carried: bool,
) -> _Fit | str:
    """What `one` means; why it cannot be known, where it cannot."""
    if one.problem:
        return f"it {one.problem}"
    if one.state and not chosen:
        return "it is a state that is recorded"
    if not one.apart:
        return "rows of a batch change each other’s answers, as by a softmax over dim=0"
    if one.normalised == "elsewhere":
        return "it is normalised, but not over classes: its softmax goes over another dimension"
    if carried and one.at.per == "sequence":
        return "it is one answer for several sequences, since states are carried from one to the next"
    return _single(one, labels, classes) if one.at.size == 1 else _several(one, labels, classes, words)


def _several(one: Candidate, labels: Labels, classes: tuple[str, ...] | None, words: Mapping[str, int]) -> _Fit | str:
    """The meaning of answers of several numbers."""
    size, step = one.at.size, one.at.per == "step"
    scale = _scale(one)
    vocabulary = words[one.at.reading] if step else words[""]
    next_word = size == vocabulary
    known = labels.tag_names if labels.tags is not None else labels.names
    means: Means = "tag" if labels.tags is not None or (step and not known) else "class"
    told = labels.tags is not None or bool(known)
    if labels.tags is not None and not step:
        return f"it is one answer a sequence, of {size} numbers, and labels are one a step"
    if one.at.reading and told:
        known, told = (), False  # labels are those of the input
    fits_labels = told and size == len(known)
    if classes is not None and size == len(classes):
        fits_labels = True
    if fits_labels and next_word and step and labels.tags is None and classes is None:
        return f"it is {size} numbers a step, as many as there are classes and as there are words"
    if fits_labels:
        if labels.in_words:
            return (
                "labels are names, and nothing says which of its numbers is which: pass them in the order of the "
                f"outputs, classes=[{', '.join(map(repr, known[:3]))}{', …' if len(known) > 3 else ''}]"
            )
        if isinstance(scale, str) and scale.startswith("each"):
            return scale
        return _Fit(0, Answer(replace(one.at, scale=_known(scale)), means, classes or known))
    if next_word and not (labels.tags is None and told and not step):
        if one.ahead and step:
            return "it has as many numbers as there are words, but has read the word that comes next"
        if scale.startswith("each"):
            return scale
        return _Fit(1, Answer(replace(one.at, scale=_known(scale)), "next word"))
    if classes is not None:
        return f"it is {size} numbers, and classes names {len(classes)}"
    if told and size < len(known):
        return f"it is {size} numbers, and labels have {len(known)} classes"
    if one.normalised in ("probabilities", "log-probabilities") and not labels.in_words:
        names = tuple(f"class {i}" for i in range(size))
        return _Fit(2, Answer(replace(one.at, scale=_known(scale)), means, names))
    if told:
        return (
            f"it is {size} numbers, and labels have {len(known)} classes: name all classes, in the order of the "
            "outputs, classes=[…]"
        )
    of = "a step" if step else "a sequence"
    return (
        f"it is {size} numbers {of}, and nothing says what they are: pass labels, or name the classes, classes=[…]"
        + (f"; the vocabulary has {vocabulary:,} words" if step and vocabulary else "")
    )


def _scale(one: Candidate) -> str:
    """What several numbers are; a sentence that begins with “each” where they are no one distribution."""
    if one.normalised in ("probabilities", "log-probabilities"):
        return one.normalised
    if one.origin == "sigmoid" or (one.within and not one.plain):
        return "each of its numbers lies in [0, 1] by itself and they do not sum to one, as of several labels at once"
    if one.origin in ("logsigmoid", "tanh", "relu"):
        return f"each of its numbers comes out of a {one.origin}, so they are no logits"
    return "logits"


def _known(scale: str) -> Scale:
    found: Scale = scale  # type: ignore[assignment]
    return found


def _single(one: Candidate, labels: Labels, classes: tuple[str, ...] | None) -> _Fit | str:
    """The meaning of one number."""
    names = classes or (labels.tag_names if labels.tags is not None else labels.names)
    tags = labels.tags is not None
    if tags and one.at.per == "sequence":
        return "it is one number a sequence, and labels are one a step"
    if one.at.reading:
        return "it is one number a step, and not known to be an answer"
    means: Means = "tag" if tags else "class"
    if len(names) == 2:
        if labels.in_words:
            return (
                "labels are names, and nothing says for which of them the number stands: the second one of "
                f"classes=[{names[0]!r}, {names[1]!r}]"
            )
        if one.origin == "sigmoid" and one.within:
            return _Fit(0, Answer(replace(one.at, scale="probability"), means, names))
        if one.plain or (not one.within and one.origin in ("mixed", "mul", "div", "sum", "mean", "max")):
            return _Fit(0, Answer(replace(one.at, scale="logit"), means, names))
        return (
            "it is one number, and nothing shows whether it is a logit or a probability: return it before or after "
            "torch.sigmoid, or say so: outputs=lambda returned: torch.sigmoid(…)"
        )
    if classes is not None or tags or len(names) == 1:
        return f"it is one number, and there are {len(names)} classes"
    if labels.names and labels.in_words:
        return f"it is one number, and labels are {len(names)} names"
    if not names and labels.numbers is None and one.origin == "sigmoid" and one.within:
        step = one.at.per == "step"
        return _Fit(2, Answer(replace(one.at, scale="probability"), "tag" if step else "class", ("class 0", "class 1")))
    return _Fit(0 if labels.numbers is not None else _NUMBER, Answer(replace(one.at, scale="numbers"), "number"))


def targets(
    answer: Answer,
    labels: Labels,
    whole: Sequence[np.ndarray],
    kept: Sentences,
    left_out: int,
    documents: Sequence[np.ndarray] | None,
) -> np.ndarray:
    """What is right: int32 [N] after each of the `kept` steps, −1 where that is not known; of numbers float32 [S].

    `whole` are the sequences before the first `left_out` words of each, and some last ones, were left out.
    """
    if answer.means == "number":
        if labels.numbers is not None:
            return labels.numbers
        return np.where(labels.of >= 0, labels.of, np.nan).astype(np.float32)
    if answer.means == "next word":
        each = documents if documents is not None else [np.array([i]) for i in range(len(whole))]
        following = following_words(whole, each)
    elif answer.means == "tag":
        tags = labels.tags if labels.tags is not None else [np.full(len(row), -1) for row in whole]
        following = np.concatenate([np.zeros(0, np.int64), *tags])
    else:
        of_sequence: np.ndarray = labels.of[kept.sentence_id].astype(np.int32)
        return of_sequence
    lengths = np.array([len(row) for row in whole])
    if not np.array_equal(lengths, kept.lengths):
        start = np.repeat(np.cumsum(lengths) - lengths, kept.lengths) + left_out
        following = following[start + kept.step]
    answered: np.ndarray = following.astype(np.int32)
    return answered


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:4])
    return f"{shown}, …" if len(names) > 4 else shown
