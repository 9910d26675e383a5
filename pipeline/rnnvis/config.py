"""Configuration: TOML files under `datasets/`, read into frozen dataclasses.

Every key is checked: an unknown one is refused by name, with the file and the nearest known key.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from rnnvis.errors import RnnvisError

T = TypeVar("T")
CELLS = ("gru", "lstm", "rnn", "min-gru", "selective", "slstm")
DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Release:
    """One file of one release in the package index that pip is configured for."""

    package: str
    version: str
    filename: str
    sha256: str


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a table, or their positions from 1. `split` (train, valid or test) and `group` may be
    absent.

    Rows of one `group` (an author, a product) fall into the same split.
    """

    text: str = "text"
    label: str = "label"
    split: str = ""
    group: str = ""


@dataclass(frozen=True)
class Source:
    """Where a corpus comes from. `releases` are tried in order; all hold the same text.

    A corpus of the user's own has a `path` (relative to the dataset's folder) and may have the other keys, as far as
    its kind knows them: `columns`, `format`, `delimiter`, `header` (whether the first line names the columns), `quotes`
    (whether quotation marks hold fields; unsaid, rows that they seem to merge are refused) and `quote` (which mark) of
    a table; the `encoding` of its files; whether running text is `tokenised` (words between spaces, a sentence a line);
    whether `tokens` are "words", "characters" or "segmented", and `addresses` one token each; the names of its classes
    in order, the number of classes, and at most how many sentences (0: all; drawn by a hash of their text) of how many
    tokens (0: any) are taken.
    """

    kind: str
    releases: tuple[Release, ...] = ()
    path: str = ""
    columns: Columns | None = None
    format: str = ""
    delimiter: str = ""
    header: bool = True
    quotes: bool | None = None
    quote: str = '"'
    encoding: str = ""
    tokenised: bool = False
    tokens: str = "words"
    addresses: bool = False
    labels: tuple[str, ...] = ()
    classes: int = 2
    most_sentences: int = 0
    most_tokens: int = 0


@dataclass(frozen=True)
class Vocabulary:
    """Which training words get an id of their own; the others are read as the unknown word.

    `size` > 0 keeps the most frequent ones only, so many with the unknown word.
    """

    minimum_count: int = 2
    size: int = 0


@dataclass(frozen=True)
class Measure:
    """What is measured, and on which text. Responses to words with at least `published_count` uses are published, and
    what is measured along states takes a sample of sentences, at most `states_megabytes` a state. About
    `published_states_megabytes` of it are published: of a classifier that it can run the page works out the others."""

    splits: tuple[str, ...] = ("train", "valid", "test")
    minimum_count: int = 8
    frequent_count: int = 20
    selected_words: int = 500
    methods: tuple[str, ...] = ("block",)
    smallest_k: int = 2
    largest_k: int = 30
    published_count: int = 1
    states_megabytes: int = 64
    published_states_megabytes: int = 64


@dataclass(frozen=True)
class Probe:
    """A sentence recorded for reading only: it is left out of every response."""

    name: str
    text: str


@dataclass(frozen=True)
class DefaultView:
    """What the explorer shows before anybody has clicked: `probe`, pinned at `step`, beside `words`.

    Without a probe the pipeline chooses a test sentence whose answer turns at one word.
    """

    model: str
    probe: str = ""
    step: int = 0
    k: int = 8
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
    """What counts as a positive or negative context before a word: P(second class) ≥ `high` or ≤ `low`."""

    high: float = 0.7
    low: float = 0.3


@dataclass(frozen=True)
class WordKind:
    """Words of one kind, as the vocabulary spells them; those that it lacks are passed over."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class ChipStudy:
    """The case study of `model` with a chip switched off, over trainings with `seeds`: for each `kind` of words the
    chip that answers to them. States are carried over between the probe sentences at `word`."""

    model: str
    seeds: tuple[int, ...]
    kind: tuple[WordKind, ...]
    word: str = ""


@dataclass(frozen=True)
class DatasetConfig:
    """`datasets/<name>/dataset.toml`. `quick` names the models that `rnnvis regenerate --quick` makes, all if empty;
    `half` those whose weights are published in half precision, where that keeps states and answers to 1e-3."""

    name: str
    title: str
    licence: str
    about: str
    source: Source
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    measure: Measure = field(default_factory=Measure)
    probe: tuple[Probe, ...] = ()
    view: DefaultView | None = None
    quick: tuple[str, ...] = ()
    half: tuple[str, ...] = ()
    study: Study = field(default_factory=Study)
    chips: ChipStudy | None = None


@dataclass(frozen=True)
class ModelConfig:
    """`datasets/<dataset>/<model>.toml`: a model card that can be trained.

    The embedding starts from `embedding_start` ("svd" of the training text or "random") at the root mean square
    `embedding_scale`; `score_scale` > 0 gives its first dimension to the mean score of the sentences that hold
    the word. Sentences are trained on with the soft target σ(`score_sharpness` · score); those from a source that
    the validation split has not count `other_source_weight` times. `oversample` repeats training sentences of rarer
    classes until every class has as many as the largest. The published weights are the mean over the last
    `averaged_epochs` epochs. `device` "auto" trains, records and ablates on CUDA where there is one.
    """

    name: str
    title: str
    cell: str
    units: int
    seeds: tuple[int, ...]
    embedding: int = 64
    embedding_start: str = "svd"
    embedding_scale: float = 0.3
    score_scale: float = 0.0
    score_sharpness: float = 1.0
    other_source_weight: float = 1.0
    oversample: bool = False
    word_dropout: float = 0.0
    embedding_dropout: float = 0.3
    dropout: float = 0.5
    epochs: int = 10
    batch: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    gradient_clip: float = 1.0
    averaged_epochs: int = 1
    device: str = "auto"


def check_model(config: ModelConfig, where: object = "") -> None:
    """Refuse values that no classifier can have, naming the key, and `where` the card stands."""
    at = where or f"model {config.name}"
    limits: dict[str, tuple[float, float]] = {
        "units": (1, 4096),
        "embedding": (1, 4096),
        "epochs": (1, 10_000),
        "batch": (1, 65_536),
        "averaged_epochs": (1, config.epochs),
        "embedding_scale": (0, 100),
        "score_scale": (0, 100),
        "other_source_weight": (0, 1),
        "word_dropout": (0, 0.99),
        "embedding_dropout": (0, 0.99),
        "dropout": (0, 0.99),
    }
    for key, (low, high) in limits.items():
        if not low <= getattr(config, key) <= high:
            raise RnnvisError(f"{at}: {key} = {getattr(config, key)} is outside {low} … {high}", f"change {key}")
    choices = {"cell": list(CELLS), "embedding_start": ["random", "svd"], "device": list(DEVICES)}
    for key, known in choices.items():
        if getattr(config, key) not in known:
            raise RnnvisError(f'{at}: unknown {key} "{getattr(config, key)}"', f"use one of: {', '.join(known)}")


@dataclass(frozen=True)
class FeaturesConfig:
    """`[features]` of a model card: the state that a language model's head reads, or that of a pronouncer's encoder, in
    a top-k sparse autoencoder of so many `latents`, `k` of them at a step, trained for `steps` batches. It is one more
    state of the published model. Over `seeds`, the first of which is published, features are held against units."""

    latents: int
    k: int
    seeds: tuple[int, ...] = (0, 1, 2)
    steps: int = 1200


@dataclass(frozen=True)
class LanguageModelConfig:
    """`datasets/<dataset>/<model>.toml` with `task = "language_model"`: a model that guesses the next word.

    `embedding` 0 takes the width of the state; `tied` then shares the words' weights between input and output.
    `embedding_dropout` acts on the words read, `dropout` between layers and on the output. Text is read in `batch`
    streams, and gradients reach `steps` words back. `schedule` is "one-cycle" (a linear warm-up over the share `warmup`
    of the training, then a cosine down to zero) or "decay" (the rate times `decay` after each epoch from `decay_after`
    on); `initial_scale` > 0 starts all weights uniformly within ±it. Training ends early after `patience` epochs
    without a better validation loss, and the best epoch's weights are the model. `precision` is that of the products
    with the output weights ("auto": bfloat16 where the processor multiplies in it). The models after
    `published_epochs` are published beside the last.
    """

    name: str
    title: str
    cell: str
    units: int
    seeds: tuple[int, ...]
    task: str = "language_model"
    layers: int = 1
    embedding: int = 0
    tied: bool = False
    embedding_dropout: float = 0.0
    dropout: float = 0.0
    epochs: int = 6
    batch: int = 32
    steps: int = 35
    optimiser: str = "adam"
    learning_rate: float = 4e-3
    schedule: str = "one-cycle"
    warmup: float = 0.2
    decay: float = 0.5
    decay_after: int = 4
    weight_decay: float = 0.0
    gradient_clip: float = 1.0
    initial_scale: float = 0.0
    patience: int = 3
    precision: str = "auto"
    device: str = "auto"
    threads: int = 1
    published_epochs: tuple[int, ...] = ()
    features: FeaturesConfig | None = None

    @property
    def width(self) -> int:
        """Entries of a word's embedding."""
        return self.embedding or self.units


@dataclass(frozen=True)
class PronouncerConfig:
    """`datasets/<dataset>/<model>.toml` with `task = "pronouncer"`: a model that comes trained out of the package
    `release` and says words from their letters. Of it and of what it says states along `published_words` words are
    published, the dataset's probes first."""

    name: str
    title: str
    release: Release
    task: str = "pronouncer"
    published_words: int = 500
    features: FeaturesConfig | None = None


@dataclass(frozen=True)
class VoiceConfig:
    """`datasets/<name>/study.toml`: the study of the voice detector in the package `release`. Its sounds are made;
    a few of its streams are published as datasets."""

    name: str
    title: str
    release: Release


Card = ModelConfig | LanguageModelConfig


def read_card(path: Path) -> Card | PronouncerConfig:
    """Read the model card at `path`: its `task` says of what kind of model it is, those without are classifiers'."""
    table = _table(path)
    if table.get("task") == "pronouncer":
        return read(PronouncerConfig, path)
    if "task" in table:
        return read(LanguageModelConfig, path)
    return read(ModelConfig, path)


def read(kind: type[T], path: Path) -> T:
    """Read the TOML file at `path` as `kind`; every mistake in it is an error that names file and key."""
    return _build(kind, _table(path), str(path), "")


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RnnvisError(f"{path}: no such file", "name a dataset that has a folder under datasets/") from None
    except OSError as error:
        raise RnnvisError(f"{path}: cannot be read: {error.strerror}", "make it a readable file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RnnvisError(f"{path}: not readable as TOML: {error}", "correct the line named above") from None
    except RecursionError:
        raise RnnvisError(f"{path}: not readable as TOML: brackets are nested too deep", "write it anew") from None


def as_table(config: Any) -> dict[str, Any]:
    """The dataclass `config` as plain values, for hashing and for writing into provenance."""
    return dataclasses.asdict(config)


def _build(kind: type[T], table: dict[str, Any], file: str, at: str) -> T:
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in table:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            known = f'did you mean "{near[0]}"?' if near else "known keys: " + ", ".join(sorted(fields))
            raise RnnvisError(f'{file}: unknown key "{at}{key}"', known)
    values = {}
    for name, f in fields.items():
        if name in table:
            values[name] = _value(hints[name], table[name], file, at + name)
        elif f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            raise RnnvisError(f'{file}: the key "{at}{name}" is missing', f"add {at}{name} = …")
    return kind(**values)


def _value(hint: Any, value: Any, file: str, at: str) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(a for a in typing.get_args(hint) if a is not type(None))
    if dataclasses.is_dataclass(hint):
        _expect(isinstance(value, dict), "a table", value, file, at)
        return _build(hint, value, file, at + ".")  # type: ignore[arg-type]
    if typing.get_origin(hint) is tuple:
        _expect(isinstance(value, list), "a list", value, file, at)
        item = typing.get_args(hint)[0]
        return tuple(_value(item, v, file, f"{at}[{i}]") for i, v in enumerate(value))
    if hint is float:
        _expect(isinstance(value, int | float) and not isinstance(value, bool), "a number", value, file, at)
        return float(value)
    names = {int: "a whole number", str: "a string", bool: "true or false"}
    _expect(isinstance(value, hint) and (hint is bool or not isinstance(value, bool)), names[hint], value, file, at)
    return value


def _expect(right: bool, wanted: str, value: Any, file: str, at: str) -> None:
    if not right:
        raise RnnvisError(f'{file}: "{at}" must be {wanted}, not {value!r}', f"change {at}")
