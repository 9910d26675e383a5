"""The reference parts of the pages: schema, corpus, files, provenance, and a query with its output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from rnnvis.published.publishing import tables_of
from rnnvis.published.schema import TABLES, Table
from rnnvis.published.schema.manifest import SCHEMA
from tools.website.markup import absent, decimal, details, filled, integer, percent, piece, table, text
from tools.website.published import Published

_SCOPE = {"dataset": "one for each dataset", "model": "one for each model", "state": "one for each state of a model"}


def schema(published: Published | None = None) -> str:
    """Every table with its columns, from the declaration that the writer and `rnnvis verify` use."""
    return "\n".join(_table(declared) for declared in TABLES)


def _table(declared: Table) -> str:
    order = Markup(", ").join(piece("code", name) for name in declared.sorted_by)
    rows = [
        (
            piece("code", c.name),
            piece("code", text(c.type)),
            "yes" if c.nullable else "",
            text(c.about),
            text(c.values()),
        )
        for c in declared.columns
    ]
    columns = table("", ("column", "type", "nullable", "holds", "values"), rows)
    about = filled("A row is {}; {}. Sorted by {}.", text(declared.row), _SCOPE[declared.scope], order)
    return f"### `{declared.name}`\n\n{piece('paragraph', about, '')}\n\n{columns}"


def manifest(published: Published | None = None) -> str:
    """Every field of the manifest, from the declaration that its readers check it against."""
    return "\n".join(_fields(shape) for shape in (SCHEMA, *SCHEMA["$defs"].values()))


def _fields(shape: dict[str, Any]) -> str:
    rows = [
        (
            piece("code", name),
            piece("code", _kind(of)),
            "" if name in shape["required"] else "yes",
            _said(of["description"]),
        )
        for name, of in shape["properties"].items()
    ]
    fields = table("", ("field", "type", "may be missing", "holds"), rows)
    return f"### `{shape['title']}`\n\n{piece('paragraph', _said(shape['description']), '')}\n\n{fields}"


def _said(description: str) -> Markup:
    """A description, with what stands between backticks as code."""
    parts = text(description).split("`")
    return Markup().join(piece("code", part) if i % 2 else part for i, part in enumerate(parts))


def _kind(shape: dict[str, Any]) -> str:
    if "$ref" in shape:
        return str(shape["$ref"].rsplit("/", 1)[1])
    if "anyOf" in shape:
        return " or ".join(_kind(of) for of in shape["anyOf"])
    if shape["type"] == "array":
        return f"list of {_kind(shape['items'])}"
    if shape["type"] == "object":
        inside = shape["additionalProperties"]
        return "object" if inside is True else f"object of {_kind(inside)}"
    return str(shape["type"])


def corpus(published: Published) -> str:
    """How many sentences of each split and label there are, and how large the vocabulary is."""
    labels = published.dataset["labels"]
    counts = {
        (split, label): n
        for split, label, n in published.rows("SELECT split, label, count(*) FROM sentences GROUP BY ALL")
    }
    rows = []
    for split in published.dataset["splits"]:
        of_label = [counts.get((split, i), 0) for i in range(len(labels))]
        without = counts.get((split, None), 0)
        rows.append((text(split), *(integer(n) for n in [*of_label, without, sum(of_label) + without])))
    words, uses, unknown = published.rows(
        "SELECT count(*), sum(count), coalesce(sum(count) FILTER (special), 0) FROM words"
    )[0]
    head = ("split", *(text(label) for label in labels), "no label", "all")
    caption = (
        f"Sentences of “{published.dataset['title']}”. The vocabulary has {integer(words)} entries; "
        f"{percent(unknown / uses, 1)} of the training text's tokens are read as <unk>."
    )
    return table(caption, head, rows, range(1, len(head)))


def files(published: Published) -> str:
    """Every published table with its rows, files and bytes."""
    rows = [
        (
            text(where),
            piece("code", text(name)),
            integer(entry["rows"]),
            integer(len(entry["files"])),
            decimal(sum(f["bytes"] for f in entry["files"]) / 1e6, 2),
        )
        for where, name, entry in tables_of(published.manifest)
    ]
    total = sum(f["bytes"] for _, _, entry in tables_of(published.manifest) for f in entry["files"])
    caption = f"Published tables: {decimal(total / 1e6, 1)} MB in all"
    shown = table(caption, ("dataset / model / state", "table", "rows", "files", "MB"), rows, (2, 3, 4))
    return details(f"The {len(rows)} tables of this site", shown)


def provenance(published: Published) -> str:
    """Where each model comes from: everything that the manifest says about it."""
    parts = []
    for model in published.dataset["models"]:
        facts = {"hash": model["hash"], "parameters": model["parameters"], "seed": model["seed"], **model["provenance"]}
        rows = [(piece("code", text(name)), text(value)) for name, value in _flat(facts)]
        shown = table(f"Everything that the manifest says about {model['name']}", ("", ""), rows)
        parts.append(details(model["title"], shown))
    return "\n".join(parts) or absent("model")


def _flat(value: dict[str, Any], at: str = "") -> Iterator[tuple[str, str]]:
    for name, item in value.items():
        if isinstance(item, dict):
            yield from _flat(item, f"{at}{name}.")
        else:
            yield f"{at}{name}", ", ".join(map(str, item)) if isinstance(item, list) else str(item)


def query(published: Published) -> str:
    """A query over the published files, and what DuckDB prints for it."""
    if not published.has("word_effects", "responses"):
        return absent("word effects")
    asked = (
        "SELECT w.text, e.count AS uses, round(e.effect, 2) AS effect, round(r.reliability, 3) AS reliability\n"
        f"FROM '{published.file('word_effects')}' AS e\n"
        f"JOIN '{published.file('words')}' AS w USING (word_id)\n"
        f"JOIN '{published.file('responses')}' AS r USING (word_id)\n"
        "WHERE e.count >= 50\n"
        "ORDER BY e.effect\n"
        "LIMIT 8;"
    )
    return "```sql\n" + asked + f"\n```\n\n{piece('pre', 'rv-output', published.shown(asked))}\n"
