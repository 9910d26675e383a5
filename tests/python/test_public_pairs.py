"""Recordings in one folder compare: matches of units and clusters, and states as wholes."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch import nn

import rnnvis
from rnnvis.published import files, state_pairs
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify

WORDS = [f"w{i}" for i in range(14)]
OTHER = ["w3", "x", *WORDS[5:], "y"]
PAIRS = ("unit_matches", "cluster_matches", "state_pairs")


class Model(nn.Module):
    def __init__(self, seed: int, units: int = 6, words: int = len(WORDS)) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embedding = nn.Embedding(words, 4)
        self.rnn = nn.GRU(4, units, batch_first=True)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.rnn(self.embedding(ids))[0]


def sentences(seed: int = 0, words: int = len(WORDS)) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [random.integers(0, words, random.integers(2, 9)).tolist() for _ in range(70)]


def record(seed: int, units: int = 6) -> rnnvis.Recording:
    return rnnvis.record(Model(seed, units), sentences(), WORDS)


def publish(recording: rnnvis.Recording, folder: Path, name: str, **options: Any) -> None:
    recording.publish(folder, name=name, largest_k=4, **options)


def rows(folder: Path, table: str, dataset: int = 0) -> list[dict[str, Any]]:
    tables = read_manifest(folder)["datasets"][dataset]["tables"]
    paths = [folder / file["path"] for file in tables.get(table, {"files": []})["files"]]
    return files.read(table, paths).to_pylist()


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.array([[np.corrcoef(x, y)[0, 1] for y in b.T] for x in a.T])


def states_of(recording: rnnvis.Recording) -> np.ndarray:
    """States along the sentences, as they are published."""
    return recording.states["rnn.0.h"].values.astype(np.float64)


def cka(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    return float(np.linalg.norm(a.T @ b) ** 2 / np.linalg.norm(a.T @ a) / np.linalg.norm(b.T @ b))


def test_units_and_states_are_matched_as_a_plain_loop_matches_them(tmp_path: Path) -> None:
    first, second = record(1), record(2, units=9)
    publish(first, tmp_path, "first")
    assert read_manifest(tmp_path)["datasets"][0]["tables"].keys() == {"words", "sentences"}
    publish(second, tmp_path, "second")
    measured = first.responses["rnn.0.h"].count >= 8
    of = {"first": first, "second": second}
    found = {(row["model_a"], row["model_b"]): row for row in rows(tmp_path, "unit_matches")}
    whole = {(row["model_a"], row["model_b"]): row for row in rows(tmp_path, "state_pairs")}
    assert found.keys() == whole.keys() == set(permutations(of, 2))
    for a, b in found:
        likeness = correlation(*(of[name].responses["rnn.0.h"].mean[measured] for name in (a, b)))
        ours, theirs = linear_sum_assignment(likeness, maximize=True)
        pairs = [(unit, partner) for unit, partner in enumerate(found[a, b]["b"]) if partner >= 0]
        assert pairs == list(zip(ours.tolist(), theirs.tolist(), strict=True))
        np.testing.assert_allclose(np.array(found[a, b]["strength"])[ours], likeness[ours, theirs], atol=1e-5)
        assert found[a, b]["best"] == likeness.argmax(axis=1).tolist()
        assert whole[a, b]["cka"] == pytest.approx(cka(states_of(of[a]), states_of(of[b])), abs=1e-6)
        assert whole[a, b]["steps"] == sum(map(len, sentences()))
        assert whole[a, b]["shared_words"] == measured.sum()
    assert verify(tmp_path).problems == []


def test_clusters_are_matched_for_every_grouping_of_both(tmp_path: Path) -> None:
    publish(record(1), tmp_path, "first")
    publish(record(2), tmp_path, "second")
    [dataset] = read_manifest(tmp_path)["datasets"]
    groupings = {(s, k) for s in ("reliable", "frequent") for k in dataset["models"][0]["states"][0]["k"]}
    found = rows(tmp_path, "cluster_matches")
    assert {(row["selection"], row["k"]) for row in found} == groupings
    assert len(found) == 2 * len(groupings)
    assert all(sorted(row["b"]) == list(range(row["k"])) for row in found)


def test_republishing_one_model_leaves_what_publishing_all_anew_would(tmp_path: Path) -> None:
    step_by_step, at_once = tmp_path / "step", tmp_path / "once"
    for seed, name in ((1, "first"), (2, "second"), (3, "third"), (4, "second")):
        publish(record(seed), step_by_step, name)
    for seed, name in ((1, "first"), (3, "third"), (4, "second")):
        publish(record(seed), at_once, name)
    for table in PAIRS:
        assert rows(step_by_step, table) == rows(at_once, table) != []
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in (step_by_step, at_once)]
    assert manifests[0] == manifests[1]


def test_models_of_different_datasets_compare_over_the_words_that_both_know(tmp_path: Path) -> None:
    ours = record(1)
    theirs = rnnvis.record(Model(2, words=len(OTHER)), sentences(5, len(OTHER)), OTHER)
    publish(ours, tmp_path, "model", dataset="ours")
    publish(theirs, tmp_path, "model", dataset="theirs")
    enough = [{w for w, n in zip(r.words, r.responses["rnn.0.h"].count, strict=True) if n >= 8} for r in (ours, theirs)]
    shared = sorted(enough[0] & enough[1])
    assert 5 < len(shared) < len(WORDS)
    for place, (a, b, other) in enumerate([(ours, theirs, "theirs"), (theirs, ours, "ours")]):
        [pair] = rows(tmp_path, "state_pairs", place)
        assert (pair["dataset_b"], pair["shared_words"], pair["cka"], pair["steps"]) == (other, len(shared), None, 0)
        [row] = rows(tmp_path, "unit_matches", place)
        means = [r.responses["rnn.0.h"].mean[[r.words.index(word) for word in shared]] for r in (a, b)]
        np.testing.assert_allclose(row["best_strength"], correlation(*means).max(axis=1), atol=1e-5)
        assert {r["dataset_b"] for r in rows(tmp_path, "cluster_matches", place)} == {other}
    publish(record(3), tmp_path, "another", dataset="ours")
    assert len(rows(tmp_path, "unit_matches")) == 4
    assert verify(tmp_path).problems == []


def test_two_states_are_compared_as_wholes_once_for_both_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    for name in ("linear_cka", "gram_norm"):
        real = getattr(state_pairs, name)
        counted = lambda *given, real=real, name=name: (made.append(name), real(*given))[1]  # noqa: E731
        monkeypatch.setattr(state_pairs, name, counted)
    for seed, name in ((1, "first"), (2, "second"), (3, "third")):
        publish(record(seed), tmp_path, name)
    pairs = 1 + 2  # "second" with "first", then "third" with both
    assert made.count("linear_cka") == pairs
    assert made.count("gram_norm") == 2 + 3
    found = {(row["model_a"], row["model_b"]): row["cka"] for row in rows(tmp_path, "state_pairs")}
    assert len(found) == 6
    assert all(found[a, b] == found[b, a] for a, b in found)


def test_without_text_units_compare_and_states_do_not(tmp_path: Path) -> None:
    for seed, name in ((1, "first"), (2, "second")):
        publish(record(seed), tmp_path, name, text=False)
    assert {row["cka"] for row in rows(tmp_path, "state_pairs")} == {None}
    assert len(rows(tmp_path, "unit_matches")) == 2
