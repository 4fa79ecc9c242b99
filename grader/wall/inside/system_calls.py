"""System calls that a submission is refused (Linux: seccomp(2)), and the filter that does it.

The filter is a program of classic BPF (bpf(4) of the BSDs; the kernel's seccomp_filter.rst), put
together here: for a sandbox of one submission bubblewrap installs it, for a cell of a class and for
a plain process `install`.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from dataclasses import dataclass

LOAD, EQUAL, ANY_BIT, AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
NUMBER, ARCHITECTURE = 0, 4
ALLOW, REFUSE, ABSENT = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
PRETEND = 0x00050000
"""Nothing happens, and the caller hears of success."""

X32 = 0x40000000
NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""

PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 36, 38, 22, 2
INSTRUCTION = struct.Struct("=HBBI")


@dataclass(frozen=True)
class Call:
    """A system call by its numbers (None: there is none), and what becomes of it.

    With `bits` it is refused if one of them is set in its first argument, with `value` if that
    argument is the value, with `second` only if its second one is that as well.
    """

    name: str
    x86_64: int | None
    aarch64: int | None
    answer: int = REFUSE
    bits: int | None = None
    value: int | None = None
    second: int | None = None


def _calls(*lines: tuple[str, int | None, int | None], answer: int = REFUSE) -> list[Call]:
    return [Call(*line, answer) for line in lines]


DENIED = [
    # Mounts: what bubblewrap has furnished shall stay as it is, and mounts tell of the host.
    *_calls(
        ("mount", 165, 40),
        ("umount2", 166, 39),
        ("pivot_root", 155, 41),
        ("chroot", 161, 51),
        ("open_tree", 428, 428),
        ("move_mount", 429, 429),
        ("fsopen", 430, 430),
        ("fsconfig", 431, 431),
        ("fsmount", 432, 432),
        ("fspick", 433, 433),
        ("mount_setattr", 442, 442),
        ("statmount", 457, 457),
        ("listmount", 458, 458),
        ("name_to_handle_at", 303, 264),
        ("open_by_handle_at", 304, 265),
        ("quotactl", 179, 60),
    ),
    # Namespaces: in one of its own a process has privileges, and the kernel more to attack.
    *_calls(("unshare", 272, 97), ("setns", 308, 268)),
    Call("clone", 56, 220, bits=NAMESPACES),
    # Its flags lie in memory, where no filter looks: the C library then takes clone.
    *_calls(("clone3", 435, 435), answer=ABSENT),
    # Other processes: a submission's workers shall not reach into each other or the zygote.
    *_calls(
        ("ptrace", 101, 117),
        ("process_vm_readv", 310, 270),
        ("process_vm_writev", 311, 271),
        ("process_madvise", 440, 440),
        ("pidfd_getfd", 438, 438),
        ("kcmp", 312, 272),
    ),
    # A worker adopts its orphans, so that their time and memory are counted: it goes on doing so.
    # It says so after the filter is there, hence only the end of it is refused.
    Call("prctl", 157, 167, value=PR_SET_CHILD_SUBREAPER, second=0),
    # Large parts of the kernel that no exercise needs, with a history of holes.
    *_calls(
        ("io_uring_setup", 425, 425),
        ("io_uring_enter", 426, 426),
        ("io_uring_register", 427, 427),
        ("userfaultfd", 323, 282),
        ("perf_event_open", 298, 241),
        ("bpf", 321, 280),
        ("modify_ldt", 154, None),
        ("kexec_load", 246, 104),
        ("init_module", 175, 105),
        ("finit_module", 313, 273),
        ("delete_module", 176, 106),
    ),
    # The kernel's log tells of the host.
    *_calls(("syslog", 103, 116)),
    # Keyrings belong to a user, whom namespaces share.
    *_calls(("add_key", 248, 217), ("request_key", 249, 218), ("keyctl", 250, 219)),
    # Memory that is nobody's address space: segments, queues and files without a name outlive
    # what maps them and are resident in no process.
    *_calls(
        ("shmget", 29, 194),
        ("shmat", 30, 196),
        ("shmctl", 31, 195),
        ("shmdt", 67, 197),
        ("semget", 64, 190),
        ("semop", 65, 193),
        ("semctl", 66, 191),
        ("semtimedop", 220, 192),
        ("msgget", 68, 186),
        ("msgsnd", 69, 189),
        ("msgrcv", 70, 188),
        ("msgctl", 71, 187),
        ("mq_open", 240, 180),
        ("mq_unlink", 241, 181),
        ("memfd_create", 319, 279),
        ("memfd_secret", 447, 447),
    ),
    # Files of the libraries are shared with other submissions: who watches or locks them could
    # tell something to a neighbour or learn it.  Libraries lock files that nobody else has.
    *_calls(
        ("inotify_init", 253, None),
        ("inotify_init1", 294, 26),
        ("fanotify_init", 300, 262),
    ),
    *_calls(("flock", 73, 32), answer=PRETEND),
]

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def program(machine: str) -> bytes | None:
    """The filter for a machine, as the kernel takes it; None for one whose numbers we lack."""
    if machine not in ARCHITECTURES:
        return None
    lines = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, ARCHITECTURES[machine]),
        (RETURN, 0, 0, ABSENT),  # a program of 32 bits has other numbers
        (LOAD, 0, 0, NUMBER),
    ]
    if machine == "x86_64":
        lines += [(AT_LEAST, 0, 1, X32), (RETURN, 0, 0, ABSENT)]
    for call in DENIED:
        number = getattr(call, machine)
        if number is not None:
            lines += _refusing(call, number)
    lines.append((RETURN, 0, 0, ALLOW))
    return b"".join(INSTRUCTION.pack(*line) for line in lines)


FIRST_ARGUMENT, SECOND_ARGUMENT = 16, 24
"""Where their lower halves stand: both machines are little-endian."""


def _refusing(call: Call, number: int) -> list[tuple[int, int, int, int]]:
    if call.bits is None and call.value is None:
        return [(EQUAL, 0, 1, number), (RETURN, 0, 0, call.answer)]
    test = (ANY_BIT, 0, 1, call.bits) if call.bits is not None else (EQUAL, 0, 1, call.value or 0)
    tests = [(LOAD, 0, 0, FIRST_ARGUMENT), test]
    if call.second is not None:
        code, _, _, operand = test
        tests = [
            (LOAD, 0, 0, FIRST_ARGUMENT),
            (code, 0, 3, operand),
            (LOAD, 0, 0, SECOND_ARGUMENT),
            (EQUAL, 0, 1, call.second),
        ]
    body = [*tests, (RETURN, 0, 0, call.answer), (LOAD, 0, 0, NUMBER)]
    return [(EQUAL, 0, len(body), number), *body]


class _Program(ctypes.Structure):
    """`struct sock_fprog`: how many instructions, and where."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install() -> bool:
    """Put the filter over this process and all that it will start; whether the system has it."""
    text = program(platform.machine()) if sys.platform == "linux" else None
    if text is None:
        return False
    libc = ctypes.CDLL(None)
    whole = _Program(len(text) // INSTRUCTION.size, text)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    failed = libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(whole), 0, 0)
    return not failed
