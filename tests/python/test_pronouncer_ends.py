"""What the encoder keeps of the end of a word, against steps by hand: units without which it is missed, and endings."""

import numpy as np
import pytest

from rnnvis.nets.pronouncer import END, LONGEST, PHONEMES, START, Pronouncer, spelled
from rnnvis.recipes.spoken import Spoken, spoken
from rnnvis.recipes.study import pronouncing as study
from rnnvis.recipes.study import pronouncing_ends as ends
from rnnvis.text.kinds.pronunciations import Pronounced
from tests.python import pronouncing
from tests.step_models import pronouncer
from tools.website import pronouncer as page

WORDS = ["hops", "hoped", "letters", "nights", "baked", "moths", "dinghies", "marked", "looks", "boss", "red", "tops"]


@pytest.fixture(scope="module")
def planted() -> tuple[Pronouncer, dict[str, np.ndarray], Spoken]:
    """A model, its arrays by the names of the checkpoint in double precision, and what it says of WORDS."""
    model = pronouncer()
    of = {"enc_emb": model.letters.weight, "dec_emb": model.phonemes.weight, "fc_w": model.head.weight}
    of["fc_b"] = model.head.bias
    for short, layer in (("enc", model.encoder), ("dec", model.decoder)):
        of |= {
            f"{short}_{k}_{side}": getattr(layer, f"{n}_{side}_l0")
            for k, n in (("w", "weight"), ("b", "bias"))
            for side in ("ih", "hh")
        }
    arrays = {name: array.detach().numpy().astype(np.float64) for name, array in of.items()}
    return model, arrays, spoken(model, [Pronounced(word, (("B", "AE1"), ("D",))) for word in WORDS])


def handed(of, letters, off=()):
    state = np.zeros(6)
    for letter in letters:
        state = pronouncing.step(of, "enc", of["enc_emb"][letter], state)
        state[list(off)] = 0
    return state


def said_from(of, state):
    said, last = [], PHONEMES.index(START)
    while last != PHONEMES.index(END) and len(said) < LONGEST:
        state = pronouncing.step(of, "dec", of["dec_emb"][last], state)
        last = int((of["fc_w"] @ state + of["fc_b"]).argmax())
        said.append(last)
    return said


def end_of(of, letters, said, off):
    """The log-probability of END after all else of `said`."""
    state = handed(of, letters, off)
    for phoneme in [PHONEMES.index(START), *said[:-1]]:
        state = pronouncing.step(of, "dec", of["dec_emb"][phoneme], state)
    logits = of["fc_w"] @ state + of["fc_b"]
    return logits[PHONEMES.index(END)] - np.log(np.exp(logits - logits.max()).sum()) - logits.max()


def test_units_are_ranked_by_what_the_end_loses_without_each(planted, monkeypatch):
    model, of, found = planted
    monkeypatch.setattr(ends, "UNITS", 4)  # so that they go in two parts
    ended = [i for i, row in enumerate(found.said) if row[-1] == PHONEMES.index(END)]
    assert len(ended) > 3
    words = [(found.letters[i], found.said[i]) for i in ended]
    lost = np.array([np.mean([end_of(of, a, b, ()) - end_of(of, a, b, [u]) for a, b in words]) for u in range(6)])
    ranked, by = ends.carrying_units(model, found)
    assert ranked.tolist() == np.argsort(-lost).tolist()
    assert by == pytest.approx(lost[ranked], abs=1e-4)
    assert lost.max() > 0.1


def test_an_ending_is_lost_where_what_is_said_is_that_of_the_word_without_it(planted, monkeypatch):
    model, of, found = planted
    monkeypatch.setattr(ends, "EXCHANGED", (1, 3))
    monkeypatch.setattr(ends, "RANDOM_SETS", 1)
    rows = {row["ending"]: row for row in ends.endings(model, found, found)}
    assert sorted(rows) == ["ed", "s"]
    for ending, words in (
        ("s", [w for w in WORDS if w.endswith("s") and w != "boss"]),
        ("ed", ["hoped", "baked", "marked"]),
    ):
        row = rows[ending]
        assert row["words"] == len(words)
        whole = [handed(of, spelled(word)) for word in words]
        stem = [handed(of, spelled(word[: -len(ending)])) for word in words]
        pairs = [(said_from(of, a), said_from(of, b)) for a, b in zip(whole, stem, strict=True)]
        assert row["begins"][0] == pytest.approx(np.mean([a[: len(b) - 1] == b[:-1] for a, b in pairs]))
        assert row["exact"][0] == pytest.approx(np.mean([found.edits[WORDS.index(word)] == 0 for word in words]))
        ranked = np.argsort(-np.abs(np.array(whole) - stem).mean(axis=0))
        other = [n for n, (a, b) in enumerate(pairs) if a != b]
        assert row["other"] == len(other) > 1
        for one in row["exchanged"]:
            units, lost = ranked[: one["units"]], []
            for n in other:
                mixed = whole[n].copy()
                mixed[units] = stem[n][units]
                lost.append(said_from(of, mixed) == pairs[n][1])
            assert one["lost"][0] == pytest.approx(np.mean(lost))
    assert any(one["lost"][0] > 0 for row in rows.values() for one in row["exchanged"])


def test_switched_off_in_the_encoder_is_by_hand_and_words_that_end_early_are_counted(planted, monkeypatch):
    model, of, found = planted
    monkeypatch.setattr(study, "SIZES", (1,))
    monkeypatch.setattr(study, "RANDOM_SETS", 2)
    for unit in range(6):
        [row] = study.switched_off(model, np.roll(np.arange(6), -unit), found, side="encoder")
        said = [said_from(of, handed(of, letters, [unit])) for letters in found.letters]
        pairs = [(a, b.tolist()) for a, b in zip(said, found.said, strict=True)]
        end = PHONEMES.index(END)
        early = [len(a) < len(b) and a[-1] == end and a[:-1] == b[: len(a) - 1] for a, b in pairs]
        assert row["early"][0] == pytest.approx(np.mean(early))
        assert row["same"][0] == pytest.approx(np.mean([a == b for a, b in pairs]))


def table(lost=0.6, most=0.1):
    share = [lost, lost - 0.1, lost + 0.1]
    names = ("same", "goes_on", "early", "broken")
    off = {"units": [3], "words": 10, "random_sets": 20, **{name: share for name in names}}
    off["random"] = {name: [most / 2, 0.0, most] for name in names}
    exchanged = [{"units": n, "lost": share, "random": [0.0, 0.0, most]} for n in (4, 16, 64)]
    row = {"words": 9, "exact": share, "begins": share, "moved": 0.4, "other": 8, "exchanged": exchanged}
    return {
        "off_encoder": {"searched": 5, "first": [{"unit": 3, "lost": 0.15}], "unseen": [off]},
        "endings": [{"ending": "s", **row}, {"ending": "<b>", **row, "exchanged": []}],
    }


def test_what_the_page_says_follows_from_the_table():
    assert "without unit 3 (0.15 nats)" in page.off_encoder_conclusion(table())
    assert "go on after their end, more than after any random set (at most 10.0" in page.off_encoder_conclusion(table())
    assert "no more than after some random set (at most 70.0" in page.off_encoder_conclusion(table(most=0.7))
    assert "With 16 of 256 units of the handed-over state exchanged, 60\N{NO-BREAK SPACE}% of the 8 words in -s" in (
        page.endings_conclusion(table())
    )
    assert "&lt;b&gt;" not in page.endings(table())
    assert page.endings_conclusion(None) == page.off_encoder_conclusion({"off": {}}) == ""
    assert "No table of results tells of endings" in page.endings({"off": {}})
    turned = {**table(), "endings": table()["endings"][::-1]}
    assert page.endings(turned) == page.endings(table()), "wherever the ending that no word has stands"
    none = {**table(), "endings": table()["endings"][1:]}
    assert "No table of results tells of endings" in page.endings(none)
    assert page.endings_conclusion(none) == ""
    assert page.off_encoder(table())
