"""Twenty notebooks by plain `nbgrader autograde` and by ours, in one run.

    python tests/benchmarks/nbgrader_class.py [ch1]

Plain means: the same checks, in the notebook's own kernel, as an instructor would write them into
hidden test cells.  Ours judges the class side by side while nbgrader converts.  Both get the same
notebooks, all of them right, which is the most work there is; no two are alike.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from grader.authoring.notebooks import notebook_of
from grader.course.model import Chapter, Course, find_course
from grader.course.reading import load_course

STUDENTS = 20
TIMES = 5.0
"""How many times the throughput of plain nbgrader is promised on two cores."""

PLAIN = (
    'c = get_config()\nc.CourseDirectory.course_id = "plain"\nc.ExecutePreprocessor.timeout = 600\n'
)
SETUP = """
from pathlib import Path
from grader.checks.answers import Local
from grader.course.reading import load_course
from grader.judge.chapter import load_chapter
from grader.judge.run import run_check
course = load_course(Path({root!r}))
loaded = load_chapter(course, course.chapter({chapter!r}))
"""
TEST = """
for check in loaded.checks[{name!r}]:
    outcome = run_check(check, Local(globals()), loaded.reference, seed=0, examples=50)
    assert outcome.passed, outcome.message
"""


def main() -> int:
    """Measure both and print the comparison."""
    course = load_course(find_course(Path(__file__).resolve().parent))
    chapter = course.chapter(sys.argv[1] if len(sys.argv) > 1 else "ch1")
    ours = (course.root / "assignments" / "nbgrader_config.py").read_text()
    ours += f"\nc.Judge.course = {str(course.root)!r}\n"
    with tempfile.TemporaryDirectory() as folder:
        plain = prepared(Path(folder, "plain"), course, chapter, PLAIN, in_kernel=True)
        walled = prepared(Path(folder, "ours"), course, chapter, ours, in_kernel=False)
        autograde = ["nbgrader", "autograde", chapter.id]
        slow = seconds(plain, [autograde])
        fast = seconds(walled, [autograde])
    print(f"{STUDENTS} notebooks of {chapter.id}, {os.cpu_count()} cores")
    for name, spent in (("plain nbgrader", slow), ("ours", fast)):
        print(f"{name:<15} {spent:6.1f} s   {60 * STUDENTS / spent:6.1f} notebooks a minute")
    print(f"{slow / fast:.1f} times the throughput; promised are {TIMES:g}")
    return 0 if slow / fast >= TIMES else 1


def prepared(root: Path, course: Course, chapter: Chapter, config: str, *, in_kernel: bool) -> Path:
    """An nbgrader course with a released chapter and a notebook handed in by each student."""
    root.mkdir()
    (root / "nbgrader_config.py").write_text(config)
    notebook = nbformat.reads(notebook_of(course, chapter), as_version=4)
    for cell in notebook.cells if in_kernel else ():
        if cell.id.endswith("-setup"):
            cell.source += SETUP.format(root=str(course.root), chapter=chapter.id)
        if cell.id.endswith("-checks"):
            name = cell.id.removeprefix(f"{chapter.id}-").removesuffix("-checks")
            cell.source = TEST.format(name=name)
    source = root / "source" / chapter.id / f"{chapter.id}.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(notebook, source)
    seconds(root, [["nbgrader", "generate_assignment", chapter.id]])
    for number in range(STUDENTS):
        handed_in = root / "submitted" / f"student{number:02d}" / chapter.id
        handed_in.mkdir(parents=True)
        notebook.cells[-1].source = f"# student {number}"
        nbformat.write(notebook, handed_in / source.name)
    return root


def seconds(folder: Path, commands: list[list[str]]) -> float:
    """How long the commands take, one after another."""
    start = time.monotonic()
    for name, *rest in commands:
        program = shutil.which(name, path=str(Path(sys.executable).parent)) or name
        done = subprocess.run(
            [program, *rest], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{name} failed: {done.stderr}")
    return time.monotonic() - start


if __name__ == "__main__":
    sys.exit(main())
