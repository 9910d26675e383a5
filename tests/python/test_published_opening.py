"""What is shown first: a planted sentence whose answer turns at one word is found, and none where none turns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rnnvis.config import DatasetConfig, DefaultView, Probe, Source
from rnnvis.errors import RnnvisError
from rnnvis.published.opening import opening_view, turn_of, turning
from rnnvis.recipes.keep.limits import check_dataset
from rnnvis.text.corpus import Corpus


def along(*positive: float) -> np.ndarray:
    return np.array([[1 - p, p] for p in positive])


TURNS = along(0.5, 0.6, 0.7, 0.8, 0.75, 0.2, 0.1)


def test_the_turn_is_the_last_change_and_as_sure_as_the_less_sure_opinion() -> None:
    found = turn_of(TURNS, 0)
    assert found is not None
    assert found[0] == 5
    # The surest against: ln(.8 / .2); at the end for: ln(.9 / .1), which is more.
    assert found[1] == pytest.approx(np.log(4))


@pytest.mark.parametrize(
    ("positive", "label"),
    [
        ((0.5, 0.6, 0.7, 0.8, 0.75, 0.2, 0.1), 1),  # wrong in the end
        ((0.4, 0.3, 0.2, 0.2, 0.1, 0.1), 0),  # never held anything else
        ((0.5, 0.9, 0.6, 0.55, 0.45, 0.4), 0),  # the largest move is another word's
        ((0.9,), 1),
        ((0.5, 0.6, np.nan, 0.8, 0.2, 0.1), 0),
    ],
)
def test_what_does_not_turn_at_one_word_is_none(positive: tuple[float, ...], label: int) -> None:
    assert turn_of(along(*positive), label) is None


def test_of_three_classes_the_turn_is_to_the_right_one() -> None:
    of = np.array([[0.1, 0.6, 0.3], [0.1, 0.7, 0.2], [0.2, 0.1, 0.7], [0.1, 0.1, 0.8]])
    assert turn_of(of, 2) == (2, pytest.approx(np.log(0.8 / 0.2)))
    assert turn_of(of, 1) is None


def table(*sentences: np.ndarray | None) -> pa.Table:
    """Steps of sentences with these probabilities; None has six steps without any."""
    rows: dict[str, list[object]] = {"sentence_id": [], "p_class": []}
    for number, of in enumerate(sentences):
        rows["sentence_id"] += [number] * (6 if of is None else len(of))
        rows["p_class"] += [None] * 6 if of is None else [*of.tolist()]
    return pa.table(
        {
            "sentence_id": pa.array(rows["sentence_id"], pa.int32()),
            "p_class": pa.array(rows["p_class"], pa.list_(pa.float32())),
        }
    )


FAINT = along(0.5, 0.6, 0.6, 0.6, 0.4, 0.35)


def test_the_surest_turn_is_chosen_and_what_it_may_not_be_is_left_out() -> None:
    steps = table(FAINT, None, TURNS, TURNS, along(*[0.9] * 5, 0.1, 0.1, 0.05))
    tokens = [np.arange(n) for n in (6, 6, 7, 7, 8)]
    tokens[4] = tokens[4] + 90
    labels = np.array([0, 0, 0, 0, 0])
    found = turning(steps, np.arange(5), tokens, labels, unknown=(95,))
    assert found is not None
    assert (found.sentence, found.step, found.up, found.down) == (2, 5, 3, 5)
    surer = turning(steps, np.arange(5), tokens, labels, unknown=())
    assert surer is not None
    assert surer.sentence == 4
    faint = turning(steps, np.array([1, 0]), tokens, labels, unknown=())
    assert faint is not None
    assert (faint.sentence, faint.step) == (0, 4)
    assert turning(steps, np.array([1]), tokens, labels, unknown=()) is None
    assert turning(steps, np.arange(5), tokens, np.full(5, -1), unknown=()) is None


def corpus() -> Corpus:
    words = tuple("abcdefgh")
    tokens = [np.arange(6), np.arange(7)]
    return Corpus(
        name="planted",
        labels=("no", "yes"),
        vocabulary=words,
        counts=np.arange(8),
        special=(),
        tokens=tokens,
        surface=[tuple(words[i].upper() for i in row) for row in tokens],
        text=["", ""],
        split=["test"] * 2,
        label=np.array([0, 0]),
        score=np.zeros(2),
        source=[""] * 2,
        key=["k0", "k1"],
    )


def test_the_view_pins_the_turn_beside_the_words_that_move_it_most(tmp_path: Path) -> None:
    pq.write_table(table(FAINT, TURNS), tmp_path / "steps.parquet")
    model = {
        "name": "m",
        "classes": ["no", "yes"],
        "tables": {"steps": {"files": [{"path": "steps.parquet"}]}},
        "states": [{"k": []}, {"k": [2, 4, 8]}],
    }
    known = np.ones(8, bool)
    view = opening_view(model, tmp_path, np.arange(2), corpus(), known=known)  # type: ignore[arg-type]
    assert view == {"model": "m", "sentence": "k1", "step": 5, "k": 4, "words": ["d", "f"]}
    known[3] = False
    view = opening_view(model, tmp_path, np.arange(2), corpus(), known=known, k=8)  # type: ignore[arg-type]
    assert view is not None
    assert (view["words"], view["k"]) == (["f"], 8)
    assert opening_view({**model, "tables": {}}, tmp_path, np.arange(2), corpus(), known=known) is None  # type: ignore[arg-type]


def test_a_step_without_a_probe_is_refused() -> None:
    def config(view: DefaultView) -> DatasetConfig:
        probe = (Probe("turn", "one two three"),)
        return DatasetConfig("d", "D", "none", "about", Source("reviews"), probe=probe, view=view)

    path = Path("dataset.toml")
    check_dataset(config(DefaultView("m")), path)
    check_dataset(config(DefaultView("m", "turn", 2, words=("one",))), path)
    for wrong in (DefaultView("m", step=2), DefaultView("m", words=("one",))):
        with pytest.raises(RnnvisError, match=r'is given without "view\.probe"'):
            check_dataset(config(wrong), path)
