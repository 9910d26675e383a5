"""A manifest held against its declaration. Nothing in one is trusted before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from pydantic import ValidationError

from rnnvis.errors import RnnvisError
from rnnvis.published.schema.manifest import ADAPTER, SCHEMA, Manifest

_WORDS = {
    "integer": "a whole number",
    "string": "text",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
}
_UNDECLARED = "extra_forbidden"
_AGAIN = "publish again: rnnvis publish"


def check(manifest: Any, where: str, exact: bool = False) -> Manifest:
    """`manifest` with its type, if no field is missing or of the wrong kind; `where` names the file.

    With `exact` nothing else may be in it either. Readers pass over what they do not know: a newer rnnvis wrote it.

    Raises:
        RnnvisError: names the first such field.
    """
    try:
        ADAPTER.validate_python(manifest)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = next((one for one in found if one["type"] != _UNDECLARED), None)
        if wrong is not None:
            place, shape = _declared(wrong["loc"])
            wanted = "a list that is not empty" if wrong["type"] == "too_short" else _wanted(shape)
            raise RnnvisError(f"{where}: damaged: {_at(place)} must be {wanted}", _AGAIN) from None
        if exact:
            raise RnnvisError(
                f"{where}: {_at(found[0]['loc'])} is not a field of this version of rnnvis",
                "use the rnnvis that published this folder, or a newer one",
            ) from None
    return cast(Manifest, manifest)


def _at(place: Sequence[int | str]) -> str:
    return "manifest" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)


def _declared(place: Sequence[int | str]) -> tuple[Sequence[int | str], dict[str, Any]]:
    """What is declared for a place in the manifest; without the member of a union that was tried there."""
    shape = SCHEMA
    for depth, part in enumerate(place):
        shape = _inner(shape)
        if isinstance(part, int):
            shape = shape["items"]
        elif part in shape.get("properties", {}):
            shape = shape["properties"][part]
        elif isinstance(shape.get("additionalProperties"), dict):
            shape = shape["additionalProperties"]
        else:
            return place[:depth], shape
    return place, _inner(shape)


def _wanted(shape: dict[str, Any]) -> str:
    if "enum" in shape:
        return " or ".join(shape["enum"])
    if "anyOf" in shape:
        return " or ".join(_WORDS[of["type"]] for of in shape["anyOf"])
    if "minimum" in shape:
        return f"a whole number from {shape['minimum']} on"
    return str(shape.get("words") or _WORDS[shape["type"]])


def _inner(shape: dict[str, Any]) -> dict[str, Any]:
    """The shape itself behind a name, or beside a null."""
    while True:
        if "$ref" in shape:
            shape = SCHEMA["$defs"][shape["$ref"].rsplit("/", 1)[1]]
            continue
        others = [of for of in shape.get("anyOf", []) if of != {"type": "null"}]
        if len(others) != 1:
            return shape
        shape = others[0]
