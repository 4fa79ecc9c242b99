"""Namespaces of a submission's own inside a warm sandbox (Linux): nothing in them outlives it.

A warm sandbox serves many submissions.  Each gets users, processes, mounts, network, System V and
POSIX IPC, host name and keyring of its own, as a fresh bubblewrap would give them, in two
milliseconds and with the libraries already loaded.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform

USERS, PROCESSES, MOUNTS = 0x10000000, 0x20000000, 0x00020000
NETWORK, IPC, HOST_NAME, CGROUPS = 0x40000000, 0x08000000, 0x04000000, 0x02000000
EVERYTHING = USERS | PROCESSES | MOUNTS | NETWORK | IPC | HOST_NAME | CGROUPS

READ_ONLY, NO_SUID, NO_DEVICES, NO_PROGRAMS = 1, 2, 4, 8
PR_SET_DUMPABLE, PR_CAPBSET_DROP = 4, 24
CAPABILITIES_VERSION = 0x20080522
JOIN_SESSION_KEYRING = 1
KEYCTL = {"x86_64": 250, "aarch64": 219, "riscv64": 219}


def leave() -> None:
    """Leave everything shared with other submissions; processes from the next fork on.

    Raises OSError where the system does not allow it.
    """
    unshare(EVERYTHING)


def unshare(namespaces: int) -> None:
    """Make namespaces, users among them: we are who we were, with every privilege in them.

    Raises OSError where the system does not allow it.
    """
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # or /proc/self would not be ours to write
    _succeed(libc.unshare(namespaces))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def furnish(scratch: int) -> None:
    """An empty /tmp of `scratch` bytes, no one else's processes in /proc, and no privileges.

    For the first process of the namespaces.  Raises OSError.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    with (  # a second lock on a door that capabilities keep shut
        contextlib.suppress(OSError),
        open("/proc/sys/user/max_user_namespaces", "w", encoding="ascii") as file,
    ):
        file.write("0")
    safe = NO_SUID | NO_DEVICES
    options = f"mode=1777,size={scratch}".encode()
    _succeed(libc.mount(b"tmpfs", b"/tmp", b"tmpfs", safe, options))
    os.chdir("/tmp")  # the folder of that name that was here before is still open as `.`
    if libc.mount(b"proc", b"/proc", b"proc", safe | NO_PROGRAMS, None):
        # Containers that hide a part of their own /proc do not let us mount another.
        _succeed(libc.mount(b"tmpfs", b"/proc", b"tmpfs", safe | READ_ONLY, b"size=0"))
    _leave_keyring(libc)
    drop_capabilities(libc)


def _leave_keyring(libc: ctypes.CDLL) -> None:
    """An empty session keyring; where the call is forbidden no submission can use one either."""
    number = KEYCTL.get(platform.machine())
    if number is not None:
        libc.syscall(ctypes.c_long(number), ctypes.c_long(JOIN_SESSION_KEYRING), None)


def drop_capabilities(libc: ctypes.CDLL) -> None:
    """Whoever makes a user namespace is privileged in it: mounts could be undone."""
    capability = 0
    while libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    _succeed(libc.capset(ctypes.byref(header), ctypes.byref(none)))


def _succeed(outcome: int) -> None:
    if outcome:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
