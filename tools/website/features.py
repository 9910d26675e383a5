"""Features beside units: what a sparse code keeps of a state, and what features tell, from the tables of results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from markupsafe import Markup

from rnnvis.errors import RnnvisError
from rnnvis.recipes.study import results
from tools.website.markup import decimal, filled, integer, paragraph, percent, piece, table, untold, word

Table = dict[str, Any]
MODELS = {
    "pronouncer": Path("graphemes") / "results" / "g2p-en-features.json",
    "language": Path("speeches") / "results" / "lstm-best-features.json",
}
SHOWN = 12
WHAT = "features"


def read(datasets: Path) -> dict[str, Table]:
    """The tables of results in `datasets`, a folder of datasets, by which model they are of; those that are there."""
    found = {}
    for name, path in MODELS.items():
        try:
            found[name] = results.read(datasets / path)
        except RnnvisError:
            continue
    return found


def kept(found: dict[str, Table]) -> str:
    """What each code keeps, and what the model loses by the rest."""
    if not found:
        return untold(WHAT)
    rows = []
    for of in found.values():
        seeds = of["seeds"]
        rows.append(
            (
                filled("{}, {}", of["title"], word(of["state"])),
                f"{integer(of['latents'])} for {integer(of['units'])}, {integer(of['k'])} at a step",
                _share([row["kept"] for row in seeds]),
                ", ".join(integer(row["dead"]) for row in seeds),
                decimal(mean(row["loss"] for row in seeds)),
                _over([row["loss_rebuilt"] for row in seeds]),
            )
        )
    head = ("state", "features", "variance kept", "dead, by seed", "loss", "with the reconstruction")
    return table("What the features keep, on text that they were not trained on", head, rows, (2, 3, 4, 5))


def exact(found: dict[str, Table]) -> str:
    """What the pronouncer says with the reconstruction in the place of its encoder's state."""
    of = found.get("pronouncer")
    if of is None:
        return ""
    seeds = of["seeds"]
    sentence = (
        "Of {} words that took no part in this, the pronouncer says {} exactly; with the reconstruction in the place "
        "of its encoder's state after every letter, {}."
    )
    rebuilt = _share([row["exact_rebuilt"] for row in seeds])
    return paragraph(filled(sentence, integer(seeds[0]["words"]), percent(seeds[0]["exact"], 1), rebuilt))


def compared(found: dict[str, Table]) -> str:
    """Features against units, over all concepts."""
    if not found:
        return untold(WHAT)
    rows = []
    for of in found.values():
        means = of["means"]
        rows.append(
            (
                filled("{}, {}", of["title"], word(of["state"])),
                integer(len(of["concepts"])),
                *(_with_error(means[name]) for name in ("features", "units", "difference")),
                f"{integer(of['better'])} of {integer(len(of['concepts']))}",
            )
        )
    head = ("state", "concepts", "best feature", "best unit", "difference", "feature better")
    caption = "F1 on held-out text of the best single feature and the best single unit, mean over the concepts"
    return table(caption, head, rows, (1, 2, 3, 4, 5))


def pronouncer_concepts(found: dict[str, Table]) -> str:
    """The pairs of letters with the largest differences, both ways."""
    return _concepts(found.get("pronouncer"), "pair of letters")


def language_concepts(found: dict[str, Table]) -> str:
    """The parts of speech, with what they are; where the table is not made, who asks for it."""
    if "language" not in found:
        said = "The card of the best language model asks for features too. Their table is not made yet: {} makes it."
        return paragraph(filled(said, piece("code", "rnnvis regenerate speeches")), "rv-note")
    said = "For the language model a concept is the part of speech of the word just read, as a tagger finds it."
    return paragraph(said) + _concepts(found["language"], "part of speech")


def _concepts(of: Table | None, what: str) -> str:
    if of is None:
        return untold(WHAT)
    gap = sorted(of["concepts"], key=lambda row: -_gap(row))
    shown = gap if len(gap) <= SHOWN else [*gap[: SHOWN // 2], *gap[-SHOWN // 2 :]]
    rows = [
        (
            word(row["concept"]),
            integer(row["uses"]),
            _over(row["features"], 2),
            _over(row["units"], 2),
            decimal(_gap(row), 2, sign=True),
        )
        for row in shown
    ]
    which = "" if len(gap) <= SHOWN else ": those where features gain most, and least"
    caption = f"{of['title']}: F1 by {what}{which}"
    return table(caption, (what, "steps", "best feature", "best unit", "difference"), rows, (1, 2, 3, 4))


def _gap(row: Table) -> float:
    return mean(row["features"]) - mean(row["units"])


def _over(values: Sequence[float], digits: int = 3) -> str:
    """Mean ± standard error over the seeds."""
    return _with_error((mean(values), _error(values)), digits)


def _with_error(of: Sequence[float | None], digits: int = 3) -> str:
    value, error = of
    return decimal(value, digits) + ("" if error is None else f" ± {decimal(error, digits)}")


def _share(values: Sequence[float]) -> Markup:
    error = _error(values)
    return Markup(f"{percent(mean(values), 1)}" + ("" if error is None else f" ± {decimal(100 * error, 2)}"))


def _error(values: Sequence[float]) -> float | None:
    return stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
