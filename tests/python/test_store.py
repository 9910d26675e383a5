import pytest

from rnnvis.errors import RnnvisError
from rnnvis.stages import store
from rnnvis.stages.store import Step


def step(build, inputs=None, **options):
    return Step("measure", "tiny", inputs or {"a": 1}, ("errors.py",), build, **options)


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


def test_comments_and_docstrings_do_not_make_a_stage_stale(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "PACKAGE", tmp_path)
    room = tmp_path / "room.py"
    digests = []
    texts = ['"""Doc."""\nx = 1\n', '"""Other."""\n# why\nx = 1\n', "x = 2\n"]
    for text in texts:
        store.code_digest.cache_clear()
        room.write_text(text)
        digests.append(store.code_digest("room.py"))
    store.code_digest.cache_clear()
    assert digests[0] == digests[1] != digests[2]
