"""Where an error arose in code that stands in this process: a REPL, a notebook, a test suite."""

from __future__ import annotations

import linecache
import sysconfig
import traceback
from pathlib import Path

from grader.submission.reading import Submission

NOT_THEIRS = (str(Path(__file__).parent.parent), *map(sysconfig.get_path, ("stdlib", "purelib")))


class Living(Submission):
    """Code of this process as a submission: its lines are wherever Python finds them."""

    def text(self, file: str = "") -> str:
        return "".join(linecache.getlines(file))

    def line(self, number: int, file: str = "") -> str:
        return linecache.getline(file, number).strip()

    def place(self, number: int, file: str = "") -> str:
        return f"line {number}"


LIVING = Living(Path(), "", {})


def own_lines(error: BaseException | None) -> tuple[tuple[str, int], ...]:
    """File and number of the lines that the error went through, without libraries and grader."""
    walked = traceback.walk_tb(error.__traceback__ if error else None)
    lines = ((frame.f_code.co_filename, number) for frame, number in walked)
    return tuple(
        (file, number)
        for file, number in lines
        if not file.startswith(NOT_THEIRS) and linecache.getline(file, number)
    )
