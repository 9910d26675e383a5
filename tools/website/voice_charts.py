"""The case study of the voice detector as pictures: drift and memory over time, and what setting back does."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from rnnvis.nets.detector import GENERATIONS
from rnnvis.recipes.steps.voice_shown import dataset_name, probe_name
from rnnvis.recipes.study.voice import STATE
from rnnvis.recipes.study.voice_shown import SHOWN
from tools.website.line_chart import Line, line_chart
from tools.website.markup import decimal, filled, paragraph, piece, untold
from tools.website.published import Published

WHAT = "the voice detector"
Table = dict[str, Any]
_SETS = {
    "cells": ("the cells found", "strong"),
    "all": ("the whole state", "dashed"),
    "random": ("as many others", "dotted"),
}


def drift(found: Table | None) -> Markup:
    """The cells found and those that drift farthest, by age of the stream; a chart for each generation."""
    if found is None:
        return untold(WHAT)
    charts = []
    for name, of in found["generations"].items():
        ages = of["drift"]["ages"]
        places = [f"{age * found['seconds']:.0f}" for age in ages[:-1]]
        lines = [
            Line(
                f"cell {row['cell']}" + (", found" if row["cell"] in of["cells"] else ""),
                [(value, error) for value, error in row["drift"]],
                "strong" if row["cell"] in of["cells"] else "plain",
            )
            for row in of["drift"]["cells"]
        ]
        lines.append(Line("median size", [(value, None) for value in of["drift"]["median"]], "dotted"))
        title = f"{name.capitalize()} generation: drift of cells by age of the stream"
        charts.append(
            line_chart(title, places, "seconds of noise, from", "in standard deviations of the young state", lines)
        )
    return Markup().join(charts)


def opened(published: Published) -> Markup:
    """Links to the published streams: each noise, after long and after short noise side by side; how to get them where
    they are not published."""
    there = {dataset["name"]: dataset for dataset in published.manifest["datasets"]}
    links = []
    for generation in GENERATIONS:
        dataset = there.get(dataset_name("voice", generation.name))
        if dataset is None:
            continue
        for noise in SHOWN:
            keys = [dataset["probes"].get(probe_name(past, noise.level)) for past in ("long", "short")]
            if None in keys:
                continue
            view = f"d={dataset['name']}&s={STATE}&q={keys[0]}&q2={keys[1]}"
            said = (
                f"{generation.name} generation, noise at {noise.level:g}: one sentence after long and after short noise"
            )
            links.append(piece("link", f"../../explorer/#v1={view}", said))
    if not links:
        return paragraph(
            filled(
                "This site was built without the streams. {} publishes a few of both generations beside what is there.",
                piece("code", "rnnvis regenerate voice"),
            ),
            "rv-note",
        )
    return Markup(piece("listed", links) + "\n")


def remembered(found: Table | None) -> Markup:
    """How far the answer from the last seconds alone is from that of the whole past, both generations."""
    if found is None:
        return untold(WHAT)
    generations = found["generations"]
    places = [decimal(row["seconds"], 0) for row in next(iter(generations.values()))["remembered"]]
    lines = [
        Line(name, [tuple(row["distance"]) for row in of["remembered"]], style)
        for (name, of), style in zip(generations.items(), ("strong", "dashed"), strict=False)
    ]
    title = "What is heard from the last seconds alone, against what is heard from the whole past"
    return line_chart(title, places, "seconds that are heard", "distance of P(speech) while there is speech", lines)


def resets(found: Table | None) -> Markup:
    """P(speech) over the beginning of the speech by when the state is set back, after long noise."""
    if found is None:
        return untold(WHAT)
    charts = []
    heard = decimal(found["steps"]["heard"] * found["seconds"], 1)
    for name, of in found["generations"].items():
        rows = [row for row in of["resets"] if row["past"] == "long"]
        plain = next(row for row in rows if row["at"] is None)
        times = sorted({row["at"] for row in rows if row["at"] is not None})
        places = [decimal(at * found["seconds"], 2, sign=True) if at else "0" for at in times]
        lines = [
            Line(
                said,
                [tuple(next(row for row in rows if (row["at"], row["reset"]) == (at, what))["p"]) for at in times],
                style,
            )
            for what, (said, style) in _SETS.items()
        ]
        lines.append(Line("nothing", [tuple(plain["p"])] * len(times), "plain"))
        title = f"{name.capitalize()} generation: P(speech) after long noise, by when what is set back to zero"
        charts.append(
            line_chart(
                title, places, "seconds after the beginning of the speech", f"mean over its first {heard} s", lines
            )
        )
    return Markup().join(charts)
