"""Which exercises of a file are built on which: what is wrong below, what is not written yet."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from grader.python.graph import needed
from grader.python.toplevel import definition_of, top_level
from grader.report.model import ExerciseReport


def broken_below(source: str, name: str, broken: Iterable[str]) -> list[str]:
    """Those of the `broken` exercises that `name` uses itself, in order of use."""
    definition = definition_of(source, name)
    if definition is None or not definition.is_definition:
        return []
    assert definition.node is not None
    wanted = set(broken) - {name}
    used = [
        part.id
        for part in ast.walk(definition.node)
        if isinstance(part, ast.Name) and part.id in wanted
    ]
    return list(dict.fromkeys(used))


def unwritten_below(source: str, name: str, exercises: Sequence[str]) -> list[str]:
    """The exercises that are stubs and that `name` calls, directly or by way of others.

    None if it is a stub itself.
    """
    if not is_written(source, name):
        return []
    others = used_by(source, name, exercises)
    return [one for one in others if definition_of(source, one) and not is_written(source, one)]


def used_by(source: str, name: str, others: Sequence[str]) -> list[str]:
    """Those of the others that `name` uses, directly or by way of anything in the file."""
    used = needed(top_level(source), [name])
    return [one for one in others if one != name and one in used]


def is_written(source: str, name: str) -> bool:
    """Whether the file defines the name and does not say that it is yet to be written."""
    definition = definition_of(source, name)
    return definition is not None and not (
        definition.node is not None and any(map(_says_so, ast.walk(definition.node)))
    )


def _says_so(node: ast.AST) -> bool:
    if not isinstance(node, ast.Raise):
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == NotImplementedError.__name__


def with_notes(reports: Sequence[ExerciseReport], source: str) -> tuple[ExerciseReport, ...]:
    """Say so in the report of a failing exercise when it uses others that fail."""
    broken = [_name(report) for report in reports if not report.passed]
    return tuple(_with_note(report, source, broken) for report in reports)


def _with_note(report: ExerciseReport, source: str, broken: Collection[str]) -> ExerciseReport:
    if report.status not in ("failed", "error"):
        return report
    below = broken_below(source, _name(report), broken)
    note = f"It uses your {', '.join(below)}, still wrong: start there." if below else None
    if _leaves_its_return(source, _name(report)):
        note = "The `return` below it stands at the margin, and is no part of it: indent it."
    return replace(report, note=note)


def _leaves_its_return(source: str, name: str) -> bool:
    """Whether a definition is followed by a `return` that is not indented."""
    found = definition_of(source, name)
    following = (one for one in top_level(source) if found and one.first > found.last)
    after = next(following, None)
    return after is not None and isinstance(after.node, ast.Return)


def _name(report: ExerciseReport) -> str:
    return report.id.partition(".")[2]
