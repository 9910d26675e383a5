"""Stage `wheel`: the package as one file that needs neither a checkout nor Node, and its source distribution."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from rnnvis.recipes.keep.project import Project
from tools.website.notices import write_notices
from tools.website.viewer import build_viewer, run

_SDIST = "import sys; from setuptools.build_meta import build_sdist; build_sdist(sys.argv[1])"


def build_wheel(project: Project) -> tuple[Path, Path]:
    """Wheel and source distribution in `build/dist/`, with the viewer and the licences of what the viewer holds."""
    build_viewer(project)
    write_notices(project.root / "viewer", project.root / "site" / "generated")
    return pack(project.root, project.build / "dist")


def pack(root: Path, target: Path) -> tuple[Path, Path]:
    """A source distribution of the checkout `root` as it stands, and the wheel that is built from it alone.

    Whatever was in `target` goes.
    """
    shutil.rmtree(target, ignore_errors=True)
    run([sys.executable, "-c", _SDIST, str(target)], root, "the source distribution was not built")
    sources = next(target.glob("rnnvis-*.tar.gz"))
    return wheel_of(sources, target), sources


def wheel_of(sources: Path, target: Path) -> Path:
    """The wheel in `target` that pip builds from `sources`: a checkout or a source distribution."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-index"]
    arguments = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(target), str(sources)]
    target.mkdir(parents=True, exist_ok=True)
    run([*pip, *arguments], target, "the wheel was not built")
    return next(target.glob("rnnvis-*.whl"))
