"""`rnnvis demo`: the small review model from the package alone, without a checkout and without Node."""

from __future__ import annotations

import shutil
from pathlib import Path

from rnnvis.errors import RnnvisError
from rnnvis.progress import say
from rnnvis.recipes import plan
from rnnvis.recipes.keep.lock import working
from rnnvis.recipes.keep.project import Project

NAME = "reviews"
MODEL = "gru"


def recipe() -> Path:
    """The folder with the recipe of the reviews: in the installed package, else in the checkout that it came from."""
    here = Path(__file__).resolve()
    for folder in (here.parent / NAME, here.parents[3] / "datasets" / NAME):
        if (folder / "dataset.toml").is_file():
            return folder
    raise RnnvisError(f"{here.parent / NAME}: the recipe of the demo is missing", "install rnnvis again")


def make_demo(project: Project, jobs: int = 1) -> Path:
    """Fetch the reviews, train one GRU on them, measure and publish it under `project`; returns the published folder.

    What is there already is kept, a recipe that was changed too.

    Raises:
        RnnvisError: the index of packages cannot be reached, or the folder cannot be written.
    """
    target = project.root / "datasets" / NAME
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(recipe().iterdir()):
        copy = target / path.name
        if path.suffix not in (".toml", ".md"):
            continue
        if not copy.exists():
            partial = target / f".{path.name}.partial"
            shutil.copyfile(path, partial)
            partial.replace(copy)
        elif copy.read_bytes() != path.read_bytes():
            say(f"{copy} differs from the recipe of this version, and is used as it is")
    with working(project):
        plan.regenerate(project, [NAME], quick=True, only=(MODEL,), with_site=False, jobs=jobs)
    return project.data
