"""Loading the libraries of a chapter, on either side of the wall."""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
from collections.abc import Iterable

LATER = {"torch": "torch.fx.experimental.symbolic_shapes"}
"""Of torch, what the first `backward(gradient)` of a process imports, for half a second."""


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


def load_more(libraries: Iterable[str]) -> None:
    """Import what these import only when they are used: no call's time goes into that."""
    for library in libraries:
        if library in LATER:
            with contextlib.suppress(ImportError):  # another version may have no such part
                load([LATER[library]])
