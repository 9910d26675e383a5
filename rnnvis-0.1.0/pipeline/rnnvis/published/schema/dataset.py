"""The tables of a dataset: its words, its sentences and, where these are signals, their channels."""

from __future__ import annotations

from rnnvis.published.schema.declaration import HALVES, Column, Table

DATASET: tuple[Table, ...] = (
    Table(
        "words",
        "dataset",
        "a word of the vocabulary",
        ("word_id",),
        (
            Column("word_id", "int32", "Word number; 0 is the most frequent word of the training text", of="words"),
            Column("text", "string", "The word"),
            Column("count", "int64", "Uses in the training text", low=0),
            Column("special", "bool", "Whether this is a stand-in such as <unk>, left out of the clustering"),
            Column("part_of_speech", "string", "Majority part of speech in context", nullable=True),
            Column(
                "part_of_speech_share",
                "float32",
                "Share of the uses with that part of speech",
                nullable=True,
                low=0,
                high=1,
            ),
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
            Column("sentence_id", "int32", "Sentence number", of="sentences"),
            Column("key", "string", "First 16 hex digits of SHA-256 over split and text; links name sentences by it"),
            Column("split", "string", "train, valid, test or probe"),
            Column("source", "string", "Which part of the corpus it comes from"),
            Column("label", "int16", "Class number; null for neutral sentences and probes", nullable=True, of="labels"),
            Column("score", "float32", "Mean human score", nullable=True),
            Column("length", "int16", "Number of tokens", low=0),
            Column("text", "string", "The sentence as the source has it"),
            Column("tokens", "list<int32>", "Word numbers as the model reads them", of="words", length="length"),
            Column("surface", "list<string>", "The same tokens as they were written", length="tokens"),
            Column(
                "document", "string", "The longer text whose next sentence it is; states are carried on", nullable=True
            ),
            Column("tags", "list<string>", "Label of each step, where the text is annotated", nullable=True),
        ),
        group=2048,
    ),
    Table(
        "channels",
        "dataset",
        "a channel of signals: one of the numbers of a frame, or what is known of the step besides",
        ("channel",),
        (
            Column("channel", "int32", "Channel number", of="channels"),
            Column("name", "string", "Its name"),
            Column("truth", "bool", "Whether it is a truth that the model does not read"),
            Column("mean", "float32", "Mean over every step"),
            Column("standard_deviation", "float32", "Standard deviation over every step", low=0),
            Column("low", "float32", "1 % quantile over every step"),
            Column("high", "float32", "99 % quantile over every step"),
        ),
        one_each="channels",
    ),
    Table(
        "frames",
        "dataset",
        "a step of a signal, of those whose states may be published",
        ("sentence_id", "step"),
        (
            Column("sentence_id", "int32", "Number of the signal, as in sentences", of="sentences"),
            Column("step", "int16", "Step, from 0", low=0),
            Column("value", HALVES, "The value of each channel", length="channels"),
        ),
        group=4096,
        cut="sentence_id",
    ),
)
