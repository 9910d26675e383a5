"""Renew the references, or say which pictures differ from them."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import SITE, serving
from tests.browser.snapshots import references
from tests.browser.snapshots.scenes import BY_NAME, SCENES, THEMES, pictured, publish, steady


def main() -> int:
    """Picture the scenes named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.snapshots", description=__doc__)
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=f"of {', '.join(BY_NAME)}; all if none is named")
    parser.add_argument("--update", action="store_true", help="keep what differs as the new reference")
    parser.add_argument("--site", type=Path, default=SITE, help="the built site (build/site)")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.scenes) - set(BY_NAME))
    if unknown:
        parser.error(f"no such scene: {', '.join(unknown)}")
    wanted = [scene for scene in SCENES if not arguments.scenes or scene.name in arguments.scenes]
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch, serving(arguments.site) as base, sync_playwright() as playwright:
        data = publish(Path(scratch))
        browser = steady(playwright.chromium)
        for scene in wanted:
            for theme, picture in pictured(browser, base, data, scene):
                if arguments.update:
                    renewed = references.renew(scene.name, theme, picture)
                    print(f"{scene.name} ({theme}): {'renewed' if renewed else 'as before'}", flush=True)
                else:
                    said = references.told(scene.name, theme, picture)
                    wrong += said is not None
                    print(said or f"{scene.name} ({theme}): as its reference", flush=True)
        browser.close()
    if arguments.update and not arguments.scenes:
        kept = {references.path_of(scene.name, theme) for scene in SCENES for theme in THEMES}
        for path in sorted(set(references.FOLDER.glob("*.png")) - kept):
            path.unlink()
            print(f"{path.name}: removed, it is no scene's")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
