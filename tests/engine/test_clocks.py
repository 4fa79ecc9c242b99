"""A submission pays for its own time and memory, in all its processes, and for nobody else's."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from grader.wall import usage
from grader.wall.clocks import Account
from grader.wall.errors import SubmissionLost
from grader.wall.isolation import PROCESS, Isolation
from grader.wall.limits import MB, Limits
from grader.wall.sandbox import Cell, Sandbox, warm_sandbox
from grader.wall.session import Session, Sources
from grader.wall.spawned import SpawnedSandbox
from grader.wall.zygote import Zygote

LIMITS = Limits(call_seconds=1.0, call_idle_seconds=1.5, chapter_idle_seconds=2.0, memory=400 * MB)
CORE = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
SOURCE = """
import os, signal, threading, time

def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return seconds

def sleep(seconds):
    time.sleep(seconds)
    return seconds

def nap(seconds):
    for _ in range(int(seconds / 0.01)):
        time.sleep(0.01)
    return seconds

def stopped(seconds):
    os.kill(os.getpid(), signal.SIGSTOP)

def in_threads(seconds):
    threads = [threading.Thread(target=lambda: work(seconds)) for _ in range(2)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    return seconds

def in_a_child(seconds):
    child = os.fork()
    if child == 0:
        work(seconds)
        os._exit(0)
    os.waitpid(child, 0)
    return seconds

def in_an_orphan(seconds):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            work(seconds)
        os._exit(0)
    time.sleep(60)

def unawaited(seconds):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        if os.fork() == 0:
            work(0.3)
            os._exit(0)
        try:
            os.wait()
        except ChildProcessError:
            pass

def in_children(megabytes):
    pipes = []
    for _ in range(4):
        ready, done = os.pipe()
        if os.fork() == 0:
            held = bytearray(megabytes << 20)
            held[::4096] = b"x" * len(held[::4096])
            os.write(done, b"x")
            time.sleep(60)
        pipes.append(ready)
    for ready in pipes:
        os.read(ready, 1)
    time.sleep(0.5)
    return megabytes

SHARED = bytearray(b"x") * (200 << 20)

def sharing(seconds):
    for _ in range(4):
        if os.fork() == 0:
            time.sleep(60)
    time.sleep(0.5)
    return len(SHARED)
"""


@pytest.fixture(scope="module", params=["bubblewrap", "cell", "process", "spawned"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Zygote | SpawnedSandbox]:
    weak = Isolation(PROCESS, "chosen by a test")
    if request.param == "cell":
        with warm_sandbox(request.getfixturevalue("bubblewrap"), ("numpy",), LIMITS) as warm:
            warm.wait()
            with Cell(warm) as cell:
                yield cell
    elif request.param == "spawned":
        with SpawnedSandbox(weak, ("numpy",), LIMITS) as opened:
            yield opened
    else:
        strong = request.param == "bubblewrap"
        isolation = request.getfixturevalue("bubblewrap") if strong else weak
        with Sandbox(isolation, ("numpy",), LIMITS) as opened:
            yield opened


@contextmanager
def busy_core(count: int) -> Iterator[None]:
    """So many processes that do nothing but keep the core that `call` uses."""
    program = f"import os; os.sched_setaffinity(0, {{{CORE}}})\nwhile True: pass"
    command = [sys.executable, "-S", "-c", program]
    busy = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()


def call(sandbox, name: str, value: float, account: Account | None = None) -> object:
    sources = Sources("ch", {"ch": SOURCE}, core=CORE)
    with closing(Session(sandbox, sources, LIMITS, account or Account())) as session:
        return session.call(name, [value], {})


@pytest.mark.parametrize("name", ["work", "in_a_child", "in_threads"])
def test_others_cost_it_nothing(sandbox, name):
    with busy_core(2):
        started = time.monotonic()
        assert call(sandbox, name, 0.8) == 0.8
        assert time.monotonic() - started > LIMITS.call_seconds, "the core was not busy"


@pytest.mark.parametrize("name", ["work", "in_a_child", "in_threads", "in_an_orphan", "unawaited"])
def test_all_that_it_starts_is_counted(sandbox, name):
    started = time.monotonic()
    with pytest.raises(SubmissionLost, match="within 1 s of processor time") as caught:
        call(sandbox, name, 30.0)
    assert caught.value.status == "timeout"
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("name", ["sleep", "nap", "stopped"])
def test_who_sleeps_has_another_clock(sandbox, name):
    if name != "stopped":
        assert call(sandbox, name, 1.2) == 1.2
    started = time.monotonic()
    with pytest.raises(SubmissionLost, match=r"within 1\.5 s in which nothing ran") as caught:
        call(sandbox, name, 30.0)
    assert caught.value.status == "timeout"
    assert time.monotonic() - started < 15


def test_a_chapter_has_both_clocks(sandbox):
    account = Account()
    call(sandbox, "work", 0.7, account)
    assert 0.7 <= account.processor < 1.5
    call(sandbox, "sleep", 1.2, account)
    with pytest.raises(SubmissionLost, match="the chapter's 2 s in which nothing ran are over"):
        call(sandbox, "sleep", 1.2, account)


def test_judges_share_an_account():
    account = Account(2)
    if os.fork() == 0:
        account.of_judge(1).add(1.0, 2.0)
        os._exit(0)
    os.wait()
    account.of_judge(0).add(0.5, 0.25)
    assert (account.processor, account.idle) == (1.5, 2.25)


def test_the_memory_of_all_its_processes_counts_together(sandbox):
    assert call(sandbox, "in_children", 20) == 20
    with pytest.raises(SubmissionLost, match="out of memory: more than 400 MB") as caught:
        call(sandbox, "in_children", 150)
    assert caught.value.status == "crashed"


def test_what_its_processes_share_counts_once(sandbox):
    assert call(sandbox, "sharing", 0.5) == 200 << 20


def test_a_system_that_tells_nothing_counts_all_time_as_idle(sandbox, monkeypatch):
    monkeypatch.setattr(usage, "PROC", "/nowhere")
    assert call(sandbox, "work", 0.2) == 0.2
    with pytest.raises(SubmissionLost, match=r"within 1\.5 s in which nothing ran"):
        call(sandbox, "work", 30.0)


def test_another_process_of_that_number_is_not_taken_for_it():
    child = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    tree = usage.ProcessTree(child.pid)
    assert tree.read().resident > 0
    child.communicate(b"\n")
    assert tree.read() is None
    tree.root = os.getpid()
    assert tree.read() is None
