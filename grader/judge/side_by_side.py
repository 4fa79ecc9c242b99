"""Judging many submissions of a chapter side by side.  Imports little: the sandbox starts first."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from grader.course.model import Chapter, Course
from grader.judge.arrivals import Arrivals
from grader.judge.assignment import Assignment, Finished, Run
from grader.wall.isolation import Isolation
from grader.wall.sandbox import warm_sandbox


def judge_side_by_side(
    course: Course,
    chapter: Chapter,
    run: Run,
    isolation: Isolation,
    assignments: Sequence[Assignment] | Arrivals,
) -> Generator[Finished]:
    """Yields the number of each and its report, or why there is none, as they are done.

    Raises CourseError, JudgeError or SandboxError where none can be judged.
    """
    if not isinstance(assignments, Arrivals) and not assignments:
        return
    with warm_sandbox(isolation, chapter.imports, chapter.limits, chapter.preload) as warm:
        # Only now: this process imports its libraries while the sandbox loads its own.
        from grader.judge.pool import Pool

        yield from Pool(course, chapter, run, isolation, warm).judge_each(assignments)
