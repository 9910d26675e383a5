"""A recording on a local Ray of two workers, one of which is killed on the way, against one run in this process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from torch import nn

import rnnvis
from rnnvis.api.on_ray import tree
from tests.python.sharded import WORDS, Classifier, labels, same_answers, same_recording, text

OPTIONS = {"batch_steps": 40, "frequent_count": 5}


def test_shards_are_merged_in_the_same_pairs_always() -> None:
    """Each merge stands behind what it needs, and every job but the last is needed once."""
    for count in (1, 2, 3, 5, 8, 13):
        jobs = tree(0, count - 1, count)
        names = [job.name for job in jobs]
        needed = [name for job in jobs for name in job.needs]
        assert sorted(needed) == sorted(names[:-1])
        assert all(names.index(name) < place for place, job in enumerate(jobs) for name in job.needs)
        assert [job.shard.index for job in jobs if job.shard] == list(range(count))


def test_without_ray_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(rnnvis.RnnvisError, match="Ray is not installed") as refused:
        rnnvis.record_on_ray(Classifier, object(), WORDS)
    assert 'pip install "rnnvis[ray]"' in refused.value.fix


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """A local cluster of two processors."""
    found = pytest.importorskip("ray", reason='Ray is not installed here: pip install "rnnvis[ray]"')
    found.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=200 * 2**20)
    yield found
    found.shutdown()


def made(cell: type[nn.RNNBase], killed: Path | None = None, owner: int = 0) -> nn.Module:
    """The model; on a worker, the 40th call of the first one that comes so far ends its process as a crash does."""
    model = Classifier(cell).eval()
    if killed is None:
        return model
    calls = 0

    def crash(*_: object) -> None:
        nonlocal calls
        calls += 1
        if os.getpid() != owner and calls == 30 and not killed.exists():
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    model.register_forward_pre_hook(crash)
    return model


def test_two_workers_of_which_one_is_killed_are_one_run(ray: Any, tmp_path: Path) -> None:
    rows = [{"tokens": row, "label": label} for row, label in zip(text(), labels(), strict=True)]
    dataset = ray.data.from_items(rows, override_num_blocks=4)
    killed = tmp_path / "killed"
    found = rnnvis.record_on_ray(
        partial(made, nn.GRU, killed, os.getpid()), dataset, WORDS, label="label", workers=2, shards=5, **OPTIONS
    )
    assert killed.exists()
    whole = rnnvis.record(made(nn.GRU), text(), WORDS, labels(), **OPTIONS)
    same_recording(found, whole)
    same_answers(found, whole)


def test_what_is_wrong_is_said(ray: Any) -> None:
    dataset = ray.data.from_items([{"tokens": row} for row in text(10)])
    for options, message in (
        ({"column": "words"}, 'no column "words"'),
        ({"label": "class"}, 'no column "class"'),
        ({"threads": 0}, "threads is 0"),
        ({"observers": []}, "record_on_ray takes no observers"),
        ({"workers": 0}, "workers is 0"),
    ):
        with pytest.raises(rnnvis.RnnvisError, match=message):
            rnnvis.record_on_ray(partial(made, nn.GRU), dataset, WORDS, **options)
    with pytest.raises(rnnvis.RnnvisError, match="the dataset is a list"):
        rnnvis.record_on_ray(partial(made, nn.GRU), text(), WORDS)
    with pytest.raises(rnnvis.RnnvisError, match="id 29; the vocabulary has the ids 0 to 9"):
        rnnvis.record_on_ray(
            partial(made, nn.GRU), ray.data.from_items([{"tokens": [29, 1]}, {"tokens": [1]}]), WORDS[:10]
        )


def broken(owner: int) -> nn.Module:
    model = Classifier(nn.GRU).eval()

    def crash(*_: object) -> None:
        if os.getpid() != owner:
            os.kill(os.getpid(), signal.SIGKILL)

    model.register_forward_pre_hook(crash)
    return model


def test_a_shard_that_is_lost_again_and_again_is_named(ray: Any) -> None:
    dataset = ray.data.from_items([{"tokens": row} for row in text(10)])
    with pytest.raises(rnnvis.RnnvisError, match=r"shards \d to \d were lost 2 times") as refused:
        rnnvis.record_on_ray(
            partial(broken, os.getpid()), dataset, WORDS, workers=1, shards=2, retries=1, outputs="none"
        )
    assert "logs of Ray" in refused.value.fix
