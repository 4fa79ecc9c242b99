"""The pytest plugin: `pytest` runs every check against the reference.

`pytest --submission PATH -k layer_norm` runs them against a submission, behind the wall.  It is
the same `run_check` that `grade` uses, with pytest's selection and reporting around it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from grader.checks.answers import Backend
    from grader.judge.chapter import LoadedChapter
    from grader.judge.run import Outcome

CHAPTERS = pytest.StashKey[dict[Path, "LoadedChapter"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradschool", "grading checks of a gradschool course")
    group.addoption("--submission", type=Path, help="check this file, folder or notebook")
    group.addoption("--seed", type=int, default=0, help="another seed draws other inputs")
    group.addoption("--examples", type=int, default=50, help="inputs drawn for a value check")


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> pytest.Item | None:
    check = getattr(obj, "check", None)
    if check is None or not name.startswith("test") or not hasattr(check, "strategies"):
        return None
    item: pytest.Item = CheckItem.from_parent(collector, name=name, check=check)
    return item


class CheckFailed(Exception):
    """A check did not pass; carries the outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


class CheckItem(pytest.Item):
    """A check of a chapter as a pytest item."""

    def __init__(self, *, check: Any, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.check = check

    def runtest(self) -> None:
        from grader.judge.run import run_check

        loaded = self.loaded()
        option = self.config.option
        with self.backend(loaded) as backend:
            outcome = run_check(
                self.check, backend, loaded.reference, seed=option.seed, examples=option.examples
            )
        if not outcome.passed:
            raise CheckFailed(outcome)

    def loaded(self) -> LoadedChapter:
        """The chapter of this check's file."""
        from grader.course import find_course, load_course
        from grader.judge.chapter import load_chapter

        chapters = self.config.stash.setdefault(CHAPTERS, {})
        if self.path not in chapters:
            course = load_course(find_course(self.path.parent))
            chapter = course.chapter(self.path.stem.removeprefix("test_"))
            chapters[self.path] = load_chapter(course, chapter)
        return chapters[self.path]

    @contextmanager
    def backend(self, loaded: LoadedChapter) -> Iterator[Backend]:
        """Who answers: the reference, or the submission behind the wall."""
        path = self.config.option.submission
        if path is None:
            yield loaded.reference
            return
        from grader.submission import read_submission
        from grader.wall.isolation import detect
        from grader.wall.sandbox import Sandbox
        from grader.wall.session import Session, Sources

        chapter = loaded.chapter
        submission = read_submission(path, chapter)
        refused = {entry.name: entry.why for entry in chapter.refused}
        sources = Sources(submission.module, submission.files, refused)
        deadline = time.monotonic() + chapter.limits.chapter_seconds
        with Sandbox(detect(), chapter.imports, chapter.limits) as sandbox:
            session = Session(sandbox, sources, chapter.limits, deadline)
            try:
                yield session
            finally:
                session.close()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if not isinstance(excinfo.value, CheckFailed):
            return super().repr_failure(excinfo, style)
        from grader.report.text import show

        outcome = excinfo.value.outcome
        lines = [f"{self.check.exercise}: {self.check.title}: {outcome.status}", outcome.message]
        for call in outcome.calls:
            given = [show(value) for value in call.arguments]
            lines.append(f"{call.name}({', '.join(given)}) -> {show(call.returned)}")
        if outcome.expected is not None or outcome.got is not None:
            lines += [f"expected {show(outcome.expected)}", f"got      {show(outcome.got)}"]
        return "\n".join(lines)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.check.test.__code__.co_firstlineno - 1, self.name
