"""The wheel in an environment of its own: a model recorded, published, and served with the viewer, without Node."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tools.website.wheel import pack

ROOT = Path(__file__).parents[2]
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
print(rnnvis.__file__)
"""


def installed(wheel: Path, folder: Path) -> Path:
    """The Python of a fresh environment with the wheel; what it depends on is taken from here."""
    home = folder / "venv"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    packages = next(home.glob("lib/python*/site-packages"))
    (packages / "here.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


def run(python: Path, code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    nothing = {"PATH": "/nowhere", "HOME": str(folder), "OMP_NUM_THREADS": "1"}
    return subprocess.run([str(python), "-c", code], cwd=folder, env=nothing, capture_output=True, text=True)


def test_the_wheel_brings_the_viewer(tmp_path: Path) -> None:
    wheel = pack(ROOT, tmp_path / "dist")
    python = installed(wheel, tmp_path)
    done = run(python, RECORD_AND_SERVE, tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[-1]).is_relative_to(tmp_path)


def test_a_wheel_without_the_viewer_says_so(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    shutil.copytree(
        ROOT / "pipeline", checkout / "pipeline", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    python = installed(pack(checkout, tmp_path / "dist"), tmp_path)
    done = run(python, "from rnnvis.api.serve import app; app()", tmp_path)
    assert done.returncode == 1
    assert "installed without its viewer" in done.stderr
    assert "make wheel" in done.stderr


@pytest.fixture(autouse=True)
def _viewer_is_built() -> None:
    built = ROOT / "site" / "explorer" / "app" / "rnnvis-explorer.js"
    assert built.is_file(), "run `make demo-build` first, as `make test` does"
