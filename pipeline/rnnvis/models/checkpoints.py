"""Models on disk: safetensors beside JSON, complete or not there at all."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

import rnnvis
from rnnvis.config import ModelConfig, as_table
from rnnvis.corpora import Corpus
from rnnvis.errors import RnnvisError
from rnnvis.models.classifier import CELLS, SentenceClassifier

FORMAT = 1
LICENCE = "MIT (weights); the sentences it was trained on are third-party text, see the data card"


def check(config: ModelConfig) -> None:
    """Refuse values that no model can have, naming the key."""
    limits: dict[str, tuple[float, float]] = {
        "units": (1, 4096),
        "embedding": (1, 4096),
        "epochs": (1, 10_000),
        "batch": (1, 65_536),
        "averaged_epochs": (1, config.epochs),
        "embedding_scale": (0, 100),
        "score_scale": (0, 100),
        "other_source_weight": (0, 1),
        "word_dropout": (0, 0.99),
        "embedding_dropout": (0, 0.99),
        "dropout": (0, 0.99),
    }
    for key, (low, high) in limits.items():
        if not low <= getattr(config, key) <= high:
            raise RnnvisError(
                f"model {config.name}: {key} = {getattr(config, key)} is outside {low} … {high}", f"change {key}"
            )
    choices = {"cell": sorted(CELLS), "embedding_start": ["random", "svd"]}
    for key, known in choices.items():
        if getattr(config, key) not in known:
            raise RnnvisError(
                f'model {config.name}: unknown {key} "{getattr(config, key)}"', f"use one of: {', '.join(known)}"
            )


def described(config: ModelConfig) -> dict[str, Any]:
    """What of a model card decides its training, as plain JSON values."""
    return {key: value for key, value in as_table(config).items() if key != "seeds"}


def run_key(corpus: Corpus, config: ModelConfig, seed: int) -> str:
    """SHA-256 over what decides a training; a partial run of another key is not resumed."""
    decisive = [FORMAT, corpus.digest, described(config), seed, torch.__version__]
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def keep(folder: Path, key: str, tensors: dict[str, Tensor], rows: list[dict[str, Any]]) -> None:
    """Replace the partial checkpoint in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    content = safetensors.torch.save(
        {name: tensor.detach().contiguous() for name, tensor in tensors.items()},
        metadata={"key": key, "rows": json.dumps(rows)},
    )
    write_whole(folder / "state.safetensors", content)


def resume(folder: Path, key: str, tensors: dict[str, Tensor]) -> list[dict[str, Any]]:
    """Copy the partial checkpoint of the run `key` into `tensors`; its rows, or none."""
    path = folder / "state.safetensors"
    try:
        with safetensors.safe_open(path, framework="pt") as kept:
            metadata = kept.metadata() or {}
            if metadata.get("key") != key or set(kept.keys()) != set(tensors):
                return []
            with torch.no_grad():
                for name, tensor in tensors.items():
                    tensor.copy_(kept.get_tensor(name))
    except (FileNotFoundError, safetensors.SafetensorError):
        return []
    rows: list[dict[str, Any]] = json.loads(metadata["rows"])
    return rows


def save(
    folder: Path,
    model: SentenceClassifier,
    corpus: Corpus,
    config: ModelConfig,
    seed: int,
    rows: list[dict[str, Any]],
) -> None:
    """Write `model.safetensors`, `training.json` and, last, `model.json` (architecture and provenance)."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = safetensors.torch.save(
        {name: tensor.detach().contiguous() for name, tensor in model.state_dict().items()},
        metadata={"format": "pt"},
    )
    write_whole(folder / "model.safetensors", weights)
    write_whole(folder / "training.json", _json(rows))
    card = {
        "format": FORMAT,
        "name": config.name,
        "title": config.title,
        "architecture": {
            "vocabulary_size": model.vocabulary_size,
            "embedding": config.embedding,
            "units": config.units,
            "cell": config.cell,
            "classes": len(corpus.labels),
        },
        "parameters": sum(p.numel() for p in model.parameters()),
        "config": described(config),
        "seed": seed,
        "corpus": {"name": corpus.name, "digest": corpus.digest},
        "labels": list(corpus.labels),
        "versions": {"rnnvis": rnnvis.__version__, "torch": torch.__version__},
        "sha256": hashlib.sha256(weights).hexdigest(),
        "licence": LICENCE,
    }
    write_whole(folder / "model.json", _json(card))


def load(folder: Path) -> tuple[SentenceClassifier, dict[str, Any]]:
    """The model in `folder`, ready for evaluation, and its `model.json`.

    Raises:
        RnnvisError: there is no model, or its files are damaged or do not belong together.
    """
    try:
        card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        weights = (folder / "model.safetensors").read_bytes()
        if hashlib.sha256(weights).hexdigest() != card["sha256"]:
            raise ValueError("model.safetensors does not have the hash that model.json gives")
        model = SentenceClassifier(**card["architecture"])
        model.load_state_dict(safetensors.torch.load(weights))
    except FileNotFoundError as error:
        raise RnnvisError(f"{error.filename}: no such file", "train the model first: rnnvis train") from None
    except (ValueError, KeyError, TypeError, RuntimeError, safetensors.SafetensorError) as error:
        raise RnnvisError(f"{folder}: damaged model: {error}", f"delete {folder} and train again") from None
    model.eval()
    return model, card


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to a temporary name, flush it to the disk, and rename."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


__all__ = ["check", "described", "keep", "load", "resume", "run_key", "save", "write_whole"]
