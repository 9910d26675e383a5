"""A model whose answer is an ONNX graph, in the page: onnxruntime is fetched for it, and says what PyTorch says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import BrowserContext, expect
from torch import nn

import rnnvis
from rnnvis.recording.step_model import graphs
from tests.browser import recorded
from tests.browser.test_recorded import opened
from tests.browser.test_try import arrived

TYPED = "the film was not good"


class Attentive(nn.Module):
    """The last state asks which of the states the answer is made of."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.embedding = nn.Embedding(len(recorded.SPOKEN), 8)
        self.gru = nn.GRU(8, 10, batch_first=True)
        self.head = nn.Linear(10, 2)
        for weight in self.parameters():
            weight.data *= 2

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        states = self.gru(self.embedding(ids))[0]
        weights = (states * states[:, -1:]).sum(dim=-1, keepdim=True).softmax(dim=1)
        return self.head((weights * states).sum(dim=1))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[nn.Module, Path, str]]:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name)
    folder = tmp_path_factory.mktemp("attentive")
    model, texts = Attentive(), recorded.spoken()
    labels = {"labels": [i % 2 for i in range(len(texts))], "classes": ["no", "yes"]}
    rnnvis.record(model, texts, recorded.SPOKEN, **labels).publish(folder, name="attentive", largest_k=4)
    with rnnvis.serve(folder) as running:
        yield model, folder, running.url


def test_a_model_with_attention_is_typed_into_and_edited(
    served: tuple[nn.Module, Path, str], context: BrowserContext
) -> None:
    model, _, url = served
    watched = opened(context, url, "")
    page, fetched = watched.page, []
    page.on("request", lambda request: fetched.append(request.url))
    assert not any(
        "onnx" in entry for entry in page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    )
    page.get_by_role("button", name="Type a sentence").first.click()
    page.get_by_label("Your sentence", exact=True).fill(TYPED)
    typed = arrived(page, "first")
    words = [recorded.SPOKEN.index(word) for word in TYPED.split()]
    assert typed["tokens"] == words
    assert [entry.rsplit("/", 1)[-1].split("-")[0] for entry in fetched if entry.endswith(".wasm")] == ["ort"]

    def said(tokens: list[int]) -> list[float]:
        with torch.no_grad():
            return model(torch.tensor([tokens])).softmax(dim=-1)[0].tolist()

    along = page.evaluate("[...document.querySelector('rnnvis-explorer').explorer.steps.pClass]")
    wanted = [p for n in range(len(words)) for p in said(words[: n + 1])]
    np.testing.assert_allclose(along, wanted, atol=1e-4)
    page.keyboard.press("Enter")
    panel = page.get_by_role("region", name="Try it")
    expect(panel.locator("[data-try-answer]")).to_contain_text(f"{wanted[-1]:.2f}")
    panel.get_by_role("button", name="good", exact=True).click()
    panel.get_by_label("Another word for “good”").fill("dull")
    page.keyboard.press("Enter")
    edited = arrived(page, "second")
    assert abs(edited["p"] - said(edited["tokens"])[-1]) < 1e-4
    watched.check()


def test_without_onnx_states_are_shown_and_it_is_said_why_there_is_no_answer(
    context: BrowserContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs, "missing", lambda: 'pip install "rnnvis[onnx]"')
    model, texts = Attentive(), recorded.spoken()[:20]
    labels = {"labels": [i % 2 for i in range(len(texts))], "classes": ["no", "yes"]}
    rnnvis.record(model, texts, recorded.SPOKEN, **labels).publish(tmp_path, largest_k=4, ablation=False)
    with rnnvis.serve(tmp_path) as running:
        watched = opened(context, running.url, "")
        page = watched.page
        page.get_by_role("button", name="Type a sentence").first.click()
        page.get_by_label("Your sentence", exact=True).fill(TYPED)
        typed = arrived(page, "first")
        assert typed["p"] is None
        with torch.no_grad():
            states = model.gru(model.embedding(torch.tensor([typed["tokens"]])))[0][0].numpy()
        np.testing.assert_allclose(np.reshape(typed["states"], (-1, typed["units"])), states, atol=1e-4)
        page.keyboard.press("Enter")
        panel = page.get_by_role("region", name="Try it")
        expect(panel.locator("[data-try-missing]")).to_contain_text('To have it: pip install "rnnvis[onnx]"')
        expect(panel.get_by_role("button", name="Why?")).to_have_count(0)
        watched.check()
