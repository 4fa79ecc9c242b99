"""Cells: what one submission leaves behind, the next one does not find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from grader.wall.clocks import Account
from grader.wall.errors import SubmissionLost
from grader.wall.isolation import PROCESS, Isolation
from grader.wall.limits import Limits
from grader.wall.sandbox import Cell, Sandbox, warm_sandbox
from grader.wall.session import Session, Sources

LIMITS = Limits(call_seconds=5.0)
MESSENGER = '''
import ctypes, os, platform, socket, sys
import numpy as np

libc = ctypes.CDLL(None, use_errno=True)
KEYS = {"x86_64": (248, 250), "aarch64": (217, 219)}.get(platform.machine(), (0, 0))
HELD = []

def _shared_memory(flags):
    return libc.shmget(0x6772, 4096, flags | 0o666)

def _abstract():
    end = socket.socket(socket.AF_UNIX)
    return end, "\\0gradschool"

def _found_key(ring):
    call = [ctypes.c_long(value) for value in (KEYS[1], 10, ring)]
    return libc.syscall(*call, b"user", b"gradschool", ctypes.c_long(0)) > 0

def leave(x):
    """Leave a message in every way that comes to mind."""
    for folder in ("/tmp", ".", "/dev/shm", "/var/tmp", "/run"):
        try:
            open(f"{folder}/message", "w").write("hello")
        except OSError:
            continue
    _shared_memory(0o1000)
    for ring in (-3, -4, -5):
        call = [ctypes.c_long(KEYS[0]), b"user", b"gradschool", b"hello", ctypes.c_long(5)]
        libc.syscall(*call, ctypes.c_long(ring))
    end, name = _abstract()
    end.bind(name)
    end.listen()
    HELD.append(end)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                end.accept()
        os._exit(0)
    np.message = sys.message = "hello"
    np.ones = lambda *shape: "hello"
    os.environ["MESSAGE"] = "hello"
    return x

def look(x):
    """Which messages are there."""
    found = []
    for folder in ("/tmp", ".", "/dev/shm", "/var/tmp", "/run"):
        if os.path.exists(f"{folder}/message"):
            found.append("file")
    if _shared_memory(0) >= 0:
        found.append("shared memory")
    if any(_found_key(ring) for ring in (-3, -4, -5)):
        found.append("key")
    end, name = _abstract()
    try:
        end.connect(name)
        found.append("socket")
    except OSError:
        pass
    if hasattr(np, "message") or hasattr(sys, "message") or "MESSAGE" in os.environ:
        found.append("module")
    if any(number not in own() for number in processes()):
        found.append("process")
    return found

def own():
    return {1, os.getpid(), os.getppid()}

def processes():
    return [number for number in range(1, 400) if alive(number)]

def alive(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

def privileges(x):
    """What this process may do that a submission should not."""
    namespaces = libc.unshare(0x10000000) == 0
    mounts = libc.umount2(b"/tmp", 2) == 0 or libc.mount(b"a", b"/tmp", b"tmpfs", 0, None) == 0
    signals = []
    try:
        os.kill(1, 9)
    except PermissionError:
        signals.append("none")
    return [namespaces, mounts, os.getpid() > 1]

def open_descriptors(x):
    found = []
    for number in range(3, 4096):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            continue
    return len(found)
'''


@pytest.fixture(scope="module")
def warm(bubblewrap: Isolation) -> Iterator[Sandbox]:
    with warm_sandbox(bubblewrap, ("numpy",), LIMITS) as sandbox:
        assert sandbox is not None
        assert sandbox.divisible(), "namespaces cannot be nested here"
        yield sandbox


@pytest.fixture
def ask() -> Callable[[Cell, str], object]:
    """Ask one function of the messenger, in a worker of its own."""

    def ask(cell: Cell, *names: str) -> object:
        sources = Sources("ch", {"ch": MESSENGER})
        with closing(Session(cell, sources, LIMITS, Account())) as session:
            return [session.call(name, [1.0], {}) for name in names][-1]

    return ask


def test_the_messenger_finds_its_own_messages(warm, ask):
    with Cell(warm) as cell:
        found = ask(cell, "leave", "look")
    assert {"file", "socket", "module", "process"} <= set(found)


def test_nothing_passes_from_one_cell_to_the_next(warm, ask):
    with Cell(warm) as cell:
        ask(cell, "leave")
    with Cell(warm) as cell:
        assert ask(cell, "look") == []


def test_nothing_passes_between_cells_side_by_side(warm, ask):
    sources = Sources("ch", {"ch": MESSENGER})
    with (
        Cell(warm) as one,
        Cell(warm) as other,
        closing(Session(one, sources, LIMITS, Account())) as session,
    ):
        session.call("leave", [1.0], {})
        assert ask(other, "look") == []
        assert "process" in session.call("look", [1.0], {})


def test_processes_end_with_their_worker(warm, ask):
    with Cell(warm) as cell:
        ask(cell, "leave")
        assert "process" not in ask(cell, "look")


def test_a_submission_has_no_privileges_in_its_cell(warm, ask):
    with Cell(warm) as cell:
        assert ask(cell, "privileges") == [False, False, True]


def test_a_worker_inherits_one_descriptor(warm, ask):
    with Cell(warm) as one, Cell(warm):
        assert ask(one, "open_descriptors") == 1


def test_a_cell_outlives_a_submission_that_kills_everybody(warm):
    source = """
import os, signal

def kill(x):
    os.kill(1, signal.SIGKILL)
    os.killpg(0, signal.SIGKILL)

def live(x):
    return x
"""
    with Cell(warm) as cell:
        session = Session(cell, Sources("ch", {"ch": source}), LIMITS, Account())
        with closing(session):
            with pytest.raises(SubmissionLost):
                session.call("kill", [1.0], {})
            assert session.call("live", [2.0], {}) == 2.0
    with Cell(warm):
        assert warm.alive()


def test_a_sandbox_that_is_not_warm_has_no_cells(bubblewrap):
    weak = Isolation(PROCESS, "chosen by a test")
    with warm_sandbox(weak, ("numpy",), LIMITS) as sandbox:
        assert sandbox is None
