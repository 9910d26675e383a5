"""Speech and noise: said by espeak-ng, recorded in a package of Debian, and drawn at random."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.fft import next_fast_len
from scipy.signal import resample_poly

from rnnvis.errors import RnnvisError

RATE = 16_000
SPEAKER = "espeak-ng"
RECORDINGS = "asterisk-core-sounds-en-wav"
FOLDER = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
COLOURS = {"white": 0.0, "pink": 0.5, "brown": 1.0}
"""By how much the amplitude falls with frequency: f to the power of minus this."""
_LOWEST = 20.0
_ONSET = 0.02
_SECONDS = 60


def speaker_version() -> str:
    """What espeak-ng calls itself; RnnvisError where it is not installed."""
    return _speaker(["--version"]).decode("utf-8", "replace").strip().splitlines()[0].split(" Data")[0]


def said(sentence: str, voice: str) -> np.ndarray:
    """`sentence` in a `voice` of espeak-ng: float32 [samples] at 16 kHz, from its first sound to its last."""
    return _trimmed(read_wave(_speaker(["-v", voice, "-s", "160", "--stdout", sentence]), f"{SPEAKER} -v {voice}"))


def recorded(names: Sequence[str], folder: Path = FOLDER) -> list[np.ndarray]:
    """Recordings of a speaker, float32 [samples] at 16 kHz each, from the first sound to the last; they hold nothing
    above 4 kHz. RnnvisError where their package is not installed."""
    found = []
    for name in names:
        path = folder / f"{name}.wav"
        try:
            data = path.read_bytes()
        except OSError as error:
            raise RnnvisError(
                f"{path}: cannot be read: {error.strerror}", f"install Debian's package {RECORDINGS}"
            ) from None
        found.append(_trimmed(read_wave(data, str(path))))
    return found


def read_wave(data: bytes, where: str) -> np.ndarray:
    """A WAV file of one channel and 16 bits, float32 [samples] at 16 kHz; RnnvisError for any other."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            samples = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise RnnvisError(f"{where}: not readable as a WAV file: {error}", "install its package anew") from None
    if (channels, width) != (1, 2) or rate < 1 or len(samples) < 2:
        raise RnnvisError(
            f"{where}: {len(samples)} bytes in {channels} channels of {8 * width} bits",
            "one channel of 16 bits is read",
        )
    heard = np.frombuffer(samples[: len(samples) // 2 * 2], "<i2").astype(np.float32) / 2**15
    common = np.gcd(RATE, rate)
    return np.asarray(resample_poly(heard, RATE // common, rate // common), np.float32)


def noise(colour: str, samples: int, draw: np.random.Generator) -> np.ndarray:
    """Noise of a colour, without what is below 20 Hz, of root mean square one: float32 [samples] at 16 kHz."""
    drawn = next_fast_len(samples, real=True)
    frequency = np.fft.rfftfreq(drawn, 1 / RATE)
    weight = np.where(frequency < _LOWEST, 0.0, np.maximum(frequency, _LOWEST) ** -COLOURS[colour])
    shaped = np.fft.irfft(np.fft.rfft(draw.standard_normal(drawn)) * weight, drawn)[:samples]
    return (shaped / np.sqrt(np.mean(np.square(shaped)))).astype(np.float32)


def loudness(sound: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def _trimmed(sound: np.ndarray) -> np.ndarray:
    """Without what is softer than 2 % of the loudest at either end."""
    loud = np.flatnonzero(np.abs(sound) > _ONSET * np.abs(sound).max())
    if not len(loud):
        raise RnnvisError("speech that is asked for is silent", f"install {SPEAKER} and {RECORDINGS} anew")
    return sound[loud[0] : loud[-1] + 1]


def _speaker(arguments: Sequence[str]) -> bytes:
    program = shutil.which(SPEAKER)
    if program is None:
        raise RnnvisError(f"{SPEAKER} is not installed", f"install Debian's package {SPEAKER}")
    try:
        return subprocess.run([program, *arguments], capture_output=True, check=True, timeout=_SECONDS).stdout
    except (subprocess.SubprocessError, OSError) as error:
        raise RnnvisError(f"{SPEAKER} {' '.join(arguments)}: {error}", f"install {SPEAKER} anew") from None
