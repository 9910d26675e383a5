"""Models on disk: safetensors beside JSON, complete or not there at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from rnnvis.config import Card, ModelConfig, as_table
from rnnvis.errors import RnnvisError
from rnnvis.nets.classifier import SentenceClassifier
from rnnvis.nets.devices import device_to_run
from rnnvis.nets.language_model import LanguageModel
from rnnvis.progress import say
from rnnvis.text.corpus import Corpus
from rnnvis.version import __version__

M = TypeVar("M", SentenceClassifier, LanguageModel)

FORMAT = 1
LICENCE = "MIT (weights); the sentences it was trained on are third-party text, see the data card"


def described(config: Card) -> dict[str, Any]:
    """What of a model card decides its training, as plain JSON values.

    Keys that came later stand in it only when used, so that results kept from before are still those of their card.
    """
    unused = {"oversample": False, "device": "auto"}
    found = {key: value for key, value in as_table(config).items() if key != "seeds"}
    return {key: value for key, value in found.items() if key not in unused or value != unused[key]}


def run_key(corpus: Corpus, config: ModelConfig, seed: int, device: torch.device) -> str:
    """SHA-256 over what decides a training on `device`; a partial run of another key is not resumed."""
    decisive = [FORMAT, corpus.digest, described(config), seed, torch.__version__, device.type]
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def keep(
    folder: Path,
    key: str,
    tensors: dict[str, Tensor],
    rows: list[dict[str, Any]],
    files: Mapping[str, str] | None = None,
) -> None:
    """Replace the partial checkpoint in `folder`, whose name is its own hash.

    `files` are others of the run, by their names in the folder around it, with their SHA-256.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = safetensors.torch.save(
        {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
        metadata={"key": key, "rows": json.dumps(rows), "files": json.dumps(dict(files or {}))},
    )
    path = folder / f"state-{hashlib.sha256(content).hexdigest()}.safetensors"
    write_whole(path, content)
    for other in folder.glob("state*.safetensors"):
        if other != path:
            other.unlink(missing_ok=True)


def resume(
    folder: Path, key: str, tensors: dict[str, Tensor], files: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """Copy the partial checkpoint of the run `key` into `tensors`, and its `files`; its rows.

    No rows, and nothing copied, where there is none of this run, or where it or one of its files is not as it was kept.
    """
    found = sorted(folder.glob("state-*.safetensors"), key=lambda path: -path.stat().st_mtime_ns)
    for path in found:
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.stem.removeprefix("state-"):
            say(f"{path} is damaged, and is not gone on from")
            continue
        with safetensors.safe_open(path, framework="pt") as kept:
            metadata = kept.metadata() or {}
            if metadata.get("key") != key or set(kept.keys()) != set(tensors):
                continue
            beside: dict[str, str] = json.loads(metadata["files"])
            damaged = [name for name, sha256 in beside.items() if _sha256(folder.parent / name) != sha256]
            if damaged:
                say(f"{folder.parent / damaged[0]} is damaged or missing: the training starts afresh")
                continue
            with torch.no_grad():
                for name, tensor in tensors.items():
                    tensor.copy_(kept.get_tensor(name))
        if files is not None:
            files.update(beside)
        rows: list[dict[str, Any]] = json.loads(metadata["rows"])
        return rows
    return []


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def save(
    folder: Path,
    model: nn.Module,
    architecture: dict[str, Any],
    corpus: Corpus,
    config: Card,
    seed: int,
    rows: list[dict[str, Any]],
    licence: str = LICENCE,
    **more: Any,
) -> None:
    """Write `model.safetensors`, `training.json` and, last, `model.json` (architecture, provenance and `more`)."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = serialised(model)
    write_whole(folder / "model.safetensors", weights)
    write_whole(folder / "training.json", _json(rows))
    card = {
        "format": FORMAT,
        "name": config.name,
        "title": config.title,
        "architecture": architecture,
        "parameters": sum(p.numel() for p in model.parameters()),
        "config": described(config),
        "seed": seed,
        "corpus": {"name": corpus.name, "digest": corpus.digest},
        "labels": list(corpus.labels),
        "versions": {"rnnvis": __version__, "torch": torch.__version__},
        "sha256": hashlib.sha256(weights).hexdigest(),
        "licence": licence,
        **more,
    }
    write_whole(folder / "model.json", _json(card))


def serialised(model: nn.Module) -> bytes:
    """The weights of `model` as safetensors; weights that two modules share are there once."""
    state = {name: tensor.detach().contiguous() for name, tensor in model.state_dict().items()}
    kept = {tensor.data_ptr(): name for name, tensor in reversed(state.items())}
    return safetensors.torch.save(
        {name: tensor for name, tensor in state.items() if kept[tensor.data_ptr()] == name}, metadata={"format": "pt"}
    )


def load(folder: Path) -> tuple[SentenceClassifier, dict[str, Any]]:
    """The classifier in `folder`, ready for evaluation on CUDA where there is one, and its `model.json`.

    Raises:
        RnnvisError: there is no model, or its files are damaged or do not belong together.
    """
    return _load(SentenceClassifier, folder)


def load_language_model(folder: Path, weights: str = "model") -> tuple[LanguageModel, dict[str, Any]]:
    """The language model in `folder` and its `model.json`; `weights` names an earlier epoch's file, "epoch-1"."""
    return _load(LanguageModel, folder, weights)


def _load(kind: type[M], folder: Path, weights: str = "model") -> tuple[M, dict[str, Any]]:
    try:
        card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        content = (folder / f"{weights}.safetensors").read_bytes()
        expected = card["sha256"] if weights == "model" else card["epochs"][weights]
        if hashlib.sha256(content).hexdigest() != expected:
            raise ValueError(f"{weights}.safetensors does not have the hash that model.json gives")
        model: M = kind(**card["architecture"])
        found: Any = model.load_state_dict(safetensors.torch.load(content), strict=False)
        wrong = [*found.unexpected_keys, *(name for name in found.missing_keys if not _shared(model, name))]
        if wrong:
            raise ValueError(f"{weights}.safetensors lacks or adds weights: {', '.join(wrong)}")
    except FileNotFoundError as error:
        raise RnnvisError(f"{error.filename}: no such file", "train the model first: rnnvis train") from None
    except (ValueError, KeyError, TypeError, RuntimeError, safetensors.SafetensorError) as error:
        raise RnnvisError(f"{folder}: damaged model: {error}", f"delete {folder} and train again") from None
    wanted = str(card["config"].get("device", "auto")) if isinstance(card.get("config"), dict) else "auto"
    return model.to(device_to_run(wanted)).eval(), card


def _shared(model: nn.Module, name: str) -> bool:
    """Whether the weights `name` are those of another, earlier module too."""
    return name not in dict(model.named_parameters())


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


__all__ = ["described", "keep", "load", "resume", "run_key", "save", "write_whole"]
