"""What the students of an nbgrader course submitted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbformat.notebooknode import NotebookNode
from nbgrader.coursedir import CourseDirectory

from grader.classroom.bench import Bench
from grader.classroom.results import HandedIn
from grader.nbgrader.cells import cells_of, read_notebook
from grader.nbgrader.links import without_links
from grader.nbgrader.names import repair
from grader.nbgrader.rebuild import rebuilt, released, submission_of
from grader.submission.errors import UnreadableSubmission


def submitted(coursedir: CourseDirectory, bench: Bench) -> Iterator[HandedIn]:
    """Every student's submission, rebuilt exactly as autograding will rebuild it."""
    name = bench.chapter.id
    release = released(coursedir, name, name)
    pattern = coursedir.format_path(coursedir.submitted_directory, "*", name)
    for folder in sorted(Path(coursedir.root).glob(str(Path(pattern).relative_to(coursedir.root)))):
        student = folder.relative_to(Path(pattern.split("*")[0])).parts[0]
        notebooks = [str(path) for path in sorted(folder.glob("*.ipynb"))]
        repair(name, student, notebooks)
        path = folder / f"{name}.ipynb"
        if path.is_file() or path.is_symlink():
            yield _handed_in(student, path, release, bench)


def _handed_in(student: str, path: Path, release: NotebookNode, bench: Bench) -> HandedIn:
    try:
        without_links(path.parent)
        notebook = rebuilt(release, cells_of(read_notebook(path)))
    except UnreadableSubmission as error:
        return HandedIn(student, None, str(error))
    return HandedIn(student, submission_of(notebook, bench.chapter, Path(path.name)))
