"""Parts of a model that layers and heads of step models cannot say, as ONNX graphs that torch exports."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.recording.called import Batch
from rnnvis.recording.returned import Deferred, Returned, found
from rnnvis.recording.standing import standing_in
from rnnvis.recording.step_model.running import TOKENS
from rnnvis.recording.step_model.tensors import UnfitError
from rnnvis.recording.step_model.watching import Watch
from rnnvis.recording.untouched import untouched

OUTPUT = "values"
OPSET = 18
NEEDED = ("onnx", "onnxscript", "onnxruntime")
LONG = (5, 7)
"""Words that a graph is traced with."""


def missing() -> str | None:
    """What has to be installed to export and run graphs; None where all is there."""
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    return f'pip install "rnnvis[onnx]": it is made with {", ".join(absent)}, not installed here' if absent else None


def answer_graph(watch: Watch, states: Mapping[str, int], probabilities: bool) -> np.ndarray:
    """The answers of what `watch` runs as a graph of the words and of `states` (units by name) along them: its file,
    uint8 [n], which gives the values [1, C], or [T, C] of an answer to each step. `probabilities`: as their logarithms.

    UnfitError where torch cannot export it.
    """
    assert watch.answer is not None
    module = _Answer(watch, watch.answer, tuple(states), probabilities)
    steps = torch.export.Dim("words", min=1)
    examples = [torch.arange(LONG[0])[:, None] * 0.01 + torch.arange(units) * 0.1 for units in states.values()]
    like = next((p for p in watch.model.parameters() if p.is_floating_point()), torch.zeros(0))
    inputs = (torch.zeros(LONG[0], dtype=torch.int64), *(of.to(like.dtype) for of in examples))
    many = [{0: steps}] * len(inputs)
    sizes = many if len(many) == 1 else [many[0], tuple(many[1:])]  # tokens, *states
    return exported(module, inputs, (TOKENS, *states), sizes=sizes)


class _Answer(nn.Module):
    """A model whose recurrent modules hand back what they are given."""

    def __init__(self, watch: Watch, answer: Returned, states: Sequence[str], probabilities: bool) -> None:
        super().__init__()
        self.model = watch.model
        self._watch, self._answer, self._states, self._probabilities = watch, answer, states, probabilities

    def forward(self, tokens: Tensor, *states: Tensor) -> Tensor:
        steps = tokens.shape[0]
        one = torch.ones(1, dtype=torch.int64)
        batch = Batch(tokens[None], one * steps, torch.zeros(1, dtype=torch.int64))
        given = {name: of[:, None] for name, of in zip(self._states, states, strict=True)}
        with standing_in(self.model, given, self._watch.plan):
            returned = self._watch.forward(self.model, batch)
        return on_scale(self._answer, rows_of(self._answer, returned, steps), self._probabilities)


def rows_of(answer: Returned, returned: object, steps: Any) -> Tensor:
    """The answers in what was `returned` for one sentence, [1, C] or [steps, C]; `Returned.given` without looking at
    numbers, so that it can be traced."""
    value: Any = found(answer.outputs(returned) if answer.outputs else returned, answer.path)
    if isinstance(value, Deferred):
        value = value.head(value.states)
    if answer.per == "step" and (answer.shift or answer.extra):
        raise UnfitError("its answers are not one after each word", "no other way is known to ask it in a page")
    order = [answer.axes.index(axis) for axis in ("batch", "time", "flat", "class") if axis in answer.axes]
    ones = [place for place, axis in enumerate(answer.axes) if axis == "one"]
    value = value.permute(*order, *ones)
    for _ in ones:
        value = value[..., 0]
    if "batch" in answer.axes:
        value = value[0]
    if "class" not in answer.axes:
        value = value[..., None]
    return value if answer.per == "step" else value[None]


def on_scale(answer: Returned, values: Tensor, probabilities: bool) -> Tensor:
    """The values of an answer in single precision, `probabilities` as their logarithms."""
    values = values.float()
    if not probabilities:
        return values
    return torch.logit(values) if answer.scale == "probability" else values.log()


def exported(
    module: nn.Module,
    inputs: tuple[Tensor, ...],
    names: Sequence[str],
    outputs: Sequence[str] = (OUTPUT,),
    sizes: Sequence[Any] | None = None,
) -> np.ndarray:
    """The file uint8 [n] of a graph that does what `module` does with inputs like these, named so, of `sizes` that may
    differ. The module is left as it was. UnfitError where torch cannot export it."""
    said = io.StringIO()
    try:
        with untouched(module), torch.no_grad(), warnings.catch_warnings(), _quiet(), contextlib.redirect_stdout(said):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module,
                inputs,
                input_names=list(names),
                output_names=list(outputs),
                dynamic_shapes=None if sizes is None else tuple(sizes),
                opset_version=OPSET,
                dynamo=True,
                optimize=True,
                verbose=False,
                external_data=False,
            )
            assert program is not None
            proto = program.model_proto
    except Exception as error:  # Any error of the user's own code, which is run by torch's exporter.
        first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise UnfitError(
            f"torch cannot export it to ONNX: {type(error).__name__}: {first.strip()[:300]}",
            "let it compute with tensors alone, for sentences of any length",
        ) from error
    _forget_origins(proto)
    return np.frombuffer(proto.SerializeToString(deterministic=True), np.uint8).copy()


def _forget_origins(proto: Any) -> None:
    """Where a node stands in somebody's files is nobody's business, and not the same on two machines."""
    proto.doc_string = ""
    for graph in (proto.graph, *proto.functions):
        graph.doc_string = ""
        graph.ClearField("metadata_props")
        for part in (*graph.node, *getattr(graph, "value_info", ()), *getattr(graph, "input", ())):
            if hasattr(part, "metadata_props"):
                part.ClearField("metadata_props")
                part.doc_string = ""


@contextlib.contextmanager
def _quiet() -> Any:
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
