"""How many bytes each view of the explorer reads of the published demo, and of which tables."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from playwright.sync_api import Browser, Response, sync_playwright

from benchmarks import viewer
from benchmarks.report import Table
from rnnvis.published import sizes
from rnnvis.published.publishing import read_manifest
from tests.browser import chromium

TITLE = "Bytes a view"
QUIET = 9000
"""Milliseconds without a request after which a view has what it reads."""
NAMED = 4
_FILE = re.compile(r"/([a-z_]+)-[0-9a-f]{16}\.(parquet|pack|safetensors)$")


def views(dataset: dict[str, Any], data: Path) -> dict[str, str]:
    """What is opened: by name, what a link says besides dataset and model."""
    model = dataset["models"][0]
    files = model["states"][0]["tables"]["states"]["files"]
    published = {i for file in files for i in pq.read_table(data / file["path"])["sentence_id"].to_pylist()}
    rows = pq.read_table(data / dataset["tables"]["sentences"]["files"][0]["path"], columns=["sentence_id", "key"])
    key = dict(zip(rows["sentence_id"].to_pylist(), rows["key"].to_pylist(), strict=True))
    kept = key[max(published & key.keys())]
    left_out = key[max(key.keys() - published)] if key.keys() - published else kept
    return {
        "the first view": "",
        "another sentence": f"&q={kept}",
        "a sentence whose states are left out: the model works them out": f"&q={left_out}",
        "the words in an answer": f"&q={kept}&am=1",
        "the words in an answer that is left out": f"&q={left_out}&am=1",
        "a unit": "&p=unit&u=3",
        "all units": "&p=units",
        "two models": "&p=compare",
        "the map": "&p=map",
        "a word in its contexts": "&p=find&fi=m:concordance;p:not",
        "where a unit fires": "&p=find&fi=m:fires;u:3",
        "the nearest steps": f"&q={kept}&t=2&p=find&fi=m:nearest",
    }


def measure(site: Path) -> Table:
    """Each view in a profile of its own, on a server that answers ranges."""
    data = site / "explorer" / "data"
    manifest = read_manifest(data)
    dataset = json.loads(json.dumps(manifest["datasets"][0]))
    held = sizes.of_folder(manifest, data)
    rows = []
    with sync_playwright() as playwright, viewer.serving(site) as base:
        browser = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.ARGUMENTS)
        start = f"{base}explorer/#v1=d={dataset['name']}&m={dataset['models'][0]['name']}"
        for name, link in views(dataset, data).items():
            found, requests = read(browser, start + link)
            most = ", ".join(f"{table} {_kilobytes(size)}" for table, size in found.most_common(NAMED))
            rows.append((name, _kilobytes(found.total()), str(requests), most))
        browser.close()
    about = (
        f"The published demo holds {sizes.told(held)}. Of that each view reads, in a fresh profile, so many kB of "
        "tables, of the pack of the first view and of the model, in so many requests; not counted are the program and "
        "the search engine. States along sentences are published of a sample; the others, and what of each word is in "
        "their answers, the model in the page works out, which is fetched for that once. Searches along states read "
        "all that are published, and say of how many sentences these are."
    )
    return Table(TITLE, about, ("view", "kB", "requests", "most of it, kB"), rows)


def read(browser: Browser, address: str) -> tuple[Counter[str], int]:
    """Bytes of published files by table until the page of `address` asks for nothing more, and in how many requests."""
    context = viewer.visitor(browser)
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response))
    page.goto(address, wait_until="load")
    known = -1
    while known != len(answers):
        known = len(answers)
        page.wait_for_timeout(QUIET)
    found: Counter[str] = Counter()
    requests = 0
    for answer in answers:
        named = _FILE.search(answer.url)
        if named and answer.status < 300:
            found[named[1]] += int(answer.headers["content-length"])
            requests += 1
    context.close()
    return found, requests


def _kilobytes(size: int) -> str:
    return f"{size / 1000:,.0f}"
