"""The process of a dispatcher: `python -m grader.server.judging`, told on its standard input."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

from grader.course.model import CourseError
from grader.course.reading import load_course
from grader.server.dispatcher import judge_while_needed
from grader.server.office import opened
from grader.submission.errors import UnreadableSubmission
from grader.wall.isolation import detect

NOT_STARTED = 2


def order(data: Path, course: Path, database: str | None) -> bytes:
    """What the process is told: not on its command line, where everybody could read a password."""
    told = {"data": str(data), "course": str(course), "database": database}
    return json.dumps(told).encode() + b"\n"


def main() -> None:
    """Judge until standard input ends."""
    logging.basicConfig(format="grade: %(message)s", stream=sys.stderr)
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(0, 1)
        if not part:
            sys.exit(NOT_STARTED)
        line += part
    told = json.loads(line)
    isolation = detect()
    if not isolation.strong:
        sys.exit(NOT_STARTED)
    try:
        office = opened(Path(told["data"]), load_course(Path(told["course"])), told["database"])
    except (UnreadableSubmission, CourseError) as error:
        # It may pass: whoever started this process starts it again.
        print(f"grade: nothing is judged: {error}", file=sys.stderr)
        sys.exit(NOT_STARTED)
    judge_while_needed(office, isolation)


if __name__ == "__main__":
    main()
