"""A text recorded in shards, merged in any order, against one run over all of it; and what does not belong together."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import safetensors.numpy
import torch
from torch import nn

import rnnvis
from rnnvis.api import partial as partials_of
from rnnvis.api.partial import Partial
from tests.python.sharded import WORDS, Classifier, labels, same_answers, same_recording, text

CELLS = [nn.GRU, nn.LSTM]
SMALL = {"batch_steps": 50, "frequent_count": 5}

ROOT = Path(__file__).parents[2]


def asked(answers: bool) -> dict[str, Any]:
    return {**SMALL, "labels": labels()} if answers else {**SMALL, "outputs": "none"}


@pytest.fixture(scope="module", params=[(cell, answers) for cell in CELLS for answers in (True, False)])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A model, how it is recorded, its recording in one run, and the files of three shards' first and second looks."""
    cell, answers = request.param
    model, options = Classifier(cell).eval(), asked(answers)
    folder = tmp_path_factory.mktemp("shards")
    whole = rnnvis.record(model, text(), WORDS, **options)
    firsts = [
        rnnvis.record(model, text(), WORDS, shard=(i, 3), **options).save(folder / f"{i}.safetensors") for i in range(3)
    ]
    seconds = [
        rnnvis.record(model, text(), WORDS, shard=(i, 3), compare=firsts, **options).save(folder / f"{i}.second")
        for i in range(3)
    ]
    return model, options, whole, firsts, seconds


def test_three_shards_in_any_order_are_one_run(recorded: Any) -> None:
    model, options, whole, firsts, seconds = recorded
    for order in permutations(range(3)):
        given = [firsts[i] for i in order] + [seconds[i] for i in reversed(order)]
        found = rnnvis.reduce(given, model, text(), WORDS, **options)
        same_recording(found, whole)
        assert (found.answers is None) == (whole.answers is None)
        if whole.answers is not None:
            same_answers(found, whole)


def test_without_second_looks_there_is_no_surprise(firsts: list[Path], tmp_path: Path) -> None:
    model, options = Classifier(nn.GRU).eval(), asked(True)
    second = rnnvis.record(model, text(), WORDS, shard=(1, 3), compare=firsts, **options)
    found = rnnvis.reduce(firsts, model, text(), WORDS, **options)
    assert all(state.surprise is None for state in found.states.values())
    with pytest.raises(rnnvis.RnnvisError, match="without the surprise of its steps"):
        found.publish(tmp_path / "out")
    with pytest.raises(rnnvis.RnnvisError, match="of 3 shards 2 are missing: 0, 2"):
        rnnvis.reduce([*firsts, second], model, text(), WORDS, **options)


def test_a_shard_holds_its_own_sequences_only(recorded: Any) -> None:
    _, _, whole, firsts, _ = recorded
    held = [safetensors.numpy.load_file(path)["texts//seen"] for path in firsts]
    assert sorted(np.concatenate(held).tolist()) == list(range(len(whole.tokens)))
    assert min(map(len, held)) > 5


def test_a_killed_shard_runs_again_alone(recorded: Any, tmp_path: Path) -> None:
    """What a shard leaves depends on nothing but itself: run again, it is the same file."""
    model, options, _, firsts, _ = recorded
    again = rnnvis.record(model, text(), WORDS, shard=(1, 3), **options).save(tmp_path / "again")
    assert again.read_bytes() == firsts[1].read_bytes()


def altered(change: Callable[[dict[str, Any]], Any]) -> Callable[[list[Path]], list[Path]]:
    """The shards with one of them recorded with other arguments."""

    def given(firsts: list[Path]) -> list[Path]:
        arguments: dict[str, Any] = {
            "model": Classifier(nn.GRU).eval(),
            "sequences": text(),
            "vocabulary": WORDS,
            "shard": (1, 3),
            **asked(True),
        }
        change(arguments)
        return [firsts[0], rnnvis.record(**arguments).save(firsts[0].with_name("other")), firsts[2]]

    return given


def other_weights(arguments: dict[str, Any]) -> None:
    with torch.no_grad():
        arguments["model"].head.bias += 1


def damaged(firsts: list[Path]) -> list[Path]:
    data = bytearray(firsts[1].read_bytes())
    data[-100] ^= 1
    firsts[0].with_name("other").write_bytes(data)
    return [firsts[0], firsts[0].with_name("other"), firsts[2]]


def cut(firsts: list[Path]) -> list[Path]:
    firsts[0].with_name("other").write_bytes(firsts[1].read_bytes()[:-1000])
    return [firsts[0], firsts[0].with_name("other"), firsts[2]]


def something_else(firsts: list[Path]) -> list[Path]:
    safetensors.numpy.save_file({"a": np.zeros(3)}, firsts[0].with_name("other"))
    return [firsts[0], firsts[0].with_name("other"), firsts[2]]


def emptied(firsts: list[Path]) -> list[Any]:
    whole = partials_of.read_partial(firsts[1])
    return [firsts[0], Partial(whole.about, {"texts//seen": whole.arrays["texts//seen"]}), firsts[2]]


REFUSED = {
    "duplicate": (
        lambda firsts: [*firsts, firsts[1]],
        r"shard 1 is there twice: \S+1\.safetensors.*1\.safetensors",
        "once",
    ),
    "missing": (lambda firsts: [firsts[0], firsts[2]], "of 3 shards 1 are missing: 1", r"shard=\(1, 3\)"),
    "no file": (lambda firsts: [firsts[0], "nowhere", firsts[2]], "nowhere: no such file", "check the name"),
    "damaged": (damaged, r"other: damaged: its arrays are not", "record that shard again"),
    "cut short": (cut, r"other: damaged", "record that shard again"),
    "something else": (something_else, r"other: holds no partial recording", "record that shard again"),
    "of other content": (emptied, r"shard 1 of 3: does not hold what", "record that shard again"),
    "other text": (
        altered(lambda of: of["sequences"].__setitem__(0, [1, 2])),
        "other: shard 1 of 3 is of another text",
        "same text",
    ),
    "other labels": (
        altered(lambda of: of["labels"].__setitem__(0, 1 - labels()[0])),
        "shard 1 of 3 is of another text",
        "same text",
    ),
    "other weights": (altered(other_weights), "shard 1 of 3 is of another model", "same text, model"),
    "other settings": (
        altered(lambda of: of.update(frequent_count=6)),
        "shard 1 of 3 is of other settings",
        "settings",
    ),
    "other batches": (altered(lambda of: of.update(batch_steps=40)), "shard 1 of 3 is of other settings", "settings"),
    "other number": (altered(lambda of: of.update(shard=(1, 4))), "shard 1 of 4, and .*shard 0 of 3", "same number"),
    "nothing": (lambda firsts: [], "there are no partial recordings", r"shard=\(i, n\)"),
    "no list": (lambda firsts: str(firsts[0]), "the partials are '", "a list of paths"),
    "numbers": (lambda firsts: [1, 2], "a int is no partial recording", "pass paths"),
}


@pytest.fixture(scope="module")
def firsts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("refused")
    model = Classifier(nn.GRU).eval()
    return [
        rnnvis.record(model, text(), WORDS, shard=(i, 3), **asked(True)).save(folder / f"{i}.safetensors")
        for i in range(3)
    ]


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_belong_together_is_refused_by_name(what: str, firsts: list[Path]) -> None:
    given, message, fix = REFUSED[what]
    with pytest.raises(rnnvis.RnnvisError, match=message) as refused:
        rnnvis.reduce(given(firsts), Classifier(nn.GRU).eval(), text(), WORDS, **asked(True))
    assert re.search(fix, refused.value.fix), refused.value.fix


def test_another_version_is_refused(firsts: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partials_of, "__version__", "99.0")
    with pytest.raises(
        rnnvis.RnnvisError, match=r"0\.safetensors: shard 0 of 3 was recorded with rnnvis .*, this is 99.0"
    ):
        rnnvis.reduce(firsts, Classifier(nn.GRU).eval(), text(), WORDS, **asked(True))


def test_second_looks_at_other_responses_are_refused(firsts: list[Path]) -> None:
    model = Classifier(nn.GRU).eval()
    seconds = [rnnvis.record(model, text(), WORDS, shard=(i, 3), compare=firsts, **asked(True)) for i in range(3)]
    one = seconds[1]
    changed = Partial(partials_of.replace(one.about, responses="0" * 64), one.arrays)
    with pytest.raises(rnnvis.RnnvisError, match="shard 1 of 3 was compared with other responses"):
        rnnvis.reduce([*firsts, seconds[0], changed, seconds[2]], model, text(), WORDS, **asked(True))
    for given, message in ((seconds, "is a second look"), (firsts[:2], "1 are missing: 2"), (5, "the partials are 5")):
        with pytest.raises(rnnvis.RnnvisError, match=message):
            rnnvis.record(model, text(), WORDS, shard=(0, 3), compare=given, **asked(True))  # type: ignore[call-overload]


@pytest.mark.parametrize("shard", [(3, 3), (-1, 3), (0, 0), 1, (0.0, 2), (True, 2), "1/3", (0, 1, 2), "torchrun"])
def test_a_shard_is_a_number_of_several(shard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(rnnvis.RnnvisError, match="shard is"):
        rnnvis.record(Classifier().eval(), text(), WORDS, shard=shard)


def test_signals_are_recorded_in_one_run() -> None:
    random = np.random.default_rng(0)
    signals = [rnnvis.Signal(random.standard_normal((30, 3)).astype(np.float32)) for _ in range(4)]
    with pytest.raises(rnnvis.RnnvisError, match="signals, whose channels are compared with units in one run only"):
        rnnvis.record(nn.GRU(3, 4, batch_first=True).eval(), signals, shard=(0, 2))


def test_arguments_of_reduce_are_checked(firsts: list[Path]) -> None:
    for options, message in (
        ({"surprise": True}, "reduce takes no surprise"),
        ({"batch_steps": "many"}, "batch_steps is 'many'"),
        ({"observers": [AttentionLike()]}, "observers see the steps of the shards"),
    ):
        with pytest.raises(rnnvis.RnnvisError, match=message):
            rnnvis.reduce(firsts, Classifier(nn.GRU).eval(), text(), WORDS, **(asked(True) | options))


class AttentionLike:
    def add(self, batch: object, rows: object) -> None:
        raise AssertionError


def test_more_shards_than_batches() -> None:
    """A shard without a batch is empty, and merges like others."""
    model = Classifier(nn.GRU).eval()
    options = {"labels": labels(10), "batch_steps": 8192}
    whole = rnnvis.record(model, text(10), WORDS, **options)
    parts = [rnnvis.record(model, text(10), WORDS, shard=(i, 5), **options) for i in range(5)]
    seconds = [rnnvis.record(model, text(10), WORDS, shard=(i, 5), compare=parts, **options) for i in range(5)]
    found = rnnvis.reduce([*parts, *seconds], model, text(10), WORDS, **options)
    same_recording(found, whole)
    same_answers(found, whole)


def test_next_words_and_carried_states() -> None:
    """States that are carried: shards are documents, whose batches are others than in one run."""
    model = Classifier(nn.LSTM, len(WORDS), every_step=True).eval()
    documents = [i // 8 for i in range(len(text()))]
    for options in ({}, {"initial": "carried", "documents": documents}):
        carried = bool(options)
        whole = rnnvis.record(model, text(), WORDS, **SMALL, **options)
        parts = [rnnvis.record(model, text(), WORDS, shard=(i, 3), **SMALL, **options) for i in range(3)]
        seconds = [
            rnnvis.record(model, text(), WORDS, shard=(i, 3), compare=parts, **SMALL, **options) for i in range(3)
        ]
        found = rnnvis.reduce([*seconds, *parts], model, text(), WORDS, **SMALL, **options)
        same_recording(found, whole, exact=not carried)
        if not carried:
            same_answers(found, whole)
    with pytest.raises(rnnvis.RnnvisError, match="9 documents, and there are 10 shards"):
        rnnvis.record(model, text(), WORDS, shard=(0, 10), **SMALL, initial="carried", documents=documents)


def test_heads_that_are_not_linear_and_a_source() -> None:
    model = Classifier(nn.GRU, 3).eval()
    model.head = nn.Sequential(nn.Linear(12, 6), nn.Tanh(), nn.Linear(6, 3))  # type: ignore[assignment]
    options = {**SMALL, "classes": ["a", "b", "c"]}
    whole = rnnvis.record(model, text(), WORDS, **options)
    parts = [rnnvis.record(model, text(), WORDS, shard=(i, 3), **options) for i in range(3)]
    found = rnnvis.reduce(parts, model, text(), WORDS, **options)
    assert whole.effects is not None
    assert found.effects is not None
    assert not whole.effects.exact
    assert found.effects.accounts_for == pytest.approx(whole.effects.accounts_for, abs=1e-9)
    for state, weights in whole.effects.weights.items():
        np.testing.assert_allclose(found.effects.weights[state], weights, rtol=1e-6)

    class Source:
        states: ClassVar = {"sum.0.h": 3}

        def steps(self, batch: rnnvis.Batch) -> Any:
            total = torch.zeros(len(batch.ids), 3)
            for ids in batch.ids.T:
                total = torch.tanh(total / 2 + torch.stack([ids % 2, ids % 3, ids % 5], dim=1))
                yield {"sum.0.h": total}

        def attention(self, batch: rnnvis.Batch) -> torch.Tensor:
            inside = torch.arange(batch.ids.shape[1]) < batch.lengths[:, None]
            return inside / batch.lengths[:, None]

    of_source = rnnvis.record(Source(), text(), WORDS, **SMALL)
    parts = [rnnvis.record(Source(), text(), WORDS, shard=(i, 2), **SMALL) for i in range(2)]
    seconds = [rnnvis.record(Source(), text(), WORDS, shard=(i, 2), compare=parts, **SMALL) for i in range(2)]
    merged = rnnvis.reduce([*seconds, *parts], Source(), text(), WORDS, **SMALL)
    same_recording(merged, of_source)
    assert merged.attention is not None
    assert of_source.attention is not None
    np.testing.assert_array_equal(merged.attention.sentence_id, of_source.attention.sentence_id)
    for one, other in zip(merged.attention.weight, of_source.attention.weight, strict=True):
        np.testing.assert_array_equal(one, other)


def test_torchrun_maps_ranks_to_shards(tmp_path: Path) -> None:
    """Two processes of torchrun that speak by gloo: each records its own shard, and the first merges both."""
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys
            import torch.distributed as dist
            from torch import nn
            import rnnvis
            from tests.python.sharded import WORDS, Classifier, labels, same_answers, same_recording, text

            dist.init_process_group("gloo")
            model, options, folder = Classifier(nn.GRU).eval(), {"labels": labels(40), "batch_steps": 60}, sys.argv[1]
            rank, names = dist.get_rank(), [f"{folder}/{i}" for i in range(dist.get_world_size())]
            rnnvis.record(model, text(40), WORDS, shard="torchrun", **options).save(names[rank])
            dist.barrier()
            second = rnnvis.record(model, text(40), WORDS, shard="torchrun", compare=names, **options)
            second.save(names[rank] + ".second")
            dist.barrier()
            if rank == 0:
                whole = rnnvis.record(model, text(40), WORDS, **options)
                found = rnnvis.reduce([*names, *(n + ".second" for n in names)], model, text(40), WORDS, **options)
                same_recording(found, whole)
                same_answers(found, whole)
                print("merged", dist.get_world_size())
            dist.destroy_process_group()
            """
        ),
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "pipeline"), str(ROOT)])}
    done = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, timeout=240, check=False, env=environment
    )
    assert "merged 2" in done.stdout, done.stderr
