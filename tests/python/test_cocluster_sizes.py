"""Co-clustering of numbers of any size: what is scaled changes nothing, and what cannot be compared is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import rnnvis
from rnnvis.measures.clusters.cocluster import word_strengths
from rnnvis.measures.clusters.methods import METHODS
from rnnvis.measures.states.projection import pca, tsne
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify

BASE = np.random.default_rng(0).normal(size=(40, 12))
TEN = np.random.default_rng(1).integers(-300, 300, size=BASE.shape)
FORMS = {"dense": np.asarray, "sparse": sp.csr_array}


def figures(found: Any) -> list[np.ndarray]:
    """The block means, and all other figures."""
    return [found.block_means, *map(np.ravel, (of for of in vars(found.quality).values() if of is not None))]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("power", [-1000, -300, 300, 1000])
def test_a_power_of_two_changes_no_figure_but_the_means(method: str, form: str, power: int) -> None:
    small, large = (FORMS[form](np.ldexp(BASE, by)) for by in (0, power))
    for k in (2, 5):
        one = rnnvis.cocluster(small, k, method, (small, small))
        other = rnnvis.cocluster(large, k, method, (large, large))
        for side in ("word_labels", "unit_labels", "word_order", "unit_order"):
            assert np.array_equal(getattr(one, side), getattr(other, side))
        assert np.array_equal(np.concatenate(figures(one)[1:]), np.concatenate(figures(other)[1:]))
        assert np.array_equal(np.ldexp(one.block_means, power), other.block_means)


ODD = {
    "one huge": np.where(np.arange(480).reshape(40, 12) == 7, 1e300, BASE),
    "all mixed": BASE * 10.0**TEN,
    "mixed words": BASE * 10.0 ** TEN[:, :1],
    "mixed units": BASE * 10.0 ** TEN[:1],
    "denormal": BASE * 1e-315,
    "largest": np.full(BASE.shape, np.finfo(float).max) * np.sign(BASE),
    "nearly constant": 1 + 1e-16 * BASE,
    "constant": np.ones(BASE.shape),
    "of rank one": np.outer(BASE[:, 0], BASE[0]),
    "two sizes": np.where(BASE > 0, 1e308, 1e-308),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_odd_numbers_give_finite_figures_or_are_named(method: str, form: str, odd: str) -> None:
    matrix = FORMS[form](ODD[odd])
    for k in (2, 5):
        try:
            found = rnnvis.cocluster(matrix, k, method, (matrix, matrix))
        except rnnvis.RnnvisError:
            continue
        assert np.isfinite(np.concatenate([np.ravel(of) for of in figures(found)])).all()
        assert found.zero_words.size == found.zero_units.size == 0, "none of them is zero"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("side", ["word", "unit"])
def test_what_would_be_nothing_beside_the_rest_is_named_and_not_taken_for_zero(method: str, side: str) -> None:
    matrix = BASE.copy()
    (matrix if side == "word" else matrix.T)[3] *= 1e-250
    for given in (matrix, matrix * 1e300, sp.csr_array(matrix)):
        with pytest.raises(rnnvis.RnnvisError, match=f"{side} 3 ") as error:
            rnnvis.cocluster(given, 2, method)
        assert "leave it out" in error.value.fix


def test_a_unit_too_faint_for_single_precision_is_named_where_it_matters() -> None:
    matrix = BASE.copy()
    matrix[:, 5] *= 1e-30
    with pytest.raises(rnnvis.RnnvisError, match=r'unit 5 responds to no word with 1e-18 .*"block"'):
        rnnvis.cocluster(matrix, 3)
    alike = BASE[:, [5, *range(11)]] * np.where(np.arange(12) == 0, 1e-30, 1)  # unit 0 is a faint copy of unit 6
    labels = rnnvis.cocluster(alike, 6, "direction").unit_labels
    assert labels[0] == labels[6]


def test_strengths_of_words_are_means_of_numbers_of_any_size() -> None:
    labels = np.arange(12) % 3
    for power in (0, 1000, -1000):
        wanted = np.stack([np.ldexp(BASE[:, labels == c].mean(axis=1), power) for c in range(3)], axis=1)
        assert np.allclose(word_strengths(np.ldexp(BASE, power), labels, 3), wanted, rtol=1e-12, atol=0)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_odd_numbers_have_their_place_on_the_map(odd: str) -> None:
    matrix = ODD[odd]
    places, shares = pca(matrix)
    assert np.isfinite(places).all()
    assert np.isfinite(shares).all()
    assert np.isfinite(tsne(matrix)).all()


@pytest.mark.parametrize(
    ("values", "clustered"),
    [
        (lambda states: states * np.float32(1e14), True),
        (lambda states: states * np.float32(1e-30), True),
        (lambda states: 1 + states * np.float32(1e-7), True),
        (lambda states: states * np.float32(10) ** np.array([14, 0, -10, -30, 3], np.float32), False),
    ],
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_odd_states_are_published_and_what_cannot_be_clustered_is_said(
    tmp_path: Path, values: Any, clustered: bool
) -> None:
    random = np.random.default_rng(0)
    text = random.integers(0, 12, (40, 6))
    states = np.tanh(random.normal(size=(240, 5)) + text.reshape(-1, 1) / 6).astype(np.float32)
    recording = rnnvis.import_states({"rnn.0.h": values(states)}, text.tolist(), [f"w{i}" for i in range(12)])
    recording.publish(tmp_path, largest_k=3, methods=tuple(METHODS))
    assert verify(tmp_path).problems == []
    state = read_manifest(tmp_path)["datasets"][0]["models"][0]["states"][0]
    assert ("block" in state["methods"]) == clustered
    if not clustered:
        assert "nit 3 responds to no word" in state["unclustered"]
