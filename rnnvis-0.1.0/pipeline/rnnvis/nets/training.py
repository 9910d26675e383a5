"""Training a sentence classifier: seeded, deterministic, and resumed after a kill with the same bytes."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis import progress
from rnnvis.config import ModelConfig, check_model
from rnnvis.nets import checkpoints
from rnnvis.nets.batches import Batch, shuffled
from rnnvis.nets.classifier import CELLS, SentenceClassifier, last_states
from rnnvis.nets.devices import choose_device
from rnnvis.nets.embeddings import score_feature, svd_embeddings
from rnnvis.nets.evaluation import evaluate
from rnnvis.text.corpus import Corpus


def train(corpus: Corpus, config: ModelConfig, seed: int, folder: Path) -> None:
    """Train `config` on the training split and write the model into `folder`.

    After every epoch everything needed to go on is kept in `folder/partial`; a killed run resumes there and ends
    with the same bytes. Writes `model.safetensors`, `model.json` (see `checkpoints.save`) and `training.json`
    (a row per epoch: epoch, train_loss, valid_loss, valid_accuracy).
    """
    check_model(config)
    device = choose_device(config.device, mps=False)
    with deterministic():
        run = _Run(corpus, config, seed, device)
        rows = checkpoints.resume(folder / "partial", run.key, run.tensors())
        with progress.bar(f"Training {config.title}, seed {seed}", total=config.epochs * run.steps) as bar:
            bar.advance(len(rows) * run.steps)
            for epoch in range(len(rows), config.epochs):
                rows.append(run.epoch(epoch, bar))
                bar.note(f"valid accuracy {rows[-1]['valid_accuracy']:.3f}")
                checkpoints.keep(folder / "partial", run.key, run.tensors(), rows)
        checkpoints.save(folder, run.averaged(), run.architecture, corpus, config, seed, rows, device=device.type)
        shutil.rmtree(folder / "partial", ignore_errors=True)


@contextmanager
def deterministic(threads: int = 1) -> Iterator[None]:
    """So many threads and deterministic kernels inside, what was set before afterwards; the random state is kept."""
    outside = torch.get_num_threads()
    before = torch.are_deterministic_algorithms_enabled()
    devices = list(range(torch.cuda.device_count()))
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        torch.set_num_threads(outside)
        torch.use_deterministic_algorithms(before)


class _Run:
    """Model, optimiser and running average of one training, all of them a function of corpus, config, seed."""

    def __init__(self, corpus: Corpus, config: ModelConfig, seed: int, device: torch.device) -> None:
        torch.manual_seed(seed)
        self.corpus, self.config, self.seed, self.device = corpus, config, seed, device
        self.architecture: dict[str, Any] = {
            "vocabulary_size": len(corpus.vocabulary),
            "embedding": config.embedding,
            "units": config.units,
            "cell": config.cell,
            "classes": len(corpus.labels),
        }
        self.model = SentenceClassifier(**self.architecture)
        self.weights = sentence_weights(corpus, config.other_source_weight)
        _initialise(self.model, corpus, config, self.weights)
        self.model.to(device)
        self.average = {name: torch.zeros_like(p) for name, p in self.model.state_dict().items()}
        fused = device.type == "cpu" or None
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=fused
        )
        for parameter in self.model.parameters():
            self.optimiser.state[parameter] = {
                "step": torch.zeros(()),
                "exp_avg": torch.zeros_like(parameter),
                "exp_avg_sq": torch.zeros_like(parameter),
            }
        self.targets = soft_targets(corpus, config.score_sharpness)
        train = corpus.indices("train")
        self.chosen = train[~torch.isnan(self.targets[train, 0]).numpy()]
        if config.oversample:
            self.chosen = oversampled(self.chosen, corpus.label, seed)
        self.steps = math.ceil(len(self.chosen) / config.batch)
        self.key = checkpoints.run_key(corpus, config, seed, device)

    def tensors(self) -> dict[str, Tensor]:
        """Everything that the next epoch depends on, by name; loading copies into these."""
        tensors = {f"model.{n}": p for n, p in self.model.state_dict().items()}
        tensors |= {f"average.{n}": p for n, p in self.average.items()}
        for name, parameter in self.model.named_parameters():
            tensors |= {f"optimiser.{name}.{k}": v for k, v in self.optimiser.state[parameter].items()}
        return tensors

    def epoch(self, epoch: int, bar: progress.Bar) -> dict[str, Any]:
        torch.manual_seed(self.seed * 1_000_003 + epoch)
        generator = np.random.default_rng([self.seed, epoch])
        batches = shuffled(self.corpus.tokens, self.chosen, self.model.padding_id, self.config.batch, generator)
        self.model.train()
        total = 0.0
        for number, batch in enumerate(batches):
            self._schedule(epoch + number / len(batches))
            total += self._step(batch) * len(batch.lengths)
            bar.advance()
        if epoch >= self.config.epochs - self.config.averaged_epochs:
            for name, parameter in self.model.state_dict().items():
                self.average[name] += parameter / self.config.averaged_epochs
        valid = evaluate(self.model, self.corpus, "valid")
        return {
            "epoch": epoch + 1,
            "train_loss": total / len(self.chosen),
            "valid_loss": valid["loss"],
            "valid_accuracy": valid["accuracy"],
        }

    def averaged(self) -> SentenceClassifier:
        """The model with the mean of the weights at the ends of the last `averaged_epochs` epochs, on the processor."""
        self.model.load_state_dict(self.average)
        return self.model.cpu().eval()

    def _schedule(self, position: float) -> None:
        """Linear warm-up over half an epoch, then a cosine down to a tenth; `position` in epochs."""
        done = position / self.config.epochs
        rate = min(1.0, (position + 0.01) / 0.5) * (0.55 + 0.45 * math.cos(math.pi * done))
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.learning_rate * rate

    def _step(self, batch: Batch) -> float:
        config, model, device = self.config, self.model, self.device
        ids = _word_dropout(batch.ids.to(device), config.word_dropout, self.corpus.unknown_id, model.padding_id)
        embedded = nn.functional.dropout(model.embedding(ids), config.embedding_dropout)
        last = last_states(model.states(embedded), batch.lengths.to(device))
        logits = model.head(nn.functional.dropout(last, config.dropout))
        targets, weights = (of[batch.sentence_ids].to(device) for of in (self.targets, self.weights))
        losses = nn.functional.cross_entropy(logits, targets, reduction="none")
        loss = (weights * losses).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.gradient_clip)
        self.optimiser.step()
        return float(loss.detach())


def soft_targets(corpus: Corpus, sharpness: float) -> Tensor:
    """Class probabilities to train on, float32 [N, classes].

    With a score, σ(sharpness · score) for positive: a sentence that twenty people scored near zero says that both
    classes are as likely. Without one, its label; nan where there is neither.
    """
    targets = torch.full((len(corpus), len(corpus.labels)), torch.nan)
    labelled = np.flatnonzero(corpus.label >= 0)
    targets[labelled] = torch.eye(len(corpus.labels))[corpus.label[labelled].astype(np.int64)]
    scored = np.flatnonzero(~np.isnan(corpus.score))
    if len(scored):
        positive = torch.sigmoid(sharpness * torch.from_numpy(corpus.score[scored]))
        targets[scored] = torch.stack([1 - positive, positive], dim=1)
    return targets


def oversampled(chosen: np.ndarray, label: np.ndarray, seed: int) -> np.ndarray:
    """`chosen` sentence ids [n] with those of rarer classes repeated until all classes have as many, int64, ascending.

    Each sentence of a class is there as often as every other, or once more; `seed` draws which. Sentences without
    a label [−1] stay once.
    """
    of_class = [chosen[label[chosen] == c] for c in np.unique(label[chosen]) if c >= 0]
    most = max((len(ids) for ids in of_class), default=0)
    generator = np.random.default_rng([seed, most])
    repeated = [np.tile(ids, most // len(ids)) for ids in of_class]
    drawn = [generator.choice(ids, most % len(ids), replace=False) for ids in of_class]
    return np.sort(np.concatenate([chosen[label[chosen] < 0], *repeated, *drawn]).astype(np.int64))


def sentence_weights(corpus: Corpus, other: float) -> Tensor:
    """How much each sentence counts, float32 [N]: 1, or `other` where the validation split has none of its source."""
    judged = {corpus.source[i] for i in corpus.indices("valid")}
    return torch.tensor([1.0 if source in judged else other for source in corpus.source])


def _initialise(model: SentenceClassifier, corpus: Corpus, config: ModelConfig, weights: Tensor) -> None:
    """Embeddings from the training text, orthogonal recurrent weights, and LSTM gates that start by remembering."""
    with torch.no_grad():
        words = model.embedding.weight[: model.padding_id]
        if config.embedding_start == "svd":
            start = svd_embeddings(corpus, config.embedding)
            words.copy_(config.embedding_scale * torch.from_numpy(start))
        else:
            words *= config.embedding_scale
        if config.score_scale > 0:
            words[:, 0] = config.score_scale * torch.from_numpy(score_feature(corpus, weights.numpy()))
        if not isinstance(model.rnn, nn.RNNBase):
            return  # layers of ours start as they should
        H = model.rnn.hidden_size
        for name, weight in model.rnn.named_parameters():
            if name.startswith("weight_hh"):
                for gate in weight.split(H):
                    nn.init.orthogonal_(gate)
        if config.cell == "lstm":
            model.rnn.get_parameter("bias_ih_l0")[H : 2 * H] = 1.0


def _word_dropout(ids: Tensor, rate: float, unknown_id: int, padding_id: int) -> Tensor:
    """Read each word as unknown with probability `rate`."""
    if rate == 0:
        return ids
    dropped = (torch.rand(ids.shape, device=ids.device) < rate) & (ids != padding_id)
    return ids.masked_fill(dropped, unknown_id)


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of `training.json` in `folder`."""
    rows: list[dict[str, Any]] = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    return rows


__all__ = ["CELLS", "deterministic", "read_rows", "soft_targets", "train"]
