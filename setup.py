"""What pyproject.toml cannot say: the built viewer and the recipe of `rnnvis demo` go into the wheel."""

from __future__ import annotations

import shutil
import sys
import warnings
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent
VIEWER, NOTICES = ROOT / "site" / "explorer" / "app", ROOT / "site" / "generated" / "notices.md"
RECIPE = ROOT / "datasets" / "reviews"
WITHOUT = (
    "the viewer is not built: this {} has none, and rnnvis.serve will fail; `make wheel` in a checkout builds it, "
    "with Node 20.19 or newer"
)


class BuildWithViewer(build_py):
    """Copies into the package what lies beside it in the checkout or the source distribution."""

    def run(self) -> None:
        """Start from nothing, so that no file of an earlier build slips in."""
        package = Path(self.build_lib) / "rnnvis"
        if not self.editable_mode:
            shutil.rmtree(package, ignore_errors=True)
        super().run()
        if self.editable_mode:
            return
        recipe = package / "recipes" / RECIPE.name
        recipe.mkdir()
        for path in (*RECIPE.glob("*.toml"), RECIPE / "README.md"):
            shutil.copyfile(path, recipe / path.name)
        if viewer_is_built():
            shutil.copytree(VIEWER, package / "app")
            shutil.copyfile(NOTICES, package / "app" / "NOTICES.md")
        else:
            say(WITHOUT.format("wheel"))


class SourcesWithViewer(sdist):
    """MANIFEST.in takes the built viewer along; this says where there is none."""

    def run(self) -> None:
        """A source distribution without a viewer builds wheels without one."""
        super().run()
        if not viewer_is_built():
            say(WITHOUT.format("source distribution"))


def viewer_is_built() -> bool:
    """Whether the viewer and the licences of what it holds lie here."""
    return (VIEWER / "rnnvis-explorer.js").is_file() and NOTICES.is_file()


def say(text: str) -> None:
    """On the terminal too: build front ends hide warnings."""
    warnings.warn(text, stacklevel=2)
    print(f"rnnvis: {text}", file=sys.stderr)


setup(cmdclass={"build_py": BuildWithViewer, "sdist": SourcesWithViewer})
