"""What a check file imports: everything needed to say what is right, nothing about how it runs."""

from hypothesis import assume
from hypothesis import strategies as st

from grader.checks.arguments import function, generator, shown
from grader.checks.arrays import shaped
from grader.checks.check import Check, check, given
from grader.checks.declared import case, double_precision, example, matches, untouched
from grader.checks.draws import ORDINARY, WIDE, Fill, fills, shapes, sizes
from grader.checks.expect import (
    as_parts,
    expect,
    expect_close,
    expect_double,
    expect_equal,
    expect_error,
    expect_untouched,
)
from grader.checks.mismatch import Mismatch

__all__ = [
    "ORDINARY",
    "WIDE",
    "Check",
    "Fill",
    "Mismatch",
    "as_parts",
    "assume",
    "case",
    "check",
    "double_precision",
    "example",
    "expect",
    "expect_close",
    "expect_double",
    "expect_equal",
    "expect_error",
    "expect_untouched",
    "fills",
    "function",
    "generator",
    "given",
    "matches",
    "shaped",
    "shapes",
    "shown",
    "sizes",
    "st",
    "untouched",
]
