"""A recording on a Ray cluster: shards on workers with one model each, merged as a tree while others still run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from torch import nn

from rnnvis import progress
from rnnvis.api.partial import Partial
from rnnvis.api.prepared import Asked, Prepared, prepare
from rnnvis.api.recording import Recording
from rnnvis.api.sharding import compare_shard, merge_partials, record_shard, reduced
from rnnvis.arguments import ANY, NAME, between, check, checks_arguments
from rnnvis.errors import RnnvisError
from rnnvis.recording import StateSource
from rnnvis.text.batches import Shard
from rnnvis.text.sentences import Sentences

SHARDS_A_WORKER = 8
"""A shard that is lost costs its time again; each costs a merge."""
_INSTALL = 'install it: pip install "rnnvis[ray]"'
_WORKERS = between(1, 10_000)


@dataclass(frozen=True)
class _Text:
    """A text as it lies in Ray's shared memory: `ids` int32 [N], `lengths` int64 [S], `labels` or None."""

    ids: np.ndarray
    lengths: np.ndarray
    labels: list[Any] | None


@checks_arguments(
    make_model=ANY,
    dataset=ANY,
    vocabulary=ANY,
    column=NAME,
    label=NAME,
    workers=_WORKERS,
    shards=_WORKERS,
    retries=between(0, 1000),
)
def record_on_ray(
    make_model: Callable[[], nn.Module | StateSource],
    dataset: Any,
    vocabulary: Any,
    *,
    column: str = "tokens",
    label: str | None = None,
    workers: int | None = None,
    shards: int | None = None,
    retries: int = 3,
    surprise: bool = True,
    forward: Any = None,
    **options: Any,
) -> Recording:
    """`rnnvis.record` on a Ray cluster: `make_model()` over the sequences of a `ray.data.Dataset`, a row each.

    `column` holds their token ids, `label` their labels. There are as many `workers` as the cluster has GPUs, else as
    it has processors, each with a model of its own, on its GPU where there is one. The text is cut into `shards` (8 for
    each worker); a shard whose worker dies is run by another one, up to `retries` times. Partials are merged in pairs,
    always the same ones, on the workers, as soon as they are there: at any time about as many wait as there are
    workers. `surprise` has every shard run twice, the second time to compare its steps with the responses to all of the
    text. `options` and `forward` are those of `rnnvis.record`.

    The ids of the text lie once on each machine, 4 bytes a token; each worker takes what a recording takes, words ×
    units, and not the states.

    Raises RnnvisError: no Ray, a dataset without that column, a shard that was lost too often, and what record raises.
    """
    try:
        import ray
    except ImportError:
        raise RnnvisError("Ray is not installed", _INSTALL) from None
    unknown = sorted(set(options) - ({of.name for of in fields(Asked)} - {"observers", "tokens", "lengths"}))
    if unknown:
        raise RnnvisError(
            f"record_on_ray takes no {unknown[0]}", "see rnnvis.record; tokens, lengths and observers are not taken"
        )
    check({name: value for name, value in options.items() if value is not None and name not in ("documents", "resets")})
    text = _text(dataset, column, label)
    if not ray.is_initialized():
        ray.init(log_to_driver=False)
    gpus = int(ray.cluster_resources().get("GPU", 0))
    many = workers or max(1, gpus or int(ray.cluster_resources().get("CPU", 1)))
    count = shards or SHARDS_A_WORKER * many
    asked = Asked(**options)
    prepared = _prepared(make_model(), text, vocabulary, forward, asked)  # what is wrong with the model is said here
    actor = ray.remote(num_cpus=1, num_gpus=1 if gpus >= many else 0)(_Worker)
    given = ray.put(text)
    engine = _Engine(
        ray,
        lambda: actor.remote(make_model, given, vocabulary, forward, asked, gpus >= many),
        min(many, count),
        retries,
    )
    try:
        (last,) = engine.run(tree(0, count - 1, count), "Recording shards").values()
        whole = ray.get(last)
        seconds: list[Partial] = []
        if surprise:
            jobs = [_Job(f"second look at shard {i}", "compare", ("whole",), Shard(i, count)) for i in range(count)]
            found = engine.run(jobs, "Comparing shards", {"whole": last})
            seconds = [ray.get(found[job.name]) for job in jobs]
    finally:
        engine.stop()
    return reduced(prepared, [whole], seconds)


def _text(dataset: Any, column: str, label: str | None) -> _Text:
    if not hasattr(dataset, "iter_batches"):
        raise RnnvisError(
            f"the dataset is a {type(dataset).__name__}", "pass a ray.data.Dataset: ray.data.from_items(…)"
        )
    ids: list[np.ndarray] = []
    lengths: list[int] = []
    labels: list[Any] = []
    for batch in dataset.iter_batches(batch_format="numpy"):
        for name in (column, label):
            if name is not None and name not in batch:
                raise RnnvisError(f'the dataset has no column "{name}"', f"its columns: {', '.join(batch)}")
        rows = [np.asarray(row) for row in batch[column]]
        for row in rows:
            if row.ndim != 1 or row.dtype.kind not in "iu":
                raise RnnvisError(
                    f'a row of "{column}" is {row.dtype} {list(row.shape)}', "give each row a list of token ids"
                )
        ids.append(np.concatenate([np.zeros(0, np.int32), *rows]).astype(np.int32))
        lengths += map(len, rows)
        labels += list(batch[label]) if label is not None else []
    return _Text(np.concatenate([np.zeros(0, np.int32), *ids]), np.array(lengths, np.int64), labels or None)


def _prepared(model: Any, text: _Text, vocabulary: Any, forward: Any, asked: Asked) -> Prepared:
    return prepare(model, Sentences(text.ids, text.lengths), vocabulary, text.labels, forward, asked)


class _Worker:
    """One model. What is found goes back in two: that it was, and what it is, which stays where it is."""

    def __init__(self, make_model: Any, text: _Text, vocabulary: Any, forward: Any, asked: Asked, gpu: bool) -> None:
        progress.quiet()
        model = make_model()
        if gpu and isinstance(model, nn.Module):
            model = model.cuda()
        self.prepared = _prepared(model, text, vocabulary, forward, asked)

    def record(self, shard: Shard) -> tuple[bool, Partial]:
        return True, record_shard(self.prepared, shard)

    def merge(self, a: Partial, b: Partial) -> tuple[bool, Partial]:
        return True, merge_partials(self.prepared, [a, b])

    def compare(self, whole: Partial, shard: Shard) -> tuple[bool, Partial]:
        return True, compare_shard(self.prepared, shard, [whole])


@dataclass(frozen=True)
class _Job:
    """Work for any worker: one of its methods, of what the jobs `needs` gave, and of a shard where there is one."""

    name: str
    method: str
    needs: tuple[str, ...] = ()
    shard: Shard | None = None

    @property
    def given(self) -> tuple[Shard, ...]:
        """What the method takes besides."""
        return () if self.shard is None else (self.shard,)


def tree(first: int, last: int, count: int) -> list[_Job]:
    """The jobs that come to shards `first` to `last` of `count`, merged in pairs: each after those that it needs."""
    name = f"shards {first} to {last}"
    if first == last:
        return [_Job(name, "record", shard=Shard(first, count))]
    half = 1 << ((last - first).bit_length() - 1)  # the left one is a whole tree, whatever is at the right
    left, right = tree(first, first + half - 1, count), tree(first + half, last, count)
    return [*left, *right, _Job(name, "merge", (left[-1].name, right[-1].name))]


class _Engine:
    """Workers that do jobs; one that dies is replaced, and what is lost with it is done again."""

    def __init__(self, ray: Any, make: Callable[[], Any], workers: int, retries: int) -> None:
        self.ray, self.make, self.retries = ray, make, retries
        self.idle = [make() for _ in range(workers)]
        self.running: dict[Any, tuple[_Job, Any, Any]] = {}
        self.lost: dict[str, int] = {}

    def stop(self) -> None:
        """End all workers."""
        for worker in [*self.idle, *(worker for _, _, worker in self.running.values())]:
            self.ray.kill(worker)

    def run(self, jobs: Sequence[_Job], title: str, there: dict[str, Any] | None = None) -> dict[str, Any]:
        """References to what the jobs give that no other one needs, by name; `there` are those of other jobs.

        A job that can be done goes before later ones, so that what waits to be merged is little. What was merged is let
        go of."""
        found, done = dict(there or {}), set(there or {})
        with progress.bar(title, total=sum(job.shard is not None for job in jobs)) as bar:
            while not all(job.name in done for job in jobs):
                for job in jobs:
                    if not self.idle:
                        break
                    busy = any(job is one for one, _, _ in self.running.values())
                    if job.name not in done and not busy and all(name in found for name in job.needs):
                        self._begin(job, found)
                for job, made in self._ended(jobs, found, done):
                    found[job.name] = made
                    done.add(job.name)
                    for name in job.needs:
                        if name not in (there or {}):
                            del found[name]
                    bar.advance(job.shard is not None)
        return found

    def _begin(self, job: _Job, found: dict[str, Any]) -> None:
        worker = self.idle.pop()
        method = getattr(worker, job.method).options(num_returns=2)
        known, made = method.remote(*(found[name] for name in job.needs), *job.given)
        self.running[known] = job, made, worker

    def _ended(self, jobs: Sequence[_Job], found: dict[str, Any], done: set[str]) -> list[tuple[_Job, Any]]:
        """The jobs that are done by now, with what they gave; those that were lost are to be done again."""
        errors = self.ray.exceptions
        ended = []
        for known in self.ray.wait(list(self.running), num_returns=1)[0]:
            job, made, worker = self.running.pop(known)
            try:
                self.ray.get(known)
            except errors.RayTaskError as error:
                cause = error.cause
                if isinstance(cause, RnnvisError):
                    raise RnnvisError(cause.message, cause.fix) from None
                if not isinstance(cause, errors.ObjectLostError):
                    raise
                self.idle.append(worker)
                self._forget(job, jobs, found, done)
                self._count(job, error)
            except (errors.RayActorError, errors.ObjectLostError) as error:
                self.ray.kill(worker)
                self.idle.append(self.make())
                if isinstance(error, errors.ObjectLostError):
                    self._forget(job, jobs, found, done)
                self._count(job, error)
            else:
                self.idle.append(worker)
                ended.append((job, made))
        return ended

    def _forget(self, job: _Job, jobs: Sequence[_Job], found: dict[str, Any], done: set[str]) -> None:
        """What the job needs is lost: do it again."""
        for needed in (one for one in jobs if one.name in job.needs):
            found.pop(needed.name, None)
            done.discard(needed.name)
            self._forget(needed, jobs, found, done)

    def _count(self, job: _Job, error: Exception) -> None:
        self.lost[job.name] = self.lost.get(job.name, 0) + 1
        if self.lost[job.name] > self.retries:
            what = (str(error).splitlines() or [type(error).__name__])[0]
            raise RnnvisError(
                f"{job.name} were lost {self.lost[job.name]} times ({what})",
                "see the logs of Ray's workers; where memory is short, take fewer workers, or a larger frequent_count",
            )
        progress.say(f"{job.name.capitalize()} were lost with their worker, and are done again")
