"""The tables of a state, a layer's h or c: responses, clusters, units, values and the map."""

from __future__ import annotations

from rnnvis.published.schema.clusters import CLUSTERS
from rnnvis.published.schema.declaration import CLUSTERING, HALVES, Column, Table
from rnnvis.published.schema.units import UNITS

_READ_BY_HEAD = "; only of states that the model's head reads"
_SCORE = Column(
    "class",
    "int16",
    "Class whose score is meant: 1 of two classes, and where the answer is a number; of more, each against the mean of "
    "the others",
    low=0,
)
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
        one_each="words",
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
        "use_distances",
        "state",
        "a word with at least two uses",
        ("word_id",),
        (
            Column("word_id", "int32", "Word number", of="words"),
            Column(
                "distance",
                HALVES,
                "‖Δ − response‖ of its measured uses, ascending: of all, or of more than 101 the ranks at each percent",
                low=0,
            ),
        ),
        group=2048,
    ),
    Table(
        "word_effects",
        "state",
        "a word and a score" + _READ_BY_HEAD,
        ("word_id", "class"),
        (
            Column("word_id", "int32", "Word number", of="words"),
            _SCORE,
            Column("count", "int64", "Uses measured", low=0),
            Column(
                "effect",
                "float32",
                "v · response(word), v the weights of the head for the score; their mean where the head is not linear",
            ),
            Column("push", "float32", "Mean push on the score at the word: of two classes, on the log-odds"),
            Column("push_standard_error", "float32", "Its standard error; null below two uses", nullable=True, low=0),
            *_QUANTILES,
        ),
    ),
    Table(
        "word_in_context",
        "state",
        "a word, a score, and a positive or a negative context" + _READ_BY_HEAD,
        ("word_id", "class", "context"),
        (
            Column("word_id", "int32", "Word number", of="words"),
            _SCORE,
            Column(
                "context",
                "string",
                "negative or positive: P(class) before it ≤ study.low or ≥ study.high (.3, .7 where nothing is set)",
            ),
            Column("count", "int64", "Uses in that context", low=0),
            Column("norm", "float32", "Mean Euclidean norm of the change of state at the word", low=0),
            Column("norm_standard_error", "float32", "Its standard error; null below two uses", nullable=True, low=0),
            Column("push", "float32", "Mean push on the score at the word"),
            Column("push_standard_error", "float32", "Its standard error; null below two uses", nullable=True, low=0),
        ),
    ),
    *CLUSTERS,
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
    *UNITS,
    Table(
        "cluster_ablation",
        "state",
        "a unit cluster that was held at zero, and the text on which the loss is compared",
        ("method", "selection", "k", "cluster", "subject", "value"),
        (
            *CLUSTERING,
            Column("cluster", "uint8", "Label of the cluster of units, as in cluster_labels", below="k"),
            Column(
                "subject",
                "string",
                "all: the whole sample; class: answers of which one class is right; words: sentences with a word of "
                "one word cluster (where each step is answered: steps that read such a word; guesses of it)",
            ),
            Column("value", "int16", "Number of the class or of the word cluster; -1 for all", low=-1),
            Column("count", "int32", "Answers: sentences, or steps", low=0),
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
            Column(
                "id",
                "int32",
                "Unit or word number; the words are those clustered in either selection",
                low=0,
                of_each=(("item", "word", "words"), ("item", "unit", "units")),
            ),
            Column("x", "float32", "Horizontal coordinate; of pca, along its first axis"),
            Column("y", "float32", "Vertical coordinate; of pca, along its second axis"),
        ),
    ),
)
