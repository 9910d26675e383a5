"""What the file of a step model says of itself, declared once: `site/data.md` has it in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from rnnvis.text.encoding import WordsSpec

FORMAT = 4
"""The newest; a file says the oldest that can hold it."""

CellName = Literal["lstm", "gru", "rnn_tanh", "rnn_relu"]
Activation = Literal["relu", "tanh", "sigmoid", "gelu", "gelu_tanh", "silu", "elu", "leaky_relu", "softplus"]

_declared = with_config(ConfigDict(extra="ignore"))
Count = Annotated[int, Field(ge=1)]


@_declared
class Ids(TypedDict):
    """The model reads words: row i of the tensor `embedding` [V, E] is what its layers read for word i. Where its steps
    are a graph, this reads the ids of so many `words` as they are, and there is no embedding."""

    kind: Literal["ids"]
    embedding: NotRequired[str]
    words: NotRequired[Count]


@_declared
class Vectors(TypedDict):
    """The model reads vectors of `size` numbers. Those of sentences may be there: `given` names their tensor [N, size],
    and `sentences` are the number of each, its first row, and its rows."""

    kind: Literal["vectors"]
    size: Count
    given: NotRequired[str]
    sentences: NotRequired[list[tuple[int, int, int]]]


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
class Linear(TypedDict):
    """W x + b: `weight` [out, in]."""

    weight: str
    bias: str | None


@_declared
class Norm(TypedDict):
    """Layer norm over all F numbers of a row, (x − mean) / √(variance + epsilon) · `weight` [F] + `bias` [F]; null:
    none."""

    weight: str | None
    bias: str | None
    epsilon: Annotated[float, Field(ge=0)]


@_declared
class Operation(TypedDict):
    """One of the three."""

    linear: NotRequired[Linear]
    norm: NotRequired[Norm]
    activation: NotRequired[Activation]


@_declared
class Layer(TypedDict):
    """One layer in one direction. `reads` are "input" and names of earlier layers, whose h it reads side by side, as
    they are or `through` operations. `initial` names the states before its first step, by "h" and "c"; null: zeros."""

    name: str
    cell: CellName
    units: Count
    output: Count
    reads: Annotated[list[str], Field(min_length=1)]
    through: NotRequired[list[Operation]]
    reversed: bool
    weights: CellWeights
    initial: dict[str, str | None]


@_declared
class Steps(TypedDict):
    """The steps of code of its own in one direction: the ONNX graph in the tensor `graph` takes all of them together.

    It reads the word, `tokens` int64 [1], and of each of its `states`, units by name, three float32 [1, units]: by that
    name the state before the step, and by "<name> scale" and "<name> shift" what holds it: as soon as it has come about
    it becomes scale · state + shift, for whatever reads it. It gives the states after the step, in that order.
    `initial` names the states before the first step; null: zeros.
    """

    name: str
    cell: Literal["graph"]
    graph: str
    states: Annotated[dict[str, Count], Field(min_length=1)]
    reversed: bool
    initial: dict[str, str | None]


@_declared
class HeadSpec(TypedDict):
    """What the answer is made of: states side by side, through operations, to scores.

    `reads` are names of states. `at`: "last", each where its direction ends; "last word", both directions at the last
    word; "each", at every word; "mean" or "max" over the words; "whole": the ONNX graph in the tensor `graph` reads
    them at all words, and gives `size` numbers. With `longest` it reads so many words, filled up with zeros, and how
    many there are, `length` int64 [1]. "each" with a `graph`: it reads one word and the states after it. `along`:
    whether it may be asked after every word, of a graph that reads all words by asking the beginnings.
    """

    reads: Annotated[list[str], Field(min_length=1)]
    at: Literal["last", "last word", "each", "mean", "max", "whole"]
    graph: NotRequired[str]
    size: NotRequired[Count]
    longest: NotRequired[Count]
    operations: list[Operation]
    means: Literal["class", "tag", "next word", "number"]
    per: Literal["sequence", "step"]
    scores: Literal["logits", "one logit", "numbers"]
    along: bool


@_declared
class Handed(TypedDict):
    """The model goes on from where another one ended: each of its `states` starts from the state of the other that is
    named there, where that one ends. Of its own accord it reads the start mark, then the likeliest word at every step,
    until that is the end mark, or it has said `longest` words."""

    states: Annotated[dict[str, str], Field(min_length=1)]
    longest: Count


@_declared
class Spec(TypedDict):
    """The whole of it. `states` are those that are published, a part of the layers' own."""

    format: Annotated[int, Field(ge=1, le=FORMAT)]
    reads: Annotated[Ids | Vectors, Field(discriminator="kind")]
    layers: Annotated[list[Annotated[Layer | Steps, Field(discriminator="cell")]], Field(min_length=1)]
    states: list[str]
    head: HeadSpec | None
    words: NotRequired[WordsSpec | None]
    handed: NotRequired[Handed]


ADAPTER: TypeAdapter[Spec] = TypeAdapter(Spec)
GATES: dict[CellName, tuple[str, ...]] = {"lstm": ("i", "f", "o"), "gru": ("r", "z"), "rnn_tanh": (), "rnn_relu": ()}
BLOCKS: dict[CellName, int] = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


SCALE, SHIFT = "{} scale", "{} shift"
"""What a graph of steps calls what holds a state."""


def kinds(layer: Layer) -> tuple[str, ...]:
    """The states of a layer, by the last part of their names."""
    return ("h", "c") if layer["cell"] == "lstm" else ("h",)


def size(layer: Layer, kind: str) -> int:
    """Units of one of its states."""
    return layer["output"] if kind == "h" else layer["units"]


def sizes(layer: Layer | Steps) -> dict[str, int]:
    """Units of all its states, by name."""
    if layer["cell"] == "graph":
        return dict(layer["states"])
    return {f"{layer['name']}.{kind}": size(layer, kind) for kind in kinds(layer)}


def initial(layer: Layer | Steps) -> dict[str, str | None]:
    """The tensors that its states start from, by name; None: zeros."""
    if layer["cell"] == "graph":
        return {name: layer["initial"].get(name) for name in layer["states"]}
    return {f"{layer['name']}.{kind}": layer["initial"].get(kind) for kind in kinds(layer)}


def shapes(spec: Spec, have: Mapping[str, Sequence[int]]) -> Iterator[tuple[str, tuple[int | None, ...]]]:
    """Every tensor that `spec` names, and the shape that it must have beside the others, whose shapes are `have`; None:
    any. KeyError: there is no such tensor, or a layer reads what is not there before it."""
    reads = spec["reads"]
    wide: dict[str, int] = {}
    if reads["kind"] == "vectors":
        wide["input"] = reads["size"]
        if "given" in reads:
            yield reads["given"], (None, reads["size"])
    elif ("words" in reads) == ("embedding" in reads):
        raise KeyError("embedding")
    elif "embedding" in reads:
        yield reads["embedding"], (None, None)
        wide["input"] = have[reads["embedding"]][1]
    states: dict[str, int] = {}
    for layer in spec["layers"]:
        if layer["cell"] == "graph":
            reads["words"]  # type: ignore[typeddict-item]  # It reads nothing else.
            yield layer["graph"], (None,)
        else:
            yield from _cell_shapes(layer, sum(wide[name] for name in layer["reads"]), have)
            wide[layer["name"]] = layer["output"]
        mine = sizes(layer)
        states |= mine
        yield from ((of, (mine[state],)) for state, of in initial(layer).items() if of is not None)
    for state in spec["states"]:
        states[state]
    head = spec["head"]
    if "handed" in spec:
        words: Mapping[str, Any] = spec.get("words") or {}
        if not set(spec["handed"]["states"]) <= set(spec["states"]):
            raise KeyError("handed.states")
        if head is None or head["means"] != "next word" or None in (words.get("start"), words.get("end")):
            raise KeyError("handed")
    if head is not None:
        width = sum(states[state] for state in head["reads"])
        if "graph" in head:
            head["size"]
            yield head["graph"], (None,)
            return
        yield from _shapes(head["operations"], width, have, 1 if head["scores"] == "one logit" else None)


def _cell_shapes(
    layer: Layer, wide: int, have: Mapping[str, Sequence[int]]
) -> Iterator[tuple[str, tuple[int | None, ...]]]:
    rows, of = BLOCKS[layer["cell"]] * layer["units"], layer["weights"]
    through = layer.get("through", [])
    yield from _shapes(through, wide, have)
    yield of["input"], (rows, _width(through, wide, have))
    yield of["state"], (rows, layer["output"])
    for bias in (of["input_bias"], of["state_bias"]):
        if bias is not None:
            yield bias, (rows,)
    if of["projection"] is not None:
        yield of["projection"], (layer["output"], layer["units"])


def _shapes(
    operations: Sequence[Operation], wide: int, have: Mapping[str, Sequence[int]], size: int | None = None
) -> Iterator[tuple[str, tuple[int | None, ...]]]:
    """The same of operations that read `wide` numbers, of which the last linear one gives `size`; None: any."""
    linear = [number for number, operation in enumerate(operations) if "linear" in operation]
    for number, operation in enumerate(operations):
        if "linear" in operation:
            of = operation["linear"]
            yield of["weight"], (size if number == linear[-1] else None, wide)
            wide = have[of["weight"]][0]
            if of["bias"] is not None:
                yield of["bias"], (wide,)
        elif "norm" in operation:
            for name in (operation["norm"]["weight"], operation["norm"]["bias"]):
                if name is not None:
                    yield name, (wide,)


def _width(operations: Sequence[Operation], wide: int, have: Mapping[str, Sequence[int]]) -> int:
    """Numbers that come out of operations that read `wide`."""
    return next((have[of["linear"]["weight"]][0] for of in reversed(operations) if "linear" in of), wide)


def graphs_of(spec: Spec) -> set[str]:
    """The tensors that hold ONNX graphs."""
    found = {layer["graph"] for layer in spec["layers"] if layer["cell"] == "graph"}
    head = spec["head"]
    return found | ({head["graph"]} if head and "graph" in head else set())


def named(spec: Spec) -> set[str]:
    """The tensors that `spec` names."""

    def of(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping | list):
            for inside in value.values() if isinstance(value, Mapping) else value:
                yield from of(inside)

    return set(of(spec))


def oldest(spec: Spec) -> int:
    """The oldest format that can hold it: 1 knows no graph, no layer norm, and nothing between layers; 2 no steps that
    are a graph; 3 no state that is handed over."""
    if "handed" in spec:
        return 4
    head = spec["head"]
    cells = [layer for layer in spec["layers"] if layer["cell"] != "graph"]
    if len(cells) < len(spec["layers"]):
        return 3
    if head and "graph" in head:
        return 2
    operations = [of for layer in cells for of in layer.get("through", [])]
    return 2 if operations or any("norm" in of for of in (head["operations"] if head else [])) else 1
