"""States that are complex numbers, as real ones that can be measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnvis.arguments import ANY, checks_arguments, read_array
from rnnvis.errors import RnnvisError

FIX = (
    "say which real numbers are meant: rnnvis.parts(x) are its real and imaginary parts, twice the units; "
    "rnnvis.modulus(x) is |x|"
)


def is_complex(value: Any) -> bool:
    """Whether `value`, a tensor or anything that NumPy takes, holds complex numbers."""
    return value.is_complex() if isinstance(value, Tensor) else np.iscomplexobj(value)


@checks_arguments(x=ANY)
def parts(x: Any) -> Any:
    """Real parts, then imaginary parts of `x` [..., n], as [..., 2n]: unit i and unit n + i are one complex number.

    A tensor gives a tensor, anything else a NumPy array. Raises RnnvisError where `x` is real.
    """
    x = _complex(x)
    return torch.cat([x.real, x.imag], dim=-1) if isinstance(x, Tensor) else np.concatenate([x.real, x.imag], axis=-1)


@checks_arguments(x=ANY)
def modulus(x: Any) -> Any:
    """|x| of each number of `x`, in its shape; a tensor gives a tensor, anything else a NumPy array.

    Of real numbers that would hide the sign: raises RnnvisError where `x` is real.
    """
    return abs(_complex(x))


def _complex(x: Any) -> Any:
    if not isinstance(x, Tensor):
        x = read_array(x, "x")
    if not is_complex(x):
        raise RnnvisError("these numbers are real: there are no parts to take", "pass them as they are")
    if not x.ndim:
        raise RnnvisError("this is one number, not states", "pass states [..., units]")
    return x
