"""What is said of recurrent cells, held against what was measured over several trainings of each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tools.website.cells import Cells
from tools.website.markup import decimal, filled, listing, paragraph, piece, table, text, untold, with_error

CLEAR = 2.0
"""A difference is one when it is more than this many standard errors, and the seeds' ranges do not overlap."""


@dataclass(frozen=True)
class Claim:
    """That `measure` is larger in state `more` than in state `less`, each named as (cell, kind of state)."""

    said: str
    measure: str
    unit: str
    more: tuple[str, str]
    less: tuple[str, str]
    digits: int = 3


_RNN, _GRU, _LSTM, _C = ("rnn", "h"), ("gru", "h"), ("lstm", "h"), ("lstm", "c")
_MIN, _SSM, _SLSTM = ("min-gru", "h"), ("selective", "c"), ("slstm", "c")
CLAIMS = (
    Claim("The vanilla RNN's hidden state is more saturated than the GRU's", "saturation", "share", _RNN, _GRU),
    Claim("… and than the LSTM's", "saturation", "share", _RNN, _LSTM),
    Claim("A word moves the GRU's units more sparsely than the RNN's", "sparsity_of_words", "Hoyer", _GRU, _RNN),
    Claim("… and the LSTM's more sparsely than the RNN's", "sparsity_of_words", "Hoyer", _LSTM, _RNN),
    Claim("The RNN changes more at a word than the GRU", "change_per_step", "per unit", _RNN, _GRU),
    Claim("… and than the LSTM", "change_per_step", "per unit", _RNN, _LSTM),
    Claim("The GRU keeps more of its state at a word than the RNN", "kept_per_step", "share", _GRU, _RNN),
    Claim("… and so does the LSTM", "kept_per_step", "share", _LSTM, _RNN),
    Claim("The LSTM's cell state keeps more than its hidden state", "kept_per_step", "share", _C, _LSTM),
    Claim("… and remembers longer", "time_scale_median", "words", _C, _LSTM, 2),
    Claim(
        "The minGRU, whose gates do not read its state, keeps more than the GRU", "kept_per_step", "share", _MIN, _GRU
    ),
    Claim("The state space remembers longer than the LSTM's cell state", "time_scale_median", "words", _SSM, _C, 2),
    Claim("… and so does the cell state of the sLSTM", "time_scale_median", "words", _SLSTM, _C, 2),
)


@dataclass(frozen=True)
class Held:
    """A claim with its values over the seeds and the verdict: confirmed, contradicted or not clear."""

    claim: Claim
    more: list[float]
    less: list[float]

    @property
    def difference(self) -> float:
        """Mean of the one less mean of the other."""
        return float(np.mean(self.more) - np.mean(self.less))

    @property
    def standard_error(self) -> float:
        """Of the difference, trainings as independent; nan with a single one on a side."""
        if min(len(self.more), len(self.less)) < 2:
            return float("nan")
        return math.sqrt(sum(float(np.var(of, ddof=1)) / len(of) for of in (self.more, self.less)))

    @property
    def verdict(self) -> str:
        """confirmed, contradicted, or not clear."""
        apart = min(self.more) > max(self.less) or max(self.more) < min(self.less)
        if not (apart and abs(self.difference) > CLEAR * self.standard_error):
            return "not clear"
        return "confirmed" if self.difference > 0 else "contradicted"


def held(cells: Cells) -> list[Held]:
    """Every claim whose two states were measured, in the model of each cell with the most seeds."""
    values = {claim.measure: _values(cells, claim.measure) for claim in CLAIMS}
    return [
        Held(claim, values[claim.measure][claim.more], values[claim.measure][claim.less])
        for claim in CLAIMS
        if claim.more in values[claim.measure] and claim.less in values[claim.measure]
    ]


def _values(cells: Cells, measure: str) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = {}
    for name, state, seeds in cells.states():
        cell = (cells.measures or {})["models"][name]["config"]["cell"]
        known = [of["figures"][measure][0] for of in seeds if measure in of["figures"]]
        at = (cell, state.rsplit(".", 1)[1])
        if known and len(known) > len(found.get(at, ())):
            found[at] = known
    return found


def claims(cells: Cells) -> str:
    """Each claim with both figures, their difference with its standard error over the seeds, and the verdict."""
    found = held(cells)
    if not found:
        return untold("the states of several cells")
    rows = [
        (
            text(of.claim.said),
            _mean(of.more, of.claim.digits),
            _mean(of.less, of.claim.digits),
            _difference(of),
            text(of.claim.unit),
            piece("strong", of.verdict),
        )
        for of in found
    ]
    caption = "Means over the seeds; the difference with its standard error over them"
    return table(caption, ("claim", "the first", "the second", "difference", "in", "verdict"), rows, (1, 2, 3), (0,))


def conclusion(cells: Cells) -> str:
    """How many of the claims hold."""
    found = held(cells)
    if not found:
        return untold("the states of several cells")
    said = []
    for verdict in ("confirmed", "contradicted", "not clear"):
        count = sum(of.verdict == verdict for of in found)
        if count:
            said.append(f"{count} {'are' if count > 1 else 'is'} {verdict}")
    return paragraph(filled("Of {} claims, {}.", len(found), listing(said)))


def _mean(values: list[float], digits: int) -> str:
    return decimal(float(np.mean(values)), digits)


def _difference(of: Held) -> str:
    error = of.standard_error
    if math.isnan(error):
        return f"{decimal(of.difference, of.claim.digits, sign=True)} (one seed)"
    return with_error(of.difference, error, of.claim.digits, sign=True)
