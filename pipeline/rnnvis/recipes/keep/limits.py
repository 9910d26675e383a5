"""Values that no dataset or model card can have, refused before anything runs."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rnnvis.config import (
    CELLS,
    DEVICES,
    Card,
    ChipStudy,
    DatasetConfig,
    FeaturesConfig,
    LanguageModelConfig,
    Measure,
    ModelConfig,
    PronouncerConfig,
    Release,
    Source,
    VoiceConfig,
    check_model,
)
from rnnvis.errors import RnnvisError
from rnnvis.text import FILE_KINDS, KEYS, KINDS, rows
from rnnvis.text.corpus import SPLITS
from rnnvis.text.kinds.table import MOST_CLASSES
from rnnvis.text.lines import check_encoding
from rnnvis.text.segmenter import TOKENS, reader

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
_MOST = 2**31 - 1
_CARD: dict[str, tuple[float, float]] = {
    "learning_rate": (1e-9, 10),
    "weight_decay": (0, 100),
    "gradient_clip": (1e-9, 1e9),
    "score_sharpness": (0, 1000),
}
_LANGUAGE_MODEL: dict[str, tuple[float, float]] = {
    "units": (1, 4096),
    "layers": (1, 16),
    "embedding": (0, 4096),
    "embedding_dropout": (0, 0.99),
    "dropout": (0, 0.99),
    "epochs": (1, 10_000),
    "batch": (1, 65_536),
    "steps": (1, 10_000),
    "learning_rate": (1e-9, 100),
    "warmup": (0, 0.99),
    "decay": (1e-9, 1),
    "decay_after": (1, 10_000),
    "weight_decay": (0, 100),
    "gradient_clip": (1e-9, 1e9),
    "initial_scale": (0, 100),
    "patience": (1, 10_000),
    "threads": (1, 1024),
}
_LANGUAGE_MODEL_CHOICES = {
    "task": ("language_model",),
    "cell": CELLS,
    "optimiser": ("adam", "sgd"),
    "schedule": ("one-cycle", "decay"),
    "precision": ("auto", "bfloat16", "float32"),
    "device": DEVICES,
}
_MEASURE: dict[str, tuple[float, float]] = {
    "minimum_count": (1, _MOST),
    "frequent_count": (1, _MOST),
    "published_count": (1, _MOST),
    "selected_words": (2, 100_000),
    "smallest_k": (2, 255),
    "largest_k": (2, 255),
    "states_megabytes": (1, 64),
    "published_states_megabytes": (1, 64),
}


_FEATURES: dict[str, tuple[float, float]] = {"latents": (2, 65_536), "k": (1, 65_536), "steps": (1, 1_000_000)}
_SPOKEN = ("minimum_count", "frequent_count", "methods", "largest_k")


def check_card(card: Card, path: Path) -> None:
    """Refuse a model card, naming file and key."""
    _named(card.name, "name", path)
    _finite(card, path)
    if isinstance(card, LanguageModelConfig):
        _check_language_model(card, path)
    else:
        check_model(card, path)
    for key, limits in (_LANGUAGE_MODEL if isinstance(card, LanguageModelConfig) else _CARD).items():
        _within(getattr(card, key), key, limits, path)
    if not card.seeds:
        raise RnnvisError(f'{path}: "seeds" is empty', "seeds = [0]")
    _different(card.seeds, "seeds", path)
    for seed in card.seeds:
        _within(seed, "seeds", (0, _MOST), path)


def _check_language_model(card: LanguageModelConfig, path: Path) -> None:
    for key, known in _LANGUAGE_MODEL_CHOICES.items():
        _one_of(getattr(card, key), key, list(known), path)
    if card.tied and card.width != card.units:
        raise RnnvisError(
            f'{path}: "tied" needs embeddings as wide as the state, and "embedding" is {card.embedding}, "units" '
            f"{card.units}",
            "leave embedding out, or tied = false",
        )
    _different(card.published_epochs, "published_epochs", path)
    for epoch in card.published_epochs:
        _within(epoch, "published_epochs", (1, min(card.epochs, card.patience + 1)), path)
    _check_features(card.features, path)
    if card.features and card.published_epochs:
        raise RnnvisError(
            f'{path}: "features" are those of the model\'s end, and "published_epochs" asks for earlier ones too',
            "leave out one of them",
        )


def _check_features(features: FeaturesConfig | None, path: Path) -> None:
    if features is None:
        return
    for key, limits in _FEATURES.items():
        _within(getattr(features, key), f"features.{key}", limits, path)
    if features.k > features.latents:
        raise RnnvisError(f'{path}: "features.k" is above "features.latents"', "change one of them")
    if not features.seeds:
        raise RnnvisError(f'{path}: "features.seeds" is empty', "seeds = [0, 1, 2]")
    _different(features.seeds, "features.seeds", path)
    for seed in features.seeds:
        _within(seed, "features.seeds", (0, _MOST), path)


def check_dataset(config: DatasetConfig, path: Path) -> None:
    """Refuse a dataset's configuration, naming file and key."""
    measure, view, probes = config.measure, config.view, config.probe
    for key, limits in _MEASURE.items():
        _within(getattr(measure, key), f"measure.{key}", limits, path)
    if measure.smallest_k > measure.largest_k:
        raise RnnvisError(f'{path}: "measure.smallest_k" is above "measure.largest_k"', "change one of them")
    if measure.published_count > measure.minimum_count:
        raise RnnvisError(f'{path}: "measure.published_count" is above "measure.minimum_count"', "change one of them")
    for key, chosen in (("measure.methods", measure.methods), ("measure.splits", measure.splits)):
        if not chosen:
            raise RnnvisError(f'{path}: "{key}" is empty', f"name at least one, or leave {key} out")
        _different(chosen, key, path)
    for split in measure.splits:
        _one_of(split, "measure.splits", [s for s in SPLITS if s != "probe"], path)
    _within(config.vocabulary.minimum_count, "vocabulary.minimum_count", (1, _MOST), path)
    _within(config.vocabulary.size, "vocabulary.size", (0, _MOST), path)
    _check_source(config.source, path)
    for release in config.source.releases:
        _check_release(release, "source.releases", path)
    _different([probe.name for probe in probes], "probe.name", path)
    _different([probe.text for probe in probes], "probe.text", path)
    read = reader(config.source.tokens, config.source.addresses)
    for probe in probes:
        if not read(probe.text):
            raise RnnvisError(f'{path}: the probe "{probe.name}" has no words', "write a sentence, or remove the probe")
    if view and view.probe:
        _one_of(view.probe, "view.probe", [probe.name for probe in probes], path)
        text = next(probe.text for probe in probes if probe.name == view.probe)
        _within(view.step, "view.step", (0, len(read(text)) - 1), path)
    elif view and (view.step or view.words):
        raise RnnvisError(
            f'{path}: "view.{"step" if view.step else "words"}" is given without "view.probe"',
            "name a probe too, or leave them out: then a sentence whose answer turns is chosen",
        )
    if view:
        _within(view.k, "view.k", (measure.smallest_k, measure.largest_k), path)
    for key in ("low", "high"):
        _within(getattr(config.study, key), f"study.{key}", (0, 1), path)
    if config.chips:
        _check_chips(config.chips, path)


def _check_chips(chips: ChipStudy, path: Path) -> None:
    for key, given in (("seeds", chips.seeds), ("kind", chips.kind)):
        if not given:
            raise RnnvisError(f'{path}: "chips.{key}" is empty', "name at least one, or leave chips out")
    _different(chips.seeds, "chips.seeds", path)
    for seed in chips.seeds:
        _within(seed, "chips.seeds", (0, _MOST), path)
    _different([kind.name for kind in chips.kind], "chips.kind.name", path)
    for kind in chips.kind:
        if not kind.words:
            raise RnnvisError(f'{path}: "chips.kind.words" of {kind.name} is empty', "name the words of this kind")
        _different(kind.words, "chips.kind.words", path)


def _check_release(release: Release, key: str, path: Path) -> None:
    _named(release.filename, f"{key}.filename", path)
    if not re.fullmatch("[0-9a-f]{64}", release.sha256):
        raise RnnvisError(
            f'{path}: "{key}.sha256" of {release.filename} is no SHA-256', "give 64 hex digits, lower case"
        )


def check_study(config: VoiceConfig, path: Path) -> None:
    """Refuse the card of a study that needs no dataset, naming file and key."""
    _named(config.name, "name", path)
    _check_release(config.release, "release", path)


def check_pronouncer(card: PronouncerConfig, config: DatasetConfig, path: Path) -> None:
    """Refuse the card of a pronouncer, naming file and key, and one beside words that nobody says how to say."""
    _named(card.name, "name", path)
    _check_release(card.release, "release", path)
    _within(card.published_words, "published_words", (1, _MOST), path)
    _check_features(card.features, path)
    if config.source.kind != "pronunciations":
        raise RnnvisError(
            f'{path}: a pronouncer says words, and "source.kind" of {config.name} is "{config.source.kind}"',
            'source.kind = "pronunciations"',
        )
    for f in dataclasses.fields(Measure):
        if f.name not in _SPOKEN and getattr(config.measure, f.name) != f.default:
            raise RnnvisError(
                f'{path}: "measure.{f.name}" of {config.name} means nothing beside a pronouncer',
                f"remove it from dataset.toml; looked at are {', '.join(_SPOKEN)}, and published_words of the card",
            )


def _check_source(source: Source, path: Path) -> None:
    """Each kind of source has the keys that mean something for it, and no other."""
    _one_of(source.kind, "source.kind", sorted([*KINDS, *FILE_KINDS]), path)
    own = FILE_KINDS.get(source.kind)
    if own and not source.path:
        raise RnnvisError(f'{path}: the key "source.path" is missing', f"name {own.get}")
    known = {"kind", "path", *own.keys} if own else {"kind", "releases", *KEYS.get(source.kind, ())}
    for f in dataclasses.fields(Source):
        if f.name not in known and getattr(source, f.name) != f.default:
            raise RnnvisError(
                f'{path}: "source.{f.name}" means nothing for the kind "{source.kind}"',
                f"remove it; keys of this kind: {', '.join(sorted(known - {'kind'}))}",
            )
    for key in ("most_sentences", "most_tokens"):
        _within(getattr(source, key), f"source.{key}", (0, _MOST), path)
    if source.classes not in (2, 5):
        raise RnnvisError(f'{path}: "source.classes" is {source.classes}', "2 (1–2 against 4–5 stars) or 5")
    _one_of(source.format, "source.format", ["", *rows.NAMES], path)
    _one_of(source.tokens, "source.tokens", list(TOKENS), path)
    check_marks(source, f"{path}: source.")
    if len(source.labels) == 1 or len(source.labels) > MOST_CLASSES:
        raise RnnvisError(f'{path}: "source.labels" names {len(source.labels)} classes', f"name 2 to {MOST_CLASSES}")
    _different(source.labels, "source.labels", path)
    if source.columns and not (source.columns.text and source.columns.label):
        raise RnnvisError(f'{path}: "source.columns" names no text or no label', "name the columns that hold them")


def check_marks(source: Source, where: str) -> None:
    """Refuse separators, quotes and encodings that cannot be; `where` is what stands before their names."""
    if source.delimiter and (len(source.delimiter) > 1 or source.delimiter in f"{source.quote}\r\n"):
        raise RnnvisError(f"{where}delimiter is {source.delimiter!r}", "one character, such as ;")
    if len(source.quote) != 1 or source.quote in " \r\n\t":
        raise RnnvisError(f"{where}quote is {source.quote!r}", "one character, such as '")
    check_encoding(source.encoding, f"{where}encoding")


def check_models(config: DatasetConfig, models: Mapping[str, Card | PronouncerConfig], path: Path) -> None:
    """Refuse a default view, a quick set, half precision, or a study of chips, of a model that has no card."""
    for key in ("quick", "half"):
        for name in getattr(config, key):
            _one_of(name, key, list(models), path)
    if config.view:
        _one_of(config.view.model, "view.model", list(models), path)
    if config.chips:
        classifiers = [name for name, card in models.items() if isinstance(card, ModelConfig)]
        _one_of(config.chips.model, "chips.model", classifiers, path)


def _finite(card: Card, path: Path) -> None:
    for key, value in dataclasses.asdict(card).items():
        if isinstance(value, float) and not math.isfinite(value):
            raise RnnvisError(f'{path}: "{key}" is {value}, no finite number', f"change {key}")


def _within(value: float, key: str, limits: tuple[float, float], path: Path) -> None:
    low, high = limits
    if not low <= value <= high:
        raise RnnvisError(f'{path}: "{key}" is {value}, outside {low} … {high}', f"change {key}")


def check_name(name: str, key: str) -> None:
    """Refuse a name that is no name of a file or folder on every system; `key` says where it stands."""
    if not _NAME.fullmatch(name):
        raise RnnvisError(f"{key} is {name!r}", "use letters, digits, hyphens, underscores and single dots")


def _named(name: str, key: str, path: Path) -> None:
    check_name(name, f'{path}: "{key}"')


def _one_of(value: str, key: str, known: list[str], path: Path) -> None:
    if value not in known:
        raise RnnvisError(f'{path}: "{key}" is "{value}"', f"use one of: {', '.join(known) or 'there is none yet'}")


def _different(values: Iterable[Any], key: str, path: Path) -> None:
    seen = list(values)
    twice = next((value for i, value in enumerate(seen) if value in seen[:i]), None)
    if twice is not None:
        raise RnnvisError(f'{path}: "{key}" holds {twice!r} twice', "give each once")
