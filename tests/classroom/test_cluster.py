"""The same tasks on a Dask cluster of a real scheduler and real workers, one of which dies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from grader.course.reading import load_module

pytest.importorskip("distributed")

small = load_module(Path(__file__).with_name("small_class.py"), "small_class_texts")
SLOW = small.RIGHT.replace("import numpy as np", "import time\n\nimport numpy as np").replace(
    "return np.maximum", "time.sleep(0.05)\n    return np.maximum"
)
CLASS = {
    "amy": small.RIGHT,
    "ben": small.WRONG_RELU,
    "cleo": small.WRONG_DOUBLE,
    "dan": small.STUB,
    **{f"slow{number}": f"{SLOW}\n# {number}\n" for number in range(8)},
}


class Cluster:
    """A scheduler and its workers; they have the package, and nothing of the course."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        path = os.pathsep.join([str(small.REPOSITORY), os.environ.get("PYTHONPATH", "")])
        self.environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
        self.address_file = folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        at = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        self._start("scheduler", *at, "--scheduler-file", str(self.address_file))
        small.until(self.address_file.exists)

    @property
    def address(self) -> str:
        return str(json.loads(self.address_file.read_text())["address"])

    def add_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker without a nanny, so that who is killed is who works."""
        local = self.folder / f"worker{len(self.workers)}"
        at = ["--host", "127.0.0.1", "--no-dashboard", "--no-nanny", "--nthreads", "1"]
        worker = self._start(
            "worker", self.address, *at, "--local-directory", str(local), **environment
        )
        self.workers.append(worker)
        return worker

    def _start(self, what: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        log = self.stack.enter_context((self.folder / f"{what}.log").open("ab"))
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", what, *options],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.stack.callback(process.wait, 30)
        self.stack.callback(process.kill)
        return process


@pytest.fixture
def cluster(tmp_path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    with ExitStack() as stack:
        yield Cluster(folder, stack)


@pytest.fixture
def full(classroom):
    for student, text in CLASS.items():
        classroom.hand_in(student, text)
    return classroom


def forget(classroom):
    for path in classroom.root.glob("journal.db*"):
        path.unlink()


def test_marks_are_those_of_this_machine_though_a_worker_dies(full, cluster):
    code, out, _ = full.grade()
    here = full.reports()
    forget(full)

    workers = [cluster.add_worker() for _ in range(2)]
    run = full.start("--scheduler", cluster.address)
    small.until(lambda: len(full.judged()) >= 1)
    doomed = psutil.Process(workers[0].pid)
    small.until(doomed.children)
    family = doomed.children(recursive=True)
    workers[0].kill()
    small.until(lambda: not any(small.alive(one) for one in family), 20)
    elsewhere, err = run.communicate(timeout=180)
    assert (run.returncode, elsewhere, err) == (code, out, "")
    assert full.reports() == here
    assert sorted(full.judged()) == sorted(CLASS)
    assert full.rows("SELECT message FROM failures") == []

    # What a worker has unpacked of the course is gone with its tasks.
    assert not list((cluster.folder / "worker1").rglob("*.toml"))


def test_a_worker_of_another_version_is_an_error(full, cluster, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(small.REPOSITORY / "grader", other / "grader")
    with (other / "grader" / "trivial.py").open("a") as file:
        file.write("\n# another version\n")
    cluster.add_worker(PYTHONPATH=str(other))
    code, out, err = full.grade("--scheduler", cluster.address)
    assert (code, out) == (2, "")
    assert "it has another version of gradschool" in err
    assert err.count("\n") == 1
    assert full.judged() == []
