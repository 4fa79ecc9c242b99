"""assignments/README.md: each command is run as written, on the real course."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from grader.course.model import Course

INSTALLING = ("sudo ", "pip ")


def commands(text: str) -> str:
    """The commands of the page in one script, but for those that install."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = "".join(blocks).splitlines()
    return "\n".join(line for line in lines if not line.startswith(INSTALLING))


def test_the_commands_lead_to_a_mark(course: Course, bubblewrap: object, tmp_path: Path):
    for name in ("exercises", "solutions", "tests/checks", "tests/mistakes", "assignments/source"):
        shutil.copytree(course.root / name, tmp_path / "course" / name)
    folder = tmp_path / "course" / "assignments"
    for name in ("nbgrader_config.py", "README.md"):
        shutil.copy(course.root / "assignments" / name, folder)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-x", "-c", commands((folder / "README.md").read_text())],
        cwd=folder.parent,
        env={**os.environ, "HOME": str(tmp_path), "PATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with (folder / "grades.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (float(row["score"]), float(row["max_score"])) == (0.0, 100.0)
