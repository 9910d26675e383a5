"""The stage `features`: published beside the model's states, its table of results by hand, its card and its page."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from rnnvis.api.compared_features import Compared, compare
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.edits import nearest
from rnnvis.nets.pronouncer import LONGEST, spelled
from rnnvis.published import files
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from rnnvis.recipes.keep.project import Project
from rnnvis.recipes.keep.store import imported
from rnnvis.recipes.spoken import names
from rnnvis.recipes.steps.coded import ENCODER, coded_pronouncer, pairs
from rnnvis.recipes.steps.features import features_step, results_file
from rnnvis.recording.code import SparseCode
from rnnvis.text.kinds.pronunciations import pronounced
from tests.python import pronouncing
from tests.python.test_pipeline import inside
from tools.website.fragments import FEATURES

NAME = f"{ENCODER}.features"
WORDS = [a + b + c for c in ("nting", "tted", "sty") for a in "bcdfgklmnprst" for b in "aeiou"]
SHOWN, SEEDS = 40, (3, 1)
TABLE = "\n[features]\nlatents = 6\nk = 2\nsteps = 30\nseeds = [3, 1]\n"


def asking(root: Path, table: str = TABLE) -> Path:
    """A planted pronouncer whose card asks for features; a part of its 195 words is shown."""
    folder = pronouncing.project(root, WORDS) / "datasets" / "graphemes"
    text = (folder / "dataset.toml").read_text(encoding="utf-8").replace("= 50", f"= {SHOWN}")
    (folder / "dataset.toml").write_text(text, encoding="utf-8")
    with (folder / "g2p-en.toml").open("a", encoding="utf-8") as card:
        card.write(table)
    return root


@dataclass(frozen=True)
class Finished:
    project: Project
    compared: Compared
    judged: list  # the words that judge

    @property
    def table(self) -> dict:
        dataset = self.project.dataset("graphemes")
        return json.loads(results_file(dataset, dataset.ready["g2p-en"]).read_text(encoding="utf-8"))

    @property
    def model(self) -> dict:
        return read_manifest(self.project.data)["datasets"][0]["models"][0]

    def rows(self, state: dict, table: str):
        paths = [self.project.data / file["path"] for file in state["tables"][table]["files"]]
        return files.read(table, paths)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Finished:
    project = Project(asking(tmp_path_factory.mktemp("graphemes")))
    assert inside(project.root, "regenerate", "--quick", "--no-site", "graphemes").returncode == 0
    assert [s["name"] for s in read_manifest(project.data)["datasets"][0]["models"][0]["states"]] == [ENCODER]
    dataset = project.dataset("graphemes")
    card = dataset.ready["g2p-en"]
    features_step(project, dataset, card).run(project.build)
    assert inside(project.root, "publish", "graphemes").returncode == 0
    made_by = imported({of.__module__ for of in features_step(project, dataset, card).work})
    assert "rnnvis.recipes.steps.coded" in made_by, "what is measured is part of the stage's key"
    of = coded_pronouncer(project, dataset, card)
    words = pronounced(dataset.config, project.downloads)
    rest = [of for of in _all(project) if of.word not in {word.word for word in words}]
    return Finished(project, compare(of.trained, of.concepts, ENCODER, 6, 2, SEEDS, 30), rest[-(len(rest) // 4) :])


def _all(project: Project) -> list:
    config = project.dataset("graphemes").config
    return pronounced(replace(config, source=replace(config.source, most_sentences=0)), project.downloads)


def through(code: SparseCode, state: np.ndarray) -> np.ndarray:
    """What the code rebuilds of a state, by its formula."""
    active = np.maximum(0, code.encoder.astype(np.float64) @ (state - code.bias) + code.encoder_bias)
    z = np.where(active >= np.sort(active)[-code.k], active, 0)
    return code.decoder.T.astype(np.float64) @ z + code.bias


def test_the_features_are_one_more_state_of_the_published_model(finished):
    assert verify(finished.project.data).problems == []
    encoder, features = finished.model["states"]
    assert (features["name"], features["kind"], features["units"]) == (NAME, "features", 6)
    assert features["measured"] == encoder["measured"]
    assert features["published_sentences"] == encoder["published_sentences"]
    theirs, ours = (finished.rows(state, "responses") for state in (encoder, features))
    assert ours["count"].to_pylist() == theirs["count"].to_pylist()
    theirs, ours = (finished.rows(state, "states") for state in (encoder, features))
    ours = ours.filter(pc.greater_equal(ours["step"], 0))  # what the zero state is in features comes before
    assert ours.select(["sentence_id", "step"]).equals(theirs.select(["sentence_id", "step"]))
    code = finished.compared.codes[0]
    expected = code.latents(files.matrix(theirs["value"]).astype(np.float32))
    assert np.allclose(files.matrix(ours["value"]), expected, atol=2e-2)
    assert len(finished.rows(features, "unit_ablation")) >= 6
    steps = finished.rows(finished.model, "steps").to_pylist()
    assert all(row["surprise"] is None or len(row["surprise"]) == 2 for row in steps)
    assert any(row["surprise"] for row in steps)
    measures = {row["measure"]: row for row in finished.rows(features, "state_measures").to_pylist()}
    assert measures["features_kept"]["value"] == pytest.approx(finished.table["seeds"][0]["kept"], rel=1e-5)
    assert measures["features_dead"]["value"] == finished.table["seeds"][0]["dead"]
    assert measures["features_loss"]["value"] == pytest.approx(finished.table["seeds"][0]["rise"], rel=1e-4)
    assert measures["features_loss"]["standard_error"] == pytest.approx(
        finished.table["seeds"][0]["rise_error"], rel=1e-4
    )
    assert not [name for name in finished.model["states"][0] if name == "figures"]


def test_what_is_lost_by_the_reconstruction_is_what_the_formulas_lose(finished):
    of = {name: array.astype(np.float64) for name, array in pronouncing.arrays().items()}

    def read(word: str, code: SparseCode | None) -> np.ndarray:
        state = np.zeros(pronouncing.WIDTH)
        for letter in spelled(word):
            state = pronouncing.step(of, "enc", of["enc_emb"][letter], state)
            state = state if code is None else through(code, state)
        return state

    def said(state: np.ndarray, given: list[int] | None) -> tuple[list[int], list[float]]:
        """What is said from the state on, and −ln p of what is `given`, which is read then."""
        read, row, losses = pronouncing.START, [], []
        for t in range(LONGEST if given is None else len(given)):
            state = pronouncing.step(of, "dec", of["dec_emb"][read], state)
            scores = of["fc_w"] @ state + of["fc_b"]
            read = int(scores.argmax()) if given is None else given[t]
            row.append(read)
            losses.append(float(np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[read]))
            if read == pronouncing.END:
                break
        return row, losses

    def exact(rows: list[list[int]]) -> float:
        pairs = zip(rows, finished.judged, strict=True)
        return float(np.mean([nearest(names(np.array(row)), word.said)[0] == 0 for row, word in pairs]))

    whole = [read(word.word, None) for word in finished.judged]
    spoken = [said(state, None)[0] for state in whole]
    for number, (seed, code) in enumerate(zip(SEEDS, finished.compared.codes, strict=True)):
        row = finished.table["seeds"][number]
        assert (row["seed"], row["words"]) == (seed, len(finished.judged))
        rebuilt = [read(word.word, code) for word in finished.judged]
        before, after = (
            [loss for state, given in zip(states, spoken, strict=True) for loss in said(state, given)[1]]
            for states in (whole, rebuilt)
        )
        assert row["answers"] == len(before)
        assert row["loss"] == pytest.approx(np.mean(before), rel=1e-3)
        assert row["loss_rebuilt"] == pytest.approx(np.mean(after), rel=1e-3)
        assert row["rise"] == pytest.approx(np.mean(after) - np.mean(before), rel=1e-2)
        assert row["exact"] == pytest.approx(exact(spoken), rel=1e-4)
        assert row["exact_rebuilt"] == pytest.approx(exact([said(state, None)[0] for state in rebuilt]), abs=1e-4)


def test_the_table_holds_what_was_compared(finished):
    table, compared = finished.table, finished.compared
    assert [row["concept"] for row in table["concepts"]] == list(compared.concepts)
    assert "te" in compared.concepts
    for c, row in enumerate(table["concepts"]):
        assert row["features"] == pytest.approx(compared.features[:, c], rel=1e-5)
        assert row["units"] == pytest.approx(compared.units[:, c], rel=1e-5)
    assert [row["kept"] for row in table["seeds"]] == pytest.approx(compared.kept, rel=1e-5)
    mean, error = compared.means["difference"]
    assert table["means"]["difference"] == pytest.approx([mean, error], rel=1e-5)
    better = sum(np.mean(row["features"]) > np.mean(row["units"]) for row in table["concepts"])
    assert table["better"] == better


def test_pairs_are_those_that_a_hundredth_of_the_words_have():
    words = ["ab"] * 99 + ["xyab"]
    assert pairs(words)[0] == [None, "ab", None]
    assert pairs(words)[-1] == [None, "xy", "ya", "ab", None]
    assert pairs([*words, "ab"])[99] == [None, None, None, "ab", None]


def test_a_second_run_keeps_it_and_a_card_without_the_table_leaves_it_out(finished):
    card = finished.project.root / "datasets" / "graphemes" / "g2p-en.toml"
    text = card.read_text(encoding="utf-8")
    try:
        card.write_text(text.replace(TABLE, ""), encoding="utf-8")
        assert inside(finished.project.root, "regenerate", "--quick", "--no-site", "graphemes").returncode == 0
        assert [state["name"] for state in finished.model["states"]] == [ENCODER]
    finally:
        card.write_text(text, encoding="utf-8")
    done = inside(finished.project.root, "regenerate", "--quick", "--no-site", "graphemes")
    assert "to do" not in done.stderr
    assert [state["name"] for state in finished.model["states"]] == [ENCODER, NAME]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (TABLE.replace("k = 2", "k = 7"), '"features.k" is above'),
        (TABLE.replace("[3, 1]", "[]"), '"features.seeds" is empty'),
        (TABLE.replace("[3, 1]", "[3, 3]"), "twice"),
        (TABLE.replace("steps = 30", "steps = 0"), '"features.steps" is 0'),
        (TABLE.replace("latents = 6\n", ""), '"features.latents" is missing'),
    ],
)
def test_what_no_table_can_say_is_refused(tmp_path, table, said):
    with pytest.raises(RnnvisError) as refused:
        Project(asking(tmp_path, table)).dataset("graphemes")
    assert said in str(refused.value)


def test_where_all_words_are_shown_none_are_left(tmp_path):
    root = asking(tmp_path)
    path = root / "datasets" / "graphemes" / "dataset.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(f"= {SHOWN}", "= 194"), encoding="utf-8")
    project = Project(root)
    dataset = project.dataset("graphemes")
    with pytest.raises(RnnvisError, match="words that are not shown"):
        coded_pronouncer(project, dataset, dataset.ready["g2p-en"])


def test_the_page_reads_the_tables_and_says_what_is_absent(finished):
    table = finished.table
    written = {name: part({"pronouncer": table}) for name, part in FEATURES.items()}
    assert not any("&lt;" in part for part in written.values())
    assert ">te<" in written["features-pronouncer"]
    assert f"{100 * np.mean([row['kept'] for row in table['seeds']]):.1f} %" in written["features-kept"]
    assert f"{table['means']['features'][0]:.3f} ±" in written["features-compared"]
    assert "not made yet" in written["features-language"]
    assert "part of speech" in FEATURES["features-language"]({"language": table})
    for name, part in FEATURES.items():
        assert "%" not in part({})
        absent = {"features-exact": "", "features-language": "not made yet"}.get(
            name, "No table of results tells of features"
        )
        assert absent in part({})
