"""Published folders of planted data that are large in one way: many units and words, or many sentences. For measuring.

    python -m tests.large FOLDER [--units 100000] [--words 5000] [--sentences 40]

As `tests.synthetic`, but groupings are the planted ones, and only a few words have quantiles. No figure in it means
anything.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis.published import files, publishing

KS = range(2, 13)
LENGTH = 12
_MINIMUM = 8
_WITH_STATES = 4


class _Writer:
    def __init__(self, scratch: Path, folder: Path) -> None:
        self.scratch, self.folder = scratch, folder

    def __call__(self, name: str, columns: dict[str, Any]) -> dict[str, Any]:
        source = self.scratch / name
        return publishing.entry(name, files.write(name, columns, source), source, self.folder)


def publish(folder: Path, units: int, words: int, sentences: int = 40, seed: int = 0) -> None:
    """Write a manifest with one dataset and one model of `units` units, which responds to `words` words.

    Sentences have 12 words; the first four have states.
    """
    rng = np.random.default_rng(seed)
    text = [f"{'abcdefgh'[i % 8]}{'aeiou'[i % 5]}{'lmnrst'[i % 6]}{i}" for i in range(words)]
    tokens = rng.integers(0, words, (sentences, LENGTH), dtype=np.int32)
    with tempfile.TemporaryDirectory() as scratch:
        write = _Writer(Path(scratch), folder)
        key = [hashlib.sha256(f"test\n{i}".encode()).hexdigest()[:16] for i in range(sentences)]
        dataset = {
            "name": "large",
            "title": "Planted, large",
            "licence": "none",
            "about": "Generated; no figure in it means anything.",
            "labels": ["negative", "positive"],
            "splits": {"probe": 0, "train": 0, "valid": 0, "test": sentences},
            "view": {"model": "planted", "sentence": key[0], "step": 3, "k": 8, "words": [text[0], text[1]]},
            "probes": {"planted": key[0]},
            "tables": {
                "words": write(
                    "words",
                    {
                        "word_id": range(words),
                        "text": text,
                        "count": np.arange(words, 0, -1) + _MINIMUM,
                        "special": np.zeros(words, bool),
                    },
                ),
                "sentences": write("sentences", _sentences(text, tokens, key)),
            },
            "models": [_model(write, rng, tokens, units, words)],
        }
    publishing.write_manifest([dataset], folder, "large")


def _sentences(text: list[str], tokens: np.ndarray, key: list[str]) -> dict[str, Any]:
    surface = [[text[t] for t in row] for row in tokens]
    n = len(key)
    return {
        "sentence_id": range(n),
        "key": key,
        "split": ["test"] * n,
        "source": ["planted"] * n,
        "label": [i % 2 for i in range(n)],
        "length": [LENGTH] * n,
        "text": [" ".join(row) for row in surface],
        "tokens": files.list_column(tokens),
        "surface": surface,
    }


def _model(write: _Writer, rng: np.random.Generator, tokens: np.ndarray, units: int, words: int) -> dict[str, Any]:
    n = len(tokens)
    count = np.arange(words, 0, -1) + _MINIMUM
    group_of_unit = rng.integers(0, 12, units)
    group_of_word = np.concatenate([np.arange(12), rng.integers(0, 12, words - 12)])
    drive = rng.choice([-0.3, 0.0, 0.3], (12, 12))[:, group_of_unit].astype(np.float32)
    few = min(n, _WITH_STATES)
    p = rng.uniform(0.05, 0.95, (n, LENGTH)).astype(np.float32)
    state = {
        "name": "rnn.0.h",
        "title": "Layer 1, hidden h",
        "layer": 0,
        "kind": "h",
        "units": units,
        "bounded": True,
        "read_by_head": True,
        "measured": {"splits": ["test"], "steps": n * LENGTH, "sentences": n, "minimum_count": 8, "frequent_count": 8},
        "published_sentences": few,
        "methods": ["block"],
        "selections": ["reliable"],
        "k": list(KS),
        "tables": {
            "responses": _responses(write, rng, drive, group_of_word, count),
            "response_quantiles": _quantiles(write, drive, group_of_word),
            "states": write("states", _states(rng, drive, group_of_word, tokens[:few])),
            **_groupings(write, drive, group_of_word, group_of_unit),
        },
    }
    steps = {
        "sentence_id": np.repeat(np.arange(n), LENGTH),
        "step": np.tile(np.arange(LENGTH), n),
        "token_id": tokens.reshape(-1),
        "p_class": files.list_column(np.stack([1 - p, p], 2).reshape(-1, 2)),
    }
    return {
        "name": "planted",
        "title": f"Planted, {units:,} units",
        "kind": "classifier",
        "cell": "GRU",
        "hash": "0" * 16,
        "parameters": units,
        "seed": 0,
        "classes": ["negative", "positive"],
        "provenance": {},
        "tables": {
            "steps": write("steps", steps),
            "predictions": write(
                "predictions",
                {
                    "sentence_id": range(n),
                    "predicted": (p[:, -1] > 0.5).astype(np.int16),
                    "p_class": files.list_column(np.stack([1 - p[:, -1], p[:, -1]], 1)),
                    "loss": -np.log(p[:, -1]),
                },
            ),
        },
        "states": [state],
    }


def _responses(
    write: _Writer, rng: np.random.Generator, drive: np.ndarray, group: np.ndarray, count: np.ndarray
) -> Any:
    """Rows of every word where they are small, else of the first 48: the rest would be gigabytes."""
    words, units = len(group), drive.shape[1]
    held = words if units * words <= 4_000_000 else 48
    mean = drive[group[:held]] * rng.uniform(0.5, 1.5, (held, 1)).astype(np.float32)
    mean += rng.normal(0, 0.03, mean.shape).astype(np.float32)
    return write(
        "responses",
        {
            "word_id": range(held),
            "count": count[:held],
            "reliability": np.full(held, 0.9),
            "norm": np.linalg.norm(mean, axis=1),
            "mean": files.list_column(mean),
            "standard_error": files.list_column(np.full_like(mean, 0.01, np.float16)),
        },
    )


def _quantiles(write: _Writer, drive: np.ndarray, group: np.ndarray) -> Any:
    held, units = 3, drive.shape[1]
    mean = drive[group[:held]].reshape(-1)
    spread = {"q09": -0.2, "q25": -0.1, "q50": 0.0, "q75": 0.1, "q91": 0.2}
    return write(
        "response_quantiles",
        {
            "word_id": np.repeat(np.arange(held), units),
            "unit": np.tile(np.arange(units), held),
            **{name: mean + by for name, by in spread.items()},
        },
    )


def _states(rng: np.random.Generator, drive: np.ndarray, group: np.ndarray, tokens: np.ndarray) -> dict[str, Any]:
    value = np.empty((*tokens.shape, drive.shape[1]), np.float16)
    for i, row in enumerate(tokens):
        state = np.zeros(drive.shape[1], np.float32)
        for t, token in enumerate(row):
            state = np.tanh(0.8 * state + drive[group[token]] + rng.normal(0, 0.05, len(state)).astype(np.float32))
            value[i, t] = state
    return {
        "sentence_id": np.repeat(np.arange(len(tokens)), LENGTH),
        "step": np.tile(np.arange(LENGTH), len(tokens)),
        "value": files.list_column(value.reshape(-1, drive.shape[1])),
    }


def _groupings(write: _Writer, drive: np.ndarray, word_group: np.ndarray, unit_group: np.ndarray) -> dict[str, Any]:
    """The planted groups, those from the k-th on put together with the first ones."""
    block = np.stack([drive[:, unit_group == b].mean(1) for b in range(12)], 1)
    at, labels, means, strengths, summaries = [], [], [], [], []
    for k in KS:
        key = {"method": "block", "selection": "reliable", "k": k}
        z, u = word_group % k, unit_group % k
        merged = np.array(
            [[block[np.ix_(np.arange(12) % k == a, np.arange(12) % k == b)].mean() for b in range(k)] for a in range(k)]
        )
        at.append(key)
        for side, of in (("units", u), ("words", z)):
            row = {"side": side, "ids": np.arange(len(of), dtype=np.int32), "labels": of.astype(np.uint8)}
            labels.append({**key, **row, "order": list(range(k))})
            sizes = np.bincount(of, minlength=k)
            summaries += [
                {**key, "side": side, "cluster": c, "size": int(sizes[c]), "stability": 0.9} for c in range(k)
            ]
        means.append({**key, "mean": merged.ravel().tolist()})
        strengths.append({**key, "strength": list(merged[z].astype(np.float16).ravel())})
    figures = {"held_out_r2": 0.6, "bound": 0.9, "sign_coherence": 0.85, "ari_words": 0.9, "ari_units": 0.95}
    tables = {
        "cluster_labels": labels,
        "block_means": means,
        "word_strengths": strengths,
        "cluster_summaries": summaries,
        "cluster_quality": [{**key, **figures, "balance": 0.9} for key in at],
    }
    return {name: write(name, {c: [row[c] for row in rows] for c in rows[0]}) for name, rows in tables.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    for option, default in (("units", 100_000), ("words", 5_000), ("sentences", 40)):
        parser.add_argument(f"--{option}", type=int, default=default)
    arguments = parser.parse_args()
    publish(arguments.folder, arguments.units, arguments.words, arguments.sentences)
