"""Wheels of a voice detector with invented weights, laid out as the released one is."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import onnx
import safetensors.numpy
import torch
from onnx import helper, numpy_helper

from rnnvis.nets.detector import GENERATIONS, Detector, Generation


def invented(seed: int = 0) -> Detector:
    torch.manual_seed(seed)
    model = Detector().eval()
    with torch.no_grad():
        model.head.weight *= 8
    return model


def arrays(model: Detector, generation: Generation) -> dict[str, np.ndarray]:
    """Its weights, by the names that they have in the file of a `generation`."""
    return {name: model.state_dict()[own].numpy() for name, own in generation.arrays.items()}


def as_onnx(of: dict[str, np.ndarray]) -> bytes:
    """An ONNX file with these weights, half of them as bytes and half as numbers, and one of whole numbers."""
    weights = [
        numpy_helper.from_array(array, name)
        if number % 2
        else helper.make_tensor(name, onnx.TensorProto.FLOAT, array.shape, array.ravel().tolist())
        for number, (name, array) in enumerate(of.items())
    ]
    weights.append(numpy_helper.from_array(np.arange(3), "sides"))
    return helper.make_model(helper.make_graph([], "none", [], [], weights)).SerializeToString()


def wheel(path: Path, models: dict[str, Detector], **other: bytes) -> Path:
    """A wheel with a model of each generation; `other` bytes stand in the place of the file of one."""
    with zipfile.ZipFile(path, "w") as archive:
        for generation in GENERATIONS:
            of = arrays(models[generation.name], generation)
            data = as_onnx(of) if generation.member.endswith(".onnx") else safetensors.numpy.save(of)
            archive.writestr(generation.member, other.get(generation.name, data))
    return path
