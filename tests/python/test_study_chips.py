"""The case study of a chip that is switched off: chosen on training text, and judged as stepping by hand judges."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from rnnvis.config import ChipStudy, WordKind
from rnnvis.errors import RnnvisError
from rnnvis.nets import SentenceClassifier
from rnnvis.nets.evaluation import labelled
from rnnvis.published.publishing import read_manifest
from rnnvis.recipes.keep.project import Project
from rnnvis.recipes.steps.chips import chip_steps
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.study import chips
from rnnvis.recording.holding import Hold
from rnnvis.recording.step_model.model import StepModel
from rnnvis.text import Corpus
from tests.python import tiny
from tests.python.test_pipeline import inside
from tools.website.chip_walk import chip_walk, with_twin, without_chip
from tools.website.chips import ChipCase
from tools.website.published import Published

STUDY = ChipStudy("gru", (0,), (WordKind("blame", tuple(tiny.BLAME)), WordKind("none", ("zzz",))), "but")
CHIPS = f"""
[chips]
model = "gru"
seeds = [0, 1, 2]
word = "but"
[[chips.kind]]
name = "negation"
words = {json.dumps(tiny.BLAME)}
"""


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> Corpus:
    project = Project(tiny.project(tmp_path_factory.mktemp("tiny")))
    return load_corpus(corpus_step(project, project.dataset("tiny")).run(project.build))


@pytest.fixture(scope="module")
def model(text) -> SentenceClassifier:
    torch.manual_seed(3)
    made = SentenceClassifier(len(text.vocabulary), 6, 8, "gru")
    with torch.no_grad():
        made.embedding.weight *= 3
        made.head.weight *= 8
    return made.eval()


@pytest.fixture(scope="module")
def measure(text, tmp_path_factory):
    project = Project(tiny.project(tmp_path_factory.mktemp("measure")))
    return project.dataset("tiny").config.measure


@pytest.fixture(scope="module")
def row(model, text, measure):
    return chips.study_row(model, text, measure, STUDY)


def stepped(model: SentenceClassifier, tokens: np.ndarray, held=None, at=None) -> tuple[float, np.ndarray]:
    """Log-odds at the end and the states, by a cell in double precision; `held` (units, values) after each step, or
    after step `at` alone."""
    cell = nn.GRUCell(6, 8).double()
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(cell, name).data = getattr(model.rnn, f"{name}_l0").data.double()
    states = []
    with torch.no_grad():
        h = torch.zeros(1, 8, dtype=torch.float64)
        for t, token in enumerate(tokens.tolist()):
            h = cell(model.embedding.weight[token : token + 1].double(), h)
            if held is not None and at in (None, t):
                h[0, held[0]] = torch.as_tensor(held[1], dtype=torch.float64)
            states.append(h[0].numpy().copy())
        z = model.head.weight.double() @ h[0] + model.head.bias.double()
    return float(z[1] - z[0]), np.array(states)


def test_the_chip_is_the_one_that_answers_most_beside_its_errors():
    mean = np.zeros((4, 6), np.float32)
    error = np.full((4, 6), 0.5, np.float32)
    mean[1, 2:4] = 3.0, -2.0  # by six and four errors
    mean[1, 4:6], error[1, 4:6] = 5.0, 5.0  # further, but by a single error
    mean[2, :] = 9.0
    responses = SimpleNamespace(count=np.array([9, 5, 1, 7]), mean=mean, standard_error=error)
    groups = [np.arange(0, 2), np.arange(2, 4), np.arange(4, 6)]
    found = chips.chosen_chip(responses, groups, [1, 2])
    assert found.units.tolist() == [2, 3]
    assert found.words == (1,)  # one use says nothing
    assert found.strength == pytest.approx(np.sqrt((36 + 16) / 2))
    assert found.next == pytest.approx(1)
    assert chips.chosen_chip(responses, groups, [2]) is None


def test_verdicts_without_a_chip_are_those_of_stepping_by_hand(row, model, text):
    assert list(row["kinds"]) == ["blame"]
    of = row["kinds"]["blame"]
    units = np.array(of["units"])
    assert 0 < len(units) < 8
    test = labelled(text, "test")
    assert len(test) > 20
    before = np.array([stepped(model, text.tokens[i])[0] for i in test])
    zeros = units, np.zeros(len(units))
    after = np.array([stepped(model, text.tokens[i], zeros)[0] for i in test])
    groups = chips.random_groups(8, len(units))
    assert len(groups) >= 20
    random = np.array([[stepped(model, text.tokens[i], (g, np.zeros(len(g))))[0] for i in test] for g in groups])
    assert ((before > 0) != (after > 0)).any()
    flipped = {text.key[i]: n for n, i in enumerate(test) if (before[n] > 0) != (after[n] > 0)}
    assert {of["key"] for of in of["flips"]} == set(flipped)
    for said in of["flips"]:
        n = flipped[said["key"]]
        assert said["before"] == pytest.approx(before[n], abs=1e-3)
        assert said["after"] == pytest.approx(after[n], abs=1e-3)
        assert said["random"] == pytest.approx(np.mean([(r[n] > 0) != (before[n] > 0) for r in random]), rel=1e-4)
    words = {text.vocabulary.index(word) for word in of["words"]}
    inside = np.array([bool(words & set(text.tokens[i].tolist())) for i in test])
    label = text.label[test]
    for part, rows in (("inside", inside), ("outside", ~inside), ("all", inside | ~inside)):
        said = of["holds"]["zero"][part]
        assert said["sentences"] == rows.sum() > 0
        turned = (before > 0) != (after > 0)
        right = (before > 0) == (label == 1)
        assert said["flips"] == pytest.approx(turned[rows].mean(), rel=1e-4)
        assert said["to_wrong"] == pytest.approx((turned & right)[rows].mean(), rel=1e-4)
        assert said["to_right"] == pytest.approx((turned & ~right)[rows].mean(), rel=1e-4)
        p = [1 / (1 + np.exp(-np.where(label == 1, odds, -odds))) for odds in (before, after)]
        assert said["loss"] == pytest.approx(np.log(p[0] / p[1])[rows].mean(), abs=1e-3)
        by_chance = np.array([((r > 0) != (before > 0))[rows].mean() for r in random])
        expected = [by_chance.mean(), by_chance.std(ddof=1), by_chance.max()]
        assert said["random"]["flips"] == pytest.approx(expected, rel=1e-3)
        assert said["groups_below"] == (by_chance < turned[rows].mean()).sum()


def test_at_its_mean_a_unit_is_held_at_that_of_the_training_sentences(row, model, text):
    units = np.array(row["kinds"]["blame"]["units"])
    train = np.concatenate([stepped(model, text.tokens[i])[1] for i in text.indices("train")])
    test = labelled(text, "test")
    held = units, train.mean(axis=0)[units]
    turned = [(stepped(model, text.tokens[i])[0] > 0) != (stepped(model, text.tokens[i], held)[0] > 0) for i in test]
    assert row["kinds"]["blame"]["holds"]["mean"]["all"]["flips"] == pytest.approx(np.mean(turned), rel=1e-4)


def test_no_test_sentence_takes_part_in_the_choice(row, model, text, measure):
    swapped = [
        tokens[::-1] if split == "test" else tokens for tokens, split in zip(text.tokens, text.split, strict=True)
    ]
    other = chips.study_row(model, dataclasses.replace(text, tokens=swapped), measure, STUDY)["kinds"]["blame"]
    mine = row["kinds"]["blame"]
    assert (other["units"], other["strength"]) == (mine["units"], mine["strength"])
    assert other["flips"] != mine["flips"]


def test_states_carried_over_are_those_of_stepping_by_hand(row, model, text):
    assert len(row["carried"]) == 4  # two orders, before the word and after it
    for run in row["carried"]:
        into, of = (text.tokens[text.key.index(run[side])] for side in ("into", "of"))
        assert sorted(into) == sorted(of)
        word = text.vocabulary.index("but")
        back = run["place"] == "before"
        assert into[run["step"] + back] == of[run["from_step"] + back] == word
        (before, _), (wanted, there) = stepped(model, into), stepped(model, of)
        everything = np.arange(8), there[run["from_step"]]
        units = np.array(row["kinds"]["blame"]["units"])
        whole = stepped(model, into, everything, run["step"])[0]
        alone = stepped(model, into, (units, there[run["from_step"]][units]), run["step"])[0]
        ended = [
            stepped(model, tokens[: step + 1])[0] for tokens, step in ((into, run["step"]), (of, run["from_step"]))
        ]
        said = [run[name] for name in ("before", "wanted", "whole", "here", "there")]
        assert said == pytest.approx([before, wanted, whole, *ended], abs=1e-3)
        assert run["chips"]["blame"]["after"] == pytest.approx(alone, abs=1e-3)
        groups = chips.random_groups(8, len(units))
        random = [stepped(model, into, (g, there[run["from_step"]][g]), run["step"])[0] for g in groups]
        assert run["chips"]["blame"]["random"] == pytest.approx([np.mean(random), np.std(random, ddof=1)], abs=1e-3)
    assert any(abs(run["whole"] - run["before"]) > 0.05 for run in row["carried"])


def test_sentences_are_told_that_flip_in_half_of_the_trainings():
    def flip(key, before, after, inside=True):
        return {"key": key, "inside": inside, "before": before, "after": after, "random": 0.5}

    runs = [
        [flip("a", 1.0, -1.0), flip("b", 0.1, -0.1), flip("d", 5.0, -5.0, inside=False)],
        [flip("b", 0.3, -0.3), flip("d", 5.0, -5.0, inside=False)],
        [flip("a", 2.0, -3.0), flip("c", 1.0, -9.0)],
        [flip("b", 0.2, -0.2)],
    ]
    found = chips.flipping(runs)
    assert [(row["key"], row["runs"]) for row in found] == [("b", 3), ("a", 2)]
    assert (found[1]["before"], found[1]["after"]) == (1.5, -2)


def test_the_command_writes_the_table_and_the_page_shows_the_published_model(tmp_path):
    root = tiny.project(tmp_path, cells=("gru",))
    config = root / "datasets" / "tiny" / "dataset.toml"
    config.write_text(config.read_text() + CHIPS)
    planned = inside(root, "regenerate", "--quick", "--dry-run").stderr
    assert "chips" not in planned
    assert "seed1" not in planned
    assert inside(root, "regenerate", "--dry-run").stderr.count("chips") == 4
    done = inside(root, "results", "tiny")
    assert done.returncode == 0, done.stderr
    file = root / "datasets" / "tiny" / "results" / "chips.json"
    table = json.loads(file.read_text())
    assert [row["seed"] for row in table["seeds"]] == [0, 1, 2]
    assert len({row["sha256"] for row in table["seeds"]}) == 3
    again = inside(root, "results", "tiny")
    assert again.returncode == 0
    assert json.loads(file.read_text()) == table
    (tmp_path / "reviews" / "results").mkdir(parents=True)
    (tmp_path / "reviews" / "results" / "chips.json").write_text(file.read_text())
    assert inside(root, "regenerate", "--quick", "--no-site").returncode == 0
    published = Published(root / "site" / "explorer" / "data")
    entry = read_manifest(published.folder)["datasets"][0]["models"][0]
    assert entry["provenance"]["sha256"] == table["seeds"][0]["sha256"]
    case = ChipCase.read(tmp_path, published)
    _check_walk(case, table)


def _check_walk(case: ChipCase, table: dict) -> None:
    entry = case.published.model["step_model"]
    model = StepModel.load(case.published.folder / entry["path"])
    twins = with_twin(case, model)
    assert len(twins) == 2
    for read, run in zip(twins, [run for run in table["seeds"][0]["carried"] if run["place"] == "at"], strict=True):
        assert np.log(read.p / (1 - read.p)) == pytest.approx(run["before"], abs=1e-3)
        assert np.log(read.p_held / (1 - read.p_held)) == pytest.approx(run["whole"], abs=1e-3)
        assert read.held == f"with:rnn.0.h,from.{run['from_step']}.{run['of']},0-7,{run['step']}:{run['into']}"
    turned = without_chip(case, model)
    if turned:
        kind, read = turned
        held = zeroed(table["seeds"][0]["kinds"][kind]["units"])
        assert read.key in {row["key"] for row in table["sentences"][kind]}
        assert (read.p > 0.5) != (read.p_held > 0.5)
        assert read.p_held == pytest.approx(np.exp(model.run(read.tokens, [held]).answers[-1, 1]))
    shown = chip_walk(case)
    assert shown.count("data-stop") == 2 + 2 * (turned is not None)
    assert f'data-sentence2="{twins[0].held}"' in shown


def zeroed(units: list[int]) -> Hold:
    return Hold("rnn.0.h", np.array(units), np.zeros(len(units)))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('model = "gru"', '"chips.model" is "lm"'),
        ("seeds = [0, 1, 2]", '"chips.seeds" holds 1 twice'),
        ('name = "negation"', "words"),
    ],
)
def test_a_study_that_cannot_be_is_refused_by_its_key(tmp_path, wrong, said):
    changed = {
        'model = "gru"': 'model = "lm"',
        "seeds = [0, 1, 2]": "seeds = [1, 1]",
        'name = "negation"': 'name = "negation"\nwords = []\n[[chips.kind]]\nname = "other"',
    }
    root = tiny.project(tmp_path, cells=("gru",))
    config = root / "datasets" / "tiny" / "dataset.toml"
    config.write_text(config.read_text() + CHIPS.replace(wrong, changed[wrong]))
    with pytest.raises(RnnvisError) as refused:
        Project(root).dataset("tiny")
    assert said in str(refused.value)
    assert str(config) in str(refused.value)


def test_more_than_two_classes_are_refused(model, text, measure):
    with pytest.raises(RnnvisError, match="3 classes"):
        chips.study_row(model, dataclasses.replace(text, labels=("a", "b", "c")), measure, STUDY)


def test_a_dataset_without_a_study_has_no_steps(tmp_path):
    project = Project(tiny.project(tmp_path, cells=("gru",)))
    assert chip_steps(project, project.dataset("tiny")) == []
    done = inside(Path(tmp_path), "results", "tiny")
    assert done.returncode == 1
    assert "no language model and no study of chips" in done.stderr
