"""The model itself in the page: a sentence is typed, edited and read without a chip, with the answers of PyTorch."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import numpy as np
import pyarrow.parquet as pq
import torch
from playwright.sync_api import BrowserContext, Page, expect

import rnnvis
from rnnvis.nets.checkpoints import load
from tests.browser import recorded
from tests.browser.conftest import SITE, Watched
from tests.browser.planted import plant
from tests.browser.published import Published
from tests.browser.test_notebook import opened

EXPLORER = "document.querySelector('rnnvis-explorer').explorer"
START = "#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&q=cb1fd540fca03f14"
TYPED = "the plot is dull"


class Torch:
    """The demo's GRU, a step at a time, with units held at zero after each word."""

    def __init__(self, stages: Path) -> None:
        self.model = load(next((stages / "train").glob("reviews+gru+*")))[0].eval()
        rnn = self.model.rnn
        self.cell = torch.nn.GRUCell(rnn.input_size, rnn.hidden_size)
        self.cell.load_state_dict({name: getattr(rnn, f"{name}_l0") for name in self.cell.state_dict()})

    @torch.no_grad()
    def gates(self, tokens: list[int]) -> dict[str, np.ndarray]:
        """Reset and update gate at each word, [T, H], by PyTorch's formula."""
        states = np.vstack([np.zeros((1, self.cell.hidden_size)), self(tokens, [])[0]])[:-1]
        read = self.cell.weight_ih @ self.model.embedding(torch.tensor(tokens)).T + self.cell.bias_ih[:, None]
        kept = self.cell.weight_hh @ torch.tensor(states.T, dtype=torch.float32) + self.cell.bias_hh[:, None]
        reset, update, _ = torch.sigmoid(read + kept).T.chunk(3, dim=1)
        return {"reset": reset.numpy(), "update": update.numpy()}

    @torch.no_grad()
    def __call__(
        self, tokens: list[int], off: list[int], carried: tuple[int, np.ndarray] | None = None
    ) -> tuple[np.ndarray, float]:
        """States [T, H], and the probability of the last class at the end; `carried` is a state put in after a step."""
        state, states = torch.zeros(1, self.cell.hidden_size), []
        for step, token in enumerate(tokens):
            state = self.cell(self.model.embedding(torch.tensor([token])), state)
            state[:, off] = 0
            if carried and carried[0] == step:
                state = torch.tensor(carried[1])[None]
            states.append(state[0].numpy().copy())
        return np.array(states), float(self.model.head(state).softmax(-1)[0, -1])


def shown(page: Page, which: str) -> dict[str, Any]:
    """Tokens, states and the last probability of a sentence that the page shows: `first` or `second`."""
    of = "e.second" if which == "second" else "{sentence: e.sentence, steps: e.steps, sequence: e.sequence}"
    return page.evaluate(
        f"""() => {{ const e = {EXPLORER}; const of = {of};
        return {{ key: of.sentence.key, tokens: [...of.sentence.tokens], units: of.sequence.units,
          states: [...of.sequence.values], p: of.steps.pClass?.at(-1) ?? null }}; }}"""
    )


def arrived(page: Page, which: str) -> dict[str, Any]:
    """The same, once the sentence that was asked for has been read."""
    key, has = ("sentence2", "second?.sentence.key") if which == "second" else ("sentence", "sentence?.key")
    page.wait_for_function(f"() => {EXPLORER}.{has} === {EXPLORER}.view.{key} && {EXPLORER}.view.{key}.includes(':')")
    return shown(page, which)


Reads = Callable[[list[int], list[int]], tuple[np.ndarray, float]]
"""Tokens and units that are held at zero to states [T, H] and the probability of the last class at the end."""


def same(found: dict[str, Any], reference: Reads, off: list[int]) -> None:
    """What the page shows is what PyTorch says, to 1e-4."""
    states, p = reference(found["tokens"], off)
    np.testing.assert_allclose(np.reshape(found["states"], (-1, found["units"])), states, atol=1e-4)
    assert abs(found["p"] - p) < 1e-4


def walked(page: Page, data: Path, reference: Torch, labels: np.ndarray) -> None:
    """Types a sentence, replaces a word of it, and switches a chip off; `labels` are the unit clusters."""
    manifest = json.loads((data / "manifest.json").read_text(encoding="utf-8"))
    [file] = manifest["datasets"][0]["tables"]["words"]["files"]
    words = pq.read_table(data / file["path"]).column("text").to_pylist()
    page.get_by_role("button", name="Type a sentence").first.click()
    page.get_by_label("Your sentence", exact=True).fill(TYPED)
    page.wait_for_function(f"() => {EXPLORER}.sentence.text === {TYPED!r}")
    typed = arrived(page, "first")
    assert typed["tokens"] == [words.index(word) for word in TYPED.split()]
    same(typed, reference, [])
    page.keyboard.press("Enter")

    panel = page.get_by_role("region", name="Try it")
    panel.get_by_label("It is really").select_option("positive")
    arrived(page, "first")
    expect(panel.locator("[data-try-loss]")).to_have_text(f"loss {-np.log(typed['p']):.2f} nats")
    found = page.evaluate(f"async () => {{ const e = {EXPLORER}; return e.trying.gates(e.view.sentence); }}")
    for name, gate in reference.gates(typed["tokens"]).items():
        np.testing.assert_allclose(found[name], gate.ravel(), atol=1e-4)

    panel.get_by_role("button", name="dull", exact=True).click()
    panel.get_by_label("Another word for “dull”").fill("wonderful")
    page.keyboard.press("Enter")
    edited = arrived(page, "second")
    assert edited["tokens"] == [*typed["tokens"][:3], words.index("wonderful")]
    same(edited, reference, [])
    assert edited["p"] > typed["p"] + 0.3, "praise"
    same(shown(page, "first"), reference, [])

    panel.get_by_role("button", name="Why?").click()
    without = reference(edited["tokens"][:3], [])[1]
    assert without < 0.5 < edited["p"], "the last word alone decides"
    flips = panel.get_by_label("Why", exact=True).locator("dd").last
    expect(flips).to_contain_text(re.compile(rf"wonderful\s+{without:.2f} negative"))
    order = page.evaluate(f"() => {EXPLORER}.clustering.units.order")
    states = np.vstack([np.zeros((1, edited["units"])), reference(edited["tokens"], [])[0]])
    weight = reference.model.head.weight.detach().numpy()
    pushes = np.diff(states, axis=0) * (weight[1] - weight[0])
    chips = np.stack([pushes[:, labels == cluster].sum(axis=1) for cluster in order], axis=1)
    titles = panel.locator("[data-why-parts] tbody td[title*='through chip']").evaluate_all(
        "of => of.map(c => c.title)"
    )
    drawn = [float(title.rsplit(": ", 1)[1].replace("\u2212", "-")) for title in titles]
    np.testing.assert_allclose(np.reshape(drawn, chips.shape), chips, atol=6e-4, err_msg="words x chips")

    page.evaluate(f"{{ const e = {EXPLORER}; e.pinStep(3); e.pinSecond(1); }}")
    panel.get_by_text("Carry a state in", exact=True).click()
    panel.get_by_role("button", name="all of it").click()
    page.wait_for_function(f"() => {EXPLORER}.view.sentence2.includes('from.3.')")
    patched = arrived(page, "second")
    states, p = reference(edited["tokens"], [], (1, reference(typed["tokens"], [])[0][3]))
    np.testing.assert_allclose(np.reshape(patched["states"], (-1, patched["units"])), states, atol=1e-4)
    assert abs(patched["p"] - p) < 1e-4
    assert abs(p - edited["p"]) > 0.01, "what was carried in is remembered"

    panel.get_by_role("button", name="Back to the sentence before").click()
    cluster = page.evaluate(f"() => {EXPLORER}.clustering.units.order[4]")
    panel.get_by_role("button", name="Chip 5,").click()
    off = np.flatnonzero(labels == cluster).tolist()
    switched = arrived(page, "second")
    assert switched["tokens"] == typed["tokens"]
    same(switched, reference, off)
    verdict = panel.locator("[data-try-verdict]")
    expect(verdict).to_contain_text(
        f"goes from {typed['p']:.2f} to {switched['p']:.2f}; 20 random groups of {len(off)} units"
    )
    held_in_many(page, data, reference, off)


def typed_again(page: Page, published: Published) -> None:
    """A published sentence, word by word: each is as surprising among the uses of its word as it was published."""
    row = next(row for row in published.rows("sentences", "length between 6 and 9 and split = 'test'"))
    steps = published.rows("steps", "sentence_id = ?", row["sentence_id"])
    page.evaluate(f"{EXPLORER}.setMade('words::' + {json.dumps(chr(10).join(row['surface']))}, 0)")
    assert arrived(page, "first")["tokens"] == row["tokens"]
    page.evaluate(f"{EXPLORER}.trying.shown = false")
    figure = page.locator("dl > div").filter(has_text="Surprise")
    for number, step in enumerate(steps):
        page.evaluate(f"{EXPLORER}.pinStep({number})")
        expect(page.get_by_text(f"word {number + 1} of {len(steps)}", exact=True)).to_be_visible()
        [uses] = [of["count"] for of in published.rows("responses", "word_id = ?", step["token_id"])]
        [said] = re.findall(r"than ([\d.]+) %", figure.get_attribute("title") or "") or [None]
        assert said is not None or uses < 2
        if said is not None:
            assert abs(float(said) - step["surprise"][0]) <= (1.05 if uses > 101 else 0.06)
    page.evaluate(f"{EXPLORER}.trying.shown = true")


def held_in_many(page: Page, data: Path, reference: Torch, off: list[int]) -> None:
    """Runs what is held over the sentences of a search: those flip that flip in PyTorch, and open as a pair."""
    having = Published(data, "gru").rows("sentences", "regexp_matches(lower(text), '\\bduller\\b|\\bunoriginal\\b')")
    pairs = {row["key"]: [reference(row["tokens"], held)[1] for held in ([], off)] for row in having}
    flips = [key for key, (before, after) in pairs.items() if (before > 0.5) != (after > 0.5)]
    assert len(having) > 3
    page.evaluate(f"{EXPLORER}.setFind({{ mode: 'sentences', text: '/\\\\b(duller|unoriginal)\\\\b/' }})")
    panel = page.get_by_role("region", name="Try it")
    panel.get_by_role("button", name="Run over them").click()
    expect(panel.locator("[data-try-many]")).to_contain_text(
        f"{len(flips)} of {len(having)} answers flip", timeout=20_000
    )
    expect(panel.locator("[data-try-many]")).to_contain_text("20 random groups", timeout=20_000)
    first = panel.get_by_role("table", name="Sentences by how much").get_by_role("button").first
    first.click()
    shows = arrived(page, "second")
    key = page.evaluate(f"{EXPLORER}.view.sentence")
    assert abs(shows["p"] - pairs[key][1]) < 1e-4
    assert not flips or key in flips


def test_a_sentence_is_typed_edited_and_read_without_a_chip(watched: Watched) -> None:
    published = Published(SITE / "explorer" / "data", "gru")
    page = watched.open(f"explorer/{START}")
    page.wait_for_function(f"() => {EXPLORER}?.ready")
    labels = np.array(published.clusters("units", 8)["labels"])
    sent: list[str] = []
    page.context.on("request", lambda request: sent.append(f"{request.method} {request.url} {request.post_data}"))
    page.on("websocket", lambda socket: sent.append(f"SOCKET {socket.url}"))
    walked(page, SITE / "explorer" / "data", Torch(SITE.parent / "stages"), labels)
    typed_again(page, published)
    for request in map(unquote_plus, sent):
        assert request.startswith("GET ")
        assert request.endswith(" None")
        assert not re.search("dull|wonderful", request), "what is typed stays on this machine"
    watched.check()


class Spoken:
    """The recorded language model, a step at a time, from where these tokens leave it."""

    def __init__(self, before: list[int]) -> None:
        self.model = recorded.Speaker().eval()
        with torch.no_grad():
            self.state = self.model(torch.tensor([before]))[1]

    @torch.no_grad()
    def __call__(self, tokens: list[int], off: list[int]) -> np.ndarray:
        """h [T, H], with units of h held at zero after each word."""
        h, c = self.state
        states = []
        for token in tokens:
            h, c = self.model(torch.tensor([[token]]), (h, c))[1]
            h[..., off] = 0
            states.append(h[0, 0].numpy().copy())
        return np.array(states)

    @torch.no_grad()
    def following(self, tokens: list[int]) -> np.ndarray:
        """Probability of each word after these, [V]."""
        return self.model(torch.tensor([tokens]), self.state)[0][0, -1].softmax(-1).numpy()


def held_to(found: dict[str, Any], states: np.ndarray) -> None:
    np.testing.assert_allclose(np.reshape(found["states"], (-1, found["units"])), states, atol=1e-4)


def test_a_language_model_goes_on_from_where_the_sentence_before_ended(watched: Watched, tmp_path: Path) -> None:
    recorded.speaker().publish(tmp_path, name="speaker", largest_k=6)
    published = Published(tmp_path, "speaker", "rnn.0.h")
    texts, number = recorded.spoken(), 14
    sentence = next(row for row in published.rows("sentences", "true") if row["tokens"] == texts[number])
    reference = Spoken([token for text in texts[10:number] for token in text])
    plant(watched.page, tmp_path)
    page = watched.open(
        f"explorer/#v1=d=recorded%20text&m=speaker&s=rnn.0.h&q=with:rnn.0.h,zero,1.3,0:{sentence['key']}"
    )
    held_to(arrived(page, "first"), reference(texts[number], [1, 3]))

    page.evaluate(f"{EXPLORER}.setMade({sentence['key']!r}, null)")
    page.evaluate(f"{EXPLORER}.trying.type()")
    page.keyboard.press("Escape")
    panel = page.get_by_role("region", name="Try it")
    likely = reference.following(texts[number])
    offered = panel.get_by_role("list", name="Likeliest next words").get_by_role("button")
    expect(offered.first).to_contain_text(f"{recorded.SPOKEN[likely.argmax()]}")
    expect(offered.first).to_contain_text(f"{likely.max():.2f}")
    offered.first.click()
    once = arrived(page, "second")
    assert once["tokens"] == [*texts[number], int(likely.argmax())]
    held_to(once, reference(once["tokens"], []))

    panel.get_by_role("button", name="One word back").click()
    offered.nth(1).click()
    page.wait_for_function(f"() => {EXPLORER}.second?.sentence.key !== {once['key']!r}")
    other = arrived(page, "second")
    assert other["tokens"] == [*texts[number], int(likely.argsort()[-2])]
    offered.first.click()
    page.wait_for_function(f"() => {EXPLORER}.second?.sentence.tokens.length === {len(other['tokens']) + 1}")
    longer = arrived(page, "second")
    panel.get_by_role("button", name="Back to the details").click()
    page.reload()
    page.wait_for_function(f"() => {EXPLORER}?.ready")
    page.evaluate(f"{EXPLORER}.trying.shown = true")
    grown = panel.get_by_role("list", name="Continuations").get_by_role("listitem")
    expect(grown).to_have_count(4)  # the end of the sentence, and three words
    expect(grown.nth(2)).to_contain_text(f"{np.sort(likely)[-2]:.2f}")
    p_last = reference.following(other["tokens"])[longer["tokens"][-1]]
    expect(grown.nth(3)).to_contain_text(f"all {np.sort(likely)[-2] * p_last:.2f}")
    panel.get_by_role("button", name=f"Drop “{recorded.SPOKEN[int(likely.argsort()[-2])]}”").press("Enter")
    expect(grown).to_have_count(2)
    expect(grown.nth(1).get_by_role("button").first).to_be_focused()
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(grown).to_have_count(0)
    expect(panel.get_by_role("heading", name="Continue it")).to_be_focused()
    watched.check()


class Judged:
    """The recorded classifier, a step at a time, with units held at zero after each word."""

    def __init__(self) -> None:
        self.model = recorded.Judge().eval()

    @torch.no_grad()
    def __call__(self, tokens: list[int], off: list[int]) -> tuple[np.ndarray, float]:
        state, states = torch.zeros(1, 1, 12), []
        for token in tokens:
            state = self.model.gru(self.model.embedding(torch.tensor([[token]])), state)[1]
            state[..., off] = 0
            states.append(state[0, 0].numpy().copy())
        return np.array(states), float(self.model.head(state[0]).softmax(-1)[0, -1])


def test_a_recording_as_one_file_reads_a_typed_sentence(context: BrowserContext, tmp_path: Path) -> None:
    recorded.judge().publish(tmp_path / "out", name="judge", largest_k=4)
    path = tmp_path / "page.html"
    rnnvis.to_html(tmp_path / "out", path)
    alone = opened(context, path)
    page, reference = alone.page, Judged()
    page.wait_for_function(f"() => {EXPLORER}?.ready")
    page.get_by_role("button", name="Type a sentence").first.click()
    page.get_by_label("Your sentence", exact=True).fill("the plot was dull")
    page.wait_for_function(f"() => {EXPLORER}.sentence.text === 'the plot was dull'")
    typed = arrived(page, "first")
    assert typed["tokens"] == [recorded.WORDS.index(word) for word in "the plot was dull".split()]
    same(typed, reference, [])
    page.keyboard.press("Enter")
    page.get_by_role("region", name="Try it").get_by_role("button", name="Chip 2,").click()
    switched = arrived(page, "second")
    [held] = page.evaluate(f"{EXPLORER}.view.sentence2").split(":")[1].split(";")
    off = [
        unit
        for run in held.split(",")[2].split(".")
        for unit in range(int(run.split("-")[0]), int(run.split("-")[-1]) + 1)
    ]
    published = Published(tmp_path / "out", "judge", "gru.0.h").clusters("units", page.evaluate(f"{EXPLORER}.view.k"))
    cluster = page.evaluate(f"{EXPLORER}.clustering.units.order[1]")
    assert off == np.flatnonzero(np.array(published["labels"]) == cluster).tolist()
    same(switched, reference, off)
    apart = f"async () => {{ const t = {EXPLORER}.trying; return (await (await t.reader()).open(t.reading)).apart; }}"
    assert page.evaluate(apart), "it runs in a worker, which the policy of the page lets be made of the page alone"
    alone.requests = [url for url in alone.requests if not url.startswith("blob:")]
    alone.check(path)
