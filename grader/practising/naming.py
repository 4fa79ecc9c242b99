"""Naming the mistake in practice, where the course with its references is at hand."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from grader.course.model import Chapter, Course
from grader.judge.chapter import LoadedChapter, load_chapter
from grader.judge.grading import Verdict, with_diagnosis
from grader.judge.text import Raised
from grader.practising.own_lines import LIVING

_loaded: dict[tuple[str, int], LoadedChapter] = {}
"""Chapters by their file and its time: a notebook's cell is run again and again."""


def named(course: Course, chapter: Chapter, verdict: Verdict) -> Verdict:
    """The verdict with the mistake that `grade` would name; as it is in a student kit."""
    if course.is_kit or verdict.status not in ("failed", "error"):
        return verdict
    with _unseen():
        path = course.solution(chapter)
        key = (str(path), path.stat().st_mtime_ns)
        if key not in _loaded:
            _loaded[key] = load_chapter(course, chapter)
        whence = Raised(_loaded[key], LIVING, verdict.exercise)
        return with_diagnosis(_loaded[key], verdict, whence)


@contextlib.contextmanager
def _unseen() -> Iterator[None]:
    """Leave no reference where the student's own `import` would find it."""
    modules, path = dict(sys.modules), list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in [name for name in sys.modules if _of_a_course(name)]:
            if name in modules:
                sys.modules[name] = modules[name]
            else:
                del sys.modules[name]


def _of_a_course(name: str) -> bool:
    """Whether a module was loaded from a course's folder."""
    file = getattr(sys.modules[name], "__file__", None) or ""
    return any(str(one.course.root) in file for one in _loaded.values()) and "." not in name
