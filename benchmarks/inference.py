"""The model that runs in the page, from a key pressed to what is drawn, in headless Chromium on loopback."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import safetensors.numpy
from playwright.sync_api import Browser, sync_playwright

from benchmarks import viewer
from benchmarks.interactions import TOOLS
from benchmarks.report import Table
from tests.browser import chromium

UNITS, LAYERS, WORDS = 200, 2, 10_000
TYPED, STARTS, ROUNDS = 20, 9, 60
_EXPLORER = "document.querySelector('rnnvis-explorer').explorer"


def measure(site: Path) -> Table:
    """Typing into an LSTM of random weights, beside what was aimed at."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.ARGUMENTS)
        with speaking(site) as base:
            cold = [_first(browser, base, start) for start in range(STARTS)]
            page = viewer.opened(browser, base + "app/")
            page.wait_for_timeout(500)
            page.evaluate(TOOLS)
            words = page.evaluate(f"window.__bench.words({WORDS})")
            whole, longer = [], []
            _typed(page, _sentence(words, 0, TYPED))
            for turn in range(1, ROUNDS + 1):
                whole.append(_typed(page, _sentence(words, turn, TYPED)))
                longer.append(_typed(page, _sentence(words, turn, TYPED + 1)))
        with speaking(site, graph=True) as base:
            by_graph = [_first(browser, base, start) for start in range(STARTS)]
        browser.close()
    of = f"LSTM {LAYERS} × {UNITS}, {WORDS:,} words"
    rows = [
        (f"{of}: first sentence typed, from nothing to its picture", *viewer.row(cold), "500"),
        (f"{of}: another sentence of {TYPED} words", *viewer.row(whole), "100"),
        (f"{of}: one word more", *viewer.row(longer), ""),
        (f"{of} by an ONNX graph: first sentence typed", *viewer.row(by_graph), "2000"),
    ]
    about = (
        f"Random weights; milliseconds until after the frame in which the sentence is drawn, {STARTS} cold starts, "
        f"{ROUNDS} sentences. The first one waits for the program, the weights ({_megabytes():.0f} MB) and a worker; "
        "where the outputs are an ONNX graph, for onnxruntime too."
    )
    return Table("The model in the page", about, ("figure", "median", "95th percentile", "aim"), rows)


@contextmanager
def speaking(site: Path, graph: bool = False) -> Iterator[str]:
    """Serve the built explorer over a generated set with a language model that can be run; see `step_model`."""
    with viewer.generated(site, UNITS, WORDS, 40, also=partial(_give_model, graph=graph)) as base:
        yield base


def _give_model(data: Path, graph: bool) -> None:
    content = step_model(graph)
    name = f"step_model-{hashlib.sha256(content).hexdigest()[:16]}.safetensors"
    (data / name).write_bytes(content)
    path = data / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    model = manifest["datasets"][0]["models"][0]
    model |= {"kind": "language model", "classes": [], "no_step_model": None}
    model["answer"] = {"per": "step", "means": "next word", "scale": "logits", "name": None}
    model["answer"] |= {"ended_by": None, "effects": None, "accounts_for": None}
    sha256 = hashlib.sha256(content).hexdigest()
    model["step_model"] = {"path": name, "bytes": len(content), "sha256": sha256, "format": 2}
    model["step_model"]["runtime"] = "onnx" if graph else None
    path.write_text(json.dumps(manifest), encoding="utf-8")


def step_model(graph: bool = False) -> bytes:
    """The file of an LSTM that says the next word, with random weights; its outputs may be a `graph`."""
    rng = np.random.default_rng(0)
    tensors: dict[str, np.ndarray] = {}

    def made(name: str, *shape: int) -> str:
        tensors[name] = (0.07 * rng.standard_normal(shape)).astype(np.float32)
        return name

    layers: list[dict[str, Any]] = []
    for number in range(LAYERS):
        name = f"rnn.{number}"
        weights = {
            "input": made(f"{name}.input", 4 * UNITS, UNITS),
            "state": made(f"{name}.state", 4 * UNITS, UNITS),
            "input_bias": made(f"{name}.bias", 4 * UNITS),
            "state_bias": None,
            "projection": None,
        }
        layer = {"name": name, "cell": "lstm", "units": UNITS, "output": UNITS, "weights": weights}
        reads = ["input"] if not number else [f"rnn.{number - 1}"]
        layers.append(layer | {"reads": reads, "reversed": False, "initial": {"h": None, "c": None}})
    last = {"linear": {"weight": made("head.weight", WORDS, UNITS), "bias": made("head.bias", WORDS)}}
    head = {"reads": [f"rnn.{LAYERS - 1}.h"], "at": "each", "operations": [last], "means": "next word", "per": "step"}
    if graph:
        file = _outputs(tensors.pop("head.weight"), tensors.pop("head.bias"), head["reads"][0])
        tensors["answer.onnx"] = np.frombuffer(file, np.uint8)
        head |= {"at": "whole", "graph": "answer.onnx", "size": WORDS, "operations": []}
    words = {"kind": "spaced", "addresses": False, "fold_case": False, "unknown": None, "start": None, "end": None}
    spec = {
        "format": 2,
        "reads": {"kind": "ids", "embedding": made("embedding", WORDS, UNITS)},
        "layers": layers,
        "states": ["rnn.0.h"],
        "head": head | {"scores": "logits", "along": True},
        "words": words | {"mark": None, "share": 1.0},
    }
    return safetensors.numpy.save(tensors, {"rnnvis": json.dumps(spec)})


def _outputs(weight: np.ndarray, bias: np.ndarray, reads: str) -> bytes:
    """A linear layer as an ONNX graph."""
    made, number = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        made.make_node("Gemm", [reads, "weight", "bias"], ["values"], transB=1),
    ]
    inputs = [made.make_tensor_value_info(reads, number, ["words", weight.shape[1]])]
    outputs = [made.make_tensor_value_info("values", number, ["words", len(weight)])]
    weights = [onnx.numpy_helper.from_array(weight, "weight"), onnx.numpy_helper.from_array(bias, "bias")]
    whole = made.make_graph(nodes, "outputs", inputs, outputs, weights)
    model = made.make_model(whole, opset_imports=[made.make_opsetid("", 18)], ir_version=10)
    found: bytes = model.SerializeToString()
    return found


def _megabytes() -> float:
    return len(step_model()) / 1e6


def _sentence(words: list[str], turn: int, length: int) -> str:
    return " ".join(words[(7 * i + 31 * turn) % len(words)] for i in range(length))


def _first(browser: Browser, base: str, start: int) -> float:
    page = viewer.opened(browser, base + "app/")
    page.wait_for_timeout(500)
    page.evaluate(TOOLS)
    found = _typed(page, _sentence(page.evaluate(f"window.__bench.words({WORDS})"), start, TYPED))
    page.context.close()
    return found


def _typed(page: Any, text: str) -> float:
    key = f"typed::{text}"
    found = float(page.evaluate("(key) => window.__bench.sentence(key)", key))
    drawn = page.evaluate(f"(({{ sentence, sequence }}) => [sentence?.key, sequence?.length])({_EXPLORER})")
    if drawn != [key, len(text.split())]:
        raise RuntimeError(f"the page draws {drawn}, not {key}")
    return found
