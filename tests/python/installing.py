"""The wheel and the source distribution of this checkout, built once, and installed where nothing else of it is."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installed:
    """A Python of its own that has the wheel; what rnnvis depends on is taken from the Python that runs the tests."""

    python: Path

    def run(self, folder: Path, *arguments: str, code: int = 0) -> str:
        """What `rnnvis` with `arguments` prints in `folder`, on one line; it has to end with the status `code`."""
        done = self.call(folder, str(self.python.with_name("rnnvis")), *arguments)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return " ".join((done.stdout + done.stderr).split())

    def call(self, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
        """Run `command` in `folder` with an environment in which there is no Node, no pip and no checkout."""
        return subprocess.run(command, cwd=folder, env=nothing(folder), capture_output=True, text=True, check=False)


def nothing(home: Path) -> dict[str, str]:
    """An environment that leads to no program and to no other package index than one that refuses."""
    return {
        "PATH": "/nowhere",
        "HOME": str(home),
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "200",
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    }


def install(wheel: Path, home: Path) -> Installed:
    """A fresh environment in the folder `home` with `wheel` alone."""
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", str(wheel)], check=True
    )
    packages = next(home.glob("lib/python*/site-packages"))
    (packages / "here.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Installed(python)
