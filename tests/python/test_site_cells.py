"""The case study of the cells against the tables of results that it reads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from rnnvis.measures.words.parts_of_speech import PARTS
from rnnvis.recipes.study.groups import homes, kinds
from tools.website import cell_claims, cells
from tools.website.cells import Cells
from tools.website.fragments import CELLS

SHA = {("rnn", 0): "a" * 64, ("rnn", 1): "b" * 64, ("lstm", 0): "c" * 64, ("lstm", 1): "d" * 64}


def state(saturation, kept, clouds=False):
    quality = {"held_out_r2": 0.5, "bound": 0.8, "purity_part_of_speech": 0.61, "purity_shuffled": 0.33}
    found = {
        "title": "Layer 1",
        "figures": {"saturation": [saturation, 0.01], "kept_per_step": [kept, 0.01], "sparsity_of_words": [0.2, None]},
        "quality": {"frequent": quality},
    }
    if clouds:
        words = {"stability": 0.7, "parts": {"verb": 3, "noun": 1}, "words": ["must", "<b>", "shall", "bill"]}
        home = {"words": 3, "of_kind": 1.0, "of_cluster": 0.75, "f1": 0.857, "chance": 0.4, "cloud": 3, "k": 17}
        home |= {"strongest": ["shall", "<i>must"]}
        found |= {"clouds": [words], "kinds": {"modal or auxiliary": home}}
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    results = tmp_path / "speeches" / "results"
    results.mkdir(parents=True)
    models, measured = {}, {}
    for cell, perplexities in (("rnn", (120.0, 122.0)), ("lstm", (90.0, 92.0))):
        seeds = [
            {
                "seed": n,
                "sha256": SHA[cell, n],
                "parameters": 1000,
                "test": {"perplexity": p},
                "minutes": {"processor": 5},
            }
            for n, p in enumerate(perplexities)
        ]
        over = {"mean": float(np.mean(perplexities)), "smallest": min(perplexities), "largest": max(perplexities)}
        over["below_rival"] = 1 - over["mean"] / 135
        models[cell] = {"seeds": seeds, "over_seeds": {"valid": over, "test": over}, "rival": "5-gram"}
        rows = []
        for n in (0, 1):
            states = {"rnn.0.h": state(*((0.3, 0.2) if cell == "rnn" else (0.1 + 0.04 * n, 0.6)), clouds=n == 0)}
            if cell == "lstm":
                states["rnn.0.c"] = state(0.0, 0.7 + 0.01 * n)
                del states["rnn.0.c"]["figures"]["saturation"]
            rows.append({"seed": n, "sha256": SHA[cell, n], "states": states})
        measured[cell] = {"title": f"<{cell}> 200", "config": {"cell": cell}, "seeds": rows}
    baselines = {"unigram": {"test": {"perplexity": 578.0}}, "5-gram": {"test": {"perplexity": 135.0}}}
    corpus = {"words": {"train": 963716, "test": 44569}}
    table = {"corpus": corpus, "baselines": baselines, "models": models}
    (results / "perplexity.json").write_text(json.dumps(table), encoding="utf-8")
    (results / "measures.json").write_text(json.dumps({"k": 10, "models": measured}), encoding="utf-8")
    return tmp_path


def manifest(**sha):
    models = [{"name": name, "provenance": {"sha256": value}} for name, value in sha.items()]
    view = {"sentence": "0123456789abcdef", "step": 8, "k": 10}
    return {"datasets": [{"name": "reviews", "models": []}, {"name": "speeches", "models": models, "view": view}]}


def test_perplexities_stand_beside_the_n_grams(folder):
    shown = cells.perplexity(Cells.read(folder, manifest()))
    for figure in ("578.0", "135.0", "121.0", "120.0–122.0", "91.0", "10 %", "33 %", "44,569", "963,716"):
        assert figure in shown
    assert "&lt;rnn&gt; 200" in shown
    assert "nobody has trained" not in shown
    path = folder / "speeches" / "results" / "perplexity.json"
    lacking = json.loads(path.read_text(encoding="utf-8")) | {"missing": {"<gru>": [1, 2]}}
    path.write_text(json.dumps(lacking), encoding="utf-8")
    assert "nobody has trained yet: &lt;gru&gt; (1, 2)." in cells.perplexity(Cells.read(folder, manifest()))
    assert "<rnn>" not in shown


def test_each_measure_is_a_mean_with_its_range_and_absent_where_it_means_nothing(folder):
    shown = cells.measures(Cells.read(folder, manifest()))
    assert "hidden state" in shown
    assert "cell state" in shown
    saturation = next(line for line in shown.split("<tr>") if "saturation, |h|" in line)
    assert "30.0 %" in saturation
    assert "12.0 %<br><small>10.0–14.0</small>" in saturation
    assert saturation.count("–</td>") == 1
    assert "61.0 %" in shown
    assert "33.0 %" in shown


def test_classifiers_stand_beside_words_without_their_order(folder):
    against = {"baseline": "<TF-IDF>", "difference": 0.0157, "low": -0.0024, "high": 0.0338}
    seeds = [{"seed": n, "parameters": 972802, "test": {"accuracy": a}} for n, a in enumerate((0.81, 0.83))]
    model = {"config": {"title": "<GRU>"}, "seeds": seeds, "mean": {"test": {"accuracy": 0.82}}, "against": against}
    results = folder / "reviews" / "results"
    results.mkdir(parents=True)
    table = {"corpus": {"sentences": {"test": 1509}}, "models": {"gru": model}}
    (results / "seeds.json").write_text(json.dumps(table), encoding="utf-8")
    shown = cells.reviews(Cells.read(folder, manifest()))
    for figure in ("&lt;GRU&gt;", "&lt;TF-IDF&gt;", "972,802", "82.0 %", "81.0–83.0", "+1.6 (−0.2 to +3.4)", "1,509"):
        assert figure in shown
    assert "tells of classifiers" in cells.reviews(Cells.read(folder / "none", manifest()))


def test_claims_are_held_against_the_seeds(folder):
    found = {of.claim.said: of for of in cell_claims.held(Cells.read(folder, manifest()))}
    assert found["… and than the LSTM's"].verdict == "confirmed"
    assert found["… and so does the LSTM"].verdict == "confirmed"
    assert found["The LSTM's cell state keeps more than its hidden state"].difference == pytest.approx(0.105)
    assert found["… and the LSTM's more sparsely than the RNN's"].verdict == "not clear"


@pytest.mark.parametrize(
    ("more", "less", "verdict"),
    [
        ([0.5, 0.51, 0.52], [0.1, 0.11, 0.12], "confirmed"),
        ([0.1, 0.11, 0.12], [0.5, 0.51, 0.52], "contradicted"),
        ([0.5, 0.9, 0.7], [0.6, 0.4, 0.2], "not clear"),
        ([0.5], [0.1, 0.11], "not clear"),
    ],
)
def test_a_difference_needs_seeds_that_do_not_overlap(more, less, verdict):
    assert cell_claims.Held(cell_claims.CLAIMS[0], more, less).verdict == verdict


def test_the_page_says_which_models_this_build_has(folder):
    none = cells.reproduced(Cells.read(folder, manifest()))
    assert "holds none of these models" in none
    same = cells.reproduced(Cells.read(folder, manifest(lstm=SHA["lstm", 0])))
    assert "exactly the weights" in same
    address = "#v1=d=speeches&amp;m=lstm&amp;g=block.frequent&amp;k=10&amp;q=0123456789abcdef&amp;t=8"
    assert f'href="../../explorer/{address}"' in same
    assert "Not in this build: &lt;rnn&gt; 200" in same
    other = cells.reproduced(Cells.read(folder, manifest(rnn="e" * 64)))
    assert "other weights" in other


def test_clouds_and_kinds_of_the_best_model(folder):
    found = Cells.read(folder, manifest())
    assert found.best == "lstm"
    clouds = cells.clouds(found)
    assert "verb, 75 %" in clouds
    assert "&lt;b&gt;" in clouds
    assert "<b>" not in clouds
    kinds_shown = cells.kinds(found)
    assert "modal or auxiliary" in kinds_shown
    assert "0.86" in kinds_shown
    assert "&lt;i&gt;must" in kinds_shown
    assert '<td class="rv-number">3 of 17</td>' in kinds_shown
    address = "#v1=d=speeches&amp;m=lstm&amp;g=block.frequent&amp;k=17&amp;q=0123456789abcdef&amp;t=8"
    shown = Cells.read(folder, manifest(lstm="c" * 64))
    assert f'<a href="../../explorer/{address}">3 of 17</a>' in cells.kinds(shown)
    assert "61.0\N{NO-BREAK SPACE}%" in cells.purity(found)


def test_without_results_every_part_says_so(tmp_path):
    found = Cells.read(tmp_path, {"datasets": []})
    for name, fragment in CELLS.items():
        assert re.search("The published data hold no|No table of results tells of", fragment(found)), name


def test_a_planted_kind_finds_its_cluster_and_chance_does_not():
    words = [
        "must",
        "shall",
        "will",
        "would",
        "n't",
        "may",
        *(f"noun{i}" for i in range(30)),
        "of",
        "in",
        "on",
        "at",
        "by",
    ]
    part = [PARTS.index("verb")] * 6 + [PARTS.index("noun")] * 30 + [PARTS.index("preposition")] * 5
    members = kinds(words, part)
    assert set(members) == {"modal or auxiliary", "noun", "preposition"}
    labels = np.array([2] * 6 + [0] * 28 + [1] * 2 + [1] * 5)
    found = homes({3: labels}, members)
    assert (found["modal or auxiliary"].cluster, found["modal or auxiliary"].f1) == (2, 1)
    assert found["preposition"].cluster == 1
    assert found["preposition"].of_kind == 1
    assert found["preposition"].of_cluster == pytest.approx(5 / 7)
    assert found["modal or auxiliary"].chance < 0.5


def test_a_kind_is_looked_for_among_every_number_of_clusters_and_so_is_chance():
    number = np.arange(60) < 6
    coarse = (np.arange(60) >= 20).astype(int)
    fine = np.where(number, 0, np.where(np.arange(60) < 20, 1, 2))
    member = {"number": number}
    only, both = homes({2: coarse}, member)["number"], homes({2: coarse, 3: fine}, member)["number"]
    assert (only.k, only.cluster, only.of_kind, only.of_cluster) == (2, 0, 1, 6 / 20)
    assert (both.k, both.cluster, both.f1) == (3, 0, 1)
    assert only.f1 < both.f1
    assert only.chance < both.chance < both.f1
    same = homes({3: fine, 4: fine}, member)["number"]
    assert (same.k, same.chance) == (3, homes({3: fine}, member)["number"].chance)
