"""An answer of the wrong shape or kind is told so in words by every check, before it is used."""

from __future__ import annotations

import pytest

from grader.judge.assignment import Run

WORDLESS = "the answer has the wrong type or shape"
"""What is said where a check tripped over an answer that it did not look at."""

BENT = """


def _bent(function, bend):
    @functools.wraps(function)
    def wrapper(*arguments, **keywords):
        answer = function(*arguments, **keywords)
        return tuple(map(bend, answer)) if isinstance(answer, tuple) else bend(answer)

    return wrapper


def _one_axis_more(part):
    return np.asarray(part)[np.newaxis]


def _lazily(part):
    return (item for item in np.atleast_1d(part))


def _nothing(part):
    return None
"""


@pytest.fixture(scope="module")
def bent(course, tmp_path_factory):
    """A chapter's own solutions, whose answers are all bent in one way."""

    def bent(chapter: str, how: str):
        entry = course.chapter(chapter)
        right = course.solution(entry).read_text(encoding="utf-8")
        names = [one.name for one in entry.exercises]
        last = "".join(f"{name} = _bent({name}, {how})\n" for name in names)
        path = tmp_path_factory.mktemp(how) / f"{entry.module}.py"
        path.write_text(f"import functools\n{right}{BENT}\n\n{last}", encoding="utf-8")
        return path

    return bent


@pytest.mark.parametrize("how", ["_one_axis_more", "_lazily", "_nothing"])
@pytest.mark.parametrize("chapter", ["ch3", "ch6", "ch7"])
def test_every_check_says_what_is_wrong_with_the_answer(grade, bent, chapter, how):
    report = grade(chapter, bent(chapter, how), run=Run(examples=4))
    for exercise in report.exercises:
        assert exercise.score == 0
        for check in exercise.checks:
            shown = check.counterexample
            assert shown is None or not shown.message.startswith(WORDLESS), check.id
