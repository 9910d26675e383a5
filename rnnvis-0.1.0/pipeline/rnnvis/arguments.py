"""What the arguments of public functions must be: by their names, in one place, whatever function has them."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from rnnvis.errors import RnnvisError

P = ParamSpec("P")
R = TypeVar("R")
LARGEST = 2**31 - 1
MOST_THREADS = 1024
_SHOWN = 60
_HALF = ("torch.bfloat16", "torch.float16")


@dataclass(frozen=True)
class Kind:
    """What fits an argument, and what to say where something else, {}, is given."""

    fits: Callable[[Any], bool]
    wanted: str


def is_whole(value: Any) -> bool:
    """Whether `value` is a whole number; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether `value` is a number of any kind but True, False and complex ones; nan is one."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def is_row(value: Any) -> bool:
    """Whether `value` can be gone through: an array without dimensions cannot."""
    nested = getattr(value, "is_nested", False)  # torch knows how many there are, and gives none of them
    return isinstance(value, Iterable) and not nested and getattr(value, "ndim", 1) != 0


def is_text(value: Any) -> bool:
    """Whether `value` is text that can be written and shown: not empty, no half characters, no NUL."""
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value and not halves(value)


def halves(text: str) -> bool:
    """Whether `text` holds a lone surrogate: half a character, which UTF-8 cannot write."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def between(low: int, high: int) -> Kind:
    """A whole number from `low` to `high`."""
    to = "" if high == LARGEST else f" to {high:,}"
    return Kind(lambda value: is_whole(value) and low <= value <= high, f"give a whole number from {low}{to}")


def instance(kind: type) -> Kind:
    """A value of the type `kind`."""
    return Kind(lambda value: isinstance(value, kind), f"give a rnnvis.{kind.__name__}")


def _is_path(value: Any) -> bool:
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        return False
    try:
        return b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


def _are_names(value: Any) -> bool:
    row = isinstance(value, Collection) and is_row(value) and not isinstance(value, str | bytes)
    return row and all(map(_is_name, value))


def _is_observer(value: Any) -> bool:
    return callable(getattr(value, "add", None)) and not hasattr(value, "shape")  # tensors can be added too


def _is_recording(value: Any) -> bool:
    return type(value).__name__ == "Recording" and hasattr(value, "rerun")


def _is_name(value: Any) -> bool:
    return isinstance(value, str)


ANY = Kind(lambda value: True, "")
FLAG = Kind(lambda value: isinstance(value, bool), "give True or False")
COUNT = between(1, LARGEST)
SHARE = Kind(lambda value: is_number(value) and 0 < value <= 1, "give a number above 0 and up to 1")
NAME = Kind(_is_name, "give it as text")
NAMES = Kind(_are_names, "give a list of names")
TEXT = Kind(is_text, "name it in another way: this is empty, holds NUL, or is no Unicode text")
PATH = Kind(_is_path, "give the name of a file or folder, as text or a Path")
KINDS: dict[str, Kind] = {
    "ablation": Kind(
        lambda value: isinstance(value, bool) or (is_number(value) and 0 <= value < float("inf")),
        "give the seconds that it may take, or False or True",
    ),
    "answer": ANY,
    "at": ANY,
    "batch_steps": COUNT,
    "browse": FLAG,
    "characters": FLAG,
    "compare": ANY,
    "concepts": ANY,
    "check": FLAG,
    "chip": ANY,
    "chips": ANY,
    "classes": ANY,
    "confirm": ANY,
    "dataset": TEXT,
    "end": NAME,
    "enough": SHARE,
    "every": COUNT,
    "folder": PATH,
    "forward": Kind(callable, "pass a function forward(model, batch)"),
    "frequent_count": COUNT,
    "from_step": between(0, LARGEST),
    "half": FLAG,
    "hold": ANY,
    "initial": NAME,
    "k": COUNT,
    "labels": ANY,
    "largest": COUNT,
    "largest_k": COUNT,
    "latents": between(2, 65_536),
    "lengths": ANY,
    "limit": COUNT,
    "measure": Kind(callable, "pass a function of the answers, float tensor [P, C], that gives [P]"),
    "method": NAME,
    "methods": Kind(lambda value: isinstance(value, str) or _are_names(value), "give the names of methods in a list"),
    "minimum_count": COUNT,
    "name": TEXT,
    "observers": Kind(
        lambda value: isinstance(value, list | tuple) and all(map(_is_observer, value)),
        "give a list of objects with a method add(batch, rows)",
    ),
    "options": ANY,
    "outputs": Kind(
        lambda value: callable(value) or isinstance(value, str),
        'pass a function, outputs=lambda returned: returned[0], or outputs="none"',
    ),
    "only": Kind(_are_names, "pass a list of names: only=[{}]"),
    "padding": NAME,
    "path": PATH,
    "prefix": NAME,
    "port": between(0, 65535),
    "recording": Kind(_is_recording, "pass what rnnvis.record gave"),
    "runs": COUNT,
    "seed": between(0, 2**31 - 1),
    "seeds": ANY,
    "sequences": ANY,
    "shard": ANY,
    "shortlist": COUNT,
    "state": Kind(lambda value: isinstance(value, str) or _are_names(value), "name a state"),
    "steps": COUNT,
    "step_model": Kind(
        lambda value: isinstance(value, bool) or (isinstance(value, str) and value == "half"),
        'give True, False or "half"',
    ),
    "states_bytes": between(0, 2**63 - 1),
    "surprise": FLAG,
    "text": FLAG,
    "threads": between(1, MOST_THREADS),
    "units": ANY,
    "verbose": FLAG,
}
"""By the name of an argument. Those that come in several shapes are `ANY`, here or in the call of `checks_arguments`:
what reads them (`rnnvis.api.inputs` above all) says what they must be."""


def checks_arguments(**own: Kind) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function whose arguments are held against `own` and `KINDS` by name before it begins; a default always fits.

    The function raises RnnvisError with the name of the first argument that does not fit, what it is, and the fix.
    """

    def around(function: Callable[P, R]) -> Callable[P, R]:
        parameters = inspect.signature(function).parameters
        kinds = {name: own.get(name) or KINDS.get(name) for name in parameters}

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            given = dict(zip(parameters, args, strict=False)) | kwargs
            check(
                {
                    name: value
                    for name, value in given.items()
                    if name in parameters and value is not parameters[name].default
                },
                kinds,
            )
            return function(*args, **kwargs)

        call.kinds = kinds  # type: ignore[attr-defined]
        return call

    return around


def check(given: Mapping[str, Any], kinds: Mapping[str, Kind | None] = KINDS, of: str = "") -> None:
    """RnnvisError for the first of the values `given` by name that is not of its kind; `of` stands before the name."""
    for name, value in given.items():
        kind = kinds.get(name)
        if kind is not None and not kind.fits(value):
            raise RnnvisError(f"{of}{name} is {shown(value)}", kind.wanted.replace("{}", shown(value)))


def read_array(value: Any, where: str) -> np.ndarray:
    """`value`, a tensor or anything that NumPy takes, as an array; RnnvisError, which names `where`, for what is none.

    Half precision of tensors is given as float32.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise RnnvisError(f"{where} is a masked array", "fill in what is masked: array.filled(…)")
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu()
            value = (value.float() if str(value.dtype) in _HALF else value).numpy()
        return np.asanyarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise RnnvisError(f"{where}: is no array: {said}", "pass an array of numbers, dense and in memory") from None


def shown(value: Any) -> str:
    """`value` in a message: short, and on one line."""
    try:
        shape = getattr(value, "shape", None)
        said = f"an array of shape {list(shape)}" if isinstance(shape, tuple) and shape else repr(value)
    except Exception:  # an object whose repr fails is still named
        said = f"a {type(value).__name__}"
    said = " ".join(said.split())
    return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"
