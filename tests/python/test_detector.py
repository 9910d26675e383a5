"""A voice detector out of a package: its weights, read as arrays, and what it hears, against a plain loop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

from rnnvis.errors import RnnvisError
from rnnvis.nets.detector import CONTEXT, GENERATIONS, STEP, Detector, load_detector
from rnnvis.nets.initialisers import initialisers
from rnnvis.text.releases import member
from tests.python.detecting import arrays, as_onnx, invented, wheel

CHECKOUT = Path(__file__).parents[2]
RELEASED = CHECKOUT / "build" / "downloads" / "silero_vad-6.2.3-py3-none-any.whl"
NEWER, OLDER = GENERATIONS


def sound(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.1, 0.1, int(16000 * seconds)).astype(np.float32)


def convolved(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | float, stride: int) -> np.ndarray:
    """x [channels in, T] by weight [channels out, channels in, width], in float64."""
    width = weight.shape[2]
    columns = [
        np.tensordot(weight, x[:, at : at + width], ((1, 2), (0, 1))) for at in range(0, x.shape[1] - width + 1, stride)
    ]
    return np.stack(columns, axis=1) + np.reshape(bias, (-1, 1))


def heard_by_hand(model: Detector, x: np.ndarray) -> np.ndarray:
    """P(speech) at each step, from the published formulas, one step after the other."""
    w = {name: value.double().numpy() for name, value in model.state_dict().items()}
    x = np.concatenate([np.zeros(CONTEXT), x])
    h = c = np.zeros(128)
    found = []
    for at in range(0, len(x) - CONTEXT - STEP + 1, STEP):
        piece = x[at : at + CONTEXT + STEP]
        piece = np.concatenate([piece, piece[-2 : -CONTEXT - 2 : -1]])
        parts = convolved(piece[None], w["spectrum.weight"], 0.0, 128)
        y = np.sqrt(parts[:129] ** 2 + parts[129:] ** 2)
        for number, stride in enumerate((1, 2, 2, 1)):
            y = np.pad(y, ((0, 0), (1, 1)))
            y = np.maximum(
                convolved(y, w[f"convolutions.{number}.weight"], w[f"convolutions.{number}.bias"], stride), 0
            )
        gates = (
            w["lstm.weight_ih_l0"] @ y[:, 0] + w["lstm.weight_hh_l0"] @ h + w["lstm.bias_ih_l0"] + w["lstm.bias_hh_l0"]
        )
        i, f, g, o = gates.reshape(4, 128)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        found.append(1 / (1 + np.exp(-(w["head.weight"][0, :, 0] @ np.maximum(h, 0) + w["head.bias"][0]))))
    return np.array(found)


def test_what_is_heard_is_what_the_formulas_give() -> None:
    model, x = invented(), sound(1.0)
    features = model.features(x)
    assert features.shape == (31, 128)
    with torch.no_grad():
        found = model(torch.from_numpy(features)[None])[0].numpy()
    wanted = heard_by_hand(model, x)
    assert np.ptp(wanted) > 0.01
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert model.features(x[: STEP - 1]).shape == (0, 128)


@pytest.mark.parametrize("generation", GENERATIONS, ids=lambda of: of.name)
def test_both_generations_are_read_out_of_the_wheel_to_the_last_bit(tmp_path: Path, generation: object) -> None:
    models = {"newer": invented(1), "older": invented(2)}
    path = wheel(tmp_path / "d.whl", models)
    model, _ = load_detector(path, generation)  # type: ignore[arg-type]
    for name, value in models[generation.name].state_dict().items():  # type: ignore[attr-defined]
        assert torch.equal(model.state_dict()[name], value)


def test_weights_of_other_types_are_passed_over() -> None:
    assert set(initialisers(as_onnx({"a": np.ones((2, 3), np.float32)}), "f")) == {"a"}


def test_files_that_are_not_as_expected_are_named(tmp_path: Path) -> None:
    models = {"newer": invented(), "older": invented()}
    good = as_onnx(arrays(invented(), NEWER))
    wrong = {**arrays(invented(), NEWER), "model.decoder.decoder.2.bias": np.zeros(2, np.float32)}
    nothing = {**arrays(invented(), NEWER), "model.decoder.decoder.2.bias": np.full(1, np.nan, np.float32)}
    lacking = {name: of for name, of in arrays(invented(), OLDER).items() if name != "conv2.bias"}
    for name, data, message in (
        ("newer", good[:-5], r"op15\.onnx: not readable as ONNX: it ends within a field"),
        ("newer", b"\xff" * 40, "not readable as ONNX"),
        ("newer", b"", "the array model.stft.forward_basis_buffer is missing"),
        ("newer", as_onnx(wrong), r"model\.decoder\.decoder\.2\.bias is float32 \[2\], and float32 \[1\] is expected"),
        ("newer", as_onnx(nothing), "holds what is no number"),
        ("older", b"no", "not readable as safetensors"),
        ("older", safetensors.numpy.save(lacking), r"the array conv2\.bias is missing"),
    ):
        path = wheel(tmp_path / "d.whl", models, **{name: data})
        with pytest.raises(RnnvisError, match=message):
            load_detector(path, NEWER if name == "newer" else OLDER)


def test_a_weight_whose_numbers_do_not_fill_its_sides_is_named() -> None:
    cut = as_onnx({"a": np.ones((2, 3), np.float32)}).replace(bytes([0x08, 2, 0x08, 3]), bytes([0x08, 2, 0x08, 4]))
    with pytest.raises(RnnvisError, match=r"a has 6 numbers for the sides \[2, 4\]"):
        initialisers(cut, "f.onnx")


@pytest.mark.skipif(not RELEASED.exists(), reason="the wheel of silero-vad is not among the downloads")
def test_the_newer_generation_hears_what_its_own_graph_gives() -> None:
    runtime = pytest.importorskip("onnxruntime")
    model, _ = load_detector(RELEASED, NEWER)
    graph = runtime.InferenceSession(member(RELEASED, NEWER.member, 2**23))
    x = sound(2.0)
    state, context, wanted = np.zeros((2, 1, 128), np.float32), np.zeros((1, CONTEXT), np.float32), []
    for at in range(0, len(x) - STEP + 1, STEP):
        piece = np.concatenate([context, x[None, at : at + STEP]], axis=1)
        said, state = graph.run(None, {"input": piece, "state": state, "sr": np.array(16000)})
        context = piece[:, -CONTEXT:]
        wanted.append(said[0, 0])
    with torch.no_grad():
        found = model(torch.from_numpy(model.features(x))[None])[0].numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-5)
