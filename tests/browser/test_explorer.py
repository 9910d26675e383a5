"""The explorer on the real demo build: what is drawn is what the Parquet holds, and every way to change it works."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from rnnvis.measures.outputs.answer_memory import answer_parts
from rnnvis.recording.step_model.model import StepModel
from tests.browser.conftest import Watched, serving, watch
from tests.browser.published import Published

DRAWN = """() => {
  const picture = document.querySelector('rnnvis-explorer').shadowRoot.querySelector('[data-picture]');
  return picture && picture.inspect ? picture.inspect() : null;
}"""
READY = f"() => {{ const drawn = ({DRAWN})(); return !!drawn && drawn.chips.length > 0 && drawn.glyphs.length > 0; }}"


@pytest.fixture(scope="session")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


def drawn(page: Page) -> dict[str, Any]:
    """What the picture says it has drawn."""
    return page.evaluate(DRAWN)


def opened(watched: Watched, fragment: str = "") -> Page:
    page = watched.open("explorer/" + fragment)
    page.wait_for_function(READY)
    return page


def show_moved(page: Page) -> None:
    """Let the picture show what words moved, and not what they pushed."""
    page.get_by_role("radio", name="Moved").check(force=True)
    settled(page, "!drawn.pushed")


def settled(page: Page, condition: str) -> dict[str, Any]:
    """Wait until `condition` holds of what is drawn (a JavaScript expression of `drawn`)."""
    page.wait_for_function(f"() => {{ const drawn = ({DRAWN})(); return drawn && ({condition}); }}")
    page.wait_for_timeout(400)
    return drawn(page)


def chip_values(inspection: dict[str, Any], units: int) -> np.ndarray:
    values = np.full(units, np.nan)
    for chip in inspection["chips"]:
        for cell in chip["cells"]:
            values[cell["unit"]] = cell["value"]
    return values


def button(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("button", name=name, exact=isinstance(name, str))


def test_the_first_view_is_quiet_and_shows_the_published_step(watched: Watched, published: Published) -> None:
    page = opened(watched)
    view = published.dataset["view"]
    inspection = drawn(page)
    sentence = published.sentence(view["sentence"])
    assert [glyph["token"] for glyph in inspection["glyphs"]] == sentence["surface"]
    assert len(inspection["chips"]) == view["k"]
    values = chip_values(inspection, published.state["units"])
    assert np.allclose(values, published.weights * published.change(view["sentence"], view["step"]), atol=1e-6)
    watched.check()
    assert not any("duckdb" in url for url in watched.requests), "DuckDB must not load before it is asked for"


def test_glyphs_are_the_aggregates_of_the_published_states(watched: Watched, published: Published) -> None:
    page = opened(watched)
    view = published.dataset["view"]
    states = published.states(view["sentence"])
    labels = np.array(published.clusters("units", view["k"])["labels"])
    before = np.vstack([np.zeros((1, states.shape[1])), states[:-1]])
    for glyph in drawn(page)["glyphs"]:
        now, old = states[glyph["step"]], before[glyph["step"]]
        for bar in glyph["bars"]:
            inside = labels == bar["cluster"]
            assert bar["p"] == pytest.approx(np.maximum(now[inside], 0).mean(), abs=1e-5)
            assert bar["n"] == pytest.approx(np.minimum(now[inside], 0).mean(), abs=1e-5)
            same = np.sign(now[inside]) == np.sign(old[inside])
            kept = np.minimum(np.abs(now[inside]), np.abs(old[inside]))[same].sum()
            total = np.abs(old[inside]).sum()
            if total:
                assert bar["keptRate"] == pytest.approx(kept / total, abs=1e-5)
            else:
                assert bar["keptRate"] is None


def test_states_and_parts_of_answers_that_are_left_out_are_worked_out_in_the_page(
    watched: Watched, published: Published
) -> None:
    """They are those of the published model, run in Python."""
    known = {row["sentence_id"] for row in published.rows("states")}
    row = next(r for r in published.rows("sentences", "length BETWEEN 8 AND 14") if r["sentence_id"] not in known)
    assert not published.rows("answer_memory", "sentence_id = ?", row["sentence_id"])
    ran = StepModel.load(published.folder / published.model["step_model"]["path"]).run(row["tokens"])
    states = ran.states["rnn.0.h"]
    before = np.vstack([np.zeros((1, states.shape[1])), states[:-1]])
    kept = ran.gates["rnn.0.z"]
    parts, _ = answer_parts(*(of[None] for of in (states, before, kept, np.ones_like(states))), published.weights[None])

    page = opened(watched, f"#v1=m=gru&q={row['key']}&am=1")
    page.wait_for_function(f"() => ({DRAWN})()?.memory?.words.length === {len(states)}")
    shown = drawn(page)
    labels = np.array(published.clusters("units", published.dataset["view"]["k"])["labels"])
    for glyph in shown["glyphs"]:
        for bar in glyph["bars"]:
            inside = states[glyph["step"]][labels == bar["cluster"]]
            assert bar["p"] == pytest.approx(np.maximum(inside, 0).mean(), abs=1e-4)
            assert bar["n"] == pytest.approx(np.minimum(inside, 0).mean(), abs=1e-4)
    found = shown["memory"]
    assert [word["part"] for word in found["words"]] == pytest.approx(parts[0, -1, :, 0], abs=1e-3)
    p = published.steps(row["key"])[-1]["p_class"]
    assert found["answer"] == pytest.approx(np.log(p[1] / p[0]), abs=2e-3)
    assert any("step_model-" in url for url in watched.requests)
    watched.check()


def test_selecting_a_word_recolours_the_chips_to_its_published_response(watched: Watched, published: Published) -> None:
    page = opened(watched)
    show_moved(page)
    before = chip_values(drawn(page), published.state["units"])
    words = [word["text"] for cloud in drawn(page)["clouds"] for word in cloud["words"]]
    text = next(word for word in words if word.isalpha() and word not in published.dataset["view"]["words"])
    button(page, re.compile(f"^{text}, ")).first.click()
    response = published.response(text)
    page.wait_for_function(
        f"([unit, value]) => {{ const d = ({DRAWN})();"
        " return d.chips.some((c) => c.cells.some((x) => x.unit === unit && Math.abs(x.value - value) < 1e-6)); }",
        arg=[0, float(response[0])],
    )
    page.wait_for_timeout(400)
    inspection = drawn(page)
    values = chip_values(inspection, published.state["units"])
    assert np.allclose(values, response, atol=1e-6)
    assert not np.allclose(values, before, atol=1e-3)
    for chip in inspection["chips"]:
        inside = [cell["value"] for cell in chip["cells"]]
        assert chip["amount"] == pytest.approx(np.mean(inside), abs=1e-6)
    painted_as_said(page, inspection)
    watched.check()


def painted_as_said(page: Page, inspection: dict[str, Any]) -> None:
    """The pixels of the chips' cells have the colours that stand for their values."""
    page.mouse.move(2, 2)
    page.wait_for_timeout(400)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    origin = page.evaluate(
        "() => { const r = document.querySelector('rnnvis-explorer').shadowRoot;"
        " const b = r.querySelector('[data-picture] canvas').getBoundingClientRect(); return [b.x, b.y]; }"
    )
    wrong = []
    for chip in inspection["chips"]:
        for cell in chip["cells"]:
            x, y = origin[0] + cell["x"] + 6, origin[1] + cell["y"] + 6
            seen = image.getpixel((round(x), round(y)))
            said = page.evaluate(
                "(c) => { const x = new OffscreenCanvas(1, 1).getContext('2d');"
                " x.fillStyle = c; x.fillRect(0, 0, 1, 1); return [...x.getImageData(0, 0, 1, 1).data].slice(0, 3); }",
                cell["colour"],
            )
            if max(abs(a - b) for a, b in zip(seen, said, strict=True)) > 4:
                wrong.append((cell["unit"], seen, said))
    assert wrong == []


@pytest.mark.parametrize("k", [2, 12, 30])
def test_the_slider_changes_the_number_of_chips_at_once(watched: Watched, published: Published, k: int) -> None:
    page = opened(watched)
    page.get_by_role("slider", name="Clusters").fill(str(k))
    inspection = settled(page, f"drawn.chips.length === {k}")
    row = published.clusters("units", k)
    assert [chip["cluster"] for chip in inspection["chips"]] == row["order"]
    of_unit = {cell["unit"]: chip["cluster"] for chip in inspection["chips"] for cell in chip["cells"]}
    assert [of_unit[unit] for unit in row["ids"]] == row["labels"]
    words = published.clusters("words", k)
    sizes = np.bincount(words["labels"], minlength=k)
    for cloud in inspection["clouds"]:
        assert len(cloud["words"]) + len(cloud["more"]) == sizes[cloud["cluster"]], "a word was dropped"
    watched.check()


def test_links_are_mean_pushes_and_block_means_where_what_moved_is_shown(
    watched: Watched, published: Published
) -> None:
    page = opened(watched)
    k = published.dataset["view"]["k"]
    where = "method = 'block' AND selection = 'reliable' AND k = ?"
    row = published.rows("block_means", where, k)[0]
    pushes, means = (np.array(row[name]).reshape(k, k) for name in ("push", "mean"))
    widths = [(link["value"], link["width"]) for link in drawn(page)["links"]]
    assert max(widths, key=lambda of: abs(of[0]))[1] == max(width for _, width in widths), "one scale"
    for link in drawn(page)["links"]:
        assert link["value"] == pytest.approx(pushes[link["wordCluster"], link["unitCluster"]], abs=1e-6)
    for words in published.rows("cluster_summaries", f"{where} AND side = 'words'", k):
        total = pushes[words["cluster"]].sum()
        assert total == pytest.approx(words["effect"], abs=2e-3), "chips add up to the effect of the words"
    expect(page.get_by_role("contentinfo", name="Legend")).to_contain_text("words’ push for positive")
    show_moved(page)
    links = drawn(page)["links"]
    assert links
    for link in links:
        assert link["value"] == pytest.approx(means[link["wordCluster"], link["unitCluster"]], abs=1e-6)
    page.get_by_role("slider", name="Links from").fill("0")
    every = settled(page, f"drawn.links.length > {len(links)}")["links"]
    assert len(every) == np.count_nonzero(means)


def test_a_permalink_restores_the_view(watched: Watched, context: BrowserContext, base: str) -> None:
    page = opened(watched)
    page.get_by_role("slider", name="Clusters").fill("7")
    settled(page, "drawn.chips.length === 7")
    button(page, re.compile(r", word 2 of ")).click()
    page.get_by_role("combobox", name="Colour scale").select_option(label="one for all")
    page.wait_for_function("() => location.hash.includes('k=7')")
    page.mouse.move(1, 1)  # what a pointer lights up is in no link
    page.wait_for_timeout(400)
    first = drawn(page)
    again = watch(context, base)
    second = settled(opened(again, page.evaluate("location.hash")), "drawn.chips.length === 7")
    assert second["chips"] == first["chips"]
    assert second["glyphs"] == first["glyphs"]
    assert second["links"] == first["links"]
    expect(again.page.get_by_role("combobox", name="Colour scale")).to_have_value("fixed")
    again.check()


def test_undo_and_redo(watched: Watched, published: Published) -> None:
    page = opened(watched)
    first = published.dataset["view"]["k"]
    page.get_by_role("slider", name="Clusters").fill("4")
    settled(page, "drawn.chips.length === 4")
    button(page, "Undo").click()
    settled(page, f"drawn.chips.length === {first}")
    button(page, "Redo").click()
    settled(page, "drawn.chips.length === 4")


@pytest.mark.parametrize(
    "fragment",
    [
        "#v1=d=reviews&m=gru&k=99",
        "#v1=d=reviews&m=<img src=x onerror=alert(1)>",
        "#v1=d=reviews&m=gru&q='; DROP TABLE sentences;--",
        "#v1=" + "w=" + "a" * 5000,
        "#v9=k=3",
        "#v1=d=reviews&m=gru&h=0000000000000000&k=4",
    ],
)
def test_a_strange_link_is_announced_and_the_usual_view_shown(watched: Watched, fragment: str) -> None:
    dialogs: list[str] = []
    watched.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page = watched.open("explorer/" + fragment)
    inspection = settled(page, "drawn.chips.length > 0")
    assert 2 <= len(inspection["chips"]) <= 30
    notice = page.locator("rnnvis-explorer .notice").first
    expect(notice).to_be_visible()
    assert len(notice.inner_text()) > 20
    assert dialogs == []
    watched.check()


def test_models_and_states_can_be_switched(watched: Watched, site: Path) -> None:
    page = opened(watched)
    lstm = Published(site / "explorer" / "data", "lstm", "rnn.0.c")
    page.get_by_role("combobox", name="Model").select_option(label=lstm.model["title"])
    page.wait_for_function("() => location.hash.includes('m=lstm')")
    page.get_by_role("combobox", name="State").select_option(label=lstm.state["title"])
    view = lstm.dataset["view"]
    wanted = lstm.change(view["sentence"], view["step"])
    page.wait_for_function(
        f"(value) => {{ const d = ({DRAWN})();"
        " return d && d.chips.some((c) => c.cells.some((x) => x.unit === 0 && Math.abs(x.value - value) < 1e-4)); }",
        arg=float(wanted[0]),
    )
    assert np.allclose(chip_values(drawn(page), lstm.state["units"]), wanted, atol=1e-5)
    watched.check()


def test_dark_mode_follows_the_button_and_the_site(watched: Watched, published: Published) -> None:
    page = opened(watched)

    def luminance() -> float:
        return float(np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L")).mean())

    light, colours = luminance(), [cell["colour"] for chip in drawn(page)["chips"] for cell in chip["cells"]]
    button(page, "Dark theme").click()
    page.wait_for_timeout(500)
    inspection = drawn(page)
    assert luminance() < 80 < 200 < light
    assert [cell["colour"] for chip in inspection["chips"] for cell in chip["cells"]] != colours
    painted_as_said(page, inspection)
    watched.open("methods/")
    assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"
    watched.check()


def test_sentences_are_found_without_the_engine_and_counted_honestly(watched: Watched, published: Published) -> None:
    page = opened(watched)
    button(page, "Choose sentence").click()
    box = page.get_by_role("dialog").get_by_role("textbox").or_(page.get_by_role("searchbox")).first
    box.fill("though")
    total = published.rows("sentences", "list_contains(list_transform(surface, lambda w: lower(w)), 'though')")
    result = page.get_by_text(re.compile(rf"\bof {len(total):,}\b")).first
    expect(result).to_be_visible(timeout=30_000)
    expect(page.get_by_role("dialog").locator("[data-tinted]")).to_contain_text("what each word pushed")
    expect(page.get_by_role("dialog").locator("li [style*=background]").nth(20)).to_be_visible()
    assert not any("duckdb" in url for url in watched.requests)
    watched.check()


def test_everything_works_on_a_server_without_ranges(context: BrowserContext, site: Path, published: Published) -> None:
    with serving(site, ranges=False) as address:
        watched = watch(context, address)
        page = opened(watched)
        view = published.dataset["view"]
        values = chip_values(drawn(page), published.state["units"])
        assert np.allclose(values, published.weights * published.change(view["sentence"], view["step"]), atol=1e-6)
        button(page, "Choose sentence").click()
        page.get_by_role("dialog").get_by_role("textbox").or_(page.get_by_role("searchbox")).first.fill("though")
        total = len(published.rows("sentences", "list_contains(list_transform(surface, lambda w: lower(w)), 'though')"))
        expect(page.get_by_text(re.compile(rf"\bof {total:,}\b")).first).to_be_visible(timeout=60_000)
        watched.check()


@pytest.mark.parametrize(
    ("pattern", "status", "body"),
    [
        ("**/manifest.json", 404, b""),
        ("**/manifest.json", 200, b"{"),
        ("**/manifest.json", 200, b'{"format": "rnnvis", "version": 99, "datasets": []}'),
        ("**/cluster_labels-*.parquet", 404, b""),
        ("**/states-*.parquet", 200, b"PAR1 this is no Parquet file PAR1"),
    ],
)
def test_damaged_or_missing_data_is_explained_in_its_place(
    browser: Browser, base: str, pattern: str, status: int, body: bytes
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.route("**/first_view-*.pack", lambda route: route.abort())
    page.route(pattern, lambda route: route.fulfill(status=status, body=body))
    page.goto(base + "explorer/")
    alert = page.locator("rnnvis-explorer [role=alert]").first
    expect(alert).to_be_visible()
    text = alert.inner_text()
    assert len(text) > 40, "what, where and what to do"
    name = pattern.removeprefix("**/").split("-")[0]
    assert name in text
    context.close()


def test_a_unit_opens_with_its_published_measures(watched: Watched, published: Published) -> None:
    page = opened(watched)
    page.wait_for_load_state("networkidle")  # what stands above the picture moves it
    page.wait_for_timeout(500)
    cell = drawn(page)["chips"][0]["cells"][0]
    origin = page.evaluate(
        "() => { const r = document.querySelector('rnnvis-explorer').shadowRoot;"
        " const b = r.querySelector('[data-picture] canvas').getBoundingClientRect(); return [b.x, b.y]; }"
    )
    page.mouse.click(origin[0] + cell["x"] + 6, origin[1] + cell["y"] + 6)
    expect(page.get_by_role("heading", name=f"Unit {cell['unit']}", exact=True)).to_be_visible()
    row = published.rows("units", "unit = ?", cell["unit"])[0]
    expect(page.get_by_text(f"{row['time_scale']:.1f} words").first).to_be_visible()
    top = published.rows("words", "word_id = ?", row["top_words"][0])[0]["text"]
    expect(page.get_by_text(top, exact=True).first).to_be_visible()
    assert "p=unit" in page.evaluate("location.hash")
    page.keyboard.press("Escape")
    watched.check()


@pytest.mark.parametrize(
    ("pattern", "status", "body"),
    [
        ("**/*.duckdb_extension.wasm", 404, ""),
        ("**/duckdb-eh.wasm", 404, ""),
        ("**/duckdb-browser-eh.worker.js", 404, ""),
        ("**/duckdb-browser-eh.worker.js", 200, "throw new Error('broken')"),
        ("none", 0, ""),
    ],
    ids=["no extension", "no module", "no worker", "broken worker", "no WebAssembly"],
)
def test_without_its_engine_search_says_so_and_the_rest_works(
    context: BrowserContext, base: str, pattern: str, status: int, body: str
) -> None:
    page = context.new_page()
    if pattern == "none":
        page.add_init_script("delete globalThis.WebAssembly")
    else:
        page.route(pattern, lambda route: route.fulfill(status=status, content_type="text/javascript", body=body))
    page.goto(base + "explorer/#v1=p=find&fi=m:fires;u:7")
    expect(page.get_by_role("alert").first).to_contain_text("The search engine did not start", timeout=20_000)
    page.goto(base + "explorer/")
    page.reload()
    page.wait_for_function(READY)
    page.get_by_role("slider", name="Clusters").fill("4")
    settled(page, "drawn.chips.length === 4")


@pytest.mark.parametrize(
    "script",
    [
        "delete CanvasRenderingContext2D.prototype.roundRect",
        "delete window.customElements; delete Window.prototype.customElements",
    ],
)
def test_an_old_browser_is_told_so(browser: Browser, base: str, script: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(script)
    page.goto(base + "explorer/")
    said = page.get_by_text("too old for the explorer").first
    expect(said).to_be_visible()
    shown = page.evaluate(
        "() => { const e = document.querySelector('rnnvis-explorer'); return (e.shadowRoot || e).textContent; }"
    )
    assert "Firefox 115" in shown, "which browsers will do"
    context.close()
