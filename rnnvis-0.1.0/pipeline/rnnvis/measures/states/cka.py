"""How alike two states are as wholes, whatever their units: linear centred kernel alignment."""

from __future__ import annotations

import numpy as np


def gram_norm(a: np.ndarray) -> float:
    """‖AᵀA‖ of a state `a` [N, A], Frobenius norm, columns centred: what `linear_cka` needs of each state alone."""
    centred = a - a.mean(axis=0, dtype=np.float64)
    return float(np.linalg.norm(centred.T @ centred))


def linear_cka(a: np.ndarray, b: np.ndarray, norms: tuple[float, float] | None = None) -> float:
    """Linear CKA of states `a` [N, A] and `b` [N, B] at the same N steps, from 0 to 1; nan if one never varies.

    ‖BᵀA‖² / (‖AᵀA‖ ‖BᵀB‖), Frobenius norms, columns centred (Kornblith, Norouzi, Lee and Hinton, "Similarity of
    neural network representations revisited", ICML 2019, equation 4). Rotating or scaling a state changes nothing.
    `norms` are the `gram_norm` of both, where they are known already.
    """
    of_a, of_b = norms or (gram_norm(a), gram_norm(b))
    if not of_a * of_b > 0:
        return float("nan")
    a = a - a.mean(axis=0, dtype=np.float64)
    b = b - b.mean(axis=0, dtype=np.float64)
    return float(np.square(b.T @ a).sum() / (of_a * of_b))
