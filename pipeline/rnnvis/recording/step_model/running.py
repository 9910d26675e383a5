"""The graphs of step models, run by onnxruntime."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnvis.errors import RnnvisError
from rnnvis.recording.holding import Hold
from rnnvis.recording.step_model.formulas import log_probabilities
from rnnvis.recording.step_model.spec import SCALE, SHIFT, HeadSpec, Steps

TOKENS, LENGTH = "tokens", "length"
"""The graph inputs of word ids, int64 [T], and of how many there are, int64 [1]; others are states by their names,
float32 [T, units]."""


class GraphError(RnnvisError):
    """A graph that cannot be run."""


class Graph:
    """An ONNX graph from its file, uint8 [n]; GraphError where it cannot be run."""

    def __init__(self, file: np.ndarray) -> None:
        try:
            runtime: Any = importlib.import_module("onnxruntime")  # Optional: few models need it.
        except ImportError:
            raise GraphError(
                "this model needs an ONNX graph, and onnxruntime is not installed",
                'pip install "rnnvis[onnx]"',
            ) from None
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = runtime.InferenceSession(file.tobytes(), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has errors of its own for every way in which a file can be wrong.
            raise GraphError(f"its graph cannot be run: {error}", "publish it again") from error
        self._reads = [of.name for of in self._session.get_inputs()]

    def run(self, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """What it gives, float32 [n, C] each, of what it reads of `inputs`."""
        absent = [name for name in self._reads if name not in inputs]
        if absent:
            raise GraphError(f"its graph reads {absent[0]}, which is not there", "publish it again")
        try:
            found: list[np.ndarray] = self._session.run(None, {name: inputs[name] for name in self._reads})
        except Exception as error:
            raise GraphError(f"its graph does not run here: {error}", "publish it again") from error
        return found


def steps_along(
    graph: Graph, layer: Steps, ids: np.ndarray, begin: Mapping[str, np.ndarray], holds: Sequence[Hold]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The states after and before each of the words `ids` [T], float32 [T, units] by name, from `begin` on, while
    `holds` of them are held."""
    sizes = layer["states"]
    after = {name: np.empty((len(ids), units), np.float32) for name, units in sizes.items()}
    before = {name: np.empty_like(of) for name, of in after.items()}
    now = {name: begin[name] for name in sizes}
    for t in reversed(range(len(ids))) if layer["reversed"] else range(len(ids)):
        inputs: dict[str, np.ndarray] = {TOKENS: ids[t : t + 1].astype(np.int64)}
        for name, units in sizes.items():
            scale, shift = np.ones(units, np.float32), np.zeros(units, np.float32)
            for hold in holds:
                if hold.state == name and holds_at(hold, t, layer["reversed"]):
                    _into(hold, scale, shift, now[name])
            before[name][t] = now[name]
            inputs |= {name: now[name][None], SCALE.format(name): scale[None], SHIFT.format(name): shift[None]}
        found = graph.run(inputs)
        if len(found) != len(sizes):
            raise GraphError(f"its graph gives {len(found)} states, not {len(sizes)}", "publish it again")
        for (name, units), value in zip(sizes.items(), found, strict=True):
            if value.shape != (1, units):
                raise GraphError(f"its graph gives {name} the shape {list(value.shape)}", "publish it again")
            now[name] = after[name][t] = value[0]
    return after, before


def answers(graph: Graph, head: HeadSpec, inputs: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
    """What a head that is a graph says of `inputs` [T, …]: `StepRun.answers` and `StepRun.along`."""
    words, longest = len(inputs[TOKENS]), head.get("longest")
    if longest is not None and words > longest:
        raise RnnvisError(f"{words:,} words are too many for the answer of this model", f"give at most {longest:,}")

    def answer(first: int, last: int) -> np.ndarray:
        read = {name: of[first:last] for name, of in inputs.items()}
        if longest is not None:
            rest = longest - last
            read = {name: np.concatenate([of, np.zeros((rest, *of.shape[1:]), of.dtype)]) for name, of in read.items()}
            read[LENGTH] = np.array([last], np.int64)
        values = graph.run(read)[0]
        rows = (longest or last - first) if each and head["at"] == "whole" else 1
        if values.shape != (rows, head["size"]):
            of = f"{list(values.shape)}, not {[rows, head['size']]}"
            raise GraphError(f"its graph gives answers of the shape {of}", "publish it again")
        return log_probabilities(values[:last] if longest is not None and each else values, head["scores"])

    each = head["per"] == "step"
    if head["at"] == "each":
        every = np.concatenate([answer(n, n + 1) for n in range(words)])
        return (every if each else every[-1:]), every
    whole = answer(0, words)
    if each or not head["along"]:
        return whole, whole if each else None
    return whole, np.concatenate([*(answer(0, n) for n in range(1, words)), whole])


def _into(hold: Hold, scale: np.ndarray, shift: np.ndarray, before: np.ndarray) -> None:
    """Let scale · state + shift hold what `hold` holds, after what they hold already."""
    units = hold.units
    if hold.scale is not None:
        scale[units] *= np.float32(hold.scale)
        shift[units] *= np.float32(hold.scale)
    else:
        scale[units] = 0
        shift[units] = before[units] if hold.value is None else hold.value


def holds_at(hold: Hold, t: int, back: bool) -> bool:
    """Whether it holds after the step at word t, of a state that reads `back` or on."""
    low, high = (hold.last, hold.first) if back else (hold.first, hold.last)
    return bool((low is None or t >= low) and (high is None or t <= high))
