"""The case study of the pronouncer: what is remembered of a word's letters, from the table of results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from markupsafe import Markup

from rnnvis.errors import RnnvisError
from rnnvis.recipes.study import results
from tools.website.markup import decimal, filled, integer, paragraph, percent, table, text, untold, word

TABLE = Path("graphemes") / "results" / "g2p-en.json"
Table = dict[str, Any]
FEW, MANY = 1, -1
"""Which of the numbers of exchanged units is told: the second, and the last."""
WHAT = "the pronouncer"
_SHARES = {"words said exactly", "phoneme error rate", "words broken off"}


def read(datasets: Path) -> Table | None:
    """The table of results in `datasets`, a folder of datasets; None where there is none."""
    try:
        return results.read(datasets / TABLE)
    except RnnvisError:
        return None


def figures(found: Table | None) -> str:
    """How much of the dictionary is said as it should be."""
    if found is None:
        return untold(WHAT)
    rows = []
    for row in found["figures"]:
        share = row["measure"] in _SHARES
        ends = [row["low"], row["high"]]
        between = "–" if None in ends else " to ".join(percent(e, 1) if share else decimal(e, 3) for e in ends)
        value = percent(row["value"], 1) if share else decimal(row["value"], 3)
        rows.append((text(row["measure"]), value, between))
    caption = f"What the model says, held against {integer(found['words'])} words of the dictionary"
    return table(caption, ("", "figure", "95 % interval"), rows, (1, 2))


def length(found: Table | None) -> str:
    """Longer words are said worse."""
    if found is None:
        return untold(WHAT)
    rows = [
        (_span(row["letters"]), integer(row["words"]), _share(row["exact"]), percent(row["error_rate"], 1))
        for row in found["length"]
    ]
    head = ("letters", "words", "said exactly", "phoneme error rate")
    return table("By the number of letters", head, rows, (1, 2, 3))


def length_conclusion(found: Table | None) -> str:
    """The shortest words beside the longest."""
    if found is None:
        return ""
    first, last = found["length"][0], found["length"][-1]
    falls = first["error_rate"] < last["error_rate"]
    sentence = "Of a hundred phonemes {} are wrong in words of {} letters, and {} in words of {}: {}."
    meaning = (
        "long words are said worse, as they would be if one state could not hold all of them; they may be harder, too"
        if falls
        else "the length of a word is not what makes it hard"
    )
    rate = [decimal(100 * row["error_rate"], 1) for row in (first, last)]
    return paragraph(filled(sentence, rate[0], _span(first["letters"]), rate[1], _span(last["letters"]), meaning))


def letters(found: Table | None) -> str:
    """What happens to a word when a letter is left out."""
    if found is None:
        return untold(WHAT)
    rows = [
        (text(row["kind"]), integer(row["words"]), _share(row["changed"]), percent(row["moved"]))
        for row in found["letters"]
    ]
    head = ("letter left out", "words", "something else is said", "the state moves")
    return table("The same word without one of its letters", head, rows, (1, 2, 3))


def letters_conclusion(found: Table | None) -> str:
    """Letters that are not said, against those that are."""
    if found is None:
        return ""
    of = {row["kind"]: row["changed"] for row in found["letters"]}
    said = []
    for silent, other, what in (
        ("second of a doubled consonant", "any other consonant", "The second of two equal consonants"),
        ("e at the end, after a consonant", "e anywhere else", "An <em>e</em> at the end"),
        ("k of kn at the beginning", "any other consonant", "The <em>k</em> of <em>kn</em>"),
        ("w of wr at the beginning", "any other consonant", "The <em>w</em> of <em>wr</em>"),
        ("g of ght", "any other consonant", "The <em>g</em> of <em>ght</em>"),
    ):
        if silent not in of or other not in of:
            continue
        apart = of[silent][2] < of[other][1] or of[silent][1] > of[other][2]
        less = of[silent][0] < of[other][0]
        verdict = (
            ("is missed less" if less else "is missed more") if apart else "is missed neither clearly more nor less"
        )
        sentence = f"{what} {verdict} than {{}}: {{}} against {{}} of the words are said otherwise without it."
        said.append(filled(sentence, other, percent(of[silent][0]), percent(of[other][0])))
    return paragraph(Markup(" ").join(said))


def ends(found: Table | None) -> str:
    """The first phoneme beside the last."""
    if found is None:
        return untold(WHAT)
    rows = [(text(row["place"]), integer(row["words"]), _share(row["right"])) for row in found["ends"]]
    return table("Phonemes that the dictionary has in this place", ("phoneme", "words", "right"), rows, (1, 2))


def off(found: Table | None) -> str:
    """Units of the decoder that speak for the end of a word, switched off."""
    return untold(WHAT) if found is None else _off(found["off"]["unseen"], "decoder")


def off_encoder(found: Table | None) -> str:
    """Units of the encoder that carry the end of a word, switched off."""
    if found is None or "off_encoder" not in found:
        return untold("units of the pronouncer's encoder")
    return _off(found["off_encoder"]["unseen"], "encoder")


def _off(of: list[Table], side: str) -> str:
    rows = []
    for row in of:
        units = row["units"]
        shown = ", ".join(map(str, units[:8])) + (", …" if len(units) > 8 else "")
        shares = [cell for name in ("same", "goes_on", "broken") for cell in (_share(row[name]), _random(row, name))]
        rows.append((integer(len(units)), text(shown), *shares))
    first = of[0]
    caption = (
        f"{integer(first['words'])} words that the units were not chosen on, with units of the {side} at zero; beside "
        f"them the mean of {first['random_sets']} random sets of as many, and the least and the most of any"
    )
    head = ("units", "which", "said as before", "random", "goes on", "random", "broken off", "random")
    return table(caption, head, rows, (0, 2, 3, 4, 5, 6, 7))


def off_conclusion(found: Table | None) -> str:
    """Whether these units do more to the end than any random set."""
    if found is None:
        return ""
    said = []
    for row in found["off"]["unseen"]:
        beyond = row["goes_on"][0] > row["random"]["goes_on"][2]
        sentence = (
            "Without {} units {} of the words are said as before and then go on, {}: of the random sets the strongest "
            "does so to {}. {} of the words are said as before all the same."
        )
        said.append(
            filled(
                sentence,
                integer(len(row["units"])),
                percent(row["goes_on"][0], 1),
                "more than after any random set" if beyond else "no more than after some random set",
                percent(row["random"]["goes_on"][2], 1),
                percent(row["same"][0]),
            )
        )
    last = found["off"]["unseen"][-1]
    never = "not one of the words fails to end" if not last["broken"][0] else "some words never end: {}"
    rest = filled("Without the most units " + never + ".", percent(last["broken"][0], 1))
    return "".join(paragraph(one) for one in (said[0], said[-1], rest) if one)


def off_encoder_conclusion(found: Table | None) -> str:
    """Whether units of the encoder carry the end of the word: those without which it is missed, against random ones."""
    if found is None or "off_encoder" not in found:
        return ""
    of = found["off_encoder"]
    alone = Markup(", ").join(
        filled("{} ({} nats)", integer(one["unit"]), decimal(one["lost"], 2)) for one in of["first"][:4]
    )
    said = [
        filled(
            "Over {} words the end loses most of its log-probability without unit {}, each switched off alone.",
            integer(of["searched"]),
            alone,
        )
    ]
    for row in (of["unseen"][0], of["unseen"][-1]):
        misses = [row[name][0] for name in ("goes_on", "early")]
        beyond = [row[name][0] > row["random"][name][2] for name in ("goes_on", "early")]
        said.append(
            filled(
                "Without {} of them {} of the words go on after their end, {}, and {} end early, {}; {} are said as "
                "before, against {} without random ones.",
                integer(len(row["units"])),
                percent(misses[0], 1),
                _against(beyond[0], row["random"]["goes_on"][2]),
                percent(misses[1], 1),
                _against(beyond[1], row["random"]["early"][2]),
                percent(row["same"][0], 1),
                percent(row["random"]["same"][0], 1),
            )
        )
    return paragraph(Markup(" ").join(said))


def _against(beyond: bool, most: float) -> str:
    least = "more than after any random set" if beyond else "no more than after some random set"
    return f"{least} (at most {percent(most, 1)})"


def endings(found: Table | None) -> str:
    """What the state that is handed over keeps of an ending, and in how many units."""
    if found is None or "endings" not in found:
        return untold("endings that the pronouncer keeps")
    kept = [row for row in found["endings"] if row["exchanged"]]
    if not kept:
        return untold("endings that the pronouncer keeps")
    sizes = [one["units"] for one in kept[0]["exchanged"]]
    rows = [
        (
            text(f"-{row['ending']}"),
            integer(row["words"]),
            _share(row["exact"]),
            _share(row["begins"]),
            percent(row["moved"]),
            *(_share(one["lost"]) for one in row["exchanged"]),
            percent(max(one["random"][2] for one in row["exchanged"]), 1),
        )
        for row in kept
    ]
    head = (
        "ending",
        "words",
        "said exactly",
        "begins as without it",
        "the state moves",
        *(f"lost with {size} unit{'' if size == 1 else 's'}" for size in sizes),
        "random, at most",
    )
    return table("Words with an ending, against the same words without it", head, rows, tuple(range(1, len(head))))


def endings_conclusion(found: Table | None) -> str:
    """The ending that is kept in the fewest units, and the one in the most."""
    if found is None or "endings" not in found:
        return ""
    rows = [row for row in found["endings"] if row["exchanged"]]
    if not rows:
        return ""
    said = []
    for row, at in ((max(rows, key=_lost_with(FEW)), FEW), (min(rows, key=_lost_with(MANY)), MANY)):
        one = row["exchanged"][at]
        said.append(
            filled(
                "With {} of 256 units of the handed-over state exchanged, {} of the {} words in {} are said without "
                "the ending; after random sets of as many, at most {}.",
                integer(one["units"]),
                percent(one["lost"][0]),
                integer(row["other"]),
                f"-{row['ending']}",
                percent(one["random"][2], 1),
            )
        )
    return paragraph(Markup(" ").join(said))


def _lost_with(at: int) -> Callable[[Table], float]:
    """How often an ending is lost with one of the numbers of units that were exchanged."""

    def share(row: Table) -> float:
        found: float = row["exchanged"][at]["lost"][0]
        return found

    return share


def running_on(found: Table | None) -> str:
    """Words that are broken off, or in which something is said again and again."""
    if found is None:
        return untold(WHAT)
    return _words("Words that run on, the first that were drawn", found["running_on"]["words"])


def running_on_conclusion(found: Table | None) -> str:
    """How many of the whole dictionary run on."""
    if found is None:
        return ""
    of = found["running_on"]
    broken = "not one is" if not of["broken"] else f"{integer(of['broken'])} are"
    return paragraph(
        filled(
            "Of {} words {} broken off after twenty phonemes, and in {} some phonemes are said {} times or more, one "
            "after the other.",
            integer(found["words"]),
            broken,
            integer(of["repeated"]),
            integer(of["times"]),
        )
    )


def probes(found: Table | None) -> str:
    """The words that were chosen by hand."""
    if found is None:
        return untold(WHAT)
    return _words("Words chosen by hand", found["probes"])


def _words(caption: str, rows: list[Table]) -> str:
    shown = [
        (
            word(row["word"]),
            text(" ".join(row["said"])) + ("" if row["ended"] else " …"),
            Markup("; ").join(text(" ".join(of)) for of in row["dictionary"]),
            integer(row["edits"]),
        )
        for row in rows
    ]
    return table(caption, ("word", "the model says", "the dictionary has", "edits"), shown, (3,), (1, 2))


def _share(of: list[float]) -> str:
    return f"{percent(of[0], 1)} ({decimal(100 * of[1], 1)}–{decimal(100 * of[2], 1)})"


def _random(row: Table, name: str) -> str:
    mean, least, most = row["random"][name]
    return f"{percent(mean, 1)} ({decimal(100 * least, 1)}–{decimal(100 * most, 1)})"


def _span(of: list[int]) -> str:
    return str(of[0]) if of[0] == of[1] else f"{of[0]}–{of[1]}"
