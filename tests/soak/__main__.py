"""What `make soak` runs: everything at length, with its counts in `tests/soak/results.md`, which a page shows.

python -m tests.soak [inputs] [links] [kills] [builds] [limits] [readers] [--inputs 10000] [--kills 50] [--seed 1]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.report import machine
from rnnvis.progress import say
from tests.soak import builds, campaign, kills, limits, readers
from tests.soak.formats import FORMATS, RIGHT, SAID
from tests.soak.processes import HERE

RESULTS = HERE / "tests" / "soak" / "results.md"
SITE = HERE / "build" / "site"


def inputs(folder: Path, asked: argparse.Namespace) -> str:
    """Damaged files of every format, each format in a process of its own."""
    each = -(-asked.inputs // len(FORMATS))
    rows, total = [], Counter[str]()
    for number, name in enumerate(FORMATS):
        say(f"{each} damaged inputs: {name}")
        counted = _campaign(name, folder / str(number), each, asked.seed)
        total.update(counted)
        rows.append(f"| {name} | {counted[SAID]:,} | {counted[RIGHT]:,} |")
    return "\n".join(
        [
            f"{total.total():,} damaged inputs (seed {asked.seed}) of {len(FORMATS)} formats: {total[SAID]:,} were "
            f"refused by name and {total[RIGHT]:,} read. What was read of states, ids and sentences is what another "
            "reader finds in the same bytes, and published tables that `verify` had nothing against held the same rows "
            f"as before. None ended in a traceback, after more than {campaign.SECONDS} s, or with more than "
            f"{campaign.MEMORY // 2**20:,} MiB of memory more than at the beginning.",
            "",
            "| format | refused by name | read, and right |",
            "| --- | --: | --: |",
            *rows,
        ]
    )


def _campaign(name: str, folder: Path, count: int, seed: int) -> Counter[str]:
    # Forked, so that nothing is imported again; a library that dies takes only this process along.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as alone:
        return alone.submit(campaign.campaign, name, folder, count, seed).result(60 + campaign.SECONDS * count)


def of_kills(folder: Path, asked: argparse.Namespace) -> str:
    """kill -9 at random moments of `regenerate` and of `publish`."""
    made = kills.of_regenerate(folder / "regenerate", asked.kills, asked.seed)
    say(f"regenerate: {dict(made)}")
    published = kills.of_publish(folder / "publish", asked.kills, asked.seed)
    return (
        f"`rnnvis regenerate` of a small project was killed {made['kills']} times in {made['runs']} runs, at random "
        "moments, and run again: each run published the same bytes as one that nobody killed.\n\n"
        f"Publishing was killed {published['kills']} times in {published['runs']} folders that were read over HTTP "
        f"meanwhile: {published['manifests read meanwhile']} manifests were read with all of their files, each "
        "with the SHA-256 that the manifest names. In the end every folder held the same bytes as without a "
        "kill, and nothing else."
    )


def of_builds(folder: Path, asked: argparse.Namespace) -> str:
    """Two builds in different surroundings."""
    count, differ = builds.differing(folder)
    what = "all of them are the same, byte for byte" if not differ else f"these differ: {', '.join(differ)}"
    return (
        "A small project was built twice: in different folders (one with spaces, umlauts and an emoji), locales, time "
        f"zones, umasks, hash seeds and numbers of threads. Of the {count} published files {what}."
    )


def of_limits(folder: Path, asked: argparse.Namespace) -> str:
    """Full disks and the like."""
    tried = limits.tried(folder)
    return (
        "Each of these ended in one error with its fix, without a traceback, and left what was published before: "
        f"{'; '.join(tried)}."
    )


def of_readers(folder: Path, asked: argparse.Namespace) -> str:
    """Readers of the built site."""
    counted = readers.reading(SITE, asked.readers, asked.seconds)
    if counted["errors"]:
        raise SystemExit(f"readers: {counted['errors']} of {counted['answers']} answers were wrong or did not come")
    return (
        f"{counted['readers']} readers asked `rnnvis serve` for files of this site and for ranges of them for "
        f"{asked.seconds} s at once: {counted['answers']:,} answers, {counted['bytes'] / 1e6:,.0f} MB, each compared "
        f"with its file, {counted['errors']} errors."
    )


def of_links(folder: Path, asked: argparse.Namespace) -> str:
    """Links into the explorer, by the viewer's own tests."""
    environment = {**os.environ, "RNNVIS_LINKS": str(asked.inputs)}
    command = ["sh", "tests/npm.sh", "run", "test", "--", "link.fuzz"]
    subprocess.run(command, cwd=HERE, env=environment, check=True, stdout=sys.stderr)
    return (
        f"{asked.inputs:,} links that were written and damaged: each was refused with a reason or fits the data, and "
        f"{asked.inputs // 4:,} others came back as they were written."
    )


PARTS: dict[str, tuple[str, Callable[[Path, argparse.Namespace], str]]] = {
    "inputs": ("Damaged inputs", inputs),
    "links": ("Damaged links", of_links),
    "kills": ("Killed at any moment", of_kills),
    "builds": ("Two builds", of_builds),
    "limits": ("Full disks and the like", of_limits),
    "readers": ("Many readers", of_readers),
}


def main() -> None:
    """Run the parts that are named, or all; those that are not run again stay in the results as they were."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS])
    for name, usual in {"inputs": 10_000, "kills": 50, "readers": 200, "seconds": 60, "seed": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked = parser.parse_args()
    for name, (title, run) in PARTS.items():
        if asked.parts and name not in asked.parts:
            continue
        say(f"Soak: {name}")
        with tempfile.TemporaryDirectory(prefix="rnnvis-soak-") as folder:
            said = run(Path(folder), asked)
        # Read again: another part may have ended meanwhile.
        before = sections(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
        before[title] = f"### {title}\n\n{said}\n\nRun by `python -m tests.soak {name}` on {machine()}\n"
        order = [title for title, _ in PARTS.values() if title in before]
        RESULTS.write_text("\n".join(before[title] for title in order), encoding="utf-8")
        print(before[title], flush=True)


def sections(text: str) -> dict[str, str]:
    parts = f"\n{text}".split("\n### ")[1:]
    return {part.split("\n", 1)[0]: "### " + part.rstrip("\n") + "\n" for part in parts}


if __name__ == "__main__":
    main()
