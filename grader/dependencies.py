"""Which exercises of a submission use which others: the first to fix is the one underneath."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from grader.report.model import ExerciseReport


def broken_below(source: str, name: str, broken: Iterable[str]) -> list[str]:
    """Those of the `broken` exercises that `name` uses in that source, in order of use."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    wanted = set(broken) - {name}
    used = [
        part.id
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and part.id in wanted
    ]
    return list(dict.fromkeys(used))


def with_notes(reports: Sequence[ExerciseReport], source: str) -> tuple[ExerciseReport, ...]:
    """Say so in the report of a failing exercise when it uses others that fail."""
    broken = [_name(report) for report in reports if not report.passed]
    return tuple(_with_note(report, source, broken) for report in reports)


def _with_note(report: ExerciseReport, source: str, broken: list[str]) -> ExerciseReport:
    if report.status not in ("failed", "error"):
        return report
    below = broken_below(source, _name(report), broken)
    note = f"It uses your {', '.join(below)}, still wrong: start there." if below else None
    return replace(report, note=note)


def _name(report: ExerciseReport) -> str:
    return report.id.partition(".")[2]
