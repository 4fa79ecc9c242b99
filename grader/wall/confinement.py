"""What a process of the sandbox does to itself before it runs a submission."""

from __future__ import annotations

import contextlib
import sys
from typing import Any


def hide_the_engine() -> None:
    """Take this package off the path and out of sys.modules: a submission cannot import it."""
    sys.path.pop(0)
    for name in [name for name in sys.modules if name.split(".")[0] == "grader"]:
        del sys.modules[name]


def limit(limits: dict[str, int]) -> None:
    """Set those of the limits that the system knows, by their names in the `resource` module."""
    try:
        import resource
    except ImportError:  # Windows has none; `lacking.py` says so
        return
    for name, value in limits.items():
        kind: Any = getattr(resource, name, None)
        if kind is not None:
            _, hard = resource.getrlimit(kind)
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (most, most))
