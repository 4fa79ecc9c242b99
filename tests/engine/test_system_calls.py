"""What a submission may not ask of the kernel, and that what it may ask still works."""

from __future__ import annotations

import platform
import struct
from collections.abc import Iterator
from contextlib import closing

import pytest

from grader.wall.clocks import Account
from grader.wall.inside import system_calls
from grader.wall.inside.system_calls import ABSENT, ALLOW, ARCHITECTURES, DENIED, PRETEND, REFUSE
from grader.wall.isolation import PROCESS, Isolation
from grader.wall.limits import Limits
from grader.wall.sandbox import Cell, Sandbox, warm_sandbox
from grader.wall.session import Session, Sources
from grader.wall.zygote import Zygote

LIMITS = Limits()
NUMBERS = {call.name: getattr(call, platform.machine(), None) for call in DENIED}
SOURCE = f"""
import ctypes, errno, fcntl, mmap, os, subprocess, tempfile, threading

NUMBERS = {NUMBERS!r}
libc = ctypes.CDLL(None, use_errno=True)

def attempt(name, *arguments):
    number = NUMBERS[name]
    if name == "clone":
        arguments = (0x10000011, 0, 0, 0, 0)
    if name == "prctl":
        arguments = (36, 0, 0, 0, 0)
    ctypes.set_errno(0)
    done = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments or (0, 0, 0, 0, 0)))
    if done == 0 and name == "clone":
        os._exit(0)
    return "done" if done >= 0 else errno.errorcode[ctypes.get_errno()]

def namespace_in_a_child():
    ready, done = os.pipe()
    if os.fork() == 0:
        libc.prctl(4, 1, 0, 0, 0)
        os.write(done, str(libc.unshare(0x10000000)).encode())
        os._exit(0)
    return os.read(ready, 10).decode()

def threads():
    seen = []
    all_of_them = [threading.Thread(target=seen.append, args=(n,)) for n in range(4)]
    [one.start() for one in all_of_them]
    [one.join() for one in all_of_them]
    return sorted(seen)

def fork():
    child = os.fork()
    if child == 0:
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def lock():
    with tempfile.TemporaryFile() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return "locked"

def memory():
    with mmap.mmap(-1, 1 << 20) as shared:
        shared[:5] = b"hello"
        return shared[:5]

def read(path):
    try:
        return open(path).read(200000)
    except OSError as error:
        return type(error).__name__

def of_others():
    found = []
    for name in os.listdir("/proc"):
        for part in ("environ", "maps", "cmdline", "mountinfo", "stat"):
            if name.isdigit() and read(f"/proc/{{name}}/{{part}}") not in (
                "PermissionError", "FileNotFoundError"
            ):
                found.append(f"{{name}}/{{part}}")
    return found
"""


@pytest.fixture(scope="module", params=["bubblewrap", "cell", "process"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    if request.param == "cell":
        with warm_sandbox(request.getfixturevalue("bubblewrap"), ("numpy",), LIMITS) as warm:
            warm.wait()
            with Cell(warm) as cell:
                yield cell
        return
    weak = Isolation(PROCESS, "chosen by a test")
    strong = request.param == "bubblewrap"
    isolation = request.getfixturevalue("bubblewrap") if strong else weak
    with Sandbox(isolation, ("numpy",), LIMITS) as opened:
        yield opened


def ask(sandbox: Zygote, name: str, *arguments: object) -> object:
    with closing(Session(sandbox, Sources("ch", {"ch": SOURCE}), LIMITS, Account())) as session:
        return session.call(name, list(arguments), {})


HERE = [call for call in DENIED if NUMBERS[call.name]]


@pytest.mark.parametrize("call", HERE, ids=lambda call: call.name)
def test_a_denied_call_is_denied(sandbox, call):
    expected = {REFUSE: "EPERM", ABSENT: "ENOSYS", PRETEND: "done"}[call.answer]
    assert ask(sandbox, "attempt", call.name) == expected


def test_no_namespace_of_its_own(sandbox):
    assert ask(sandbox, "namespace_in_a_child") == "-1"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("threads", [0, 1, 2, 3]), ("fork", 7), ("lock", "locked"), ("memory", b"hello")],
)
def test_what_programs_need_works(sandbox, name, expected):
    assert ask(sandbox, name) == expected


@pytest.mark.parametrize("name", ["self/mountinfo", "self/mounts", "mounts", "loadavg", "version"])
def test_proc_tells_nothing_of_the_host(sandbox, name):
    assert ask(sandbox, "read", f"/proc/{name}") in ("PermissionError", "FileNotFoundError")


def test_proc_tells_what_libraries_ask(sandbox):
    if isinstance(sandbox, Cell):
        pytest.skip("where /proc cannot be mounted once more, a cell has none")
    assert "processor" in str(ask(sandbox, "read", "/proc/cpuinfo"))
    assert "MemTotal" in str(ask(sandbox, "read", "/proc/meminfo"))


def test_nothing_is_read_of_other_processes(sandbox):
    assert ask(sandbox, "of_others") == []


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_filter_answers_every_call_as_listed(machine):
    filtered = system_calls.program(machine)
    assert filtered is not None
    listed = {getattr(call, machine): call for call in DENIED}
    for number in range(500):
        call = listed.get(number)
        plain = call is None or call.bits is not None or call.value is not None
        assert run(filtered, machine, number) == (ALLOW if plain else call.answer)
    clone, prctl = (getattr(c, machine) for c in DENIED if c.name in ("clone", "prctl"))
    assert run(filtered, machine, clone, 0x003D0F00) == ALLOW  # a thread
    assert run(filtered, machine, clone, 0x10000011) == REFUSE
    assert run(filtered, machine, prctl, 15) == ALLOW
    assert run(filtered, machine, prctl, 36, 0) == REFUSE
    assert run(filtered, machine, prctl, 36, 1) == ALLOW  # a worker says that it adopts orphans
    assert run(filtered, machine, prctl, 15, 0) == ALLOW
    assert run(filtered, "i386", 120) == ABSENT
    if machine == "x86_64":
        assert run(filtered, machine, 0x40000000 | 165) == ABSENT


def test_other_machines_have_no_filter():
    assert system_calls.program("riscv64") is None


def run(filtered: bytes, machine: str, number: int, argument: int = 0, second: int = 0) -> int:
    """Interpret the program as the kernel does."""
    architecture = ARCHITECTURES.get(machine, 0x40000003)
    data = struct.pack("=IIQQQ", number, architecture, 0, argument, second)
    lines = list(struct.iter_unpack("=HBBI", filtered))
    at, value = 0, 0
    while True:
        code, if_true, if_false, constant = lines[at]
        at += 1
        if code == system_calls.RETURN:
            return constant
        if code == system_calls.LOAD:
            (value,) = struct.unpack_from("=I", data, constant)
            continue
        holds = {
            system_calls.EQUAL: value == constant,
            system_calls.ANY_BIT: bool(value & constant),
            system_calls.AT_LEAST: value >= constant,
        }[code]
        at += if_true if holds else if_false
