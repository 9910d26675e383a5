"""Small step models of every kind with what PyTorch makes of them: `viewer/src/testing/stepFormulas.json`.

python -m tests.step_formulas

The weights are those of `torch.nn` modules, and what has nothing held is what the modules themselves say, in double
precision. With states held the formulas are stepped through one word at a time.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
import torch
from torch import Tensor, nn

OUT = Path(__file__).parents[1] / "viewer" / "src" / "testing" / "stepFormulas.json"
WORDS, WIDTH = 11, 5
STEPS = 9
MODES = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn_tanh": nn.RNN, "rnn_relu": nn.RNN}
ACTS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": nn.functional.gelu,
    "gelu_tanh": lambda x: nn.functional.gelu(x, approximate="tanh"),
    "silu": nn.functional.silu,
    "elu": nn.functional.elu,
    "leaky_relu": nn.functional.leaky_relu,
    "softplus": nn.functional.softplus,
}
Held = dict[str, Any]


@dataclass
class Case:
    """What a model is made of, and what is asked of it."""

    name: str
    cell: str
    layers: int = 1
    units: int = 6
    both: bool = False
    projection: int = 0
    bias: bool = True
    vectors: bool = False
    initial: bool = False
    reads: tuple[str, ...] = ("rnn.0.h",)
    at: str = "last"
    head: tuple[int | str, ...] = (2,)
    means: str = "class"
    scores: str = "logits"
    half: bool = False
    held: list[list[Held]] = field(default_factory=list)


def hold(state: str, units: Sequence[int], value: Any = "zero", **more: Any) -> Held:
    """A hold as the viewer writes it."""
    return {"state": state, "units": list(units), "value": value, **more}


EVERY = [
    [hold("rnn.0.h", [1, 4])],
    [hold("rnn.0.h", [0, 2, 3], "previous", first=2, last=5)],
    [hold("rnn.0.h", [5, 0], [0.3, -0.7], first=4)],
    [{"state": "rnn.0.h", "units": [2, 3], "scale": -1.5, "first": 1, "last": 7}],
    [hold("rnn.0.h", list(range(6)), [0.1, -0.2, 0.3, -0.4, 0.5, -0.6], first=3, last=3), hold("rnn.0.h", [0])],
]
CELL = [[hold("rnn.0.c", [1, 2])], [hold("rnn.0.c", [0], "previous", first=3), hold("rnn.0.h", [1], last=2)]]
BACK = [
    [hold("rnn.0.reverse.h", [1, 2], "previous", first=6, last=2), hold("rnn.0.h", [0])],
    [hold("rnn.0.reverse.h", [0, 5], [0.2, 0.9], first=3)],
    [hold("rnn.1.h", [3], last=4), hold("rnn.0.reverse.h", [4], last=5)],
]
BOTH = ("rnn.1.h", "rnn.1.reverse.h")
CASES = [
    Case("lstm", "lstm", held=EVERY + CELL),
    Case("gru", "gru", head=(7, "gelu", 3), held=EVERY),
    Case("elman", "rnn_tanh", head=(4, "tanh", 1), means="class", scores="one logit", held=EVERY),
    Case("elman relu", "rnn_relu", head=(4, "softplus", 1), means="number", scores="numbers", held=EVERY),
    Case("without biases", "gru", bias=False, head=(3, "silu", 2), held=EVERY[:1]),
    Case("projection", "lstm", 2, projection=4, reads=("rnn.1.h",), held=[[hold("rnn.0.h", [1, 3]), *CELL[0]]]),
    Case("cell read", "lstm", reads=("rnn.0.c", "rnn.0.h"), head=(3, "elu", 4), held=CELL),
    Case("next words", "lstm", 2, reads=("rnn.1.h",), at="each", head=(WORDS,), means="next word", held=EVERY + CELL),
    Case("both ways", "lstm", 2, both=True, reads=BOTH, head=(5, "relu", 3), held=EVERY[:2] + BACK),
    Case("last word", "gru", 2, both=True, reads=BOTH, at="last word", scores="one logit", head=(1,), held=BACK),
    Case("tags", "gru", 2, both=True, reads=BOTH, at="each", head=(6, "leaky_relu", 4), means="tag", held=BACK),
    Case("mean", "rnn_tanh", at="mean", head=(4, "sigmoid", 2), held=EVERY[:2]),
    Case("max both ways", "gru", 2, both=True, reads=BOTH, at="max", head=(4, "gelu_tanh", 3), held=BACK[:1]),
    Case("vectors", "gru", vectors=True, head=(1,), means="number", scores="numbers", held=EVERY[:1]),
    Case("initial", "lstm", 2, initial=True, reads=("rnn.1.h",), held=EVERY[:3] + CELL),
    Case("half", "gru", half=True),
    Case("no answer", "gru", head=(), held=EVERY[:1]),
]


def _layers(case: Case, module: Any, tensors: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    found = []
    ways = ("", ".reverse") if case.both else ("",)
    for layer in range(case.layers):
        for way in ways:
            end = f"_l{layer}{way.replace('.', '_')}"
            named = {}
            for part, torch_name in (
                ("input", "weight_ih"),
                ("state", "weight_hh"),
                ("input_bias", "bias_ih"),
                ("state_bias", "bias_hh"),
                ("projection", "weight_hr"),
            ):
                value = getattr(module, torch_name + end, None)
                named[part] = None
                if value is not None:
                    named[part] = f"t{len(tensors)}"
                    tensors[named[part]] = value.detach().float().numpy()
            output = case.projection or case.units
            initial: dict[str, str | None] = {"h": None} | ({"c": None} if case.cell == "lstm" else {})
            if case.initial:
                for part in initial:
                    initial[part] = f"t{len(tensors)}"
                    tensors[f"t{len(tensors)}"] = (
                        np.random.default_rng(layer).normal(size=case.units).astype(np.float32)
                    )
            found.append(
                {
                    "name": f"rnn.{layer}{way}",
                    "cell": case.cell,
                    "units": case.units,
                    "output": output,
                    "reads": [f"rnn.{layer - 1}{w}" for w in ways] if layer else ["input"],
                    "reversed": bool(way),
                    "weights": named,
                    "initial": initial,
                }
            )
    return found


def _kinds(layer: Mapping[str, Any]) -> tuple[str, ...]:
    return ("h", "c") if layer["cell"] == "lstm" else ("h",)


class Stepper:
    """The formulas of torch.nn, one word after the other."""

    def __init__(self, spec: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> None:
        self.spec = spec
        self.of = {name: torch.from_numpy(value.astype(np.float64)) for name, value in tensors.items()}

    def run(self, x: Tensor, held: Sequence[Held]) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
        """States, what each step started from, and gates: [T, units] by name."""
        outputs, states, before, gates = {"input": x}, {}, {}, {}
        for layer in self.spec["layers"]:
            name = layer["name"]
            read = torch.cat([outputs[source] for source in layer["reads"]], 1)
            rows: dict[str, list[Any]] = {}
            now = {
                kind: torch.zeros(layer["output"] if kind == "h" else layer["units"], dtype=torch.float64)
                if layer["initial"].get(kind) is None
                else self.of[layer["initial"][kind]]
                for kind in _kinds(layer)
            }
            order = range(len(x))
            for t in reversed(order) if layer["reversed"] else order:
                was = now
                mine = [one for one in held if one["state"].rpartition(".")[0] == name]
                now, opened = self._step(layer, read[t], was, [one for one in mine if _inside(one, t, layer)])
                for kind, value in now.items():
                    rows.setdefault(f"{name}.{kind}", []).append((t, value, was[kind]))
                for gate, value in opened.items():
                    rows.setdefault(f"{name}.gate.{gate}", []).append((t, value, value))
            for key, found in rows.items():
                ordered = sorted(found, key=lambda row: row[0])
                values = torch.stack([row[1] for row in ordered])
                if ".gate." in key:
                    gates[key] = values
                else:
                    states[key] = values
                    before[key] = torch.stack([row[2] for row in ordered])
            outputs[name] = states[f"{name}.h"]
        return states, before, gates

    def _step(self, layer: Any, x: Tensor, was: Mapping[str, Tensor], held: Sequence[Held]) -> Any:
        w = {part: None if name is None else self.of[name] for part, name in layer["weights"].items()}
        zero = torch.zeros(len(w["input"]), dtype=torch.float64)
        read = w["input"] @ x + (zero if w["input_bias"] is None else w["input_bias"])
        added = w["state"] @ was["h"] + (zero if w["state_bias"] is None else w["state_bias"])

        def enter(kind: str, value: Tensor) -> Tensor:
            for one in held:
                if one["state"].endswith(f".{kind}"):
                    value = _held(one, value, was[kind])
            return value

        if layer["cell"] == "lstm":
            i, f, g, o = (read + added).chunk(4)
            i, f, o = i.sigmoid(), f.sigmoid(), o.sigmoid()
            c = enter("c", f * was["c"] + i * g.tanh())
            h = o * c.tanh()
            h = h if w["projection"] is None else w["projection"] @ h
            return {"h": enter("h", h), "c": c}, {"input": i, "forget": f, "output": o}
        if layer["cell"] == "gru":
            (r, z, n), (ar, az, an) = read.chunk(3), added.chunk(3)
            r, z = (r + ar).sigmoid(), (z + az).sigmoid()
            n = (n + r * an).tanh()
            return {"h": enter("h", (1 - z) * n + z * was["h"])}, {"reset": r, "update": z}
        total = read + added
        return {"h": enter("h", total.tanh() if layer["cell"] == "rnn_tanh" else total.relu())}, {}


def _inside(one: Held, t: int, layer: Mapping[str, Any]) -> bool:
    low, high = one.get("first", -np.inf), one.get("last", np.inf)
    if layer["reversed"]:
        low, high = one.get("last", -np.inf), one.get("first", np.inf)
    return bool(low <= t <= high)


def _held(one: Held, value: Tensor, was: Tensor) -> Tensor:
    value, units = value.clone(), one["units"]
    if "scale" in one:
        value[units] = value[units] * one["scale"]
    elif one["value"] == "zero":
        value[units] = 0.0
    elif one["value"] == "previous":
        value[units] = was[units]
    else:
        value[units] = torch.tensor(np.float32(one["value"]).astype(np.float64))
    return value


class Answers:
    """What the head says of states."""

    def __init__(self, case: Case, head: nn.Module) -> None:
        self.case, self.head = case, head
        self.along = case.at == "each" or not any(".reverse." in name for name in case.reads)

    def logits(self, states: Mapping[str, Tensor]) -> Tensor:
        """After each word, [T, C]; of an answer to the whole that cannot be asked along, [1, C]."""
        case, steps = self.case, len(next(iter(states.values())))
        whole = [states[name] for name in case.reads]
        if case.at in ("mean", "max"):
            pool = (lambda x: x.mean(0)) if case.at == "mean" else (lambda x: x.amax(0))
            ends = range(1, steps + 1) if self.along else [steps]
            return self.head(torch.stack([torch.cat([pool(of[:end]) for of in whole]) for end in ends]))
        if not self.along:
            first = [".reverse." in name and case.at == "last" for name in case.reads]
            return self.head(torch.cat([of[0] if f else of[-1] for f, of in zip(first, whole, strict=True)])[None])
        return self.head(torch.cat(whole, 1))

    def log_p(self, logits: Tensor) -> Tensor:
        """Log-probabilities, or numbers."""
        if self.case.scores == "numbers":
            return logits
        if self.case.scores == "one logit":
            return torch.cat([nn.functional.logsigmoid(-logits), nn.functional.logsigmoid(logits)], 1)
        return logits.log_softmax(1)

    def pushes(self, states: Mapping[str, Tensor], before: Mapping[str, Tensor], followed: int) -> list[float] | None:
        """Slope · change at each word."""
        case = self.case
        if case.at in ("mean", "max"):
            return None
        steps = len(next(iter(states.values())))
        found = np.zeros(steps)
        for back in (False, True):
            names = [name for name in case.reads if (".reverse." in name) == back]
            for t in range(steps) if names else ():
                if back and case.at == "last word" and t < steps - 1:
                    continue
                point = []
                for name in case.reads:
                    end = 0 if ".reverse." in name and case.at == "last" else steps - 1
                    row = t if name in names or case.at == "each" else end
                    point.append(states[name][row].detach().clone().requires_grad_())
                z = self.head(torch.cat(point)[None])[0]
                if len(z) == 1:
                    score = z[0]
                elif len(z) == 2:
                    score = z[1] - z[0]
                else:
                    score = z[followed] - (z.sum() - z[followed]) / (len(z) - 1)
                for name, slope in zip(case.reads, torch.autograd.grad(score, point), strict=True):
                    if name in names:
                        found[t] += float(slope @ (states[name][t] - before[name][t]))
        return found.tolist()


def _head(case: Case, width: int, tensors: dict[str, np.ndarray]) -> tuple[nn.Module, list[dict[str, Any]]]:
    layers: list[nn.Module] = []
    operations: list[dict[str, Any]] = []
    for one in case.head:
        if isinstance(one, str):
            act = nn.Module()
            act.forward = ACTS[one]  # type: ignore[method-assign]
            layers.append(act)
            operations.append({"activation": one})
            continue
        linear = nn.Linear(width, one)
        width = one
        named = {}
        for part in ("weight", "bias"):
            named[part] = f"t{len(tensors)}"
            with torch.no_grad():
                getattr(linear, part).mul_(2)
            tensors[named[part]] = getattr(linear, part).detach().numpy().copy()
        layers.append(linear)
        operations.append({"linear": named})
    return nn.Sequential(*layers).double(), operations


def _rounded(values: Any) -> Any:
    if isinstance(values, Tensor):
        values = values.detach().numpy()
    return None if values is None else [float(f"{value:.7g}") for value in np.asarray(values, np.float64).ravel()]


def made(case: Case, seed: int) -> dict[str, Any]:
    """The file of one model and what it should say."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    options: dict[str, Any] = {"nonlinearity": case.cell[4:]} if case.cell.startswith("rnn") else {}
    if case.projection:
        options["proj_size"] = case.projection
    options |= {"num_layers": case.layers, "bias": case.bias, "bidirectional": case.both}
    module = MODES[case.cell](WIDTH, case.units, **options)
    with torch.no_grad():
        for weight in module.parameters():
            weight.mul_(2.5)
            if case.half:
                weight.copy_(weight.half().float())
    tensors: dict[str, np.ndarray] = {}
    reads: dict[str, Any] = {"kind": "vectors", "size": WIDTH}
    if not case.vectors:
        tensors["embedding"] = rng.normal(size=(WORDS, WIDTH)).astype(np.float16 if case.half else np.float32)
        reads = {"kind": "ids", "embedding": "embedding"}
    layers = _layers(case, module, tensors)
    sizes = {
        f"{of['name']}.{kind}": of["output"] if kind == "h" else of["units"] for of in layers for kind in _kinds(of)
    }
    spec: dict[str, Any] = {"format": 1, "reads": reads, "layers": layers, "states": list(sizes), "head": None}
    head, operations = _head(case, sum(sizes[name] for name in case.reads), tensors)
    answers = Answers(case, head) if case.head else None
    if answers is not None:
        per = "step" if case.means in ("tag", "next word") else "sequence"
        spec["head"] = {"reads": list(case.reads), "at": case.at, "operations": operations, "means": case.means}
        spec["head"] |= {"per": per, "scores": case.scores, "along": answers.along}
    if case.half:
        tensors = {name: value.astype(np.float16) for name, value in tensors.items()}
        head.load_state_dict({name: value.half().double() for name, value in head.state_dict().items()})
    tokens = rng.integers(0, WORDS, STEPS)
    vectors = rng.normal(size=(STEPS, WIDTH)).astype(np.float32)
    x = torch.from_numpy((vectors if case.vectors else tensors["embedding"][tokens]).astype(np.float64))
    stepper = Stepper(spec, tensors)
    expected = []
    for held in [[], *case.held]:
        states, before, gates = stepper.run(x, held)
        if not held:
            _check(case, module, x, states, spec, stepper)
        one: dict[str, Any] = {"held": held, "states": {name: _rounded(of) for name, of in states.items()}}
        one["gates"] = {name: _rounded(of) for name, of in gates.items()}
        if answers is not None:
            logits = answers.logits(states)
            one["answers"] = _rounded(answers.log_p(logits))
            one["followed"] = max(0, 1 if case.scores == "one logit" else logits.shape[1] - 1)
            one["push"] = (
                None if case.means == "next word" else _rounded(answers.pushes(states, before, one["followed"]))
            )
        expected.append(one)
    file = safetensors.numpy.save(tensors, {"rnnvis": json.dumps(spec, ensure_ascii=False)})
    found = {"name": case.name, "file": base64.b64encode(file).decode(), "tokens": tokens.tolist()}
    return found | {"vectors": _rounded(vectors) if case.vectors else None, "expected": expected}


def _check(case: Case, module: Any, x: Tensor, states: Mapping[str, Tensor], spec: Any, stepper: Stepper) -> None:
    """That the module itself says the same."""
    start = None
    if case.initial:
        names = [[layer["initial"][kind] for layer in spec["layers"]] for kind in ("h", "c")]
        start = tuple(torch.stack([stepper.of[name] for name in of])[:, None] for of in names)
    with torch.no_grad():
        out = module.double()(x[:, None], start)[0][:, 0]
    last = [states[f"{of['name']}.h"] for of in spec["layers"] if of["name"].startswith(f"rnn.{case.layers - 1}")]
    assert torch.allclose(torch.cat(last, 1), out, atol=1e-9), case.name


def main() -> None:
    """Write the file."""
    found = [made(case, seed) for seed, case in enumerate(CASES)]
    OUT.write_text(
        "[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in found) + "\n]\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
