"""What the pages “How rnnvis is tested” and “Security” name is there, and the counts are those of a run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.soak.__main__ import PARTS, RESULTS, sections

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["tested.md", "security.md"])
def test_every_file_that_the_page_names_is_there(page: str) -> None:
    named = re.findall(r"`((?:tests|viewer|pipeline)/[\w./-]+)`", (ROOT / "site" / page).read_text(encoding="utf-8"))
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_results_hold_parts_in_order_with_the_command_that_ran_each() -> None:
    held = sections(RESULTS.read_text(encoding="utf-8"))
    for name, (title, _) in PARTS.items():
        assert title not in held or f"Run by `python -m tests.soak {name}` on " in held[title]
    assert list(held) == [title for title, _ in PARTS.values() if title in held]


def test_a_part_that_is_not_run_again_stays_as_it_was() -> None:
    text = "### One\n\nsaid\n\n### Two\n\nsaid too\n"
    assert sections(text) == {"One": "### One\n\nsaid\n", "Two": "### Two\n\nsaid too\n"}
    assert "\n".join(sections(text).values()) == text
