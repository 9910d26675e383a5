"""The page “SQL”: answers are DuckDB's own, nothing but questions passes, and the whole answer is saved."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Watched
from tests.browser.published import Published
from tests.browser.test_details import saved
from tests.browser.test_explorer import button

SLOW = 60_000
HOSTILE = "<img src=x onerror=alert(1)>"
REFUSED = (
    "INSERT INTO words SELECT * FROM words",
    "CREATE TABLE mine (a INTEGER)",
    "DROP VIEW words",
    "ATTACH 'x.db'",
    "COPY words TO 'x.csv'",
    "INSTALL json",
    "LOAD json",
    "PRAGMA database_list",
    "SET memory_limit = '9GB'",
    "EXPLAIN ANALYZE DELETE FROM words",
    "WITH a AS (SELECT 1) INSERT INTO words SELECT * FROM a",
    "BEGIN; DROP VIEW words",
    "SELECT 1) ; DROP VIEW words; SELECT (1",
)


@pytest.fixture(scope="session")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


def sql_page(watched: Watched, query: str = "") -> Page:
    page = watched.open("explorer/#v1=m=gru&p=sql" + (f"&sql={quote(query)}" if query else ""))
    expect(editor(page)).to_be_visible()
    return page


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name="SQL query")


def said(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text=re.compile(r"\brows? in\b"))


def run(page: Page, query: str) -> Locator:
    """Run `query`; what is said of its answer."""
    editor(page).fill(query)
    page.keyboard.press("Control+Enter")
    expect(button(page, "Run")).to_be_visible(timeout=SLOW)
    return said(page)


def body(page: Page) -> Locator:
    return page.get_by_role("region", name="Result").locator("tbody tr")


def test_every_example_is_answered(watched: Watched, published: Published) -> None:
    page = sql_page(watched)
    examples = page.get_by_role("group", name="Examples").get_by_role("button")
    assert examples.count() >= 6
    for i in range(examples.count()):
        expect(examples.nth(i)).to_be_enabled()
        examples.nth(i).click()
        expect(button(page, "Run")).to_be_visible(timeout=SLOW)
        expect(said(page)).to_be_visible()
        assert body(page).count() > 0, examples.nth(i).inner_text()
    examples.first.click()
    expect(button(page, "Run")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("columnheader", name="standard_error")).to_be_visible()
    minimum = published.state["measured"]["minimum_count"]
    words = {w["word_id"]: w for w in published.rows("words", "NOT special")}
    answers = [r for r in published.rows("responses", "count >= ?", minimum) if r["word_id"] in words]
    best = max(answers, key=lambda row: abs(row["mean"][0]))
    assert body(page).first.locator("td").nth(1).inner_text() == words[best["word_id"]]["text"]
    watched.check()


def test_only_questions_pass_and_a_broken_one_breaks_nothing_else(watched: Watched, published: Published) -> None:
    page = sql_page(watched)
    total = len(published.rows("words"))
    for query in REFUSED:
        run(page, query)
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text(re.compile("only reads|One query at a time"))
    run(page, "SELECT text\nFORM words")
    expect(page.get_by_role("alert")).to_contain_text("Line 2, position")
    button(page, "Show the place").click()
    assert page.evaluate("() => document.querySelector('rnnvis-explorer').shadowRoot.activeElement.selectionStart") > 11
    run(page, "SELECT * FROM read_csv('/etc/passwd')")
    expect(page.get_by_role("alert")).to_contain_text("disabled by configuration")
    run(page, "SELECT count(*) AS n FROM words; -- done")
    assert body(page).first.locator("td").nth(1).inner_text() == str(total)
    watched.check()


def test_a_long_query_is_cancelled_and_the_next_one_runs(watched: Watched) -> None:
    page = sql_page(watched)
    run(page, "SELECT 1 AS ready")
    editor(page).fill("SELECT count(*) FROM range(3000000) a, range(3000000) b WHERE a.range + b.range = 7")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Running…")).to_be_visible()
    button(page, "Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("Cancelled")
    run(page, "SELECT count(*) AS n FROM units")
    assert body(page).first.locator("td").nth(1).inner_text() == "64"
    run(page, "SELECT * FROM range(1000001)")
    expect(page.get_by_role("alert")).to_contain_text("more than 1,000,000 rows")
    assert watched.problems == []


def test_the_whole_answer_is_saved_and_text_stays_text(watched: Watched, tmp_path: Path) -> None:
    page = sql_page(watched)
    hostile = HOSTILE.replace("'", "''")
    run(page, f"SELECT range AS i, '{hostile}' AS word, NULL AS none, range::FLOAT / 3 AS third FROM range(12345)")
    expect(said(page)).to_contain_text("1,000 of 12,345 rows")
    assert body(page).count() == 1000
    cells = body(page).first.locator("td")
    assert [cells.nth(i).inner_text() for i in (1, 2, 3)] == ["0", HOSTILE, "null"]
    assert page.locator("rnnvis-explorer img").count() == 0
    with page.expect_download() as waiting:
        button(page, "Save CSV").click()
    lines = list(csv.reader(saved(waiting.value, tmp_path).open(encoding="utf-8", newline="")))
    assert lines[0] == ["i", "word", "none", "third"]
    assert [int(line[0]) for line in lines[1:]] == list(range(12345))
    assert {(line[1], line[2]) for line in lines[1:]} == {(HOSTILE, "")}
    run(page, "SELECT mean FROM responses WHERE mean IS NOT NULL LIMIT 1")
    more = page.get_by_role("button", name=re.compile("^… all"))
    more.click()
    assert body(page).first.locator("td").nth(1).inner_text().count(",") == 63
    watched.check()


def test_rows_open_the_sentence_at_the_step_and_the_unit_and_clusters_have_their_drawn_numbers(
    watched: Watched, published: Published
) -> None:
    page = sql_page(watched)
    steps = published.rows("steps", "step = 3 ORDER BY sentence_id")
    keys = {row["sentence_id"]: row["key"] for row in published.rows("sentences")}
    run(page, "SELECT sentence_id, step, push FROM steps WHERE step = 3 ORDER BY sentence_id LIMIT 5")
    body(page).nth(1).get_by_role("button").click()
    expect(page).to_have_url(re.compile(f"q={keys[steps[1]['sentence_id']]}&t=3(&|$)"))
    page.get_by_role("button", name="SQL").click()
    page.get_by_role("button", name="The chips and their units").click()
    expect(said(page)).to_contain_text(re.compile(r"\b64\s+rows"), timeout=SLOW)
    k = page.evaluate("document.querySelector('rnnvis-explorer').explorer.view.k")
    groups = published.clusters("units", k)
    wanted = {u: groups["order"].index(label) + 1 for u, label in zip(groups["ids"], groups["labels"], strict=True)}
    cells = [row.locator("td").all_inner_texts()[1:3] for row in body(page).all()[:12]]
    assert cells
    assert {int(unit): int(chip) for chip, unit in cells}.items() <= wanted.items()
    other = "SELECT a.unit FROM units a JOIN lstm_rnn_0_h.units b USING (unit) ORDER BY 1"
    run(page, other)
    assert body(page).first.locator("td").nth(1).inner_text() == "0"
    expect(body(page).locator("button")).to_have_count(0)
    run(page, "SELECT count(DISTINCT sentence_id) FROM states")
    some = body(page).first.locator("td").nth(1).inner_text()
    expect(page.locator("[data-sampled]")).to_contain_text(f"states holds {int(some):,} of {len(keys):,} sentences")
    run(page, "SELECT unit FROM units ORDER BY 1")
    expect(page.locator("[data-sampled]")).to_have_count(0)
    page.get_by_role("combobox", name="Model").select_option("lstm")
    expect(said(page)).to_contain_text("as they were when you ran it")
    expect(body(page).locator("button")).to_have_count(0)
    page.get_by_role("combobox", name="Model").select_option("gru")
    body(page).last.get_by_role("button").click()
    expect(page.get_by_role("heading", name="Unit 63", exact=True)).to_be_visible()
    watched.check()


def test_a_query_of_a_link_waits_to_be_run(watched: Watched, published: Published) -> None:
    query = "SELECT text FROM words\nWHERE word_id = 3 -- 100 %"
    page = sql_page(watched, query)
    assert editor(page).input_value() == query
    expect(page.get_by_text("This query came with the link. Run it?")).to_be_visible()
    assert not any("duckdb" in url for url in watched.requests)
    button(page, "Run it").click()
    expect(said(page)).to_contain_text("1 row", timeout=SLOW)
    assert body(page).first.locator("td").nth(1).inner_text() == published.rows("words", "word_id = 3")[0]["text"]
    expect(page.get_by_text("This query came with the link")).to_have_count(0)
    editor(page).focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Tab")
    assert editor(page).input_value() == query + "  "
    page.wait_for_function("() => location.hash.includes('sql=') && location.hash.endsWith('%20%20')")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(editor(page)).not_to_be_focused()
    watched.check()
