"""`grade release`: nothing of the answers is in the kit, and the kit is good to work with."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

from grader.bank import load_mistakes
from grader.bank.entries import HINTS
from grader.checks.check import Check
from grader.cli.app import main
from grader.course.forms import declared_by
from grader.course.model import Course, CourseError
from grader.course.reading import load_course
from grader.course.stubs import BEGIN, END
from grader.judge.chapter import load_chapter
from grader.kit.files import ENGINE, Files, kit_files, write_kit
from grader.kit.practice_part import practice_part
from grader.report.model import ChapterReport, CheckReport, ExerciseReport
from grader.student.progress import Last
from grader.student.workspace import Standing
from grader.submission.blocks import blocks, replaced
from grader.watch.view import headline, progress_line

WRONG = "def softmax(z, axis=-1):\n    e = np.exp(z)\n    return e / e.sum()"


@pytest.fixture(scope="module")
def files(course: Course) -> Files:
    return kit_files(course, course.chapters)


@pytest.fixture(scope="module")
def kit(files, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "kit"
    write_kit(folder, files)
    return folder


def grade(kit: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`grade` of the kit itself, as its owner would run it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-m", "grader", *words]
    environment = {**kept, "COLUMNS": "80"}
    return subprocess.run(
        command, cwd=kit, env=environment, capture_output=True, text=True, check=False
    )


# What must not be in the kit.


def lines(text: str) -> set[str]:
    return {re.sub(r"\s+", " ", line.strip()) for line in text.splitlines()}


def telling(line: str) -> bool:
    """Whether a line computes something: it has an operator, an index or a call on something."""
    try:
        tree = ast.parse(line.removeprefix("el") + (" pass" if line.endswith(":") else ""))
    except SyntaxError:
        return len(line) > 20
    kinds = (ast.BinOp, ast.BoolOp, ast.Compare, ast.Subscript)
    parts = list(ast.walk(tree))
    calls = any(isinstance(part, ast.Call) and (part.args or part.keywords) for part in parts)
    return len(line) >= 12 and (calls or any(isinstance(part, kinds) for part in parts))


def given_lines(files: Files) -> Iterator[tuple[str, str]]:
    """Every line of the kit with its file; of a notebook the lines of its cells."""
    for path, content in files.items():
        text = content.decode()
        if path.suffix == ".ipynb":
            cells = json.loads(text)["cells"]
            text = "\n".join("".join(cell["source"]) for cell in cells)
        yield from ((line, str(path)) for line in lines(text))


def solution_lines(course: Course) -> set[str]:
    """The lines between the markers of every solution."""
    found = set()
    for chapter in course.chapters:
        text = course.solution(chapter).read_text()
        for body in re.findall(rf"{BEGIN}\n(.*?){END}", text, re.DOTALL):
            found |= lines(body)
    return found


@pytest.fixture(scope="module")
def checks(course) -> list[Check]:
    """Every check of the course."""
    loaded = [load_chapter(course, chapter) for chapter in course.chapters]
    return [check for one in loaded for own in one.checks.values() for check in own]


@pytest.fixture(scope="module")
def stated(course) -> set[str]:
    """The lines of the stubs: what students are told."""
    return set().union(*(lines(course.stub(one).read_text()) for one in course.chapters))


@pytest.fixture(scope="module")
def practised(checks) -> set[str]:
    """The lines of the practice checks, and of the functions that these may call."""
    return set().union(*(lines_behind(check) for check in checks if check.practice))


@cache
def functions(path: Path) -> dict[str, tuple[set[str], set[str]]]:
    """The functions of a file: their lines, decorators included, and the names in them.

    So are the tests that stand there as declarations.
    """
    source = path.read_text()
    found = {}
    for node in ast.parse(source).body:
        declared = declared_by(node)
        if isinstance(node, ast.FunctionDef) or declared:
            decorators = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(one.lineno for one in decorators)])
            text = "\n".join(source.splitlines()[first - 1 : node.end_lineno])
            names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            name = declared.test_name if declared else node.name
            found[name] = (lines(text), names)
    return found


def file_of(check: Check) -> Path:
    return Path(getattr(check.test, "declared_in", check.test.__code__.co_filename))


def own_lines(check: Check) -> set[str]:
    return functions(file_of(check))[check.test.__name__][0]


def lines_behind(check: Check) -> set[str]:
    """The lines of a check and of all functions of its file that it may call."""
    known = functions(file_of(check))
    pending = [check.test.__name__]
    for name in pending:
        pending += known[name][1] & set(known) - set(pending)
    return set().union(*(known[name][0] for name in pending))


def found(files: Files, secret: set[str]) -> dict[str, str]:
    return {line: path for line, path in given_lines(files) if line in secret}


def test_no_line_of_a_solution_is_in_the_kit(course, files, stated):
    secret = {line for line in solution_lines(course) - stated if telling(line)}
    assert len(secret) > 300
    assert found(files, secret) == {}


def test_no_line_of_a_hidden_check_is_in_the_kit(files, checks, practised):
    hidden = [check for check in checks if not check.practice]
    secret = set().union(*(own_lines(check) for check in hidden)) - practised
    secret = {line for line in secret if telling(line)}
    assert len(secret) > 300
    assert found(files, secret) == {}
    text = "\n".join(content.decode() for content in files.values())
    assert len(hidden) > 300
    assert [one for one in hidden if re.search(rf"\b{one.test.__name__}\b", text)] == []


def test_no_mistake_is_in_the_kit(course, files, stated, practised):
    banks = [course.mistakes(chapter) for chapter in course.chapters]
    entries = [one for bank in banks for one in load_mistakes(bank)]
    text = "\n".join(content.decode() for content in files.values())
    common = HINTS.values()  # what the engine says of every subject is no secret
    assert len(entries) > 300
    assert [one.hint for one in entries if one.hint in text and one.hint not in common] == []
    secret = set().union(*(lines(bank.read_text()) for bank in banks)) - practised - stated
    secret = {line for line in secret if telling(line)}
    assert len(secret) > 300
    # The engine has lines like `with np.errstate(all="ignore"):` too; it knows no mistake.
    course_files = {path: text for path, text in files.items() if not of_engine(path)}
    assert found(course_files, secret) == {}


def of_engine(path: PurePosixPath) -> bool:
    return path.parts[0] == "grader" and path.parts[1] != "shipped"


def test_the_engine_in_the_kit_is_the_engine(files):
    for path, content in files.items():
        if of_engine(path):
            assert (ENGINE.parent / path).read_bytes() == content
    assert PurePosixPath("grader/cli/app.py") in files
    assert not [path for path in files if path.suffix in (".md", ".pyc") and of_engine(path)]


def test_a_leak_would_be_found(course, files):
    """The tests above would see a solution in a kit."""
    chapter = course.chapters[0]
    solution = course.solution(chapter).read_bytes()
    leaking = {**files, PurePosixPath("exercises/leak.py"): solution}
    assert found(leaking, {line for line in solution_lines(course) if telling(line)})


# What is in the kit.


def test_the_same_kit_every_time(course, files):
    chosen = (course.chapter("ch4"),)
    assert kit_files(course, chosen) == kit_files(course, chosen)
    assert str(course.root).encode() not in b"".join(files.values())


def test_the_kit_is_a_course_with_hidden_checks_counted(course, kit, checks):
    of_kit = load_course(kit / "grader" / "shipped")
    assert of_kit.is_kit
    assert not course.is_kit
    assert course.whole() is course
    for mine, theirs in zip(of_kit.chapters, course.chapters, strict=True):
        assert (mine.title, mine.imports, mine.limits) == (
            theirs.title,
            theirs.imports,
            theirs.limits,
        )
        assert set(mine.refused) == set(theirs.refused)
        loaded = load_chapter(of_kit, mine)
        for one, other in zip(mine.exercises, theirs.exercises, strict=True):
            assert (one.id, one.points, one.hints) == (other.id, other.points, other.hints)
            all_checks = [c for c in load_chapter(course, theirs).checks[one.name]]
            practice = [check.title for check in all_checks if check.practice]
            assert [check.title for check in loaded.checks[one.name]] == practice
            assert one.hidden == len(all_checks) - len(practice)


def awaiting(kit, *exercises):
    """How many checks of ch4 await at submission, of these exercises or of all."""
    chapter = load_course(kit / "grader" / "shipped").chapter("ch4")
    return sum(one.hidden for one in chapter.exercises if not exercises or one.name in exercises)


def test_it_practises_and_says_what_awaits(kit):
    stub = grade(kit, "ch4")
    assert stub.returncode == 1, stub.stderr
    assert re.search(rf"·  softmax +not started +0/4 +{awaiting(kit, 'softmax')} more", stub.stdout)
    assert f"Practice: {awaiting(kit)} hidden checks await at submission." in stub.stdout
    assert " / 12" not in stub.stdout
    assert max(map(len, stub.stdout.splitlines())) <= 80


def test_a_wrong_and_a_right_submission(course, kit, tmp_path):
    stub = course.stub(course.chapter("ch4")).read_text()
    right = blocks(course.solution(course.chapter("ch4")).read_text())["softmax"].text
    mine = tmp_path / "ch4.py"
    mine.write_text(replaced(stub, "softmax", WRONG))
    failed = grade(kit, "ch4.softmax", "--submission", str(mine))
    assert failed.returncode == 1
    assert "expected" in failed.stdout
    assert (
        f"Practice: {awaiting(kit, 'softmax')} hidden checks await at submission." in failed.stdout
    )
    mine.write_text(replaced(stub, "softmax", right))
    passed = grade(kit, "ch4.softmax", "--submission", str(mine), "--format", "json")
    assert passed.returncode == 0, passed.stderr
    (exercise,) = json.loads(passed.stdout)["exercises"]
    assert (exercise["status"], exercise["hidden"]) == ("passed", awaiting(kit, "softmax"))
    assert len(exercise["checks"]) == 4
    assert {check["score"] for check in exercise["checks"]} == {0}


def test_a_notebook_of_the_kit_is_graded_without_a_complaint(kit):
    stub = grade(kit, "ch4", "--submission", "notebooks/ch4.ipynb")
    assert stub.returncode == 1
    assert "NameError" not in stub.stdout
    assert stub.stdout.count("not started") == 10


def test_a_students_day_with_the_kit(kit):
    path = kit / "exercises" / "ch01_gradient_descent.py"
    stub = path.read_text()
    assert grade(kit, "next").stdout.startswith("ch1.predict   exercises/ch01_")
    path.write_text(replaced(stub, "predict", "def predict(X, w, b):\n    return X @ w"))
    assert grade(kit, "ch1.predict").returncode == 1
    listed = grade(kit, "list", "ch1").stdout
    assert re.search(r"ch1.predict +started: failed\n", listed)
    assert grade(kit, "hint", "ch1.predict").stdout.startswith("1/3  ")
    assert grade(kit, "hint", "ch1.predict", "3").stderr == "That was the last.\n"
    assert grade(kit, "reset", "ch1.predict", "--yes").returncode == 0
    assert path.read_text() == stub


def test_what_watch_shows_of_practice(kit):
    """No points, since a kit cannot know them."""
    of_kit = load_course(kit / "grader" / "shipped")
    chapter = of_kit.chapter("ch4")
    check = CheckReport("ch4.softmax.a", "sums to one", "passed", 0.0, 4.0, None, True)
    one = ExerciseReport("ch4.softmax", "passed", 0.0, 12.0, None, None, (check,), 5)
    report = ChapterReport("kit", "ch4", "Softmax", "process", 0, (one,))
    said = headline(report).plain
    assert said == "✓ ch4.softmax passed, 5 hidden checks await at submission"
    standings = [
        Standing(entry, "done", Last("passed", 0.0, ""), None) for entry in chapter.exercises
    ]
    assert progress_line(standings).plain.endswith(" 10 of 10 done")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["solution", "ch1.predict", "--spoil"], "this course comes without solutions"),
        (["release", "another"], "this is a student kit"),
        (["audit"], "this is a student kit"),
        (["stubs"], "this is a student kit"),
    ],
)
def test_what_a_kit_cannot_do_is_one_line(kit, words, said):
    done = grade(kit, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (kit / "another").exists()


def test_in_process_practice_counts_what_awaits(kit):
    program = (
        "import grader, numpy as np\n"
        "def softmax(z, axis=-1): return np.zeros_like(z)\n"
        "print(grader.check(softmax, 'ch4.softmax'))\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command,
        cwd=kit / "notebooks",
        env={**os.environ, "PYTHONPATH": str(kit)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"of 4 practice checks passed; {awaiting(kit, 'softmax')} hidden checks" in done.stdout


def test_an_installed_kit_grades(files, tmp_path, course):
    """`pip install .` in the kit, and the exercises somewhere else."""
    write_kit(tmp_path / "kit", files)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target"]
    subprocess.run([*pip, tmp_path / "site", tmp_path / "kit"], check=True)
    work = tmp_path / "work" / "exercises"
    work.mkdir(parents=True)
    solution = course.solution(course.chapter("ch4"))
    (work / solution.name).write_bytes(solution.read_bytes())
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    command = [sys.executable, "-m", "grader", "ch4"]
    done = subprocess.run(
        command, cwd=work, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 / 10 exercises pass" in done.stdout
    assert (tmp_path / "site" / "bin" / "grade").is_file()


def test_one_chapter_needs_no_more_than_it_uses(course):
    files = kit_files(course, (course.chapter("ch4"),))
    project = files[PurePosixPath("pyproject.toml")].decode()
    assert "numpy" in project
    assert "torch" not in project
    assert not [path for path in files if "ch01" in path.name or "ch08" in path.name]


def test_release_on_the_command_line(course, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    codes = []
    for words in (["--chapter", "ch4"], ["--chapter", "ch44"], []):
        with pytest.raises(SystemExit) as left:
            main(["release", "kit", *words])
        codes.append(left.value.code or 0)
    said = capsys.readouterr()
    assert codes == [0, 2, 2]
    assert re.fullmatch(r"wrote \d+ files to kit\n", said.out)
    assert "there is no ch44" in said.err
    assert "kit is not empty: name a new folder" in said.err
    assert [path.name for path in (tmp_path / "kit" / "exercises").iterdir()] == [
        "ch04_softmax_cross_entropy.py"
    ]


# The practice part of a check file.

CHECKS = '''\
"""Checks of everything."""

import math
import os

from grader.checks import check, expect, given, sizes

SIZES = [1]
SIZES += [2]
"""Small ones."""
SECRET = 42


def used():
    return math.pi


def unused():
    return os.sep


@check("double", "practised", practice=True)
def test_practised(submission):
    unused = used()
    expect(submission.double(SIZES[0]) == unused, "")


@check("double", "hidden")
@given(n=sizes(1, 2))
def test_hidden(submission, n):
    expect(unused() == SECRET, "")
'''
PRACTICE = '''\
"""Practice checks; those that await at submission are not among them."""

import math

from grader.checks import check, expect

SIZES = [1]
SIZES += [2]
"""Small ones."""


def used():
    return math.pi


@check("double", "practised", practice=True)
def test_practised(submission):
    unused = used()
    expect(submission.double(SIZES[0]) == unused, "")
'''


def test_the_practice_part_is_what_practice_uses(tmp_path):
    path = tmp_path / "checks.py"
    path.write_text(CHECKS)
    assert practice_part(path, ["test_practised"], ["ch01_tiny"]) == PRACTICE


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("from ch01_tiny import pi as math", r"checks.py:3: a practice check uses the solution"),
        ("print('hello')", r"checks.py:3: who needs a statement"),
    ],
)
def test_what_cannot_be_parted_is_said(tmp_path, line, said):
    path = tmp_path / "checks.py"
    path.write_text(CHECKS.replace("import math\n", f"{line}\n"))
    with pytest.raises(CourseError, match=said):
        practice_part(path, ["test_practised"], ["ch01_tiny"])
