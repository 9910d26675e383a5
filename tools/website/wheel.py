"""Stage `wheel`: the package as one file that needs neither a checkout nor Node."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from rnnvis.recipes.keep.project import Project
from tools.website.notices import write_notices
from tools.website.site import build_viewer, run


def build_wheel(project: Project) -> Path:
    """The wheel in `build/dist/`, with the viewer and the licences of what the viewer holds."""
    build_viewer(project)
    write_notices(project.root / "viewer", project.root / "site" / "generated")
    return pack(project.root, project.build / "dist")


def pack(root: Path, target: Path) -> Path:
    """A wheel of the checkout `root` as it stands; wheels that are in `target` go."""
    shutil.rmtree(target, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    run([*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", str(target), "."], root, "the wheel was not built")
    return next(target.glob("rnnvis-*.whl"))
