"""The judge that inherits its libraries from a sandbox's first process, and whoever asks it.

Both ends of the line are ours, so data classes travel on it as they are.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from grader.course.model import Course, CourseError, Exercise
from grader.judge.assignment import Assignment, JudgeError, Run, Wave, started
from grader.report.model import ChapterReport
from grader.wall import usage
from grader.wall.ancestor import Ancestor
from grader.wall.errors import SandboxError
from grader.wall.isolation import Isolation
from grader.wall.sandbox import AnySandbox, Chamber
from grader.wall.zygote import Zygote

Observe = Callable[[Exercise, bool], None]

KNOWN = (JudgeError, SandboxError, CourseError)


@dataclass(frozen=True)
class _Task:
    """What is judged together, and with which libraries."""

    course: Course
    assignments: list[Assignment]
    run: Run
    isolation: Isolation
    libraries: tuple[str, ...]

    def judged(self, sandbox: AnySandbox, observe: Observe) -> list[ChapterReport]:
        """Judged by this process, in that sandbox."""
        # Only now: whoever has an heir judge needs none of it.
        from grader.judge.judging import Judging

        wave = Wave(tuple(range(len(self.assignments))), self.libraries, sandbox)
        judging = Judging(self.course, self.assignments, self.run, self.isolation, observe)
        return judging.reports([wave])


def reports(
    course: Course,
    assignments: list[Assignment],
    run: Run,
    isolation: Isolation,
    observe: Observe = lambda exercise, passed: None,
    waves: list[Wave] | None = None,
) -> list[ChapterReport]:
    """A report an assignment, in order; `waves` are sandboxes that were started before.

    Raises JudgeError, SandboxError or CourseError.
    """
    if waves is None:
        with started(assignments, isolation) as own:
            return reports(course, assignments, run, isolation, observe, own)
    found: dict[int, ChapterReport] = {}
    with ExitStack() as lines:
        heirs: dict[int, Connection] = {}
        tasks = [_task(course, assignments, run, isolation, wave) for wave in waves]
        for number, (wave, task) in enumerate(zip(waves, tasks, strict=True)):
            if isinstance(wave.sandbox, Ancestor):  # it judges while we do, or wait
                heirs[number] = lines.enter_context(wave.sandbox.judge())
                with suppress(OSError):  # one that has ended is noticed when it is heard
                    heirs[number].send(task)
        for number, (wave, task) in enumerate(zip(waves, tasks, strict=True)):
            if isinstance(wave.sandbox, Ancestor):
                judged = _heard(heirs[number], wave.sandbox, observe)
            else:
                judged = task.judged(wave.sandbox, observe)
            found.update(zip(wave.numbers, judged, strict=True))
    return [found[number] for number in range(len(assignments))]


def _task(
    course: Course, assignments: list[Assignment], run: Run, isolation: Isolation, wave: Wave
) -> _Task:
    chosen = [assignments[number] for number in wave.numbers]
    return _Task(course, chosen, run, isolation, wave.libraries)


def _heard(heir: Connection, ancestor: Ancestor, observe: Observe) -> list[ChapterReport]:
    """What the heir says until it has the reports, or why there are none."""
    while True:
        try:
            message = heir.recv()
        except (EOFError, OSError):
            ancestor.wait()  # it says why it did not start, if it did not
            raise JudgeError("the judge ended unexpectedly") from None
        if isinstance(message, KNOWN):
            raise message
        if isinstance(message, list):
            return message
        observe(*message)


def main(line: Connection, control: socket.socket, processes: str) -> None:
    """Runs in the heir; `processes` is where the system tells about those of the sandbox."""
    usage.PROC = processes
    task: _Task = line.recv()
    limits = task.assignments[0].chapter.limits
    chapters = {one.chapter.id: one.chapter for one in task.assignments}
    refused = next(iter(chapters.values())).refusals if len(chapters) == 1 else None
    with Chamber(Zygote(control, limits), refused) as chamber:
        try:
            line.send(task.judged(chamber, lambda exercise, passed: line.send((exercise, passed))))
        except KNOWN as error:
            line.send(error)
        except Exception as error:
            line.send(JudgeError(f"{type(error).__name__}: {error}"))
