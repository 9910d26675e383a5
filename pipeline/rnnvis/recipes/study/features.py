"""What was found of the features of a state, over several seeds, as a table of results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnvis.api.ablating import Ablated
from rnnvis.api.compared_features import Compared
from rnnvis.config import FeaturesConfig
from rnnvis.measures.figures import clustered_mean

DIGITS = 6


def told(
    asked: FeaturesConfig,
    compared: Compared,
    replaced: Sequence[Ablated | None],
    figures: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The table of results: for each seed what its code keeps, how many features are dead, the loss with the
    reconstruction in the state's place, and more `figures`; for each concept F1 of the best feature and the best unit,
    by seed; and their means with standard errors over the seeds."""
    seeds = [
        {
            "seed": seed,
            "kept": _short(quality.kept),
            "dead": len(quality.dead),
            **_loss(of),
            **{name: _short(value) if isinstance(value, float) else value for name, value in more.items()},
        }
        for seed, quality, of, more in zip(asked.seeds, compared.quality, replaced, figures, strict=True)
    ]
    concepts = [
        {
            "concept": name,
            "uses": int(compared.uses[c]),
            "features": [_short(value) for value in compared.features[:, c]],
            "units": [_short(value) for value in compared.units[:, c]],
        }
        for c, name in enumerate(compared.concepts)
    ]
    means = {name: [_short(mean), _short(error)] for name, (mean, error) in compared.means.items()}
    better = int((compared.features.mean(axis=0) > compared.units.mean(axis=0)).sum())
    return {
        "state": compared.state,
        "units": compared.codes[0].encoder.shape[1],
        "latents": asked.latents,
        "k": asked.k,
        "steps": asked.steps,
        "seeds": seeds,
        "concepts": concepts,
        "means": means,
        "better": better,
    }


def _loss(of: Ablated | None) -> dict[str, Any]:
    if of is None:
        return {}
    before, after = (clustered_mean(rows.loss, rows.sequence_id)[0] for rows in (of.before, of.after))
    found = {"loss": before, "loss_rebuilt": after, "rise": of.mean, "rise_error": of.standard_error}
    known = int(np.isfinite(of.increase).sum())
    return {"answers": known, **{name: _short(value) for name, value in found.items()}}


def _short(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.{DIGITS}g}")
