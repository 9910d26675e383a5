"""From measures to columns: what each table of a recording holds, as `files.write` takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from rnnvis.measures.halves import halved
from rnnvis.measures.outputs.ablation import Effect
from rnnvis.measures.outputs.answer_memory import AnswerMemory
from rnnvis.measures.outputs.effects import CONTEXTS, WordEffects, WordInContext
from rnnvis.measures.outputs.next_words import words_spoken_for
from rnnvis.measures.outputs.remembering import Remembered
from rnnvis.measures.recorder import StateRecord
from rnnvis.measures.sentences.attention import Attention
from rnnvis.measures.states.drift import Drift
from rnnvis.measures.units.explained import Explained, Pairs
from rnnvis.measures.units.gates import Gates
from rnnvis.measures.units.units import Units, decay_time, of_responses, top_words
from rnnvis.measures.words.contexts import Contexts
from rnnvis.measures.words.parts_of_speech import PartsOfSpeech
from rnnvis.measures.words.quantiles import Quantiles
from rnnvis.measures.words.responses import Responses
from rnnvis.measures.words.surprise import UseDistances
from rnnvis.published import answer_parts
from rnnvis.published.files import list_column, lists, nullable
from rnnvis.recording.scores import score_classes
from rnnvis.text.corpus import RECORDED, Corpus

Columns = dict[str, Any]
_LEVELS = ("q09", "q25", "q50", "q75", "q91")
_TOP = 20


def words(corpus: Corpus, parts: PartsOfSpeech) -> Columns:
    """Table `words`: the vocabulary, with each word's part of speech and association with the second of two classes."""
    return {
        "word_id": np.arange(len(corpus.vocabulary), dtype=np.int32),
        "text": list(corpus.vocabulary),
        "count": corpus.counts,
        "special": [i in corpus.special for i in range(len(corpus.vocabulary))],
        "part_of_speech": parts.names(),
        "part_of_speech_share": nullable(parts.share),
        "class_association": nullable(class_association(corpus)),
    }


def class_association(corpus: Corpus) -> np.ndarray:
    """Log-odds of each word in training sentences of class 1 against class 0, add-one smoothed, float32 [V].

    Of a recording, all sentences count. NaN where either class has no sentence, and with more than two classes.
    """
    size = len(corpus.vocabulary)
    train = corpus.indices("train", RECORDED)
    if len(corpus.labels) != 2 or not {0, 1} <= set(corpus.label[train].tolist()):
        return np.full(size, np.nan, np.float32)
    of_class = [
        np.bincount(
            np.concatenate([np.unique(corpus.tokens[i]) for i in train if corpus.label[i] == c]), minlength=size
        )
        for c in (0, 1)
    ]
    sentences = [int((corpus.label[train] == c).sum()) for c in (0, 1)]
    odds = [np.log((n + 1) / (total - n + 1)) for n, total in zip(of_class, sentences, strict=True)]
    return (odds[1] - odds[0]).astype(np.float32)


def sentences(corpus: Corpus) -> Columns:
    """Table `sentences`."""
    return {
        "sentence_id": np.arange(len(corpus), dtype=np.int32),
        "key": corpus.key,
        "split": corpus.split,
        "source": corpus.source,
        "label": pa.array(corpus.label, mask=corpus.label < 0),
        "score": nullable(corpus.score),
        "length": [len(t) for t in corpus.tokens],
        "text": corpus.text,
        "tokens": corpus.tokens,
        "surface": corpus.surface,
        "document": [name or None for name in corpus.document or [""] * len(corpus)],
        "tags": [None] * len(corpus) if corpus.tags is None else [list(tags) for tags in corpus.tags],
    }


def responses(measured: Responses, least: int = 1) -> Columns:
    """Table `responses`; words with fewer than `least` uses have no mean in it."""
    used = measured.count >= max(1, least)
    return {
        "word_id": np.arange(len(measured.count), dtype=np.int32),
        "count": measured.count,
        "reliability": nullable(measured.reliability),
        "norm": pa.array(measured.norm, mask=~used),
        "mean": list_column(measured.mean, used),
        "standard_error": list_column(halved(measured.standard_error), used & (measured.count > 1)),
    }


def response_quantiles(quantiles: Quantiles) -> Columns:
    """Table `response_quantiles`."""
    count, units, _ = quantiles.values.shape
    return {
        "word_id": np.repeat(quantiles.word_ids, units),
        "unit": np.tile(np.arange(units, dtype=np.int32), count),
        **{name: quantiles.values[:, :, i].reshape(-1) for i, name in enumerate(_LEVELS)},
    }


def use_distances(found: UseDistances, measured: Responses, least: int = 1) -> Columns:
    """Table `use_distances`; words with one use, or fewer than `least`, have no row."""
    rows = np.flatnonzero(measured.count[found.word_ids] >= max(2, least))
    kept = np.diff(found.starts)[rows]
    at = np.repeat(found.starts[rows] - np.cumsum(kept) + kept, kept) + np.arange(kept.sum())
    return {"word_id": found.word_ids[rows], "distance": lists(halved(found.values[at]), kept)}


def word_effects(effects: WordEffects, measured: Responses, weights: np.ndarray) -> Columns:
    """Table `word_effects` from `weights` [K, H]; words without uses have no row."""
    used = np.flatnonzero(effects.count)
    scores = len(weights)
    return {
        "word_id": np.repeat(used, scores).astype(np.int32),
        "class": np.tile(score_classes(scores), len(used)),
        "count": np.repeat(effects.count[used], scores),
        "effect": (measured.mean[used] @ weights.T).astype(np.float32).reshape(-1),
        "push": effects.push[used].reshape(-1),
        "push_standard_error": nullable(effects.standard_error[used].reshape(-1)),
        **{name: effects.quantiles[used, :, i].reshape(-1) for i, name in enumerate(_LEVELS)},
    }


def word_in_context(found: WordInContext) -> Columns:
    """Table `word_in_context`; contexts without uses have no row."""
    word, score, context = np.nonzero(found.count)
    at = (word, score, context)
    return {
        "word_id": word.astype(np.int32),
        "class": score_classes(found.count.shape[1])[score],
        "context": [CONTEXTS[c] for c in context],
        "count": found.count[at],
        "norm": found.norm[at],
        "norm_standard_error": nullable(found.norm_standard_error[at]),
        "push": found.push[at],
        "push_standard_error": nullable(found.push_standard_error[at]),
    }


def contexts(found: Contexts) -> Columns:
    """Table `contexts`."""
    return {name: getattr(found, name) for name in ("unit", "sign", "rank", "sentence_id", "step", "value")}


def states(state: StateRecord, lengths: Sequence[int]) -> Columns:
    """Table `states` of the published sentences, which have so many steps each; the state that a sentence
    starts from is step −1 of those that do not start from zero."""
    carried = state.before.any(axis=1)
    return {
        "sentence_id": np.concatenate([np.repeat(state.published, lengths), state.published[carried]]).astype(np.int32),
        "step": np.concatenate([*(np.arange(n) for n in lengths), np.full(int(carried.sum()), -1)]).astype(np.int16),
        "value": list_column(np.concatenate([state.values, state.before[carried]])),
    }


def units(
    measured: Units,
    gates: Gates,
    responses: Responses,
    reliable: np.ndarray,
    weights: np.ndarray | None,
    auc: np.ndarray | None,
    next_weights: np.ndarray | None = None,
    explained: Explained | None = None,
) -> Columns:
    """Table `units`, of a layer with these gates. `reliable` [n] are the word numbers that may name a unit; `weights`
    [K, H] those of the head for its scores, `next_weights` [V, H] those of a language model's. Measures are columns by
    their name; one that this state has not is null."""
    count = len(measured.mean)
    single = weights is not None and len(weights) == 1
    of_head = {
        "output_weight": weights[0].astype(np.float32) if weights is not None and single else None,
        "label_auc": auc,
    }
    found = {
        **measured.measures(),
        **of_responses(responses.mean[reliable]),
        **_keeping(gates),
        **(explained.measures() if explained else {}),
        **{name: values for name, values in of_head.items() if values is not None},
    }
    up, down = top_words(responses.mean[reliable], reliable, _TOP)
    return {
        "unit": np.arange(count, dtype=np.int32),
        **{name: nullable(values) for name, values in found.items()},
        **({} if weights is None or single else {"output_weights": list_column(weights.T.astype(np.float32))}),
        "top_words": up,
        "bottom_words": down,
        **_next(next_weights, reliable),
        "histogram": measured.histogram.astype(np.int64).tolist(),
        "edges": [measured.edges.tolist()] * count,
    }


def unit_pairs(found: Pairs) -> Columns:
    """Table `unit_pairs`."""
    return {
        "unit": found.unit,
        "rank": found.rank,
        "before_id": pa.array(found.before, mask=found.before < 0),
        "word_id": found.word,
        "count": found.count,
        "mean": found.mean,
        "alone": found.alone,
    }


def gates(measured: Gates, units: int) -> Columns:
    """Table `gates` of a layer of `units` units; no rows without gates."""
    names = list(measured.mean)
    return {
        "unit": np.tile(np.arange(units, dtype=np.int32), len(names)),
        "gate": [name for name in names for _ in range(units)],
        **{
            column: np.concatenate([of[name] for name in names]) if names else np.zeros(0, np.float32)
            for column, of in (("mean", measured.mean), ("closed", measured.closed), ("open", measured.open))
        },
    }


def _keeping(gates: Gates) -> Columns:
    """Of the gate that keeps memory; nothing of a layer without one."""
    name = gates.keeping
    if name is None:
        return {}
    return {
        "gate_keep": gates.mean[name],
        "gate_time_scale": decay_time(gates.mean[name]).astype(np.float32),
        "gate_saturation": gates.closed[name] + gates.open[name],
    }


def _next(weights: np.ndarray | None, words: np.ndarray) -> Columns:
    if weights is None:
        return {}
    raised, lowered = words_spoken_for(weights, words)
    return {"raises_next": raised.tolist(), "lowers_next": lowered.tolist()}


def unit_ablation(increase: np.ndarray, standard_error: np.ndarray) -> Columns:
    """Table `unit_ablation`."""
    numbers = np.arange(len(increase), dtype=np.int32)
    return {"unit": numbers, "increase": increase, "standard_error": nullable(standard_error)}


def cluster_ablation(found: Sequence[tuple[Mapping[str, Any], Effect]]) -> Columns:
    """Table `cluster_ablation` from effects, each with its method, selection, k and cluster."""
    names = ("increase", "standard_error", "random", "random_spread")
    values = {name: np.array([getattr(effect, name) for _, effect in found], dtype=np.float32) for name in names}
    return {
        **{name: [at[name] for at, _ in found] for name in ("method", "selection", "k", "cluster")},
        "subject": [effect.subject.kind for _, effect in found],
        "value": [effect.subject.value for _, effect in found],
        "count": [effect.count for _, effect in found],
        "increase": values.pop("increase"),
        **{name: nullable(of) for name, of in values.items()},
    }


def step_pushes(pushes: np.ndarray) -> Columns:
    """The columns of table `steps` for pushes [N, K] on the scores of the answer; nan is null."""
    pushes = np.ascontiguousarray(pushes, np.float32)
    if pushes.shape[1] == 1:
        return {"push": nullable(pushes[:, 0])}
    return {"pushes": list_column(pushes, np.isfinite(pushes).all(axis=1))}


def attention(found: Attention) -> Columns:
    """Table `attention`."""
    return {"sentence_id": found.sentence_id, "step": found.step, "weight": found.weight}


def answer_memory(found: AnswerMemory) -> Columns:
    """Table `answer_memory`; RnnvisError where the parts, as they are published, do not sum to the answers."""
    part = halved(found.part)
    answer_parts.check(part, found.starts, found.rest, found.answer)
    return {
        "sentence_id": found.sentence_id,
        "step": found.step,
        "class": found.of_class,
        "answer": found.answer,
        "rest": found.rest,
        "part": lists(part, np.diff(found.starts)),
    }


def metrics(rows: Sequence[dict[str, Any]]) -> Columns:
    """Table `metrics` from rows with subject, measure, split, value, low, high, about."""
    return {
        name: [row.get(name) for row in rows]
        for name in ("subject", "measure", "split", "value", "low", "high", "about")
    }


def training(rows: Sequence[dict[str, Any]]) -> Columns:
    """Table `training` from a row an epoch."""
    names = ("epoch", "train_loss", "valid_loss", "valid_accuracy", "valid_perplexity")
    return {name: [row[name] for row in rows] for name in names if name in rows[0]}


def unit_drift(found: Drift) -> Columns:
    """Table `unit_drift`; classes of age that no stream reached have no rows."""
    there = np.flatnonzero(found.steps)
    units = found.mean.shape[1]
    each = {"age": found.ages[there], "until": found.ages[there + 1], "streams": found.streams[there]}
    return {
        "unit": np.repeat(np.arange(units, dtype=np.int32), len(there)),
        **{name: np.tile(of.astype(np.int32), units) for name, of in each.items()},
        "mean": found.mean[there].T.reshape(-1),
        "drift": nullable(found.drift[there].T.reshape(-1)),
        "standard_error": nullable(found.standard_error[there].T.reshape(-1)),
    }


def remembered(found: Remembered) -> Columns:
    """Table `remembered`."""
    return {
        "steps": found.steps.astype(np.int32),
        "distance": found.distance,
        "standard_error": nullable(found.standard_error),
        "answers": found.answers,
    }
