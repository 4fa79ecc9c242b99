"""Judging on a worker of a cluster: a task is text, what comes back is text.

A Dask worker has threads, which a judge must not be forked beside.  So a task is done by a process
of its own, `python -m grader.classroom.remote`, that lives no longer than the worker.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
"""What became of one submission: its `number` with a `report` or a `failure`.

Of a whole task it is `unfit`, where this worker cannot judge, or `broken`, where the course is.
"""

_one_at_a_time = threading.Lock()
"""A task uses every core of the machine, however many threads the worker has."""


@dataclass(frozen=True)
class HandedOver:
    """One submission as data, and the names of the exercises to judge."""

    path: str
    module: str
    files: dict[str, str]
    cells: tuple[int, ...]
    exercises: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """Submissions to judge, and how; `engine` is the version of engine and libraries to do it."""

    engine: str
    chapter: str
    seed: int
    examples: int
    isolation: str
    submissions: tuple[HandedOver, ...]


@dataclass(frozen=True)
class Carried:
    """A course as data: its name and the text of its files by their paths."""

    name: str
    files: dict[str, str]


def carried(course: Carried) -> Carried:
    """What lets a cluster keep the course, and make it again when a worker that had it dies."""
    return course


def judge_remotely(course: Carried, task: Task) -> list[str]:
    """Judge on this worker; returns answers as JSON."""
    from distributed import get_worker

    order = json.dumps({"course": asdict(course), "task": asdict(task)}) + "\n"
    with _one_at_a_time, tempfile.TemporaryDirectory(dir=get_worker().local_directory) as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(order)
            process.stdin.flush()
            return process.stdout.read().splitlines()
        except BrokenPipeError:
            return []
        finally:
            # The end of its input is the end of the process and of all that it has started.
            process.stdin.close()
            process.stdout.close()
            process.wait()


def main() -> None:
    """Judge one task that is given on standard input; answer on standard output."""
    order = json.loads(_first_line())
    _end_with_input()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)  # nothing else is to speak here
    for answer in _answers(order["course"], order["task"], Path(sys.argv[1])):
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _first_line() -> bytes:
    """Read without a buffer, whose lock a forked process could inherit."""
    line = bytearray()
    while not line.endswith(b"\n"):
        part = os.read(0, 1 << 16)
        if not part:
            sys.exit(1)
        line += part
    return bytes(line)


def _end_with_input() -> None:
    """Leave a process behind that kills this one and all its own when the worker lets go."""
    if os.fork():
        return
    os.dup2(2, 1)
    while os.read(0, 1):
        continue
    os.killpg(0, signal.SIGKILL)


def _answers(course: dict[str, Any], task: dict[str, Any], folder: Path) -> Iterator[Answer]:
    from grader.course.model import CourseError
    from grader.course.versions import engine_version
    from grader.judge.assignment import JudgeError
    from grader.report.as_json import chapter as as_json
    from grader.report.model import ChapterReport
    from grader.wall.errors import SandboxError
    from grader.wall.isolation import BUBBLEWRAP, Isolation, detect

    if task["engine"] != engine_version():
        yield {"unfit": "it has another version of gradschool, Python, NumPy, torch or Hypothesis"}
        return
    if task["isolation"] == BUBBLEWRAP and not detect().strong:
        yield {"unfit": detect().why}
        return
    isolation = Isolation(task["isolation"], "asked for")
    try:
        for number, report in _judged(course, task, folder, isolation):
            if isinstance(report, ChapterReport):
                yield {"number": number, "report": as_json(report)}
            else:
                yield {"number": number, "failure": str(report)}
    except CourseError as error:
        yield {"broken": str(error)}
    except (JudgeError, SandboxError) as error:
        yield from ({"number": n, "failure": str(error)} for n in range(len(task["submissions"])))


def _judged(
    course: dict[str, Any], task: dict[str, Any], folder: Path, isolation: Any
) -> Iterator[Any]:
    from grader.course.reading import load_course
    from grader.judge.assignment import Assignment, Run
    from grader.judge.side_by_side import judge_side_by_side
    from grader.submission.reading import Submission

    for name, text in course["files"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    here = replace(load_course(folder), name=course["name"])
    chapter = here.chapter(task["chapter"])
    assignments = [
        Assignment(
            chapter,
            Submission(Path(one["path"]), one["module"], one["files"], tuple(one["cells"])),
            tuple(chapter.exercise(name) for name in one["exercises"]),
        )
        for one in task["submissions"]
    ]
    run = Run(task["seed"], task["examples"])
    return judge_side_by_side(here, chapter, run, isolation, assignments)


if __name__ == "__main__":
    main()
