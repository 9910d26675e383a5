"""The project's own site: built by `tools/website` of the checkout, which is no part of the package."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from rnnvis.errors import RnnvisError
from rnnvis.published.verify import verify
from rnnvis.recipes.keep.project import Project

_WITHOUT_A_SITE = "rnnvis regenerate --no-site stops after publishing; then: rnnvis serve {data}"
_INSTEAD = {
    "site": ("the site", _WITHOUT_A_SITE),
    "ready": ("the site", _WITHOUT_A_SITE),
    "viewer": ("the viewer", "an installed wheel of rnnvis brings its own: rnnvis serve {data}"),
    "wheel": ("the wheel", "clone rnnvis, and there: make wheel"),
}


def check_data(folder: Path) -> None:
    """Raises RnnvisError with the first problem that `rnnvis verify` finds in the published `folder`."""
    found = verify(folder).problems
    if found:
        more = f" (and {len(found) - 1} more problems: rnnvis verify)" if len(found) > 1 else ""
        raise RnnvisError(f"{folder}: {found[0]}{more}", "publish again: rnnvis publish")


def built_site(project: Project) -> Path:
    """Where the built site lies; the one before, if a build was killed just as it changed places with the new one."""
    site, old = project.build / "site", project.build / "site.old"
    if old.is_dir() and not site.exists():
        old.replace(site)
    return site


def website(project: Project, command: str) -> None:
    """Run `tools.website` with `command` (site, viewer, wheel or ready) in the checkout; it prints what it does.

    `ready` checks that the site can be built, before anything is trained for it.

    Raises:
        RnnvisError: the published data are damaged (for the site), or there is no such checkout.
        SystemExit: the command failed, and said why.
    """
    if not project.has_website:
        what, instead = _INSTEAD[command]
        raise RnnvisError(
            f"{project.root}: {what} is built in a checkout of rnnvis, and this is none",
            instead.format(data=shlex.quote(str(project.shown_data))),
        )
    if command == "site":
        check_data(project.data)
    arguments = [sys.executable, "-m", "tools.website", command]
    sys.stdout.flush()
    done = subprocess.run(arguments, cwd=project.root, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(done.returncode)
