"""`--format gradescope`: `results.json` as Gradescope's autograders write it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from grader.report.model import SCHEMA, ChapterReport, ExerciseReport
from grader.report.plain import explained, notes, points, titled
from grader.report.text import harmless


def to_gradescope(reports: list[ChapterReport]) -> str:
    """One or several chapters as the results of one submission."""
    return as_results(
        {
            "score": round(sum(report.score for report in reports), 2),
            "output": "\n".join(_overview(reports)),
            "tests": [test for report in reports for test in _tests(report)],
            "extra_data": {"schema": SCHEMA, "chapters": [_extra(report) for report in reports]},
        }
    )


def no_mark(why: str) -> str:
    """Results without a score: Gradescope takes them for a failed run and gives no mark."""
    return as_results({"output": f"No mark is given: {harmless(why)}"})


def zero(why: str) -> str:
    """Results of a submission in which there is nothing to grade, with the reason for students."""
    return as_results({"score": 0.0, "output": harmless(why)})


def as_results(data: dict[str, Any]) -> str:
    """Results with every text shown as it is: it comes from submissions, and is no markup."""
    formats = dict.fromkeys(("output_format", "test_output_format", "test_name_format"), "text")
    whole = {**data, **formats, "visibility": "visible", "stdout_visibility": "hidden"}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _overview(reports: list[ChapterReport]) -> Iterator[str]:
    for report in reports:
        title = harmless(f"{report.chapter} · {report.title}")
        yield f"{title}: {points(report.score, report.max_score)}"
        if report.notes:
            yield notes(report)


def _extra(report: ChapterReport) -> dict[str, Any]:
    return {
        "chapter": harmless(report.chapter),
        "score": report.score,
        "max_score": report.max_score,
        "seed": report.seed,
        "isolation": harmless(report.isolation),
    }


def _tests(report: ChapterReport) -> Iterator[dict[str, Any]]:
    chapter = re.sub(r"\D", "", report.chapter) or "1"
    for number, exercise in enumerate(report.exercises, 1):
        own = list(_checks(exercise)) or [_whole(exercise)]
        for place, test in enumerate(own, 1):
            yield {"number": f"{chapter}.{number}.{place}", **test}


def _checks(exercise: ExerciseReport) -> Iterator[dict[str, Any]]:
    for check in exercise.checks:
        name = f"{harmless(exercise.id)}: {titled(check)}"
        yield _test(name, check.status, check.score, check.max_score, explained(exercise, check))


def _whole(exercise: ExerciseReport) -> dict[str, Any]:
    """The one entry of an exercise whose checks may not be seen."""
    name = harmless(exercise.id)
    return _test(name, exercise.status, exercise.score, exercise.max_score, "")


def _test(name: str, status: str, score: float, most: float, output: str) -> dict[str, Any]:
    return {
        "name": name,
        "name_format": "text",
        "status": "passed" if status == "passed" else "failed",
        "score": score,
        "max_score": most,
        "output": output,
        "output_format": "text",
        "visibility": "visible",
    }
