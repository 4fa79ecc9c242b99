"""Loading the libraries of a chapter, on either side of the wall."""

from __future__ import annotations

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
