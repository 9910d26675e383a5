"""Small step models with what PyTorch makes of them, for the engine in the page: `viewer/src/testing/steps/`.

    python -m tests.step_models [FOLDER]    writes them

Each model is recorded and exported as anybody's; what is expected of it comes from the torch model, run again with
states held.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import rnnvis
from rnnvis.nets.pronouncer import END, PHONEMES, START, Pronouncer, spelled
from rnnvis.recipes.steps.pronounce_halves import halves, stepped
from rnnvis.recording.holding import Hold

FOLDER = Path(__file__).parents[1] / "viewer" / "src" / "testing" / "steps"
WORDS, EMBEDDING = 12, 4
TEXT = [[(3 * i + 5 * j * j + j) % WORDS for j in range(1 + (5 * i) % 8)] for i in range(24)]
LONG = [2, 7, 1, 8, 2, 8, 4]
HANDED = FOLDER.parent / "handed"
SPELLED = [spelled(word) for word in ("a", "hop", "hope", "knight", "letter", "integrity", "outpouching")]


class Reader(nn.Module):
    """Words or vectors, recurrent layers, a head on the last state or on each."""

    def __init__(self, rnn: nn.Module, head: nn.Module, each: bool = False) -> None:
        super().__init__()
        self.embedding, self.rnn, self.head, self.each = nn.Embedding(WORDS, EMBEDDING), rnn, head, each
        for number, weight in enumerate(self.parameters()):
            waves = torch.sin(torch.arange(weight.numel()) * (1.3 + 0.1 * number) + number)
            weight.data = (0.9 * waves).reshape(weight.shape)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        hidden = self.rnn(self.embedding(ids))[0]
        if not self.each and self.rnn.bidirectional:
            units = hidden.shape[-1] // 2
            hidden = torch.cat([hidden[:, -1, :units], hidden[:, 0, units:]], dim=-1)
        elif not self.each:
            hidden = hidden[:, -1]
        return self.head(hidden)


class Tied(nn.Module):
    """A language model whose words are read and said with the same weights."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Reader(nn.LSTM(EMBEDDING, EMBEDDING, 2, batch_first=True), nn.Linear(EMBEDDING, WORDS), each=True)
        self.model.head.weight = self.model.embedding.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.model(ids)


class Vectors(Reader):
    """Reads vectors of its words that are not the same wherever a word stands."""

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return self.head(self.rnn(vectors)[0][:, -1])


class Between(nn.Module):
    """Two recurrent layers with others between them, and a head that begins with a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.one = nn.Embedding(WORDS, EMBEDDING), nn.GRU(EMBEDDING, 5, batch_first=True)
        self.between = nn.Sequential(nn.Linear(5, 7), nn.LayerNorm(7), nn.Tanh(), nn.Dropout(0.5))
        self.two = nn.LSTM(7, 4, batch_first=True)
        self.head = nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))
        for number, weight in enumerate(self.parameters()):
            waves = torch.sin(torch.arange(weight.numel()) * (1.3 + 0.1 * number) + number)
            weight.data = (0.9 * waves).reshape(weight.shape)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.two(self.between(self.one(self.embedding(ids))[0]))[0][:, -1])


class Attention(Reader):
    """The answer weighs all states in both directions: an ONNX graph in its file."""

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        states = self.rnn(self.embedding(ids))[0]
        weights = torch.softmax((states * states[:, -1:]).sum(dim=-1, keepdim=True), dim=1)
        return self.head((weights * states).sum(dim=1))


def wave(*shape: int, of: float) -> torch.Tensor:
    return 0.9 * torch.sin(torch.arange(int(np.prod(shape))) * (1.3 + 0.1 * of) + of).reshape(shape)


class Own:
    """Two layers of code of its own that write into their states, the second from a state that is learned; its answer
    reads the last word and the state after it."""

    def __init__(self) -> None:
        self.states = {"own.0.h": 4, "own.1.m": 3}
        self.embedding, self.u, self.w = wave(WORDS, 4, of=1), wave(4, 4, of=2), wave(4, 3, of=3)
        self.out, self.beside = wave(3, 3, of=4), wave(WORDS, 3, of=5)
        self.initial = {"own.1.m": wave(3, of=6)}

    def steps(self, batch: Any, hold: Any = None) -> Any:
        h, m = torch.zeros(len(batch.ids), 4), self.initial["own.1.m"].repeat(len(batch.ids), 1)
        for t, word in enumerate(batch.ids.unbind(dim=1)):
            h.mul_(0.5).add_((h @ self.u + self.embedding[word]).tanh())
            h = hold("own.0.h", t, h) if hold else h
            m.mul_(0.7).add_((h @ self.w).sigmoid())
            m = hold("own.1.m", t, m) if hold else m
            yield {"own.0.h": h, "own.1.m": m}

    def answers(self, batch: Any, hold: Any = None) -> torch.Tensor:
        along = torch.stack([state["own.1.m"].clone() for state in self.steps(batch, hold)], dim=1)
        rows = torch.arange(len(batch.ids)), batch.lengths - 1
        return along[rows] @ self.out + self.beside[batch.ids[rows]]


class OwnBothWays:
    """A cell of its own in both directions; an answer to each word reads a mean of all states beside those there."""

    def __init__(self) -> None:
        self.states = {"own.0.h": 3, "own.0.reverse.h": 3}
        self.embedding, self.u, self.out = wave(WORDS, 3, of=1), wave(3, 3, of=2), wave(6, 3, of=3)

    def steps(self, batch: Any, hold: Any = None) -> Any:
        words = batch.ids.shape[1]
        found: dict[str, list[torch.Tensor]] = {}
        for name, order in (("own.0.h", range(words)), ("own.0.reverse.h", reversed(range(words)))):
            h, found[name] = torch.zeros(len(batch.ids), 3), [torch.zeros(0)] * words
            for t in order:
                new = torch.tanh(h @ self.u + self.embedding[batch.ids[:, t]])
                new = hold(name, t, new) if hold else new
                h = torch.where((t < batch.lengths)[:, None], new, h)
                found[name][t] = h
        for t in range(words):
            yield {name: of[t] for name, of in found.items()}

    def answers(self, batch: Any, hold: Any = None) -> torch.Tensor:
        along = torch.stack([torch.cat([*state.values()], dim=1) for state in self.steps(batch, hold)], dim=1)
        real = (torch.arange(along.shape[1]) < batch.lengths[:, None])[..., None]
        return (along + (along * real).sum(dim=1, keepdim=True) / batch.lengths[:, None, None]) @ self.out


def models() -> dict[str, tuple[Any, dict[str, Any]]]:
    """By name: a model, and how it is recorded."""
    two = {"labels": [i % 2 for i in range(len(TEXT))], "classes": ["no", "yes"]}
    three = {"labels": [i % 3 for i in range(len(TEXT))], "classes": ["a", "b", "c"]}
    numbers = {"labels": [0.3 * i - 2 for i in range(len(TEXT))]}
    tags = {"labels": [[w % 3 for w in row] for row in TEXT], "classes": ["x", "y", "z"]}
    batch: dict[str, Any] = {"batch_first": True}
    deep = nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 4), nn.GELU(), nn.Linear(4, 3))
    return {
        "lstm": (Reader(nn.LSTM(EMBEDDING, 5, **batch), nn.Linear(5, 2)), two),
        "gru-2": (Reader(nn.GRU(EMBEDDING, 5, 2, **batch), deep), three),
        "rnn-one-logit": (Reader(nn.RNN(EMBEDDING, 6, **batch), nn.Linear(6, 1)), two),
        "relu-number": (Reader(nn.RNN(EMBEDDING, 6, nonlinearity="relu", **batch), nn.Linear(6, 1)), numbers),
        "bidirectional": (Reader(nn.LSTM(EMBEDDING, 3, 2, bidirectional=True, **batch), nn.Linear(6, 2)), two),
        "tags": (Reader(nn.GRU(EMBEDDING, 3, bidirectional=True, **batch), nn.Linear(6, 3), each=True), tags),
        "projection": (Reader(nn.LSTM(EMBEDDING, 5, proj_size=3, **batch), nn.Linear(3, 3)), three),
        "next-word": (Tied(), {}),
        "between": (Between(), three),
        "attention": (Attention(nn.GRU(EMBEDDING, 5, **batch), nn.Linear(5, 3)), three),
        "own": (Own(), three),
        "own-both-ways": (OwnBothWays(), tags),
        "vectors": (Vectors(nn.LSTM(EMBEDDING, 4, **batch), nn.Linear(4, 2)), {**two, "forward": by_row}),
    }


def vectors(tokens: np.ndarray) -> np.ndarray:
    """What the model of vectors reads, [steps, E], where it reads these tokens."""
    steps, columns = np.arange(len(tokens))[:, None], np.arange(EMBEDDING)
    return np.sin(np.asarray(tokens)[:, None] * (columns + 1.3) + 0.2 * steps).astype(np.float32)


def by_row(model: Any, batch: Any) -> Any:
    return model(torch.from_numpy(np.stack([vectors(row) for row in batch.ids.numpy()])))


def record(name: str) -> rnnvis.Recording:
    """The recording of one of the models; its last sequence is `LONG`."""
    model, how = models()[name]
    labels = how.get("labels")
    last = (
        {}
        if labels is None
        else {"labels": [*labels, [w % 3 for w in LONG] if isinstance(labels[0], list) else labels[0]]}
    )
    words = [f"w{i}" for i in range(WORDS)]
    return rnnvis.record(model, [*TEXT, LONG], words, **{"batch_steps": 1, **how, **last})


def holds(states: dict[str, int]) -> list[list[Hold]]:
    """What is held, one case after another: nothing, and each state in each way. `states` are units by name."""
    found: list[list[Hold]] = [[]]
    for state, units in states.items():
        back = ".reverse." in state
        some = np.array([0, units - 1])
        late = {"first": 4} if back else {"first": 2}
        found += [
            [Hold(state, some, np.zeros(2))],
            [Hold(state, some, None, **late)],
            [Hold(state, some, np.array([0.5, -0.25]), first=4 if back else 1, last=2 if back else 3)],
            [Hold(state, np.arange(units), scale=1.5, **late)],
        ]
    first, last = next(iter(states)), [*states][-1]
    found.append([Hold(first, np.array([1]), np.array([0.75])), Hold(last, np.array([0]), None)])
    return found


def cases(recording: rnnvis.Recording, sequence: int = len(TEXT)) -> list[dict[str, Any]]:
    """What PyTorch comes to along one sequence, with nothing held and with states held."""
    rerun = recording.rerun
    assert rerun is not None
    tokens = recording.tokens[sequence]
    by_vectors = recording.step_model().spec["reads"]["kind"] == "vectors"
    found = []
    for held in holds({name: len(recording.units[name].mean) for name in recording.states}):
        batch = next(iter(rerun.steps(np.array([sequence]), held, gates=not held))).batches[""]
        case: dict[str, Any] = {
            "tokens": None if by_vectors else tokens.tolist(),
            "vectors": _rows(vectors(tokens)) if by_vectors else None,
            "held": [_said(one) for one in held],
            "start": None,
            "states": {name: _rows(of) for name, of in batch.states.items()},
            "gates": {name: _rows(of) for name, of in batch.gates.items()} if not held else None,
            "answers": _rows(rerun.answers(np.array([sequence]), held).values),
        }
        along = recording.step_model().spec["head"]
        if along and along["along"] and along["per"] == "sequence" and not by_vectors:
            every = np.arange(1, len(tokens) + 1)
            case["along"] = _rows(rerun.answers(np.full(len(tokens), sequence), held, every).values)
        found.append(case)
    pieces = along and along["at"] == "whole"  # What it answers to the rest is not what it answers to the whole.
    if all(".reverse." not in name for name in recording.states) and not by_vectors and not pieces:
        found.append(_continued(recording, found[0], 3))
    return found


def _continued(recording: rnnvis.Recording, whole: dict[str, Any], at: int) -> dict[str, Any]:
    """The rest of a sentence, from word `at` on, started in the states that its beginning came to."""
    step = recording.step_model().spec["head"]["per"] == "step"
    return {
        "tokens": whole["tokens"][at:],
        "vectors": None,
        "held": [],
        "start": {name: of[at - 1] for name, of in whole["states"].items()},
        "states": {name: of[at:] for name, of in whole["states"].items()},
        "gates": {name: of[at:] for name, of in whole["gates"].items()},
        "answers": whole["answers"][at:] if step else whole["answers"],
    }


def _said(hold: Hold) -> dict[str, Any]:
    said: dict[str, Any] = {"state": hold.state, "units": hold.units.tolist()}
    if hold.scale is not None:
        said["scale"] = hold.scale
    elif hold.value is None:
        said["value"] = "previous"
    else:
        said["value"] = hold.value.tolist() if hold.value.any() else "zero"
    return said | {name: at for name in ("first", "last") if (at := getattr(hold, name)) is not None}


def _rows(values: np.ndarray) -> list[list[float]]:
    return [[float(f"{value:.7g}") for value in row] for row in np.atleast_2d(values).tolist()]


def pronouncer() -> Pronouncer:
    """A small one that says other phonemes of other words, and comes to an end in some."""
    model = Pronouncer(6)
    for number, weight in enumerate(model.parameters()):
        weight.data = 2.5 * wave(*weight.shape, of=7 * number)
    model.head.bias.data[PHONEMES.index(END)] += 3.0
    return model.eval()


def handed_cases(model: Pronouncer) -> list[dict[str, Any]]:
    """What PyTorch says of words, with units of either half at zero, and the states and answers along that."""
    found = []
    for off in (
        {},
        {"encoder": np.array([1, 4])},
        {"decoder": np.array([0])},
        dict(encoder=np.array([2]), decoder=np.array([3, 5])),
    ):
        for word, said in zip(SPELLED, model.say(SPELLED, off), strict=True):
            phonemes = np.concatenate([[PHONEMES.index(START)], said])
            read, along, answers = stepped(model, word, phonemes, off)
            found.append(
                {
                    "letters": word.tolist(),
                    "held": {f"{side}.0.h": units.tolist() for side, units in off.items()},
                    "said": phonemes.tolist(),
                    "read": _rows(read),
                    "along": _rows(along),
                    "likeliest": answers.max(axis=1).round(6).tolist(),
                }
            )
    return found


def write_handed(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model = pronouncer()
    made = halves(model, SPELLED, model.say(SPELLED))
    for side, one in zip(("encoder", "decoder"), made, strict=True):
        (folder / f"{side}.safetensors").write_bytes(one.model.serialised())
    (folder / "cases.json").write_text(json.dumps(handed_cases(model), separators=(",", ":")) + "\n", encoding="utf-8")


def write(folder: Path, names: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        recording = record(name)
        (folder / f"{name}.safetensors").write_bytes(recording.step_model().serialised())
        text = json.dumps({"cases": cases(recording)}, separators=(",", ":"))
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, list(models()))
    write_handed(Path(sys.argv[1]) / "handed" if len(sys.argv) > 1 else HANDED)
