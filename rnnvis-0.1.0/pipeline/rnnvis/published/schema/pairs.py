"""The tables of two states at once, which the page “Compare” reads."""

from __future__ import annotations

from rnnvis.published.schema.declaration import CLUSTERING, Column, Table

_PAIR = (
    Column("model_a", "string", "Model of state A"),
    Column("state_a", "string", "State A"),
    Column("model_b", "string", "Model of state B"),
    Column("state_b", "string", "State B, another state of the same or another model"),
    Column("dataset_b", "string", "Dataset of state B; null for this one", nullable=True),
)


def _match(what: str, over: str) -> tuple[Column, ...]:
    return (
        Column("b", "list<int32>", f"For each {what} of A its partner in B, one to one; −1 for none", low=-1),
        Column(
            "strength",
            "list<float32>",
            f"Correlation of the two partners' {over}; 0 for none",
            low=-1,
            high=1,
            length="b",
        ),
        Column(
            "best",
            "list<int32>",
            f"For each {what} of A the most alike of B, which several may share",
            low=-1,
            length="b",
        ),
        Column("best_strength", "list<float32>", "Correlation with that one", low=-1, high=1, length="b"),
    )


_PAIR_ORDER = ("model_a", "state_a", "model_b", "state_b")
_APART = ("dataset_b",)

PAIRS: tuple[Table, ...] = (
    Table(
        "unit_matches",
        "dataset",
        "an ordered pair of different states",
        _PAIR_ORDER,
        (*_PAIR, *_match("unit", "expected responses over the words measured in both")),
        group=8,
        apart=_APART,
    ),
    Table(
        "cluster_matches",
        "dataset",
        "an ordered pair of different states and a co-clustering",
        (*_PAIR_ORDER, "method", "selection", "k"),
        (*_PAIR, *CLUSTERING, *_match("unit cluster", "mean responses over the words measured in both")),
        group=256,
        apart=_APART,
    ),
    Table(
        "state_pairs",
        "dataset",
        "an ordered pair of different states",
        _PAIR_ORDER,
        (
            *_PAIR,
            Column(
                "cka",
                "float64",
                "Linear centred kernel alignment, 0 to 1, over these steps",
                nullable=True,
                low=0,
                high=1,
            ),
            Column(
                "steps",
                "int64",
                "Steps that both states are published for: of held-out text, or all of a recording",
                low=0,
            ),
            Column(
                "shared_words", "int32", "Words with enough uses in both, over which units and clusters match", low=0
            ),
        ),
        apart=_APART,
    ),
)
