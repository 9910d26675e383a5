"""The snippets of the guide, run as they stand on the page."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from click.testing import CliRunner
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

from rnnvis.cli import main
from rnnvis.published.files import read
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from rnnvis.recording.step_model import graphs
from tests import synthetic

SITE = Path(__file__).parents[2] / "site"
PAGE, OF_STATES = SITE / "your-model.md", SITE / "your-states.md"
CODE = re.compile(r"^(<!-- not run[^\n]*-->\n)?```(python|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def snippets(page: Path = PAGE, language: str = "python") -> list[str]:
    found = CODE.findall(page.read_text(encoding="utf-8"))
    return [code for skipped, of, code in found if of == language and not skipped]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """What the page's names stand for after all of its snippets, and the folder they were run in."""
    folder = tmp_path_factory.mktemp("guide")
    random = np.random.default_rng(0)
    names: dict[str, Any] = {
        "vocabulary": [f"word{i}" for i in range(40)],
        "sequences": [random.integers(0, 40, random.integers(2, 15)).tolist() for _ in range(120)],
        "labels": random.integers(0, 2, 120).tolist(),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        recordings: list[Any] = []
        for code in snippets():
            exec(compile(code, str(PAGE), "exec"), names)
            if not recordings or names["recording"] is not recordings[-1]:
                recordings.append(names["recording"])
        names["recordings"] = recordings
    return names, folder


def test_every_snippet_runs_and_publishes_whole_folders(ran: tuple[dict[str, Any], Path]) -> None:
    _, folder = ran
    assert len(snippets()) == 22
    for name in ("out", "translator"):
        assert verify(folder / name).problems == []
    manifest = read_manifest(folder / "translator")
    states = [(d["name"], [s["name"] for s in d["models"][0]["states"]]) for d in manifest["datasets"]]
    assert states == [
        ("sources", ["encoder.0.h", "encoder.0.c"]),
        ("sources, decoder", ["decoder.0.h", "decoder.0.c"]),
    ]
    for name in ("my-classifier.html", "everything.html"):
        assert "<rnnvis-explorer>" in (folder / name).read_text(encoding="utf-8")


def test_what_each_model_of_the_page_answers_is_known(ran: tuple[dict[str, Any], Path]) -> None:
    found = []
    for recording in ran[0]["recordings"]:
        read = [of for of in (recording, *recording.readings.values()) if of.answers is not None]
        assert len(read) <= 1
        found.append((recording.model_name, read[0].answers.means if read else None))
        if read:
            known = {"sequence": len(recording.tokens), "step": read[0].steps}[read[0].answers.per]
            ends = len(recording.tokens) if read[0].answers.means == "next word" else 0
            assert known - ends <= np.isfinite(read[0].answers.loss).sum() <= known
    assert found == [
        ("Classifier", "class"),
        ("LanguageModel", "next word"),
        ("LanguageModel", "next word"),
        ("Generator", None),  # it returns states, which are recorded anyhow
        ("Tagger", "tag"),
        ("Translator", "next word"),
        ("ModuleDict", "next word"),
        ("ThereAndBack", None),
        ("Speller", None),
        ("Classifier", "class"),
        ("LanguageModel", "next word"),
    ]


def test_the_lines_of_the_readme_run_as_they_stand(
    ran: tuple[dict[str, Any], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, opened = dict(ran[0]), []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("rnnvis.api.serve.Serving.wait", lambda running: running.stop())
    [code] = snippets(SITE.parent / "README.md")
    exec(compile(code, "README.md", "exec"), names)
    assert verify(tmp_path / "out").problems == []
    assert len(opened) == 1
    assert (tmp_path / "my-model.html").is_file()


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The same of the page on saved states, commands included."""
    folder = tmp_path_factory.mktemp("states")
    random = np.random.default_rng(1)
    sequences = [random.integers(0, 40, random.integers(2, 15)).tolist() for _ in range(120)]
    names: dict[str, Any] = {
        "vocabulary": [f"word{i}" for i in range(40)],
        "sequences": sequences,
        "states": np.tanh(random.normal(size=(sum(map(len, sequences)), 12))).astype(np.float32),
        "labels": random.integers(0, 2, 120).tolist(),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for skipped, language, code in CODE.findall(OF_STATES.read_text(encoding="utf-8")):
            if skipped:
                continue
            if language == "python":
                exec(compile(code, str(OF_STATES), "exec"), names)
            else:
                program, *arguments = shlex.split(code)
                assert program == "rnnvis"
                result = CliRunner().invoke(main, arguments)
                assert result.exit_code == 0, result.output
    return names, folder


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("numpy", ["lstm.0.h", "lstm.1.h"]),
        ("padded", ["padded.0.h"]),
        ("parquet", ["rnn.0.h"]),
        ("stream", ["gru.0.h"]),
        ("lstmvis", ["lstm.0.c", "lstm.0.h"]),
        ("python", ["lstm.0.h"]),
    ],
)
def test_every_import_of_the_page_publishes_the_same_numbers(
    imported: tuple[dict[str, Any], Path], name: str, states: list[str]
) -> None:
    names, folder = imported
    assert verify(folder / name).problems == []
    dataset = read_manifest(folder / name)["datasets"][0]
    found = {state["name"]: state for state in dataset["models"][0]["states"]}
    assert list(found) == states
    assert found[states[-1]]["measured"]["steps"] == len(names["states"])
    file = found[states[0]]["tables"]["units"]["files"][0]["path"]
    mean = pq.read_table(folder / name / file).column("mean").to_numpy()
    scale = 2 if states[0] == "lstm.0.c" else 1
    np.testing.assert_allclose(mean, scale * names["states"].mean(axis=0), rtol=1e-5, atol=1e-6)
    responses = names["recording"].responses["lstm.0.h"].mean
    table = pq.read_table(folder / name / found[states[0]]["tables"]["responses"]["files"][0]["path"])
    if name in ("numpy", "padded", "parquet"):
        words = pq.read_table(folder / name / dataset["tables"]["words"]["files"][0]["path"]).column("text").to_pylist()
        place = [names["vocabulary"].index(word) for word in words]
        np.testing.assert_allclose(np.stack(table.column("mean").to_numpy()), responses[place], rtol=1e-5, atol=1e-6)


class Detector(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.gru = nn.GRU(channels, 8, batch_first=True)
        self.out = nn.Linear(8, 2)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.out(self.gru(frames)[0][:, -1])


class Tagger(Detector):
    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.out(self.gru(frames)[0])


def test_the_snippets_on_signals_run_and_publish_whole_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    audio = [torch.rand(int(n), 40) for n in torch.randint(20, 60, (60,))]
    names: dict[str, Any] = {
        "acceleration": torch.randn(3000, 3),
        "stream": torch.randn(600, 3),
        "second_stream": torch.randn(480, 3),
        "detector": Detector(3),
        "tagger": Tagger(3),
        "listener": Detector(40),
        "loader": DataLoader(
            audio,  # type: ignore[arg-type]
            batch_size=8,
            collate_fn=lambda rows: (pad_sequence(rows, batch_first=True), torch.tensor([len(row) for row in rows])),
        ),
    }
    monkeypatch.chdir(tmp_path)
    page = PAGE.with_name("signals.md")
    seen = []
    for code in snippets(page):
        assert len([line for line in code.splitlines() if line.strip()]) <= 6
        exec(compile(code, str(page), "exec"), names)
        seen.append(names["recording"])
    assert [len(recording.tokens) for recording in seen] == [30, 60, 22, 22, 14, 30]
    assert names["drift"].drift.shape == (3, 8)
    assert seen[1].notes[0].startswith(f"No events are named: a codebook of {len(seen[1].words)} names each step")
    assert names["found"].value.shape == (8, 4)
    assert names["carried"].after.shape == (1, 19, 2)
    for name in ("detector", "listener"):
        assert verify(tmp_path / name).problems == []
        assert read_manifest(tmp_path / name)["datasets"][0]["models"][0]["states"][0]["k"]


@pytest.mark.parametrize("page", [PAGE, OF_STATES])
def test_a_snippet_is_short_enough_to_copy(page: Path) -> None:
    assert all(len([line for line in code.splitlines() if line.strip()]) < 30 for code in snippets(page))


def test_counts_are_those_of_the_text(ran: tuple[dict[str, Any], Path]) -> None:
    names, _ = ran
    count = names["spelled"].responses["cell.0.c"].count
    assert dict(zip(names["characters"], count.tolist(), strict=True)) == {
        c: "".join(names["text"]).count(c) for c in names["characters"]
    }


def _weights(folder: Path) -> list[list[list[float]]]:
    """Of each sequence the weights that every step pays, [T][T]; nothing before the first that pays any."""
    model = read_manifest(folder)["datasets"][0]["models"][0]
    rows = read("attention", [folder / file["path"] for file in model["tables"]["attention"]["files"]]).to_pylist()
    found: dict[int, list[list[float]]] = {}
    for row in rows:
        found.setdefault(row["sentence_id"], []).append(row["weight"])
    return [found[i] for i in sorted(found)]


def test_a_cell_of_ones_own_learns_and_publishes_its_attention(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = PAGE.with_name("your-own-cell.md")
    code = snippets(page)
    assert sum(len([line for line in part.splitlines() if line.strip()]) for part in code[:3]) < 80
    synthetic.publish(tmp_path / "site" / "explorer" / "data", units=8, words=80, sentences=2400)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for part in code:
        exec(compile(part, str(page), "exec"), names)
    assert verify(tmp_path / "mgu").problems == []
    model = read_manifest(tmp_path / "mgu")["datasets"][0]["models"][0]
    assert [state["name"] for state in model["states"]] == ["mgu.0.h"]
    assert graphs.missing() or (model["step_model"]["format"], model["no_step_model"]) == (3, None)
    rows = read("attention", [tmp_path / "mgu" / file["path"] for file in model["tables"]["attention"]["files"]])
    sums = [sum(weights) for weights in rows["weight"].to_pylist()]
    assert len(sums) == len(names["sequences"])
    np.testing.assert_allclose(sums, 1, atol=5e-3)
    assert float(names["loss"].detach()) < 0.6, "no better than guessing"
    found = []
    for pair, weighed in zip(names["pairs"], _weights(tmp_path / "reverser"), strict=True):
        length = pair.index(names["ARROW"])
        found += [int(np.argmax(weighed[length + i])) == length - 1 - i for i in range(length)]
    assert np.mean(found) > 0.8, "a letter is read where it stands"
    for story, weighed in zip(names["stories"][:20], _weights(tmp_path / "stories"), strict=False):
        words = [names["told"][i] for i in story]
        (first, second), thing = ([int(np.argmax(row)) for row in weighed[-2:]], words[-3])
        assert words[first - 4 : first][1:] == ["took", "the", thing]
        assert words[second - 5 : second - 2] == [words[first - 4], "went", "to"]
    assert set(names["matrices"].states) == {f"memory.0.M_{name}" for name in ("rows", "columns", "singular")}
