"""Small pieces of HTML for the generated parts of the pages. Everything that comes from data is escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def text(value: object) -> str:
    """`value` as HTML text on one line."""
    return html.escape(" ".join(str(value).split()))


def word(value: str) -> str:
    """A word or sentence of the corpus, set as such."""
    return f'<span class="rv-word">{text(value)}</span>'


def decimal(value: float | None, digits: int = 3, *, sign: bool = False) -> str:
    """`value` with a true minus sign; a dash where there is none."""
    if value is None or value != value:
        return "–"
    rounded = f"{value:+,.{digits}f}" if sign else f"{value:,.{digits}f}"
    if not rounded.strip("+-0."):
        rounded = rounded.lstrip("+-")
    return rounded.replace("-", "−")


def with_error(value: float | None, error: float | None, digits: int = 3, *, sign: bool = False) -> str:
    """`value` ± its standard error."""
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
    return f'<span class="{"rv-up" if value > 0 else "rv-down"}">{shown}</span>'


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Sequence[int] = (),
    wide: Sequence[int] = (),
) -> str:
    """An HTML table; `head` and cells are HTML already. `numbers` are the columns set to the right, `wide` those
    that hold sentences and keep some width on a small screen."""

    def cells(tag: str, row: Sequence[str]) -> str:
        said = (f"<{tag}{mark(i)}>{cell}</{tag}>" for i, cell in enumerate(row))
        return f"<tr>{''.join(said)}</tr>"

    def mark(column: int) -> str:
        kind = "rv-number" if column in numbers else "rv-wide" if column in wide else ""
        return f' class="{kind}"' if kind else ""

    body = "".join(cells("td", row) for row in rows)
    title = f"<caption>{text(caption)}</caption>" if caption else ""
    return (
        f'<div class="rv-table"><table>{title}<thead>{cells("th", head)}</thead><tbody>{body}</tbody></table></div>\n'
    )


def paragraph(content: str, kind: str = "") -> str:
    """`content`, HTML already, as a paragraph; a figure and its percent sign stay on one line."""
    content = content.replace(" %", "\N{NO-BREAK SPACE}%")
    return f'<p class="{kind}">{content}</p>\n' if kind else f"<p>{content}</p>\n"


def absent(what: str) -> str:
    """What stands in the place of a table that the published data do not have."""
    return paragraph(f"The published data hold no {text(what)}.", "rv-note")


def listing(items: Sequence[str]) -> str:
    """a, b and c; the items are HTML already."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
