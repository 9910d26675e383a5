"""What pyproject.toml cannot say: the built viewer goes into the wheel."""

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


class BuildWithViewer(build_py):
    """Copies the viewer of the checkout into the package, with the licences of what it holds."""

    def run(self) -> None:
        """Start from nothing, so that no file of an earlier build slips in."""
        package = Path(self.build_lib) / "rnnvis"
        if not self.editable_mode:
            shutil.rmtree(package, ignore_errors=True)
        super().run()
        if self.editable_mode:
            return
        if (VIEWER / "rnnvis-explorer.js").is_file() and NOTICES.is_file():
            shutil.copytree(VIEWER, package / "app")
            shutil.copyfile(NOTICES, package / "app" / "NOTICES.md")
        else:
            say("the viewer is not built: this wheel has none, and rnnvis.serve will fail; `make wheel` builds both")


class SourcesWithoutViewer(sdist):
    """Says what is not in a source distribution."""

    def run(self) -> None:
        """The viewer is built by Node, in a checkout."""
        super().run()
        say("a source distribution has no viewer, and wheels built from it have none: `make wheel` builds one that has")


def say(text: str) -> None:
    """On the terminal too: build front ends hide warnings."""
    warnings.warn(text, stacklevel=2)
    print(f"rnnvis: {text}", file=sys.stderr)


setup(cmdclass={"build_py": BuildWithViewer, "sdist": SourcesWithoutViewer})
