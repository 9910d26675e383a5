"""kill -9 at random moments: what goes on afterwards ends in the same bytes, and readers never see half of anything."""

from __future__ import annotations

import hashlib
import random
import threading
from collections import Counter
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from rnnvis.published.verify import verify
from rnnvis.server.loopback import serve_mounts
from tests.python import tiny
from tests.soak.processes import command, finished, held, importing, killed, states

KILLS_A_RUN = 3
PATIENCE = 120
AGAIN = Retry(3, allowed_methods=["GET"])
"""A server may close an idle connection in the moment in which it is used again: a client asks anew."""


def of_regenerate(folder: Path, kills: int, seed: int = 0) -> Counter[str]:
    """`regenerate` killed `kills` times; each run is killed up to three times and then goes on to its end.

    AssertionError where what it publishes is not, byte for byte, what an undisturbed run publishes.
    """
    chance = random.Random(seed)
    whole = tiny.project(folder / "whole", cells=("gru",), epochs=2)
    takes = finished(_regenerate(whole), folder)
    wanted = held(whole / "site" / "explorer" / "data")
    counted: Counter[str] = Counter()
    while counted["kills"] < kills:
        root = tiny.project(folder / f"run{counted['runs']}", cells=("gru",), epochs=2)
        for _ in range(min(KILLS_A_RUN, kills - counted["kills"])):
            counted["kills"] += killed(_regenerate(root), folder, chance.uniform(0.05, 0.95) * takes)
        finished(_regenerate(root), folder)
        assert held(root / "site" / "explorer" / "data") == wanted, f"{root}: other bytes than without a kill"
        counted["runs"] += 1
    return counted


def _regenerate(root: Path) -> list[str]:
    return command("--root", root, "regenerate", "--quick", "--no-site")


def of_publish(folder: Path, kills: int, seed: int = 0) -> Counter[str]:
    """Publishing into a folder that is read over HTTP meanwhile, killed `kills` times.

    AssertionError where a reader finds a manifest whose files are not there whole, where something is left behind, or
    where what is published in the end is not what is published without a kill.
    """
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    states(folder)
    takes = max(finished(importing(model, folder / "whole"), folder) for model in (0, 1))
    wanted = held(folder / "whole")
    counted: Counter[str] = Counter()
    first = True
    while counted["kills"] < kills:
        out = folder / f"run{counted['runs']}"
        for model in (0, 1):
            for _ in range(min(KILLS_A_RUN, kills - counted["kills"])):
                reader = _Reader(out) if out.is_dir() and not first else None
                counted["kills"] += killed(importing(model, out), folder, chance.uniform(0.3, 1) * takes)
                counted["manifests read meanwhile"] += reader.stop() if reader else 0
            finished(importing(model, out), folder)
            first = False
        assert verify(out).problems == []
        found = {name: of for name, of in held(out).items() if not name.startswith("kept/")}
        assert found == {name: of for name, of in wanted.items() if not name.startswith("kept/")}
        counted["runs"] += 1
        first = True
    return counted


class _Reader:
    """Reads a published folder over HTTP until it is stopped: every manifest, with every file that it names."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.read, self.wrong = folder, 0, ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> int:
        self._over.set()
        self._thread.join()
        assert not self.wrong, self.wrong
        return self.read

    def _run(self) -> None:
        try:
            self._read()
        except Exception as error:  # of a thread that ends nobody would hear
            self.wrong = f"a reader ended with {error!r}"

    def _read(self) -> None:
        with serve_mounts("<!doctype html>", {"data": self.folder}) as serving, requests.Session() as session:
            session.mount("http://", HTTPAdapter(max_retries=AGAIN))
            while not self._over.is_set() and not self.wrong:
                manifest = session.get(f"{serving.url}data/manifest.json", timeout=PATIENCE)
                if manifest.status_code == 404:  # not published yet
                    continue
                for file in _files(manifest.json()):
                    body = session.get(f"{serving.url}data/{file['path']}", timeout=PATIENCE)
                    whole = hashlib.sha256(body.content).hexdigest() == file["sha256"]
                    if body.status_code != 200 or not whole:
                        self.wrong = f"{file['path']}: {body.status_code}, {len(body.content)} bytes"
                        return
                self.read += 1


def _files(holder: object) -> list[dict[str, str]]:
    if isinstance(holder, dict):
        own = [holder] if {"path", "sha256"} <= set(holder) else []
        return own + [file for inside in holder.values() for file in _files(inside)]
    return [file for inside in holder for file in _files(inside)] if isinstance(holder, list) else []
