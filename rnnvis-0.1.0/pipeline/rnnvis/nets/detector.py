"""A voice detector: convolutions over a short piece of sound, and an LSTM that carries its state from piece to piece.

The weights are those of `silero-vad`, in two generations, read out of its wheel as arrays; none of its code runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy
import torch
from safetensors import SafetensorError
from torch import nn
from torch.nn.functional import pad

from rnnvis.nets.initialisers import initialisers
from rnnvis.text.releases import damaged, member

RATE = 16_000
STEP, CONTEXT = 512, 64
"""Samples that are new at each step, and those of the step before that it reads again."""
UNITS = 128
_BINS, _WINDOW, _HOP = 129, 256, 128
_SHAPES = ((_BINS, 128, 1), (128, 64, 2), (64, 64, 2), (64, UNITS, 1))
"""Channels in, channels out and stride of each convolution."""
_TOGETHER = 2048
LARGEST_MEMBER = 2**22  # bytes; the real ones have 1.3 million
_LSTM = tuple(f"{kind}_{side}" for kind in ("weight", "bias") for side in ("ih", "hh"))


@dataclass(frozen=True)
class Generation:
    """One of the models in the wheel: the file `member`, and by name what its arrays are called in `Detector`."""

    name: str
    member: str
    arrays: Mapping[str, str]


def _named(spectrum: str, convolution: str, first: int, lstm: str, head: str) -> dict[str, str]:
    """Arrays by name; `convolution` has {} where the number of a convolution stands, the first of which is `first`."""
    found = {spectrum: "spectrum.weight"}
    for number in range(len(_SHAPES)):
        for kind in ("weight", "bias"):
            found[f"{convolution.format(number + first)}.{kind}"] = f"convolutions.{number}.{kind}"
    found |= {f"{lstm}.{name}": f"lstm.{name}_l0" for name in _LSTM}
    return found | {f"{head}.{kind}": f"head.{kind}" for kind in ("weight", "bias")}


GENERATIONS = (
    Generation(
        "newer",
        "silero_vad/data/silero_vad_16k_op15.onnx",
        _named(
            "model.stft.forward_basis_buffer",
            "model.encoder.{}.reparam_conv",
            0,
            "model.decoder.rnn",
            "model.decoder.decoder.2",
        ),
    ),
    Generation(
        "older",
        "silero_vad/data/silero_vad_16k.safetensors",
        _named("stft_conv.weight", "conv{}", 1, "lstm_cell", "final_conv"),
    ),
)


class Detector(nn.Module):
    """Features [B, T, 128] of pieces of 32 ms in, the probability [B, T] that each holds speech out."""

    def __init__(self) -> None:
        super().__init__()
        self.spectrum = nn.Conv1d(1, 2 * _BINS, _WINDOW, stride=_HOP, bias=False)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, 3, stride=stride, padding=1) for before, after, stride in _SHAPES
        )
        self.lstm = nn.LSTM(UNITS, UNITS, batch_first=True)
        self.head = nn.Conv1d(UNITS, 1, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """The state starts from zero, or from what the LSTM is handed."""
        return torch.sigmoid(self.logits(self.lstm(features)[0]))

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """The log-odds [B, T] of speech in the states h [B, T, 128]."""
        weighed: torch.Tensor = self.head(torch.relu(states).transpose(1, 2))
        return weighed[:, 0]

    @torch.no_grad()
    def features(self, sound: np.ndarray) -> np.ndarray:
        """What the LSTM reads of `sound`, float32 [samples] at 16 kHz from −1 to 1: float32 [T, 128].

        Samples behind the last whole step are left out; before the first there is silence.
        """
        steps = len(sound) // STEP
        if not steps:
            return np.zeros((0, UNITS), np.float32)
        heard = np.concatenate([np.zeros(CONTEXT, np.float32), sound[: steps * STEP].astype(np.float32)])
        pieces = torch.from_numpy(np.lib.stride_tricks.sliding_window_view(heard, CONTEXT + STEP)[::STEP].copy())
        found = []
        for piece in pieces.split(_TOGETHER):
            parts = self.spectrum(pad(piece[:, None], (0, CONTEXT), "reflect"))
            x = (parts[:, :_BINS].square() + parts[:, _BINS:].square()).sqrt()
            for convolution in self.convolutions:
                x = torch.relu(convolution(x))
            found.append(x[:, :, 0].numpy())
        return np.concatenate(found)


def load_detector(wheel: Path, generation: Generation) -> tuple[Detector, str]:
    """The model of one `generation` in the wheel of `silero-vad`, and the SHA-256 of its file. Nothing is executed.

    Raises:
        RnnvisError: the archive, a name, a shape or a number is not as expected.
    """
    data = member(wheel, generation.member, LARGEST_MEMBER)
    where = f"{wheel.name}:{generation.member}"
    if generation.member.endswith(".onnx"):
        arrays = initialisers(data, where)
    else:
        try:
            arrays = safetensors.numpy.load(data)
        except (SafetensorError, ValueError, KeyError) as error:
            raise damaged(f"{where}: not readable as safetensors: {error}") from None
    model = Detector()
    weights = {}
    for name, own in generation.arrays.items():
        wanted = model.state_dict()[own]
        found = arrays.get(name)
        if found is None:
            raise damaged(f"{where}: the array {name} is missing")
        if found.shape != tuple(wanted.shape) or found.dtype != np.float32:
            what = f"{found.dtype} {list(found.shape)}, and float32 {list(wanted.shape)} is expected"
            raise damaged(f"{where}: {name} is {what}")
        if not np.isfinite(found).all():
            raise damaged(f"{where}: {name} holds what is no number")
        weights[own] = torch.from_numpy(found.copy())
    model.load_state_dict(weights)
    return model.eval(), hashlib.sha256(data).hexdigest()
