"""The step models of a pronouncer: of what reads the letters, and of what goes on from there and says the phonemes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.api.record import record
from rnnvis.api.step_models import made_of
from rnnvis.nets.pronouncer import END, GRAPHEMES, LONGEST, PHONEMES, START, UNKNOWN, Pronouncer
from rnnvis.recording.holding import Hold
from rnnvis.recording.step_model.handed import handed, said, taken
from rnnvis.recording.step_model.making import NEAR, Made
from rnnvis.recording.step_model.model import StepModel
from rnnvis.recording.step_model.tensors import UnfitError
from rnnvis.recording.step_model.watching import chosen
from rnnvis.text.encoding import WordsSpec

READS, SAYS = "encoder.0.h", "decoder.0.h"
SPELLED: WordsSpec = {
    "kind": "characters",
    "addresses": False,
    "fold_case": True,
    "unknown": GRAPHEMES.index(UNKNOWN),
    "start": None,
    "end": GRAPHEMES.index(END),
    "mark": None,
    "share": 1.0,
}
SPOKEN: WordsSpec = {
    **SPELLED,
    "kind": "spaced",
    "fold_case": False,
    "unknown": PHONEMES.index(UNKNOWN),
    "start": PHONEMES.index(START),
    "end": PHONEMES.index(END),
}
HELD = 8
"""Units of either half that are at zero while the step models are held against the model once more."""


class Encoder(nn.Module):
    """Letters [B, T] in, the states [B, T, H] along them out."""

    def __init__(self, of: Pronouncer) -> None:
        super().__init__()
        self.letters, self.encoder = of.letters, of.encoder

    def forward(self, letters: Tensor) -> Tensor:
        """The states after each letter."""
        states: Tensor = self.encoder(self.letters(letters))[0]
        return states


class Decoder(nn.Module):
    """Phonemes [B, U] in, the logits [B, U, 74] of the one that follows each out; it starts from zero."""

    def __init__(self, of: Pronouncer) -> None:
        super().__init__()
        self.phonemes, self.decoder, self.head = of.phonemes, of.decoder, of.head

    def forward(self, phonemes: Tensor) -> Tensor:
        """The logits after each phoneme."""
        logits: Tensor = self.head(self.decoder(self.phonemes(phonemes))[0])
        return logits


def halves(model: Pronouncer, letters: Sequence[np.ndarray], said_of_them: Sequence[np.ndarray]) -> tuple[Made, Made]:
    """The step models of the encoder and of the decoder, which have come to the states and the answers of `model` along
    a few of these words, letters and phonemes int64 [T] each, each alone and one after the other.

    RnnvisError: they are farther off than 1e-4.
    """
    some = chosen(letters)
    phonemes = chosen([np.concatenate([[PHONEMES.index(START)], row]) for row in said_of_them])
    reads = made_of(record(Encoder(model), some, GRAPHEMES, outputs="none"), words=SPELLED)
    says = made_of(record(Decoder(model), phonemes, PHONEMES), words=SPOKEN)
    if says.unanswered:
        raise UnfitError(says.unanswered, "say which phoneme follows in another way")
    goes_on = handed(says.model, {SAYS: READS}, LONGEST)
    gap = max(joined(model, reads.model, goes_on, some, off) for off in ({}, _off(model)))
    if gap > NEAR:
        raise UnfitError(f"from what is handed over it comes {gap:.2g} off the model: more than {NEAR:g}", "report it")
    return reads, Made(goes_on, max(gap, says.gap))


def joined(
    model: Pronouncer,
    reads: StepModel,
    says: StepModel,
    words: Sequence[np.ndarray],
    off: Mapping[str, np.ndarray],
) -> float:
    """How far both, one after the other, are from `model` over these words: of max(1, |s|), in the states and in the
    logits' log-probabilities; infinite where they say other phonemes. Units `off["encoder"]` and `off["decoder"]` are
    at zero."""
    hold = {name: [Hold(name, off[side], np.zeros(len(off[side])))] for name, side in _SIDES.items() if side in off}
    gap = 0.0
    for word, wanted in zip(words, model.say(words, off), strict=True):
        read = reads.run(word, hold.get(READS, ()))
        start = taken(says, read)
        if not np.array_equal(said(says, start, hold.get(SAYS, ())), wanted):
            return float("inf")
        phonemes = np.concatenate([[PHONEMES.index(START)], wanted[:-1]])
        ran = says.run(phonemes, hold.get(SAYS, ()), start=start)
        for own, theirs in zip(
            (read.states[READS], ran.states[SAYS], ran.answers), stepped(model, word, phonemes, off), strict=True
        ):
            assert own is not None
            gap = max(gap, float((np.abs(own - theirs) / np.maximum(1.0, np.abs(theirs))).max()))
    return gap


_SIDES = {READS: "encoder", SAYS: "decoder"}


@torch.no_grad()
def stepped(
    model: Pronouncer, letters: np.ndarray, phonemes: np.ndarray, off: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The states along the letters and the phonemes, and the log-probabilities of what follows each of these, as torch
    has them step by step, with units at zero as in `joined`."""
    device = model.head.weight.device
    state = torch.zeros(1, 1, model.encoder.hidden_size, device=device)
    found = []
    for side, embedding, ids in (("encoder", model.letters, letters), ("decoder", model.phonemes, phonemes)):
        rows = []
        for one in ids.tolist():
            state = getattr(model, side)(embedding(torch.tensor([[one]], device=device)), state)[1]
            if side in off:
                state[:, :, off[side]] = 0
            rows.append(state[0, 0])
        found.append(torch.stack(rows))
    logits = model.head(found[1]).double().log_softmax(dim=1)
    return found[0].cpu().numpy(), found[1].cpu().numpy(), logits.cpu().numpy()


def _off(model: Pronouncer) -> dict[str, np.ndarray]:
    every = np.unique(np.linspace(0, model.encoder.hidden_size - 1, HELD).astype(int))
    return {"encoder": every, "decoder": every[1:] - 1}
