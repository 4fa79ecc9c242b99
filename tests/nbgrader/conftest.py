"""One class of students, through the real nbgrader, from release to export."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from grader.authoring.notebooks import write_notebooks
from grader.course.reading import load_course, load_module

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


@dataclass(frozen=True)
class Classroom:
    """A small course with its nbgrader course in `assignments/`, and an exchange."""

    root: Path

    @property
    def assignments(self) -> Path:
        return self.root / "assignments"

    def run(
        self, *command: str, folder: Path | None = None, fails: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run nbgrader or grade as somebody at a terminal would."""
        done = subprocess.run(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            cwd=folder or self.assignments,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert bool(done.returncode) == fails, done.stdout + done.stderr
        return done

    def marks(self, student: str) -> dict[str, float | None]:
        """What gradebook.db holds: points by grade id."""
        query = """
            SELECT base_cell.name, grade.auto_score, grade.needs_manual_grade FROM grade
            JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
            JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
            JOIN base_cell ON grade.cell_id = base_cell.id
            WHERE submitted_assignment.student_id = ?
        """
        with closing(sqlite3.connect(self.assignments / "gradebook.db")) as database:
            rows = database.execute(query, (student,)).fetchall()
        assert all(bool(open_) == (score is None) for _, score, open_ in rows)
        return {name.split("-")[1]: score for name, score, _ in rows}

    def feedback(self, student: str) -> str:
        return (self.assignments / "feedback" / student / "ch1" / "ch1.html").read_text()

    def copy(self, folder: Path) -> Classroom:
        """The same classroom elsewhere, for a test that spoils it."""
        shutil.copytree(self.root, folder, dirs_exist_ok=True)
        return Classroom(folder)


INSTALLED = importlib.util.find_spec("nbgrader") is not None
if not INSTALLED and os.environ.get("GRADSCHOOL_REQUIRE_NBGRADER"):
    raise ModuleNotFoundError("nbgrader is missing: pip install -e '.[nbgrader]'")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests here: without nbgrader they are skipped, and CI forbids that."""
    for item in items:
        if HERE in item.path.parents and HERE / "small_course" not in item.path.parents:
            item.add_marker(pytest.mark.nbgrader)
            if not INSTALLED:
                item.add_marker(pytest.mark.skip("nbgrader is not installed"))


@pytest.fixture(scope="session")
def kinds() -> ModuleType:
    return load_module(HERE / "kinds.py", "nbgrader_kinds")


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory, bubblewrap: object) -> Classroom:
    """A course whose chapter is released through an exchange and fetched by a student."""
    root = tmp_path_factory.mktemp("class")
    shutil.copytree(HERE / "small_course", root, dirs_exist_ok=True)
    write_notebooks(load_course(root))
    config = (REPOSITORY / "assignments" / "nbgrader_config.py").read_text()
    exchange = f'\nc.Exchange.root = "{root}/exchange"\nc.Judge.course = "{root}"\n'
    (root / "assignments" / "nbgrader_config.py").write_text(config + exchange)
    (root / "exchange").mkdir(mode=0o777)
    (root / "exchange").chmod(0o777)
    room = Classroom(root)
    room.run("nbgrader", "generate_assignment", "ch1")
    room.run("nbgrader", "release_assignment", "ch1")
    (root / "home").mkdir()
    shutil.copy(root / "assignments" / "nbgrader_config.py", root / "home")
    room.run("nbgrader", "fetch_assignment", "ch1", folder=root / "home")
    return room


@pytest.fixture(scope="session")
def graded(released: Classroom, kinds: ModuleType) -> Classroom:
    """The class after every step up to the export of the marks."""
    import nbformat

    fetched = nbformat.read(released.root / "home" / "ch1" / "ch1.ipynb", as_version=4)
    for kind in kinds.KINDS:
        folder = released.root / "students" / kind.name / "ch1"
        folder.mkdir(parents=True)
        (folder / kind.file).write_text(kind.text(fetched, str(released.root)), "utf-8", "replace")
        _submit(released, kind.name)
    released.run("nbgrader", "collect", "ch1")
    released.run("grade", "prejudge", "ch1", fails=True)
    done = released.run("nbgrader", "autograde", "ch1", fails=True)
    failed = [kind.name for kind in kinds.KINDS if kind.softmax is None]
    assert done.stderr.count("There was an error processing assignment 'ch1'") == len(failed)
    released.run("nbgrader", "generate_feedback", "ch1")
    released.run("nbgrader", "export")
    return released


def _submit(room: Classroom, student: str) -> None:
    """What `nbgrader submit ch1 --student NAME` does, without another process for each."""
    from nbgrader.auth import Authenticator
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.exchange import ExchangeFactory
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.course_id = "gradschool"
    config.CourseDirectory.assignment_id = "ch1"
    config.CourseDirectory.student_id = student
    config.Exchange.root = str(room.root / "exchange")
    config.Exchange.assignment_dir = str(room.root / "students" / student)
    config.Exchange.cache = str(room.root / "cache")
    coursedir = CourseDirectory(config=config)
    factory = ExchangeFactory(config=config)
    submit = factory.Submit(
        coursedir=coursedir, authenticator=Authenticator(config=config), config=config
    )
    submit.start()


@pytest.fixture
def spoiled(graded: Classroom, tmp_path: Path) -> Classroom:
    """A copy of the graded class, in which a test may break things."""
    room = graded.copy(tmp_path / "class")
    config = room.assignments / "nbgrader_config.py"
    config.write_text(config.read_text().replace(str(graded.root), str(room.root)))
    return room
