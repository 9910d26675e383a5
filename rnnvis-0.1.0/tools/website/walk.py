"""The two orders of one sentence as a text that is read beside a picture, stop by stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from rnnvis.published.opening import log_odds
from tools.website import findings
from tools.website.markup import absent, decimal, filled, piece, word
from tools.website.probes import WORD, Probe, shown_pair, side_by_side
from tools.website.published import Published


@dataclass(frozen=True)
class Stop:
    """A paragraph, and what the picture shows beside it."""

    told: Markup
    shown: Probe
    step: int
    words: tuple[str, ...]
    second: Probe | None = None


def along(published: Published, probe: Probe) -> tuple[np.ndarray, np.ndarray]:
    """P of the last class after every step of a probe sentence, and what each step pushed its log-odds by, [T] each.

    Where no push is published it is the change of the log-odds, 0 at the first step.
    """
    rows = published.rows(
        "SELECT p_class, push FROM steps JOIN sentences USING (sentence_id) WHERE key = ? ORDER BY step", (probe.key,)
    )
    p = np.array([row[0][-1] for row in rows])
    odds = log_odds(p)
    changed = np.diff(odds, prepend=odds[:1])
    return p, np.array([change if row[1] is None else row[1] for row, change in zip(rows, changed, strict=True)])


def stops(published: Published, first: Probe, second: Probe) -> list[Stop]:
    """What is said of the pair: each sentence at the word that moves the answer most before and after `WORD`, then at
    the word itself, then both beside each other."""
    found = []
    for probe, which in ((first, "first"), (second, "second")):
        p, push = along(published, probe)
        before = int(np.argmax(np.abs(push[: probe.step])))
        after = probe.step + 1 + int(np.argmax(np.abs(push[probe.step + 1 :]))) if probe.step + 1 < len(p) else None
        for step in (before, probe.step, after):
            if not step:  # nothing stands before the first word
                continue
            here = probe.surface[step]
            moved = f"{decimal(p[step - 1], 2)} to {decimal(p[step], 2)}"
            told = filled(
                "In the {} sentence, at {}, P({}) goes from {}: a push of {} log-odds.",
                *(which, word(here), published.model["classes"][-1], moved, decimal(push[step], 2, sign=True)),
            )
            if step == probe.step:
                told += filled(" The memory moves by {}, its response norm.", decimal(probe.norm, 3))
            else:
                side = "before" if step < probe.step else "after"
                told += filled(" No other word {} {} pushes as far.", side, word(WORD))
            found.append(Stop(told, probe, step, (WORD, here.lower()) if step != probe.step else (WORD,)))
    told = filled(
        "Both, with {} on one row. Below them stands what differs: a bar rises where the chip moved further up in the "
        "first sentence, and falls where it did in the second.",
        word(WORD),
    )
    return [*found, Stop(told, first, first.step, (WORD,), second)]


def pair_walk(published: Published) -> str:
    """The walk along the pair shown: a picture, and the stops beside it."""
    pair = shown_pair(published)
    if len(pair) != 2:
        return absent("pair of probe sentences")
    told = stops(published, *pair)
    pieces = [_stop(published, stop, pair) for stop in told]
    attributes: dict[str, Any] = {"layout": "hero", "explorer": "../../explorer/", "model": published.model["name"]}
    attributes |= {name: value for name, value in _choices(told[0]).items() if value is not None}
    return piece("walk", attributes, pieces) + "\n"


def _choices(stop: Stop) -> dict[str, Any]:
    second = stop.second
    return {
        "sentence": stop.shown.key,
        "step": stop.step,
        "sentence2": second.key if second else None,
        "step2": second.step if second else None,
        "k": findings.CLUSTERS,
        "words": ",".join(dict.fromkeys(stop.words)),
    }


def _stop(published: Published, stop: Stop, pair: Sequence[Probe]) -> Markup:
    attributes = {f"data-{name}": value for name, value in _choices(stop).items() if value is not None}
    link = side_by_side(published, pair[0], pair[1], "../../") if stop.second else ""
    return piece("stop", attributes, stop.told, link, "Both sentences side by side in the explorer")
