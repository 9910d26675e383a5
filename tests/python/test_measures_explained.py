"""What the word, the word before and the position explain: planted units, noise, and a plain loop over every step."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np
import pytest

from rnnvis.measures.recorder import StateRecord, StateRecorder, Text
from rnnvis.measures.units import cells
from rnnvis.measures.units.cells import POSITIONS, positions_of
from rnnvis.measures.units.explained import KNOWN, SWEEPS, shares
from rnnvis.measures.words.responses import sentence_halves
from rnnvis.recording import StepBatch

Made = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def text_of(words: int, sentences: int, seed: int = 0, longest: int = 16, measured: float = 1.0) -> Text:
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, words + 1)
    tokens = [
        rng.choice(words, rng.integers(3, longest), p=shares / shares.sum()).astype(np.int32) for _ in range(sentences)
    ]
    keys = [f"{seed} {i}" for i in range(sentences)]
    return Text(tokens, keys, words, rng.random(sentences) < measured, np.zeros(sentences, dtype=bool))


def changes_of(text: Text, made: Made) -> list[np.ndarray]:
    """The changes of every unit along each sentence, float64 [T, H], in the order in which it is read."""
    return [made(row, np.random.default_rng([i, 7])) for i, row in enumerate(text.tokens)]


def recorded(text: Text, made: Made, name: str = "rnn.0.c") -> StateRecord:
    """A recording of a state that makes these changes; a backward one reads each sentence from its end."""
    recorder = StateRecorder(text, frequent_count=5)
    for i, row in enumerate(text.tokens):
        back = ".reverse." in name
        delta = made(row[::-1] if back else row, np.random.default_rng([i, 7]))
        state = np.cumsum(delta, axis=0)
        before = np.concatenate([np.zeros((1, delta.shape[1])), state[:-1]])
        way = slice(None, None, -1 if back else 1)
        n = len(row)
        recorder.add(
            StepBatch(
                np.full(n, i, np.int32), np.arange(n, dtype=np.int16), row, {name: state[way]}, {name: before[way]}, {}
            )
        )
    recorder.finish()
    (found,) = recorder.result()
    return found


def planted(words: int) -> Made:
    """Units that are functions of the word, the pair, the position, word and position, word and as much noise; noise;
    noise that goes on; and one that always changes alike."""
    rng = np.random.default_rng(42)
    of_word, of_pair, of_place = rng.normal(size=words), rng.normal(size=(words + 1, words)), rng.normal(size=100)

    def made(row: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        n = len(row)
        before = np.append(-1, row[:-1])
        noise = rng.normal(size=n + 1)
        word = of_word[row]
        return np.stack(
            [
                word,
                of_pair[before, row],
                of_place[:n],
                word + of_place[:n],
                word + noise[1:],
                noise[1:],
                noise[1:] + noise[:-1] + 0.5 * rng.normal(),
                np.ones(n),
            ],
            axis=1,
        )

    return made


@pytest.mark.parametrize("name", ["rnn.0.c", "rnn.0.reverse.c"])
def test_planted_units_are_explained_by_what_they_are_made_of(name: str) -> None:
    text, made = text_of(8, 2500), planted(8)
    found = recorded(text, made, name).explained.measures()
    word, pair, position, shuffled = (found[f"explained_{known}"] for known in KNOWN)
    assert word[0] == pytest.approx(1, abs=1e-6)
    assert pair[:2] == pytest.approx([1, 1], abs=1e-3)
    assert position[[0, 2, 3]] == pytest.approx([1, 1, 1], abs=1e-3)
    # Of a mean of pairs the word alone tells its own mean; of one of positions it tells nothing.
    delta = np.concatenate(changes_of(text, made))
    token = np.concatenate(text.tokens) if name == "rnn.0.c" else np.concatenate([row[::-1] for row in text.tokens])
    delta = delta if name == "rnn.0.c" else np.concatenate(changes_of(_turned(text), made))
    mean = np.stack([delta[token == w].mean(axis=0) for w in range(8)])[token]
    known = 1 - ((delta - mean) ** 2).sum(axis=0)[:7] / ((delta - delta.mean(axis=0)) ** 2).sum(axis=0)[:7]
    assert word[:7] == pytest.approx(known, abs=0.01)
    assert abs(word[2]) < 0.01
    assert word[3] < 0.9
    assert 0.2 < word[4] < 0.8
    assert np.abs(np.stack([word, pair, position])[:, 5:7]).max() < 0.01
    assert np.abs(shuffled[:7]).max() < 0.01
    assert np.isnan([word[7], pair[7], position[7], shuffled[7]]).all()


def _turned(text: Text) -> Text:
    return Text([row[::-1] for row in text.tokens], text.keys, text.words, text.measured, text.always)


@pytest.mark.parametrize("goes_on", [0.0, 0.9])
def test_of_noise_nothing_is_explained_on_average_neither_more_nor_less(goes_on: float) -> None:
    """Means that are not shrunk come to −.1 in a text as small as this; what is left is some 1 / steps, for having
    looked for a variance between words that is not there."""

    def noise(row: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        found = rng.normal(size=(len(row), 400))
        for t in range(1, len(row)):
            found[t] += goes_on * found[t - 1]
        return found

    text = text_of(200, 300, seed=1)
    found = recorded(text, noise).explained.measures()
    steps = sum(map(len, text.tokens)) / 2
    for known in KNOWN:
        of_units = found[f"explained_{known}"]
        error = float(of_units.std()) / 20
        assert -3 / steps - 3 * error < of_units.mean() < 3 * error, known
        assert np.abs(of_units).max() < 0.03, known

    halves, token = sentence_halves(text.keys), np.concatenate(text.tokens)
    of_step = np.repeat(halves, [len(row) for row in text.tokens])
    delta = np.concatenate(changes_of(text, noise))
    a, b = (of_step == half for half in (0, 1))
    mean = np.stack(
        [delta[a & (token == w)].mean(axis=0) if (a & (token == w)).any() else delta[0] * 0 for w in range(200)]
    )
    plain = 1 - ((delta[b] - mean[token[b]]) ** 2).sum(axis=0) / ((delta[b] - delta[a].mean(axis=0)) ** 2).sum(axis=0)
    assert plain.mean() < -0.08


def loop(text: Text, changes: list[np.ndarray], pairs: set[tuple[int, int]], drawn: list[np.ndarray]) -> np.ndarray:
    """R² of each unit for the word, the pair and the position, [3, H], step by step, in float64."""
    halves = sentence_halves(text.keys)
    steps: dict[int, list] = {0: [], 1: []}
    for i, row in enumerate(text.tokens):
        for t, w in enumerate(row.tolist()):
            if text.measured[i]:
                before = int(row[t - 1]) if t else -1
                place = int(positions_of(np.array([t]))[0])
                steps[halves[i]].append([w, (before, w), place, int(drawn[i][t]), changes[i][t]])
    in_both = {step[0] for step in steps[0]} & {step[0] for step in steps[1]}
    for step in steps[0] + steps[1]:
        step[0] = step[0] if step[0] in in_both else -1
    units = changes[0].shape[1]
    found = np.zeros((2, 4, units))
    for way in (0, 1):
        for unit in range(units):
            a, b = ([(*step[:4], float(step[4][unit])) for step in steps[half]] for half in (way, 1 - way))
            mu = sum(s[4] for s in a) / len(a)
            total = sum((s[4] - mu) ** 2 for s in b)
            word = shrunk([(s[0], s[4]) for s in a])
            more = shrunk_pairs(a, pairs, word)
            drawn_word = shrunk([(s[3], s[4]) for s in a])
            of_word, of_place = fitted(a)
            guesses = [
                lambda s, word=word: word(s[0]),
                lambda s, word=word, more=more: word(s[0]) + more.get(s[1], 0.0),
                lambda s, of_word=of_word, of_place=of_place: of_word(s[0]) + of_place(s[2]),
                lambda s, drawn_word=drawn_word: drawn_word(s[3]),
            ]
            for n, guess in enumerate(guesses):
                found[way, n, unit] = 1 - sum((s[4] - guess(s)) ** 2 for s in b) / total
    return found.mean(axis=0)


def shrunk(values: list[tuple[int, float]]) -> Callable[[int], float]:
    """Means of groups, shrunk towards the mean of all; one-way analysis of variance with unequal groups."""
    groups = defaultdict(list)
    for group, value in values:
        groups[group].append(value)
    total = len(values)
    centre = sum(v for _, v in values) / total
    means = {g: sum(v) / len(v) for g, v in groups.items()}
    within = sum((v - means[g]) ** 2 for g, of in groups.items() for v in of)
    between = sum(len(of) * (means[g] - centre) ** 2 for g, of in groups.items())
    noise = within / (total - len(groups))
    spread = (between - (len(groups) - 1) * noise) / (total - sum(len(of) ** 2 for of in groups.values()) / total)
    spread = max(spread, 0)
    keep = {g: len(of) * spread / (len(of) * spread + noise) if spread else 0.0 for g, of in groups.items()}
    return lambda g: centre + keep[g] * (means[g] - centre) if g in groups else centre


def shrunk_pairs(a: list, pairs: set[tuple[int, int]], word: Callable[[int], float]) -> dict[tuple[int, int], float]:
    """What each pair adds to its word: nested analysis of variance over the steps in pairs."""
    of_pair, of_word, word_of = defaultdict(list), defaultdict(list), {}
    for step in a:
        if step[1] in pairs:
            of_pair[step[1]].append(step[4])
            of_word[step[0]].append(step[4])
            word_of[step[1]] = step[0]
    mean = {p: sum(v) / len(v) for p, v in of_pair.items()}
    centre = {w: sum(v) / len(v) for w, v in of_word.items()}
    total = sum(map(len, of_pair.values()))
    noise = sum((v - mean[p]) ** 2 for p, of in of_pair.items() for v in of) / (total - len(of_pair))
    between = sum(len(of) * (mean[p] - centre[word_of[p]]) ** 2 for p, of in of_pair.items())
    room = total - sum(len(of) ** 2 / len(of_word[word_of[p]]) for p, of in of_pair.items())
    spread = max((between - (len(of_pair) - len(of_word)) * noise) / room, 0)
    if not spread:
        return {}
    return {
        p: len(of) * spread / (len(of) * spread + noise) * (mean[p] - word(word_of[p])) for p, of in of_pair.items()
    }


def fitted(a: list) -> tuple[Callable[[int], float], Callable[[int], float]]:
    """Words and positions, each fitted to what the other leaves, in turn."""
    mu = sum(s[4] for s in a) / len(a)
    of_word = shrunk([(s[0], s[4] - mu) for s in a])
    of_place = shrunk([(s[2], s[4] - mu - of_word(s[0])) for s in a])
    for _ in range(SWEEPS):
        of_word = shrunk([(s[0], s[4] - mu - of_place(s[2])) for s in a])
        of_place = shrunk([(s[2], s[4] - mu - of_word(s[0])) for s in a])
    return lambda w: mu + of_word(w), of_place


@pytest.mark.parametrize(("words", "room"), [(6, None), (6, 3), (90, 40)])
def test_every_share_is_that_of_a_loop_over_the_steps(
    words: int, room: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where there is room for the commonest pairs and drawn words only, and with words that one half has not."""
    text, made = text_of(words, 60, seed=3, longest=50, measured=0.8), planted(words)
    if room:
        monkeypatch.setattr(cells, "BYTES", room * 16 * 8)
        monkeypatch.setattr(cells, "DRAWN", room)
    counts: Counter[tuple[int, int]] = Counter()
    uses: Counter[int] = Counter()
    for i in np.flatnonzero(text.measured):
        row = text.tokens[i].tolist()
        counts.update(zip([-1, *row[:-1]], row, strict=True))
        uses.update(row)
    ranked = sorted(counts, key=lambda pair: (-counts[pair], pair))
    pairs = {pair for pair in ranked[:room] if counts[pair] >= cells.LEAST}
    common = sorted(uses, key=lambda w: (-uses[w], w))[:room]
    everything = np.concatenate(text.tokens)
    starts = np.cumsum([0, *map(len, text.tokens)])
    drawn = []
    for i, row in enumerate(text.tokens):
        found = [int(everything[_mixed(int(starts[i]) + t) % len(everything)]) for t in range(len(row))]
        drawn.append(np.array([w if w in common else -1 for w in found]))
    ours = recorded(text, made).explained.measures()
    wanted = loop(text, [delta[:, :7] for delta in changes_of(text, made)], pairs, drawn)
    for n, known in enumerate(KNOWN):
        np.testing.assert_allclose(ours[f"explained_{known}"][:7], wanted[n], atol=2e-6, err_msg=known)


def _mixed(number: int) -> int:
    """SplitMix64 in whole numbers."""
    mask = 2**64 - 1
    number = (number + 0x9E3779B97F4A7C15) & mask
    number = ((number ^ number >> 30) * 0xBF58476D1CE4E5B9) & mask
    number = ((number ^ number >> 27) * 0x94D049BB133111EB) & mask
    return number ^ number >> 31


def test_squares_of_a_group_of_units_are_added_up() -> None:
    found = recorded(text_of(8, 200), planted(8)).explained
    groups = np.zeros((2, 8), dtype=bool)
    groups[0, [0, 5]], groups[1, [7]] = True, True
    together = shares(found.total, found.left, groups)
    wanted = (1 - found.left[:, 0][:, [0, 5]].sum(axis=1) / found.total[:, [0, 5]].sum(axis=1)).mean()
    assert together["explained_word"][0] == pytest.approx(wanted)
    assert np.isnan(together["explained_word"][1])


def test_pairs_are_named_where_the_word_before_adds_much() -> None:
    text = text_of(8, 600)

    def made(row: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        before = np.append(-1, row[:-1])
        only = 2.0 * ((before == 3) & (row == 1)) - 1.0 * ((before == -1) & (row == 0))
        return np.stack([only + 0.05 * rng.normal(size=len(row)), row + rng.normal(size=len(row))], axis=1)

    pairs = recorded(text, made).explained.pairs
    assert set(pairs.unit.tolist()) == {0}
    assert pairs.rank.tolist() == list(range(len(pairs.rank)))
    first = {(int(b), int(w)): n for n, (b, w) in enumerate(zip(pairs.before[:2], pairs.word[:2], strict=True))}
    assert set(first) == {(3, 1), (-1, 0)}
    row = first[3, 1]
    uses = [np.append(-1, row[:-1])[row == 1] for row in text.tokens]
    before = np.concatenate(uses)
    assert pairs.count[row] == (before == 3).sum()
    assert pairs.mean[row] == pytest.approx(2, abs=0.05)
    assert pairs.alone[row] == pytest.approx(2 * np.mean(before == 3), abs=0.05)


def test_a_text_with_one_half_only_explains_nothing_and_says_so() -> None:
    text = text_of(8, 40)
    alone = Text(text.tokens, text.keys, 8, sentence_halves(text.keys) == 0, text.always)
    found = recorded(alone, planted(8)).explained.measures()
    assert all(np.isnan(of).all() for of in found.values())
    nothing = Text(text.tokens, text.keys, 8, np.zeros(40, bool), text.always)
    assert all(np.isnan(of).all() for of in recorded(nothing, planted(8)).explained.measures().values())


def test_positions_are_exact_first_and_then_double() -> None:
    place = np.array([0, 1, 31, 32, 63, 64, 127, 128, 32_766])
    assert positions_of(place).tolist() == [0, 1, 31, 32, 32, 33, 33, 34, POSITIONS - 1]
