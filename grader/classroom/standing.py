"""Judges that stay: one chapter's libraries, checks, inputs and sandbox are loaded once.

They live in a process of their own, since whoever asks has threads, which a judge must not be
forked beside.  The process ends with the line to it, and so does all that it runs.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from multiprocessing.connection import Connection

from grader.classroom.bench import Bench
from grader.course.model import CourseError
from grader.judge.arrivals import Arrivals
from grader.judge.assignment import Assignment, Finished, JudgeError
from grader.wall.errors import SandboxError
from grader.wall.protocol.line import Line, take_up

FAREWELL = 5.0
"""Seconds in which the process ends when nobody asks any more."""

Answers = queue.SimpleQueue[Finished | Exception]


class JudgesLost(Exception):
    """The process ended while it judged: nothing was decided, and it can be asked again."""


class Standing:
    """Judges of one chapter; several threads may ask at once.  Close it at the end."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        line = Line()
        self._process = line.start([sys.executable, "-m", __name__, line.way])
        self._line = line.ours
        self._connection = Connection(os.dup(self._line.fileno()))
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._asked: dict[int, tuple[int, Answers]] = {}
        self._count = 0
        self._over: Exception | None = None
        self._connection.send(bench)
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def over(self) -> bool:
        """Whether it can be asked no more."""
        return self._over is not None

    @property
    def busy(self) -> bool:
        return bool(self._asked)

    def judge_each(self, assignments: Sequence[Assignment]) -> Generator[Finished]:
        """Yields the number of each and its report, or why there is none, as they are done.

        Raises JudgesLost, CourseError, and JudgeError or SandboxError where none can be judged.
        """
        answers: Answers = queue.SimpleQueue()
        for number, assignment in enumerate(assignments):
            self._ask(number, assignment, answers)
        for _ in assignments:
            answer = answers.get()
            if isinstance(answer, Exception):
                raise answer
            yield answer

    def close(self) -> None:
        """End the process; whoever waits for an answer is told that it is lost."""
        self._end(JudgesLost("the judges were dismissed"))

    def _ask(self, number: int, assignment: Assignment, answers: Answers) -> None:
        # A lock of its own: who sends may have to wait until `_listen` has read, which locks, too.
        with self._sending:
            with self._lock:
                if self._over is not None:
                    raise self._over
                self._asked[self._count] = number, answers
                self._count += 1
            with contextlib.suppress(OSError):  # `_listen` notices that it has ended
                self._connection.send(assignment)

    def _listen(self) -> None:
        """Runs in a thread: hands every answer to whoever asked."""
        while True:
            try:
                answer = self._connection.recv()
            except (EOFError, OSError):
                self._end(JudgesLost("the judges ended unexpectedly"))
                return
            if isinstance(answer, Exception):
                self._end(answer)
                return
            count, finished = answer
            with self._lock:
                number, answers = self._asked.pop(count)
            answers.put((number, finished))

    def _end(self, why: Exception) -> None:
        with self._lock:
            if self._over is None:
                self._over = why
            waiting, self._asked = list(self._asked.values()), {}
        for _, answers in waiting:
            answers.put(why)
        with contextlib.suppress(OSError):  # closing does not reach a thread of ours that reads
            self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()
        try:
            self._process.wait(FAREWELL)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def main() -> None:
    """Judge what comes through the line until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Connection(take_up(sys.argv[1]).detach())
    try:
        bench = connection.recv()
        for answer in bench.judge_arriving(Arrivals(connection)):
            connection.send(answer)
    except (CourseError, JudgeError, SandboxError) as error:
        connection.send(error)
    except (EOFError, ConnectionError):
        return


if __name__ == "__main__":
    main()
