"""Stages of the study of a voice detector: what each generation of it does, and the table of both."""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import torch

from rnnvis.config import VoiceConfig, as_table
from rnnvis.errors import RnnvisError
from rnnvis.nets.detector import CONTEXT, GENERATIONS, STEP, Detector, Generation, load_detector
from rnnvis.progress import say
from rnnvis.recipes import sounds
from rnnvis.recipes.keep.project import Project, VoiceStudy
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.voice_shown import voice_shown_step
from rnnvis.recipes.study import results, voice, voice_trials
from rnnvis.text.releases import first_release, member

NEAR = 1e-4
"""By how much a rebuilt model may miss the probabilities that its own file gives."""
_SECONDS = 600.0


def voice_steps(project: Project, study: VoiceStudy) -> list[Step]:
    """A step for each generation, then the table of both, written to `datasets/<name>/results/<name>.json` as well, and
    the streams that are published.

    What was heard, by the version of what spoke and the bytes of the recordings, is an input as the weights are.
    RnnvisError where it is not installed.
    """
    card = study.config
    recordings = b"".join(np.round(sound, 4).tobytes() for sound in sounds.recorded(voice_trials.RECORDINGS))
    heard = {"speaker": sounds.speaker_version(), "recordings_sha256": hashlib.sha256(recordings).hexdigest()}
    versions = {"torch": torch.__version__, "numpy": np.__version__, "scipy": scipy.__version__}
    inputs = {"card": as_table(card), **versions, **heard}
    parts = [_generation_step(project, card, generation, inputs) for generation in GENERATIONS]

    def build(folder: Path) -> None:
        of = {
            generation.name: results.read(part.folder(project.build) / "results.json")
            for generation, part in zip(GENERATIONS, parts, strict=True)
        }
        table = {
            "package": card.release.package,
            "version": card.release.version,
            **heard,
            "steps": {"long": voice.LONG, "short": voice.SHORT, "heard": voice.HEARD},
            "seconds": STEP / sounds.RATE,
            "random_sets": voice.RANDOM_SETS,
            "generations": of,
        }
        results.write(table, folder / "results.json")
        results.write(table, results_file(study))

    keys = {**inputs, "parts": [part.key for part in parts]}
    together = Step("voice_results", card.name, keys, (results.write,), build, seconds=2.0)
    return [*parts, together, voice_shown_step(project, study, inputs)]


def results_file(study: VoiceStudy) -> Path:
    """Where the table is kept under version control."""
    return study.folder / "results" / f"{study.config.name}.json"


def check_sounds() -> None:
    """RnnvisError where espeak-ng or the recordings are not installed."""
    sounds.speaker_version()
    sounds.recorded(voice_trials.RECORDINGS)


def _generation_step(project: Project, card: VoiceConfig, generation: Generation, inputs: dict[str, Any]) -> Step:
    def build(folder: Path) -> None:
        check_sounds()
        wheel = first_release((card.release,), project.downloads)
        detector, sha256 = load_detector(wheel, generation)
        seen, unseen = voice_trials.seen_and_unseen(detector)
        others, elsewhere = voice_trials.others(detector), voice_trials.elsewhere(detector)
        table = {
            "member": generation.member,
            "sha256": sha256,
            "apart": against_its_graph(wheel, generation, detector),
            **voice.generation_table(detector, seen, unseen, others, elsewhere),
        }
        results.write(table, folder / "results.json")

    inputs = {**inputs, "generation": generation.name, "arrays": dict(generation.arrays)}
    work = (load_detector, sounds.said, voice.generation_table, voice_trials.others, results.write)
    return Step("voice", f"{card.name}+{generation.name}", inputs, work, build, seconds=_SECONDS)


def against_its_graph(wheel: Path, generation: Generation, detector: Detector) -> float | None:
    """The largest difference of P(speech) from what onnxruntime makes of the file itself, over two seconds of speech;
    None, which is said, where the file is no ONNX graph or onnxruntime is not installed."""
    if not generation.member.endswith(".onnx"):
        return None
    try:
        runtime: Any = importlib.import_module("onnxruntime")  # Optional: the study itself does without.
    except ImportError:
        say('The rebuilt model is not compared with its file: pip install "rnnvis[onnx]"')
        return None
    graph = runtime.InferenceSession(member(wheel, generation.member, 2**22))
    sound = np.float32(0.2) * sounds.said(voice_trials.UNSEEN_SENTENCES[0], voice_trials.UNSEEN_VOICES[0])
    state, context, wanted = (
        np.zeros((2, 1, detector.lstm.hidden_size), np.float32),
        np.zeros((1, CONTEXT), np.float32),
        [],
    )
    for at in range(0, len(sound) - STEP + 1, STEP):
        piece = np.concatenate([context, sound[None, at : at + STEP]], axis=1)
        said, state = graph.run(None, {"input": piece, "state": state, "sr": np.array(sounds.RATE)})
        context = piece[:, -CONTEXT:]
        wanted.append(said[0, 0])
    with torch.no_grad():
        found = detector(torch.from_numpy(detector.features(sound))[None])[0].numpy()
    apart = float(np.abs(found - np.array(wanted)).max())
    if not apart < NEAR:
        raise RnnvisError(
            f"{wheel.name}:{generation.member}: the model that was rebuilt of it is {apart:.2g} away from it",
            "name the release that this study was made for in its study.toml",
        )
    return apart
