"""The tables of a state, a layer's h or c: responses, clusters, units, values and the map."""

from __future__ import annotations

from rnnvis.published.schema.declaration import CLUSTERING, HALVES, Column, Table

_STATE_OF_CLASSIFIER = "; only for the state that the classifier's linear head reads"
_QUANTILES = tuple(
    Column(f"q{q:02d}", "float32", f"{q} % quantile over the uses of the word") for q in (9, 25, 50, 75, 91)
)

STATE: tuple[Table, ...] = (
    Table(
        "responses",
        "state",
        "a word; row i is word i",
        ("word_id",),
        (
            Column("word_id", "int32", "Word number", of="words"),
            Column("count", "int64", "Uses measured", low=0),
            Column(
                "reliability",
                "float32",
                "Split-half reliability: correlation of the response vectors of two disjoint halves of the sentences",
                nullable=True,
                low=-1,
                high=1,
            ),
            Column("norm", "float32", "Euclidean norm of the mean response", nullable=True, low=0),
            Column(
                "mean",
                "list<float32>",
                "Expected response E[s_t − s_(t−1) | x_t = word], one value a unit; null without enough uses",
                nullable=True,
                length="units",
            ),
            Column(
                "standard_error",
                HALVES,
                "Standard error of that mean; null below two uses",
                nullable=True,
                low=0,
                length="units",
            ),
        ),
        group=2048,
    ),
    Table(
        "response_quantiles",
        "state",
        "a frequent word and a unit",
        ("word_id", "unit"),
        (
            Column("word_id", "int32", "Word number", of="words"),
            Column("unit", "int32", "Unit number", of="units"),
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
            Column("word_id", "int32", "Word number", of="words"),
            Column("count", "int64", "Uses measured", low=0),
            Column("effect", "float32", "v · response(word), v = difference of the two classes' output weights"),
            Column("push", "float32", "Mean push on the log-odds at the word"),
            Column("push_standard_error", "float32", "Its standard error; null below two uses", nullable=True, low=0),
            *_QUANTILES,
        ),
    ),
    Table(
        "word_in_context",
        "state",
        "a word in a positive or a negative context" + _STATE_OF_CLASSIFIER,
        ("word_id", "context"),
        (
            Column("word_id", "int32", "Word number", of="words"),
            Column(
                "context", "string", "negative or positive: P(positive) before it ≤ study.low or ≥ study.high (.3, .7)"
            ),
            Column("count", "int64", "Uses in that context", low=0),
            Column("norm", "float32", "Mean Euclidean norm of the change of state at the word", low=0),
            Column("norm_standard_error", "float32", "Its standard error; null below two uses", nullable=True, low=0),
            Column("push", "float32", "Mean push on the log-odds at the word"),
            Column("push_standard_error", "float32", "Its standard error; null below two uses", nullable=True, low=0),
        ),
    ),
    Table(
        "cluster_labels",
        "state",
        "one side (words or units) of one co-clustering",
        ("method", "selection", "k", "side"),
        (
            *CLUSTERING,
            Column("side", "string", "words or units"),
            Column("ids", "list<int32>", "Word or unit numbers that were clustered", low=0),
            Column("labels", "list<uint8>", "Cluster of each of them", below="k", length="ids"),
            Column("order", "list<uint8>", "Clusters from top to bottom as they are drawn", below="k"),
        ),
        group=16,
    ),
    Table(
        "block_means",
        "state",
        "one co-clustering",
        ("method", "selection", "k"),
        (
            *CLUSTERING,
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
            *CLUSTERING,
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
            *CLUSTERING,
            Column("side", "string", "words or units"),
            Column("cluster", "uint8", "Cluster number", below="k"),
            Column("size", "int32", "Number of members", low=0),
            Column(
                "stability",
                "float32",
                "Best Jaccard overlap of this cluster between the two halves' clusterings; below .5 is unstable",
                nullable=True,
                low=0,
                high=1,
            ),
            Column(
                "purity_part_of_speech", "float32", "Share of the majority part of speech", nullable=True, low=0, high=1
            ),
            Column(
                "purity_class",
                "float32",
                "Share of its words whose effect has the majority sign",
                nullable=True,
                low=0,
                high=1,
            ),
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
            *CLUSTERING,
            Column(
                "held_out_r2",
                "float32",
                "Held-out block R²: labels and means from one half, the other predicted",
                high=1,
            ),
            Column("bound", "float32", "The best any k groups could reach: rank-k share of the other half", high=1),
            Column("sign_coherence", "float32", "Σ|block mean of R| / Σ block mean of |R|", low=0, high=1),
            Column("ari_words", "float32", "Adjusted Rand index of the halves' word clusters", low=-1, high=1),
            Column("ari_units", "float32", "Adjusted Rand index of the halves' unit clusters", low=-1, high=1),
            Column("balance", "float32", "Entropy of the cluster sizes over log k, mean of both sides", low=0, high=1),
            Column("normalised_cut", "float32", "Normalised cut of the bipartite graph of |R|", nullable=True, low=0),
            Column(
                "purity_part_of_speech",
                "float32",
                "Share of the words whose part of speech is their cluster's",
                True,
                low=0,
                high=1,
            ),
            Column(
                "purity_shuffled",
                "float32",
                "The same with the parts of speech dealt out anew: chance",
                True,
                low=0,
                high=1,
            ),
        ),
    ),
    Table(
        "states",
        "state",
        "a step of a sentence",
        ("sentence_id", "step"),
        (
            Column("sentence_id", "int32", "Sentence number", of="sentences"),
            Column(
                "step",
                "int16",
                "Step, from 0; −1: the state that the sentence starts from (a backward one at its last word), where "
                "that is not zero",
                low=-1,
            ),
            Column("value", HALVES, "State after the step, one value a unit", bounded=True, length="units"),
        ),
        group=4096,
        cut="sentence_id",
    ),
    Table(
        "contexts",
        "state",
        "a unit, a sign and a rank",
        ("unit", "sign", "rank"),
        (
            Column("unit", "int32", "Unit number", of="units"),
            Column("sign", "int8", "+1: where it is highest, −1: where it is lowest", low=-1, high=1),
            Column("rank", "int16", "From 0", low=0),
            Column("sentence_id", "int32", "Sentence number", of="sentences"),
            Column("step", "int16", "Step, from 0", low=0),
            Column("value", "float32", "State of the unit there", bounded=True),
        ),
    ),
    Table(
        "units",
        "state",
        "a unit",
        ("unit",),
        (
            Column("unit", "int32", "Unit number", of="units"),
            Column("output_weight", "float32", "Log-odds per unit of state: v, where the head reads it", True),
            Column("mean", "float32", "Mean state", bounded=True),
            Column("mean_absolute", "float32", "Mean |state|", low=0, bounded=True),
            Column("standard_deviation", "float32", "Standard deviation of the state", low=0, bounded=True),
            Column(
                "saturation", "float32", "Share of steps with |h| > 0.9; null for unbounded states", True, low=0, high=1
            ),
            Column(
                "time_scale",
                "float32",
                "−1/ln ρ₁, ρ₁ the lag-one autocorrelation within sentences, in words",
                True,
                low=0,
            ),
            Column("gate_keep", "float32", "Mean share the forget or update gate keeps per word", True, low=0, high=1),
            Column("gate_time_scale", "float32", "−1/ln of that share, in words", True, low=0),
            Column(
                "gate_saturation", "float32", "Share of steps where that gate is < 0.1 or > 0.9", True, low=0, high=1
            ),
            Column(
                "sparsity",
                "float32",
                "Hoyer sparsity of its responses over the words, 0 dense to 1 sparse",
                True,
                low=0,
                high=1,
            ),
            Column(
                "label_auc",
                "float32",
                "Area under the ROC curve of its last state for the label, test text",
                True,
                low=0,
                high=1,
            ),
            Column(
                "raises_next",
                "list<int32>",
                "Next words it speaks for most, where a language model reads it",
                True,
                of="words",
            ),
            Column("lowers_next", "list<int32>", "Next words it speaks against most", True, of="words"),
            Column("top_words", "list<int32>", "Words that raise it most, by expected response", of="words"),
            Column("bottom_words", "list<int32>", "Words that lower it most", of="words"),
            Column("histogram", "list<int64>", "Steps in each of 64 bins of the state", low=0, length=64),
            Column("edges", "list<float32>", "The 65 borders of those bins", length=65),
        ),
    ),
    Table(
        "gates",
        "state",
        "a gate of a unit",
        ("unit", "gate"),
        (
            Column("unit", "int32", "Unit number", of="units"),
            Column("gate", "string", "i, f, o (LSTM: input, forget, output) or r, z (GRU: reset, update)"),
            Column("mean", "float32", "Mean of the gate over the measured steps, 0 to 1", low=0, high=1),
            Column("closed", "float32", "Share of steps where it is < 0.1", low=0, high=1),
            Column("open", "float32", "Share of steps where it is > 0.9", low=0, high=1),
        ),
    ),
    Table(
        "selectivity",
        "state",
        "a unit and a feature of the step",
        ("unit", "feature"),
        (
            Column("unit", "int32", "Unit number", of="units"),
            Column("feature", "string", "part_of_speech (of the word read), label (of the sentence) or position"),
            Column(
                "bits",
                "float32",
                "Mutual information of the state, cut into 16 equally full bins, with the feature",
                low=0,
            ),
            Column("shuffled", "float32", "The same with the feature shuffled: what chance gives, in bits", low=0),
            Column("highest", "string", "Value of the feature at which its mean state is highest"),
            Column("lowest", "string", "Value of the feature at which its mean state is lowest"),
        ),
    ),
    Table(
        "unit_ablation",
        "state",
        "a unit that was held at zero",
        ("unit",),
        (
            Column("unit", "int32", "Unit number", of="units"),
            Column("increase", "float32", "Increase of the loss without it, mean over held-out text, in nats"),
            Column(
                "standard_error", "float32", "Its standard error; sentences count as independent", nullable=True, low=0
            ),
        ),
    ),
    Table(
        "cluster_ablation",
        "state",
        "a unit cluster that was held at zero, and the text on which the loss is compared",
        ("method", "selection", "k", "cluster", "subject", "value"),
        (
            *CLUSTERING,
            Column("cluster", "uint8", "Unit cluster", below="k"),
            Column(
                "subject",
                "string",
                "all: the whole held-out sample; class: sentences of one label; words: sentences with a word of one "
                "word cluster (language model: guesses of such a word)",
            ),
            Column("value", "int16", "Number of the class or of the word cluster; -1 for all", low=-1),
            Column("count", "int32", "Sentences, or words that were guessed", low=0),
            Column("increase", "float32", "Increase of the loss, mean over that text, in nats"),
            Column(
                "standard_error", "float32", "Its standard error; sentences count as independent", nullable=True, low=0
            ),
            Column("random", "float32", "The same for random groups of as many units: their mean", nullable=True),
            Column("random_spread", "float32", "Standard deviation among those random groups", nullable=True, low=0),
        ),
        group=2048,
    ),
    Table(
        "state_measures",
        "state",
        "a figure of the state as a whole",
        ("measure",),
        (
            Column("measure", "string", "kept_per_step, effective_dimension_states, probe_part_of_speech, …"),
            Column("value", "float64", "The figure"),
            Column("standard_error", "float64", "Its standard error, where known", nullable=True, low=0),
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
            Column("id", "int32", "Unit or word number; the words are those clustered in either selection", low=0),
            Column("x", "float32", "Horizontal coordinate; of pca, along its first axis"),
            Column("y", "float32", "Vertical coordinate; of pca, along its second axis"),
        ),
    ),
)
