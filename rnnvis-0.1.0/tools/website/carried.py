"""Which units carry the verdict: what was found by switching units off and by carrying them from run to run."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from tools.website.findings import CLEAR
from tools.website.markup import absent, decimal, filled, integer, paragraph, table, with_error
from tools.website.published import Published

MOST = 0.8
"""A set carries most of what all units do when it closes this share of their share."""
_HEAD = (
    "",
    "added",
    "first order",
    "searched",
    "unseen pairs",
    "random sets, mean (lowest to highest)",
    "most different",
)


@dataclass(frozen=True)
class _Set:
    size: int
    added: int
    units: int
    first_order: float
    searched: float
    unseen: float
    error: float | None
    random: float | None
    low: float | None
    high: float | None
    different: float
    whole: float
    pairs: int


def _sets(published: Published, candidates: str, at: str) -> list[_Set]:
    if not published.has("patching"):
        return []
    query = (
        "SELECT size, added, units, first_order, searched, unseen, standard_error, random, random_low, random_high, "
        "most_different, whole, pairs FROM patching WHERE candidates = ? AND place = ? ORDER BY size"
    )
    return [_Set(*row) for row in published.rows(query, (candidates, at))]


def _shares(published: Published, candidates: str, at: str, caption: str, name: str) -> str:
    found = _sets(published, candidates, at)
    if not found:
        return absent("search of this kind")
    rows = [
        (
            str(of.size),
            f"{name} {of.added}",
            decimal(of.first_order, 2),
            decimal(of.searched, 2),
            with_error(of.unseen, of.error, 2),
            "–" if of.random is None else f"{decimal(of.random, 2)} ({decimal(of.low, 2)} to {decimal(of.high, 2)})",
            decimal(of.different, 2),
        )
        for of in found
    ]
    return table(caption, _HEAD, rows, (0, 2, 3, 4, 5, 6))


def units(published: Published) -> str:
    """Shares of the gap that sets of units close, carried after half of the words."""
    return _shares(published, "units", "half", "Units carried over after half of the words", "unit")


def units_at_the_end(published: Published) -> str:
    """The same after the last word."""
    return _shares(published, "units", "last", "Units carried over after the last word", "unit")


def chips(published: Published) -> str:
    """Shares of the gap that sets of chips close, carried after half of the words."""
    return _shares(published, "chips", "half", "Chips carried over after half of the words", "chip")


def without(published: Published) -> str:
    """What switching single units off does to the loss."""
    if not published.has("unit_ablation"):
        return absent("losses without units")
    query = "SELECT unit, increase, standard_error FROM unit_ablation ORDER BY increase DESC, unit"
    rows = published.rows(query)
    clear = [row for row in rows if row[2] and row[1] > CLEAR * row[2]]
    unit, increase, error = rows[0]
    return paragraph(
        filled(
            "Switched off one by one, {} of the {} units make the loss rise by more than {} standard errors. The "
            "largest rise is that of unit {}: {} nats.",
            *(integer(len(clear)), integer(len(rows)), integer(int(CLEAR)), unit, with_error(increase, error, 4)),
        )
    )


def units_conclusion(published: Published) -> str:
    """Whether a few units carry what all do."""
    found = _sets(published, "units", "half")
    if not found:
        return absent("search of this kind")
    last = found[-1]
    said = filled(
        "The best {} units close {} of the gap in {} pairs that the search had not seen, all units together {}. ",
        *(last.size, with_error(last.unseen, last.error, 2), integer(last.pairs), decimal(last.whole, 2)),
    )
    if last.unseen >= MOST * last.whole:
        said += filled("A few units carry most of what the state carries at that point. ")
    else:
        said += filled(
            "No set of up to {} units carries most of what the state carries: the verdict is spread over many. ",
            last.size,
        )
    said += _beside(last, "units")
    return paragraph(said)


def chips_conclusion(published: Published) -> str:
    """How many chips carry what all do."""
    found = _sets(published, "chips", "half")
    if not found:
        return absent("search of this kind")
    enough = next((of for of in found if of.unseen >= MOST * of.whole), None)
    of = enough or found[-1]
    if enough is None:
        said = filled("No set of chips that the search came to carries most of what the state carries. ")
    else:
        said = filled(
            "{} of the chips, {} units in all, close {} of the gap in unseen pairs, where all units close {}. ",
            *(of.size, integer(of.units), with_error(of.unseen, of.error, 2), decimal(of.whole, 2)),
        )
    return paragraph(said + _beside(of, "chips"))


def _beside(of: _Set, name: str) -> Markup:
    """How a set compares with random ones and with what differs most."""
    said = Markup("")
    if of.random is not None and of.high is not None:
        better = "more than any of them" if of.unseen > of.high else "no more than the best of them"
        said = filled(
            "Random sets of as many units close {} on average; the set closes {}. ", decimal(of.random, 2), better
        )
    less = "less than" if of.different < of.unseen - (of.error or 0) else "about as much as"
    return said + filled(
        "The {} that differ most between the runs, as many, close {}: {} those that were searched for.",
        *(name, decimal(of.different, 2), less),
    )
