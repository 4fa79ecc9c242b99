"""The single bytes that a judge and a sandbox's first process say to each other.

They stand apart from the channel, which imports NumPy: a sandbox starts before the judge has it.
"""

from __future__ import annotations

import struct

WORKER, CELL, JUDGE = b"W", b"C", b"J"
"""What is asked for, with two descriptors: a socket to serve and a leash."""

GUARD = b"G"
"""What all workers of a zygote refuse, said once: a length and names with their reasons follow."""

DIVISIBLE = b"D"
"""What an ancestor says before it imports anything: namespaces may be nested here."""

READY = b"R"
"""What a process of the sandbox says once its libraries are loaded."""

LENGTH = struct.Struct(">I")
