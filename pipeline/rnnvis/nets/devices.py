"""Where a model is trained, and in which precision: chosen by what the machine has."""

from __future__ import annotations

import os
from collections.abc import Mapping

import torch


def choose_device(wanted: str = "auto") -> torch.device:
    """The device called `wanted`; "auto" takes CUDA, else Apple's MPS, else the processor."""
    if wanted != "auto":
        return torch.device(wanted)
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is not deterministic without it
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


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
