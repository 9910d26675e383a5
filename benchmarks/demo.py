"""How long `make demo-build` takes in a new tree after installation, alone and beside two busy loops."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.report import Table

ROOT = Path(__file__).parents[1]
WAYS = {"alone": 0, "beside two busy loops": 2}


def build(folder: Path, loops: int) -> tuple[float, float, float]:
    """Build the demo in a clone of this commit in `folder`: seconds, processor seconds, and the load before.

    What installation makes is there: the virtual environment, the viewer's packages, and what was downloaded.
    """
    tree = folder / "tree"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tree)], check=True)
    (tree / ".venv").symlink_to((ROOT / ".venv").resolve())
    (tree / "viewer" / "node_modules").symlink_to((ROOT / "viewer" / "node_modules").resolve())
    shutil.copytree(ROOT / "build" / "downloads", tree / "build" / "downloads")
    environment = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
    environment["PYTHONPATH"] = os.pathsep.join([str(tree / "pipeline"), str(tree)])
    load = os.getloadavg()[0]
    with ExitStack() as ended:
        for _ in range(loops):
            busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            ended.callback(busy.wait)
            ended.callback(busy.kill)
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = ["make", "-o", ".venv/.ready", "demo-build"]
        subprocess.run(command, cwd=tree, env=environment, check=True, stdout=subprocess.DEVNULL)
        took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, load


def measure() -> Table:
    """Wall and processor time of both ways, each in a tree of its own."""
    rows = []
    for way, loops in WAYS.items():
        with tempfile.TemporaryDirectory(prefix="rnnvis-") as folder:
            took, processor, load = build(Path(folder), loops)
        rows.append((way, f"{took // 60:.0f}:{took % 60:02.0f} min", f"{processor:.0f} s", f"{load:.1f}"))
    about = (
        "`make demo-build` in a new clone, with virtual environment, packages and downloads in place: once each, and "
        "how many other processes were running on average in the minute before. Its own processes, Node included, "
        "count as processor time."
    )
    return Table("Building the demo", about, ("make demo-build", "takes", "processor time", "load before"), rows)
