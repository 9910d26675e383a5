"""Every published table, declared once.

The Parquet writer, `rnnvis verify`, the viewer's TypeScript types and the schema page are all made from, or
checked against, the declarations here. A change that an older viewer cannot read raises `VERSION`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

FORMAT = "rnnvis"
VERSION = 1

Scope = Literal["dataset", "model", "state"]


@dataclass(frozen=True)
class Column:
    """One column: name, type, what it holds, and whether it may be null."""

    name: str
    type: str
    about: str
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """One table: what a row is, how rows are sorted, and how many share a Parquet row group.

    `group` is the number of rows of a row group; `cut` names the column at whose borders groups end instead.
    """

    name: str
    scope: Scope
    row: str
    sorted_by: tuple[str, ...]
    columns: tuple[Column, ...]
    group: int = 4096
    cut: str = ""

    def arrow(self) -> pa.Schema:
        """The Arrow schema that every file of this table has."""
        return pa.schema([pa.field(c.name, ARROW[c.type], nullable=c.nullable) for c in self.columns])


def _list(item: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", item, nullable=False))


ARROW: dict[str, pa.DataType] = {
    "int8": pa.int8(),
    "uint8": pa.uint8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "string": pa.string(),
    "bool": pa.bool_(),
    "list<int32>": _list(pa.int32()),
    "list<int64>": _list(pa.int64()),
    "list<uint8>": _list(pa.uint8()),
    "list<float16>": _list(pa.float16()),
    "list<float32>": _list(pa.float32()),
    "list<string>": _list(pa.string()),
}

_STATE_OF_CLASSIFIER = "; only for the state that the classifier's linear head reads"
_CLUSTERING = (
    Column("method", "string", "Co-clustering method: block, spectral, modularity or rnnvis"),
    Column("selection", "string", "Which words were clustered: reliable or frequent"),
    Column("k", "uint8", "Number of clusters asked for, the same for words and units"),
)
_QUANTILES = tuple(
    Column(f"q{q:02d}", "float32", f"{q} % quantile over the uses of the word") for q in (9, 25, 50, 75, 91)
)

_PAIR = (
    Column("model_a", "string", "Model of state A"),
    Column("state_a", "string", "State A"),
    Column("model_b", "string", "Model of state B"),
    Column("state_b", "string", "State B, another state of the same or another model"),
    Column("dataset_b", "string", "Dataset of state B; null for this one", nullable=True),
)


def _match(what: str, over: str) -> tuple[Column, ...]:
    return (
        Column("b", "list<int32>", f"For each {what} of A its partner in B, one to one; −1 for none"),
        Column("strength", "list<float32>", f"Correlation of the two partners' {over}; 0 for none"),
        Column("best", "list<int32>", f"For each {what} of A the most alike of B, which several may share"),
        Column("best_strength", "list<float32>", "Correlation with that one"),
    )


_PAIR_ORDER = ("model_a", "state_a", "model_b", "state_b")

TABLES: tuple[Table, ...] = (
    Table(
        "words",
        "dataset",
        "a word of the vocabulary",
        ("word_id",),
        (
            Column("word_id", "int32", "Word number; 0 is the most frequent word of the training text"),
            Column("text", "string", "The word"),
            Column("count", "int64", "Uses in the training text"),
            Column("special", "bool", "Whether this is a stand-in such as <unk>, left out of the clustering"),
            Column("part_of_speech", "string", "Majority part of speech in context", nullable=True),
            Column("part_of_speech_share", "float32", "Share of the uses with that part of speech", nullable=True),
            Column(
                "class_association",
                "float32",
                "Log-odds of the word in positive against negative training sentences, add-one smoothed",
                nullable=True,
            ),
        ),
    ),
    Table(
        "sentences",
        "dataset",
        "a sentence; probes first, then train, valid, test",
        ("sentence_id",),
        (
            Column("sentence_id", "int32", "Sentence number"),
            Column("key", "string", "First 16 hex digits of SHA-256 over split and text; links name sentences by it"),
            Column("split", "string", "train, valid, test or probe"),
            Column("source", "string", "Which part of the corpus it comes from"),
            Column("label", "int16", "Class number; null for neutral sentences and probes", nullable=True),
            Column("score", "float32", "Mean human score", nullable=True),
            Column("length", "int16", "Number of tokens"),
            Column("text", "string", "The sentence as the source has it"),
            Column("tokens", "list<int32>", "Word numbers as the model reads them"),
            Column("surface", "list<string>", "The same tokens as they were written"),
        ),
        group=2048,
    ),
    Table(
        "responses",
        "state",
        "a word; row i is word i",
        ("word_id",),
        (
            Column("word_id", "int32", "Word number"),
            Column("count", "int64", "Uses measured"),
            Column(
                "reliability",
                "float32",
                "Split-half reliability: correlation of the response vectors of two disjoint halves of the sentences",
                nullable=True,
            ),
            Column("norm", "float32", "Euclidean norm of the mean response", nullable=True),
            Column(
                "mean",
                "list<float32>",
                "Expected response E[s_t − s_(t−1) | x_t = word], one value a unit; null without uses",
                nullable=True,
            ),
            Column(
                "standard_error", "list<float32>", "Standard error of that mean; null below two uses", nullable=True
            ),
        ),
        group=2048,
    ),
    Table(
        "responses_by_unit",
        "state",
        "a unit",
        ("unit",),
        (
            Column("unit", "int32", "Unit number"),
            Column("mean", "list<float32>", "Expected response of this unit to every word, in word_id order"),
        ),
        group=16,
    ),
    Table(
        "response_quantiles",
        "state",
        "a frequent word and a unit",
        ("word_id", "unit"),
        (
            Column("word_id", "int32", "Word number"),
            Column("unit", "int32", "Unit number"),
            *_QUANTILES,
        ),
        group=8192,
    ),
    Table(
        "word_effects",
        "state",
        "a word" + _STATE_OF_CLASSIFIER,
        ("word_id",),
        (
            Column("word_id", "int32", "Word number"),
            Column("count", "int64", "Uses measured"),
            Column("effect", "float32", "v · response(word), v = difference of the two classes' output weights"),
            Column("push", "float32", "Mean push on the log-odds at the word"),
            Column("push_standard_error", "float32", "Its standard error; null below two uses", nullable=True),
            *_QUANTILES,
        ),
    ),
    Table(
        "word_in_context",
        "state",
        "a word in a positive or a negative context" + _STATE_OF_CLASSIFIER,
        ("word_id", "context"),
        (
            Column("word_id", "int32", "Word number"),
            Column(
                "context", "string", "negative or positive: P(positive) before it ≤ study.low or ≥ study.high (.3, .7)"
            ),
            Column("count", "int64", "Uses in that context"),
            Column("norm", "float32", "Mean Euclidean norm of the change of state at the word"),
            Column("norm_standard_error", "float32", "Its standard error; null below two uses", nullable=True),
            Column("push", "float32", "Mean push on the log-odds at the word"),
            Column("push_standard_error", "float32", "Its standard error; null below two uses", nullable=True),
        ),
    ),
    Table(
        "cluster_labels",
        "state",
        "one side (words or units) of one co-clustering",
        ("method", "selection", "k", "side"),
        (
            *_CLUSTERING,
            Column("side", "string", "words or units"),
            Column("ids", "list<int32>", "Word or unit numbers that were clustered"),
            Column("labels", "list<uint8>", "Cluster of each of them"),
            Column("order", "list<uint8>", "Clusters from top to bottom as they are drawn"),
        ),
        group=16,
    ),
    Table(
        "block_means",
        "state",
        "one co-clustering",
        ("method", "selection", "k"),
        (
            *_CLUSTERING,
            Column("mean", "list<float32>", "Mean response of each block, row-major [word clusters × unit clusters]"),
        ),
        group=64,
    ),
    Table(
        "word_strengths",
        "state",
        "one co-clustering",
        ("method", "selection", "k"),
        (
            *_CLUSTERING,
            Column(
                "strength",
                "list<float32>",
                "Mean response of each word over each unit cluster, row-major [words as in cluster_labels × unit "
                "clusters]",
            ),
        ),
        group=16,
    ),
    Table(
        "cluster_summaries",
        "state",
        "a cluster of one co-clustering",
        ("method", "selection", "k", "side", "cluster"),
        (
            *_CLUSTERING,
            Column("side", "string", "words or units"),
            Column("cluster", "uint8", "Cluster number"),
            Column("size", "int32", "Number of members"),
            Column(
                "stability",
                "float32",
                "Best Jaccard overlap of this cluster between the two halves' clusterings; below .5 is unstable",
                nullable=True,
            ),
            Column("purity_part_of_speech", "float32", "Share of the majority part of speech", nullable=True),
            Column("purity_class", "float32", "Share of its words whose effect has the majority sign", nullable=True),
            Column("effect", "float32", "Mean effect of its words on the log-odds", nullable=True),
        ),
        group=2048,
    ),
    Table(
        "cluster_quality",
        "state",
        "one co-clustering",
        ("method", "selection", "k"),
        (
            *_CLUSTERING,
            Column("held_out_r2", "float32", "Held-out block R²: labels and means from one half, the other predicted"),
            Column("bound", "float32", "The best any k groups could reach: rank-k share of the other half"),
            Column("sign_coherence", "float32", "Σ|block mean of R| / Σ block mean of |R|"),
            Column("ari_words", "float32", "Adjusted Rand index of the halves' word clusters"),
            Column("ari_units", "float32", "Adjusted Rand index of the halves' unit clusters"),
            Column("balance", "float32", "Entropy of the cluster sizes over log k, mean of both sides"),
            Column("normalised_cut", "float32", "Normalised cut of the bipartite graph of |R|", nullable=True),
        ),
    ),
    Table(
        "states",
        "state",
        "a step of a sentence",
        ("sentence_id", "step"),
        (
            Column("sentence_id", "int32", "Sentence number"),
            Column("step", "int16", "Step, from 0; the state before step 0 is zero"),
            Column("value", "list<float16>", "State after the step, one value a unit"),
        ),
        group=4096,
        cut="sentence_id",
    ),
    Table(
        "steps",
        "model",
        "a step of a sentence",
        ("sentence_id", "step"),
        (
            Column("sentence_id", "int32", "Sentence number"),
            Column("step", "int16", "Step, from 0"),
            Column("token_id", "int32", "Word number read at this step"),
            Column("loss", "float32", "−ln of the probability of the label, in nats", nullable=True),
            Column("p_target", "float32", "Probability of the label; in a language model, of the next word", True),
            Column("p_class", "list<float32>", "Class probabilities: the head applied to h_t", nullable=True),
            Column("top5_id", "list<int32>", "The five likeliest next words", nullable=True),
            Column("top5_p", "list<float32>", "Their probabilities", nullable=True),
            Column("push", "float32", "Change of the log-odds of the second class at this step", nullable=True),
            Column(
                "surprise",
                "list<float32>",
                "Per state of the model, in manifest order: percentile (0–100) of ‖Δ_t − response‖ among the word's "
                "uses",
                nullable=True,
            ),
        ),
        group=8192,
        cut="sentence_id",
    ),
    Table(
        "predictions",
        "model",
        "a sentence",
        ("sentence_id",),
        (
            Column("sentence_id", "int32", "Sentence number"),
            Column("predicted", "int16", "Likeliest class after the last word"),
            Column("p_class", "list<float32>", "Class probabilities after the last word"),
            Column("loss", "float32", "−ln of the probability of the label, in nats", nullable=True),
            Column("surprise", "float32", "Largest surprise of a step, first state of the model", nullable=True),
            Column("surprise_step", "int16", "The step where that is", nullable=True),
        ),
    ),
    Table(
        "contexts",
        "state",
        "a unit, a sign and a rank",
        ("unit", "sign", "rank"),
        (
            Column("unit", "int32", "Unit number"),
            Column("sign", "int8", "+1: where it is highest, −1: where it is lowest"),
            Column("rank", "int16", "From 0"),
            Column("sentence_id", "int32", "Sentence number"),
            Column("step", "int16", "Step, from 0"),
            Column("value", "float32", "State of the unit there"),
        ),
    ),
    Table(
        "units",
        "state",
        "a unit",
        ("unit",),
        (
            Column("unit", "int32", "Unit number"),
            Column("output_weight", "float32", "Log-odds per unit of state: v, where the head reads it", True),
            Column("mean", "float32", "Mean state"),
            Column("mean_absolute", "float32", "Mean |state|"),
            Column("standard_deviation", "float32", "Standard deviation of the state"),
            Column("saturation", "float32", "Share of steps with |h| > 0.9; null for unbounded states", True),
            Column(
                "time_scale", "float32", "−1/ln ρ₁, ρ₁ the lag-one autocorrelation within sentences, in words", True
            ),
            Column("gate_keep", "float32", "Mean share the forget or update gate keeps per word", True),
            Column("gate_time_scale", "float32", "−1/ln of that share, in words", True),
            Column("gate_saturation", "float32", "Share of steps where that gate is < 0.1 or > 0.9", True),
            Column("sparsity", "float32", "Hoyer sparsity of its responses over the words, 0 dense to 1 sparse", True),
            Column("label_auc", "float32", "Area under the ROC curve of its last state for the label, test text", True),
            Column("top_words", "list<int32>", "Words that raise it most, by expected response"),
            Column("bottom_words", "list<int32>", "Words that lower it most"),
            Column("histogram", "list<int64>", "Steps in each of 64 bins of the state"),
            Column("edges", "list<float32>", "The 65 borders of those bins"),
        ),
    ),
    Table(
        "metrics",
        "model",
        "a figure",
        ("subject", "measure", "split"),
        (
            Column("subject", "string", "What was measured: the model, a baseline, or several seeds"),
            Column("measure", "string", "accuracy, loss, …"),
            Column("split", "string", "The text it was measured on"),
            Column("value", "float64", "The figure"),
            Column("low", "float64", "Lower end of its 95 % interval", nullable=True),
            Column("high", "float64", "Upper end of its 95 % interval", nullable=True),
            Column("about", "string", "What it means, in a sentence"),
        ),
    ),
    Table(
        "training",
        "model",
        "an epoch",
        ("epoch",),
        (
            Column("epoch", "int32", "Epoch, from 1"),
            Column("train_loss", "float64", "Mean training loss"),
            Column("valid_loss", "float64", "Loss on the validation text, in nats"),
            Column("valid_accuracy", "float64", "Accuracy on the validation text"),
        ),
    ),
    Table(
        "unit_matches",
        "dataset",
        "an ordered pair of different states",
        _PAIR_ORDER,
        (*_PAIR, *_match("unit", "expected responses over the words measured in both")),
        group=8,
    ),
    Table(
        "cluster_matches",
        "dataset",
        "an ordered pair of different states and a co-clustering",
        (*_PAIR_ORDER, "method", "selection", "k"),
        (*_PAIR, *_CLUSTERING, *_match("unit cluster", "mean responses over the words measured in both")),
        group=256,
    ),
    Table(
        "state_pairs",
        "dataset",
        "an ordered pair of different states",
        _PAIR_ORDER,
        (
            *_PAIR,
            Column("cka", "float64", "Linear centred kernel alignment, 0 to 1, on held-out text", nullable=True),
            Column("steps", "int64", "Steps of held-out text (validation and test) that both states are published for"),
            Column("shared_words", "int32", "Words with enough uses in both, over which units and clusters match"),
        ),
    ),
    Table(
        "state_measures",
        "state",
        "a figure of the state as a whole",
        ("measure",),
        (
            Column("measure", "string", "kept_per_step, change_per_step, effective_dimension_states, …"),
            Column("value", "float64", "The figure"),
            Column("standard_error", "float64", "Its standard error, where known", nullable=True),
            Column("about", "string", "What it means, in a sentence"),
        ),
    ),
    Table(
        "projection",
        "state",
        "a word or a unit in the plane of one method",
        ("method", "item", "id"),
        (
            Column("method", "string", "pca (principal components) or tsne"),
            Column("item", "string", "unit or word"),
            Column("id", "int32", "Unit or word number; the words are those clustered in either selection"),
            Column("x", "float32", "Horizontal coordinate; of pca, along its first axis"),
            Column("y", "float32", "Vertical coordinate; of pca, along its second axis"),
        ),
    ),
)

BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
