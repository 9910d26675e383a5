"""What pyproject.toml cannot say: the built viewer and the recipe of `rnnvis demo` go into the wheel, and who has the
sources says where they are."""

from __future__ import annotations

import email
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent
VIEWER, NOTICES = ROOT / "site" / "explorer" / "app", ROOT / "site" / "generated" / "notices.md"
RECIPE = ROOT / "datasets" / "reviews"
FORGE = re.compile(  # with a name or a token before the host, which go no further
    r"(?:https://(?:[^@/\s]*@)?|ssh://git@|git@)(?P<host>github\.com|gitlab\.com|codeberg\.org)[/:]"
    r"(?P<path>[\w.-]+/[\w.-]+?)(?:\.git)?/?"
)
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


def project_urls() -> dict[str, str]:
    """Where this project is at home: in a source distribution what it says itself, in a checkout the remote "origin".

    A remote elsewhere than on a public forge, and a folder without one, give no addresses: none is better than a wrong
    one. What a build service says of the repository that it works on is not asked: that may be another one.
    """
    if (said := ROOT / "PKG-INFO").is_file():
        given = email.message_from_string(said.read_text(encoding="utf-8")).get_all("Project-URL", [])
        return dict(url.split(", ", 1) for url in given)
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return {}
    asked = [git, "-C", str(ROOT), "remote", "get-url", "origin"]
    remote = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    if not (found := FORGE.fullmatch(remote)):
        return {}
    source = f"https://{found['host']}/{found['path']}"
    return {"Source": source, "Issues": f"{source}/issues"}


setup(cmdclass={"build_py": BuildWithViewer, "sdist": SourcesWithViewer}, project_urls=project_urls())
