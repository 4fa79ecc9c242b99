"""A report read back from its own JSON, as the journal keeps it."""

from __future__ import annotations

from typing import Any

from grader.report.model import (
    SCHEMA,
    CallShown,
    ChapterReport,
    CheckReport,
    Counterexample,
    ExerciseReport,
    MistakeShown,
)


class UnknownSchema(Exception):
    """The JSON was written by another version of the grader."""


def chapter_from(data: dict[str, Any]) -> ChapterReport:
    """The report that `as_json.chapter` turned into `data`.  Raises UnknownSchema."""
    if data.get("schema") != SCHEMA:
        raise UnknownSchema(f"a report of schema {data.get('schema')}, not {SCHEMA}")
    return ChapterReport(
        course=data["course"],
        chapter=data["chapter"],
        title=data["title"],
        isolation=data["isolation"],
        seed=data["seed"],
        exercises=tuple(_exercise(exercise) for exercise in data["exercises"]),
        notes=tuple(data["notes"]),
    )


def _exercise(data: dict[str, Any]) -> ExerciseReport:
    mistake = data["mistake"]
    return ExerciseReport(
        id=data["id"],
        status=data["status"],
        score=data["score"],
        max_score=data["max_score"],
        mistake=MistakeShown(**mistake) if mistake else None,
        note=data["note"],
        checks=tuple(_check(check) for check in data["checks"]),
        hidden=data.get("hidden"),
        waits_for=tuple(data.get("waits_for", ())),
        near=data.get("near") or "",
        others=tuple(MistakeShown(**one) for one in data.get("mistakes", ())[1:]),
    )


def _check(data: dict[str, Any]) -> CheckReport:
    shown = data["counterexample"]
    return CheckReport(
        id=data["id"],
        title=data["title"],
        status=data["status"],
        score=data["score"],
        max_score=data["max_score"],
        counterexample=_counterexample(shown) if shown else None,
        practice=data["practice"],
    )


def _counterexample(data: dict[str, Any]) -> Counterexample:
    calls = tuple(CallShown(**call) for call in data["calls"])
    repro = data.get("repro", "")  # reports of an older engine have none
    return Counterexample(calls, data["expected"], data["got"], data["message"], repro)
