"""The tables of a state's co-clusterings: who is in which cluster, and how good that is."""

from __future__ import annotations

from rnnvis.published.schema.declaration import CLUSTERING, EXPLAINED, HALVES, Column, Table

CLUSTERS: tuple[Table, ...] = (
    Table(
        "cluster_labels",
        "state",
        "one side (words or units) of one co-clustering",
        ("method", "selection", "k", "side"),
        (
            *CLUSTERING,
            Column("side", "string", "words or units"),
            Column(
                "ids",
                "list<int32>",
                "Word or unit numbers that were clustered",
                low=0,
                of_each=(("side", "words", "words"), ("side", "units", "units")),
            ),
            Column("labels", "list<uint8>", "Label of the cluster of each of them", below="k", length="ids"),
            Column(
                "order",
                "list<uint8>",
                "Labels from top to bottom as they are drawn: the place of one, from 1, is the number drawn on it",
                below="k",
                length="k",
            ),
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
            Column(
                "mean",
                "list<float32>",
                "Mean response of each block, row-major [word clusters × unit clusters]",
                length="k × k",
            ),
            Column(
                "push",
                "list<float32>",
                "What the words of a cluster push the answer's score by through the units of another, their mean: the "
                "sum over the units of output weight · response, row-major [word clusters × unit clusters]",
                nullable=True,
                length="k × k",
            ),
            Column(
                "pushes",
                "list<float32>",
                "The same for each of more than two classes, up to 32, one after another",
                nullable=True,
                length="classes × k × k",
            ),
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
                HALVES,
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
            Column("cluster", "uint8", "Label of the cluster, as in cluster_labels", below="k"),
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
                "Share of its words whose effect has the majority sign; of more than two classes, whose largest effect "
                "is on the majority class",
                nullable=True,
                low=0,
                high=1,
            ),
            Column("effect", "float32", "Mean effect of its words on the answer's score", nullable=True),
            Column(
                "effects",
                "list<float32>",
                "The same for each of more than two classes",
                nullable=True,
                length="classes",
            ),
            *(Column(name, "float32", f"{about}; of units", True, high=1) for name, about in EXPLAINED.items()),
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
            *(Column(n, "float32", f"{about}; of all units clustered", True, high=1) for n, about in EXPLAINED.items()),
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
)
