"""A pronouncer: a GRU that reads the letters of a word, and one that says its phonemes from the state it is handed.

There is no attention: all that the second GRU knows of the word is the state in which the first one ended. The weights
are those of `g2p-en`, which are read out of its wheel as an archive of arrays; none of its code runs.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import torch
from torch import nn

from rnnvis.nets.devices import device_to_run
from rnnvis.text.releases import damaged, member

Through = Callable[[torch.Tensor], torch.Tensor]
WIDTH = 256
LONGEST = 20
"""Phonemes after which a word is broken off."""
UNKNOWN, START, END = "<unk>", "<s>", "</s>"
GRAPHEMES = ("<pad>", UNKNOWN, END, *ascii_lowercase)
_VOWELS = "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split()
_OTHERS = "B CH D DH F G HH JH K L M N NG P R S SH T TH UW V W Y Z ZH".split()  # one UW is without stress marks
PHONEMES = (
    "<pad>",
    UNKNOWN,
    START,
    END,
    *sorted([*_OTHERS, *(vowel + stress for vowel in _VOWELS for stress in "012")]),
)
MEMBER = "g2p_en/checkpoint20.npz"
LARGEST_MEMBER = 2**24  # bytes; the real one has three million
_LAYERS = {"enc": "encoder", "dec": "decoder"}
_ARRAYS = {
    "enc_emb": "letters.weight",
    "dec_emb": "phonemes.weight",
    "fc_w": "head.weight",
    "fc_b": "head.bias",
} | {
    f"{short}_{kind}_{side}": f"{layer}.{full}_{side}_l0"
    for short, layer in _LAYERS.items()
    for kind, full in (("w", "weight"), ("b", "bias"))
    for side in ("ih", "hh")
}


class Pronouncer(nn.Module):
    """Letters [B, T] and phonemes [B, U] in, the logits [B, U, 74] of the phoneme that follows each out."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.letters = nn.Embedding(len(GRAPHEMES), width)
        self.encoder = nn.GRU(width, width, batch_first=True)
        self.phonemes = nn.Embedding(len(PHONEMES), width)
        self.decoder = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, len(PHONEMES))

    def forward(self, letters: torch.Tensor, phonemes: torch.Tensor) -> torch.Tensor:
        """The decoder reads the `phonemes` as they are given, from the state that the letters leave."""
        _, state = self.encoder(self.letters(letters))
        along, _ = self.decoder(self.phonemes(phonemes), state)
        logits: torch.Tensor = self.head(along)
        return logits

    @torch.no_grad()
    def say(
        self,
        words: Sequence[np.ndarray],
        without: Mapping[str, np.ndarray] | None = None,
        longest: int = LONGEST,
        through: Through | None = None,
    ) -> list[np.ndarray]:
        """The phonemes of `words`, letters int64 [T] each, the likeliest one at every step: int64 [U] each, ended by
        END unless the word is broken off after `longest` phonemes.

        Units `without["encoder"]` and `without["decoder"]` are zero after every step; what the decoder starts from is
        what the encoder hands over. The encoder's state [B, H] goes `through` a function after every step.
        """
        held = without or {}
        found: list[np.ndarray] = [np.zeros(0, np.int64)] * len(words)
        for length in sorted({len(word) for word in words}):
            rows = [i for i, word in enumerate(words) if len(word) == length]
            state = self._read([words[i] for i in rows], held.get("encoder"), through)
            for row, said in zip(rows, self._said(state, held.get("decoder"), longest), strict=True):
                found[row] = said
        return found

    @torch.no_grad()
    def handed_over(self, words: Sequence[np.ndarray]) -> np.ndarray:
        """The states in which the encoder ends `words`, letters int64 [T] each: float32 [N, H]."""
        found = np.zeros((len(words), self.encoder.hidden_size), np.float32)
        for length in sorted({len(word) for word in words}):
            rows = [i for i, word in enumerate(words) if len(word) == length]
            found[rows] = self._read([words[i] for i in rows], None)[0].cpu().numpy()
        return found

    @torch.no_grad()
    def say_from(self, states: np.ndarray, longest: int = LONGEST) -> list[np.ndarray]:
        """The phonemes that are said from `states` that are handed over, float32 [N, H], as `say` gives them."""
        return self._said(torch.from_numpy(states).to(self.head.weight.device)[None], None, longest)

    def _read(
        self, words: Sequence[np.ndarray], without: np.ndarray | None, through: Through | None = None
    ) -> torch.Tensor:
        letters = torch.from_numpy(np.stack(words)).to(self.head.weight.device)
        if (without is None or not len(without)) and through is None:
            return self.encoder(self.letters(letters))[1]
        state = torch.zeros(1, len(letters), self.encoder.hidden_size, device=letters.device)
        for t in range(letters.shape[1]):
            state = self.encoder(self.letters(letters[:, t : t + 1]), state)[1]
            if through is not None:
                state = through(state[0])[None]
            if without is not None:
                state[:, :, without] = 0
        return state

    def _said(self, state: torch.Tensor, without: np.ndarray | None, longest: int) -> list[np.ndarray]:
        end = PHONEMES.index(END)
        last = torch.full((state.shape[1],), PHONEMES.index(START), device=state.device)
        said: list[np.ndarray] = []
        ended = np.zeros(state.shape[1], dtype=bool)
        while len(said) < longest and not ended.all():
            state = self.decoder(self.phonemes(last[:, None]), state)[1]
            if without is not None:
                state[:, :, without] = 0
            last = self.head(state[0]).argmax(dim=1)
            said.append(last.cpu().numpy())
            ended |= said[-1] == end
        rows = np.stack(said, axis=1)
        ends = np.where((rows == end).any(axis=1), (rows == end).argmax(axis=1) + 1, len(said))
        return [row[:n] for row, n in zip(rows, ends.tolist(), strict=True)]


def spelled(word: str) -> np.ndarray:
    """The letters of `word` and END as ids, int64 [T]; signs without an id are UNKNOWN."""
    known = {letter: i for i, letter in enumerate(GRAPHEMES)}
    return np.array([known.get(letter, GRAPHEMES.index(UNKNOWN)) for letter in word] + [known[END]], dtype=np.int64)


def load_pronouncer(wheel: Path) -> tuple[Pronouncer, str]:
    """The model in the wheel of `g2p-en`, on CUDA where there is one, and the SHA-256 of its array file. Nothing in it
    is executed or unpickled.

    Raises:
        RnnvisError: the archive, a name, a shape or a number is not as expected.
    """
    data = member(wheel, MEMBER, LARGEST_MEMBER)
    model = Pronouncer()
    wanted = {name: tuple(model.state_dict()[key].shape) for name, key in _ARRAYS.items()}
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if set(arrays.files) != set(wanted):
                odd = sorted(set(arrays.files) ^ set(wanted))
                raise damaged(f"{wheel.name}:{MEMBER}: the array {odd[0]} is missing, or is one too many")
            found = {name: arrays[name] for name in wanted}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise damaged(f"{wheel.name}:{MEMBER}: not readable as arrays: {error}") from None
    for name, array in found.items():
        if array.shape != wanted[name] or array.dtype != np.float32:
            what = f"{array.dtype} {list(array.shape)}, and float32 {list(wanted[name])} is expected"
            raise damaged(f"{wheel.name}:{MEMBER}: {name} is {what}")
        if not np.isfinite(array).all():
            raise damaged(f"{wheel.name}:{MEMBER}: {name} holds what is no number")
    model.load_state_dict({_ARRAYS[name]: torch.from_numpy(array.copy()) for name, array in found.items()})
    return model.eval().to(device_to_run("auto")), hashlib.sha256(data).hexdigest()


__all__ = ["END", "GRAPHEMES", "LONGEST", "PHONEMES", "START", "UNKNOWN", "Pronouncer", "load_pronouncer", "spelled"]
