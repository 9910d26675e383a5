"""An encoder and a decoder: the picture of each shows what the other read, and leads there."""

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


def test_what_was_read_and_what_was_said_lead_to_each_other(tmp_path: Path, context: BrowserContext) -> None:
    sources = recorded.sentences(40)
    targets = [[(7 * n + t) % 10 for t in range(3 + n % 4)] for n in range(len(sources))]
    read = rnnvis.Tokens(targets, DIGITS)
    recording = rnnvis.record(Translator(), sources, recorded.WORDS, tokens={"decoder": read})
    recording.publish(tmp_path, name="translator", dataset="pairs", largest_k=4)
    key, said = recording.keys[0], [DIGITS[i] for i in targets[0]]
    with rnnvis.serve(tmp_path) as running:
        watched = opened(context, running.url, f"#v1=d=pairs&m=translator&s=encoder.0.h&q={key}")
        handed = watched.page.locator("[data-handed]")
        expect(handed.locator(".row span")).to_have_text(said, timeout=20_000)
        handed.get_by_role("button", name="See what was said").click()
        expect(handed.get_by_role("button", name="See what was read")).to_be_visible(timeout=20_000)
        shown = handed.locator(".row span").all_text_contents()
        words = [" ".join(recorded.WORDS[i].split()) for i in sources[0]]
        assert [" ".join(word.split()) for word in shown] == words
        assert f"q={key}" in watched.page.evaluate("location.hash")
        assert watched.page.evaluate("window.hacked") is None
        handed.get_by_role("button", name="See what was read").click()
        expect(handed.locator(".row span")).to_have_text(said, timeout=20_000)
        watched.check()
