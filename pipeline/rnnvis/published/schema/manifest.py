"""The manifest, declared once: what `manifest.json` says of datasets, models, states and their files.

Readers of Python and of the viewer check a manifest against `SCHEMA`, the JSON Schema of these types; the viewer's
TypeScript types and the manifest's part of the schema page are made from it too. A field of `NotRequired` may be
missing: folders that were published before it lack it. A change that an older viewer cannot read raises `VERSION`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

FORMAT: Literal["rnnvis"] = "rnnvis"
VERSION = 1

_declared = with_config(ConfigDict(strict=True, extra="forbid", use_attribute_docstrings=True))


def _text(pattern: str, words: str) -> Any:
    return Field(pattern=f"^{pattern}$", json_schema_extra={"words": words})


Count = Annotated[int, Field(ge=0)]
Sha256 = Annotated[str, _text("[0-9a-f]{64}", "a SHA-256")]
TableName = Annotated[str, _text(r"[A-Za-z0-9_.-]+\.parquet", "the name of a Parquet file")]
StepModelName = Annotated[str, _text(r"step_model-[0-9a-f]{16}\.safetensors", "the name of a step model")]
PackName = Annotated[str, _text(r"[A-Za-z0-9_.-]+\.pack", "the name of a published file")]


@_declared
class TableFile(TypedDict):
    """One file of a table, which may be cut into several."""

    path: TableName
    """Its name in this folder, made from its content"""
    bytes: Count
    """Its size"""
    rows: Count
    """Its rows"""
    sha256: Sha256
    """Of the whole file"""
    first: int | None
    """The first column that the table is sorted by, in the first row; null where that is no whole number"""
    last: int | None
    """The same in the last row"""
    index_bytes: NotRequired[Count | None]
    """Size of the file's end after its last page, which says where everything is"""
    index_crc32: NotRequired[Count | None]
    """CRC-32 of that end; pages have checksums of their own"""


@_declared
class TableEntry(TypedDict):
    """One published table."""

    rows: Count
    """Rows of all its files"""
    files: list[TableFile]
    """Its files, in the order of their rows"""


Tables = dict[str, TableEntry]


@_declared
class Measured(TypedDict):
    """What a state was measured on."""

    splits: list[str]
    """Splits of the text"""
    steps: Count
    """Steps"""
    sentences: Count
    """Sentences"""
    minimum_count: Count
    """Least number of uses with which a word is clustered"""
    frequent_count: Count
    """Least number of uses with which a word has quantiles and may name a unit"""


@_declared
class StateEntry(TypedDict):
    """One recorded state of a model."""

    name: str
    """`<module path>.<layer>[.reverse].<kind>`, for example `rnn.0.h`"""
    title: str
    """How it is called on the screen"""
    layer: Count
    """Layer of its module, from 0"""
    kind: str
    """`h`, the hidden state, `c`, the cell state, or another name of a recording"""
    units: Count
    """Number of units"""
    bounded: bool
    """Whether its values lie in [−1, 1] by construction"""
    read_by_head: bool
    """Whether the model's output layer reads it"""
    measured: Measured
    """What it was measured on"""
    published_sentences: NotRequired[Count | None]
    """Sentences along which the state is published: all of them, or a sample"""
    methods: list[str]
    """Co-clustering methods"""
    selections: list[str]
    """Which words were clustered"""
    k: list[Count]
    """Numbers of clusters"""
    unclustered: NotRequired[str | None]
    """Why the state, or a method of it, has no clusters, in words; absent where nothing is missing"""
    tables: Tables
    """Its tables by name"""


@_declared
class EpochEntry(TypedDict):
    """What differs between a model's epochs."""

    epoch: Count
    """Epoch, from 1"""
    hash: str
    """Of its weights"""
    tables: Tables
    """Tables of the model after this epoch"""
    states: Annotated[list[StateEntry], Field(min_length=1)]
    """Its states after this epoch"""


@_declared
class AnswerEntry(TypedDict):
    """What a model answers, as it was read from what it returned."""

    per: Literal["sequence", "step"]
    """Whether it answers once a sentence or after every step"""
    means: Literal["class", "tag", "next word", "number"]
    """What an answer is: a class of the sentence, a tag of each word, the word that comes next, or a number"""
    scale: str
    """What the numbers returned are: `logits`, `log-probabilities`, `probabilities`, `logit` or `probability` (one
    number for two classes), `numbers`"""
    name: str | None
    """Where it lies in what was returned, as `[0]` or `.logits`; null where it is all that was returned"""
    ended_by: Literal["head", "prefixes"] | None
    """How “if the sentence ended here” is known after each step: by the model's head, or by running the beginning of
    the sentence; null where it is not"""
    effects: Literal["exact", "first order"] | None
    """What `push` is: exact for a linear head, the change of the answer by its gradient for any other; null without"""
    accounts_for: float | None
    """Share of the answer's real change that effects of first order account for, R²"""


@_declared
class StepModelFile(TypedDict):
    """The model itself, as layers and a head that a page runs word by word: safetensors, whose `__metadata__.rnnvis`
    says how. It came to the states and answers of the trained model at every step of 50 sentences."""

    path: StepModelName
    """Its name in this folder, made from its content"""
    bytes: Count
    """Its size"""
    sha256: Sha256
    """Of the whole file"""
    format: Annotated[int, Field(ge=1)]
    """Version of what is in it; a reader passes over newer ones"""
    runtime: NotRequired[Literal["onnx"] | None]
    """What else runs it: "onnx", onnxruntime for an answer that is an ONNX graph; null: nothing"""
    precision: NotRequired[Literal["float16"] | None]
    """That of its weights where it is half; null: single, float32"""


@_declared
class ModelEntry(TypedDict):
    """One model."""

    name: str
    """By which links name it"""
    title: str
    """How it is called on the screen"""
    kind: Literal["classifier", "language model", "recording"]
    """What its outputs mean: a classifier gives a class of the sentence; a language model has no classes, its `steps`
    say how likely the word was that came next. A recording has other answers (tags, numbers), or none that are known:
    see `answer`"""
    answer: NotRequired[AnswerEntry | None]
    """What it answers; null where what it returns is not known"""
    cell: str
    """GRU, LSTM, …"""
    hash: str
    """Of its weights, by which links notice another training"""
    parameters: Count
    """Number of parameters"""
    seed: int | None
    """Seed of its training; null where that is not known"""
    classes: list[str]
    """Names of its classes; empty without any"""
    provenance: dict[str, Any]
    """Where it comes from"""
    checked: NotRequired[bool | None]
    """Of a recording: whether sentences were run again one at a time and found the same"""
    notes: NotRequired[list[str]]
    """Of a recording: what was found and mended or taken for granted while it was made, in sentences"""
    ablation: NotRequired[str | None]
    """Of a recording: on what text its units and chips were switched off, or why they were not, in sentences"""
    step_model: NotRequired[StepModelFile | None]
    """The model itself, for a page that runs it; null where there is none"""
    no_step_model: NotRequired[str | None]
    """Why there is none, or why it gives no answer: what does not fit and what to do; null where nothing is missing"""
    tables: Tables
    """Its tables by name"""
    states: Annotated[list[StateEntry], Field(min_length=1)]
    """Its states, in the order of the lists in `steps.surprise`"""
    epochs: NotRequired[list[EpochEntry] | None]
    """The model after earlier epochs, in order; the last one is the model itself"""


@_declared
class ExcerptSlice(TypedDict):
    """All rows of a table that have one of the values in every key column, as a Parquet file at [start, end)."""

    model: str | None
    """Model of the table; null for a table of the dataset"""
    state: str | None
    """State of the table; null for a table of the dataset or the model"""
    table: str
    """Name of the table"""
    keys: dict[str, list[str | int]]
    """Values by key column"""
    columns: NotRequired[list[str] | None]
    """Columns that it holds; all of the table where this is absent"""
    start: Count
    """First byte"""
    end: Count
    """Byte after the last"""


@_declared
class FirstViewFile(TypedDict):
    """The rows that the first view is drawn from, once more in one file: a shortcut of the explorer."""

    path: PackName
    """Its name in this folder"""
    bytes: Count
    """Its size"""
    sha256: Sha256
    """Of the whole file"""
    slices: list[ExcerptSlice]
    """What lies in it"""


@_declared
class DefaultView(TypedDict):
    """What is shown first."""

    model: str
    """Name of the model"""
    sentence: str
    """Key of the sentence"""
    step: Count
    """The pinned step, from 0"""
    k: Count
    """Number of clusters"""
    words: list[str]
    """Words that are compared"""


@_declared
class Nouns(TypedDict):
    """What a dataset's steps and sentences are called, where they are no words and no sentences."""

    step: str
    """`letter`"""
    steps: str
    """`letters`"""
    sentence: str
    """`word`"""
    sentences: str
    """`words`"""


@_declared
class DatasetEntry(TypedDict):
    """One dataset: a vocabulary, sentences, and the models that read them."""

    name: str
    """By which links name it"""
    title: str
    """How it is called on the screen"""
    licence: str
    """Of the text"""
    about: NotRequired[str | None]
    """What it is, in a sentence or two"""
    labels: list[str]
    """Names of the sentences' classes; empty without any"""
    splits: dict[str, Count]
    """Sentences by split"""
    view: DefaultView | None
    """What is shown first"""
    probes: dict[str, str]
    """Keys of probe sentences by name; `<name>` and `<name>-reversed` are a pair"""
    first_view: NotRequired[FirstViewFile | None]
    """The rows that the first view needs, once more"""
    tables: Tables
    """Its tables by name"""
    source: NotRequired[str | None]
    """Of what a decoder reads: name of the dataset whose sentence of the same key its encoder read before each"""
    nouns: NotRequired[Nouns | None]
    """What is said instead of word and sentence"""
    models: Annotated[list[ModelEntry], Field(min_length=1)]
    """Its models"""


@_declared
class Manifest(TypedDict):
    """The whole manifest."""

    format: Literal["rnnvis"]
    """`rnnvis`"""
    version: Annotated[int, Field(ge=1)]
    """Version of this format; a reader refuses newer ones"""
    generator: str
    """What wrote it"""
    datasets: Annotated[list[DatasetEntry], Field(min_length=1)]
    """Its datasets"""


ADAPTER: TypeAdapter[Manifest] = TypeAdapter(Manifest)
SCHEMA: dict[str, Any] = ADAPTER.json_schema()
