"""The study of the voice detector: sounds, trials and resets against plain loops, and what its page says."""

from __future__ import annotations

import io
import json
import shutil
import wave
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import rnnvis
from rnnvis.cli import main
from rnnvis.config import VoiceConfig, read
from rnnvis.errors import RnnvisError
from rnnvis.nets.detector import GENERATIONS, STEP, Detector
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from rnnvis.recipes import sounds
from rnnvis.recipes.keep.project import Project, VoiceStudy
from rnnvis.recipes.steps import voice_shown as shown_step
from rnnvis.recipes.steps.voice import voice_steps
from rnnvis.recipes.study import results, voice, voice_shown, voice_trials
from tests.python.detecting import invented
from tools.website import voice as page
from tools.website.fragments import VOICE
from tools.website.published import Published
from tools.website.voice_charts import opened as links_to

CHECKOUT = Path(__file__).parents[2]
KEPT = CHECKOUT / "datasets" / "voice" / "results" / "voice.json"
LONG, SHORT, HEARD = 70, 8, 6
CELLS = np.array([7, 3])


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"LONG": LONG, "SHORT": SHORT, "HEARD": HEARD, "AGES": (0, 8, 32, LONG), "LAST_STEPS": (2, LONG)}
    small |= {
        "RESETS": (-4, 0, 2),
        "ELSEWHERE_RESETS": (-4, 2),
        "QUIETEST": 0.498,
        "RANDOM_SETS": 8,
        "RUNS": 60,
        "LARGEST": 2,
    }
    for name, value in small.items():
        monkeypatch.setattr(voice, name, value)


def speech(count: int, seed: int = 0) -> list[np.ndarray]:
    draw = np.random.default_rng(seed)
    return [draw.normal(0, 0.3, HEARD * STEP + 40 * i).astype(np.float32) for i in range(count)]


@pytest.fixture
def detector() -> Detector:
    """Invented weights, whose cells keep what they had for long."""
    model = invented(3)
    with torch.no_grad():
        model.lstm.bias_ih_l0[128:256] += 4
        model.lstm.weight_ih_l0 *= 3
        model.spectrum.weight *= 3000
    return model


@torch.no_grad()
def stepped(
    detector: Detector, features: np.ndarray, at: int | None = None, cells: np.ndarray | None = None, to: object = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """P and c after each step of one stream, step by step; after step `at` these cells (all of h and c without any) are
    set `to` values. What the cell hands on as h follows from c."""
    found, kept = [], []
    h = c = torch.zeros(1, 1, 128)
    for t, frame in enumerate(torch.from_numpy(features)):
        _, (h, c) = detector.lstm(frame[None, None], (h, c))
        found.append(float(torch.sigmoid(detector.logits(h))[0, 0]))
        kept.append(c[0, 0].numpy().copy())
        if t == at:
            c = c.clone()
            if cells is None:
                h, c = torch.zeros_like(h), torch.zeros_like(c)
            else:
                c[0, 0, cells] = torch.as_tensor(to, dtype=torch.float32)
    return np.array(found), np.array(kept)


def test_speech_is_as_much_louder_as_is_asked_and_both_pasts_end_alike(detector: Detector) -> None:
    condition = voice.Condition("white", 0.02, 6.0)
    found = voice.trials(detector, "x", condition, speech(2), seed=5)
    assert found.features.shape == (2, LONG + HEARD, 128)
    draw = np.random.default_rng(5)
    around = 0.02 * sounds.noise("white", (LONG + HEARD) * STEP, draw)
    spoken = speech(2)[0][: HEARD * STEP]
    wanted = around.copy()
    wanted[LONG * STEP :] += spoken * (0.02 * 10 ** (6 / 20) / np.sqrt(np.mean(spoken.astype(float) ** 2)))
    np.testing.assert_allclose(found.features[0], detector.features(wanted), atol=1e-5)


def test_cells_are_carried_from_the_short_noise_into_the_long_as_stepping_does(detector: Detector) -> None:
    of = voice.trials(detector, "x", voice.Condition(), speech(5), seed=1)
    row = voice.condition_row(voice.recorded(detector, (of,)), of, CELLS)
    moved, gaps, longs, shorts = [], [], [], []
    for features in of.features:
        long, _ = stepped(detector, features)
        short, cells = stepped(detector, features[LONG - SHORT :])
        after = stepped_with(detector, features, cells[SHORT - 1][CELLS])
        gap = short[-HEARD:].mean() - long[-HEARD:].mean()
        moved.append(np.sign(gap) * (after[-HEARD:].mean() - long[-HEARD:].mean()))
        gaps.append(abs(gap))
        longs.append(long[-HEARD:])
        shorts.append(short[-HEARD:])
    assert row["cells"][0] == pytest.approx(sum(moved) / sum(gaps), abs=2e-3)
    assert row["long"]["p"][0] == pytest.approx(np.mean(longs), abs=2e-4)
    assert row["short"]["p"][0] == pytest.approx(np.mean(shorts), abs=2e-4)
    assert row["long"]["p"][1] == pytest.approx(np.mean(longs, axis=1).std(ddof=1) / np.sqrt(5), abs=2e-4)
    assert row["short"]["found"][0] == pytest.approx(np.mean(np.max(shorts, axis=1) >= 0.5))
    assert row["both"][0] == pytest.approx(1, abs=1e-3)
    assert abs(row["gap"][0]) > 0.001


@torch.no_grad()
def stepped_with(detector: Detector, features: np.ndarray, values: np.ndarray) -> np.ndarray:
    """P at each step where CELLS hold `values` after the last step of the noise; h of that step follows from them."""
    p, h, c = [], torch.zeros(1, 1, 128), torch.zeros(1, 1, 128)
    lstm = detector.lstm
    for t, frame in enumerate(torch.from_numpy(features)):
        before = h
        _, (h, c) = lstm(frame[None, None], (h, c))
        if t == LONG - 1:
            c = c.clone()
            c[0, 0, CELLS] = torch.from_numpy(values)
            gates = lstm.weight_ih_l0 @ frame + lstm.bias_ih_l0 + lstm.weight_hh_l0 @ before[0, 0] + lstm.bias_hh_l0
            h = (torch.sigmoid(gates[384:]) * torch.tanh(c[0, 0]))[None, None]
        p.append(float(torch.sigmoid(detector.logits(h))[0, 0]))
    return np.array(p)


def test_what_is_set_back_is_what_stepping_sets_back(detector: Detector) -> None:
    of = voice.trials(detector, "x", voice.Condition(), speech(3), seed=2)
    rows = {(row["past"], row["at"], row["reset"]): row for row in voice.resets(detector, of, CELLS)}
    assert len(rows) == 2 * (1 + 3 * 3)
    for past, first in (("long", 0), ("short", LONG - SHORT)):
        onset = LONG - first
        plain = [stepped(detector, features[first:])[0] for features in of.features]
        for at in (-4, 0, 2):
            for name, cells in (("all", None), ("cells", CELLS)):
                found = [stepped(detector, f[first:], onset + at - 1, cells)[0] for f in of.features]
                row = rows[past, at, name]
                assert row["p"][0] == pytest.approx(np.mean([p[-HEARD:] for p in found]), abs=2e-4)
                more = np.mean([p[-HEARD:] for p in found]) - np.mean([p[-HEARD:] for p in plain])
                assert row["more"][0] == pytest.approx(more, abs=2e-4)
                before = np.mean([p[onset - 4 : onset] for p in found])
                assert row["noise"][0] == pytest.approx(before, abs=2e-4)
                late, usual = ([begins(p[-HEARD:]) for p in of] for of in (found, plain))
                assert row["onset"][0] == pytest.approx(np.mean(late), abs=1e-4)
                assert row["later"][0] == pytest.approx(np.mean(late) - np.mean(usual), abs=1e-4)
    assert rows["long", 0, "all"]["p"] != rows["long", None, "nothing"]["p"]


def begins(heard: np.ndarray) -> float:
    """Seconds to the first step at which P is as high as is asked; all of them where it never is."""
    return 0.032 * next((step for step, p in enumerate(heard) if p >= voice.QUIETEST), len(heard))


def test_the_onset_is_the_first_step_that_is_heard_and_the_whole_time_where_none_is() -> None:
    heard = np.array([[0.1, 0.6, 0.2, 0, 0, 0], [0.9, 0.1, 0.1, 0, 0, 0], [0.1, 0.2, 0.3, 0, 0, 0]])
    found = voice._said([np.concatenate([np.zeros((3, 4)), heard], axis=1)] * 2, [np.zeros((3, 4 + HEARD))])
    assert voice._onset(heard).tolist() == pytest.approx([begins(row) for row in heard]) == [0.032, 0, 6 * 0.032]
    assert found["onset"][0] == pytest.approx(7 * 0.032 / 3, abs=1e-4)


def test_a_search_in_other_noise_is_judged_on_trials_that_it_has_not_seen(detector: Detector) -> None:
    seen, unseen = (
        voice.trials(detector, "x", voice.Condition("brown", 0.02), speech(4, seed), seed) for seed in (3, 9)
    )
    row = voice.elsewhere_row(detector, seen, unseen, CELLS)
    alone = voice.condition_row(voice.recorded(detector, (unseen,)), unseen, CELLS)
    assert row["first_found"] == pytest.approx(alone["cells"], abs=1e-3)
    assert row["pairs"] == [4, 4]
    own = voice.condition_row(voice.recorded(detector, (unseen,)), unseen, np.array(row["cells"]))
    assert row["closed"] == pytest.approx(own["cells"], abs=1e-3)
    assert {(of["past"], of["at"]) for of in row["resets"]} == {
        (p, t) for p in ("long", "short") for t in (None, -4, 2)
    }


@pytest.fixture
def tables(detector: Detector) -> dict:
    """A whole study in small, as it is written."""
    seen, unseen = (voice.trials(detector, name, voice.Condition(), speech(4, seed), seed)
                    for seed, name in enumerate(("searched on", "other sentences and voices")))  # fmt: skip
    other = voice.trials(detector, "other noise", voice.Condition("brown", 0.02), speech(4, 9), 9)
    of = voice.generation_table(detector, seen, unseen, [lambda: other], [(lambda: seen, lambda: other)])
    whole = {"package": "silero-vad", "version": "<b>6", "speaker": "eSpeak <i>", "random_sets": 8, "seconds": 0.032}
    whole |= {"steps": {"long": LONG, "short": SHORT, "heard": HEARD}}
    both = {"newer": {"member": "a/b.onnx", "sha256": "0" * 64, "apart": 5e-7, **of}}
    both["older"] = {**both["newer"], "apart": None}
    return json.loads(json.dumps({**whole, "generations": both}))


def test_a_study_comes_to_tables_that_the_page_can_tell(tables: dict) -> None:
    of = tables["generations"]["newer"]
    assert [row["trials"] for row in of["conditions"]] == ["searched on", "other sentences and voices", "other noise"]
    best = of["search"][-1]
    assert sorted(of["cells"]) == best["units"]
    assert of["conditions"][1]["cells"][0] == pytest.approx(best["unseen"], abs=1e-3)
    assert of["conditions"][0]["cells"][0] == pytest.approx(best["searched"], abs=1e-3)
    assert [row["steps"] for row in of["remembered"]] == [2, LONG]
    assert of["remembered"][-1]["distance"][0] < of["remembered"][0]["distance"][0]
    assert of["drift"]["ages"] == [0, 8, 32, LONG]
    written = {name: part(tables) for name, part in VOICE.items()}
    assert all(written.values())
    assert "<b>6" not in "".join(written.values())
    assert "<i>" not in "".join(written.values())
    assert "5.0e−07" in written["voice-made-of"]
    assert "not made yet: older" in VOICE["voice-made-of"]({**tables, "generations": {"newer": of}})
    assert "nan" not in "".join(written.values()).lower()
    drawn = written["voice-drift-chart"]
    assert drawn.count("<svg") == 2
    assert f"cell {of['cells'][0]}, found" in drawn
    assert written["voice-remembered-chart"].count("<polyline") == 2
    assert "cells found there" in written["voice-elsewhere"]


def test_without_a_table_the_page_says_so() -> None:
    assert page.read(Path("nowhere")) is None
    assert "No table of results tells of the voice detector" in VOICE["voice-conditions"](None)


@pytest.mark.skipif(not KEPT.exists(), reason="the study has not been made")
def test_the_table_that_is_kept_was_made_on_other_trials_than_it_searched() -> None:
    kept = results.read(KEPT)
    assert kept["package"] == "silero-vad"
    assert list(kept["generations"]) == [of.name for of in GENERATIONS]
    for of in kept["generations"].values():
        names = [row["trials"] for row in of["conditions"]]
        assert names.count("searched on") == 1
        assert {"other sentences and voices", "other noise", "recorded speech"} < set(names)
    assert all(VOICE[name](kept) for name in VOICE)
    heard = kept["steps"]["heard"] * kept["seconds"]
    assert heard < 0.95, "less than a second"
    assert f"mean over its first {heard:.1f} s" in VOICE["voice-resets-chart"](kept)


def test_another_voice_or_another_recording_makes_the_study_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(CHECKOUT)
    study = project.studies()["voice"]

    def keys(speaker: str, sound: float) -> set[str]:
        monkeypatch.setattr(sounds, "speaker_version", lambda: speaker)
        monkeypatch.setattr(sounds, "recorded", lambda names: [np.full(4, sound, np.float32)])
        return {step.key for step in voice_steps(project, study)}

    found = [keys("1.51", 0.1), keys("1.52", 0.1), keys("1.51", 0.2)]
    assert keys("1.51", 0.1) == found[0]
    assert len(set.union(*found)) == sum(map(len, found)) == 12


def test_searched_and_held_out_trials_share_neither_sentences_nor_voices() -> None:
    assert not set(voice_trials.SEEN_SENTENCES) & set(voice_trials.UNSEEN_SENTENCES)
    assert not set(voice_trials.SEEN_VOICES) & set(voice_trials.UNSEEN_VOICES)


@pytest.mark.parametrize(("colour", "falls"), [("white", 0), ("pink", 1), ("brown", 2)])
def test_the_power_of_noise_falls_as_its_colour_says(colour: str, falls: int) -> None:
    found = sounds.noise(colour, 2**18, np.random.default_rng(0))
    assert found.dtype == np.float32
    assert sounds.loudness(found) == pytest.approx(1, abs=1e-3)
    power = np.abs(np.fft.rfft(found)) ** 2
    frequency = np.fft.rfftfreq(len(found), 1 / sounds.RATE)
    low, high = (power[(frequency > f) & (frequency < 2 * f)].mean() for f in (500, 2000))
    assert np.log2(low / high) == pytest.approx(2 * falls, abs=0.1)
    assert power[frequency < 15].mean() < 0.01 * power.mean()


def wave_file(samples: np.ndarray, rate: int = 8000, channels: int = 1) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def test_a_recording_is_read_at_sixteen_thousand_samples_a_second(tmp_path: Path) -> None:
    tone = 8000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    (tmp_path / "tone.wav").write_bytes(wave_file(np.concatenate([np.zeros(500), tone, np.zeros(700)])))
    (found,) = sounds.recorded(["tone"], tmp_path)
    assert abs(len(found) - 16000) < 40
    assert np.abs(np.fft.rfft(found[:16000]))[400:480].argmax() + 400 == pytest.approx(440, abs=1)
    assert np.abs(found).max() == pytest.approx(8000 / 2**15, rel=0.02)
    with pytest.raises(RnnvisError, match="2 channels"):
        sounds.read_wave(wave_file(tone, channels=2), "x")
    with pytest.raises(RnnvisError, match="x: not readable as a WAV file"):
        sounds.read_wave(b"no", "x")


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RnnvisError, match="asterisk-core-sounds-en-wav"):
        sounds.recorded(["vm-sorry"], tmp_path)
    (tmp_path / "datasets").mkdir()
    shutil.copytree(CHECKOUT / "datasets" / "voice", tmp_path / "datasets" / "voice")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    found = CliRunner().invoke(main, ["regenerate", "voice", "--dry-run"])
    assert found.exit_code == 1
    assert "espeak-ng is not installed" in found.output
    assert "install Debian's package espeak-ng" in found.output


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_a_sentence_is_said_and_the_same_each_time() -> None:
    first, again = (sounds.said("Open the window.", "en-gb") for _ in range(2))
    assert np.array_equal(first, again)
    assert 0.5 < len(first) / sounds.RATE < 3
    assert abs(first[0]) > 0


def test_a_study_under_another_name_than_its_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "sound"
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text((CHECKOUT / "datasets" / "voice" / "study.toml").read_text())
    with pytest.raises(RnnvisError, match='"name" is "voice"'):
        Project(tmp_path).studies()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("silero_vad-6", "../silero_vad-6"), r'study.toml: "release.filename" is .\.\./'),
        (('sha256 = "7b', 'sha256 = "zz'), r'study.toml: "release.sha256" of silero_vad\S+ is no SHA-256'),
    ],
)
def test_a_release_that_is_none_is_refused_before_it_is_fetched(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    folder = tmp_path / "datasets" / "voice"
    folder.mkdir(parents=True)
    text = (CHECKOUT / "datasets" / "voice" / "study.toml").read_text()
    assert change[0] in text
    (folder / "study.toml").write_text(text.replace(*change))
    with pytest.raises(RnnvisError, match=said):
        Project(tmp_path).studies()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams of a few steps, in speech that is no speech."""
    small = {"LONG": LONG, "SHORT": SHORT, "BEFORE": 3, "AFTER": 2, "PIECE": 20, "BEGINS": 2, "SENTENCES": 2}
    small |= {"LAST_STEPS": (2, LONG - 4), "AGES": ((8, "young"), (10**9, "old"))}
    for name, value in small.items():
        monkeypatch.setattr(voice_shown, name, value)
    monkeypatch.setattr(sounds, "said", lambda sentence, voice: speech(1, len(sentence))[0])


def test_streams_that_are_shown_are_the_same_speech_after_both_pasts(detector: Detector, few: None) -> None:
    found = voice_shown.shown(detector)
    recording = found.recording
    assert len(found.said) == len(recording.tokens) == 2 * 2 * (4 + 1 + 1 + 1)
    spoken = [number for number, said in enumerate(found.said) if said]
    assert [found.past[number] for number in spoken] == ["long", "short"] * 4
    words = [[recording.words[i] for i in recording.tokens[number]] for number in spoken]
    assert words[0] == ["old"] * 3 + ["speech begins"] * 2 + ["speech"] * (HEARD - 2) + ["noise after speech"] * 2
    assert words[1][:3] == ["young"] * 3
    assert words[1][3:] == words[0][3:]
    state = recording.states["lstm.0.h"]
    assert state.published.tolist() == spoken
    features = np.concatenate([recording.rerun.frames.values[recording.rerun.texts[""][n]] for n in range(5)])
    _, cells = stepped(detector, features)
    np.testing.assert_allclose(
        recording.states["lstm.0.c"].of(spoken[0])[-1], cells[-1], rtol=1e-3, atol=1e-3
    )  # halves
    assert found.key(voice_shown.SHOWN[1], "short") == recording.keys[spoken[5]]


def test_streams_are_published_beside_what_is_there_and_the_page_links_to_them(
    detector: Detector, few: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown_step, "first_release", lambda *_: tmp_path)
    monkeypatch.setattr(shown_step, "load_detector", lambda *_: (detector, "0" * 64))
    project = Project(tmp_path)
    study = VoiceStudy(tmp_path, read(VoiceConfig, CHECKOUT / "datasets" / "voice" / "study.toml"))
    step = shown_step.voice_shown_step(project, study, {})
    (made := tmp_path / "made").mkdir()
    step.build(made)
    assert not verify(made).problems
    rows = [np.random.default_rng(i).random((30, 2)).astype(np.float32) for i in range(4)]
    torch.manual_seed(0)
    rnnvis.record(torch.nn.GRU(2, 3, batch_first=True), rows, rnnvis.events.bins()).publish(
        project.data, "before", ablation=False
    )
    for _ in range(2):
        shown_step.publish_beside(project, made)
        names = [dataset["name"] for dataset in read_manifest(project.data)["datasets"]]
        assert names == ["recorded text", "voice", "voice-older"]
    assert not verify(project.data).problems
    published = Published(project.data)
    voices = read_manifest(project.data)["datasets"][1]
    assert {"unit_drift"} <= set(voices["models"][0]["states"][0]["tables"])
    assert voices["models"][0]["no_step_model"].startswith("it reads the frames of signals")
    links = links_to(published)
    assert links.count("<a href") == 4
    assert all(key in links for key in voices["probes"].values())
    shown_step.publish_beside(project, made)
    (lone := tmp_path / "lone").mkdir()
    rnnvis.record(torch.nn.GRU(2, 3, batch_first=True), rows, rnnvis.events.bins()).publish(
        lone, "alone", ablation=False
    )
    assert "rnnvis regenerate voice" in links_to(Published(lone))
