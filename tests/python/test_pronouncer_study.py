"""The case study of the pronouncer: what it counts against plain loops, and what its page says of it."""

import json

import numpy as np
import pytest

from rnnvis.nets.pronouncer import LONGEST, PHONEMES, Pronouncer, load_pronouncer, spelled
from rnnvis.recipes.spoken import Spoken, spoken
from rnnvis.recipes.study import pronouncing as study
from rnnvis.text.kinds.pronunciations import Pronounced
from tests.python import pronouncing
from tests.python.test_pronouncer_ends import table as table_of_ends
from tools.website import pronouncer as page
from tools.website.fragments import PRONOUNCER

END = pronouncing.END


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> tuple[Pronouncer, dict[str, np.ndarray], Spoken]:
    of = pronouncing.arrays()
    model, _ = load_pronouncer(pronouncing.model_wheel(tmp_path_factory.mktemp("m") / "m.whl", of))
    words = [Pronounced(word, (("B", "AE1"), ("D",))) for word in pronouncing.WORDS[::2]]
    return model, of, spoken(model, words)


@pytest.mark.parametrize(
    ("said", "times"),
    [([5], 1), ([5, 6, 7], 1), ([5, 5], 2), ([4, 5, 6, 5, 6, 5, 6, 9], 3), ([7, 8, 9, 8, 8, 8, 8], 4), ([END], 1)],
)
def test_what_is_said_again_and_again_is_counted_without_the_end(said, times):
    assert study.repeated(np.array([*said, END])) == times


def test_repetitions_are_those_of_a_plain_search():
    rng = np.random.default_rng(1)
    for _ in range(100):
        row = rng.integers(4, 6, rng.integers(1, 12)).tolist()
        found = max(
            times
            for size in range(1, 5)
            for times in range(1, len(row) + 1)
            for start in range(len(row))
            if times == 1 or row[start : start + size * times] == row[start : start + size] * times
            if times == 1 or start + size * times <= len(row)
        )
        assert study.repeated(np.array(row)) == found


@pytest.mark.parametrize(
    ("kind", "word", "places"),
    [
        ("second of a doubled consonant", "letterball", [3, 9]),
        ("second of a doubled consonant", "seeing", []),
        ("any other consonant", "letter", [0, 5]),
        ("e at the end, after a consonant", "hope", [3]),
        ("e at the end, after a consonant", "tree", []),
        ("e at the end, after a consonant", "the", []),
        ("e anywhere else", "eleven", [0, 2, 4]),
        ("e anywhere else", "hope", []),
        ("k of kn at the beginning", "knight", [0]),
        ("k of kn at the beginning", "unknown", []),
        ("w of wr at the beginning", "write", [0]),
        ("g of ght", "nightlight", [2, 7]),
    ],
)
def test_letters_of_a_kind_stand_where_they_should(kind, word, places):
    assert list(next(of for of in study.KINDS if of.name == kind).places(word)) == places


def state(of, letters):
    found = np.zeros(pronouncing.WIDTH)
    for letter in letters:
        found = pronouncing.step({n: a.astype(np.float64) for n, a in of.items()}, "enc", of["enc_emb"][letter], found)
    return found


def test_leaving_a_letter_out_is_saying_the_word_without_it(planted):
    model, of, found = planted
    rows = {row["kind"]: row for row in study.without_letters(model, found)}
    words = [of.word for of in found.words]
    half = len(words) // 2
    ends = [state(of, letters) for letters in found.letters]
    apart = np.mean([np.linalg.norm(ends[n] - ends[(n - half) % len(ends)]) for n in range(len(ends))])
    for kind in study.KINDS:
        chosen = [(n, at) for n, word in enumerate(words) if (at := list(kind.places(word)))]
        if not chosen:
            assert kind.name not in rows
            continue
        changed, moved = 0, []
        for n, at in chosen:
            place = at[n % len(at)]
            cut = spelled(words[n][:place] + words[n][place + 1 :])
            changed += pronouncing.by_hand(of, cut.tolist(), {}, LONGEST) != found.said[n].tolist()
            moved.append(np.linalg.norm(state(of, cut) - state(of, found.letters[n])))
        assert rows[kind.name]["words"] == len(chosen)
        assert rows[kind.name]["moved"] == pytest.approx(np.mean(moved) / apart, rel=1e-4)
        assert rows[kind.name]["changed"][0] == pytest.approx(changed / len(chosen))
    assert len(rows) >= 2


def test_units_are_ranked_by_what_they_add_to_the_end(planted):
    model, of, found = planted
    of = {name: array.astype(np.float64) for name, array in of.items()}
    at_end, elsewhere = [], []
    for letters, said in zip(found.letters, found.said, strict=True):
        states = [np.zeros(pronouncing.WIDTH)]
        for layer, emb, tokens in (("enc", "enc_emb", letters), ("dec", "dec_emb", [pronouncing.START, *said[:-1]])):
            for t, token in enumerate(tokens):
                states.append(pronouncing.step(of, layer, of[emb][token], states[-1]))
                if layer == "dec":
                    (at_end if said[t] == END else elsewhere).append(states[-1])
    higher = np.mean(at_end, axis=0) - np.mean(elsewhere, axis=0)
    added = (of["fc_w"][END] - of["fc_w"].mean(axis=0)) * higher
    ranked = study.end_units(model, found)
    assert sorted(ranked.tolist()) == list(range(pronouncing.WIDTH))
    assert np.diff(added[ranked]).max() < 1e-5
    assert ranked[0] == added.argmax()


def test_switching_off_is_beside_as_many_others_and_counts_what_is_broken_off(planted, monkeypatch):
    model, of, found = planted
    monkeypatch.setattr(study, "SIZES", (2, 100))
    monkeypatch.setattr(study, "RANDOM_SETS", 2)
    ranked = study.end_units(model, found)
    chosen = []
    say = model.say
    monkeypatch.setattr(model, "say", lambda words, without: chosen.append(without["decoder"]) or say(words, without))
    rows = study.switched_off(model, ranked, found)
    assert [len(units) for units in chosen] == [2, 2, 2, 100, 100, 100]
    for row, (own, *random) in zip(rows, (chosen[:3], chosen[3:]), strict=True):
        assert row["units"] == sorted(own.tolist()) == sorted(ranked[: len(own)].tolist())
        assert all(not set(units.tolist()) & set(own.tolist()) for units in random)
        shares = []
        for units in (own, *random):
            said = [pronouncing.by_hand(of, word.tolist(), {"dec": units}, LONGEST) for word in found.letters]
            pairs = [(a, b.tolist()) for a, b in zip(said, found.said, strict=True)]
            same = np.mean([a == b for a, b in pairs])
            on = np.mean([a[: len(b) - 1] == b[:-1] and len(a) > len(b) for a, b in pairs])
            shares.append((same, on, np.mean([END not in row for row in said])))
        for at, name in enumerate(("same", "goes_on", "broken")):
            assert row[name][0] == pytest.approx(shares[0][at])
            of_random = [share[at] for share in shares[1:]]
            assert row["random"][name] == pytest.approx([np.mean(of_random), min(of_random), max(of_random)])
    again = study.switched_off(model, ranked, found)
    assert again == rows


def test_lengths_and_ends_are_plain_counts(planted):
    _, _, found = planted
    lengths = [len(of.word) for of in found.words]
    for row in study.by_length(found):
        low, high = row["letters"]
        inside = [n for n, length in enumerate(lengths) if low <= length <= high]
        assert row["words"] == len(inside)
        assert row["exact"][0] == pytest.approx(np.mean([found.edits[n] == 0 for n in inside]))
        rate = sum(found.edits[n] for n in inside) / sum(found.right[n] for n in inside)
        assert row["error_rate"] == pytest.approx(rate)
    assert sum(row["words"] for row in study.by_length(found)) == len(lengths)
    first, last = study.ends(found)
    said = [[PHONEMES[i] for i in row if i != END] for row in found.said]
    assert first["right"][0] == pytest.approx(np.mean([bool(row) and row[0] in ("B", "D") for row in said]))
    assert last["right"][0] == pytest.approx(np.mean([bool(row) and row[-1] in ("AE1", "D") for row in said]))


def table(changed=0.2, other=0.8, goes_on=0.9, most=0.1, broken=0.0, broken_off=2):
    share = [goes_on, goes_on - 0.05, goes_on + 0.05]
    random = {name: [most / 2, 0.0, most] for name in ("same", "goes_on", "broken")}
    off = {"units": [3, 5], "words": 10, "same": share, "goes_on": share, "broken": [broken, 0.0, 1.0]}
    word = {"word": "<b>", "said": ["T"], "dictionary": [["T", "D"], ["D"]], "edits": 1, "ended": False}
    return {
        "words": 1200,
        "figures": [{"measure": "edit distance", "value": 0.5, "low": 0.4, "high": 0.6}],
        "length": [
            {"letters": [1, 4], "words": 3, "exact": [0.8, 0.7, 0.9], "error_rate": 0.05},
            {"letters": [5, 5], "words": 4, "exact": [0.7, 0.6, 0.8], "error_rate": 0.15},
        ],
        "letters": [
            {
                "kind": "second of a doubled consonant",
                "words": 9,
                "changed": [changed, changed - 0.1, changed + 0.1],
                "moved": 0.3,
            },
            {"kind": "any other consonant", "words": 9, "changed": [other, other - 0.1, other + 0.1], "moved": 0.7},
        ],
        "ends": [{"place": "first", "words": 9, "right": [0.9, 0.8, 0.95]}],
        "probes": [word],
        "running_on": {"broken": broken_off, "repeated": 3, "times": 3, "words": [word]},
        "off": {"searched": 5, "unseen": [{**off, "units": [3], "random_sets": 20, "random": random}]},
    }


def test_what_the_page_says_follows_from_the_table():
    assert "is missed less than any other consonant: 20\N{NO-BREAK SPACE}%" in page.letters_conclusion(table())
    assert "neither clearly more nor less" in page.letters_conclusion(table(changed=0.7))
    assert "is missed more than" in page.letters_conclusion(table(changed=0.9, other=0.5))
    assert "more than after any random set" in page.off_conclusion(table())
    assert "no more than after some random set" in page.off_conclusion(table(goes_on=0.1, most=0.3))
    assert "5.0 are wrong in words of 1–4 letters, and 15.0 in words of 5:" in page.length_conclusion(table())
    assert "long words are said worse" in page.length_conclusion(table())
    assert "&lt;b&gt;" in page.probes(table())
    assert "T …" in page.running_on(table())
    assert "Of 1,200 words 2 are broken off" in page.running_on_conclusion(table())
    assert "not one is broken off" in page.running_on_conclusion(table(broken_off=0))


def test_every_piece_is_there_without_results_and_with_those_of_the_project(tmp_path):
    assert page.read(tmp_path) is None
    for name, piece in PRONOUNCER.items():
        assert piece(None) == "" if name.endswith("conclusion") else "No table of results tells of" in piece(None)
        assert piece({**table(), **table_of_ends()})
    (tmp_path / page.TABLE).parent.mkdir(parents=True)
    (tmp_path / page.TABLE).write_text(json.dumps(table()))
    assert page.read(tmp_path) == table()
