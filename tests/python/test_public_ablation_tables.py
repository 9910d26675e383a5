"""Tables of ablation that a recording publishes: the same figures as `Recording.ablate`, within the seconds allowed."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import rnnvis
from rnnvis.api import ablation_tables
from rnnvis.errors import RnnvisError
from rnnvis.measures.figures import clustered_mean
from rnnvis.published import files
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from tests.python.test_public_ablate import LABELS, TAGS, TEXT, UNITS, VOCABULARY, Model, Source, recorded
from tests.python.test_recording_holding import Doubled


def published(folder, state: int = 0) -> tuple[dict, dict, dict[str, list[dict]]]:
    assert verify(folder).problems == []
    [model] = read_manifest(folder)["datasets"][0]["models"]
    entry = model["states"][state]
    tables = {
        name: files.read(name, [folder / file["path"] for file in entry["tables"][name]["files"]]).to_pylist()
        for name in ("unit_ablation", "cluster_ablation", "cluster_labels")
        if name in entry["tables"]
    }
    return model, entry, tables


@pytest.mark.parametrize("each", [False, True], ids=["classes", "tags"])
@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_tables_hold_what_ablate_says(tmp_path, each, kind):
    model = Model(kind, 3 if each else 2, each)
    recording = recorded(model, TAGS if each else LABELS)
    said = recording.publish(tmp_path, largest_k=4)
    assert "switched off" not in said  # nothing is left out
    for number, state in enumerate(recording.states):
        entry, _, tables = published(tmp_path, number)
        assert entry["ablation"] == f"Each unit and chip was switched off on {len(TEXT)} of {len(TEXT)} sequences."
        for unit in range(UNITS):
            of = recording.ablate([unit], state=state)
            row = tables["unit_ablation"][unit]
            assert row["increase"] == pytest.approx(of.mean, abs=1e-6)
            assert row["standard_error"] == pytest.approx(of.standard_error, abs=1e-6)
        words = {}
        for row in tables["cluster_labels"]:
            if row["side"] == "words":
                words[row["selection"], row["k"]] = np.array(row["ids"]), np.array(row["labels"])
        seen = set()
        for row in tables["cluster_ablation"]:
            of = recording.ablate(state=state, chip=(row["method"], row["selection"], row["k"], row["cluster"]))
            ids, labels = words[row["selection"], row["k"]]
            among = set(ids[labels == row["value"]].tolist())
            rows = []
            for at in range(len(of.increase)):
                of_class = row["subject"] == "class" and of.before.target[at] == row["value"]
                of_words = row["subject"] == "words" and about(of.before, at, each) & among
                if row["subject"] == "all" or of_class or of_words:
                    rows.append(at)
            mean, error = clustered_mean(of.increase[rows], of.before.sequence_id[rows])
            assert row["count"] == len(rows)
            assert row["increase"] == pytest.approx(mean, abs=1e-6)
            assert np.isnan(error) or row["standard_error"] == pytest.approx(error, abs=1e-6)
            seen.add(row["subject"])
        assert seen == {"all", "class", "words"}


def about(rows, at: int, each: bool) -> set[int]:
    sequence = TEXT[rows.sequence_id[at]]
    return {sequence[rows.step[at]]} if each else set(sequence)


def test_next_words_are_about_the_word_that_comes(tmp_path):
    class Speaking(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(2)
            self.embedding, self.rnn = nn.Embedding(len(VOCABULARY), 5), nn.GRU(5, UNITS, batch_first=True)
            self.out = nn.Linear(UNITS, len(VOCABULARY))

        def forward(self, ids):
            return self.out(self.rnn(self.embedding(ids))[0])

    recording = recorded(Speaking(), None)
    recording.publish(tmp_path, largest_k=3)
    _, _, tables = published(tmp_path)
    assert [row["increase"] for row in tables["unit_ablation"]] == pytest.approx(
        [recording.ablate([unit]).mean for unit in range(UNITS)], abs=1e-6
    )
    [labels] = [r for r in tables["cluster_labels"] if (r["side"], r["selection"], r["k"]) == ("words", "reliable", 3)]
    members = {
        cluster: {i for i, c in zip(labels["ids"], labels["labels"], strict=True) if c == cluster}
        for cluster in range(3)
    }
    for row in tables["cluster_ablation"]:
        if (row["selection"], row["k"], row["subject"]) == ("reliable", 3, "words"):
            assert row["count"] == sum(word in members[row["value"]] for text in TEXT for word in text[1:])
    assert {row["subject"] for row in tables["cluster_ablation"]} == {"all", "words"}


def test_the_seconds_allowed_are_kept_and_what_is_left_out_is_said(tmp_path, monkeypatch):
    recording = recorded(Model("GRU", 2))
    said = recording.publish(tmp_path / "a", largest_k=3, ablation=1e-9)
    assert "Nothing was switched off: " in said
    assert "publish(…, ablation=" in said
    entry, _, tables = published(tmp_path / "a")
    assert entry["ablation"] in said
    assert set(tables) == {"cluster_labels"}
    said = recording.publish(tmp_path / "b", largest_k=3, ablation=False)
    entry, _, tables = published(tmp_path / "b")
    assert "switched off" not in said
    assert "ablation" not in entry
    assert set(tables) == {"cluster_labels"}
    monkeypatch.setattr(ablation_tables, "FEWEST", 6)
    ticks = iter(np.arange(0.0, 1e6, 1.0))  # every look at the clock is a second later
    monkeypatch.setattr(ablation_tables, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
    runs = ablation_tables.runs_of({"rnn.0.h": UNITS}, {})
    without_clusters = ablation_tables.published_ablation(recording, {}, runs / 3)
    assert without_clusters.said == f"Each unit and chip was switched off on 6 of {len(TEXT)} sequences."
    for wrong in (-1, float("nan"), "long"):
        with pytest.raises(RnnvisError, match="ablation is"):
            recording.publish(tmp_path / "c", ablation=wrong)


def test_publishing_again_runs_nothing_and_gives_the_same_files(tmp_path, monkeypatch):
    recording = recorded(Model("GRU", 2))
    recording.publish(tmp_path / "a", largest_k=3)
    monkeypatch.setattr(type(recording.rerun), "answers", None)
    recording.publish(tmp_path / "b", largest_k=3)
    names = [sorted(path.name for path in (tmp_path / folder).glob("*_ablation-*")) for folder in "ab"]
    assert names[0] == names[1] != []


def test_what_cannot_be_switched_off_is_named_with_its_reason(tmp_path):
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.embedding = nn.Embedding(len(VOCABULARY), 5)
            self.plain = nn.GRU(5, 4, batch_first=True)
            self.own = Doubled(4, 3, batch_first=True)
            self.out = nn.Linear(3, 2)

        def forward(self, ids):
            return self.out(self.own(self.plain(self.embedding(ids))[0])[0][:, -1])

    said = recorded(Two()).publish(tmp_path / "two", largest_k=2)
    assert 'Not own.0.h: "own" is a Doubled whose hidden states are not those of the formula' in said
    _, _, plain = published(tmp_path / "two")
    _, _, own = published(tmp_path / "two", 1)
    assert "unit_ablation" in plain
    assert "unit_ablation" not in own
    for name, recording, why in (
        ("labels", recorded(Model("GRU", 2), None, classes=["no", "yes"]), "of no answer it is known what is right"),
        ("outputs", recorded(Model("GRU", 2), outputs="none"), "what the model answers is not known"),
    ):
        recording.publish(tmp_path / name, largest_k=2)
        entry, _, tables = published(tmp_path / name)
        assert entry["ablation"] == f"Nothing was switched off: {why}."
        assert "unit_ablation" not in tables


def test_a_source_that_can_be_held_has_the_tables_too(tmp_path):
    recording = rnnvis.record(Source(), TEXT, VOCABULARY, LABELS, minimum_count=1, frequent_count=1)
    recording.publish(tmp_path, largest_k=2)
    _, _, tables = published(tmp_path)
    assert tables["unit_ablation"][2]["increase"] == pytest.approx(recording.ablate([2]).mean, abs=1e-6)
