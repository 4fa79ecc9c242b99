"""Every cheat fails: no point that it has not earned, nothing leaked, nothing left behind."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader.judge.assignment import Assignment
from grader.course.model import Course
from grader.course.reading import load_course
from grader.judge.assignment import Run, Wave
from grader.judge.heir import reports
from grader.judge.side_by_side import judge_side_by_side
from grader.report.as_json import to_json
from grader.report.failure import WIDTH
from grader.report.model import ChapterReport
from grader.report.terminal import print_reports
from grader.submission.reading import read_submission
from grader.wall.ancestor import Ancestor

HERE = Path(__file__).resolve().parent
CHEATS = sorted(path for path in HERE.glob("*.py") if not path.name.startswith("test_"))
CANARY = "canary-5d41402abc4b2a76"
CHAPTER_SECONDS = 5.0
PATIENCE = 60.0
"""Seconds of wall clock, on a machine that is busy with other tests."""


@pytest.fixture(scope="module")
def guarded_course(tmp_path_factory: pytest.TempPathFactory, course: Course) -> Course:
    """A copy of the course with a canary in everything that must not leak, and less patience."""
    root = tmp_path_factory.mktemp("course")
    chapter = course.chapter("ch4")
    for path in (course.solution(chapter), course.checks(chapter), course.mistakes(chapter)):
        copy = root / path.relative_to(course.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(f"{path.read_text()}\n\nCANARY = '{CANARY}'\n")
    (root / "exercises").mkdir()
    text = (course.root / "exercises" / "course.toml").read_text()
    blocks = re.split(r"(?m)^(?=\[\[(?:chapter|path)\]\])", text)
    own = next(block for block in blocks if '\nid = "ch4"' in block)
    limits = f"""[chapter.limits]
chapter_seconds = {CHAPTER_SECONDS}
chapter_idle_seconds = {CHAPTER_SECONDS}
"""
    (root / "exercises" / "course.toml").write_text(f"{blocks[0]}{own}\n{limits}")
    return load_course(root)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files in which nobody else's tests leave theirs."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture(params=["its own sandbox", "a judge's ancestor"])
def graded(request, grade, guarded_course, bubblewrap) -> Callable[[str, Path], ChapterReport]:
    """Grade a cheat in either kind of sandbox."""

    def graded(target: str, path: Path) -> ChapterReport:
        if request.param == "its own sandbox":
            return grade(target, path, bubblewrap, of=guarded_course)
        chapter, exercise = guarded_course.select(target)
        assignments = [Assignment(chapter, read_submission(path, chapter), (exercise,))]
        with Ancestor(bubblewrap, chapter.imports, chapter.limits) as sandbox:
            assert sandbox.divisible()
            waves = [Wave((0,), chapter.imports, sandbox)]
            return reports(guarded_course, assignments, Run(), bubblewrap, waves=waves)[0]

    return graded


@pytest.mark.parametrize("path", CHEATS, ids=lambda path: path.stem)
def test_cheat(path, graded, bubblewrap, temporary):
    processes, started = _sandbox_processes(), time.monotonic()
    report = graded("ch4.softmax", path)
    took = time.monotonic() - started
    (exercise,) = report.exercises
    assert exercise.status in _must(path)
    assert exercise.score == 0.0
    assert took < PATIENCE
    _shows_nothing_it_should_not(report)
    assert not os.listdir(temporary)
    assert not _left_behind(processes)


def test_cheats_side_by_side_cost_their_neighbours_nothing(guarded_course, bubblewrap):
    chapter = guarded_course.chapter("ch4")
    honest = guarded_course.solution(chapter)
    exercises = (guarded_course.select("ch4.softmax")[1],)
    paths = [path for n, cheat in enumerate(CHEATS) for path in (cheat, honest)[: 2 - n % 3]]
    assignments = [Assignment(chapter, read_submission(path, chapter), exercises) for path in paths]
    processes = _sandbox_processes()
    judging = judge_side_by_side(guarded_course, chapter, Run(), bubblewrap, assignments)
    for number, report in judging:
        expected = ["passed"] if paths[number] == honest else _must(paths[number])
        assert report.exercises[0].status in expected, paths[number].name
    assert not _left_behind(processes)


def test_there_are_enough_cheats():
    assert len(CHEATS) >= 30


def test_the_checks_accept_an_honest_submission(graded, course):
    assert graded("ch4.softmax", course.solution(course.chapter("ch4"))).passed


def _must(path: Path) -> list[str]:
    """What may come of a cheat, by its docstring."""
    expected = re.search(r"Must: (.*)", ast.get_docstring(ast.parse(path.read_text())) or "")
    assert expected, "a cheat says what must come of it"
    return expected[1].split()


def _shows_nothing_it_should_not(report) -> None:
    out = StringIO()
    print_reports(Console(file=out, width=WIDTH, color_system=None), [report], True)
    screen, data = out.getvalue(), to_json([report])
    assert CANARY not in screen + data
    shown = screen + json.dumps(json.loads(data), ensure_ascii=False)
    unseen = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not [one for one in shown if unicodedata.category(one) in unseen and one != "\n"]
    assert not re.search(r"[\ufe00-\ufe0f\u115f\u3164]|\u0301{5}", shown)
    assert max(map(cell_len, screen.splitlines())) <= WIDTH
    assert screen.count("\n") < 60
    assert len(data) < 60_000


def _sandbox_processes() -> set[str]:
    """Processes of our sandboxes, and of sandboxes that nobody owns."""
    return {number for number in _process_ids() if _is_sandbox(number) and _is_ours(number)}


def _left_behind(before: set[str]) -> list[str]:
    """Command lines of sandboxes that were not there before and still are a moment later."""
    for _ in range(20):
        found = _sandbox_processes() - before
        if not found:
            return []
        time.sleep(0.1)
    return [_command(number) for number in sorted(found)]


def _is_sandbox(process: str) -> bool:
    return "grader.wall.inside.zygote" in _command(process)


def _is_ours(process: str) -> bool:
    """Whether the first process above that is no sandbox is this one, or the system's first."""
    while _is_sandbox(process):
        try:
            status = Path("/proc", process, "stat").read_text(errors="replace")
        except OSError:
            return False
        process = status.rpartition(")")[2].split()[1]
    return process in ("0", "1", str(os.getpid()))


def _process_ids() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdigit()]


def _command(process: str) -> str:
    try:
        return Path("/proc", process, "cmdline").read_text(errors="replace")
    except OSError:
        return ""


def test_bwrap_is_what_the_tests_think_it_is(bubblewrap):
    assert shutil.which("bwrap")
