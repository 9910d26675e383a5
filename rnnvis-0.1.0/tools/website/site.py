"""Stage `site`: viewer, generated pages and notices, MkDocs; the result stands in `build/site/`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from rnnvis.errors import RnnvisError
from rnnvis.progress import say
from rnnvis.published.verify import strays
from rnnvis.recipes.keep.project import Project
from rnnvis.recipes.website import built_site
from tools.website.fragments import write_fragments
from tools.website.katex import copy_katex
from tools.website.notices import write_notices
from tools.website.policy import write_policies
from tools.website.preload import write_preloads
from tools.website.viewer import build_viewer, run


def build_site(project: Project) -> Path:
    """Build everything that a static host needs; returns the folder. Parts whose inputs are unchanged are kept."""
    build_viewer(project)
    generated = project.root / "site" / "generated"
    write_fragments(project.data, generated, project.root / "datasets")
    write_notices(project.root / "viewer", generated)
    copy_katex(project.root / "viewer", project.root / "site" / "assets" / "katex")
    _mkdocs(project)
    return project.build / "site"


def _mkdocs(project: Project) -> None:
    say("Building the pages")
    target = built_site(project)
    fresh = project.build / "site.partial"
    shutil.rmtree(fresh, ignore_errors=True)
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(fresh)]
    run(command, project.root, "the pages did not build")
    write_preloads(fresh)
    write_policies(fresh)
    if found := strays(fresh):
        raise RnnvisError(found[0], "publish again and build again: rnnvis publish, rnnvis site")
    old = project.build / "site.old"
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        os.replace(target, old)
    os.replace(fresh, target)
    shutil.rmtree(old, ignore_errors=True)
