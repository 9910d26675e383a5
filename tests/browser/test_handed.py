"""An encoder and a decoder: one picture, with the state that goes from the chips of one to those of the other."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import torch
from playwright.sync_api import BrowserContext, expect
from torch import nn

import rnnvis
from rnnvis.nets.pronouncer import PHONEMES, spelled
from rnnvis.recipes.keep.project import Project
from rnnvis.recipes.spoken import spoken
from rnnvis.recipes.steps.pronounce import write
from rnnvis.text.kinds.pronunciations import Pronounced
from tests.browser import recorded
from tests.browser.test_recorded import opened
from tests.python.pronouncing import WORDS
from tests.step_models import pronouncer

CHECKOUT = Path(__file__).parents[2]
DIGITS = list("0123456789")


class Translator(nn.Module):
    """Two layers with nothing between them but the state that is handed over."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.source, self.target = nn.Embedding(len(recorded.WORDS), 8), nn.Embedding(len(DIGITS), 8)
        self.encoder, self.decoder = (nn.GRU(8, 10, batch_first=True) for _ in range(2))

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The states of the decoder."""
        _, state = self.encoder(self.source(source))
        states: torch.Tensor = self.decoder(self.target(target), state)[0]
        return states


def test_what_was_read_stands_over_what_was_said(tmp_path: Path, context: BrowserContext) -> None:
    sources = recorded.sentences(40)
    targets = [[(7 * n + t) % 10 for t in range(3 + n % 4)] for n in range(len(sources))]
    read = rnnvis.Tokens(targets, DIGITS)
    model = Translator()
    recording = rnnvis.record(model, sources, recorded.WORDS, tokens={"decoder": read})
    recording.publish(tmp_path, name="translator", dataset="pairs", largest_k=4)
    key, said = recording.keys[0], [DIGITS[i] for i in targets[0]]
    with torch.no_grad():
        over = model.encoder(model.source(torch.tensor([sources[0]])))[1][0, 0].abs().numpy()
    with rnnvis.serve(tmp_path) as running:
        watched = opened(context, running.url, f"#v1=d=pairs&m=translator&s=encoder.0.h&q={key}&k=4")
        handed, picture = watched.page.locator("[data-handed]"), watched.page.locator("[data-picture]")
        expect(handed).to_contain_text("what was read", timeout=20_000)
        watched.page.wait_for_function("node => node.inspect().half", arg=picture.element_handle())
        half = picture.evaluate("node => node.inspect().half")
        assert [row["token"] for row in half["glyphs"]] == said
        chips = [picture.evaluate("node => node.inspect().chips")]
        watched.page.get_by_role("group", name="What was said").get_by_role("button").nth(1).click()
        expect(handed).to_contain_text("what was said", timeout=20_000)
        address = watched.page.evaluate("location.hash")
        assert "t=1" in address
        assert f"q={key}" in address
        assert picture.evaluate("node => node.inspect().half.flows") == half["flows"]
        chips.append(picture.evaluate("node => node.inspect().chips"))
        units = [{chip["cluster"]: {cell["unit"] for cell in chip["cells"]} for chip in side} for side in chips]
        shared = {(a, b): units[0][a] & units[1][b] for a in units[0] for b in units[1] if units[0][a] & units[1][b]}
        assert {(flow["from"], flow["to"]): flow["units"] for flow in half["flows"]} == {
            pair: len(both) for pair, both in shared.items()
        }
        for flow in half["flows"]:
            wanted = over[sorted(shared[flow["from"], flow["to"]])].sum()
            assert abs(flow["amount"] - wanted) < 0.01 * over.sum()
        shown = picture.evaluate("node => node.inspect().half.glyphs.map(row => row.token)")
        assert [" ".join(word.split()) for word in shown] == [" ".join(recorded.WORDS[i].split()) for i in sources[0]]
        handed.get_by_role("button", name="Those of what was read").click()
        expect(handed).to_contain_text("what was read, above", timeout=20_000)
        assert watched.page.evaluate("window.hacked") is None
        watched.check()


def held(address: str, side: str) -> np.ndarray:
    """Units of one half that the address holds at zero."""
    found = re.search(rf"{side}\.0\.h,zero,([\d.-]+),0", address)
    assert found
    runs = [[int(end) for end in run.split("-")] for run in found[1].split(".")]
    return np.concatenate([np.arange(run[0], run[-1] + 1) for run in runs])


def test_a_word_that_is_typed_is_read_and_said_and_units_of_either_half_can_be_switched_off(
    tmp_path: Path, context: BrowserContext
) -> None:
    model = pronouncer()
    dataset = Project(CHECKOUT).dataset("graphemes")
    card = next(iter(dataset.ready.values()))
    found = spoken(model, [Pronounced(word, (("B", "AE1"), ("D",))) for word in WORDS])
    write(model, found, ["probe"] * 7 + ["recorded"] * (len(WORDS) - 7), dataset, card, "0" * 64, tmp_path)

    def names(ids: list[int]) -> list[str]:
        return [PHONEMES[i] for i in ids if i > 3 or i < 2]

    plain = names(model.say([spelled("knives")])[0].tolist())
    with rnnvis.serve(tmp_path) as running:
        watched = opened(context, running.url, "#v1=d=graphemes&m=g2p-en&s=encoder.0.h&k=3")
        page, picture = watched.page, watched.page.locator("[data-picture]")
        page.get_by_role("button", name="Type a word").first.click()
        said = page.locator("[data-try-said]")
        published = names(model.say([spelled(WORDS[0])])[0].tolist())
        expect(said).to_have_attribute("data-try-said", " ".join(published), timeout=20_000)
        page.get_by_role("textbox", name="Your word").fill("Knives")
        expect(said).to_have_attribute("data-try-said", " ".join(plain), timeout=20_000)
        page.keyboard.press("Enter")
        page.wait_for_function("node => node.inspect().half", arg=picture.element_handle())
        half = picture.evaluate("node => node.inspect().half")
        assert names([PHONEMES.index(row["token"]) for row in half["glyphs"]]) == plain
        assert half["flows"]
        off = {}
        for side, name in (("encoder", "read"), ("decoder", "say")):
            chip = page.get_by_role("group", name=f"Chips that {name}").get_by_role("button").first
            chip.click()
            expect(chip).to_have_attribute("aria-pressed", "true")
            off[side] = held(page.evaluate("decodeURIComponent(location.hash)"), side)
            after = names(model.say([spelled("knives")], off)[0].tolist())
            expect(said).to_have_attribute("data-try-said", " ".join(after), timeout=20_000)
            expect(said.locator("[data-try-verdict]")).to_contain_text("random groups")
        handed = page.locator("[data-handed]")
        handed.get_by_role("button", name="Those of what was said").click()
        expect(handed).to_contain_text("what was said, below", timeout=20_000)
        expect(said).to_have_attribute("data-try-said", " ".join(after), timeout=20_000)
        shown = picture.evaluate("node => node.inspect().glyphs.map(row => row.token)")
        assert names([PHONEMES.index(token) for token in shown]) == after
        watched.check()
