"""The project's own site: built by `tools/website` of the checkout, which is no part of the package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rnnvis.errors import RnnvisError
from rnnvis.published.verify import verify
from rnnvis.recipes.keep.project import Project


def check_data(folder: Path) -> None:
    """Raises RnnvisError with the first problem that `rnnvis verify` finds in the published `folder`."""
    found = verify(folder).problems
    if found:
        more = f" (and {len(found) - 1} more problems: rnnvis verify)" if len(found) > 1 else ""
        raise RnnvisError(f"{folder}: {found[0]}{more}", "publish again: rnnvis publish")


def website(project: Project, command: str) -> None:
    """Run `tools.website` with `command` (site, viewer or wheel) in the checkout; it prints what it does.

    Raises:
        RnnvisError: the published data are damaged (for the site), or there is no such checkout.
        SystemExit: the command failed, and said why.
    """
    if command == "site":
        check_data(project.data)
    if not (project.root / "tools" / "website" / "__main__.py").is_file():
        raise RnnvisError(
            f"{project.root}: the {command} is built in a checkout of rnnvis, and this is none",
            "look at published data with rnnvis serve <folder>; rnnvis regenerate --no-site stops after publishing",
        )
    arguments = [sys.executable, "-m", "tools.website", command]
    sys.stdout.flush()
    done = subprocess.run(arguments, cwd=project.root, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(done.returncode)
