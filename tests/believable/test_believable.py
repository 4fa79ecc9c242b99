"""Believable wrong submissions, written as a beginner would: the first screen must help.

Each file's docstring says what becomes of each exercise: its status, and the mistake where the
bank knows it, or the two that explain it together.  Most are in no bank as they stand.
"""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader.report.failure import WIDTH, failure

HERE = Path(__file__).resolve().parent
FILES = sorted(HERE.rglob("ch*.py"))
SCREEN = 50
DOES_NOT_PARSE = "does not parse"


def promised(path: Path) -> dict[str, tuple[str, str | None]]:
    """Status and mistakes of each exercise, from the file's docstring."""
    head = path.read_text(encoding="utf-8").split('"""')[1]
    lines = re.findall(r"^(\w+): ([a-z ]+?)(?:, (\S+(?: \+ \S+)*))?$", head, re.MULTILINE)
    return {name: (status, mistake or None) for name, status, mistake in lines}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HERE)))
def test_what_a_learner_sees(path, grade):
    report = grade(path.stem, path)
    expected = promised(path)
    assert len(expected) >= 3
    for exercise in report.exercises:
        name = exercise.id.partition(".")[2]
        if name not in expected:
            assert exercise.status in ("missing", DOES_NOT_PARSE)
            continue
        named = " + ".join(mistake.name for mistake in exercise.mistakes) or None
        assert (exercise.status, named) == expected[name], name
        if exercise.status == DOES_NOT_PARSE:
            assert any("SyntaxError" in note for note in report.notes)
        elif not exercise.passed:
            assert exercise.score < exercise.max_score
            _is_a_readable_screen(exercise)


def _is_a_readable_screen(exercise) -> None:
    out = StringIO()
    Console(file=out, width=WIDTH, color_system=None).print(failure(exercise))
    lines = out.getvalue().splitlines()
    assert len(lines) <= SCREEN
    assert max(map(cell_len, lines)) <= WIDTH
    shown = next(check.counterexample for check in exercise.checks if check.counterexample)
    assert shown.calls, "a beginner needs a call to try"
    assert shown.message or shown.expected
    arguments = [text for call in shown.calls for text in call.arguments.values()]
    assert not any("array of shape" in text for text in arguments), "too large to follow by hand"
