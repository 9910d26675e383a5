"""A step model: a recorded model as layers and a head in NumPy, run word by word, with states held from outside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from pydantic import ValidationError

from rnnvis.arguments import is_whole
from rnnvis.errors import RnnvisError, check_plain
from rnnvis.recording.holding import Hold
from rnnvis.recording.step_model.formulas import CellTensors, log_probabilities, read, step, through
from rnnvis.recording.step_model.running import TOKENS, Graph, answers, holds_at, steps_along
from rnnvis.recording.step_model.spec import (
    ADAPTER,
    FORMAT,
    GATES,
    Layer,
    Spec,
    graphs_of,
    initial,
    kinds,
    shapes,
    size,
    sizes,
)
from rnnvis.text.encoding import WordsSpec

KEY = "rnnvis"
GIVEN = "given"
_AGAIN = "publish again with this version of rnnvis"


@dataclass(frozen=True)
class StepRun:
    """What a step model came to along T words.

    `states` and `gates` are float32 [T, units] by name, "rnn.0.h" and "rnn.0.f"; `previous` are the states that each
    step started from. `answers` are log-probabilities of the classes, or numbers, float64 [1, C] of an answer to the
    whole, [T, C] of one after each word; None without a head. `along` [T, C] is what would be answered if the text
    ended at each word, None where that cannot be asked.
    """

    tokens: np.ndarray | None = field(repr=False)
    states: Mapping[str, np.ndarray] = field(repr=False)
    previous: Mapping[str, np.ndarray] = field(repr=False)
    gates: Mapping[str, np.ndarray] = field(repr=False)
    answers: np.ndarray | None = field(repr=False)
    along: np.ndarray | None = field(repr=False)


class StepModel:
    """The shape and the weights of a model that was recorded, checked against it, and run without torch.

    `Recording.step_model()` makes one, `StepModel.load` reads the one in a published folder. `states` are the names of
    its published states; `spec` is what its file says.
    """

    def __init__(self, spec: Spec, tensors: Mapping[str, np.ndarray]) -> None:
        self.spec, self.tensors = spec, dict(tensors)
        graphs = graphs_of(spec)
        self._numbers = {n: np.ascontiguousarray(of, np.float32) for n, of in tensors.items() if n not in graphs}
        self._graphs: dict[str, Graph] = {}

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the published states."""
        return tuple(self.spec["states"])

    @property
    def units(self) -> dict[str, int]:
        """Units of each published state, by name."""
        known = self._sizes()
        return {name: known[name] for name in self.spec["states"]}

    @property
    def vocabulary(self) -> int | None:
        """How many words it reads; None of vectors."""
        reads = self.spec["reads"]
        if reads["kind"] == "vectors":
            return None
        return reads["words"] if "words" in reads else len(self.tensors[reads["embedding"]])

    @property
    def graphs(self) -> set[str]:
        """The tensors that hold ONNX graphs: of its steps, of its answer; none where all is made of layers."""
        return graphs_of(self.spec)

    @property
    def half(self) -> bool:
        """Whether its weights are in half precision."""
        return any(of.dtype == np.float16 for of in self.tensors.values())

    @property
    def words(self) -> WordsSpec | None:
        """How text becomes word ids."""
        return self.spec.get("words")

    def __repr__(self) -> str:
        layers = ", ".join(
            ", ".join(f"{name} [{units}] by a graph" for name, units in layer["states"].items())
            if layer["cell"] == "graph"
            else f"{layer['name']} {layer['cell']} [{layer['units']}]"
            for layer in self.spec["layers"]
        )
        head = self.spec["head"]
        return f"StepModel: {layers}; {'no answer' if head is None else 'answers a ' + head['means']}"

    def run(
        self,
        tokens: Any,
        held: Iterable[Hold] = (),
        *,
        start: Mapping[str, Any] | None = None,
    ) -> StepRun:
        """Run over `tokens`, word ids [T] or vectors float [T, E], T ≥ 1, while states are `held` (`rnnvis.Hold`).

        `start` are states before the first step, [units] by name, in place of those that the model itself starts from.
        Raises RnnvisError: ids outside the vocabulary, states or units that are not there, holds that differ between
        sequences.
        """
        with np.errstate(invalid="ignore", over="ignore"):  # BLAS may set flags that no number asks for.
            return self._run(tokens, held, start or {})

    def _run(self, tokens: Any, held: Iterable[Hold], start: Mapping[str, Any]) -> StepRun:
        x = self._inputs(tokens)
        holds = self._checked(held)
        begin = self._starts(start)
        ids = np.asarray(tokens) if self.spec["reads"]["kind"] == "ids" else None
        outputs: dict[str, np.ndarray] = {"input": x}
        states: dict[str, np.ndarray] = {}
        previous: dict[str, np.ndarray] = {}
        gates: dict[str, np.ndarray] = {}
        for layer in self.spec["layers"]:
            name = layer["name"]
            if layer["cell"] == "graph":
                assert ids is not None
                found, before = steps_along(self._graph(layer["graph"]), layer, ids, begin, holds)
                states |= found
                previous |= before
                continue
            inside = np.concatenate([outputs[source] for source in layer["reads"]], axis=1)
            inside = through(layer.get("through", []), inside, self._numbers)
            mine = [hold for hold in holds if hold.state.rpartition(".")[0] == name]
            found, before, opened = self._layer(layer, inside, begin, mine)
            outputs[name] = found["h"]
            states |= {f"{name}.{kind}": value for kind, value in found.items()}
            previous |= {f"{name}.{kind}": value for kind, value in before.items()}
            gates |= {f"{name}.{gate}": value for gate, value in opened.items()}
        head = self.spec["head"]
        answered = self._asked(states, ids) if head and "graph" in head else self._answers(states)
        return StepRun(ids, states, previous, gates, *answered)

    def _layer(
        self, layer: Layer, x: np.ndarray, begin: Mapping[str, np.ndarray], holds: Sequence[Hold]
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]:
        weights = self._weights(layer)
        names = kinds(layer)
        now = {kind: begin[f"{layer['name']}.{kind}"] for kind in names}
        after = {kind: np.empty((len(x), size(layer, kind)), np.float32) for kind in names}
        before = {kind: np.empty_like(of) for kind, of in after.items()}
        gates = {gate: np.empty((len(x), layer["units"]), np.float32) for gate in GATES[layer["cell"]]}
        reads = read(x, weights)
        for t in reversed(range(len(x))) if layer["reversed"] else range(len(x)):
            was = now

            def enter(kind: str, value: np.ndarray, t: int = t, was: dict[str, np.ndarray] = was) -> np.ndarray:
                for hold in holds:
                    if hold.state.endswith(f".{kind}"):
                        value = _held(hold, value, was[kind], t, layer["reversed"])
                return value

            now, opened = step(layer["cell"], reads[t], was, weights, enter)
            for kind in names:
                before[kind][t], after[kind][t] = was[kind], now[kind]
            for gate in gates:
                gates[gate][t] = opened[gate]
        return after, before, gates

    def _weights(self, layer: Layer) -> CellTensors:
        of = layer["weights"]
        others = [
            None if n is None else self._numbers[n] for n in (of["input_bias"], of["state_bias"], of["projection"])
        ]
        return CellTensors(self._numbers[of["input"]], self._numbers[of["state"]], *others)

    def _answers(self, states: Mapping[str, np.ndarray]) -> tuple[np.ndarray | None, np.ndarray | None]:
        head = self.spec["head"]
        if head is None:
            return None, None
        at = head["at"]
        whole = [states[name] for name in head["reads"]]
        if at == "each":
            answered = self._scores(np.concatenate(whole, axis=1))
            return answered, answered
        back = [self._reversed(name) for name in head["reads"]]
        ends = [
            of[0] if at == "last" and b else of[-1] if at in ("last", "last word") else getattr(of, at)(axis=0)
            for of, b in zip(whole, back, strict=True)
        ]
        answers = self._scores(np.concatenate(ends)[None])
        if not head["along"]:
            return answers, None
        if at == "mean":
            counts = np.arange(1, len(whole[0]) + 1, dtype=np.float32)[:, None]
            whole = [np.cumsum(of, axis=0, dtype=np.float32) / counts for of in whole]
        elif at == "max":
            whole = [np.maximum.accumulate(of, axis=0) for of in whole]
        return answers, self._scores(np.concatenate(whole, axis=1))

    def _asked(self, states: Mapping[str, np.ndarray], ids: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
        """The same of a head that is a graph: of the whole, and of each beginning."""
        head = self.spec["head"]
        assert head is not None
        inputs = {name: states[name] for name in head["reads"]}
        inputs |= {} if ids is None else {TOKENS: ids.astype(np.int64)}
        return answers(self._graph(head["graph"]), head, inputs)

    def _graph(self, name: str) -> Graph:
        if name not in self._graphs:
            self._graphs[name] = Graph(self.tensors[name])
        return self._graphs[name]

    def _scores(self, x: np.ndarray) -> np.ndarray:
        head = self.spec["head"]
        assert head is not None
        return log_probabilities(through(head["operations"], x, self._numbers), head["scores"])

    def _reversed(self, state: str) -> bool:
        return next(layer["reversed"] for layer in self.spec["layers"] if state in sizes(layer))

    def _inputs(self, tokens: Any) -> np.ndarray:
        reads = self.spec["reads"]
        given = np.asarray(tokens)
        if not given.ndim or not len(given):
            raise RnnvisError("there are no words to run", "give at least one")
        if reads["kind"] == "vectors":
            if given.ndim != 2 or given.shape[1] != reads["size"] or given.dtype.kind not in "fiu":
                raise RnnvisError(
                    f"tokens has the shape {list(given.shape)}", f"give vectors: [steps, {reads['size']}]"
                )
            return given.astype(np.float32)
        words = self.vocabulary
        assert words is not None
        if given.ndim != 1 or given.dtype.kind not in "iu":
            raise RnnvisError(f"tokens has the shape {list(given.shape)} of {given.dtype}", "give word ids, a list")
        outside = given[(given < 0) | (given >= words)]
        if len(outside):
            raise RnnvisError(f"there is no word {outside[0]}", f"words are numbered from 0 to {words - 1}")
        return self._numbers[reads["embedding"]][given] if "embedding" in reads else given

    def _sizes(self) -> dict[str, int]:
        return {name: units for layer in self.spec["layers"] for name, units in sizes(layer).items()}

    def _starts(self, start: Mapping[str, Any]) -> dict[str, np.ndarray]:
        units = self._sizes()
        tensors = {name: of for layer in self.spec["layers"] for name, of in initial(layer).items()}
        found = {n: np.zeros(units[n], np.float32) if of is None else self._numbers[of] for n, of in tensors.items()}
        for name, value in start.items():
            if name not in units:
                raise RnnvisError(f'there is no state "{name}" to start from', f"states: {', '.join(units)}")
            found[name] = np.asarray(value, np.float32)
            if found[name].shape != (units[name],):
                raise RnnvisError(f'"{name}" starts from the shape {list(found[name].shape)}', f"give [{units[name]}]")
        return found

    def _checked(self, held: Iterable[Hold]) -> list[Hold]:
        known = self._sizes()
        holds = list(held)
        for hold in holds:
            if hold.state not in known:
                raise RnnvisError(f'there is no state "{hold.state}" to hold', f"states: {', '.join(known)}")
            if hold.code is not None:
                raise RnnvisError(
                    f'features of "{hold.state}" are not held in a step model', "hold them with recording.ablate"
                )
            outside = [unit for unit in np.atleast_1d(hold.units).tolist() if not 0 <= unit < known[hold.state]]
            if outside:
                raise RnnvisError(f'"{hold.state}" has no unit {outside[0]}', f"they are 0 to {known[hold.state] - 1}")
            bounds = (hold.first, hold.last)
            if hold.by_sequence or hold.steer is not None or not all(b is None or is_whole(b) for b in bounds):
                raise RnnvisError(
                    f'"{hold.state}" is held in other ways in other sequences',
                    "hold one way for one run: values [units]",
                )
            if hold.value is not None and np.shape(hold.value) != np.shape(hold.units):
                raise RnnvisError(
                    f"{np.size(hold.value)} values for {np.size(hold.units)} units of {hold.state}", "give one for each"
                )
        return holds

    def give(self, vectors: np.ndarray, sentences: Sequence[tuple[int, int, int]]) -> None:
        """Take along `vectors` float32 [N, E] of sentences: the number of each, its first row, and its rows."""
        reads = self.spec["reads"]
        assert reads["kind"] == "vectors"
        reads["given"], reads["sentences"] = GIVEN, list(sentences)
        self.tensors[GIVEN] = vectors

    def vectors_of(self, sentence: int) -> np.ndarray | None:
        """The vectors float32 [T, E] of a published sentence that came along; None where they did not."""
        reads = self.spec["reads"]
        for number, first, steps in reads.get("sentences", []) if reads["kind"] == "vectors" else ():
            if number == sentence:
                found: np.ndarray = self.tensors[reads["given"]][first : first + steps]  # type: ignore[typeddict-item]
                return found
        return None

    def serialised(self) -> bytes:
        """The file: tensors, and the spec as JSON in its metadata. The same model gives the same bytes."""
        said = json.dumps(self.spec, ensure_ascii=False, separators=(",", ":"))
        return safetensors.numpy.save({n: np.ascontiguousarray(t) for n, t in self.tensors.items()}, {KEY: said})

    @classmethod
    def load(cls, path: str | Path) -> StepModel:
        """The step model in the file at `path`; RnnvisError where it is none, is damaged, or of a newer version."""
        path = Path(path)
        check_plain(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise RnnvisError(f"{path}: cannot be read: {error.strerror}", "name the file of a step model") from None
        return cls.parse(content, str(path))

    @classmethod
    def parse(cls, content: bytes, where: str) -> StepModel:
        """The same from the bytes of a file, which `where` names."""
        try:
            tensors = safetensors.numpy.load(content)
            head = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
            said = json.loads(head.get("__metadata__", {})[KEY])
        except (safetensors.SafetensorError, ValueError, KeyError, RecursionError, TypeError, AttributeError) as error:
            raise RnnvisError(f"{where}: no step model: {error}", _AGAIN) from None
        if not isinstance(said, dict) or said.get("format") not in range(1, FORMAT + 1):
            raise RnnvisError(f"{where}: a step model of another version", "upgrade rnnvis")
        try:
            spec = ADAPTER.validate_python(said)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            at = ".".join(map(str, first["loc"]))
            raise RnnvisError(f"{where}: no step model: {at}: {first['msg']}", _AGAIN) from None
        _check_shapes(spec, tensors, where)
        return cls(spec, tensors)


def _check_shapes(spec: Spec, tensors: Mapping[str, np.ndarray], where: str) -> None:
    have = {name: of.shape for name, of in tensors.items()}
    try:
        for name, wanted in shapes(spec, have):
            fits = len(have[name]) == len(wanted)
            if not fits or any(w is not None and h != w for h, w in zip(have[name], wanted, strict=True)):
                raise RnnvisError(f"{where}: tensor {name} has the shape {list(have[name])}", _AGAIN)
            if name in graphs_of(spec):
                if tensors[name].dtype != np.uint8:
                    raise RnnvisError(f"{where}: tensor {name} holds no graph", _AGAIN)
            elif tensors[name].dtype not in (np.float32, np.float16) or not np.isfinite(tensors[name]).all():
                raise RnnvisError(f"{where}: tensor {name} holds other than finite numbers of 32 or 16 bits", _AGAIN)
        reads = spec["reads"]
        if reads["kind"] == "vectors" and "given" in reads:
            rows = have[reads["given"]][0]
            outside = [n for n, first, steps in reads.get("sentences", []) if not 0 <= first < first + steps <= rows]
            if outside:
                raise RnnvisError(f"{where}: the vectors of sentence {outside[0]} are not there", _AGAIN)
    except (KeyError, IndexError) as error:
        raise RnnvisError(f"{where}: what it names does not fit together: {error}", _AGAIN) from None


def _held(hold: Hold, value: np.ndarray, before: np.ndarray, t: int, back: bool) -> np.ndarray:
    """The state `value` after the step at word t, which started from `before`, with the units of `hold` held."""
    if not holds_at(hold, t, back):
        return value
    value, units = value.copy(), hold.units
    if hold.scale is not None:
        value[units] *= np.float32(hold.scale)
    else:
        value[units] = before[units] if hold.value is None else hold.value
    return value
