"""Small pieces of HTML for the generated parts of the pages, from `templates/pieces.html`.

Whatever is not `Markup` already is escaped, by the template and by `filled`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
_PIECES: Any = _TEMPLATES.get_template("pieces.html").module
NON_BREAKING = "\N{NO-BREAK SPACE}%"


def piece(name: str, *values: Any) -> Markup:
    """The piece called `name` in `templates/pieces.html`."""
    return Markup(getattr(_PIECES, name)(*values))


def text(value: object) -> Markup:
    """`value` as HTML text on one line."""
    return escape(" ".join(str(value).split()))


def filled(sentence: str, *values: object) -> Markup:
    """`sentence`, written in this project and HTML already, with `values` in place of each {}."""
    return Markup(sentence).format(*values)


def word(value: str) -> Markup:
    """A word or sentence of the corpus, set as such."""
    return piece("word", text(value))


MOST_DIGITS = 6
"""Of a standard error, however small."""


def decimal(value: float | None, digits: int = 3, *, sign: bool = False) -> str:
    """`value` with a true minus sign; a dash where there is none."""
    if value is None or value != value:
        return "–"
    rounded = f"{value:+,.{digits}f}" if sign else f"{value:,.{digits}f}"
    if not rounded.strip("+-0."):
        rounded = rounded.lstrip("+-")
    return rounded.replace("-", "−")


def with_error(value: float | None, error: float | None, digits: int = 3, *, sign: bool = False) -> str:
    """`value` ± its standard error, with so many digits that the error is no row of noughts."""
    if error:
        digits = max(digits, min(MOST_DIGITS, math.ceil(-math.log10(error))))
    return decimal(value, digits, sign=sign) + ("" if error is None else f" ± {decimal(error, digits)}")


def percent(value: float | None, digits: int = 0) -> str:
    """A share in per cent; never rounded up to all or down to none."""
    if value is None or value != value:
        return "–"
    rounded = f"{100 * value:.{digits}f}"
    if float(rounded) in (0.0, 100.0) and value not in (0.0, 1.0):
        return f"{'more than 99' if value > 0.5 else 'less than 1'} %"
    return f"{rounded} %"


def integer(value: int) -> str:
    """A count with thousands apart."""
    return f"{value:,}"


def signed(value: float, shown: str) -> str:
    """`shown` in the colour of the sign of `value`; plain where what is shown is zero."""
    if shown[0] not in "+−" or not any(digit in shown for digit in "123456789"):
        return shown
    return piece("signed", "up" if value > 0 else "down", shown)


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Sequence[int] = (),
    wide: Sequence[int] = (),
) -> Markup:
    """An HTML table. `numbers` are the columns set to the right, `wide` those that hold sentences and keep some width
    on a small screen."""
    kinds = ["rv-number" if i in numbers else "rv-wide" if i in wide else "" for i in range(len(head))]
    return piece("table", text(caption), head, list(rows), kinds) + "\n"


def paragraph(content: str, kind: str = "") -> Markup:
    """`content` as a paragraph; a figure and its percent sign stay on one line."""
    return piece("paragraph", escape(content).replace(" %", NON_BREAKING), kind) + "\n"


def details(title: str, content: Markup) -> Markup:
    """`content`, folded under `title`."""
    return piece("details", text(title), content.strip()) + "\n"


def absent(what: str) -> Markup:
    """What stands in the place of a table that the published data do not have."""
    return paragraph(f"The published data hold no {what}.", "rv-note")


def untold(what: str) -> Markup:
    """What stands in the place of figures whose table of results is not there."""
    return paragraph(f"No table of results tells of {what}.", "rv-note")


def listing(items: Sequence[str]) -> Markup:
    """a, b and c."""
    first = Markup(", ").join(items[:-1])
    return Markup("{} and {}").format(first, items[-1]) if len(items) > 1 else escape(items[0])
