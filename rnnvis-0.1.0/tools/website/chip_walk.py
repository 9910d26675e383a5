"""The same live: a sentence whose verdict turns without a chip, and one that is given the state of its twin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
from markupsafe import Markup

from rnnvis.recording.holding import Hold
from rnnvis.recording.step_model.model import StepModel
from tools.website import findings
from tools.website.chips import ChipCase
from tools.website.markup import absent, decimal, filled, piece, text, word


@dataclass(frozen=True)
class Read:
    """A published sentence as the published model reads it: as it is, and while units are held."""

    key: str
    text: str
    tokens: np.ndarray
    p: float
    p_held: float
    held: str
    """Key of the sentence with the units held, as the explorer writes it"""
    step: int
    word: str
    """The word there, which is pinned"""


def _model(case: ChipCase) -> StepModel | None:
    entry = case.published.model.get("step_model")
    return StepModel.load(case.published.folder / entry["path"]) if entry else None


def _last(model: StepModel, tokens: np.ndarray, held: Sequence[Hold] = ()) -> float:
    answers = model.run(tokens, held).answers
    assert answers is not None
    return float(np.exp(answers[-1, -1]))


def _sentence(case: ChipCase, key: str) -> tuple[str, np.ndarray] | None:
    found = case.published.rows("SELECT text, tokens FROM sentences WHERE key = ?", (key,))
    return (found[0][0], np.array(found[0][1])) if found else None


def without_chip(case: ChipCase, model: StepModel) -> tuple[str, Read] | None:
    """Of the sentences of the table that the published model, too, judges otherwise without the chip of the first
    training, the one with the fewest words, and the kind of words that the chip answers to."""
    found: list[tuple[str, Read]] = []
    state = case.published.state["name"]
    for kind in case.kinds:
        chosen = case.seeds[0]["kinds"][kind]
        units = np.array(chosen["units"])
        query = "SELECT word_id FROM words WHERE list_contains(?, text)"
        ids = {row[0] for row in case.published.rows(query, (chosen["words"],))}
        called: dict[int, str] = dict(case.published.rows("SELECT word_id, text FROM words"))
        for row in (case.found or {})["sentences"][kind]:
            sentence = _sentence(case, row["key"])
            if sentence is None:
                continue
            written, tokens = sentence
            p = _last(model, tokens)
            p_held = _last(model, tokens, [Hold(state, units, np.zeros(len(units)))])
            if (p > 0.5) != (p_held > 0.5):
                step = next((t for t, token in enumerate(tokens.tolist()) if token in ids), 0)
                held = f"with:{quote(state, safe='')},zero,{'.'.join(map(str, units))},0:{row['key']}"
                found.append(
                    (kind, Read(row["key"], written, tokens, p, p_held, held, step, called[int(tokens[step])]))
                )
    return min(found, key=lambda of: len(of[1].tokens), default=None)


def with_twin(case: ChipCase, model: StepModel) -> list[Read]:
    """The first probe sentence of the table and its twin, each given the other's whole state after the word."""
    state, found = case.published.state["name"], []
    for row in [row for row in case.seeds[0]["carried"] if row["place"] == "at"][:2]:
        into, of = (_sentence(case, row[side]) for side in ("into", "of"))
        if into is None or of is None:
            continue
        units, step = np.arange(model.units[state]), row["step"]
        value = model.run(of[1]).states[state][row["from_step"]]
        p_held = _last(model, into[1], [Hold(state, units, value, step, step)])
        carried = f"from.{row['from_step']}.{row['of']}"
        held = f"with:{quote(state, safe='')},{carried},0-{len(units) - 1},{step}:{row['into']}"
        found.append(
            Read(row["into"], into[0], into[1], _last(model, into[1]), p_held, held, step, (case.found or {})["word"])
        )
    return found


def chip_walk(case: ChipCase) -> str:
    """The picture with what it shows told beside it; every number is of the published model."""
    model = _model(case) if case.seeds else None
    if model is None:
        return absent("model that can be run with a chip switched off")
    turned, twins = without_chip(case, model), with_twin(case, model)
    positive = case.published.model["classes"][-1]
    pieces: list[Markup] = []
    shown: list[dict[str, Any]] = []
    if turned:
        kind, read = turned
        count = len(case.seeds[0]["kinds"][kind]["units"])
        told = filled("In {} P({}) ends at {}.", word(read.text), positive, decimal(read.p, 2))
        shown.append(_choices(read))
        pieces.append(_stop(shown[-1], told))
        told = filled(
            "The same with the {} units of the chip of {} held at zero from the first word on: P({}) ends at {}.",
            *(count, text(kind), positive, decimal(read.p_held, 2)),
        )
        shown.append(_choices(read, read.held))
        pieces.append(_stop(shown[-1], told))
    for read in twins:
        told = filled(
            "In {} P({}) ends at {}. With the state that the other order had after its {}, it ends at {}.",
            *(word(read.text), positive, decimal(read.p, 2), word((case.found or {})["word"]), decimal(read.p_held, 2)),
        )
        shown.append(_choices(read, read.held))
        pieces.append(_stop(shown[-1], told))
    if not pieces:
        return absent("sentence of this study")
    attributes = {"layout": "hero", "explorer": "../../explorer/", "model": case.published.model["name"], **shown[0]}
    return piece("walk", attributes, pieces) + "\n"


def _choices(read: Read, second: str | None = None) -> dict[str, Any]:
    chosen: dict[str, Any] = {"sentence": read.key, "step": read.step}
    if second:
        chosen |= {"sentence2": second, "step2": read.step}
    return {**chosen, "k": findings.CLUSTERS, "words": read.word}


def _stop(choices: dict[str, Any], told: Markup) -> Markup:
    return piece("stop", {f"data-{name}": value for name, value in choices.items()}, told, "", "")
