"""How much of a report a student may see."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from grader.report.model import ExerciseReport


class Disclosure(StrEnum):
    """`full`: counterexample, mistake and hint; `property`: which checks failed; `none`: points."""

    full = "full"
    property = "property"
    none = "none"


def disclosed(report: ExerciseReport, disclosure: Disclosure) -> ExerciseReport:
    """The report without what may not be seen."""
    if disclosure is Disclosure.full:
        return report
    if disclosure is Disclosure.none:
        return replace(report, mistake=None, note=None, checks=())
    checks = tuple(replace(check, counterexample=None) for check in report.checks)
    return replace(report, mistake=None, note=None, checks=checks)
