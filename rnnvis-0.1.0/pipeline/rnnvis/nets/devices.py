"""Where a model is trained and run, and in which precision: chosen by what the machine has."""

from __future__ import annotations

import os
from collections.abc import Mapping

import torch

from rnnvis.errors import RnnvisError
from rnnvis.progress import say


def choose_device(wanted: str = "auto", mps: bool = True) -> torch.device:
    """The device called `wanted`; "auto" takes CUDA, else with `mps` Apple's, else the processor.

    Raises:
        RnnvisError: `wanted` is CUDA or MPS, and this machine has none.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(wanted, True):
        raise RnnvisError(
            f'device = "{wanted}": torch finds no such device on this machine',
            'write device = "auto", or install the build of torch and the driver for it',
        )
    usable = there | {"mps": there["mps"] and mps}
    device = next((name for name, is_there in usable.items() if is_there), "cpu") if wanted == "auto" else wanted
    if device == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is not deterministic without it
    return torch.device(device)


def device_to_run(wanted: str) -> torch.device:
    """Where a model whose card says `wanted` is recorded, ablated and evaluated: MPS knows no double precision, which
    measures take, so models that are trained there run on the processor; so do those of a device that this machine has
    not, which is said."""
    if wanted == "cuda" and not torch.cuda.is_available():
        say("A model was trained on CUDA, which is not here: it runs on the processor")
    away = wanted == "mps" or (wanted == "cuda" and not torch.cuda.is_available())
    return choose_device("cpu" if away else wanted, mps=False)


def choose_precision(wanted: str, device: torch.device) -> torch.dtype:
    """Precision of the products with the output weights; "auto" takes bfloat16 where the device multiplies in it."""
    if wanted != "auto":
        return {"bfloat16": torch.bfloat16, "float32": torch.float32}[wanted]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    capable = device.type == "cpu" and multiplies_bfloat16()
    return torch.bfloat16 if capable else torch.float32


def multiplies_bfloat16() -> bool:
    """Whether the processor has instructions that multiply bfloat16 matrices (AMX or AVX-512 BF16)."""
    known: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(known.get("amx_bf16") or known.get("avx512_bf16"))
