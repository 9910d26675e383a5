"""States that half precision cannot hold: recorded, published, verified and read as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import rnnvis
from rnnvis.published.files import matrix, read
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify

NOUNS, VERBS = "film plot scene story cast".split(), "moves bores works fails shines".split()
WORDS = ["the", "a", *NOUNS, *VERBS]


class Growing(nn.Module):
    def __init__(self, scale: float) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(len(WORDS), 6)
        self.rnn = nn.RNN(6, 5, nonlinearity="relu", batch_first=True)
        with torch.no_grad():
            self.embedding.weight *= scale
            for bias in (self.rnn.bias_ih_l0, self.rnn.bias_hh_l0):
                bias *= min(scale, 1)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.rnn(self.embedding(ids))[0]


def text() -> list[list[int]]:
    random = np.random.default_rng(0)
    return [[int(random.integers(2)), int(random.integers(2, 7)), int(random.integers(7, 12))] * 2 for _ in range(120)]


def test_states_beyond_all_measure_are_refused() -> None:
    with pytest.raises(rnnvis.RnnvisError, match=r"rnn.0.h is [\d.e+]+ in sequence \d+, step \d+, unit \d"):
        rnnvis.record(Growing(1e17), text(), WORDS)
    states = np.zeros((720, 2))
    states[100, 1] = -1e200
    with pytest.raises(rnnvis.RnnvisError, match=r"sentence 16, step 4, unit 1 is -1e\+200"):
        rnnvis.import_states({"rnn.0.h": states}, text(), WORDS)


def test_names_and_numbers_of_a_publication_are_looked_at_first(tmp_path: Path) -> None:
    recording = rnnvis.record(Growing(1.0), text()[:5], WORDS)
    for options, message in (
        ({"largest_k": 2.5}, "largest_k is 2.5"),
        ({"largest_k": True}, "largest_k is True"),
        ({"name": 5}, "name is 5"),
        ({"dataset": None}, "dataset is None"),
        ({"dataset": " "}, "dataset is ' '"),
    ):
        with pytest.raises(rnnvis.RnnvisError, match=message):
            recording.publish(tmp_path / "out", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("scale", "kind"), [(1.0, np.float16), (2e6, np.float32), (1e-8, np.float32)])
def test_states_of_any_size_are_published_as_stepping_gives_them(scale: float, kind: type, tmp_path: Path) -> None:
    model, labels = Growing(scale).eval(), [n % 2 for n in range(120)]
    recording = rnnvis.record(model, text(), WORDS, labels)
    with torch.no_grad():
        wanted = np.concatenate([model(torch.tensor([ids]))[0].numpy() for ids in text()]).astype(np.float64)
    assert recording.states["rnn.0.h"].values.dtype == kind
    recording.publish(tmp_path, largest_k=2)
    assert verify(tmp_path).problems == []
    [dataset] = read_manifest(tmp_path)["datasets"]
    [state] = dataset["models"][0]["states"]
    tables = {name: [tmp_path / file["path"] for file in of["files"]] for name, of in state["tables"].items()}
    published = matrix(read("states", tables["states"])["value"]).astype(np.float64)
    np.testing.assert_allclose(published, wanted, rtol=2.0**-10, atol=min(scale, 1) * 2.0**-24)
    errors = matrix(read("responses", tables["responses"])["standard_error"])
    used = recording.responses["rnn.0.h"].count > 1
    exact = recording.responses["rnn.0.h"].standard_error[used]
    np.testing.assert_allclose(errors[used], exact, rtol=2.0**-10, atol=2.0**-24 * min(scale, 1))
    figures = {row["measure"]: row["value"] for row in read("state_measures", tables["state_measures"]).to_pylist()}
    assert np.isfinite(list(figures.values())).all()
    change = np.abs(np.diff(np.concatenate([np.zeros((120, 1, 5)), wanted.reshape(120, 6, 5)], axis=1), axis=1)).mean()
    np.testing.assert_allclose(figures["change_per_step"], change, rtol=1e-3)


@pytest.mark.parametrize("largest", [70_000, 4_000_000, 2**40])
def test_a_vocabulary_with_one_far_id_is_refused_before_it_takes_memory(largest: int) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=f"'far' the id {largest}"):
        rnnvis.import_states(
            {"rnn.0.h": np.zeros((4, 2), np.float32)}, [[0, 1, 0, 1]], {"a": 0, "b": 1, "far": largest}
        )
