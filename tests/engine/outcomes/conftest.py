"""Classes to draw from: a few submissions that were really graded, and many made of their parts."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.classroom.results import ClassResults, Result
from grader.course.model import Course
from grader.judge.assignment import Assignment, Run
from grader.judge.judging import Judging
from grader.report.model import ChapterReport
from grader.submission.reading import Submission, read_submission
from grader.wall.isolation import detect

HERE = Path(__file__).resolve().parent
BELIEVABLE = HERE.parent.parent / "believable"
CHAPTER = "ch4"

TROUBLE = """

def softmax_backward(dout, p):
    while p.ndim > 2:
        pass
    return p * (dout - (dout * p).sum(axis=-1, keepdims=True))


def cross_entropy_gradient(logits, labels):
    import os
    os._exit(3)


def sigmoid(z):
    from scipy.special import expit
    return expit(z)
"""

HOSTILE = (
    "<script>document.title='gone'</script>",
    '=cmd|"/c calc"!A1',
    "@SUM(1+1)",
    "../../etc/passwd",
    "张伟",
    "\x1b[31mred\x07",
    "\u202egpj.exe",
    "two\nlines",
    "con",
    "CON",
    "half \ud800",
    "",
    "x" * 400,
    "'\"><img src=x onerror=alert(1)>",
)
"""Names that somebody may have, or give themselves."""

MakeClass = Callable[..., ClassResults]


@pytest.fixture(scope="session")
def hostile() -> tuple[str, ...]:
    return HOSTILE


@pytest.fixture(scope="session")
def graded(course: Course, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """Four submissions of a chapter, judged behind the wall."""
    chapter = course.chapter(CHAPTER)
    trouble = tmp_path_factory.mktemp("trouble") / "ch4.py"
    trouble.write_text(course.solution(chapter).read_text("utf-8") + TROUBLE, "utf-8")
    paths = {
        "right": course.solution(chapter),
        "believable": BELIEVABLE / f"{chapter.module}.py",
        "stub": course.stub(chapter),
        "trouble": trouble,
    }
    found = {}
    for name, path in paths.items():
        submission = read_submission(path, chapter)
        assignment = Assignment(chapter, submission, chapter.exercises)
        (report,) = Judging(course, [assignment], Run(), detect()).reports()
        found[name] = Result(name, submission, report)
    return found


@pytest.fixture(scope="session")
def make_class(course: Course, graded: dict[str, Result]) -> MakeClass:
    """A class of any size: each exercise of each student is one that was really graded."""

    def make(size: int, names: tuple[str, ...] = (), without_mark: int = 37) -> ClassResults:
        draw = random.Random(size)
        names += tuple(f"s{number:06d}" for number in range(size - len(names)))
        results = tuple(
            Result(name, None, None, f"{name} is not a notebook: it is empty")
            if number % without_mark == without_mark - 1
            else Result(name, _own_words(number), _mixed(graded, draw))
            for number, name in enumerate(sorted(names))
        )
        return ClassResults(course.name, course.chapter(CHAPTER), 0, results)

    return make


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium, headless; skipped where it is missing, and never in CI."""
    found = shutil.which("chromium") and shutil.which("chromedriver")
    if not found:
        required = os.environ.get("GRADSCHOOL_REQUIRE_CHROMIUM")
        (pytest.fail if required else pytest.skip)("chromium and chromedriver are not installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(str(shutil.which("chromedriver")))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


def _mixed(graded: dict[str, Result], draw: random.Random) -> ChapterReport:
    """A report of parts: good students have more of the right answers."""
    effort = draw.random()
    weights = [6 * effort + 1, 2 * (1 - effort), max(0.0, 1 - 2 * effort), 0.1 * (1 - effort)]
    reports = [one.report for one in graded.values() if one.report]
    chosen = (draw.choices(reports, weights)[0] for _ in reports[0].exercises)
    exercises = tuple(report.exercises[number] for number, report in enumerate(chosen))
    return replace(reports[0], exercises=exercises)


def _own_words(number: int) -> Submission:
    return Submission(Path("ch4.py"), "ch4", {"ch4": f"answer = {number}\n"})
