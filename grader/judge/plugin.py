"""The pytest plugin: `pytest` runs every check against the reference.

`pytest --submission PATH -k layer_norm` runs them against a submission, behind the wall, and runs
nothing else.  It is the same `judge_check` that `grade` uses, with pytest's selection and
reporting around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from grader.judge.single import SingleChecks

SINGLE = pytest.StashKey["SingleChecks"]()

OPTION = "--submission"

CHECKS = "checks"
"""The folder of a course's tests that holds its checks."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradschool", "grading checks of a gradschool course")
    group.addoption(OPTION, type=Path, help="check this file, folder or notebook")
    group.addoption("--seed", type=int, default=0, help="another seed draws other inputs")
    group.addoption("--examples", type=int, default=50, help="inputs drawn for a value check")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | pytest.ExitCode | None:
    """Begin again with `--submission PATH` as one word.

    pytest looks for its settings before it knows this option, and would take PATH for a folder
    of tests and look there.
    """
    words = list(config.invocation_params.args)
    if OPTION not in words[:-1]:
        return None
    at = words.index(OPTION)
    words[at : at + 2] = [f"{OPTION}={words[at + 1]}"]
    return pytest.main(words, plugins=config.invocation_params.plugins)


def pytest_configure(config: pytest.Config) -> None:
    path = config.option.submission
    if path is None or _is_xdist_worker(config):
        return
    if not path.exists():
        raise pytest.UsageError(f"{OPTION}: {path} does not exist")
    if path.is_file():
        from grader.course.model import find_course
        from grader.course.reading import load_course
        from grader.submission.reading import read_submission

        with _told_in_a_line():
            read_submission(path, load_course(find_course(Path.cwd())).chapters[0])


def pytest_unconfigure(config: pytest.Config) -> None:
    if SINGLE in config.stash:
        config.stash[SINGLE].close()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A submission meets checks, those of this course; other tests are none of its business."""
    if config.option.submission is None or not collection_path.is_file():
        return None
    from grader.course.model import find_course

    folder, root = collection_path.parent, find_course(config.rootpath)
    elsewhere = folder.is_relative_to(root) and folder != root / "tests" / CHECKS
    return elsewhere or folder.name != CHECKS or None


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> pytest.Item | None:
    check = getattr(obj, "check", None)
    if check is None or not name.startswith("test") or not hasattr(check, "strategies"):
        return None
    item: pytest.Item = CheckItem.from_parent(collector, name=name, check=check)
    return item


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the selected checks of chapters that the submission is about."""
    path = config.option.submission
    if path is None:
        return
    files = {item.path: item for item in items if isinstance(item, CheckItem)}
    with _told_in_a_line():
        about = {file for file, item in files.items() if item.concerns(path)}
    if files and not about and not _is_xdist_worker(config):
        raise pytest.UsageError(f"{OPTION}: {path} has none of the exercises selected")
    only = _named_exercise(config.option.keyword, items)
    chosen = [item for item in items if item.path in about and _is_of(item, only)]
    kept = set(chosen)
    left_out = [item for item in items if item not in kept]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = chosen


def _named_exercise(keyword: str, items: list[pytest.Item]) -> str:
    """The exercise that `-k test_softmax` or `-k softmax` means; empty if it means no one."""
    name = keyword.strip().removeprefix("test_")
    return name if any(_exercise(item) == name for item in items) else ""


def _is_of(item: pytest.Item, only: str) -> bool:
    """Whether a check is wanted: pytest takes `softmax_backward` for `softmax` as well."""
    return not only or _exercise(item) == only


def _exercise(item: pytest.Item) -> str:
    return str(item.check.exercise) if isinstance(item, CheckItem) else ""


class CheckFailed(Exception):
    """A check did not pass; the text says how, as `grade` does."""


class CheckItem(pytest.Item):
    """A check of a chapter as a pytest item."""

    def __init__(self, *, check: Any, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.check = check

    @property
    def single(self) -> SingleChecks:
        """What the checks of this run share."""
        from grader.judge.assignment import Run
        from grader.judge.single import SingleChecks

        option = self.config.option
        return self.config.stash.setdefault(SINGLE, SingleChecks(Run(option.seed, option.examples)))

    def concerns(self, submission: Path) -> bool:
        """Whether the submission is about this check's chapter."""
        from grader.judge.single import concerns

        return concerns(submission, self.single.chapter(self.path).chapter)

    def runtest(self) -> None:
        path = self.config.option.submission
        if path is None:
            wrong = self.single.of_reference(self.check, self.path)
        else:
            wrong = self.single.of_submission(self.check, self.path, path)
        if wrong:
            raise CheckFailed(wrong)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from grader.course.model import CourseError, NoCourse
        from grader.judge.assignment import JudgeError

        if isinstance(excinfo.value, (CheckFailed, CourseError, NoCourse, JudgeError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.check.line - 1, self.name


def _is_xdist_worker(config: pytest.Config) -> bool:
    """Such a worker has nobody to tell; whoever started it has looked at the same things."""
    return hasattr(config, "workerinput")


@contextmanager
def _told_in_a_line() -> Iterator[None]:
    """What is wrong with a submission or a course is no traceback."""
    from grader.course.model import CourseError, NoCourse, UnknownName
    from grader.submission.errors import UnreadableSubmission

    try:
        yield
    except (UnreadableSubmission, CourseError, NoCourse, UnknownName) as error:
        raise pytest.UsageError(str(error)) from None
