"""The case study of a chip that is switched off: its table of trainings, and the published model that shows it live."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from rnnvis.errors import RnnvisError
from rnnvis.recipes.study import results
from tools.website.findings import CLEAR
from tools.website.markup import (
    absent,
    decimal,
    filled,
    integer,
    listing,
    paragraph,
    percent,
    table,
    text,
    untold,
    with_error,
    word,
)
from tools.website.published import Published

DATASET = "reviews"
PARTS = {"inside": "with such a word", "outside": "without one", "all": "all"}
HOLDS = {"zero": "at zero", "mean": "at their mean"}
WHAT = "chips over several trainings"
Table = dict[str, Any]


@dataclass(frozen=True)
class ChipCase:
    """The table of the case study, None where it is missing, and the published tables beside it."""

    found: Table | None
    published: Published

    @staticmethod
    def read(datasets: Path, published: Published) -> ChipCase:
        """What lies in `datasets`, a folder of datasets."""
        try:
            return ChipCase(results.read(datasets / DATASET / "results" / "chips.json"), published)
        except RnnvisError:
            return ChipCase(None, published)

    @property
    def seeds(self) -> list[Table]:
        """The row of each training."""
        return list(self.found["seeds"]) if self.found else []

    @property
    def kinds(self) -> list[str]:
        """Kinds of words that every training has a chip of."""
        return [
            kind
            for kind in (self.seeds[0]["kinds"] if self.seeds else ())
            if all(kind in s["kinds"] for s in self.seeds)
        ]

    def of(self, kind: str, hold: str, part: str) -> list[Table]:
        """The figures of a kind in every training; empty where no sentence is of that part."""
        found = [seed["kinds"][kind]["holds"][hold].get(part) for seed in self.seeds]
        return [of for of in found if of is not None] if all(found) else []


@dataclass(frozen=True)
class Over:
    """A figure over the trainings: its mean and standard error, nan of a single one."""

    mean: float
    error: float

    @staticmethod
    def of(values: list[float]) -> Over:
        error = float(np.std(values, ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan
        return Over(float(np.mean(values)), error)

    @property
    def clear(self) -> bool:
        """Whether it is away from zero by more than two standard errors."""
        return abs(self.mean) > CLEAR * self.error

    def share(self, digits: int = 1, *, sign: bool = False) -> str:
        """In per cent, with its error."""
        return with_error(100 * self.mean, None if math.isnan(self.error) else 100 * self.error, digits, sign=sign)

    def plain(self, digits: int = 2, *, sign: bool = False) -> str:
        """As a number, with its error."""
        return with_error(self.mean, None if math.isnan(self.error) else self.error, digits, sign=sign)


def beyond(rows: list[Table], figure: str = "flips") -> Over:
    """By how much a figure of the chip lies above that of the random groups."""
    return Over.of([row[figure] - row["random"][figure][0] for row in rows])


def own(case: ChipCase, kind: str, hold: str, figure: str = "flips") -> Over | None:
    """By how much more the chip does so in sentences with a word of the kind than in others, beyond random groups."""
    inside, outside = (case.of(kind, hold, part) for part in ("inside", "outside"))
    if not inside or not outside:
        return None
    gap = [
        (a[figure] - a["random"][figure][0]) - (b[figure] - b["random"][figure][0])
        for a, b in zip(inside, outside, strict=True)
    ]
    return Over.of(gap)


def reproduced(case: ChipCase) -> str:
    """Whether the model that this site shows is one of the trainings."""
    if not case.seeds:
        return untold(WHAT)
    known = {seed["sha256"]: seed["seed"] for seed in case.seeds}
    mine = case.published.model["provenance"].get("sha256")
    if mine in known:
        said = filled("The model that this site shows is the training with seed {}, to the last weight.", known[mine])
    else:
        said = filled("The model that this site shows was trained on another machine or version: other weights.")
    return paragraph(said, "rv-note")


def chosen(case: ChipCase) -> str:
    """Which chip answers to each kind of words, in every training."""
    if not case.kinds:
        return untold(WHAT)
    rows = []
    for kind in case.kinds:
        of = [seed["kinds"][kind] for seed in case.seeds]
        strength = [float(row["strength"]) for row in of]
        times = Over.of([row["strength"] / row["next_strength"] for row in of if row["next_strength"]])
        sizes = [len(row["units"]) for row in of]
        rows.append(
            (
                text(kind),
                Markup(" ").join(map(word, of[0]["words"])),
                _ends(sizes, 0),
                _ends(strength, 1),
                times.plain(2),
            )
        )
    head = ("kind", "words", "units of the chip", "response, in standard errors", "times that of the next chip")
    caption = f"The chip of each kind of words, smallest to largest over {len(case.seeds)} trainings"
    return table(caption, head, rows, (2, 3, 4), (1,)) + _alike(case)


def _alike(case: ChipCase) -> Markup:
    """In how many trainings two kinds of words have the same chip; empty where in none."""
    units = [[tuple(seed["kinds"][kind]["units"]) for kind in case.kinds] for seed in case.seeds]
    alike = sum(len(set(of)) < len(of) for of in units)
    if not alike:
        return Markup("")
    said = filled("In {} of {} trainings, one chip is the chip of {}.", alike, len(units), listing(case.kinds))
    return paragraph(said, "rv-note")


def _ends(values: list[float] | list[int], digits: int) -> str:
    low, high = decimal(min(values), digits), decimal(max(values), digits)
    return low if low == high else f"{low} to {high}"


def switched(case: ChipCase) -> str:
    """Shares of the test sentences that flip without the chip, beside random groups."""
    rows = list(_switched(case))
    if not rows:
        return untold(WHAT)
    head = (
        "chip of",
        "held",
        "sentences",
        "",
        "flip, %",
        "random groups, %",
        "more by",
        "right to wrong, more by",
        "loss, more by",
    )
    groups = (case.found or {})["groups"]
    caption = f"Mean over {len(case.seeds)} trainings ± standard error; {groups} random groups in each"
    return table(caption, head, rows, (3, 4, 5, 6, 7, 8))


def _switched(case: ChipCase) -> Iterator[tuple[str, ...]]:
    for kind in case.kinds:
        for hold, held in HOLDS.items():
            for part, said in PARTS.items():
                rows = case.of(kind, hold, part)
                if rows:
                    yield (
                        text(kind),
                        held,
                        said,
                        integer(rows[0]["sentences"]),
                        Over.of([row["flips"] for row in rows]).share(),
                        Over.of([row["random"]["flips"][0] for row in rows]).share(),
                        beyond(rows).share(sign=True),
                        beyond(rows, "to_wrong").share(sign=True),
                        beyond(rows, "loss").plain(3, sign=True),
                    )


def conclusion(case: ChipCase) -> str:
    """Whether the chips matter more than as many units at random, and whether for sentences of their kind."""
    said = [paragraph(_told(case, kind)) for kind in case.kinds if case.of(kind, "zero", "inside")]
    return Markup().join(said) or untold(WHAT)


def _told(case: ChipCase, kind: str) -> Markup:
    rows = case.of(kind, "zero", "inside")
    more, flip = beyond(rows), Over.of([row["flips"] for row in rows])
    most = sum(row["groups_below"] == (case.found or {})["groups"] for row in rows)
    if not more.clear:
        said = filled(
            "<strong>The chip of {} does not clearly matter more than as many units taken at random.</strong> ",
            text(kind),
        )
    elif more.mean > 0:
        said = filled("<strong>The chip of {} matters more than as many units taken at random.</strong> ", text(kind))
    else:
        said = filled("<strong>The chip of {} matters less than as many units taken at random.</strong> ", text(kind))
    said += filled(
        "Held at zero, it turns the verdict of {} % of the test sentences with such a word: {} points beyond random "
        "groups. In {} of {} trainings it turns more of them than any of the random groups does. ",
        *(flip.share(), more.share(sign=True), most, len(rows)),
    )
    about = own(case, kind, "zero")
    if about is None:
        return said
    clearly = "more" if about.mean > 0 else "less"
    if about.clear:
        said += filled(
            "Beyond random groups it does {} so where such a word stands than elsewhere, by {} points.",
            clearly,
            with_error(abs(100 * about.mean), 100 * about.error, 1),
        )
    else:
        said += filled(
            "It does not clearly do so more where such a word stands than elsewhere ({} points beyond random groups): "
            "what it holds is not about {} alone.",
            about.share(sign=True),
            text(kind),
        )
    level = beyond(case.of(kind, "mean", "inside"))
    if level.clear != more.clear or level.mean * more.mean < 0:
        said += filled(
            " Held at its mean it is {} points beyond them, so part of this is its level.", level.share(sign=True)
        )
    return said


def sentences(case: ChipCase) -> str:
    """The test sentences that flip in most trainings, as far as this site holds their text."""
    if not case.kinds:
        return untold(WHAT)
    shown = []
    for kind in case.kinds:
        listed = (case.found or {})["sentences"][kind]
        known: dict[str, str] = dict(
            case.published.rows(
                "SELECT key, text FROM sentences WHERE list_contains(?, key)", ([row["key"] for row in listed],)
            )
        )
        rows = [
            (
                word(known[row["key"]]),
                f"{row['runs']} of {len(case.seeds)}",
                f"{_p(row['before'])} → {_p(row['after'])}",
                percent(row["random"]),
            )
            for row in listed
            if row["key"] in known
        ]
        if rows:
            head = ("sentence", "trainings", "P(positive)", "random groups")
            shown.append(table(f"Verdicts that turn without the chip of {kind}", head, rows, (1, 2, 3), (0,)))
    return Markup().join(shown) or absent("sentences of this study")


def _p(log_odds: float) -> str:
    return decimal(1 / (1 + math.exp(-log_odds)), 2)


def carried(case: ChipCase) -> str:
    """Each probe sentence with the state of its twin, just before the word and after it."""
    if not any(seed["carried"] for seed in case.seeds):
        return untold("states carried over between probe sentences")
    known: dict[str, str] = dict(case.published.rows("SELECT key, text FROM sentences WHERE split = 'probe'"))
    places = {"before": "before it", "at": "after it"}
    rows = []
    for number, row in enumerate(case.seeds[0]["carried"]):
        if row["into"] not in known:
            continue
        runs = [seed["carried"][number] for seed in case.seeds]
        rows.append(
            (
                word(known[row["into"]]),
                places[row["place"]],
                Over.of([run["before"] for run in runs]).plain(sign=True),
                Over.of([run["wanted"] for run in runs]).plain(sign=True),
                Over.of([run["whole"] - run["before"] for run in runs]).plain(sign=True),
                *(_moved(runs, kind) for kind in case.kinds),
            )
        )
    said = [f"chip of {kind} (random)" for kind in case.kinds]
    head = ("sentence that is read", "carried", "log-odds at its end", "the twin's", "moved by the whole state", *said)
    caption = f"Log-odds of “positive”, mean over {len(case.seeds)} trainings ± standard error"
    return table(caption, head, rows, range(2, len(head)), (0,))


def _moved(runs: list[Table], kind: str) -> Markup:
    alone = Over.of([run["chips"][kind]["after"] - run["before"] for run in runs])
    random = Over.of([run["chips"][kind]["random"][0] - run["before"] for run in runs])
    return filled("{} ({})", alone.plain(sign=True), decimal(random.mean, 2, sign=True))


def carried_conclusion(case: ChipCase) -> str:
    """How much of what the state held at the word is left at the end, and how much of that the chips hold."""
    if not any(seed["carried"] for seed in case.seeds):
        return untold("states carried over between probe sentences")
    said = []
    for place, when in (("before", "Just before"), ("at", "After")):
        whole = Over.of([_left(seed, place, lambda run: run["whole"]) for seed in case.seeds])
        apart = Over.of([_mean(seed, place, lambda run: abs(run["there"] - run["here"])) for seed in case.seeds])
        told = filled(
            "{} {}, the verdicts of the two states are {} log-odds apart. Of that, {} % is left at the end",
            *(when, word((case.found or {})["word"]), apart.plain(1), whole.share()),
        )
        told += filled(" of the sentence. ") if whole.clear else filled(", which is not clearly more than nothing. ")
        for kind in case.kinds:
            more = Over.of([_left(seed, place, _chip(kind)) - _left(seed, place, _random(kind)) for seed in case.seeds])
            verdict = "no clear difference" if not more.clear else "more" if more.mean > 0 else "less"
            told += filled(
                "The chip of {} alone brings {} points beyond random groups of its size: {}. ",
                *(text(kind), more.share(sign=True), verdict),
            )
        said.append(paragraph(told.strip()))
    return Markup().join(said)


def _mean(seed: Table, place: str, of: Callable[[Table], float]) -> float:
    return float(np.mean([of(run) for run in seed["carried"] if run["place"] == place]))


def _left(seed: Table, place: str, after: Callable[[Table], float]) -> float:
    """Σ (after − before) · sign(there − here) / Σ |there − here| over the runs of one training."""
    runs = [run for run in seed["carried"] if run["place"] == place]
    apart = [run["there"] - run["here"] for run in runs]
    moved = sum((after(run) - run["before"]) * math.copysign(1, gap) for run, gap in zip(runs, apart, strict=True))
    return float(moved / sum(map(abs, apart)))


def _chip(kind: str) -> Callable[[Table], float]:
    return lambda run: float(run["chips"][kind]["after"])


def _random(kind: str) -> Callable[[Table], float]:
    return lambda run: float(run["chips"][kind]["random"][0])
