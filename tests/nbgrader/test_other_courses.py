"""A course's notebooks in an nbgrader course that somebody already has, with and without ours."""

from __future__ import annotations

import copy
import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell

PLAIN = 'c = get_config()\nc.CourseDirectory.course_id = "mine"\n'
OURS = "from grader.nbgrader.config import configure\nconfigure(c)\nc.Judge.course = {root!r}\n"
SILENT = "import grader\ngrader.check = grader.check_practice = lambda *a, **k: None"
OWN_TEST = "assert double(2) == 4"


@pytest.fixture
def course(released, tmp_path):
    """An nbgrader course with our chapter and an assignment of its own, not configured for us."""
    room = type(released)(tmp_path)
    source = room.assignments / "source"
    shutil.copytree(released.assignments / "source" / "ch1", source / "ch1")
    own = copy.deepcopy(nbformat.read(source / "ch1" / "ch1.ipynb", as_version=4))
    own.cells = own.cells[-4:-1]
    solution, checks = own.cells[1:]
    solution.source = (
        "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    )
    checks.source = OWN_TEST
    (source / "own").mkdir()
    nbformat.write(own, source / "own" / "own.ipynb")
    (room.assignments / "nbgrader_config.py").write_text(PLAIN)
    return room


def handed_in(room, student, assignment, change):
    released = room.assignments / "release" / assignment / f"{assignment}.ipynb"
    notebook = nbformat.read(released, as_version=4)
    change(notebook)
    path = room.assignments / "submitted" / student / assignment / f"{assignment}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def filled(kinds, name):
    kind = next(kind for kind in kinds.KINDS if kind.name == name)
    return lambda notebook: kind.change(notebook, "")


def silenced(notebook):
    notebook.cells.insert(0, new_code_cell(SILENT))


def test_plain_nbgrader_gives_nobody_a_point_and_says_why(course, kinds):
    course.run("nbgrader", "generate_assignment", "ch1")
    release = (course.assignments / "release" / "ch1" / "ch1.ipynb").read_text()
    assert "no mark" not in release
    handed_in(course, "honest", "ch1", filled(kinds, "correct"))
    handed_in(course, "mallory", "ch1", silenced)
    handed_in(course, "patched", "ch1", filled(kinds, "forged-transformer"))
    course.run("nbgrader", "autograde", "ch1")
    for student in ("honest", "mallory", "patched"):
        assert course.marks(student) == {"softmax": 0, "relu": 0}
    course.run("nbgrader", "generate_feedback", "ch1", "--student", "mallory")
    assert "run `grade doctor` in its folder" in course.feedback("mallory")

    found = course.run("grade", "doctor").stdout
    for lacking in ("CheckReference", "Rebuild", "Judge", "SubmittedNotebookExporter"):
        assert lacking in found
    assert "configure(c)" in found
    (course.assignments / "nbgrader_config.py").unlink()
    assert "no nbgrader_config.py here: nobody gets a point" in course.run("grade", "doctor").stdout


def test_two_lines_have_our_notebooks_judged_and_the_others_run(released, course, kinds):
    config = course.assignments / "nbgrader_config.py"
    config.write_text(PLAIN + OURS.format(root=str(released.root)))
    assert "of a course's chapters are judged" in course.run("grade", "doctor").stdout
    for assignment in ("ch1", "own"):
        course.run("nbgrader", "generate_assignment", assignment)
    handed_in(course, "honest", "ch1", filled(kinds, "correct"))
    handed_in(course, "mallory", "ch1", silenced)
    secret = course.root / "secret.txt"
    secret.write_text("the instructor's own")
    for student, target in (("linker", "../../../source/ch1/ch1.ipynb"), ("nosy", str(secret))):
        handed_in(course, student, "ch1", filled(kinds, "correct"))
        folder = course.assignments / "submitted" / student / "ch1"
        link = "ch1.ipynb" if student == "linker" else "notes.txt"
        (folder / link).unlink(missing_ok=True)
        (folder / link).symlink_to(target)
    done = course.run("nbgrader", "autograde", "ch1", fails=True)
    assert "is a link, which is not followed" in done.stderr
    assert course.marks("honest") == {"softmax": 60, "relu": 40}
    assert course.marks("mallory") == {"softmax": 0, "relu": 0}
    for student in ("linker", "nosy"):
        assert course.marks(student) == {"softmax": None, "relu": None}
        assert not (course.assignments / "autograded" / student / "ch1").exists()

    handed_in(
        course, "right", "own", lambda nb: nb.cells[1].update(source="def double(x): return x * 2")
    )
    handed_in(
        course, "wrong", "own", lambda nb: nb.cells[1].update(source="def double(x): return x")
    )
    course.run("nbgrader", "autograde", "own")
    assert list(course.marks("right").values()) == [40]
    assert list(course.marks("wrong").values()) == [0]
