"""A signal beside its events, and the channels that a unit goes along with: what is shown against what is published."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from playwright.sync_api import expect

import rnnvis
from tests.browser.conftest import Watched
from tests.browser.planted import plant
from tests.browser.published import Published
from tests.browser.test_explorer import opened
from tests.python.test_public_signals import Planted, series


def test_frames_channels_and_correlations_are_the_published_ones(watched: Watched, tmp_path: Path) -> None:
    signals = [
        rnnvis.Signal(row, channels=("x", "<b>y", "z"), truth={"sum of y": np.cumsum(row[:, 1])}) for row in series()
    ]
    recording = rnnvis.record(Planted(), signals, rnnvis.events.threshold("x", 0.7))
    recording.drift(ages=(0, 2, 4, 8))
    recording.publish(tmp_path, "planted", ablation=False)
    plant(watched.page, tmp_path)
    page = opened(watched)
    published = Published(tmp_path, "planted")
    sentence = published.sentence(published.dataset["view"]["sentence"])
    frames = [row["value"] for row in published.rows("frames", "sentence_id = ?", sentence["sentence_id"])]
    table = page.locator("rnnvis-explorer .twins table", has=page.locator("caption", has_text="the signal"))
    expect(table.locator("thead th")).to_have_text(["event", "x", "<b>y", "z", "sum of y"])
    expect(table.locator("tbody tr")).to_have_count(len(frames))
    shown = [
        [float(cell.replace("−", "-").replace(",", "")) for cell in row.locator("td").all_inner_texts()[-4:]]
        for row in table.locator("tbody tr").all()
    ]
    np.testing.assert_allclose(shown, frames, rtol=1e-3, atol=1e-6)
    page.locator('rnnvis-explorer [data-step="2"]').first.focus()
    tooltip = page.locator("rnnvis-explorer [data-picture] .tooltip")
    expect(tooltip).to_contain_text(f"Fed: x {frames[2][0]:.3g}, <b>y {frames[2][1]:.3g}, z {frames[2][2]:.3g}")
    page = watched.open("explorer/?unit#v1=p=unit&u=0")
    rows = page.locator("rnnvis-explorer section", has_text="Channels that it goes along with").locator("tbody tr")
    wanted = published.rows("unit_channels", "unit = 0 and correlation is not null")
    wanted.sort(key=lambda row: -abs(row["correlation"]))
    names = [row["name"] for row in published.rows("channels")]
    expect(rows.locator("th bdi")).to_have_text([names[row["channel"]] for row in wanted])
    expect(rows.first).to_contain_text("not read by the model")
    for row, cells in zip(wanted[1:], rows.all()[1:], strict=True):
        said = f"{abs(row['correlation']):.3f}"
        expect(cells.locator(".strong")).to_have_text(f"−{said}" if row["correlation"] < 0 else said)
    aged = published.rows("unit_drift", "unit = 0")
    label = page.locator("rnnvis-explorer [aria-label^='Drift of unit 0']").get_attribute("aria-label") or ""
    assert len(aged) == 3
    for row in aged:
        drift = f"{row['drift']:+.2f}".replace("-", "−").replace("+0.00", "0.00")
        assert f"steps {row['age']} to {row['until'] - 1:,}, {drift}" in label
    expect(page.get_by_role("heading", name="Along the signal of the picture")).to_be_visible()
    expect(page.locator("rnnvis-explorer [data-finder]")).to_have_attribute(
        "placeholder", "Find an event, unit, signal"
    )
    watched.check()
