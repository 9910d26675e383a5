"""The page “Which units carry this?”: its snippets run, and what it quotes is what the table says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnvis.nets import SentenceClassifier
from rnnvis.published import files
from rnnvis.published.publishing import read_manifest
from rnnvis.recipes.steps import searches
from rnnvis.recipes.steps.searches import opposed_pairs, patching
from rnnvis.text.corpus import Corpus
from tests import synthetic
from tests.python.test_guide import PAGE, snippets
from tools.website import carried
from tools.website.published import Published


def classifier(words: int) -> SentenceClassifier:
    """One whose verdict is spread over its units, and turns with what it reads."""
    torch.manual_seed(0)
    model = SentenceClassifier(words, 6, 12, "gru")
    with torch.no_grad():
        model.embedding.weight *= 3
        model.head.weight *= 4
    return model.eval()


def test_the_snippets_run_on_what_make_demo_leaves_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = PAGE.with_name("which-units.md")
    data = tmp_path / "site" / "explorer" / "data"
    synthetic.publish(data, units=8, words=80, sentences=2400)
    words = read_manifest(data)["datasets"][0]["tables"]["words"]["rows"]
    (tmp_path / "build" / "stages" / "train" / "reviews+gru+seed0-0").mkdir(parents=True)
    monkeypatch.setattr("rnnvis.nets.checkpoints.load", lambda folder: (classifier(words), {}))
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for part in snippets(page):
        exec(compile(part, str(page), "exec"), names)
    assert names["without"].units.tolist() == [5]
    assert names["found"].confirmed == len(names["into"]) // 2
    assert (tmp_path / "shares.svg").read_text(encoding="utf-8").startswith("<svg")


def corpus() -> Corpus:
    random = np.random.default_rng(0)
    tokens = [random.integers(0, 30, 8 + n % 3) for n in range(120)]
    names = tuple(f"w{i}" for i in range(30))
    return Corpus(
        name="planted",
        labels=("negative", "positive"),
        vocabulary=names,
        counts=np.bincount(np.concatenate(tokens), minlength=30),
        special=(),
        tokens=tokens,
        surface=[tuple(names[i] for i in row) for row in tokens],
        text=["" for _ in tokens],
        split=["test" if n % 4 else "train" for n in range(120)],
        label=np.array([n % 2 for n in range(120)]),
        score=np.full(120, np.nan, np.float32),
        source=["" for _ in tokens],
        key=[f"k{i}" for i in range(120)],
    )


def test_pairs_are_test_sentences_of_both_labels_with_as_many_words() -> None:
    text = corpus()
    into, of = opposed_pairs(text)
    assert len(into) > 10
    assert {text.label[i] for i in into} == {0}
    assert {text.label[i] for i in of} == {1}
    assert {text.split[i] for i in [*into, *of]} == {"test"}
    assert [len(text.tokens[i]) for i in into] == [len(text.tokens[i]) for i in of]


def test_the_table_is_what_the_searches_found_and_the_page_quotes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "RUNS", 60)
    text = corpus()
    found = searches.searches(classifier(30), text, "rnn.0.h", None)
    assert [(kind, at) for kind, at, _ in found] == [("units", "half"), ("units", "last")]
    [part] = files.write("patching", patching(found), tmp_path)
    rows = files.read("patching", [tmp_path / part.name]).to_pylist()
    for kind, at, one in found:
        of = [row for row in rows if (row["candidates"], row["place"]) == (kind, at)]
        assert [row["size"] for row in of] == list(range(1, len(one.sets) + 1))
        for row, stage in zip(of, one.sets, strict=True):
            assert row["unseen"] == pytest.approx(stage.unseen)
            assert row["random_high"] == pytest.approx(stage.random.max())
            assert row["added"] == stage.units[-1]
    assert next(one for _, at, one in found if at == "last").whole == pytest.approx(1)
    synthetic.publish(tmp_path / "data", units=8, words=80, sentences=300)
    published = Published(tmp_path / "data")
    assert "hold no search" in carried.units(published)
    published.connection.execute(f"CREATE VIEW patching AS SELECT * FROM '{tmp_path / part.name}'")
    published.tables["patching"] = published.tables["words"]
    half = [row for row in rows if row["place"] == "half"]
    shown = carried.units(published)
    for row in half:
        assert f"unit {row['added']}" in shown
        assert f"{row['unseen']:.2f}".replace("-", "−") in shown
    said = carried.units_conclusion(published)
    few = half[-1]["unseen"] >= carried.MOST * half[-1]["whole"]
    assert ("A few units carry most" in said) == few
    assert ("spread over many" in said) != few
    assert ("more than any of them" in said) == (half[-1]["unseen"] > half[-1]["random_high"])


def test_a_unit_without_which_the_loss_rises_is_counted(tmp_path: Path) -> None:
    synthetic.publish(tmp_path, units=8, words=80, sentences=300)
    published = Published(tmp_path)
    rows = published.rows("SELECT increase, standard_error FROM unit_ablation")
    clear = sum(increase > 2 * (error or np.inf) for increase, error in rows)
    assert f"{clear} of the {len(rows)} units" in carried.without(published)
