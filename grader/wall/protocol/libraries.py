"""Loading the libraries of a chapter, on either side of the wall."""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
from collections.abc import Iterable


def load(libraries: Iterable[str]) -> None:
    """Import libraries, torch kept to one thread; none of it is garbage, so none is looked for."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        for library in libraries:
            importlib.import_module(library)
    finally:
        if collecting:
            gc.enable()
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


def preload(modules: Iterable[str]) -> None:
    """Import what a chapter says that its libraries import late: no call's time goes into that.

    Another version of a library may have no such part.
    """
    for module in modules:
        with contextlib.suppress(ImportError):
            load([module])
