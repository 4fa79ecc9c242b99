"""What we use of Hypothesis though it is private, all in one place.

Nothing here is needed for a right verdict.  It keeps a seed's inputs the same everywhere, and saves
time.  `tests/engine/test_hypothesis_internals.py` fails when a release of Hypothesis changes one of
these, and says what to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

Test = TypeVar("Test", bound=Callable[..., Any])


def without_constants() -> None:
    """Keep Hypothesis from drawing constants that it finds in the modules of a project.

    With them the same seed would draw other inputs in another process, after another import or in
    a clone.
    """
    if hasattr(providers, "_get_local_constants"):
        none = type(providers.GLOBAL_CONSTANTS)()
        providers._get_local_constants = lambda: none


def without_database_key(test: Test) -> Test:
    """The test, for which Hypothesis need not read and tokenise its source.

    The source is the key of a database of examples, which no check uses.
    """
    test._hypothesis_internal_database_key = None  # type: ignore[attr-defined]
    return test


def runner(draw: st.DrawFn) -> Any:
    """What `draw(st.runner(default=None))` returns: the first argument of the running test.

    The public way is remembered as a draw of no choices, and Hypothesis then varies the other draws
    in another order: a seed would no longer mean the inputs that it meant.
    """
    data: Any = getattr(draw, "__self__", None)
    if hasattr(data, "hypothesis_runner"):
        return data.hypothesis_runner
    return draw(st.runner(default=None))
