"""Stage `voice_shown`: a few streams of the study of the voice detector, published as anybody's recording is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnvis.api.choices import Choices
from rnnvis.api.described import Described
from rnnvis.api.folder import publish, recorded_corpus
from rnnvis.nets.detector import GENERATIONS, load_detector
from rnnvis.published.publishing import MANIFEST, adopt, read_manifest, write_manifest
from rnnvis.published.writing import alone
from rnnvis.recipes import sounds
from rnnvis.recipes.keep.project import Project, VoiceStudy
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.study import voice_shown as streams
from rnnvis.recipes.study.voice import SECONDS_LONG, SECONDS_SHORT, STATE
from rnnvis.recipes.study.voice_shown import SHOWN, Shown, shown
from rnnvis.text.releases import first_release
from rnnvis.version import __version__

LICENCE = "made by this project: drawn noise, and speech said by espeak-ng; the model is MIT"
MODEL = "silero-vad"
K, LARGEST_K = 4, 8
_SECONDS = 90.0


def dataset_name(study: str, generation: str) -> str:
    """What the dataset of one generation is called."""
    return study if generation == GENERATIONS[0].name else f"{study}-{generation}"


def probe_name(past: str, level: float) -> str:
    """`after 120 s of noise at 0.01`."""
    return f"after {SECONDS_LONG if past == 'long' else SECONDS_SHORT} s of noise at {level:g}"


def voice_shown_step(project: Project, study: VoiceStudy, inputs: dict[str, Any]) -> Step:
    """Both generations along the same streams; the folder is a published one, with a dataset of each.

    They read other numbers of the same sound, each those of its own convolutions, so that they are two datasets.
    """
    card = study.config

    def build(folder: Path) -> None:
        wheel = first_release((card.release,), project.downloads)
        parts, described = {}, {}
        for generation in GENERATIONS:
            detector, sha256 = load_detector(wheel, generation)
            found = shown(detector)
            name = dataset_name(card.name, generation.name)
            provenance = {"package": card.release.package, "version": card.release.version, "file_sha256": sha256}
            parts[name] = found.recording
            described[name] = _described(found, f"Voice detector, {generation.name}", provenance)
        choices = Choices(MODEL, True, ("block",), LARGEST_K, ablation=0.0)
        publish(parts, folder, choices, described)

    work = (publish, load_detector, sounds.said, shown)
    return Step("voice_shown", card.name, inputs, work, build, seconds=_SECONDS)


def publish_beside(project: Project, folder: Path) -> None:
    """Add the datasets of the published `folder` to those in `site/explorer/data/`, in the place of those of the same
    names."""
    with alone(project.data):
        there = read_manifest(project.data, exact=True)["datasets"] if (project.data / MANIFEST).exists() else []
        ours = adopt(folder, project.data)
        names = {dataset["name"] for dataset in ours}
        others = [dataset for dataset in there if dataset["name"] not in names]
        write_manifest([*others, *ours], project.data, f"rnnvis {__version__}")


def _described(found: Shown, title: str, provenance: dict[str, Any]) -> Described:
    corpus = recorded_corpus(found.recording)
    text = [
        f"{said} ({noise.colour} noise at {noise.level:g}, after {SECONDS_LONG if past == 'long' else SECONDS_SHORT} s)"
        if said
        else old
        for said, past, noise, old in zip(found.said, found.past, found.conditions, corpus.text, strict=True)
    ]
    keys = {probe_name(past, noise.level): found.key(noise, past) for noise in SHOWN for past in ("long", "short")}
    first = keys[probe_name("long", SHOWN[-1].level)]
    return Described(
        title=title,
        licence=LICENCE,
        about=f"Streams of noise and speech; of {STATE} and lstm.0.h states along the speech are published.",
        corpus=replace(corpus, text=text),
        figures=None,
        provenance=provenance,
        probes=keys,
        view={"model": MODEL, "sentence": first, "step": streams.BEFORE + streams.BEGINS, "k": K, "words": []},
    )
