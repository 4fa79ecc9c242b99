"""`--format github`: annotations for a workflow's log, and a summary in Markdown for its page.

The runner reads commands out of the log: a line that begins with `::`, and `##[` anywhere in one.
Annotations are therefore escaped into one line each, and nothing else is printed.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.report.model import ChapterReport, ExerciseReport
from grader.report.plain import failure, notes, points
from grader.report.text import harmless

MOST_ERRORS = 10
"""Annotations of one kind that GitHub shows for a step."""

LONGEST = 4000
"""Characters of an annotation; the runner cuts at 4096."""

MOST_SUMMARY = 1_000_000
"""Bytes of a step's summary; GitHub drops one of more than 1 MiB."""

LEFT_OUT = "\nThe rest is left out: GitHub shows one megabyte of a summary.\n"
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


@dataclass(frozen=True)
class Place:
    """Where an exercise stands in the submission: a file of the repository, and a line of it."""

    file: str
    line: int | None = None


def commands(reports: list[ChapterReport], places: Mapping[str, Place]) -> str:
    """An error for each failed exercise, by its id in `places`, and the points as notices.

    The two notices are those by which GitHub Classroom learns a mark.
    """
    failed = [one for report in reports for one in report.exercises if not one.passed]
    shown = failed if len(failed) <= MOST_ERRORS else failed[: MOST_ERRORS - 1]
    lines = [_error(exercise, places.get(exercise.id)) for exercise in shown]
    if len(failed) > len(shown):
        names = ", ".join(exercise.id for exercise in failed[len(shown) :])
        lines.append(_command("error", {"title": "further exercises"}, names))
    score, most = _total(reports)
    marks = json.dumps({"totalPoints": score, "maxPoints": most})
    lines.append(
        _command("notice", {"title": "Autograding complete"}, f"Points {score:g}/{most:g}")
    )
    lines.append(_command("notice", {"title": "Autograding report"}, marks))
    return "".join(f"{line}\n" for line in lines)


def outputs(reports: list[ChapterReport]) -> str:
    """What later steps may use: lines for the file that GITHUB_OUTPUT names."""
    score, most = _total(reports)
    return f"score={score:g}\nmax_score={most:g}\n"


def summary(reports: list[ChapterReport], room: int = MOST_SUMMARY) -> str:
    """A page in Markdown, of at most `room` bytes: tables first, then what failed."""
    text, left = "", room - len(LEFT_OUT.encode())
    for part in _summary(reports):
        left -= len(part.encode())
        if left < 0:
            return text + LEFT_OUT if room > len(LEFT_OUT.encode()) else ""
        text += part
    return text


def tell_runner(reports: list[ChapterReport], environment: Mapping[str, str]) -> None:
    """Append to the files that a workflow's runner names; elsewhere there are none.

    Raises OSError.
    """
    if path := environment.get("GITHUB_STEP_SUMMARY"):
        file = Path(path)
        used = file.stat().st_size if file.exists() else 0
        with file.open("a", encoding="utf-8", newline="\n") as out:
            out.write(summary(reports, MOST_SUMMARY - used))
    if path := environment.get("GITHUB_OUTPUT"):
        with Path(path).open("a", encoding="utf-8", newline="\n") as out:
            out.write(outputs(reports))


def _error(exercise: ExerciseReport, place: Place | None) -> str:
    properties: dict[str, str] = {}
    if place is not None:
        properties["file"] = place.file
        if place.line is not None:
            properties["line"] = str(place.line)
    earned = points(exercise.score, exercise.max_score)
    properties["title"] = f"{exercise.id} {exercise.standing}, {earned}"
    return _command("error", properties, failure(exercise) or exercise.standing)


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    """A workflow command: one line, whatever the texts hold."""
    named = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {named}::{_data(message)}"


def _data(text: str) -> str:
    clean = harmless(text, LONGEST).replace("##[", "## [")
    return clean.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _total(reports: list[ChapterReport]) -> tuple[float, float]:
    return (
        round(sum(report.score for report in reports), 2),
        round(sum(report.max_score for report in reports), 2),
    )


def _summary(reports: list[ChapterReport]) -> Iterator[str]:
    for report in reports:
        earned = points(report.score, report.max_score)
        yield f"\n## {_inline(f'{report.chapter} · {report.title}')}: {earned}\n\n"
        yield "| | exercise | status | checks | points |\n|---|---|---|--:|--:|\n"
        for exercise in report.exercises:
            yield _row(exercise)
        if report.notes:
            yield f"\n{_block(notes(report))}"
    for report in reports:
        for exercise in report.exercises:
            if not exercise.passed and (text := failure(exercise)):
                yield f"\n### {_inline(exercise.id)}\n\n{_block(text)}"


def _row(exercise: ExerciseReport) -> str:
    mark = "✅" if exercise.passed else "❌"
    passed = sum(check.status == "passed" for check in exercise.checks)
    checks = f"{passed}/{len(exercise.checks)}" if exercise.checks else ""
    earned = points(exercise.score, exercise.max_score)
    named = f"{_inline(exercise.id)} | {_inline(exercise.standing)}"
    return f"| {mark} | {named} | {checks} | {earned} |\n"


def _inline(text: str) -> str:
    """Text on one line in which no character is markup."""
    return PUNCTUATION.sub(r"\\\1", " ".join(harmless(text).split()))


def _block(text: str) -> str:
    """Lines as they are: until `</pre>`, which cannot stand in them, nothing is Markdown."""
    return f"<pre>{html.escape(text)}</pre>\n"
