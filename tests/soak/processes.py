"""Commands in processes of their own, which are killed, limited or given another surrounding."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis.published.publishing import digest

HERE = Path(__file__).parents[2]


def command(*arguments: str | Path) -> list[str]:
    """`rnnvis` with these arguments, as it is started from a shell."""
    return [sys.executable, "-c", "import rnnvis.start; rnnvis.start.main()", *map(str, arguments)]


def start(arguments: list[str], folder: Path, environment: dict[str, str] | None = None, **more: Any) -> Any:
    """The process, in a group of its own, with what it says in one pipe."""
    paths = os.pathsep.join([str(HERE / "pipeline"), str(HERE), os.environ.get("PYTHONPATH", "")])
    held = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths} | (environment or {})
    return subprocess.Popen(
        arguments,
        cwd=folder,
        env=held,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **more,
    )


def finished(arguments: list[str], folder: Path, **more: Any) -> float:
    """Run to the end; how many seconds it took. AssertionError with what it said where it failed."""
    began = time.monotonic()
    process = start(arguments, folder, **more)
    said, _ = process.communicate(timeout=3600)
    assert process.returncode == 0, said
    return time.monotonic() - began


def killed(arguments: list[str], folder: Path, after: float) -> bool:
    """Run, and kill -9 it and all that it started after `after` seconds; whether it was still at work then.

    AssertionError where it had ended by itself, and not well, or said more than it should.
    """
    process = start(arguments, folder)
    try:
        said, _ = process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        assert "Traceback" not in said, said
        return True
    assert process.returncode == 0, said
    return False


def refused(arguments: list[str], folder: Path, limit: Callable[[], None] | None = None) -> str:
    """Run where it cannot succeed; what it said. AssertionError unless that is one error with its fix."""
    process = start(arguments, folder, preexec_fn=limit)
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 1, (process.returncode, said)
    assert "Traceback" not in said, said
    assert "Error: " in said, said
    assert "Fix: " in said, said
    return str(said)


def held(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of `folder` and below by its path there; of locks only that they are there."""
    return {
        str(path.relative_to(folder)): "" if path.name.endswith(".lock") else digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def states(folder: Path, models: int = 2) -> None:
    """Saved states of so many models over one text, to import: m0.npy, m1.npy, …, and tokens.txt."""
    random = np.random.default_rng(0)
    ids = random.integers(0, 60, (80, 12))
    (folder / "tokens.txt").write_text("".join(" ".join(f"w{i}" for i in row) + "\n" for row in ids))
    for model in range(models):
        values = np.tanh(random.normal(size=(960, 24)) + np.sin(ids.reshape(-1, 1) * (1 + np.arange(24))))
        np.save(folder / f"m{model}.npy", values.astype(np.float32))


def importing(model: int, out: Path) -> list[str]:
    """The command that imports one of `states` and publishes it into `out`."""
    options = ["--tokens", "tokens.txt", "--out", out, "--name", f"model {model}"]
    return command("import", f"m{model}.npy", *options)
