"""What publishing does with states that cannot be clustered, with a second time, and with what it finds missing."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits
from torch import nn

import rnnvis
from rnnvis.api import page as pages
from rnnvis.published import clustered, files
from rnnvis.published.entries import state_title, usual_view
from rnnvis.published.inlining import inline
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify

WORDS = [f"w{i}" for i in range(14)]
CLUSTERS = {"cluster_labels", "block_means", "word_strengths", "cluster_summaries", "cluster_quality"}


class Model(nn.Module):
    def __init__(self, units: int = 6, layers: int = 1) -> None:
        super().__init__()
        torch.manual_seed(units)
        self.embedding = nn.Embedding(len(WORDS), 4)
        self.rnn = nn.GRU(4, units, layers, batch_first=True)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.rnn(self.embedding(ids))[0]


class Source:
    """A state that can be clustered beside one of a single unit and one that never moves."""

    def __init__(self, names: tuple[str, ...] = ("ssm.0.h", "ssm.0.n", "ssm.0.still")) -> None:
        units = {"ssm.0.h": 5, "ssm.0.n": 1, "ssm.0.still": 3}
        self.states = {name: units[name] for name in names}
        self.table = torch.from_numpy(np.random.default_rng(3).normal(size=(len(WORDS), 5)).astype(np.float32))

    def steps(self, batch: Any) -> Iterator[dict[str, torch.Tensor]]:
        h = torch.zeros(len(batch.ids), 5)
        for ids in batch.ids.T:
            h = 0.5 * h + self.table[ids]
            found = {"ssm.0.h": h, "ssm.0.n": h[:, :1], "ssm.0.still": torch.zeros(len(ids), 3)}
            yield {name: found[name] for name in self.states}


def sentences(count: int = 70) -> list[list[int]]:
    random = np.random.default_rng(0)
    return [random.integers(0, len(WORDS), random.integers(2, 9)).tolist() for _ in range(count)]


def states_of(folder: Path, dataset: int = 0) -> dict[str, dict[str, Any]]:
    return {state["name"]: state for state in read_manifest(folder)["datasets"][dataset]["models"][0]["states"]}


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The method of every sweep that is made from now on."""
    made: list[str] = []
    real = clustered.sweep

    def counted(*given: Any) -> Any:
        made.append(given[2])
        return real(*given)

    monkeypatch.setattr(clustered, "sweep", counted)
    return made


@pytest.fixture
def viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    app = tmp_path / "app"
    (app / "fonts").mkdir(parents=True)
    (app / pages.VIEWER).write_text("viewer", encoding="utf-8")
    monkeypatch.setattr(pages, "app", lambda: app)
    return app


def test_a_state_that_cannot_be_clustered_keeps_no_other_back(tmp_path: Path) -> None:
    said = rnnvis.record(Source(), sentences(), WORDS).publish(tmp_path / "all", largest_k=4)
    rnnvis.record(Source(("ssm.0.h",)), sentences(), WORDS).publish(tmp_path / "alone", largest_k=4)
    found, [alone] = states_of(tmp_path / "all"), states_of(tmp_path / "alone").values()
    whole = found["ssm.0.h"]
    assert (whole["k"], whole["methods"], whole.get("unclustered")) == ([2, 3, 4], ["block"], None)
    assert whole["tables"].keys() >= CLUSTERS
    assert {t: e["files"] for t, e in whole["tables"].items()} == {t: e["files"] for t, e in alone["tables"].items()}
    for name, reason in (("ssm.0.n", "move 1 of its units"), ("ssm.0.still", "moves the state")):
        assert (found[name]["k"], found[name]["methods"], found[name]["selections"]) == ([], [], [])
        assert not CLUSTERS & found[name]["tables"].keys()
        assert found[name]["tables"].keys() >= {"responses", "units", "states", "state_measures"}
        assert reason in found[name]["unclustered"]
        assert f"Without clusters: {name}: {found[name]['unclustered']}" in said
    assert "ssm.0.h:" not in said
    assert verify(tmp_path / "all").problems == []


@pytest.mark.parametrize("text", [[[1, 2, 3, 4, 5]], [[1, 2], [3, 4], [5, 6]], [[7]]])
def test_a_handful_of_sentences_can_be_looked_at_without_clusters(text: list[list[int]], tmp_path: Path) -> None:
    recording = rnnvis.record(Model(), text, WORDS, minimum_count=1, frequent_count=1)
    said = recording.publish(tmp_path)
    [state] = states_of(tmp_path).values()
    rows = files.read("states", [tmp_path / file["path"] for file in state["tables"]["states"]["files"]])
    assert rows["sentence_id"].to_pylist() == [i for i, row in enumerate(text) for _ in row]
    np.testing.assert_array_equal(files.matrix(rows["value"]), recording.states["rnn.0.h"].values)
    responses = files.read("responses", [tmp_path / file["path"] for file in state["tables"]["responses"]["files"]])
    used = sorted({word for row in text for word in row})
    np.testing.assert_array_equal(
        files.matrix(responses["mean"])[used], recording.responses["rnn.0.h"].mean[used].astype(np.float32)
    )
    assert state["k"] == []
    assert "both halves of the sentences" in state["unclustered"]
    assert state["unclustered"] in said
    assert read_manifest(tmp_path)["datasets"][0]["view"]["sentence"] in recording.keys
    assert verify(tmp_path).problems == []


def test_a_method_that_fails_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = clustered.sweep

    def failing(matrix: Any, ks: Any, method: str, *rest: Any) -> Any:
        if method == "modularity":
            raise rnnvis.RnnvisError("no response is positive", 'use method "block"')
        return real(matrix, ks, method, *rest)

    monkeypatch.setattr(clustered, "sweep", failing)
    rnnvis.record(Model(), sentences(), WORDS).publish(tmp_path, methods=("modularity", "spectral"), largest_k=3)
    [state] = states_of(tmp_path).values()
    assert (state["methods"], state["selections"], state["k"]) == (["spectral"], ["reliable", "frequent"], [2, 3])
    assert state["unclustered"] == 'No response is positive. Use method "block".'


def test_what_was_clustered_once_is_not_clustered_again(tmp_path: Path, viewer: Path, sweeps: list[str]) -> None:
    recording = rnnvis.record(Model(layers=2), sentences(), WORDS)
    recording.publish(tmp_path / "first", largest_k=4)
    assert sweeps == ["block"] * 4  # two states, two selections of words
    recording.publish(tmp_path / "second", largest_k=4)
    recording.publish(tmp_path / "third", text=False, largest_k=4)
    recording.to_html(tmp_path / "page.html", largest_k=4)
    assert len(sweeps) == 4
    assert read_manifest(tmp_path / "first") == read_manifest(tmp_path / "second")
    recording.to_html(tmp_path / "page.html")
    assert "iframe" in recording._repr_html_()
    assert len(sweeps) == 8  # up to 30 clusters now, for the page and the notebook
    recording.publish(tmp_path / "first", methods=["spectral"], largest_k=4)
    assert sweeps[8:] == ["spectral"] * 4


def test_publishing_computes_with_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    real = clustered.describe

    def described(*given: Any) -> Any:
        threads.extend(pool["num_threads"] for pool in threadpool_info())
        return real(*given)

    monkeypatch.setattr(clustered, "describe", described)
    with threadpool_limits(2):
        rnnvis.record(Model(), sentences(), WORDS).publish(tmp_path, largest_k=2)
        assert set(threads) == {1}
        assert {pool["num_threads"] for pool in threadpool_info()} == {2}


def test_what_is_missing_is_found_before_anything_is_clustered(
    tmp_path: Path, viewer: Path, sweeps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = rnnvis.record(Model(), sentences(), WORDS)
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(rnnvis.RnnvisError, match="file"):
        recording.to_html(tmp_path / "file" / "page.html")
    with pytest.raises(rnnvis.RnnvisError, match="folder is a folder"):
        recording.to_html(tmp_path / "folder")
    with pytest.raises(rnnvis.RnnvisError, match='unknown co-clustering method "blocks"'):
        recording.publish(tmp_path / "out", methods=("blocks",))
    with pytest.raises(rnnvis.RnnvisError, match="largest_k is 1"):
        recording.publish(tmp_path / "out", largest_k=1)
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 10**9 - 100, 100))
        with pytest.raises(rnnvis.RnnvisError, match="0 MB are free there"):
            recording.publish(tmp_path / "out")
    (viewer / pages.VIEWER).unlink()
    with pytest.raises(rnnvis.RnnvisError, match="earlier version"):
        recording.to_html(tmp_path / "page.html")
    assert "earlier version" in recording._repr_html_()
    assert sweeps == []
    assert not (tmp_path / "page.html").exists()


def test_another_text_is_refused_before_clustering_and_leaves_nothing(tmp_path: Path, sweeps: list[str]) -> None:
    rnnvis.record(Model(), sentences(), WORDS).publish(tmp_path, largest_k=3)
    there, made = sorted(tmp_path.iterdir()), len(sweeps)
    with pytest.raises(rnnvis.RnnvisError, match=r"has other (words|sentences)"):
        rnnvis.record(Model(), sentences(50), WORDS).publish(tmp_path, name="other", largest_k=3)
    assert len(sweeps) == made
    assert sorted(tmp_path.iterdir()) == there


def test_sentences_left_out_of_a_page_are_counted_once_whatever_the_states(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    rnnvis.record(Model(layers=3), sentences(), WORDS).publish(folder, largest_k=3)
    states = [state["tables"]["states"]["files"][0] for state in states_of(folder).values()]
    total = sum(path.stat().st_size for path in folder.glob("*.parquet"))
    cut = inline(folder, tmp_path / "one", total - sum(file["bytes"] for file in states) // 2)
    kept = {state["published_sentences"] for state in cut.manifest["datasets"][0]["models"][0]["states"]}
    assert cut.left_out == (f"states along {70 - min(kept)} of 70 sentences",)
    assert 0 < min(kept) < 70
    rnnvis.record(Model(), sentences(40), WORDS).publish(folder, dataset="other", largest_k=3)
    total = sum(path.stat().st_size for path in folder.glob("*.parquet"))
    cut = inline(folder, tmp_path / "two", total - sum(file["bytes"] for file in states) // 2)
    first, second = ([s["published_sentences"] for s in d["models"][0]["states"]] for d in cut.manifest["datasets"])
    assert cut.left_out == (
        f"states along {70 - min(first)} of 70 sentences of “recorded text”",
        f"states along {40 - min(second)} of 40 sentences of “other”",
    )


@pytest.mark.parametrize(
    ("name", "among", "title"),
    [
        ("rnn.0.h", ("rnn.0.h", "rnn.0.c"), "Layer 1, hidden h"),
        ("rnn.1.c", ("rnn.0.h", "rnn.1.c"), "Layer 2, cell c"),
        ("rnn.0.reverse.h", ("rnn.0.h", "rnn.0.reverse.h"), "Layer 1, backward, hidden h"),
        ("a.encoder.0.h", ("a.encoder.0.h", "decoder.0.h"), "a.encoder, layer 1, hidden h"),
        ("ssm.0.still", ("ssm.0.still",), "Layer 1, still"),
    ],
)
def test_a_state_has_one_title(name: str, among: tuple[str, ...], title: str) -> None:
    assert state_title(name, among) == title


def test_the_first_view_shows_a_sentence_whose_states_were_kept() -> None:
    model = {"name": "m", "states": [{"k": []}, {"k": [2, 6, 30]}]}
    lengths, keys = np.array([12, 30, 9, 11]), ["a", "b", "c", "d"]
    view = usual_view(model, np.array([1, 2]), lengths, keys)
    assert view == {"model": "m", "sentence": "c", "step": 4, "k": 6, "words": []}
    assert usual_view(model, np.array([], int), lengths, keys) is None
