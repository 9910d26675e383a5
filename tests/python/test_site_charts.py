"""Charts of the pages: what is drawn stands where the figures say."""

from __future__ import annotations

import re

import pytest

from tools.website.line_chart import BAR, BOTTOM, HEIGHT, TOP, Line, line_chart


def test_points_and_bars_stand_on_the_scale_of_the_axis() -> None:
    lines = [Line("a <b>", [(0.0, None), (1.0, 0.1), (None, None)], "strong"), Line("c", [(-1.0, 0.5)] * 3)]
    svg = line_chart("A & B", ["1", "2", "4"], "steps", "size", lines)
    assert "a &lt;b&gt;" in svg
    assert "A &amp; B; size" in svg
    circles = [float(y) for y in re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', svg)]
    assert len(circles) == 5
    labels = {text: float(y) for y, text in re.findall(r'y="([\d.]+)" text-anchor="end"[^>]*>([^<]+)<', svg)}
    at = {float(text.replace("−", "-")): y - 4 for text, y in labels.items()}
    low, high = min(at), max(at)
    assert (low, high) == (-2, 2)
    assert at[high] == pytest.approx(TOP)
    assert at[low] == pytest.approx(HEIGHT - BOTTOM)
    unit = (at[low] - at[high]) / (high - low)
    assert circles[:2] == pytest.approx([at[0.0], at[0.0] - unit], abs=0.1)
    assert circles[2] == pytest.approx(at[0.0] + unit, abs=0.1)
    bars = [
        float(a) - float(b) for a, b in re.findall(r'y1="([\d.]+)" x2="[\d.]+" y2="([\d.]+)" stroke-width="1"', svg)
    ]
    assert bars[0] == pytest.approx(2 * BAR * 0.1 * unit, abs=0.2)
    assert svg.count('stroke-width="1"') == 4


def test_a_chart_of_nothing_but_zero_is_drawn() -> None:
    assert "<circle" in line_chart("x", ["1"], "steps", "size", [Line("a", [(0.0, None)])])
