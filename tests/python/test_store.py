import ast
import os
import signal
import time
from types import SimpleNamespace

import numpy  # noqa: F401  (its BLAS is one of the pools of threads)
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from rnnvis.errors import RnnvisError
from rnnvis.nets import training
from rnnvis.recipes.keep import store
from rnnvis.recipes.keep.jobs import can_fork, run_beside
from rnnvis.recipes.keep.project import Dataset
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.recorder import record_classifier


def step(build, inputs=None, **options):
    return Step("measure", "tiny", inputs or {"a": 1}, (), build, **options)


def test_a_finished_step_is_kept_and_a_changed_input_makes_it_anew(tmp_path):
    runs = []

    def build(folder):
        runs.append(folder)
        (folder / "result").write_text("done")

    first = step(build).run(tmp_path)
    assert step(build).run(tmp_path) == first
    assert len(runs) == 1
    second = step(build, {"a": 2}).run(tmp_path)
    assert second != first
    assert (second / "result").read_text() == "done"
    assert not first.exists(), "the result for the old configuration is forgotten once the new one is there"


def test_an_unfinished_step_never_looks_finished_and_starts_afresh(tmp_path):
    def broken(folder):
        (folder / "half").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        step(broken).run(tmp_path)
    assert not step(broken).finished(tmp_path)

    def whole(folder):
        assert list(folder.iterdir()) == []

    step(whole).run(tmp_path)


def test_a_step_computes_with_one_thread_and_leaves_the_number_as_it_was(tmp_path):
    seen = []

    def build(folder):
        seen.extend([torch.get_num_threads(), *(pool["num_threads"] for pool in threadpool_info())])

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with threadpool_limits(2):
            step(build).run(tmp_path)
            assert set(seen) == {1}
            assert torch.get_num_threads() == 2
            assert {pool["num_threads"] for pool in threadpool_info()} == {2}
    finally:
        torch.set_num_threads(before)


def test_a_step_that_resumes_finds_what_it_left(tmp_path):
    def broken(folder):
        (folder / "half").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        step(broken, resumes=True).run(tmp_path)
    seen = []
    step(lambda folder: seen.extend(folder.iterdir()), resumes=True).run(tmp_path)
    assert [path.name for path in seen] == ["half"]


def test_a_full_disk_is_explained_and_what_was_finished_before_stays(tmp_path):
    kept = step(lambda folder: (folder / "result").write_text("done")).run(tmp_path)

    def full(folder):
        raise OSError(28, "No space left on device", str(folder / "result"))

    with pytest.raises(RnnvisError, match="No space left") as caught:
        step(full, {"a": 2}).run(tmp_path)
    assert "disk space" in caught.value.fix
    assert (kept / "result").read_text() == "done"


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A package of three modules that the store takes for its own: `work` imports `part`, nobody imports `apart`."""
    folder = tmp_path / "house"
    folder.mkdir()
    (folder / "work.py").write_text("from house.part import x\n")
    (folder / "part.py").write_text('"""Doc."""\nx = 1\n')
    (folder / "apart.py").write_text("y = 1\n")
    monkeypatch.setattr(store, "PACKAGE", folder)

    def digest(**texts):
        for name, text in texts.items():
            (folder / f"{name}.py").write_text(text)
        store.code_digest.cache_clear()
        store._imports.cache_clear()
        return store.code_digest("house.work", ("house.work",))

    yield digest
    store.code_digest.cache_clear()
    store._imports.cache_clear()


def test_comments_and_docstrings_do_not_make_a_step_stale(house):
    first = house()
    assert house(part='"""Other."""\n# why\nx = 1\n') == first
    assert house(part="x = 2\n") != first


def test_a_step_depends_on_what_its_work_imports_and_on_nothing_else(house):
    first = house()
    assert house(apart="y = 2\n") == first
    assert house(part="from house.apart import y as x\n") != first
    second = house()
    assert house(apart="y = 3\n") != second


def test_trainings_whose_names_make_the_same_words_do_not_delete_each_other(tmp_path):
    def train(dataset, card):
        of = Dataset(tmp_path, SimpleNamespace(name=dataset), {})
        label = of.label(SimpleNamespace(name=card), 0)
        return Step("train", label, {"of": dataset}, (), lambda folder: (folder / "result").write_text(dataset))

    first = train("toy", "small-gru").run(tmp_path)
    second = train("toy-small", "gru").run(tmp_path)
    assert [folder.joinpath("result").read_text() for folder in (first, second)] == ["toy", "toy-small"]


def test_the_work_of_a_real_step_is_found_whole_and_nothing_beside_it():
    recorded = store.imported([record_classifier.__module__])
    assert {
        "rnnvis.api.record",
        "rnnvis.recording.cells.lstm",
        "rnnvis.measures.measure",
        "rnnvis.measures.units.units",
        "rnnvis.text.sentences",
    } <= recorded
    trained = store.imported([training.__name__])
    assert {"rnnvis.nets.training", "rnnvis.nets.classifier", "rnnvis.text.batches"} <= trained
    beside = {
        name for name in trained if not name.startswith("rnnvis.recording.cells")
    }  # what a cell computes, decides
    assert not any(name.startswith(("rnnvis.recording", "rnnvis.measures", "rnnvis.text.kinds")) for name in beside)
    assert not any(name.startswith(("rnnvis.recipes.keep", "rnnvis.server")) for name in recorded | trained)


@pytest.mark.parametrize("package", ["text", "recording", "measures", "published", "nets"])
def test_what_makes_results_imports_nothing_inside_of_functions(package):
    for path in (store.PACKAGE / package).rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for node in ast.walk(function):
                hidden = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rnnvis")
                assert not hidden, f"{path}: {function.name} imports {node.module}"


def waiting_for(folder, *names):
    """Ends once files called `names` are there: only possible where the steps that write them run beside this one."""
    until = time.monotonic() + 60
    while not all((folder / name).exists() for name in names) and time.monotonic() < until:
        time.sleep(0.01)
    assert all((folder / name).exists() for name in names)


@pytest.mark.skipif(not can_fork(), reason="processes are forked on Linux only")
class TestStepsBesideEachOther:
    def steps(self, tmp_path, fails=False):
        def beside(own, other):
            def build(folder):
                (tmp_path / own).write_text("here")
                waiting_for(tmp_path, other)
                (folder / "result").write_text(own)

            return Step("train", own, {"of": own}, (), build)

        def after(folder):
            if fails:
                raise RnnvisError("it did not work", "try again")
            for step in first:
                assert step.finished(tmp_path)
            (folder / "result").write_text("both")

        first = [beside("a", "b"), beside("b", "a")]
        return [*first, Step("compare", "ab", {"of": [step.key for step in first]}, (), after)]

    def test_two_run_at_once_and_what_needs_them_comes_after(self, tmp_path):
        steps, done = self.steps(tmp_path), []
        run_beside(steps, tmp_path, 2, lambda step, cached, _: done.append((step.label, cached)))
        assert sorted(done[:2]) == [("a", False), ("b", False)]
        assert done[2] == ("ab", False)
        assert (steps[2].folder(tmp_path) / "result").read_text() == "both"
        run_beside(steps, tmp_path, 2, lambda step, cached, _: done.append((step.label, cached)))
        assert {cached for _, cached in done[3:]} == {True}

    def test_an_error_in_one_is_the_error_of_all(self, tmp_path):
        with pytest.raises(RnnvisError, match="it did not work") as caught:
            run_beside(self.steps(tmp_path, fails=True), tmp_path, 2, lambda *_: None)
        assert caught.value.fix == "try again"

    def test_a_process_that_is_killed_is_named_and_the_others_end(self, tmp_path):
        def die(folder):
            waiting_for(tmp_path, "slow")
            os.kill(os.getpid(), signal.SIGKILL)

        def slow(folder):
            (tmp_path / "slow").write_text(f"{os.getpid()}")
            time.sleep(60)

        steps = [Step("train", "die", {}, (), die), Step("train", "slow", {"a": 1}, (), slow)]
        with pytest.raises(RnnvisError, match="train die: its process was ended by signal 9"):
            run_beside(steps, tmp_path, 2, lambda *_: None)
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "slow").read_text()), 0)
