"""The case study of the pronouncer: what is remembered of a word's letters, from the table of results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from rnnvis.errors import RnnvisError
from rnnvis.recipes.study import results
from tools.website.markup import absent, decimal, filled, integer, paragraph, percent, table, text, word

TABLE = Path("graphemes") / "results" / "g2p-en.json"
Table = dict[str, Any]
WHAT = "results of the pronouncer"
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
        return absent(WHAT)
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
        return absent(WHAT)
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
        return absent(WHAT)
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
        return absent(WHAT)
    rows = [(text(row["place"]), integer(row["words"]), _share(row["right"])) for row in found["ends"]]
    return table("Phonemes that the dictionary has in this place", ("phoneme", "words", "right"), rows, (1, 2))


def off(found: Table | None) -> str:
    """Units of the decoder that speak for the end of a word, switched off."""
    if found is None:
        return absent(WHAT)
    rows = []
    for row in found["off"]["unseen"]:
        units = row["units"]
        shown = ", ".join(map(str, units[:8])) + (", …" if len(units) > 8 else "")
        shares = [cell for name in ("same", "goes_on", "broken") for cell in (_share(row[name]), _random(row, name))]
        rows.append((integer(len(units)), text(shown), *shares))
    first = found["off"]["unseen"][0]
    caption = (
        f"{integer(first['words'])} words that the units were not chosen on, with units of the decoder at zero; beside "
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


def running_on(found: Table | None) -> str:
    """Words that are broken off, or in which something is said again and again."""
    if found is None:
        return absent(WHAT)
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
        return absent(WHAT)
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
