"""Many readers of one served site at once: every answer is whole."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections import Counter
from pathlib import Path

import requests

from rnnvis.server.loopback import serve_site

PATIENCE = 60


def reading(site: Path, readers: int, seconds: float) -> Counter[str]:
    """`readers` threads ask for files of `site` for so many seconds, whole and in ranges; answers, bytes and errors.

    An answer is an error where it has another status than it should, or other bytes than the file.
    """
    files = [path for path in sorted(site.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    bodies = {path: path.read_bytes() for path in files if path.stat().st_size < 2**20}
    known = {path: hashlib.sha256(body).hexdigest() for path, body in bodies.items()}
    counted: Counter[str] = Counter()
    lock = threading.Lock()

    def read(number: int) -> None:
        chance, mine = random.Random(number), Counter[str]()
        with requests.Session() as session:
            while time.monotonic() < until:
                path = chance.choice(list(bodies))
                body, url = bodies[path], f"{serving.url}{path.relative_to(site)}"
                start = chance.randrange(len(body)) if body and chance.random() < 0.5 else None
                asked = {} if start is None else {"Range": f"bytes={start}-"}
                try:
                    answer = session.get(url, headers=asked, timeout=PATIENCE)
                except requests.RequestException:
                    mine["errors"] += 1
                    continue
                mine["answers"] += 1
                mine["bytes"] += len(answer.content)
                if start is None:
                    right = answer.status_code == 200 and hashlib.sha256(answer.content).hexdigest() == known[path]
                else:
                    right = answer.status_code == 206 and answer.content == body[start:]
                mine["errors"] += not right
        with lock:
            counted.update(mine)

    with serve_site(site) as serving:
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=read, args=(number,)) for number in range(readers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    counted["readers"] = readers
    return counted
