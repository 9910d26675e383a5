"""`python -m tools.website site|viewer|wheel`, run in a checkout; `rnnvis site` and its like come here."""

from __future__ import annotations

from pathlib import Path

import click

from rnnvis.cli import Commands
from rnnvis.progress import say
from rnnvis.recipes.keep.project import Project


@click.group(cls=Commands)
def main() -> None:
    """Build what only this project's own site and package need."""


@main.command()
def site() -> None:
    """The viewer and the pages around the published data, into build/site/."""
    from tools.website.site import build_site

    say(f"The site is in {build_site(Project(Path.cwd()))}")


@main.command()
def ready() -> None:
    """Whether the site can be built: is there a Node, or a viewer that needs none?"""
    from tools.website.viewer import check_tools

    check_tools(Project(Path.cwd()))


@main.command()
def viewer() -> None:
    """Only the viewer, into site/explorer/app/."""
    from tools.website.viewer import build_viewer

    say(f"The viewer is in {build_viewer(Project(Path.cwd()))}")


@main.command()
def wheel() -> None:
    """A wheel with the viewer inside, and the source distribution that it is built from, into build/dist/."""
    from tools.website.wheel import build_wheel

    wheel, sources = build_wheel(Project(Path.cwd()))
    say(f"The wheel is {wheel}, built from {sources.name} beside it")


if __name__ == "__main__":
    main(prog_name="tools.website")
