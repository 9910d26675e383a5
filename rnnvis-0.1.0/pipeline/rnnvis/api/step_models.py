"""The step model of a recording: made of its model, checked against it, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from rnnvis.api.intervening import rerun_of
from rnnvis.errors import RnnvisError
from rnnvis.measures.words.pieces import joining, mark_of, readable
from rnnvis.recording.scores import PROBABILITIES
from rnnvis.recording.step_model import own
from rnnvis.recording.step_model.answer_head import Answered
from rnnvis.recording.step_model.layers import OWN
from rnnvis.recording.step_model.making import Made, make
from rnnvis.recording.step_model.own import OwnWatch
from rnnvis.recording.step_model.tensors import UnfitError
from rnnvis.recording.step_model.watching import Watch
from rnnvis.recording.threads import limited
from rnnvis.text.encoding import WordsSpec, around, words_spec

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording


LONGEST = 400
"""Words of a sequence that is joined to text to see how text becomes words."""


def made_of(recording: Recording, half: bool = False, words: WordsSpec | None = None) -> Made:
    """The step model of what was recorded, made once; RnnvisError names the module that does not fit, the reason and
    the fix. `words` says how text becomes words, where that is known."""
    kept = recording.kept.step_models
    if half not in kept:
        try:
            kept[half] = _made(recording, half, words)
        except RnnvisError:
            raise
        except Exception as error:  # Any error of the user's own code, in a run that recording had no need of.
            raise UnfitError(f"{recording.model_name} cannot be run word by word: {error}", OWN) from error
    return kept[half]


def _made(recording: Recording, half: bool, words: WordsSpec | None) -> Made:
    rerun = rerun_of(recording)
    rerun.check()
    if len(rerun.texts) > 1:
        others = ", ".join(f'"{name}"' for name in rerun.texts if name)
        raise UnfitError(
            f"{others} reads tokens of its own beside the input",
            "record the encoder alone, rnnvis.record(…, only=…), for a step model of it",
        )
    answer = rerun.answer
    answered = None
    if answer is not None:
        answered = Answered(answer.means, answer.at.scale in PROBABILITIES, answer.answering.log_probabilities)
    at = None if answer is None else answer.at
    modelled = [name for name in recording.states if name not in rerun.codes]
    known = 0 if rerun.frames else len(recording.words)
    words = (words or words_of(recording)) if known else None
    if rerun.forward is None:
        return _own(recording, OwnWatch(rerun.model, rerun.fills[""], at), answered, words, half)  # type: ignore[arg-type]
    assert isinstance(rerun.model, nn.Module)
    watch = Watch(rerun.model, rerun.fills[""], rerun.forward, rerun.plan, at)
    shown = np.unique(np.concatenate([np.zeros(0, int), *(of.published for of in recording.states.values())]))
    with limited(rerun.threads), torch.no_grad():
        return make(
            watch,
            rerun.texts[""],
            known,
            modelled,
            rerun.head,
            answered,
            words,
            half,
            shown.tolist(),
        )


def _own(recording: Recording, watch: OwnWatch, answered: Answered | None, words: WordsSpec | None, half: bool) -> Made:
    rerun = rerun_of(recording)
    if words is None:
        raise UnfitError(
            f"{recording.model_name} is a StateSource that reads frames, not words",
            "a StateSource that reads words has a step model",
        )
    if half:
        raise UnfitError(
            f"the steps of {recording.model_name} are an ONNX graph, whose weights stay in single precision",
            "publish them as they are: step_model=True",
        )
    with limited(rerun.threads), torch.no_grad():
        return own.make(watch, rerun.texts[""], len(recording.words), answered, words)


def words_of(recording: Recording) -> WordsSpec:
    """How text becomes the words of a recording, whose sequences are joined to text to find out."""
    start, end = around(recording.words, recording.tokens)
    tokens = [row[:LONGEST] if end is None or len(row) <= LONGEST else row for row in recording.tokens]
    joined = joining(recording.words)
    texts = [
        joined([recording.words[i] for i in row[start is not None : len(row) - (end is not None)]]) for row in tokens
    ]
    return words_spec(readable(recording.words), tokens, texts, mark_of(recording.words))
