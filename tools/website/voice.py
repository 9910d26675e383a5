"""The case study of the voice detector that goes deaf, from its table of results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from rnnvis.errors import RnnvisError
from rnnvis.nets.detector import GENERATIONS
from rnnvis.recipes.study import results
from tools.website.markup import decimal, filled, integer, listing, paragraph, percent, table, text, untold, with_error

TABLE = Path("voice") / "results" / "voice.json"
Table = dict[str, Any]
WHAT = "the voice detector"
CLEAR = 2.0
_RESETS = {"nothing": "nothing", "all": "the whole state", "cells": "the cells found", "random": "as many others"}


def read(datasets: Path) -> Table | None:
    """The table of results in `datasets`, a folder of datasets; None where there is none."""
    try:
        return results.read(datasets / TABLE)
    except RnnvisError:
        return None


def made_of(found: Table | None) -> str:
    """Which files were read, and whether the rebuilt models say what theirs say."""
    if found is None:
        return untold(WHAT)
    rows = []
    for name, of in found["generations"].items():
        apart = of["apart"]
        why = "onnxruntime was not there" if of["member"].endswith(".onnx") else "no ONNX file of it"
        same = f"not compared: {why}" if apart is None else f"{apart:.1e}".replace("-", "−")
        rows.append((text(name), text(of["member"].rsplit("/", 1)[1]), text(of["sha256"][:12]), text(same)))
    head = ("generation", "file in the wheel", "SHA-256 begins", "largest difference of P(speech) from onnxruntime’s")
    said = filled("Speech is said by {}.", text(found["speaker"]))
    lacking = [one.name for one in GENERATIONS if one.name not in found["generations"]]
    if lacking:
        said += filled(" Generations that are not made yet: {}.", listing(lacking))
    return table(f"{found['package']} {found['version']}", head, rows) + paragraph(said, "rv-note")


def deaf_conclusion(found: Table | None) -> str:
    """What the noise before the speech does to it, in the noise that cells were searched in."""
    if found is None:
        return untold(WHAT)
    said = []
    for name, of in found["generations"].items():
        row = _row(of, "other sentences and voices")
        worst = min(of["conditions"], key=lambda one: one["long"]["found"][0])
        gap, error = row["gap"]
        verdict = "the noise makes no clear difference"
        if abs(gap) > CLEAR * error:
            verdict = f"it is heard {'less' if gap > 0 else 'more'} after the long noise"
        said.append(
            filled(
                "<strong>{} generation:</strong> P(speech) over the first {} seconds of speech is {} after {} seconds "
                "of noise, and {} after its last {} seconds alone: {}. {} of the sentences reach ½ within that time "
                "after the long noise, {} after the short; in the noise below where most are missed, {} and {}.",
                text(name.capitalize()),
                _seconds(found, "heard", 1),
                _both(row["long"]["p"]),
                _seconds(found, "long"),
                _both(row["short"]["p"]),
                _seconds(found, "short"),
                verdict,
                percent(row["long"]["found"][0]),
                percent(row["short"]["found"][0]),
                *(percent(worst[past]["found"][0]) for past in ("long", "short")),
            )
        )
    return Markup().join(paragraph(one) for one in said)


def conditions(found: Table | None) -> str:
    """What is heard after long and after short noise in every condition, and what the cells found close of the gap."""
    if found is None:
        return untold(WHAT)
    tables = []
    for name, of in found["generations"].items():
        rows = [
            (
                text(row["trials"]),
                text(row["colour"]),
                decimal(row["level"], 3),
                decimal(row["decibels"], 0, sign=True) if row["decibels"] else "0",
                integer(row["pairs"]),
                _both(row["long"]["p"], 2),
                _both(row["short"]["p"], 2),
                f"{percent(row['long']['found'][0])} / {percent(row['short']['found'][0])}",
                _both(row["cells"], 2),
                f"{decimal(row['random'][0], 2)} ({decimal(row['random'][1], 2)} to {decimal(row['random'][2], 2)})",
                _both(row["first_cell"], 2),
            )
            for row in of["conditions"]
        ]
        head = (
            "speech",
            "noise",
            "level",
            "speech louder by, dB",
            "pairs",
            "P after long noise",
            "after short",
            "reach ½, long / short",
            f"closed by cells {_listed(of['cells'])}",
            "random sets",
            f"cell {of['cells'][0]} alone",
        )
        caption = (
            f"{name.capitalize()} generation: shares of the gap that are closed by cells of the run after short noise; "
            f"{found['random_sets']} random sets of as many other cells: mean, least and most"
        )
        tables.append(table(caption, head, rows, range(2, len(head))))
    return Markup().join(tables)


def conditions_conclusion(found: Table | None) -> str:
    """How far the cells reach beyond what they were searched on."""
    if found is None:
        return ""
    said = []
    for name, of in found["generations"].items():
        held = _row(of, "other sentences and voices")
        there = [row for row in of["conditions"][2:] if row["gap"][0] > CLEAR * row["gap"][1]]
        least, most = (f(row["cells"][0] for row in there) for f in (min, max)) if there else (None, None)
        beyond = sum(row["cells"][0] > row["random"][2] for row in there)
        told = filled(
            "<strong>{} generation:</strong> cells {}, {} of 128, close {} of the gap on the pairs that were searched, "
            "and {} on other sentences, voices and draws of the same noise, where random sets close {} in the mean. ",
            text(name.capitalize()),
            _listed(of["cells"]),
            len(of["cells"]),
            decimal(_row(of, "searched on")["cells"][0], 2),
            _both(held["cells"], 2),
            decimal(held["random"][0], 2),
        )
        if there:
            told += filled(
                "In other noise and for recorded speech there is a clear gap in {} of {} conditions; of it they close "
                "{} to {}, in {} of these conditions more than any random set.",
                len(there),
                len(of["conditions"]) - 2,
                decimal(least, 2),
                decimal(most, 2),
                beyond,
            )
        else:
            told += filled("In other noise there is no clear gap.")
        said.append(told)
    return Markup().join(paragraph(one) for one in said)


def search(found: Table | None) -> str:
    """Sets of cells by size, on the pairs that were searched and on the others."""
    if found is None:
        return untold(WHAT)
    tables = []
    for name, of in found["generations"].items():
        rows = [
            (
                integer(row["size"]),
                text(row["added"].replace("unit", "cell")),
                decimal(row["first_order"], 2),
                decimal(row["searched"], 2),
                with_error(row["unseen"], row["standard_error"], 2),
                decimal(row["random"], 2),
                decimal(row["most_different"], 2),
            )
            for row in of["search"]
        ]
        head = (
            "cells",
            "added",
            "promised by the gradient",
            "searched pairs",
            "other pairs",
            "random sets",
            "most different",
        )
        tables.append(
            table(f"{name.capitalize()} generation: share of the gap that is closed", head, rows, (0, 2, 3, 4, 5, 6))
        )
    return Markup().join(tables)


def drift(found: Table | None) -> str:
    """How far cells are from where they were while the stream was young."""
    if found is None:
        return untold(WHAT)
    tables = []
    for name, of in found["generations"].items():
        ages = of["drift"]["ages"]
        step = found["seconds"]
        spans = [f"{ages[i] * step:.0f}–{ages[i + 1] * step:.0f} s" for i in range(1, len(ages) - 1)]
        rows = [
            (
                filled("<strong>{}</strong>" if row["cell"] in of["cells"] else "{}", row["cell"]),
                integer(row["rank"]),
                *(_both(value, 1, sign=True) for value in row["drift"][1:]),
            )
            for row in of["drift"]["cells"]
        ]
        rows.append((text("median of all, in size"), "–", *(decimal(value, 1) for value in of["drift"]["median"][1:])))
        caption = (
            f"{name.capitalize()} generation: drift of cells in noise, in standard deviations of their first "
            f"{ages[1] * step:.0f} seconds; bold: the cells found"
        )
        tables.append(table(caption, ("cell", "place by size", *spans), rows, range(1, len(spans) + 2)))
    return Markup().join(tables)


def drift_conclusion(found: Table | None) -> str:
    """Whether the cells that drift farthest are those that make it deaf."""
    if found is None:
        return ""
    said = []
    for name, of in found["generations"].items():
        places = [row["rank"] for row in of["drift"]["cells"] if row["cell"] in of["cells"]]
        far = of["farthest"]
        inside = far["cell"] in of["cells"]
        said.append(
            filled(
                "<strong>{} generation:</strong> the cell that drifts farthest, {}, closes {} of the gap alone{}. By "
                "how far they drift, the cells found have the places {}.",
                text(name.capitalize()),
                far["cell"],
                _both(far["share"], 2),
                "; it is one of the cells found" if inside else ": to look at drift alone would have misled",
                _listed(sorted(places)),
            )
        )
    return Markup().join(paragraph(one) for one in said)


def remembered(found: Table | None) -> str:
    """How far back the answer to speech reaches."""
    if found is None:
        return untold(WHAT)
    generations = list(found["generations"].items())
    rows = [
        (
            decimal(row["seconds"], 0),
            *(_both(of["remembered"][number]["distance"]) for _, of in generations),
        )
        for number, row in enumerate(generations[0][1]["remembered"])
    ]
    caption = "Distance of P(speech) from the last seconds alone to that from the whole past, while there is speech"
    return table(
        caption, ("seconds", *(f"{name} generation" for name, _ in generations)), rows, range(len(generations) + 1)
    )


def resets(found: Table | None) -> str:
    """What is heard where the state, or the cells found, are set to zero around the beginning of the speech."""
    if found is None:
        return untold(WHAT)
    tables = []
    for name, of in found["generations"].items():
        rows = []
        for row in of["resets"]:
            other = next(
                o for o in of["resets"] if (o["past"], o["at"], o["reset"]) == ("short", row["at"], row["reset"])
            )
            if row["past"] == "short":
                continue
            at = "–" if row["at"] is None else decimal(row["at"] * found["seconds"], 2, sign=True) if row["at"] else "0"
            rows.append(
                (at, text(_RESETS[row["reset"]]), _both(row["p"], 2), _both(row["later"], 2, sign=True),
                 _both(other["p"], 2), _both(other["more"], 2, sign=True), _both(other["later"], 2, sign=True),
                 _both(row["noise"], 3))
            )  # fmt: skip
        head = (
            "set back, s after the onset",
            "what",
            "P, long noise",
            "onset later by, s",
            "P, short noise",
            "short: change",
            "onset later by, s",
            "P in the noise before",
        )
        tables.append(
            table(
                f"{name.capitalize()} generation: P(speech) over the first {_seconds(found, 'heard', 1)} s",
                head,
                rows,
                (0, 2, 3, 4, 5, 6, 7),
            )
        )
    return Markup().join(tables)


def elsewhere(found: Table | None) -> str:
    """What searches in other noise find, beside what the cells of the first noise close there and what setting back
    only these does."""
    if found is None:
        return untold(WHAT)
    tables = []
    for name, of in found["generations"].items():
        rows = []
        for row in of["elsewhere"]:
            random = row["random"]
            changed = {(r["past"], r["at"]): r for r in row["resets"] if r["reset"] in ("cells", "nothing")}
            early = min(at for _, at in changed if at is not None)
            into = max(at for _, at in changed if at is not None)
            rows.append(
                (text(row["colour"]), decimal(row["level"], 2), text(_listed(row["cells"])), _both(row["closed"], 2),
                 f"{decimal(random[0], 2)} ({decimal(random[1], 2)} to {decimal(random[2], 2)})",
                 _both(row["first_found"], 2), _both(row["together"], 2),
                 _both(changed["long", None]["p"], 2), _both(changed["long", early]["p"], 2),
                 _both(changed["short", into]["more"], 2, sign=True),
                 _both(changed["short", into]["later"], 2, sign=True))
            )  # fmt: skip
        head = (
            "noise",
            "level",
            "cells found there",
            "they close",
            "random sets",
            f"cells {_listed(of['cells'])} close",
            "both together",
            "P, long noise",
            "P, those set back before",
            "short: change, set back in the speech",
            "onset later by, s",
        )
        caption = f"{name.capitalize()} generation: searched anew in other noise, judged on other sentences and voices"
        tables.append(table(caption, head, rows, (1, *range(3, len(head)))))
    return Markup().join(tables)


def elsewhere_conclusion(found: Table | None) -> str:
    """Whether other noise is told by the same cells."""
    if found is None:
        return ""
    said = []
    for name, of in found["generations"].items():
        first = set(of["cells"])
        again = of["elsewhere"]
        if not again:
            continue
        shared = [len(first & set(row["cells"])) for row in again]
        gained = [row["closed"][0] - row["first_found"][0] for row in again]
        said.append(
            filled(
                "<strong>{} generation:</strong> searched anew in {} other noises, the sets found hold {} of the {} "
                "cells of the first noise; on held-out trials there they close {} to {} of the gap, those of the first "
                "noise {} to {}. By {} to {} a search of its own does better.",
                text(name.capitalize()),
                len(again),
                _listed(shared),
                len(first),
                *(decimal(f(row["closed"][0] for row in again), 2) for f in (min, max)),
                *(decimal(f(row["first_found"][0] for row in again), 2) for f in (min, max)),
                *(decimal(f(gained), 2, sign=True) for f in (min, max)),
            )
        )
    return Markup().join(paragraph(one) for one in said)


def resets_conclusion(found: Table | None) -> str:
    """Whether setting back the cells keeps the hearing, and whether it costs onsets."""
    if found is None:
        return ""
    said = []
    for name, of in found["generations"].items():
        plain, early = (
            _reset(of, "long", None, "nothing"),
            min(row["at"] for row in of["resets"] if row["at"] is not None),
        )
        late = [at for at in sorted({row["at"] for row in of["resets"] if row["at"] is not None}) if at >= 0]
        cost = {
            what: min((_reset(of, "short", at, what)["more"] for at in late), key=lambda v: v[0])
            for what in ("all", "cells")
        }
        said.append(
            filled(
                "<strong>{} generation:</strong> set back {} seconds before the speech, the whole state brings "
                "P(speech) after the long noise from {} to {}, the cells found alone to {}. Where it falls on the "
                "beginning of speech or into it, setting back the whole state costs a young stream up to {} of "
                "P(speech), setting back the cells {}.",
                text(name.capitalize()),
                decimal(-early * found["seconds"], 1),
                _both(plain["p"], 2),
                _both(_reset(of, "long", early, "all")["p"], 2),
                _both(_reset(of, "long", early, "cells")["p"], 2),
                with_error(max(0.0, -cost["all"][0]), cost["all"][1]),
                "nothing" if cost["cells"][0] >= 0 else f"up to {with_error(-cost['cells'][0], cost['cells'][1])}",
            )
        )
    return Markup().join(paragraph(one) for one in said)


def negative(found: Table | None) -> str:
    """What does not explain it: h, the cell that differs most, and random sets."""
    if found is None:
        return untold(WHAT)
    rows = []
    for name, of in found["generations"].items():
        row = _row(of, "other sentences and voices")
        other = row["most_different"]
        for what, share in (
            ("all of c and of h", row["both"]),
            ("all of c", row["all_cells"]),
            ("all of h", row["hidden"]),
            (f"cell {other['cell']}, which differs most", other["share"]),
            (f"cell {of['farthest']['cell']}, which drifts farthest", of["farthest"]["share"]),
        ):
            rows.append((text(name), text(what), _both(share, 2)))
    return table(
        "Shares of the gap on other sentences and voices", ("generation", "carried over", "closed"), rows, (2,)
    )


def _both(of: list[float], digits: int = 3, *, sign: bool = False) -> str:
    """A figure ± its standard error, from these two."""
    return with_error(of[0], of[1], digits, sign=sign)


def _row(of: Table, trials: str) -> Table:
    row: Table = next(row for row in of["conditions"] if row["trials"] == trials)
    return row


def _reset(of: Table, past: str, at: int | None, what: str) -> Table:
    row: Table = next(row for row in of["resets"] if (row["past"], row["at"], row["reset"]) == (past, at, what))
    return row


def _seconds(found: Table, what: str, digits: int = 0) -> str:
    return decimal(found["steps"][what] * found["seconds"], digits)


def _listed(numbers: list[int]) -> Markup:
    return listing([str(number) for number in numbers])
