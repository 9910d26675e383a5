"""The layers of a recorded model, told from what they read: words, vectors, or what layers before them came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import nn

from rnnvis.recording.cells import Cell, cell_of
from rnnvis.recording.cells.gru import GatedUnit
from rnnvis.recording.cells.lstm import LongShortTermMemory
from rnnvis.recording.cells.rnn import Elman
from rnnvis.recording.step_model.chains import SAME, Passed, chain, close, is_known, operations
from rnnvis.recording.step_model.spec import CellName, CellWeights, Ids, Vectors
from rnnvis.recording.step_model.spec import Layer as LayerSpec
from rnnvis.recording.step_model.tensors import Tensors, UnfitError
from rnnvis.recording.step_model.watching import Layer, Watch, Watched

TABLE_BYTES = 64 * 2**20
"""What is read for each word may take at most: as much as a published file may."""
ROW = 16
"""Words in a row when every word of the vocabulary is read once."""
INPUT = "input"
FEW, SHORT = 8, 40
"""So many sentences, of so many words at most, show what passes through the modules between layers."""
OWN = "describe it with a rnnvis.StateSource whose steps take a hold: its steps run in the page as an ONNX graph"


def recognised(
    watch: Watch, words: int, watched: Sequence[Watched], layers: Sequence[Layer], tensors: Tensors
) -> tuple[Ids | Vectors, list[LayerSpec], int | None]:
    """What the model reads, its layers, and which of `Watched.given` it reads, None of words; `tensors` takes their
    weights. Without `words` it can read nothing but vectors. UnfitError: what a layer reads is neither words, vectors,
    nor what other layers came to."""
    modules = dict(watch.model.named_modules()) | {"model": watch.model}
    inputs = {m: np.concatenate([one.inputs[m] for one in watched]) for m in watched[0].inputs}
    states = {name: np.concatenate([one.states[name] for one in watched]) for name in watched[0].states}
    outputs = {layer.name: states[f"{layer.name}.h"] for layer in layers}
    reading = _Reading(watch, words, watched, tensors)
    found: list[LayerSpec] = []
    for layer in layers:
        module = modules[layer.module]
        cell = cell_of(module)
        if cell is None or not cell.has_formula:
            raise UnfitError(f'"{layer.module}" is a {type(module).__name__}, whose steps are not known', OWN)
        if layer.number:
            below = [of for of in layers if of.module == layer.module and of.number == layer.number - 1]
            reads, through = [of.name for of in sorted(below, key=lambda of: of.second)], None
        else:
            before = {of["name"]: outputs[of["name"]] for of in found}
            reads, through = reading.sources(layer.module, inputs[layer.module], before)
        found.append(_spec(layer, module, cell, reads, watched, tensors))
        if through:
            found[-1]["through"] = operations(through, f"{layer.name}.through", tensors)
    return reading.found(), found, reading.vectors


def _spec(
    layer: Layer, module: nn.Module, cell: Cell, reads: list[str], watched: Sequence[Watched], tensors: Tensors
) -> LayerSpec:
    sizes = dict(zip(cell.states, cell.sizes(module), strict=True))
    weights = cell.weights(module, layer.number, layer.second)
    parts = {"input": weights.input, "state": weights.hidden, "input_bias": weights.input_bias}
    parts |= {"state_bias": weights.hidden_bias, "projection": weights.projection}
    named = {part: None if of is None else tensors.add(f"{layer.name}.{part}", of) for part, of in parts.items()}
    initial: dict[str, str | None] = {}
    for kind in cell.states:
        state = f"{layer.name}.{kind}"
        firsts = np.stack([one.previous[state][-1 if layer.reversed else 0] for one in watched])
        if np.abs(firsts - firsts[0]).max() > SAME * max(1.0, float(np.abs(firsts).max())):
            raise UnfitError(
                f'"{layer.module}" starts from another state in each sequence, as from what another layer came to',
                "models whose layers start from zero, or always from the same state, have a step model",
            )
        initial[kind] = tensors.add(f"{state}.initial", firsts[0]) if firsts[0].any() else None
    return {
        "name": layer.name,
        "cell": _name(cell, module),
        "units": int(module.hidden_size),  # type: ignore[arg-type]
        "output": sizes["h"],
        "reads": reads,
        "reversed": layer.reversed,
        "weights": cast(CellWeights, named),
        "initial": initial,
    }


def _name(cell: Cell, module: nn.Module) -> CellName:
    if isinstance(cell, LongShortTermMemory):
        return "lstm"
    if isinstance(cell, GatedUnit):
        return "gru"
    if isinstance(cell, Elman):
        return "rnn_tanh" if "h" in cell.bounded(module) else "rnn_relu"
    raise UnfitError(f"a {type(module).__name__} is no RNN, GRU or LSTM", OWN)


@dataclass
class _Reading:
    """What comes in from outside: a table with a row for each word, or vectors."""

    watch: Watch
    words: int
    watched: Sequence[Watched]
    tensors: Tensors
    columns: np.ndarray | None = None
    table: str = ""
    vectors: int | None = None

    def found(self) -> Ids | Vectors:
        if self.vectors is not None and self.columns is not None:
            return {"kind": "vectors", "size": self.columns.shape[1]}
        if self.columns is None:
            raise UnfitError("no layer reads the words", "check how forward calls the model")
        return {"kind": "ids", "embedding": self.table}

    def sources(
        self, module: str, inputs: np.ndarray, outputs: Mapping[str, np.ndarray]
    ) -> tuple[list[str], list[nn.Module | str] | None]:
        """What the layer reads side by side, `inputs` [N, I], by name, and what it goes through before."""
        known = dict(outputs)
        found: list[str] = []
        at = 0
        while at < inputs.shape[1]:
            if self.columns is not None:
                known[INPUT] = self.columns
            source = next((n for n, of in known.items() if _starts_with(inputs[:, at:], of)), None)
            if source is None:
                if self.columns is not None or not self._outside(module, inputs, at, known):
                    through = self._through(module, [*outputs])
                    if through is None:
                        raise UnfitError(
                            self._other(module, outputs),
                            "layers that read an embedding, or what other layers hand on, as it is or through linear "
                            "layers, layer norms and usual activations, can run in the page; so can a "
                            "rnnvis.StateSource whose steps take a hold and read a word and the states before it",
                        )
                    return through
                continue
            found.append(source)
            at += known[source].shape[1]
        return found, None

    def _through(self, module: str, outputs: Sequence[str]) -> tuple[list[str], list[nn.Module | str]] | None:
        """How what a layer reads comes from what it or others read and came to, through modules between them."""
        few = [one.tokens[:SHORT] for one in self.watched[:: -(-len(self.watched) // FEW)]]
        watched, _, _ = self.watch.run(few, [path for path, of in self.watch.model.named_modules() if is_known(of)])
        modules = dict(self.watch.model.named_modules())
        passed = [
            Passed(modules[path], *(np.concatenate([one.passed[path][side] for one in watched]) for side in (0, 1)))
            for path in watched[0].passed
            if all(path in one.passed for one in watched)
        ]
        known = {name: np.concatenate([one.states[f"{name}.h"] for one in watched]) for name in outputs}
        into = np.concatenate([one.inputs[module] for one in watched])
        if self.columns is not None and self.vectors is None:
            table = self.tensors.of[self.table]
            return chain(into, known | {INPUT: table[np.concatenate([one.tokens for one in watched])]}, passed)
        numbers = range(len(watched[0].given)) if self.vectors is None else [self.vectors]
        for number in numbers:
            given = np.concatenate([one.given[number] for one in watched])
            found = chain(into, known | {INPUT: given}, passed)
            if found is not None and (INPUT in found[0] or self.vectors is not None):
                self.columns, self.vectors = np.concatenate([one.given[number] for one in self.watched]), number
                return found
        return chain(into, known, passed) if self.columns is not None else None

    def _other(self, module: str, outputs: Mapping[str, np.ndarray]) -> str:
        what = ["the words" if self.columns is None else "what the first layer reads of them"]
        what += [f'"{name}"' for name in outputs]
        return f'what "{module}" reads is made in another way than from {" or ".join(what)} as they are'

    def _outside(self, module: str, inputs: np.ndarray, at: int, known: Mapping[str, np.ndarray]) -> bool:
        """Whether the columns of `inputs` from `at` on, up to where a known source begins, come in from outside."""
        ends = (
            e for e in range(at + 1, inputs.shape[1]) if any(_starts_with(inputs[:, e:], of) for of in known.values())
        )
        end = next(ends, inputs.shape[1]) if known else inputs.shape[1]
        mine = inputs[:, at:end]
        if self.words and self._by_word(mine):
            table = self._table(module, mine, slice(at, end))
            self.columns, self.table = mine, self.tensors.add("embedding", table)
            return True
        for number in range(len(self.watched[0].given)):
            given = [one.given[number] for one in self.watched if number < len(one.given)]
            if len(given) == len(self.watched) and _starts_with(np.concatenate(given), mine):
                self.columns, self.vectors = mine, number
                return True
        return False

    def _by_word(self, mine: np.ndarray) -> bool:
        tokens = np.concatenate([one.tokens for one in self.watched])
        _, first, of = np.unique(tokens, return_index=True, return_inverse=True)
        return close(mine[first][of], mine)

    def _table(self, module: str, mine: np.ndarray, columns: slice) -> np.ndarray:
        """A row for each word, [V, E]: those of an embedding, or what is read where every word is given once."""
        tokens = np.concatenate([one.tokens for one in self.watched])
        embedding = self._embedding(tokens, mine)
        size = self.words * mine.shape[1] * 4
        if embedding is None and size > TABLE_BYTES:
            raise UnfitError(
                f'"{module}" reads {mine.shape[1]:,} numbers for each of {self.words:,} words: {size / 1e6:,.0f} MB',
                f"a step model may have {TABLE_BYTES / 1e6:,.0f} MB: read words through a torch.nn.Embedding",
            )
        try:
            once, again = (self._rows(module, columns, turned) for turned in (False, True))
        except Exception as error:  # Any error of the user's own code: it cannot be asked so.
            if embedding is not None:
                return embedding
            raise UnfitError(
                f'what "{module}" reads of the words that do not occur cannot be found: {error}',
                "let forward call the model with nothing but batch.ids and batch.lengths",
            ) from None
        if not close(once, again) or not close(once[tokens], mine):
            raise UnfitError(
                f'what "{module}" reads of a word is not the same everywhere',
                "the layers of a step model read each word as it is, wherever it stands",
            )
        return embedding if embedding is not None and close(embedding, once) else once

    def _embedding(self, tokens: np.ndarray, mine: np.ndarray) -> np.ndarray | None:
        """The embedding whose rows are what was read at every word."""
        for part in self.watch.model.modules():
            weight = getattr(part, "weight", None)
            if isinstance(part, nn.Embedding) and isinstance(weight, torch.Tensor) and len(weight) >= self.words:
                table: np.ndarray = weight.detach()[: self.words].float().cpu().numpy()
                if table.shape[1] == mine.shape[1] and close(table[tokens], mine):
                    return table
        return None

    def _rows(self, module: str, columns: slice, turned: bool) -> np.ndarray:
        """What is read of every word, [V, E]: the words in order, or `turned`, from the last on."""
        order = np.arange(self.words)[:: -1 if turned else 1]
        read = self.watch.read([order[i : i + ROW] for i in range(0, len(order), ROW)], module)[:, columns]
        table = np.empty((self.words, read.shape[1]), np.float32)
        table[order] = read
        return table


def _starts_with(columns: np.ndarray, of: np.ndarray) -> bool:
    wide = of.shape[1]
    return wide <= columns.shape[1] and close(columns[:, :wide], of)
