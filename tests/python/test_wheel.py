"""The wheel and the source distribution: what is in them, what is said where the viewer is missing, one version."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

import rnnvis
from tests.python.installing import ROOT, Installed, install
from tools.website.wheel import pack, wheel_of

RECORD_AND_SERVE = """
import sys, urllib.request
import torch, rnnvis

model = torch.nn.Sequential(torch.nn.Embedding(12, 4), torch.nn.GRU(4, 6, batch_first=True))
recording = rnnvis.record(model, [[i % 12, 3, 7, (2 * i) % 12] for i in range(60)], [f"word{i}" for i in range(12)])
recording.publish("out/")
with rnnvis.serve("out/") as running:
    get = lambda path: urllib.request.urlopen(running.url + path).read()
    page = get("").decode()
    assert "<rnnvis-explorer" in page and 'src="app/rnnvis-explorer.js"' in page
    assert b"customElements" in get("app/rnnvis-explorer.js")
    assert get("app/duckdb/duckdb-eh.wasm")[:4] == b"\\0asm"
    assert get("app/duckdb/extensions/v1.3.2/wasm_eh/parquet.duckdb_extension.wasm")[:4] == b"\\0asm"
    assert b"MIT" in get("app/NOTICES.md")
    assert b'"gru"' not in get("data/manifest.json") and b'"GRU"' in get("data/manifest.json")
with rnnvis.serve("out/", prefix="/below/it/") as running:
    assert running.url.endswith("/below/it/")
    assert b"customElements" in get("app/rnnvis-explorer.js")
    assert b'"GRU"' in get("data/manifest.json")
print(rnnvis.__file__)
"""


@pytest.fixture(scope="module", autouse=True)
def _viewer_is_built() -> None:
    built = ROOT / "site" / "explorer" / "app" / "rnnvis-explorer.js"
    assert built.is_file(), "run `make demo-build` first, as `make test` does"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Wheel and source distribution of this checkout."""
    return pack(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Wheel and source distribution of a checkout in which the viewer was never built."""
    checkout = tmp_path_factory.mktemp("bare") / "checkout"
    checkout.mkdir()
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    left_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "pipeline", checkout / "pipeline", ignore=left_out)
    shutil.copytree(ROOT / "datasets" / "reviews", checkout / "datasets" / "reviews")
    (checkout / "datasets" / "reviews" / "data").mkdir()
    (checkout / "datasets" / "reviews" / "data" / "films.csv").write_text("text,label\nsecret,1\n", encoding="utf-8")
    return pack(checkout, checkout.parent / "dist")


def test_the_wheel_brings_the_viewer(built: tuple[Path, Path], tmp_path: Path) -> None:
    installed = install(built[0], tmp_path / "venv")
    done = installed.call(tmp_path, str(installed.python), "-c", RECORD_AND_SERVE)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[-1]).is_relative_to(tmp_path)


def test_the_source_distribution_builds_the_wheel_of_the_checkout(built: tuple[Path, Path], tmp_path: Path) -> None:
    from_sources, from_checkout = record(built[0]), record(wheel_of(ROOT, tmp_path / "checkout"))
    assert "rnnvis/app/rnnvis-explorer.js" in from_sources
    assert from_sources == from_checkout


def test_the_wheel_holds_types_and_the_recipe_of_the_demo(built: tuple[Path, Path]) -> None:
    recipe = ROOT / "datasets" / "reviews"
    with zipfile.ZipFile(built[0]) as wheel:
        assert "rnnvis/py.typed" in wheel.namelist()
        for name in ("dataset.toml", "gru.toml", "README.md"):
            assert wheel.read(f"rnnvis/recipes/reviews/{name}") == (recipe / name).read_bytes()


def test_what_a_source_distribution_without_a_viewer_says(bare: tuple[Path, Path], tmp_path: Path) -> None:
    installed: Installed = install(bare[0], tmp_path / "venv")
    done = installed.call(tmp_path, str(installed.python), "-c", "from rnnvis.api.serve import app; app()")
    assert done.returncode == 1
    assert "installed without its viewer" in done.stderr
    assert "make wheel" in done.stderr
    said = installed.run(tmp_path, "demo", code=1)
    assert "installed without its viewer" in said
    assert not (tmp_path / "rnnvis-demo").exists(), "it is refused before anything is fetched"


def test_building_without_a_viewer_names_node(bare: tuple[Path, Path], tmp_path: Path) -> None:
    with tarfile.open(bare[1]) as archive:
        archive.extractall(tmp_path, filter="data")
    for kind, what in (("sdist", "source distribution"), ("wheel", "wheel")):
        build = f"from setuptools import build_meta; build_meta.build_{kind}({str(tmp_path)!r})"
        command = [sys.executable, "-c", build]
        done = subprocess.run(
            command, cwd=tmp_path / f"rnnvis-{rnnvis.__version__}", capture_output=True, text=True, check=True
        )
        assert f"the viewer is not built: this {what} has none" in done.stderr
        assert "Node 20.19" in done.stderr


def test_the_version_stands_in_one_place(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as wheel:
        metadata = wheel.read(f"rnnvis-{rnnvis.__version__}.dist-info/METADATA").decode()
    assert f"\nVersion: {rnnvis.__version__}\n" in metadata
    assert "version" not in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in json.loads((ROOT / "viewer" / "package.json").read_text(encoding="utf-8"))
    assert "version" not in yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest
    assert newest[1].rstrip(",") == rnnvis.__version__


@pytest.mark.parametrize(
    ("remote", "source"),
    [
        ("https://github.com/somebody/rnnvis.git", "https://github.com/somebody/rnnvis"),
        ("https://x-token:s3cret@github.com/somebody/rnnvis", "https://github.com/somebody/rnnvis"),
        ("git@codeberg.org:some.body/rnn-vis.git", "https://codeberg.org/some.body/rnn-vis"),
        ("https://git.company.example/somebody/rnnvis.git", None),
        ("https://github.com.example/somebody/rnnvis", None),
        ("/home/somebody/rnnvis", None),
        (None, None),
    ],
)
def test_the_sources_are_where_the_checkout_came_from_or_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remote: str | None, source: str | None
) -> None:
    """A checkout inside that of another project takes no address from there, nor from a build service."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "another/project")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "remote", "add", "origin", "https://github.com/another/project")
    checkout = tmp_path / "rnnvis"
    (checkout / "pipeline" / "rnnvis").mkdir(parents=True)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "pipeline/rnnvis/version.py"):
        shutil.copy(ROOT / name, checkout / name)
    (checkout / "pipeline" / "rnnvis" / "__init__.py").touch()
    if remote:
        git(checkout, "init", "--quiet")
        git(checkout, "remote", "add", "origin", remote)
    wanted = [f"Source, {source}", f"Issues, {source}/issues"] if source else []
    assert urls(checkout) == wanted
    shutil.copy(checkout / "metadata" / f"rnnvis-{rnnvis.__version__}.dist-info" / "METADATA", checkout / "PKG-INFO")
    shutil.rmtree(checkout / ".git", ignore_errors=True)
    assert urls(checkout) == wanted, "a source distribution says what it was built with"


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True)


def urls(checkout: Path) -> list[str]:
    """The addresses in the metadata that a build in `checkout` writes."""
    folder = checkout / "metadata"
    folder.mkdir(exist_ok=True)
    build = f"from setuptools import build_meta; build_meta.prepare_metadata_for_build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=checkout, capture_output=True, check=True)
    (path,) = folder.glob("*.dist-info/METADATA")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("Project-URL: ") for line in lines if line.startswith("Project-URL: ")]


def test_text_of_a_dataset_never_goes_into_a_source_distribution(
    bare: tuple[Path, Path], built: tuple[Path, Path]
) -> None:
    for sources in (bare[1], built[1]):
        with tarfile.open(sources) as archive:
            names = [name.partition("/")[2] for name in archive.getnames()]
        assert "datasets/reviews/dataset.toml" in names
        assert not [name for name in names if re.match(r"datasets/\w+/data/|site/explorer/data|build/", name)]


def record(wheel: Path) -> dict[str, str]:
    """The hash of every file in `wheel`, as it says itself."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
        lines = archive.read(name).decode().splitlines()
    return {path: digest for path, digest, _ in (line.rsplit(",", 2) for line in lines)}
