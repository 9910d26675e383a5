"""What the viewer says of a figure, and how it shows it: declared here, and nowhere in the viewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Format = Literal["number", "signed", "share", "bits", "nats"]
Group = Literal["figures", "explained", "tells", "loss", "more"]
LAST = 100


@dataclass(frozen=True)
class Said:
    """What is said of a column as a measure of a unit.

    `title`, `help` (what it is, in a sentence; what the column holds where there is none) and `about` (a few words
    below a unit's own figure) may hold the placeholders of `PLACEHOLDERS`. A value is shown in `format`, a share in per
    cent, with `digits` decimals and its `unit`; bits and nats have as many digits as they need. On a strip it
    stands away from `base`; the largest `ranked_by` is first, and where `either_side` counts, v and 1 − v are one.
    A `signless` measure is not shown in the colours of the state's sign.

    `group` is its place on a unit's page: a row of figures, what explains its changes, what the state tells, losses, or
    only in the order of the rail. Measures stand in `order`; a narrow table keeps those that come first in `telling`.
    With `compared` the page “Compare” shows the median over the units.

    Of a table with more rows than one for a unit, `row` names the row: a column and its value. `over` names a column
    that this one is divided by, `error` one with its standard error. `key` is the name in links, in place of the
    column's.
    """

    title: str
    help: str = ""
    about: str = ""
    format: Format = "number"
    digits: int = 2
    unit: str = ""
    base: float = 0.0
    ranked_by: Literal["value", "size"] = "value"
    either_side: bool = False
    signless: bool = False
    group: Group = "figures"
    order: int = LAST
    telling: int = LAST
    compared: bool = False
    row: tuple[str, str] | None = None
    over: str = ""
    error: str = ""
    key: str = ""


PLACEHOLDERS = {
    "kind": "the kind of the state: h, c, …",
    "gate": "the gate that keeps the state",
    "positive": "the second class",
    "side": "low or high: the side of the unit's figure that speaks for the second class",
    "saturated": "how often the unit is saturated",
    "chance": "what chance gives",
    "error": "the figure's standard error",
    "place": "the unit's place among all",
}


@dataclass(frozen=True)
class Figure:
    """What the page “Compare” says of a figure of two states or models, `name` in their tables.

    Its strip goes from `low` to `high`, or as far as the values; `baseline` is the subject of the metrics that both
    are held against. `about` stands where the table has no text of its own.
    """

    name: str
    title: str
    about: str = ""
    format: Format = "number"
    digits: int = 2
    low: float = 0.0
    high: float | None = None
    baseline: str = ""
