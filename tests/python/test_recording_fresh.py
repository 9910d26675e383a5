"""Models that keep their states between calls: every batch starts from the first states, or it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.fresh import Reset, fresh_start

UNITS = 5


class Stateful(nn.Module):
    """Goes on from the states of the call before, where it has as many rows."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.rnn = nn.GRU(4, UNITS, batch_first=True)
        self.hidden: Any = None

    def forward(self, x: Tensor) -> Tensor:
        if self.hidden is not None and self.hidden.shape[1] != len(x):
            self.hidden = None
        out, self.hidden = self.rnn(x, self.hidden)
        return out


class WithReset(Stateful):
    def reset(self) -> None:
        self.hidden = None


class OfRows(Stateful):
    def init_hidden(self, rows: int) -> None:
        self.hidden = torch.zeros(1, rows, UNITS)


class Given(Stateful):
    def init_hidden(self) -> Tensor:
        return torch.full((1, 2, UNITS), 0.5)

    def forward(self, x: Tensor) -> Tensor:
        out, self.hidden = self.rnn(x, self.hidden + 0)  # no None
        return out

    def __init__(self) -> None:
        super().__init__()
        self.hidden = self.init_hidden()


class Buffer(Stateful):
    def __init__(self) -> None:
        super().__init__()
        del self.hidden
        self.register_buffer("hidden", torch.zeros(1, 2, UNITS))

    def forward(self, x: Tensor) -> Tensor:
        out, last = self.rnn(x, self.hidden)
        self.hidden.copy_(last)
        return out


class Around(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = WithReset()

    def reset(self) -> None:
        """Resets something else."""

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)


def asked(model: nn.Module) -> tuple[Reset | None, Callable[[], list[Tensor]], Callable[[], list[Tensor]]]:
    a, b = (torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
    run, other = (lambda: [model(a).clone()]), (lambda: [model(b).clone()])
    return fresh_start(model, run, other, 2), run, other


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (WithReset, 'keeps "hidden" from one call to the next: "reset()" is called before each batch'),
        (OfRows, '"init_hidden()" is called'),
        (Given, 'it is set to what "init_hidden()" gives'),
        (Stateful, "it is set to None"),
        (Buffer, "it is set to zero"),
        (Around, '"reset()" and "inner.reset()" is called'),
    ],
)
@torch.no_grad()
def test_all_batches_start_alike_and_none_from_training(kind: type[nn.Module], said: str) -> None:
    model = kind()
    rnn = next(module for module in model.modules() if isinstance(module, nn.GRU))
    model(torch.randn(2, 3, 4))  # "training"
    kept = {name: value for name, value in vars(model).items() if isinstance(value, Tensor)}
    reset, run, other = asked(model)
    assert reset is not None
    assert said in reset.note
    assert all(vars(model)[name] is value for name, value in kept.items())
    fresh = None
    for call in (run, other, run):
        reset.apply(2)
        [answer] = call()
        if call is run:
            fresh = answer if fresh is None else fresh
            torch.testing.assert_close(answer, fresh)
    start = torch.full((1, 2, UNITS), 0.5) if kind is Given else None
    x = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(fresh, rnn(x, start)[0])


def test_nothing_is_done_to_a_model_that_keeps_nothing_or_only_counts() -> None:
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn, self.calls = nn.LSTM(4, UNITS, batch_first=True), torch.zeros(1)

        def reset(self) -> None:
            raise AssertionError("nobody asked")

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            return self.rnn(x)[0]

    model = Counts().eval()
    with torch.no_grad():
        assert asked(model)[0] is None
    assert model.calls == 0


def test_a_reset_that_makes_new_weights_is_not_taken_and_leaves_the_old_ones() -> None:
    class Anew(Stateful):
        def reset(self) -> None:
            self.hidden = None
            nn.init.zeros_(self.rnn.weight_ih_l0)

    model = Anew()
    weight = model.rnn.weight_ih_l0.detach().clone()
    reset, _, _ = asked(model)
    assert reset is not None
    assert "set to None" in reset.note
    assert torch.equal(model.rnn.weight_ih_l0, weight)


def test_what_cannot_be_reset_is_refused_by_the_name_of_what_changed() -> None:
    class Kept(Stateful):
        """Its state is neither None nor zero at first, and nothing says what it is."""

        def __init__(self) -> None:
            super().__init__()
            self.hidden = torch.full((1, 2, UNITS), 0.5)

        def forward(self, x: Tensor) -> Tensor:
            out, self.hidden = self.rnn(x, self.hidden / self.hidden.abs().max())
            return out

    class Elsewhere(Stateful):
        kept: ClassVar[list[Tensor]] = []

        def forward(self, x: Tensor) -> Tensor:
            out, last = self.rnn(x, self.kept[-1] if self.kept else None)
            self.kept.append(last)
            return out

    with pytest.raises(RnnvisError, match='Kept keeps "hidden" from one call to the next, and does not'):
        asked(Kept())
    with pytest.raises(RnnvisError, match="Elsewhere keeps something from one call to the next that is none of its"):
        asked(Elsewhere())
