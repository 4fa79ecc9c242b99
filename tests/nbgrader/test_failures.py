"""When something of ours fails there is no mark, and what is said says what to do."""

from __future__ import annotations

import json

import nbformat
import pytest

from grader.judge.assignment import JudgeError

NONE = {"softmax": None, "relu": None}
FULL = {"softmax": 60, "relu": 40}


def test_a_failure_of_ours_leaves_no_mark_and_no_old_one(spoiled):
    checks = spoiled.root / "tests" / "checks" / "test_ch01_small.py"
    sound = checks.read_text()
    checks.write_text(sound + "\nraise RuntimeError('a broken course')\n")
    assert spoiled.marks("correct") == FULL
    again = ("nbgrader", "autograde", "ch1", "--force", "--student", "correct")
    done = spoiled.run(*again, fails=True)
    assert "a broken course" in done.stderr
    assert spoiled.marks("correct") == NONE
    assert not (spoiled.assignments / "autograded" / "correct" / "ch1").exists()
    assert spoiled.marks("stderr") == FULL

    prejudged = spoiled.run("grade", "prejudge", "ch1", fails=True)
    assert prejudged.returncode == 3
    assert "test_ch01_small.py" in prejudged.stderr
    assert "RuntimeError: a broken course" in prejudged.stderr
    assert "100" not in prejudged.stdout

    checks.write_text(sound)
    spoiled.run(*again)
    assert spoiled.marks("correct") == FULL


def test_without_a_release_nothing_is_graded(spoiled):
    path = spoiled.assignments / "release" / "ch1" / "ch1.ipynb"
    path.unlink()
    again = ("nbgrader", "autograde", "ch1", "--force", "--student", "correct")
    assert "nbgrader generate_assignment ch1" in spoiled.run(*again, fails=True).stderr
    assert spoiled.marks("correct") == NONE
    done = spoiled.run("grade", "prejudge", "ch1", fails=True)
    assert done.returncode == 2
    assert done.stderr == f"grade: {path} is missing: run `nbgrader generate_assignment ch1`\n"


def test_a_wrong_reference_is_not_released(spoiled):
    path = spoiled.assignments / "source" / "ch1" / "ch1.ipynb"
    path.write_text(path.read_text().replace("np.maximum(x, 0.0)", "np.abs(x)"))
    again = ("nbgrader", "generate_assignment", "ch1", "--force")
    done = spoiled.run(*again, fails=True)
    assert "ch1 is not released: the solution of ch1.relu is failed in" in done.stderr
    assert not (spoiled.assignments / "release" / "ch1").exists()


def test_a_notebook_of_another_course_is_not_released(spoiled):
    path = spoiled.assignments / "source" / "ch1" / "ch1.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "ch1-relu-checks"]
    path.write_text(json.dumps(notebook))
    again = ("nbgrader", "generate_assignment", "ch1", "--force")
    assert "notebook and course differ in ch1-relu-checks" in spoiled.run(*again, fails=True).stderr


def test_feedback_shows_what_disclosure_allows(spoiled):
    again = ("--force", "--student", "half-right")
    spoiled.run("nbgrader", "autograde", "ch1", *again, "--Judge.disclosure=property")
    spoiled.run("nbgrader", "generate_feedback", "ch1", *again)
    page = spoiled.feedback("half-right")
    assert "matches the reference" in page
    assert "Negative entries become zero" not in page
    assert "expected" not in page


def test_validate_says_the_truth(released, kinds, tmp_path):
    folder = released.root / "home" / "ch1"
    stub = released.run("nbgrader", "validate", "ch1.ipynb", folder=folder)
    assert "FAILED ON 2 CELL(S)" in stub.stdout.upper().replace("\n", " ")
    assert "ch1.relu: not started" in stub.stdout

    kind = next(kind for kind in kinds.KINDS if kind.name == "correct")
    fetched = nbformat.read(folder / "ch1.ipynb", as_version=4)
    (folder / "solved.ipynb").write_text(kind.text(fetched, ""))
    solved = released.run("nbgrader", "validate", "solved.ipynb", folder=folder)
    assert "Success! Your notebook passes all the tests." in solved.stdout


def test_marks_need_bubblewrap(released, monkeypatch):
    from grader.nbgrader import judge
    from grader.wall.isolation import PROCESS, Isolation

    monkeypatch.setattr(judge, "detect", lambda: Isolation(PROCESS, "chosen by a test"))
    one = judge.Judge(course=str(released.root))
    with pytest.raises(JudgeError, match=r"c\.Judge\.weak_isolation = True"):
        one.bench("ch1", released.root)
    one.weak_isolation = True
    assert one.bench("ch1", released.root).isolation.name == PROCESS


def test_prejudging_nothing_says_what_to_do(released, tmp_path):
    (tmp_path / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.Judge.course = {str(released.root)!r}\n"
        f"c.CourseDirectory.release_directory = {str(released.assignments / 'release')!r}\n"
    )
    done = released.run("grade", "prejudge", "ch1", folder=tmp_path, fails=True)
    assert done.returncode == 2
    assert "nbgrader collect ch1" in done.stderr
