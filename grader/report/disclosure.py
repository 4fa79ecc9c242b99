"""How much of a report a student may see."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from grader.report.model import ChapterReport, ExerciseReport


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
        return replace(report, mistake=None, others=(), note=None, checks=())
    checks = tuple(replace(check, counterexample=None) for check in report.checks)
    return replace(report, mistake=None, others=(), note=None, checks=checks)


def disclosed_chapter(report: ChapterReport, disclosure: Disclosure) -> ChapterReport:
    """A chapter without what may not be seen; notes on the file count as more than points."""
    return replace(
        report,
        exercises=tuple(disclosed(exercise, disclosure) for exercise in report.exercises),
        notes=() if disclosure is Disclosure.none else report.notes,
    )
