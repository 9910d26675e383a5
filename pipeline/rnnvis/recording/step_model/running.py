"""The graphs of step models, run by onnxruntime."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnvis.errors import RnnvisError

TOKENS = "tokens"
"""The graph input of word ids, int64 [T]; the others are states by their names, float32 [T, units]."""


class GraphError(RnnvisError):
    """A graph that cannot be run."""


class Graph:
    """An ONNX graph from its file, uint8 [n]; GraphError where it cannot be run."""

    def __init__(self, file: np.ndarray) -> None:
        try:
            runtime: Any = importlib.import_module("onnxruntime")  # Optional: few models need it.
        except ImportError:
            raise GraphError(
                "the answer of this model is an ONNX graph, and onnxruntime is not installed",
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

    def run(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """What it gives, float32 [n, C], of what it reads of `inputs`."""
        absent = [name for name in self._reads if name not in inputs]
        if absent:
            raise GraphError(f"its graph reads {absent[0]}, which is not there", "publish it again")
        try:
            found: np.ndarray = self._session.run(None, {name: inputs[name] for name in self._reads})[0]
        except Exception as error:
            raise GraphError(f"its graph does not run here: {error}", "publish it again") from error
        return found
