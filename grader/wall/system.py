"""What this system can do; everything that depends on it asks here."""

from __future__ import annotations

import os
import socket
import sys


def passes_descriptors() -> bool:
    """Whether a process may be given an end of a socket that is open already (not on Windows)."""
    return hasattr(socket, "send_fds")


def forks() -> bool:
    """Whether a process with libraries loaded may be forked.

    Windows cannot; on macOS the system's own libraries do not survive it reliably.
    """
    return passes_descriptors() and hasattr(os, "fork") and sys.platform != "darwin"
