"""gradschool's engine: it grades chapters of exercises and knows nothing of any chapter.

`grader.check(my_softmax, "ch4.softmax")` runs the practice checks on a function of this process.
Marks are made elsewhere, behind the wall: by the command `grade`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.practising.practice import PracticeReport

__all__ = ["__version__", "check", "check_practice", "practice"]

__version__ = "0.2.0"

T = TypeVar("T")

# This file is also the package inside a sandbox, where only the wall is: it imports on demand.


def check(what: Any, target: str) -> PracticeReport:
    """Run the practice checks of an exercise or a chapter on objects of this process.

    `what` is a function or class, whatever its name, for an exercise such as "ch4.softmax"; for
    a chapter such as "ch4" a module or a dictionary of names (`globals()`), of which the
    exercises of that chapter are checked that it defines.

    The report shows itself in a REPL and in a notebook, with the smallest input that fails;
    `report.passed` says whether all is well.  In a test of your own `check_practice` reads better.

    Raises UnknownName if there is no such exercise, with the nearest name, and TypeError if
    `what` is nothing that can be checked.
    """
    from grader.practising.practice import practise

    return practise(what, target)


def check_practice(what: Any, target: str) -> None:
    """As `check`, but raise PracticeFailed with the counterexample unless all checks pass.

    Answers are taken as they are, as at submission: a list is not an array.  A test of your own
    may be this one line:

        def test_softmax():
            grader.check_practice(my_softmax, "ch4.softmax")
    """
    __tracebackhide__ = True
    from grader.practising.practice import PracticeFailed

    report = check(what, target)
    if report.converted or not report.passed:
        raise PracticeFailed(report)


def practice(target: str) -> Callable[[T], T]:
    """Decorate a function or class: the practice checks run as it is defined.

    The report is printed, and what was decorated is returned unchanged:

        @grader.practice("ch4.softmax")
        def my_softmax(z, axis=-1): ...
    """
    from grader.practising.practice import practised

    return lambda what: practised(what, target)


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext grader`: adds the magics `%grade` and `%%grade`."""
    from grader.practising.magics import GradeMagics

    shell.register_magics(GradeMagics)
