"""What the word and more explain, as published: of units, of clusters, of the state, and the pairs that add most."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnnvis
from rnnvis.published import files
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify

WORDS = [f"w{i}" for i in range(12)]
NAMES = ["explained_word", "explained_pair", "explained_position", "explained_shuffled"]


class Source:
    """Four units that add what the word gives them, and two that add it where word 3 stands before alone."""

    def __init__(self) -> None:
        self.states = {"sum.0.s": 6}
        self.table = torch.from_numpy(np.random.default_rng(3).normal(size=(len(WORDS), 6)).astype(np.float32))

    def steps(self, batch: Any) -> Iterator[dict[str, torch.Tensor]]:
        state, before = torch.zeros(len(batch.ids), 6), torch.full((len(batch.ids),), -1)
        for ids in batch.ids.T:
            change = self.table[ids].clone()
            change[:, 4:] *= (before == 3)[:, None]
            state, before = state + change, ids
            yield {"sum.0.s": state}


@pytest.fixture(scope="module")
def recording() -> rnnvis.Recording:
    random = np.random.default_rng(0)
    text = [random.integers(0, len(WORDS), random.integers(2, 12)).tolist() for _ in range(900)]
    return rnnvis.record(Source(), text, WORDS)


def tables(folder: Path) -> dict[str, Any]:
    [state] = read_manifest(folder)["datasets"][0]["models"][0]["states"]
    return {
        name: files.read(name, [folder / file["path"] for file in table["files"]]).to_pydict()
        for name, table in state["tables"].items()
    }


def test_units_clusters_and_the_state_have_their_shares(recording: rnnvis.Recording, tmp_path: Path) -> None:
    recording.publish(tmp_path, largest_k=3)
    found = tables(tmp_path)
    explained = recording.states["sum.0.s"].explained
    for name in NAMES:
        np.testing.assert_array_equal(np.float32(found["units"][name]), explained.measures()[name])
    assert np.allclose(found["units"]["explained_word"][:4], 1, atol=1e-6)
    assert max(found["units"]["explained_word"][4:]) < 0.4
    assert min(found["units"]["explained_pair"]) > 0.99

    labels = found["cluster_labels"]
    summaries = found["cluster_summaries"]
    units = [i for i, side in enumerate(labels["side"]) if side == "units"]
    assert units
    for i in units:
        at = [labels[key][i] for key in ("method", "selection", "k")]
        for cluster in range(labels["k"][i]):
            members = [u for u, of in zip(labels["ids"][i], labels["labels"][i], strict=True) if of == cluster]
            [row] = [
                n
                for n in range(len(summaries["k"]))
                if [summaries[key][n] for key in ("method", "selection", "k", "side", "cluster")]
                == [*at, "units", cluster]
            ]
            for n, name in enumerate(NAMES):
                ways = [
                    1 - explained.left[way, n, members].sum() / explained.total[way, members].sum() for way in (0, 1)
                ]
                assert summaries[name][row] == pytest.approx(np.mean(ways), abs=1e-6)
    of_words = [n for n, side in enumerate(summaries["side"]) if side == "words"]
    assert all(summaries[name][n] is None for name in NAMES for n in of_words)

    figures = dict(zip(found["state_measures"]["measure"], found["state_measures"]["value"], strict=True))
    for n, name in enumerate(NAMES):
        ways = [1 - explained.left[way, n].sum() / explained.total[way].sum() for way in (0, 1)]
        assert figures[name] == pytest.approx(np.mean(ways))
    assert verify(tmp_path).problems == []


def test_pairs_are_published_with_the_text_and_not_without_it(recording: rnnvis.Recording, tmp_path: Path) -> None:
    recording.publish(tmp_path / "read", largest_k=2)
    recording.publish(tmp_path / "unread", largest_k=2, text=False)
    pairs = tables(tmp_path / "read")["unit_pairs"]
    assert set(pairs["unit"]) == {4, 5}
    assert set(pairs["before_id"]) == {3}
    source = Source().table.numpy()
    for unit, word, mean in zip(pairs["unit"], pairs["word_id"], pairs["mean"], strict=True):
        assert mean == pytest.approx(source[word, unit], abs=1e-5)
    assert "unit_pairs" not in tables(tmp_path / "unread")


def test_where_nothing_can_be_held_out_the_shares_are_left_open(tmp_path: Path) -> None:
    rnnvis.record(Source(), [[1, 2, 3, 4, 5]], WORDS, minimum_count=1, frequent_count=1).publish(tmp_path)
    found = tables(tmp_path)
    assert all(found["units"][name] == [None] * 6 for name in NAMES)
    assert not set(NAMES) & set(found["state_measures"]["measure"])
