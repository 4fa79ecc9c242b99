"""The banks: named mistakes, which checks must reject, and alternates, which they must accept."""

from grader.bank.entries import (
    Alternate,
    Mistake,
    alternate,
    load_alternates,
    load_mistakes,
    mistake,
)
from grader.bank.slips import slips

__all__ = [
    "Alternate",
    "Mistake",
    "alternate",
    "load_alternates",
    "load_mistakes",
    "mistake",
    "slips",
]
