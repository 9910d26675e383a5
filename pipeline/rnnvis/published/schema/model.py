"""The tables of a model: what it did at every step and sentence, its figures and its training."""

from __future__ import annotations

from rnnvis.published.schema.declaration import HALVES, Column, Table

MODEL: tuple[Table, ...] = (
    Table(
        "steps",
        "model",
        "a step of a sentence; of a language model, where states are published and of all held-out text",
        ("sentence_id", "step"),
        (
            Column("sentence_id", "int32", "Sentence number", of="sentences"),
            Column("step", "int16", "Step, from 0", low=0),
            Column("token_id", "int32", "Word number read at this step", of="words"),
            Column("loss", "float32", "−ln p_target, in nats; of a number its squared error", nullable=True, low=0),
            Column(
                "p_target",
                "float32",
                "Probability of what is right: of the label, of the tag, of the word that came",
                True,
                low=0,
                high=1,
            ),
            Column(
                "p_class",
                "list<float32>",
                "Class probabilities after this step",
                nullable=True,
                low=0,
                high=1,
                length="classes",
            ),
            Column("top5_id", "list<int32>", "The five likeliest next words", nullable=True, of="words"),
            Column("top5_p", "list<float32>", "Their probabilities", nullable=True, low=0, high=1, length="top5_id"),
            Column(
                "value", "float32", "The number that is the answer, after this step; of a model without classes", True
            ),
            Column(
                "target", "int32", "What is right after this step: the class, the tag, the word", nullable=True, low=0
            ),
            Column(
                "push",
                "float32",
                "Change of the log-odds of the second of two classes at this step, or of the number",
                nullable=True,
            ),
            Column(
                "pushes",
                "list<float32>",
                "Of more than two classes: change at this step of each one's logit against the mean of the others",
                nullable=True,
                length="classes",
            ),
            Column(
                "surprise",
                "list<float32>",
                "Per state of the model, in manifest order: percentile (0–100) of ‖Δ_t − response‖ among the word's "
                "uses",
                nullable=True,
                low=0,
                high=100,
                length="states",
            ),
        ),
        group=8192,
        cut="sentence_id",
    ),
    Table(
        "attention",
        "model",
        "a step of a sentence at which the model weighed its positions; with pooling only the last one",
        ("sentence_id", "step"),
        (
            Column("sentence_id", "int32", "Sentence number", of="sentences"),
            Column("step", "int16", "Step that pays the attention, from 0", low=0),
            Column("weight", "list<float16>", "Weight ≥ 0 of each position of the sentence", low=0),
        ),
        group=8192,
        cut="sentence_id",
    ),
    Table(
        "answer_memory",
        "model",
        "a score after a step of a sentence, taken apart into its words; only where a linear head reads it from the "
        "last states of GRUs or LSTMs, and of sentences whose states are published",
        ("sentence_id", "step", "class"),
        (
            Column("sentence_id", "int32", "Sentence number", of="sentences"),
            Column("step", "int16", "Step after which the score is given, from 0", low=0),
            Column(
                "class",
                "int32",
                "Class whose score it is, as in word_effects; of a model that says the next word, the word that came",
                low=0,
            ),
            Column(
                "answer",
                "float32",
                "The score: the log-odds of the second of two classes, the number; of more classes or words, the logit "
                "of this one against the mean of the others",
            ),
            Column(
                "rest",
                "float32",
                "What no word of the sentence is in: the head's bias, and what is left of the state it started from",
            ),
            Column(
                "part",
                HALVES,
                "What of each word is in it: one for each word up to the step, or for all words of the sentence where "
                "the model reads backwards too; they and the rest sum to the score",
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
            Column("sentence_id", "int32", "Sentence number", of="sentences"),
            Column("predicted", "int16", "Likeliest class after the last word", nullable=True, of="classes"),
            Column(
                "p_class",
                "list<float32>",
                "Class probabilities after the last word",
                nullable=True,
                low=0,
                high=1,
                length="classes",
            ),
            Column("value", "float32", "The number that is the answer; of a model without classes", nullable=True),
            Column("target", "float32", "The number that would be right", nullable=True),
            Column(
                "loss",
                "float32",
                "−ln of the probability of the label, in nats; of tags and next words its mean over the steps where "
                "one is known; of a number its squared error",
                nullable=True,
                low=0,
            ),
            Column(
                "surprise",
                "float32",
                "Largest surprise of a step, first state of the model",
                nullable=True,
                low=0,
                high=100,
            ),
            Column("surprise_step", "int16", "The step where that is", nullable=True, low=0),
        ),
        one_each="sentences",
    ),
    Table(
        "metrics",
        "model",
        "a figure",
        ("subject", "measure", "split"),
        (
            Column("subject", "string", "What was measured: the model, a baseline, or several seeds"),
            Column("measure", "string", "accuracy, loss, perplexity, …"),
            Column("split", "string", "The text it was measured on"),
            Column("value", "float64", "The figure"),
            Column("low", "float64", "Lower end of its 95 % interval", nullable=True),
            Column("high", "float64", "Upper end of its 95 % interval", nullable=True),
            Column("about", "string", "What it means, in a sentence"),
        ),
    ),
    Table(
        "patching",
        "model",
        "a set of units, or of chips, whose values were carried from runs that end otherwise, as a search grew it",
        ("state", "candidates", "place", "size"),
        (
            Column("state", "string", "The state whose values were carried"),
            Column(
                "candidates", "string", "units: single ones; chips: clusters of the method block, selection reliable"
            ),
            Column("place", "string", "half: carried after half of the words; last: after the last one"),
            Column("size", "int16", "Units or chips in the set; each size holds the one before", low=1),
            Column("added", "int32", "Number of the unit or chip that came last", low=0),
            Column("units", "int32", "Units in the set", low=1),
            Column("first_order", "float32", "Share of the gap that the gradient promised"),
            Column("searched", "float32", "Share of the gap that is closed in the pairs that were searched"),
            Column("unseen", "float32", "The same in other pairs"),
            Column("standard_error", "float32", "Of that; pairs count as independent", nullable=True, low=0),
            Column("random", "float32", "The same of random sets of as many units: their mean", nullable=True),
            Column("random_low", "float32", "The lowest of those", nullable=True),
            Column("random_high", "float32", "The highest of those", nullable=True),
            Column("random_sets", "int32", "How many random sets there were", low=0),
            Column("most_different", "float32", "The same of as many candidates that differ most between the runs"),
            Column("whole", "float32", "The same of all units of the state"),
            Column("pairs", "int32", "Pairs that the search had not seen", low=1),
        ),
    ),
    Table(
        "remembered",
        "model",
        "a number of last steps that the model reads alone",
        ("steps",),
        (
            Column("steps", "int32", "Last steps that are read, from a state that starts anew", low=1),
            Column(
                "distance",
                "float64",
                "How far the answer is then from that of the whole past: total variation of the distributions over "
                "classes, 0 to 1; of a number the size of the difference. Mean over the answers",
                low=0,
            ),
            Column(
                "standard_error",
                "float64",
                "Its standard error; streams count as independent; null below two",
                nullable=True,
                low=0,
            ),
            Column("answers", "int64", "Answers that were compared", low=1),
        ),
    ),
    Table(
        "training",
        "model",
        "an epoch",
        ("epoch",),
        (
            Column("epoch", "int32", "Epoch, from 1", low=1),
            Column("train_loss", "float64", "Mean training loss", low=0),
            Column("valid_loss", "float64", "Loss on the validation text, in nats", low=0),
            Column(
                "valid_accuracy",
                "float64",
                "Accuracy on the validation text, of a classifier",
                nullable=True,
                low=0,
                high=1,
            ),
            Column("valid_perplexity", "float64", "e^valid_loss, of a language model", nullable=True, low=1),
        ),
    ),
)
