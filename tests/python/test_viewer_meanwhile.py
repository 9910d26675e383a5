"""The viewer is built beside the stages: waited for, ended where they fail, and heard where it fails."""

import os
import time
from types import SimpleNamespace

import pytest

from rnnvis.errors import RnnvisError
from rnnvis.recipes.website import viewer_meanwhile

SLOW = """
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("numbers.part").write_text(str(child.pid))
pathlib.Path("numbers.part").replace("numbers")
child.wait()
"""


def checkout(folder, work):
    (folder / "tools" / "website").mkdir(parents=True)
    (folder / "tools" / "__init__.py").touch()
    (folder / "tools" / "website" / "__init__.py").touch()
    (folder / "tools" / "website" / "__main__.py").write_text(work)
    return SimpleNamespace(root=folder)


def waited_for(what):
    for _ in range(600):
        if what():
            return True
        time.sleep(0.1)
    return False


def running(process):
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_it_is_waited_for_and_runs_meanwhile(tmp_path):
    project = checkout(tmp_path, "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.01)\n")
    with viewer_meanwhile(project):
        (tmp_path / "go").touch()  # a viewer that was built first would wait for this


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes as Linux shows them")
def test_it_is_ended_with_all_that_it_started_where_a_stage_fails(tmp_path):
    project, children = checkout(tmp_path, SLOW), []

    def stages():
        with viewer_meanwhile(project):
            assert waited_for((tmp_path / "numbers").exists)
            children.append(int((tmp_path / "numbers").read_text()))
            assert running(children[0])
            raise RnnvisError("a stage failed", "mend it")

    with pytest.raises(RnnvisError, match="a stage failed"):
        stages()
    assert waited_for(lambda: not running(children[0]))


def test_its_failure_ends_the_run(tmp_path):
    with pytest.raises(SystemExit) as failed, viewer_meanwhile(checkout(tmp_path, "raise SystemExit(3)")):
        pass
    assert failed.value.code == 3
