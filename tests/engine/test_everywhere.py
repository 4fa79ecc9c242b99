"""Where a system lacks what Linux has, marks are the same, and what is lost is said."""

from __future__ import annotations

import ast
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course.reading import load_course
from grader.wall.clocks import Account
from grader.wall.isolation import PROCESS, Isolation, detect, lacking
from grader.wall.limits import Limits
from grader.wall.protocol.line import Line, forks
from grader.wall.session import Session, Sources
from grader.wall.spawned import SpawnedSandbox

ROOT = Path(__file__).resolve().parents[2]
POORER = Path(__file__).with_name("poorer.py")
WEAK = Isolation(PROCESS, "chosen by a test")
COURSE = load_course(ROOT)
SUBMISSION = """
import os, time
import numpy as np

def sigmoid(x):
    while True: pass

def logsumexp(z, axis=-1): os._exit(0)

def softmax(z, axis=-1):
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)

def log_softmax(z, axis=-1):
    top = z.max(axis=axis, keepdims=True)
    return z - top - np.log(np.exp(z - top).sum(axis=axis, keepdims=True))
"""
EXERCISES = ("ch4.sigmoid", "ch4.logsumexp", "ch4.softmax", "ch4.log_softmax")


def run(*arguments: str, poorer: bool = False, **environment: str) -> subprocess.CompletedProcess:
    program = [str(POORER), "grade"] if poorer else ["-m", "grader"]
    return subprocess.run(
        [sys.executable, *program, *arguments],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT,
        check=False,
    )


@pytest.fixture
def submission(tmp_path) -> Path:
    path = tmp_path / "ch4.py"
    path.write_text(SUBMISSION, encoding="utf-8")
    return path


def test_marks_are_the_same_without_fork_descriptors_alarms_and_limits(submission, tmp_path):
    ask = (*EXERCISES, "--submission", str(submission), "--format", "json")
    rich, poor = run(*ask), run(*ask, poorer=True, TMPDIR=str(tmp_path))
    assert (rich.returncode, poor.returncode) == (1, 1), poor.stderr
    expected, found = json.loads(rich.stdout), json.loads(poor.stdout)
    assert found["isolation"] == PROCESS
    expected["isolation"] = PROCESS
    assert found == expected
    statuses = {one["id"]: one["status"] for one in found["exercises"]}
    assert statuses == {
        "ch4.sigmoid": "timeout",
        "ch4.logsumexp": "crashed",
        "ch4.softmax": "failed",
        "ch4.log_softmax": "passed",
    }
    assert not list(tmp_path.glob("gradschool-*")), "scratch folders are left behind"


def test_every_module_can_be_imported_without_what_is_posix_only():
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "grader").rglob("*.py"))
        if path.stem not in ("__main__", "__init__") and "migrations" not in path.parts
    ]  # Alembic runs its migrations itself.
    program = f"""
import importlib, sys
sys.path.insert(0, {str(POORER.parent)!r})
import poorer
poorer.become_poorer()
optional = ("nbgrader", "IPython", "nbconvert", "traitlets", "distributed", "copydetect", "sphinx")
for name in {names!r}:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name.split(".")[0] not in optional:
            raise
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_system_that_tests_simulate_really_is_poorer():
    program = f"""
import sys
sys.path.insert(0, {str(POORER.parent)!r})
import poorer
poorer.become_poorer()
from grader.wall.protocol.line import forks, passes_descriptors
from grader.wall.inside.confinement import limit
assert not forks() and not passes_descriptors()
limit({{"RLIMIT_NOFILE": 3}})
"""
    subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True
    )


def test_doctor_says_what_the_isolation_lacks():
    said = run("doctor", poorer=True).stdout.decode()
    assert "isolation   process: " in said
    assert "here neither its memory nor its processes and files are limited" in said
    assert "do: docker" not in said, "that is no cure on such a system"
    assert max(map(len, said.splitlines())) <= 80


def test_macos_forks_nothing_and_does_not_limit_memory(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os.path, "isdir", lambda path: False)
    detect.cache_clear()
    try:
        assert not forks()
        assert detect() == Isolation(PROCESS, "bubblewrap needs Linux, this is darwin")
        lines = " ".join(lacking(detect()))
        assert "macOS ignores such a limit" in lines
        assert "in a group of its own" in lines
    finally:
        monkeypatch.undo()
        detect.cache_clear()


def test_strong_isolation_lacks_nothing(bubblewrap):
    assert not list(lacking(bubblewrap))


def test_workers_of_their_own_share_nothing_and_leave_with_their_leash():
    source = "count = 0\ndef next():\n    global count\n    count += 1\n    return count\n"
    source += "def slow():\n    import time\n    time.sleep(60)\n"
    limits = Limits(call_seconds=1.0)
    with SpawnedSandbox(WEAK, ("numpy",), limits) as sandbox:
        sessions = [
            Session(sandbox, Sources("ch", {"ch": source}), limits, Account()) for _ in range(2)
        ]
        assert [session.call("next", [], {}) for session in sessions] == [1, 1]
        workers = [worker.process for worker in sandbox.working]
        for session in sessions:
            session.close()
        for worker in workers:
            worker.wait(10)
        assert sandbox.alive()
        last = sandbox.ahead.process
    assert last.poll() is not None
    assert not Path(sandbox.folder).exists()


def test_a_stranger_who_calls_is_turned_away(monkeypatch):
    monkeypatch.setattr("grader.wall.protocol.line.passes_descriptors", lambda: False)
    program = (
        "import sys; from grader.wall.protocol.line import take_up; "
        "take_up(sys.argv[1]).sendall(b'R')"
    )
    line = Line()
    stranger = socket.create_connection(("127.0.0.1", int(line.way.split()[1])))
    stranger.sendall(b"0" * 32)
    process = line.start([sys.executable, "-c", program, line.way], env={"PYTHONPATH": str(ROOT)})
    end = line.connected(process, 30.0)
    assert end is not None
    assert end.recv(1) == b"R"
    assert stranger.recv(1) == b"", "the stranger is still on the line"
    process.wait(10)


def test_a_statement_is_interrupted_without_alarms():
    """In a process of its own: a loader leaves its traces in the one in which it runs."""
    program = """
import signal
from grader.wall.inside.allowance import Allowance
from grader.wall.inside.loading import Loader
del signal.setitimer, signal.SIGALRM
loader = Loader("ch", {"ch": "a = 1\\nwhile True: pass\\nb = 2\\n"}, Allowance(1.0, 1.0, 1.0))
module = loader.run()
assert (module.a, module.b) == (1, 2)
assert loader.problems.told[0]["types"][0] == "StillRunning"
"""
    subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8", "utf-16"])
def test_consoles_of_every_encoding(submission, encoding):
    ask = ("ch4.softmax", "ch4.log_softmax", "--submission", str(submission))
    done = run(*ask, PYTHONIOENCODING=encoding)
    assert done.returncode == 1, done.stderr
    text = done.stdout.decode(encoding)
    assert ("✗ softmax" in text) if encoding.startswith("utf") else ("x softmax" in text)
    assert run("list", "ch4", PYTHONIOENCODING=encoding).returncode == 0


def test_text_is_read_and_written_alike_on_every_system():
    """Encoding and ends of lines are chosen, never the system's: looked for in every call."""
    offenders = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted((ROOT / "grader").rglob("*.py"))
        if path.stem != "namespaces"  # runs on Linux alone
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and not _explicit(call)
    ]
    assert not offenders


def _explicit(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    given = {keyword.arg for keyword in call.keywords}
    arguments = [str(one.value) for one in call.args if isinstance(one, ast.Constant)]
    mode = next((one for one in arguments if re.fullmatch(r"[rwxab+t]{1,3}", one)), None)
    writes = name == "write_text" or bool(mode and set(mode) & set("wxa"))
    if name == "read_text" and arguments:  # a file of an installed package, by its name
        return True
    if name in ("write_text", "read_text", "fdopen") or (name == "open" and mode):
        if mode and "b" in mode:
            return True
        return {"encoding", "newline"} <= given if writes else "encoding" in given
    return True


@pytest.mark.parametrize(
    ("source", "explicit"),
    [
        ("p.write_text(t, encoding='utf-8', newline='')", True),
        ("p.write_text(t, encoding='utf-8')", False),
        ("p.read_text()", False),
        ("open(p, 'w', encoding='utf-8')", False),
        ("p.open('xb')", True),
        ("sandbox.open()", True),
    ],
)
def test_of_that_look(source, explicit):
    assert _explicit(ast.parse(source).body[0].value) is explicit
