"""The tables of a state's units: their measures, their gates, what they tell, and what happens without them."""

from __future__ import annotations

from dataclasses import replace

from rnnvis.published.schema.declaration import EXPLAINED, Column, Table
from rnnvis.published.schema.names import FEATURES
from rnnvis.published.schema.said import Said


def _tells(feature: str, title: str, key: str, order: int, telling: int) -> Said:
    return Said(
        title,
        f"How much its state tells about the {FEATURES[feature].about}: mutual information over every step, in bits; "
        "0 is nothing",
        "chance gives {chance}",
        format="bits",
        group="tells",
        order=order,
        telling=telling,
        row=("feature", feature),
        key=key,
    )


_EXPLAINS = {
    "explained_word": Said(
        "Word explains",
        "How much of its changes the word alone explains: means of words from one half of the text against the changes "
        "in the other, 100 % is all. What is left is context",
        "of its changes, on held-out text",
        order=14,
        telling=4,
    ),
    "explained_pair": Said(
        "… and the word before",
        "How much of its changes the word and the word before it explain together, on held-out text",
        "with the word before as well",
        order=15,
        telling=13,
    ),
    "explained_position": Said(
        "… and the position",
        "How much of its changes the word and its position in the sentence explain together, on held-out text",
        "with its position as well",
        order=16,
        telling=14,
    ),
    "explained_shuffled": Said(
        "A random word explains",
        "How much of its changes a word drawn at random in place of the one read explains, on held-out text: chance",
        "that is chance",
        order=17,
        telling=15,
    ),
}

UNITS: tuple[Table, ...] = (
    Table(
        "units",
        "state",
        "a unit",
        ("unit",),
        (
            Column("unit", "int32", "Unit number", of="units"),
            Column(
                "output_weight",
                "float32",
                "Score (of two classes, log-odds) per unit of state: v, where the head reads it; its mean where the "
                "head is not linear",
                True,
                said=(
                    Said(
                        "Weight to output",
                        "What one unit of {kind} adds to the log-odds of {positive}",
                        "log-odds per unit of {kind}",
                        format="signed",
                        ranked_by="size",
                        order=5,
                        telling=4,
                    ),
                ),
            ),
            Column(
                "output_weights",
                "list<float32>",
                "The same for each of more than two classes, against the mean of the others",
                True,
                length="classes",
            ),
            Column(
                "mean",
                "float32",
                "Mean state",
                bounded=True,
                said=(
                    Said(
                        "Mean {kind}",
                        "Mean of {kind} over every step, with its sign",
                        "over every step",
                        format="signed",
                        group="more",
                        order=8,
                    ),
                ),
            ),
            Column(
                "mean_absolute",
                "float32",
                "Mean |state|",
                low=0,
                bounded=True,
                said=(
                    Said(
                        "Typical size |{kind}|", "Mean of |{kind}| over every step", "{saturated}", order=3, telling=8
                    ),
                ),
            ),
            Column("standard_deviation", "float32", "Standard deviation of the state", low=0, bounded=True),
            Column(
                "saturation",
                "float32",
                "Share of steps with |h| > 0.9; null for unbounded states",
                True,
                low=0,
                high=1,
                said=(
                    Said(
                        "Saturation",
                        "Share of steps with |{kind}| > 0.9",
                        "share of steps with |{kind}| > 0.9",
                        format="share",
                        digits=0,
                        group="more",
                        order=7,
                        telling=9,
                    ),
                ),
            ),
            Column(
                "time_scale",
                "float32",
                "−1/ln ρ₁, ρ₁ the lag-one autocorrelation within sentences, in words",
                True,
                low=0,
                said=(
                    Said(
                        "Time-scale",
                        "How many words it takes until its state has mostly faded: −1 / ln of the lag-one "
                        "autocorrelation",
                        "how long it remembers",
                        digits=1,
                        unit="words",
                        order=1,
                        telling=1,
                        compared=True,
                    ),
                ),
            ),
            Column(
                "gate_keep",
                "float32",
                "Mean share the forget or update gate keeps per word",
                True,
                low=0,
                high=1,
                said=(
                    Said(
                        "{gate} keeps",
                        "Mean share of its old state that the gate keeps at each word",
                        "of itself per word",
                        format="share",
                        digits=0,
                        order=2,
                        telling=6,
                    ),
                ),
            ),
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
                said=(
                    Said(
                        "Sparsity",
                        "Whether few words move it (near 1) or many alike (near 0): Hoyer sparsity of its responses",
                        "0 dense, 1 a single word",
                        order=6,
                        telling=7,
                    ),
                ),
            ),
            *(
                Column(
                    name,
                    "float32",
                    about,
                    True,
                    high=1,
                    said=(replace(_EXPLAINS[name], format="share", digits=0, group="explained"),),
                )
                for name, about in EXPLAINED.items()
            ),
            Column(
                "label_auc",
                "float32",
                "Area under the ROC curve of its last state for the label, test text",
                True,
                low=0,
                high=1,
                said=(
                    Said(
                        "Tells the label",
                        "How well its last state alone tells the label of a test sentence: 50 % is chance, 100 % never "
                        "wrong (AUC, the better side)",
                        "AUC; a {side} value says {positive}",
                        format="share",
                        digits=0,
                        base=0.5,
                        either_side=True,
                        order=4,
                        telling=2,
                    ),
                ),
            ),
            Column(
                "raises_next",
                "list<int32>",
                "Next words it speaks for most, where a language model reads it",
                True,
                of="words",
            ),
            Column("lowers_next", "list<int32>", "Next words it speaks against most", True, of="words"),
            Column(
                "top_words",
                "list<int32>",
                "Words that raise it most, by expected response; none that lower it",
                of="words",
            ),
            Column("bottom_words", "list<int32>", "Words that lower it most; none that raise it", of="words"),
            Column("histogram", "list<int64>", "Steps in each of 64 bins of the state", low=0, length=64),
            Column("edges", "list<float32>", "The 65 borders of those bins", length=65),
        ),
        one_each="units",
    ),
    Table(
        "unit_pairs",
        "state",
        "a pair of words, of a unit of whose changes the word before explains much more",
        ("unit", "rank"),
        (
            Column("unit", "int32", "Unit number", of="units"),
            Column("rank", "int16", "0 for the pair that adds most to what its word explains", low=0),
            Column(
                "before_id", "int32", "The word before; null where the word is the first", nullable=True, of="words"
            ),
            Column("word_id", "int32", "The word", of="words"),
            Column("count", "int64", "Uses of the pair", low=1),
            Column("mean", "float32", "Mean change of the unit there"),
            Column("alone", "float32", "Mean change at all uses of the word"),
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
                said=(
                    _tells("part_of_speech", "Tells part of speech", "speechBits", 9, 5),
                    _tells("label", "Tells label (bits)", "labelBits", 10, 12),
                    _tells("position", "Tells position", "positionBits", 11, 11),
                ),
            ),
            Column("shuffled", "float32", "The same with the feature shuffled: what chance gives, in bits", low=0),
            Column("highest", "string", "Value of the feature at which its mean state is highest"),
            Column("lowest", "string", "Value of the feature at which its mean state is lowest"),
        ),
    ),
    Table(
        "unit_channels",
        "state",
        "a unit and a channel of signals",
        ("unit", "channel"),
        (
            Column("unit", "int32", "Unit number", of="units"),
            Column("channel", "int32", "Channel number", of="channels"),
            Column(
                "correlation",
                "float32",
                "Pearson's correlation of the state after a step with the channel at the step; null where either never "
                "changes",
                nullable=True,
                low=-1,
                high=1,
            ),
            Column(
                "standard_error",
                "float32",
                "Its standard error: stretches of the recording left out one at a time; null below eight of them",
                nullable=True,
                low=0,
            ),
        ),
    ),
    Table(
        "unit_drift",
        "state",
        "a unit and a class of age of the stream through which its state is carried",
        ("unit", "age"),
        (
            Column("unit", "int32", "Unit number", of="units"),
            Column("age", "int32", "Step of the stream at which the class begins; from 0 on it is young", low=0),
            Column("until", "int32", "Step before which it ends", low=1),
            Column("streams", "int32", "Streams that are so old", low=1),
            Column("mean", "float32", "Mean state over these steps", bounded=True),
            Column(
                "drift",
                "float32",
                "By how much a stream's mean state there differs from its own mean while young, mean over the streams, "
                "in standard deviations of the young state; null of a unit that never changes while young",
                nullable=True,
                said=(
                    Said(
                        "Drift",
                        "How far its mean moves while a stream gets older: in the oldest streams against the same "
                        "streams when young, in standard deviations of the young state",
                        "{error}",
                        format="signed",
                        digits=1,
                        unit="std. dev.",
                        ranked_by="size",
                        group="more",
                        order=18,
                        telling=3,
                        error="standard_error",
                    ),
                ),
            ),
            Column(
                "standard_error",
                "float32",
                "Its standard error; streams count as independent; null below two",
                nullable=True,
                low=0,
            ),
        ),
    ),
    Table(
        "unit_ablation",
        "state",
        "a unit that was held at zero",
        ("unit",),
        (
            Column("unit", "int32", "Unit number", of="units"),
            Column(
                "increase",
                "float32",
                "Increase of the loss without it, mean over the sample, in nats",
                said=(
                    Said(
                        "Loss without it",
                        "By how much the loss rises when the unit is held at zero, in nats, on held-out text, or on "
                        "what was recorded. The largest means are often noise: see them in standard errors",
                        "{error}",
                        format="nats",
                        signless=True,
                        group="loss",
                        order=12,
                        telling=10,
                        error="standard_error",
                        key="lossWithout",
                    ),
                    Said(
                        "Effect over error",
                        "The rise of the loss without the unit, in its standard errors: clear effects come first, "
                        "whatever their size. Within ±2 it may be noise",
                        "{place}",
                        format="signed",
                        digits=1,
                        unit="std. errors",
                        ranked_by="size",
                        signless=True,
                        group="loss",
                        order=13,
                        telling=3,
                        over="standard_error",
                        key="lossCertainty",
                    ),
                ),
            ),
            Column(
                "standard_error", "float32", "Its standard error; sentences count as independent", nullable=True, low=0
            ),
        ),
    ),
)
