"""`--format json`, schema 1: the same bytes for the same report."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from grader.report.model import (
    SCHEMA,
    ChapterReport,
    CheckReport,
    Counterexample,
    ExerciseReport,
)


def to_json(reports: list[ChapterReport]) -> str:
    """One chapter as an object, several as a list of objects."""
    data = [chapter(report) for report in reports]
    return json.dumps(data[0] if len(data) == 1 else data, indent=1, ensure_ascii=False) + "\n"


def chapter(report: ChapterReport) -> dict[str, Any]:
    """A chapter's report as plain data; the keys are a promise."""
    return {
        "schema": SCHEMA,
        "course": report.course,
        "chapter": report.chapter,
        "title": report.title,
        "score": report.score,
        "max_score": report.max_score,
        "isolation": report.isolation,
        "seed": report.seed,
        "notes": list(report.notes),
        "exercises": [_exercise(exercise) for exercise in report.exercises],
    }


def _exercise(report: ExerciseReport) -> dict[str, Any]:
    mistakes = [dataclasses.asdict(one) for one in report.mistakes]
    return {
        "id": report.id,
        "status": report.status,
        "score": report.score,
        "max_score": report.max_score,
        "mistake": mistakes[0] if mistakes else None,
        "mistakes": mistakes,
        "note": report.note,
        "hidden": report.hidden,
        "waits_for": list(report.waits_for),
        "near": report.near or None,
        "checks": [_check(check) for check in report.checks],
    }


def _check(report: CheckReport) -> dict[str, Any]:
    shown = report.counterexample
    return {
        "id": report.id,
        "title": report.title,
        "status": report.status,
        "score": report.score,
        "max_score": report.max_score,
        "practice": report.practice,
        "counterexample": _counterexample(shown) if shown else None,
    }


def _counterexample(shown: Counterexample) -> dict[str, Any]:
    calls = [
        {
            "function": call.function,
            "arguments": call.arguments,
            "returned": call.returned,
            "about": call.about,
            "printed": call.printed,
            "warned": call.warned,
        }
        for call in shown.calls
    ]
    return {
        "calls": calls,
        "expected": shown.expected,
        "got": shown.got,
        "message": shown.message,
        "repro": shown.repro,
    }
