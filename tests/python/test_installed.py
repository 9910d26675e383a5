"""The commands of an installed wheel, in an empty folder whose name holds a space: no checkout, no Node, no network."""

from __future__ import annotations

import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from rnnvis.published import publishing, sizes
from tests.python import tiny
from tests.python.installing import ROOT, Installed, install, nothing
from tools.website.wheel import wheel_of


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel of this checkout."""
    return install(wheel_of(ROOT, tmp_path_factory.mktemp("dist")), tmp_path_factory.mktemp("venv") / "venv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "a folder"
    made.mkdir()
    return made


@contextmanager
def served(installed: Installed, folder: Path, *arguments: str) -> Iterator[str]:
    """The address that `rnnvis serve` (or another command) gives, while it runs."""
    command = [str(installed.python.with_name("rnnvis")), *arguments, "--port", "0"]
    process = subprocess.Popen(command, cwd=folder, env=nothing(folder), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        line = next(line for line in process.stdout if line.startswith("Serving "))
        yield line.split()[1]
    finally:
        process.terminate()
        process.communicate()


def get(address: str) -> str:
    with urllib.request.urlopen(address) as answer:
        return answer.read().decode()


def test_demo_trains_publishes_and_serves_the_recipe_that_is_there(installed: Installed, folder: Path) -> None:
    home = tiny.project(folder / "rnnvis-demo", cells=("gru",))
    (home / "datasets" / "tiny").rename(home / "datasets" / "reviews")
    own = home / "datasets" / "reviews" / "dataset.toml"
    own.write_text(own.read_text().replace('name = "tiny"', 'name = "reviews"'))
    before = own.read_bytes()
    said = installed.run(folder, "demo", "--no-serve")
    assert "differs from the recipe of this version, and is used as it is" in said
    assert "accuracy" in said
    assert own.read_bytes() == before
    copied = home / "datasets" / "reviews" / "README.md"
    assert copied.read_bytes() == (ROOT / "datasets" / "reviews" / "README.md").read_bytes()
    with served(installed, folder, "demo") as address:
        assert "<rnnvis-explorer" in get(address)
        assert '"Tiny reviews"' in get(f"{address}data/manifest.json")
    assert "all as the manifest says" in installed.run(home, "verify")


def test_demo_without_a_network_names_the_index_and_goes_on_later(installed: Installed, folder: Path) -> None:
    said = installed.run(folder, "demo", "--no-serve", "here", code=1)
    assert "the package index at http://127.0.0.1:9/simple cannot be used" in said
    recipe = folder / "here" / "datasets" / "reviews" / "dataset.toml"
    assert recipe.read_bytes() == (ROOT / "datasets" / "reviews" / "dataset.toml").read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["here"]


def test_every_stage_of_a_corpus_of_ones_own(installed: Installed, folder: Path) -> None:
    rows = [f"{text.replace(',', ' ')},{int(score > 0)}" for score, text in tiny.sentences(160, 3)]
    (folder / "films.csv").write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    run = installed.run
    assert "no dataset named" in run(folder, "train", "films", code=1)
    assert "text" in run(folder, "corpus", "inspect", "films.csv")
    assert "datasets/films" in run(folder, "corpus", "new", "films", "films.csv")
    run(folder, "train", "films")
    assert "rnnvis cluster films" in run(folder, "publish", "films", code=1) + run(folder, "ablate", "films", code=1)
    for stage in ("record", "cluster", "ablate"):
        run(folder, stage, "films")
    assert "neither a built site nor published data" in run(folder, "serve", code=1)
    said = run(folder, "publish", "films")
    data = folder / "site" / "explorer" / "data"
    held = sizes.of_folder(publishing.read_manifest(data), data)
    assert re.search(rf"Publishing [\d.]+ .B: .*states {held['states'] / 1e3:,.0f} kB", said)
    assert "all as the manifest says" in run(folder, "verify")
    run(folder, "tidy")
    with served(installed, folder, "serve") as address:
        assert "<rnnvis-explorer" in get(address)
        assert '"films"' in get(f"{address}data/manifest.json")


def test_saved_states_are_imported_and_served(installed: Installed, folder: Path) -> None:
    numbers = np.random.default_rng(0)
    np.save(folder / "some states.npy", numbers.normal(size=(120, 5)).astype(np.float32))
    lines = [" ".join(f"word{(7 * i + j) % 12}" for j in range(6)) for i in range(20)]
    (folder / "tokens.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    chosen = ["--method", "block", "--method", "spectral", "--largest-k", "4", "--states-megabytes", "1"]
    installed.run(folder, "import", "some states.npy", "--tokens", "tokens.txt", "--out", "what is out", *chosen)
    state = publishing.read_manifest(folder / "what is out")["datasets"][0]["models"][0]["states"][0]
    assert (state["methods"], state["k"]) == (["block", "spectral"], [2, 3, 4])
    with served(installed, folder, "serve", "what is out", "--prefix", "/here/") as address:
        assert address.endswith("/here/")
        assert "<rnnvis-explorer" in get(address)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("site",), "the site is built in a checkout of rnnvis, and this is none"),
        (("viewer",), "the viewer is built in a checkout of rnnvis, and this is none"),
        (("wheel",), "the wheel is built in a checkout of rnnvis, and this is none"),
    ],
)
def test_what_needs_a_checkout_says_so(installed: Installed, folder: Path, command: tuple[str, ...], said: str) -> None:
    assert said in installed.run(folder, *command, code=1)
