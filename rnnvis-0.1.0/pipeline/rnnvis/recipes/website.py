"""The project's own site: built by `tools/website` of the checkout, which is no part of the package."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    _ended(_started(project, command))


@contextmanager
def viewer_meanwhile(project: Project) -> Iterator[None]:
    """Build the viewer beside what runs inside, so that the site finds it there; it is ended where that fails.

    For where processes can be forked: it gets a group of its own.

    Raises:
        SystemExit: the viewer did not build, and said why.
    """
    process = _started(project, "viewer", apart=True)
    try:
        yield
        _ended(process)
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)  # Node too
        process.wait()
        raise


def _started(project: Project, command: str, apart: bool = False) -> subprocess.Popen[bytes]:
    sys.stdout.flush()
    arguments = [sys.executable, "-m", "tools.website", command]
    return subprocess.Popen(arguments, cwd=project.root, stdin=subprocess.DEVNULL, start_new_session=apart)


def _ended(process: subprocess.Popen[bytes]) -> None:
    with process:
        status = process.wait()
    if status:
        sys.exit(status)
