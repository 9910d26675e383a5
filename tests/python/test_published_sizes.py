"""How large a published folder is: said before it is written, and what makes it smaller."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

import rnnvis
from rnnvis.config import Measure, Study
from rnnvis.measures.halves import LARGEST
from rnnvis.published import cluster_columns, files, publishing, sizes
from rnnvis.published.verify import verify
from rnnvis.recipes.steps.recorder import classifier_by
from rnnvis.recipes.steps.shown import left_out

WORDS = [f"word{i}" for i in range(40)]


@pytest.fixture(scope="module")
def recording() -> rnnvis.Recording:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Embedding(40, 6), torch.nn.LSTM(6, 12, batch_first=True))
    numbers = np.random.default_rng(0)
    text = [numbers.integers(40, size=numbers.integers(6, 14)).tolist() for _ in range(300)]
    return rnnvis.record(model, text, WORDS, minimum_count=3)


@pytest.fixture(scope="module")
def whole(recording: rnnvis.Recording, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "out"
    recording.publish(folder)
    return folder


def tables(folder: Path, name: str) -> dict:
    """The table `name` of every state in `folder`, by the state's name."""
    manifest = publishing.read_manifest(folder)
    return {
        state["name"]: files.read(name, [folder / file["path"] for file in state["tables"][name]["files"]]).to_pylist()
        for state in manifest["datasets"][0]["models"][0]["states"]
    }


def test_strengths_are_means_over_unit_clusters_in_half_precision(whole: Path) -> None:
    assert verify(whole).problems == []
    for state in publishing.read_manifest(whole)["datasets"][0]["models"][0]["states"]:
        paths = [whole / file["path"] for file in state["tables"]["word_strengths"]["files"]]
        assert str(files.read("word_strengths", paths).schema.field("strength").type.value_type) == "halffloat"
    strengths, labels, responses = (tables(whole, name) for name in ("word_strengths", "cluster_labels", "responses"))
    seen = 0
    for state, rows in strengths.items():
        mean = {row["word_id"]: row["mean"] for row in responses[state]}
        for row in rows:
            of = {
                side["side"]: side
                for side in labels[state]
                if (side["method"], side["selection"], side["k"]) == (row["method"], row["selection"], row["k"])
            }
            for at, word in enumerate(of["words"]["ids"]):
                for cluster in range(row["k"]):
                    units = [u for u, c in zip(of["units"]["ids"], of["units"]["labels"], strict=True) if c == cluster]
                    right = sum(mean[word][unit] for unit in units) / len(units)
                    found = row["strength"][at * row["k"] + cluster]
                    assert abs(found - right) <= max(2**-11 * abs(right), 2**-25) + 1e-7
                    seen += 1
    assert seen > 1000


def test_strengths_that_half_precision_cannot_hold_stay_single() -> None:
    rows = cluster_columns.Rows()
    at = {"method": "block", "selection": "reliable", "k": 2}
    rows._rows["word_strengths"] += [{**at, "strength": np.array([4 * LARGEST, 1.0])}, {**at, "strength": np.zeros(4)}]
    column = rows.columns()["word_strengths"]["strength"]
    assert column.to_pylist() == [[4 * LARGEST, 1.0], [0.0] * 4]


def test_the_size_is_said_before_anything_is_clustered(
    recording: rnnvis.Recording, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("clustering has begun")

    monkeypatch.setattr("rnnvis.api.folder.cluster_state", refuse)
    with pytest.raises(RuntimeError, match="clustering has begun"):
        recording.publish(tmp_path / "out", largest_k=7)
    said = " ".join(capsys.readouterr().err.split())
    assert re.search(r"Publishing about \d+ kB: states 140 kB, ", said)


def test_the_size_that_is_said_is_about_what_is_written(recording: rnnvis.Recording, whole: Path) -> None:
    held = sizes.of_folder(publishing.read_manifest(whole), whole)
    said = sizes.expected(recording.states.values(), 2, 500, 1, 30, text=True)
    assert said["states"] == 2 * 2 * 12 * recording.steps
    for table, size in said.items():
        assert 0.5 * held[table] <= size <= 2 * held[table], table
    assert "states" not in sizes.expected(recording.states.values(), 2, 500, 1, 30, text=False)


def test_states_of_fewer_sentences_are_published_as_they_are(
    recording: rnnvis.Recording, whole: Path, tmp_path: Path
) -> None:
    recording.publish(tmp_path / "out", states_bytes=20_000)
    assert verify(tmp_path / "out").problems == []
    fewer, all_of_them = tables(tmp_path / "out", "states"), tables(whole, "states")
    for state, rows in fewer.items():
        by_step = {(row["sentence_id"], row["step"]): row["value"] for row in all_of_them[state]}
        sentences = {row["sentence_id"] for row in rows}
        assert 0 < len(sentences) < 300
        assert len(rows) == sum(len(recording.tokens[i]) for i in sentences)
        assert 2 * 12 * len(rows) <= 1.2 * 20_000
        assert all(by_step[row["sentence_id"], row["step"]] == row["value"] for row in rows)
    dataset = publishing.read_manifest(tmp_path / "out")["datasets"][0]
    assert dataset["models"][0]["states"][0]["published_sentences"] == len(sentences)
    assert recording.keys.index(dataset["view"]["sentence"]) in sentences


def test_a_sample_of_no_sentence_is_refused(recording: rnnvis.Recording, tmp_path: Path) -> None:
    with pytest.raises(rnnvis.RnnvisError, match="the states of no sentence fit into states_bytes=10"):
        recording.publish(tmp_path / "out", states_bytes=10)
    with pytest.raises(rnnvis.RnnvisError, match="states_bytes"):
        recording.publish(tmp_path / "out", states_bytes=-1)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_folder_that_is_too_large_says_what_to_leave_out(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnvis.published.verify.SITE_LIMIT", 1000)
    problem = next(problem for problem in verify(whole).problems if "more than 1,000" in problem)
    held = sizes.of_folder(publishing.read_manifest(whole), whole)
    first = held.most_common(1)[0]
    assert f"{first[0]} {first[1] / 1e3:,.0f} kB" in problem
    assert "states_bytes" in problem
    assert "rnnvis publish --states-megabytes" in problem
    assert held.total() == sum(
        path.stat().st_size for path in whole.iterdir() if path.suffix in (".parquet", ".pack", ".safetensors")
    )


def test_a_dataset_says_how_many_bytes_of_states_a_classifier_keeps() -> None:
    corpus = SimpleNamespace(split=["train"], tokens=[], vocabulary=[], label=np.zeros(1), labels=("a", "b"), key=["k"])
    asked = Measure(states_megabytes=3)
    sample = classifier_by(lambda *_, **given: given["sample"], cast(Any, None), cast(Any, corpus), asked, Study())
    assert sample.states_bytes == 3 * 2**20


def test_what_is_left_out_of_a_sample_is_counted_against_that_sample(tmp_path: Path) -> None:
    """Recorded are sentences 0 to 5 of ten, 2 steps each, and 0, 3 and 9 published: 2 of 6, and not 3 of 10."""
    values = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float16)
    table = {"sentence_id": np.repeat(np.arange(6), 2), "step": np.tile(np.arange(2), 6), "value": list(values)}
    parts = files.write("states", table, tmp_path / "rnn.0.h")
    index = {"tables": {}, "states": [{"name": "rnn.0.h", "read_by_head": True, "tables": {"states": parts}}]}
    size = (tmp_path / "rnn.0.h" / parts[0].name).stat().st_size
    for said in ({"kind": "classifier"}, {"kind": "language model"}):
        model = cast(Any, {"step_model": {"bytes": 100}, "no_step_model": None} | said)
        assert left_out(model, (index, tmp_path), np.array([0, 3, 9])) == {"states": round(size * 4 / 6)}
        assert left_out(model, (index, tmp_path), None) == {}
