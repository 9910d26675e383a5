"""Training a language model: seeded, deterministic for a number of threads, resumed mid-epoch with the same bytes."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis import progress
from rnnvis.config import LanguageModelConfig, as_table
from rnnvis.errors import RnnvisError
from rnnvis.nets import checkpoints, streams
from rnnvis.nets.devices import choose_device, choose_precision
from rnnvis.nets.language_model import LanguageModel, State, next_word_loss
from rnnvis.nets.perplexity import mean_loss
from rnnvis.nets.training import deterministic
from rnnvis.text.corpus import Corpus

VERSION = 1  # to be raised by a change after which the same text, card and seed give another model
KEEP_SECONDS = 60.0
LICENCE = "MIT (weights); for the text it was trained on see the data card"


def train(corpus: Corpus, config: LanguageModelConfig, seed: int, folder: Path, clock: Path | None = None) -> None:
    """Train `config` on the documents of the training split and write the model into `folder`.

    Every minute and after every epoch everything needed to go on is kept in `folder/partial`; a killed run resumes
    there, in the middle of an epoch, and ends with the same bytes. Writes `model.safetensors` (the epoch with the best
    validation loss), `model.json`, `training.json` (a row per epoch: epoch, train_loss, valid_loss,
    valid_perplexity; losses in nats) and `epoch-<n>.safetensors` for each of `published_epochs`. How long each epoch
    took is written to `clock`, outside the model: seconds differ from run to run.
    """
    device = choose_device(config.device)
    folder.mkdir(parents=True, exist_ok=True)
    with deterministic(config.threads), _unfilled():
        run = _Run(corpus, config, seed, device)
        rows = checkpoints.resume(folder / "partial", run.key, run.tensors(), run.epochs)
        watch = _Watch(clock, run.key)
        with progress.bar(f"Training {config.title}, seed {seed}", total=config.epochs * run.steps) as bar:
            bar.advance(run.done)
            while len(rows) < config.epochs and not run.stalled(rows):
                rows = _epoch(run, rows, folder, watch, bar)
        checkpoints.save(
            *(folder, run.best_model(), run.model.architecture, corpus, config, seed, rows, LICENCE),
            task=config.task,
            run=run.key,
            best_epoch=int(run.best["epoch"]),
            precision=str(run.precision).removeprefix("torch."),
            device=device.type,
            epochs={name.removesuffix(".safetensors"): sha256 for name, sha256 in run.epochs.items()},
        )
        shutil.rmtree(folder / "partial", ignore_errors=True)


@contextmanager
def _unfilled() -> Iterator[None]:
    """New tensors are not filled first, which deterministic mode does by default to show reads of what was never
    written; it costs a sixth of the time."""
    setting: Any = torch.utils.deterministic
    before = setting.fill_uninitialized_memory
    setting.fill_uninitialized_memory = False
    try:
        yield
    finally:
        setting.fill_uninitialized_memory = before


def _epoch(
    run: _Run, rows: list[dict[str, Any]], folder: Path, watch: _Watch, bar: progress.Bar
) -> list[dict[str, Any]]:
    """The rest of the epoch that `run` is in; the rows with the new one."""

    def keep(rows: list[dict[str, Any]]) -> None:
        checkpoints.keep(folder / "partial", run.key, run.tensors(), rows, run.epochs)
        watch.note(run.done, rows)

    epoch, kept = len(rows) + 1, time.monotonic()
    for loss in run.rest_of_epoch():
        bar.advance()
        if run.done % 20 == 0:
            bar.note(f"epoch {epoch}, perplexity {math.exp(min(loss, 20)):.1f}")
        if time.monotonic() - kept > KEEP_SECONDS:
            keep(rows)
            kept = time.monotonic()
    rows = [*rows, run.finish_epoch(epoch)]
    if epoch in run.config.published_epochs:
        name, weights = f"epoch-{epoch}.safetensors", checkpoints.serialised(run.model)
        checkpoints.write_whole(folder / name, weights)
        run.epochs[name] = hashlib.sha256(weights).hexdigest()
    keep(rows)
    return rows


class _Run:
    """Model, optimiser, carried state and best weights of one training: a function of corpus, config, seed, and of how
    many segments are done."""

    def __init__(self, corpus: Corpus, config: LanguageModelConfig, seed: int, device: torch.device) -> None:
        torch.manual_seed(seed)
        self.config, self.seed, self.device = config, seed, device
        self.precision = choose_precision(config.precision, device)
        self.model = LanguageModel(
            len(corpus.vocabulary),
            config.width,
            config.units,
            config.cell,
            config.layers,
            config.tied,
            config.embedding_dropout,
            config.dropout,
        )
        _initialise(self.model, config)
        self.model.to(device)
        self.optimiser = _optimiser(self.model, config)
        self.train_texts = streams.documents(corpus, "train")
        self.valid_texts = streams.documents(corpus, "valid")
        self.steps = len(streams.segments(self.train_texts, config.batch, config.steps))
        if not self.steps or not any(len(text) > 1 for text in self.valid_texts):
            raise RnnvisError(
                f"{corpus.name}: too little text: train and valid need a document of two words each", "give more text"
            )
        self.carried = self.model.zero_state(config.batch)
        self.progress = {"done": torch.zeros((), dtype=torch.int64), "loss": torch.zeros((), dtype=torch.float64)}
        self.best = {
            "loss": torch.full((), math.inf, dtype=torch.float64),
            "epoch": torch.zeros((), dtype=torch.int64),
            **{f"model.{name}": p.detach().clone() for name, p in self.model.named_parameters()},
        }
        self.key = run_key(corpus, config, seed)
        self.epochs: dict[str, str] = {}  # files of published epochs with their SHA-256

    @property
    def done(self) -> int:
        """Segments that the model has been trained on, over all epochs."""
        return int(self.progress["done"])

    def tensors(self) -> dict[str, Tensor]:
        """Everything that the next segment depends on, by name; loading copies into these."""
        tensors = {f"progress.{name}": t for name, t in self.progress.items()}
        tensors |= {f"best.{name}": t for name, t in self.best.items()}
        tensors |= {f"carried.{i}": t for i, t in enumerate(self.carried)}
        for name, parameter in self.model.named_parameters():
            tensors[f"model.{name}"] = parameter
            tensors |= {f"optimiser.{name}.{k}": v for k, v in self.optimiser.state[parameter].items()}
        return tensors

    def rest_of_epoch(self) -> Iterator[float]:
        """Train on the segments of this epoch that are not done; yields the epoch's mean loss so far, in nats."""
        epoch, first = divmod(self.done, self.steps)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.train_texts))
        segments = streams.segments(self.train_texts, self.config.batch, self.config.steps, order)
        self.model.train()
        words = sum(int((s.target >= 0).sum()) for s in segments[:first])
        for segment in segments[first:]:
            count = int((segment.target >= 0).sum())
            words += count
            self.progress["loss"] += self._step(segment) * count
            self.progress["done"] += 1
            yield float(self.progress["loss"]) / max(1, words)
        self._words = words

    def finish_epoch(self, epoch: int) -> dict[str, Any]:
        """Measure the model on the validation documents, keep it if it is the best so far; the epoch's row."""
        valid = mean_loss(self.model, self.valid_texts)
        if valid < float(self.best["loss"]):
            self.best["loss"].fill_(valid)
            self.best["epoch"].fill_(epoch)
            for name, parameter in self.model.named_parameters():
                self.best[f"model.{name}"].copy_(parameter.detach())
        train_loss = float(self.progress["loss"]) / self._words
        self.progress["loss"].zero_()
        return {
            "epoch": epoch,
            "train_loss": train_loss,
            "valid_loss": valid,
            "valid_perplexity": math.exp(valid),
        }

    def stalled(self, rows: list[dict[str, Any]]) -> bool:
        """Whether the validation loss has not become better for `patience` epochs."""
        return len(rows) - int(self.best["epoch"]) >= self.config.patience

    def best_model(self) -> LanguageModel:
        """The model with the weights of its best epoch, on the processor."""
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                parameter.copy_(self.best[f"model.{name}"])
        return self.model.cpu().eval()

    def _step(self, segment: streams.Segment) -> float:
        config, model = self.config, self.model
        torch.manual_seed(self.seed * 1_000_003 + self.done)
        rate = learning_rate(config, self.done / self.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        fresh = segment.fresh.to(self.device)[None, :, None]
        before: State = tuple(part.masked_fill(fresh, 0.0) for part in self.carried)
        hidden, after = model(segment.ids.to(self.device), before)
        target = segment.target.to(self.device)
        loss = next_word_loss(model, hidden.flatten(0, 1), target.flatten(), self.precision)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.gradient_clip)
        self.optimiser.step()
        for kept, part in zip(self.carried, after, strict=True):
            kept.copy_(part.detach())
        return float(loss.detach())


def decisive(config: LanguageModelConfig) -> dict[str, Any]:
    """What of a model card decides its training: the keys that differ from their default; titles, and what is measured
    of the trained model, aside."""
    defaults = {f.name: f.default for f in dataclasses.fields(config)}
    return {
        name: value
        for name, value in as_table(config).items()
        if name not in ("name", "title", "seeds", "features") and value != defaults[name]
    }


def run_key(corpus: Corpus, config: LanguageModelConfig, seed: int) -> str:
    """SHA-256 (hex) over what decides a training on this machine; models with the same key are the same model.

    Of the corpus that is the text that is trained and validated on: other test sentences or probes change nothing.
    """
    device = choose_device(config.device)
    where = [device.type, str(choose_precision(config.precision, device)), torch.__version__]
    said = [VERSION, streams.digest(corpus, "train", "valid"), decisive(config), seed, where]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def is_current(folder: Path, corpus: Corpus, config: LanguageModelConfig, seed: int) -> bool:
    """Whether the model in `folder` is whole and what this training would make."""
    try:
        _, card = checkpoints.load_language_model(folder)
    except RnnvisError:
        return False
    return bool(card.get("run") == run_key(corpus, config, seed))


def learning_rate(config: LanguageModelConfig, position: float) -> float:
    """The learning rate after `position` epochs of training."""
    if config.schedule == "decay":
        return config.learning_rate * config.decay ** max(0, int(position) + 1 - config.decay_after)
    done = position / config.epochs
    if done < config.warmup:
        return config.learning_rate * (0.04 + 0.96 * done / config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * (done - config.warmup) / (1 - config.warmup)))


def _initialise(model: LanguageModel, config: LanguageModelConfig) -> None:
    """Everything uniform within ±`initial_scale`; by default small embeddings, orthogonal recurrent weights, and LSTM
    gates that start by remembering."""
    with torch.no_grad():
        if config.initial_scale > 0:
            for parameter in model.parameters():
                parameter.uniform_(-config.initial_scale, config.initial_scale)
            return
        model.embedding.weight.uniform_(-0.1, 0.1)
        if model.head.weight is not model.embedding.weight:
            model.head.weight.uniform_(-0.1, 0.1)
        model.head.bias.zero_()
        if not isinstance(model.rnn, nn.RNNBase):
            return  # layers of ours start as they should
        H = model.rnn.hidden_size
        for name, weight in model.rnn.named_parameters():
            if name.startswith("weight_hh"):
                for gate in weight.split(H):
                    nn.init.orthogonal_(gate)
            elif name.startswith("bias"):
                weight.zero_()
                if config.cell == "lstm" and name.startswith("bias_ih"):
                    weight[H : 2 * H] = 1.0


def _optimiser(model: LanguageModel, config: LanguageModelConfig) -> torch.optim.Optimizer:
    if config.optimiser == "sgd":
        return torch.optim.SGD(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    on_processor = next(model.parameters()).device.type == "cpu"
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=on_processor or None
    )
    for parameter in model.parameters():
        optimiser.state[parameter] = {
            "step": torch.zeros(()),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
    return optimiser


@dataclass
class _Watch:
    """How long a training has taken, over all runs that it took: seconds of the wall clock and of the processor."""

    path: Path | None
    key: str
    before: dict[str, Any] = field(default_factory=dict)
    start: tuple[float, float] = field(default_factory=lambda: (time.monotonic(), time.process_time()))

    def __post_init__(self) -> None:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8")) if self.path else {}
        except (OSError, ValueError):
            found = {}
        self.before = found if found.get("key") == self.key else {}

    def note(self, done: int, rows: list[dict[str, Any]]) -> None:
        """Write how long it has taken to come this far."""
        if self.path is None:
            return
        wall, cpu = time.monotonic() - self.start[0], time.process_time() - self.start[1]
        said = {
            "key": self.key,
            "wall_seconds": round(wall + self.before.get("wall_seconds", 0.0), 1),
            "processor_seconds": round(cpu + self.before.get("processor_seconds", 0.0), 1),
            "threads": torch.get_num_threads(),
            "segments": done,
            "rows": rows,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        checkpoints.write_whole(self.path, (json.dumps(said, indent=1) + "\n").encode())


__all__ = ["decisive", "is_current", "learning_rate", "run_key", "train"]
