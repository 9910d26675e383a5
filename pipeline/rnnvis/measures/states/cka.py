"""How alike two states are as wholes, whatever their units: linear centred kernel alignment."""

from __future__ import annotations

import numpy as np


def linear_cka(a: np.ndarray, b: np.ndarray) -> float:
    """Linear CKA of states `a` [N, A] and `b` [N, B] at the same N steps, from 0 to 1; nan if one never varies.

    ‖BᵀA‖² / (‖AᵀA‖ ‖BᵀB‖), Frobenius norms, columns centred (Kornblith, Norouzi, Lee and Hinton, "Similarity of
    neural network representations revisited", ICML 2019, equation 4). Rotating or scaling a state changes nothing.
    """
    a = a - a.mean(axis=0, dtype=np.float64)
    b = b - b.mean(axis=0, dtype=np.float64)
    own = float(np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))
    return float(np.square(b.T @ a).sum() / own) if own > 0 else float("nan")
