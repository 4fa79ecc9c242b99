"""Commands know where they are, and what is meant by words that are nearly right."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.cli.app import main
from grader.cli.group import spelt_apart
from grader.course.model import Course, CourseError
from grader.course.reading import load_course
from grader.submission.names import chapter_called

SMALL = Path(__file__).resolve().parent.parent / "nbgrader" / "small_course"


@pytest.fixture
def grade(capsys, monkeypatch):
    """Run `grade` in a folder: its exit code, stdout and stderr."""

    def run(folder: Path, *words: str) -> tuple[int, str, str]:
        monkeypatch.chdir(folder)
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        heard = capsys.readouterr()
        return int(ended.value.code or 0), heard.out, heard.err

    return run


@pytest.fixture
def small(tmp_path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "course"))


AUTHORS = [("notebooks",), ("stubs",), ("audit",), ("docs", "site")]


@pytest.mark.parametrize("words", AUTHORS, ids=lambda words: words[0])
def test_authors_commands_refuse_outside_a_course(grade, words, tmp_path):
    code, out, err = grade(tmp_path, *words)
    assert (code, out) == (2, "")
    assert err == (
        f"grade: no exercises/course.toml in {tmp_path} or above: run this in a course folder\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", AUTHORS[:3], ids=lambda words: words[0])
def test_authors_commands_leave_the_installed_course_alone(grade, words, small, monkeypatch):
    from grader.cli import here

    monkeypatch.setattr(here, "PACKAGE", small.parent)
    before = sorted(small.rglob("*"))
    code, _, err = grade(small, *words)
    assert code == 2
    assert "belongs to the installed package" in err
    assert sorted(small.rglob("*")) == before


def test_notebooks_come_with_a_configuration_that_is_never_overwritten(grade, small):
    code, out, _ = grade(small, "notebooks")
    config = small / "assignments" / "nbgrader_config.py"
    assert code == 0
    assert f"wrote {config}" in out
    assert "configure(c)" in config.read_text()
    config.write_text("mine")
    assert grade(small, "notebooks") == (0, "", "")
    assert config.read_text() == "mine"


def test_our_configuration_is_what_the_package_carries(course: Course):
    from grader.authoring.notebooks import CONFIG

    assert (course.root / "assignments" / "nbgrader_config.py").read_text() == CONFIG.read_text()


def test_a_chapter_may_have_no_number(grade, small):
    path = small / "exercises" / "course.toml"
    path.write_text(path.read_text().replace('id = "ch1"', 'id = "kmeans"'))
    course = load_course(small)
    assert course.chapter("kmeans").number is None
    assert chapter_called("kmeans (2)", course.chapters) == course.chapters[0]
    assert chapter_called("3", course.chapters) is None
    assert grade(small, "stubs")[0] == 0
    code, out, _ = grade(small, "list")
    assert code == 0
    assert "kmeans.relu" in out
    code, out, _ = grade(small, "kmeans.relu", "--submission", "solutions")
    assert (code, "All checks passed." in out) == (0, True)


@pytest.mark.parametrize("name", ["", "k means", "a.b", "3", "../up"])
def test_an_id_that_cannot_be_typed_is_an_error_at_its_line(small, name):
    path = small / "exercises" / "course.toml"
    path.write_text(path.read_text().replace('id = "ch1"', f'id = "{name}"'))
    with pytest.raises(CourseError, match=r"course.toml:\d+: .*no id of a chapter"):
        load_course(small)


def test_a_course_without_stubs_says_how_to_write_them(grade, small):
    code, _, err = grade(small, "list")
    assert code == 2
    assert "`grade stubs` writes them" in err


def test_a_chapter_spelt_apart_is_understood(grade, small):
    code, out, _ = grade(small, "ch", "1", "--submission", "solutions")
    assert (code, out.startswith("ch1 · ")) == (0, True)
    assert spelt_apart(["chapter", "1.relu"]) == ["ch1.relu"]
    assert spelt_apart(["--submission", "ch", "1"]) == ["--submission", "ch", "1"]
    assert spelt_apart(["list", "3"]) == ["list", "3"]


def test_a_hint_without_a_name_is_about_the_exercise_at_hand(grade, small):
    grade(small, "stubs")
    code, out, err = grade(small, "hint")
    assert code == 0
    assert out.startswith("1/3")
    name = err.split("grade hint ")[1].split()[0]
    assert grade(small, "next")[1].count(name) >= 1


def test_a_check_of_one_exercise_is_not_that_of_a_longer_name(course: Course, pytester_like):
    found = pytester_like("-k", "test_relu")
    assert {line.split("::test_")[1].startswith("relu_backward") for line in found} == {False}
    assert len(found) >= 2
    both = pytester_like("-k", "relu")
    assert both == found
    assert any("relu_backward" in line for line in pytester_like("-k", "relu_backward"))


@pytest.fixture
def pytester_like(course: Course):
    """The checks of ch5 that pytest would run on a submission."""
    import subprocess
    import sys

    def collected(*words: str) -> list[str]:
        solution = course.solution(course.chapter("ch5"))
        tests = course.checks(course.chapter("ch5"))
        command = [sys.executable, "-m", "pytest", "-q", "--collect-only", str(tests)]
        done = subprocess.run(
            [*command, "--submission", str(solution), *words],
            cwd=course.root,
            capture_output=True,
            text=True,
        )
        return [line for line in done.stdout.splitlines() if "::" in line]

    return collected
