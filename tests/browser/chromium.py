"""The Chromium that the browser tests run: an installed one, else Playwright's own, else Debian's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright

PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"]
FIX = (
    "install one: apt-get install chromium, or: .venv/bin/python -m playwright install chromium, "
    "or name one in RNNVIS_CHROMIUM"
)


@cache
def executable() -> str:
    """The path of a Chromium: an installed one; else Debian's package, for root; else Playwright's own download."""
    named = os.environ.get("RNNVIS_CHROMIUM")
    if named:
        if not Path(named).is_file():
            raise RuntimeError(f"RNNVIS_CHROMIUM names {named}, which is no file; {FIX}")
        return named
    found = _installed() or _of_playwright()
    if not found and os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = _installed()
    if not found:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], capture_output=True, check=False)
        found = _of_playwright()
    if not found:
        raise RuntimeError(f"the browser tests found no Chromium; {FIX}")
    return found


def _installed() -> str | None:
    found = (path for path in (*map(shutil.which, NAMES), *map(shutil.which, PLACES)) if path)
    return next(found, None)


def _of_playwright() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def _install() -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-qy", "--no-install-recommends", "chromium"]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
            raise RuntimeError(f"{' '.join(command)} failed:\n{tail}\n{FIX}")


if __name__ == "__main__":
    print(executable())
