"""What the file of a step model says of itself, declared once: `site/data.md` has it in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from rnnvis.text.encoding import WordsSpec

FORMAT: Literal[1] = 1

CellName = Literal["lstm", "gru", "rnn_tanh", "rnn_relu"]
Activation = Literal["relu", "tanh", "sigmoid", "gelu", "gelu_tanh", "silu", "elu", "leaky_relu", "softplus"]

_declared = with_config(ConfigDict(extra="ignore"))
Count = Annotated[int, Field(ge=1)]


@_declared
class Ids(TypedDict):
    """The model reads words: row i of the tensor `embedding` [V, E] is what its layers read for word i."""

    kind: Literal["ids"]
    embedding: str


@_declared
class Vectors(TypedDict):
    """The model reads vectors of `size` numbers."""

    kind: Literal["vectors"]
    size: Count


@_declared
class CellWeights(TypedDict):
    """Names of tensors, laid out as torch lays them: `input` [G·units, inputs], `state` [G·units, output] with the
    gates in the order i f g o (LSTM), r z n (GRU); biases [G·units]; `projection` [output, units]."""

    input: str
    state: str
    input_bias: str | None
    state_bias: str | None
    projection: str | None


@_declared
class Layer(TypedDict):
    """One layer in one direction. `reads` are "input" and names of earlier layers, whose h it reads side by side.
    `initial` names the states before its first step, by "h" and "c"; null: zeros."""

    name: str
    cell: CellName
    units: Count
    output: Count
    reads: Annotated[list[str], Field(min_length=1)]
    reversed: bool
    weights: CellWeights
    initial: dict[Literal["h", "c"], str | None]


@_declared
class Linear(TypedDict):
    """W x + b: `weight` [out, in]."""

    weight: str
    bias: str | None


@_declared
class Operation(TypedDict):
    """One of the two."""

    linear: NotRequired[Linear]
    activation: NotRequired[Activation]


@_declared
class HeadSpec(TypedDict):
    """What the answer is made of: states side by side, through operations, to scores.

    `reads` are names of states. `at`: "last", each where its direction ends; "last word", both directions at the last
    word; "each", at every word; "mean" or "max" over the words. `along`: whether it may be asked after every word.
    """

    reads: Annotated[list[str], Field(min_length=1)]
    at: Literal["last", "last word", "each", "mean", "max"]
    operations: list[Operation]
    means: Literal["class", "tag", "next word", "number"]
    per: Literal["sequence", "step"]
    scores: Literal["logits", "one logit", "numbers"]
    along: bool


@_declared
class Spec(TypedDict):
    """The whole of it. `states` are those that are published, a part of the layers' own."""

    format: Literal[1]
    reads: Annotated[Ids | Vectors, Field(discriminator="kind")]
    layers: Annotated[list[Layer], Field(min_length=1)]
    states: list[str]
    head: HeadSpec | None
    words: NotRequired[WordsSpec | None]


ADAPTER: TypeAdapter[Spec] = TypeAdapter(Spec)
GATES: dict[CellName, tuple[str, ...]] = {"lstm": ("i", "f", "o"), "gru": ("r", "z"), "rnn_tanh": (), "rnn_relu": ()}
BLOCKS: dict[CellName, int] = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def kinds(layer: Layer) -> tuple[str, ...]:
    """The states of a layer, by the last part of their names."""
    return ("h", "c") if layer["cell"] == "lstm" else ("h",)


def size(layer: Layer, kind: str) -> int:
    """Units of one of its states."""
    return layer["output"] if kind == "h" else layer["units"]


def shapes(spec: Spec, words: int | None) -> Iterator[tuple[str, tuple[int | None, ...]]]:
    """Every tensor that `spec` names, and the shape that it must have; None: any. KeyError: a layer reads what is not
    there before it."""
    reads = spec["reads"]
    known: dict[str, int] = {}
    if reads["kind"] == "ids":
        yield reads["embedding"], (words, None)
    sizes = {"input": reads["size"] if reads["kind"] == "vectors" else None}
    for layer in spec["layers"]:
        inputs = [sizes[name] for name in layer["reads"]]
        wide = None if None in inputs else sum(n for n in inputs if n is not None)
        rows = BLOCKS[layer["cell"]] * layer["units"]
        of = layer["weights"]
        yield of["input"], (rows, wide)
        yield of["state"], (rows, layer["output"])
        for bias in (of["input_bias"], of["state_bias"]):
            if bias is not None:
                yield bias, (rows,)
        if of["projection"] is not None:
            yield of["projection"], (layer["output"], layer["units"])
        for kind in kinds(layer):
            known[f"{layer['name']}.{kind}"] = size(layer, kind)
            if (initial := layer["initial"].get(kind)) is not None:  # type: ignore[call-overload]
                yield initial, (size(layer, kind),)
        sizes[layer["name"]] = layer["output"]
    for state in spec["states"]:
        known[state]
    if spec["head"] is not None:
        wide = sum(known[state] for state in spec["head"]["reads"])
        for operation in spec["head"]["operations"]:
            if "linear" in operation:
                yield operation["linear"]["weight"], (None, wide)
                wide = None  # the interpreter's own product says more
                if (bias := operation["linear"]["bias"]) is not None:
                    yield bias, (None,)
