"""An encoder and a decoder: one picture, with the state that goes from the chips of one to those of the other."""

from __future__ import annotations

from pathlib import Path

import torch
from playwright.sync_api import BrowserContext, expect
from torch import nn

import rnnvis
from tests.browser import recorded
from tests.browser.test_recorded import opened

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
