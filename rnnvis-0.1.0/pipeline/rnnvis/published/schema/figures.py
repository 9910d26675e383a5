"""The figures that the page “Compare” shows of two models or states, in its order."""

from __future__ import annotations

from rnnvis.published.schema.said import Figure
from rnnvis.published.schema.units import UNITS

SUBJECTS = {"TF-IDF + logistic regression": "word counts alone", "majority class": "majority class"}
"""How the subjects of the metrics are called beside a mark."""

TEST_FIGURES = (
    Figure(
        "accuracy",
        "Test accuracy",
        "Share of the test sentences whose label is the likelier class.",
        format="share",
        digits=1,
        high=1.0,
        baseline="TF-IDF + logistic regression",
    ),
    Figure(
        "loss",
        "Test loss, nats",
        "Mean −ln of the probability of the label, on the test text. Smaller is better.",
        digits=3,
        baseline="majority class",
    ),
    Figure("perplexity", "Test perplexity", "On the test text. Smaller is better.", digits=1),
)

MEDIANS: dict[str, Figure] = {
    column.name: Figure(
        f"{column.name}_median",
        f"{said.title}, {said.unit}" if said.unit else said.title,
        f"Median {said.title.lower()} of the units{said.unit and f', in {said.unit}'}",
        said.format,
        said.digits,
        low=column.low or 0.0,
        high=column.high,
    )
    for table in UNITS
    if table.name == "units"
    for column in table.columns
    for said in column.said
    if said.compared
}
"""By column of the table `units`: the median over the units of what is declared to be compared."""

STATE_FIGURES = (
    Figure("kept_per_step", "Kept per step", format="share", digits=0, high=1.0),
    Figure("change_per_step", "Change per step"),
    *MEDIANS.values(),
    Figure("explained_word", "Word explains", format="share", digits=0, high=1.0),
    Figure("explained_pair", "… and the word before", format="share", digits=0, high=1.0),
    Figure("explained_position", "… and the position", format="share", digits=0, high=1.0),
    Figure("effective_dimension_states", "Directions in use", digits=1, low=1.0),
)
PAIR_FIGURE = Figure("cka", "States alike (CKA)", high=1.0)
