"""The pages: they build without a warning, ask nobody else for anything, and name every command."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rnnvis.cli import main
from rnnvis.published.schema import TABLES
from rnnvis.published.schema.manifest import SCHEMA
from tests import cli_reference, synthetic
from tools.website.fragments import write_fragments
from tools.website.notices import SHIPPED
from tools.website.policy import write_policies

ROOT = Path(__file__).parents[2]
SITE = ROOT / "site"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    synthetic.publish(folder, units=32, words=150, sentences=120)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """The pages of this checkout, built around planted data; the viewer and the data themselves are left out."""
    root = tmp_path_factory.mktemp("site")
    ignored = shutil.ignore_patterns("generated", "app", "data", "katex")
    shutil.copytree(SITE, root / "site", ignore=ignored)
    shutil.copy(ROOT / "mkdocs.yml", root)
    (root / "benchmarks").mkdir()
    for page in (ROOT / "benchmarks").glob("*.md"):
        shutil.copy(page, root / "benchmarks")
    (root / "datasets" / "graphemes").mkdir(parents=True)
    shutil.copy(ROOT / "datasets" / "graphemes" / "LICENSE.cmudict", root / "datasets" / "graphemes")
    (root / "tests" / "soak").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "soak" / "results.md", root / "tests" / "soak")
    write_fragments(data, root / "site" / "generated", root / "datasets")
    (root / "site" / "generated" / "notices.md").write_text("<p>Notices</p>\n")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(root / "out")],
        cwd=root,
        env={"PATH": "", "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "out"


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        names = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "form": "action"}
        address = held.get(names.get(tag, ""))
        if address:
            self.loaded.append(address)


def test_every_page_of_the_menu_is_built(built: Path) -> None:
    pages = {path.parent.relative_to(built).as_posix() for path in built.rglob("index.html")}
    assert pages == {
        ".",
        "explorer",
        "how-to-read",
        "cases/though",
        "cases/cells",
        "cases/chips",
        "cases/features",
        "cases/pronouncer",
        "cases/voice",
        "methods",
        "data",
        "use",
        "cli",
        "embed",
        "security",
        "troubleshooting",
        "benchmarks",
        "your-own-cell",
        "signals",
        "other-libraries",
        "large",
        "notices",
        "your-model",
        "your-states",
        "your-text",
        "which-units",
        "tested",
    }


def test_pages_load_nothing_from_other_hosts(built: Path) -> None:
    for page in [p for p in built.rglob("*.html") if p.name != "404.html"]:
        parser = _Addresses()
        parser.feed(page.read_text(encoding="utf-8"))
        assert parser.loaded, page
        for address in parser.loaded:
            assert not re.match(r"[a-z]+:|/", address), f"{page}: {address}"
    for style in built.rglob("*.css"):
        for address in re.findall(r"url\(([^)]*)\)", style.read_text(encoding="utf-8")):
            assert not re.match(r"""["']?(https?:|//)""", address), f"{style}: {address}"


def test_policy_covers_every_inline_script(built: Path) -> None:
    write_policies(built)
    for page in built.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert text.count("Content-Security-Policy") == 1
        assert not re.search(r"<[^>]*\son\w+=", text), f"{page}: an inline handler, which the policy forbids"
        for body in re.findall(r"<script>(.*?)</script>", text, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in text


def test_generated_parts_and_overrides_are_not_published(built: Path) -> None:
    assert not (built / "generated").exists()
    assert not (built / "figures").exists()
    assert not any(path.name.startswith(".") for path in built.rglob("*"))


def test_figures_of_the_data_reach_the_pages(built: Path) -> None:
    case = (built / "cases" / "though" / "index.html").read_text(encoding="utf-8")
    assert "The 8 word clouds, from top to bottom" in case
    assert case.count("<rnnvis-explorer") == 1
    assert case.count("data-stop") == 7
    assert case.count("assets/walk.js") == 1
    assert "assets/walk.js" not in (built / "methods" / "index.html").read_text(encoding="utf-8")
    page = (built / "data" / "index.html").read_text(encoding="utf-8")
    declared = {table.name for table in TABLES} | {entry["title"] for entry in SCHEMA["$defs"].values()}
    assert declared <= set(re.findall(r'<h3 id="[^"]*"><code>([^<]*)</code>', page))
    assert "word_effects-" in page


def test_pages_hold_no_figures_of_their_own() -> None:
    """Prose states thresholds and sizes, never results: those come from the published tables."""
    prose = (SITE / "cases" / "though.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\d+(?:\.\d+)?", re.sub(r"--8<--.*", "", prose))) <= {"2017", "0.7", "0.3"}


def test_command_page_is_up_to_date() -> None:
    written = cli_reference.PAGE.read_text(encoding="utf-8")
    assert written == cli_reference.reference(), "run: python -m tests.cli_reference"


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_help_and_is_documented(name: str) -> None:
    assert main.commands[name].help
    assert f"## `{name}`" in cli_reference.PAGE.read_text(encoding="utf-8")


def test_every_element_attribute_is_documented() -> None:
    source = (ROOT / "viewer" / "src" / "shell" / "element.ts").read_text(encoding="utf-8")
    declared = re.search(r"ATTRIBUTES = \[([^\]]*)\]", source)
    assert declared
    page = (SITE / "embed.md").read_text(encoding="utf-8")
    for attribute in re.findall(r"'(\w+)'", declared[1]):
        assert f"| `{attribute}` |" in page


def test_quoted_messages_are_those_of_the_code() -> None:
    sources = [ROOT / "requirements" / "setup.sh", SITE / "assets" / "fallback.js"]
    sources += [
        *(ROOT / "pipeline").rglob("*.py"),
        *(ROOT / "tools").rglob("*.py"),
        *(ROOT / "viewer" / "src").rglob("*.ts"),
    ]
    code = " ".join(re.sub(r'"\s*\n?\s*f?"', "", path.read_text(encoding="utf-8")) for path in sources)
    page = (SITE / "troubleshooting.md").read_text(encoding="utf-8")
    quoted = [part.strip() for message in re.findall("“([^”]*)”", page) for part in message.split("…")]
    missing = [part for part in quoted if part.strip(" ,") and part not in code]
    assert missing == []


def test_every_dependency_of_the_viewer_has_a_notice() -> None:
    package = (ROOT / "viewer" / "package.json").read_text(encoding="utf-8")
    runtime = re.search(r'"dependencies": \{([^}]*)\}', package)
    assert runtime
    assert set(re.findall(r'"([^"]+)":', runtime[1])) <= set(SHIPPED)
