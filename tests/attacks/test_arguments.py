"""Every public function, given anything for every argument: a right result, or an error that names the argument."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import rnnvis
from rnnvis.arguments import ANY, KINDS, shown
from rnnvis.published.verify import verify

WORDS = [f"w{i}" for i in range(12)]
TEXT = [np.random.default_rng(row).integers(0, 12, 6).tolist() for row in range(40)]
STATES = np.tanh(np.random.default_rng(0).normal(size=(240, 5))).astype(np.float32)


class Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding, self.rnn, self.head = nn.Embedding(12, 4), nn.GRU(4, 5, batch_first=True), nn.Linear(5, 2)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.rnn(self.embedding(ids))[0])


class Unsayable:
    def __repr__(self) -> str:
        raise RuntimeError("says nothing")


ODD: dict[str, Callable[[], Any]] = {
    "zero": lambda: 0,
    "negative": lambda: -1,
    "fraction": lambda: 2.5,
    "nan": lambda: float("nan"),
    "huge": lambda: 10**30,
    "complex": lambda: 1 + 2j,
    "true": lambda: True,
    "none": lambda: None,
    "empty text": lambda: "",
    "text": lambda: "x",
    "half a character": lambda: "a\ud800",
    "nul": lambda: "a\0b",
    "bytes": lambda: b"x",
    "empty list": list,
    "list of none": lambda: [None] * 40,
    "mixed list": lambda: [1, "a"],
    "list of huge": lambda: [10**30] * 40,
    "list of negatives": lambda: [-2] * 40,
    "list of lists": lambda: [[1]] * 40,
    "list of mappings": lambda: [{}] * 40,
    "list of halves": lambda: ["a\ud800"] * 40,
    "ragged list": lambda: [(1, 2), (3,)],
    "mapping": lambda: {"a": 1},
    "empty mapping": dict,
    "set": lambda: {1, 2},
    "iterator": lambda: iter([1]),
    "number as an array": lambda: np.array(5),
    "floats": lambda: np.zeros(3),
    "cube": lambda: np.zeros((2, 2, 2)),
    "masked": lambda: np.ma.masked_array([1, 2], [False, True]),
    "records": lambda: np.zeros(40, "i4,i4"),
    "dates": lambda: np.array(["2020"] * 40, "datetime64[D]"),
    "tensor": lambda: torch.zeros(2),
    "tensors": lambda: [torch.zeros(2)] * 40,
    "meta tensor": lambda: torch.zeros(2, 3, device="meta"),
    "sparse tensor": lambda: torch.zeros(2, 3).to_sparse(),
    "half a mask": lambda: {"input_ids": [[1, 2, 3], [4, 5]], "attention_mask": [[1], [1, 1, 1]]},
    "object": object,
    "slice": lambda: slice(1),
}


def record(**given: Any) -> Any:
    return rnnvis.record(**({"model": Tagger().eval(), "sequences": TEXT, "vocabulary": WORDS} | given))


def import_states(**given: Any) -> Any:
    return rnnvis.import_states(**({"states": {"rnn.0.h": STATES}, "tokens": TEXT, "vocabulary": WORDS} | given))


def import_stream(**given: Any) -> Any:
    return import_states(**({"tokens": np.array(TEXT).ravel()} | given))


def sampled(**given: Any) -> Any:
    return record(sample=rnnvis.Sample(**given))


class Detector(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.rnn, self.head = nn.GRU(2, 3, batch_first=True), nn.Linear(3, 2)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.head(self.rnn(frames)[0])


FRAMES = np.random.default_rng(1).normal(size=(8, 6, 2)).astype(np.float32)


def signalled(**given: Any) -> Any:
    signals = [rnnvis.Signal(**({"frames": frames, "names": ["a", "b"] * 3} | given)) for frames in FRAMES]
    return rnnvis.record(Detector().eval(), signals)


def reading(**given: Any) -> Any:
    return record(tokens={"rnn": rnnvis.Tokens(**({"sequences": TEXT} | given))})


@cache
def of_recording() -> rnnvis.Recording:
    return record(labels=[0, 1] * 20, classes=["bad", "good"])


def ablated(**given: Any) -> Any:
    return of_recording().ablate(**({"units": [0]} | given))


def patched(**given: Any) -> Any:
    return rnnvis.patch(**({"recording": of_recording(), "into": [0, 1], "of": [2, 3]} | given))


def searched(**given: Any) -> Any:
    pairs = {"into": [0, 1, 4, 5], "of": [2, 3, 6, 7], "runs": 8}
    return rnnvis.search(**({"recording": of_recording()} | pairs | given))


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    record: rnnvis.record,
    import_states: rnnvis.import_states,
    import_stream: rnnvis.import_states,
    sampled: rnnvis.Sample,
    ablated: rnnvis.Recording.ablate,
    patched: rnnvis.patch,
    searched: rnnvis.search,
    reading: rnnvis.Tokens,
    signalled: rnnvis.Signal,
    lambda **given: signalled(names=rnnvis.events.bins(**given)): rnnvis.events.bins,
    lambda **given: signalled(names=rnnvis.events.threshold(**given)): rnnvis.events.threshold,
    lambda **given: signalled(names=rnnvis.events.codebook(**given)): rnnvis.events.codebook,
    lambda **given: rnnvis.cocluster(**({"matrix": STATES[:40], "k": 2} | given)): rnnvis.cocluster,
    lambda **given: rnnvis.parts(**given): rnnvis.parts,
    lambda **given: rnnvis.modulus(**given): rnnvis.modulus,
}


def cases() -> Iterator[Any]:
    for call, function in FUNCTIONS.items():
        for name in [name for name in inspect.signature(function).parameters if name != "self"]:
            yield pytest.param(call, name, id=f"{function.__name__}-{name}")


def ends_well(call: Callable[..., Any], name: str, odd: str) -> None:
    try:
        call(**{name: ODD[odd]()})
    except rnnvis.RnnvisError as error:
        str(error).encode()  # it can be printed


@pytest.mark.parametrize(("call", "name"), list(cases()))
@pytest.mark.filterwarnings("ignore")
def test_any_value_of_any_argument_ends_in_a_result_or_in_our_error(call: Callable[..., Any], name: str) -> None:
    for odd in ODD:
        ends_well(call, name, odd)


@pytest.fixture(scope="module")
def recorded() -> rnnvis.Recording:
    return record()


@pytest.mark.parametrize(
    ("method", "name"),
    [
        (method.__name__, name)
        for method in (rnnvis.Recording.publish, rnnvis.Recording.to_html)
        for name in inspect.signature(method).parameters
        if name != "self"
    ],
)
def test_arguments_of_publishing_are_named_before_anything_is_written(
    recorded: rnnvis.Recording, tmp_path: Path, method: str, name: str
) -> None:
    function = getattr(recorded, method)
    parameters = inspect.signature(function).parameters
    place = "folder" if method == "publish" else "path"
    for odd in sorted(ODD):
        value = ODD[odd]()
        if value is parameters[name].default or KINDS[name].fits(value):
            continue
        with pytest.raises(rnnvis.RnnvisError, match=f"^{name} is "):
            function(**({place: tmp_path / "new"} | {name: value}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("function", "given"), [(rnnvis.serve, {}), (rnnvis.to_html, {"path": "x.html"})])
def test_arguments_of_showing_are_named(tmp_path: Path, function: Callable[..., Any], given: dict[str, Any]) -> None:
    for name in inspect.signature(function).parameters:
        for odd in ODD:
            value = ODD[odd]()
            if not KINDS[name].fits(value):
                with pytest.raises(rnnvis.RnnvisError, match=f"^{name} is "):
                    function(**({"folder": tmp_path} | given | {name: value}))


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in rnnvis.__all__:
        found = getattr(rnnvis, name)
        if inspect.isfunction(found):
            yield name, found
    yield "Recording.ablate", rnnvis.Recording.ablate
    yield "Recording.publish", rnnvis.Recording.publish
    yield "Recording.to_html", rnnvis.Recording.to_html


def test_every_argument_of_every_public_function_is_declared() -> None:
    """One that is new needs a line in `rnnvis.arguments.KINDS`, or a kind in the call of `checks_arguments`."""
    for name, function in public():
        kinds = getattr(function, "kinds", None)
        assert kinds is not None, f"{name} has no @checks_arguments()"
        assert list(kinds) == list(inspect.signature(function).parameters)
        missing = [argument for argument, kind in kinds.items() if kind is None]
        assert missing == [], f"{name}: say what these arguments are in rnnvis/arguments.py: {missing}"


ELSEWHERE = {
    "reduce": "tests/python/test_public_shards.py",
    "record_on_ray": "tests/python/test_public_ray.py",
    "Partial": "tests/python/test_public_shards.py",
    "StateSource": "tests/python/test_public_source.py",
    "StepModel": "tests/python/test_step_models.py",
}
"""Where what is not attacked here is given what does not fit."""
NOT_CALLED = {"Batch", "Hold", "Recording", "RnnvisError", "__version__"}
"""What rnnvis makes itself, and hands to a model, to its user or to both."""


def test_every_public_name_is_attacked_here_or_elsewhere() -> None:
    here = {function.__name__ for function in FUNCTIONS.values()} | {"serve", "to_html", "events"}
    assert {"bins", "threshold", "codebook"} <= here, "the rules of rnnvis.events"
    assert {*rnnvis.__all__} - NOT_CALLED - here == {*ELSEWHERE}
    for name, path in ELSEWHERE.items():
        text = (Path(__file__).parents[2] / path).read_text(encoding="utf-8")
        assert name in text, path
        assert "RnnvisError" in text, path


def test_a_default_fits_and_what_is_declared_is_refused() -> None:
    for name, kind in KINDS.items():
        if kind is not ANY:
            assert not kind.fits(Unsayable()), name
    assert record(threads=1, check=True, only=("rnn",), forward=None).checked is True
    assert import_states(every=None, name="x").model_name == "x"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"batch_steps": 0}, "batch_steps is 0"),
        ({"batch_steps": "8"}, "batch_steps is '8'"),
        ({"threads": 10**30}, "threads is 1000000000000000000000000000000"),
        ({"check": 1}, "check is 1"),
        ({"only": "rnn"}, "only is 'rnn'"),
        ({"observers": [None]}, r"observers is \[None\]"),
        ({"sample": {"measured": None}}, r"sample is \{'measured': None\}"),
        ({"forward": 5}, "forward is 5"),
        ({"lengths": {"a": 1}}, "the lengths are a dict"),
    ],
)
def test_the_argument_is_named_with_what_it_is(given: dict[str, Any], said: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=said) as error:
        record(**given)
    assert error.value.fix


def test_ids_beside_a_mask_that_does_not_fit_are_not_read_without_it() -> None:
    """A mask of words, or ids that are none, would leave the other one to be taken for the ids."""
    for given in (
        {"input_ids": [["a"], [1]]},
        {"input_ids": [[10**30], [1]]},
        {"input_ids": [[1, 2], [3, 4]], "attention_mask": [["x", "y"], ["z", "z"]]},
        {"input_ids": [[1, 2, 3], [4, 5]], "attention_mask": [[1, 1, 1]]},
        {"input_ids": np.array([["a", "b"]]), "attention_mask": np.ones((1, 2))},
    ):
        with pytest.raises(rnnvis.RnnvisError):
            record(sequences=given)
    read = record(sequences={"input_ids": [[1, 2, 3], [4, 5]], "attention_mask": [[1, 1, 0], [1, 1]]}).tokens
    assert [row.tolist() for row in read] == [[1, 2], [4, 5]]


def test_words_and_labels_with_nul_are_published_as_they_are(tmp_path: Path) -> None:
    words = ["a", "a\0", "\0", *WORDS[3:]]
    made = record(vocabulary=words, labels=["x", "x\0"] * 20, minimum_count=1)
    made.publish(tmp_path, largest_k=2)
    assert verify(tmp_path).problems == []
    assert made.words == tuple(words)
    assert made.labels.names == ("x", "x\0")


def test_what_is_shown_of_a_value_is_short_and_can_be_printed() -> None:
    assert str(rnnvis.RnnvisError(f"{'a'}\ud800")) == r"a\ud800"
    assert shown(Unsayable()) == "a Unsayable"
    assert shown(np.zeros((2, 3))) == "an array of shape [2, 3]"
    assert len(shown("x" * 1000)) < 100
    assert "\n" not in shown(["a\nb"] * 3)
