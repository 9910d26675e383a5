"""Several steps at once, each in a process of its own; what one needs is finished before it starts."""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rnnvis import progress
from rnnvis.errors import RnnvisError
from rnnvis.recipes.keep.store import Step

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux


def can_fork() -> bool:
    """Whether steps can run beside each other here: processes are forked, which only Linux does safely."""
    return sys.platform == "linux"


def needed(steps: Sequence[Step]) -> dict[str, set[str]]:
    """By key of each step, the keys of those among `steps` whose results it takes in."""
    keys = [step.key for step in steps]
    return {step.key: {key for key in keys if key != step.key and key in repr(step.inputs)} for step in steps}


@dataclass
class _Job:
    step: Step
    process: int
    pipe: int
    started: float
    said: bytes = b""


def run_beside(steps: Sequence[Step], build: Path, most: int, done: Callable[[Step, bool, float], None]) -> None:
    """Run `steps`, at most `most` at once; `done(step, whether it was there, seconds)` is called as each ends.

    An error in one ends the others, which are made anew the next time. Steps that run beside others show no bars.

    Raises:
        RnnvisError: that of the step, or that its process was ended from outside.
    """
    waits = needed(steps)
    waiting = {step.key: step for step in steps}
    running: list[_Job] = []
    try:
        while waiting or running:
            for key, step in list(waiting.items()):
                if waits[key] & (waiting.keys() | {job.step.key for job in running}):
                    continue
                if step.finished(build):
                    done(waiting.pop(key), True, 0.0)
                elif len(running) < most:
                    progress.say(f"{step.stage} {step.label}")
                    running.append(_started(waiting.pop(key), build))
            for job in _ended(running):
                running.remove(job)
                _check(job)
                done(job.step, False, time.monotonic() - job.started)
    finally:
        for job in running:
            os.kill(job.process, signal.SIGKILL)
            os.waitpid(job.process, 0)
            os.close(job.pipe)


def _started(step: Step, build: Path) -> _Job:
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        os.close(writing)
        return _Job(step, process, reading, time.monotonic())
    status = 1
    try:
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children itself
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.close(reading)
        progress.quiet()
        step.run(build)
        status = 0
    except RnnvisError as error:
        os.write(writing, json.dumps([error.message, error.fix]).encode())
    except BaseException as error:
        traceback.print_exc()
        os.write(writing, json.dumps([f"{step.stage} {step.label}: {type(error).__name__}: {error}", ""]).encode())
    finally:
        sys.stderr.flush()
        os._exit(status)


def _ended(running: Sequence[_Job]) -> list[_Job]:
    """Those that have ended; waits for one, if any is running."""
    ready, _, _ = select.select([job.pipe for job in running], [], []) if running else ([], [], [])
    found = []
    for job in running:
        if job.pipe in ready:
            part = os.read(job.pipe, 65536)
            job.said += part
            if not part:
                found.append(job)
    return found


def _check(job: _Job) -> None:
    os.close(job.pipe)
    _, status = os.waitpid(job.process, 0)
    if job.said:
        message, fix = json.loads(job.said)
        raise RnnvisError(message, fix)
    if status:
        raise RnnvisError(
            f"{job.step.stage} {job.step.label}: its process was ended by signal {status & 0x7F}",
            "close other programs if memory is short, and run again: finished stages are kept",
        )
