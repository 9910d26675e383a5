"""A cell of one's own in the page: typed into, a unit switched off, a state carried in, with the numbers of PyTorch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import BrowserContext, expect
from torch import nn

import rnnvis
from tests.browser import recorded
from tests.browser.test_recorded import opened
from tests.browser.test_try import EXPLORER, arrived

TYPED = "the film was not good"


class Gated(nn.Module):
    """A minimal gated unit; its answer reads the last state and the last word."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.states = {"mgu.0.h": 10}
        self.embedding, self.beside = nn.Embedding(len(recorded.SPOKEN), 8), nn.Embedding(len(recorded.SPOKEN), 2)
        self.gate, self.candidate, self.out = nn.Linear(18, 10), nn.Linear(18, 10), nn.Linear(10, 2)
        for weight in self.parameters():
            weight.data *= 2

    def step(self, word: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        x = self.embedding(word)
        f = torch.sigmoid(self.gate(torch.cat([h, x], dim=-1)))
        return (1 - f) * h + f * torch.tanh(self.candidate(torch.cat([f * h, x], dim=-1)))

    def steps(self, batch, hold=None):
        h = torch.zeros(len(batch.ids), 10)
        for t, word in enumerate(batch.ids.unbind(dim=1)):
            h = self.step(word, h)
            h = hold("mgu.0.h", t, h) if hold else h
            yield {"mgu.0.h": h}

    def answers(self, batch, hold=None):
        along = torch.stack([state["mgu.0.h"] for state in self.steps(batch, hold)], dim=1)
        rows = torch.arange(len(along)), batch.lengths - 1
        return self.out(along[rows]) + self.beside(batch.ids[rows])

    @torch.no_grad()
    def by_hand(self, tokens, off=(), carried=None) -> tuple[np.ndarray, float]:
        """States [T, 10] and the probability of the last class, a step at a time; `carried` is a state after a step."""
        h, states = torch.zeros(10), []
        for step, word in enumerate(torch.tensor(tokens)):
            h = self.step(word, h)
            h[list(off)] = 0
            if carried and carried[0] == step:
                h = torch.tensor(carried[1])
            states.append(h.numpy().copy())
        return np.array(states), float((self.out(h) + self.beside(word)).softmax(-1)[1])


def test_a_cell_of_ones_own_is_typed_into_held_and_patched(context: BrowserContext, tmp_path: Path) -> None:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name)
    model, texts = Gated(), recorded.spoken()
    words = [recorded.SPOKEN.index(word) for word in TYPED.split()]
    other = [*words[:-1], recorded.SPOKEN.index("dull")]
    labels = [i % 2 for i in range(len(texts) + 2)]
    recording = rnnvis.record(model, [*texts, words, other], recorded.SPOKEN, labels, classes=["no", "yes"])
    recording.publish(tmp_path, name="gated", largest_k=4, ablation=False)
    with rnnvis.serve(tmp_path) as running:
        watched = opened(context, running.url, "")
        page = watched.page

        def same(which: str, tokens: list[int], **how: object) -> float:
            found = arrived(page, which)
            states, p = model.by_hand(tokens, **how)
            assert found["tokens"] == tokens
            np.testing.assert_allclose(np.reshape(found["states"], (-1, 10)), states, atol=1e-4)
            assert abs(found["p"] - p) < 1e-4
            return p

        page.get_by_role("button", name="Type a sentence").first.click()
        page.get_by_label("Your sentence", exact=True).fill(TYPED)
        page.wait_for_function(f"() => {EXPLORER}.sentence.text === {TYPED!r}")
        typed = same("first", words)
        page.keyboard.press("Enter")
        panel = page.get_by_role("region", name="Try it")

        panel.get_by_role("button", name="good", exact=True).click()
        panel.get_by_label("Another word for “good”").fill("dull")
        page.keyboard.press("Enter")
        edited = same("second", other)

        page.evaluate(f"{{ const e = {EXPLORER}; e.pinStep(3); e.pinSecond(1); }}")
        panel.get_by_text("Carry a state in", exact=True).click()
        panel.get_by_role("button", name="all of it").click()
        page.wait_for_function(f"() => {EXPLORER}.view.sentence2.includes('from.3.')")
        patched = same("second", other, carried=(1, model.by_hand(words)[0][3]))
        assert abs(patched - edited) > 1e-3, "what was carried in is remembered"

        panel.get_by_role("button", name="Back to the sentence before").click()
        page.evaluate(f"{EXPLORER}.trying.without([2, 5])")
        switched = same("second", words, off=[2, 5])
        assert abs(switched - typed) > 1e-3
        expect(panel.locator("[data-try-verdict]")).to_contain_text(
            f"goes from {typed:.2f} to {switched:.2f}; 20 random groups of 2 units"
        )
        watched.check()

    number, alone = len(texts), recording.step_model()
    off = rnnvis.Hold("mgu.0.h", np.array([2, 5]), np.zeros(2))
    ablated = recording.ablate([2, 5], hold="zero", sequences=[number]).after.values
    carried = rnnvis.patch(recording, number + 1, number, at=(1, 3)).after
    for said, wanted in ((ablated, switched), (alone.run(words, [off]).answers, switched), (carried, patched)):
        assert abs(float(np.exp(said[0, 1])) - wanted) < 1e-4
