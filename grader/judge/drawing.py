"""Drawing the inputs of a chapter's checks, with the reference's answers, on every core."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from grader.course.model import Exercise
from grader.judge.assignment import Run
from grader.judge.attempt import Attempt
from grader.judge.chapter import LoadedChapter
from grader.judge.exercise import cores
from grader.judge.forks import Fork, Progress, forked
from grader.judge.grading import judge_exercise
from grader.judge.recorded import Drawn, Key, is_plain_array
from grader.wall.protocol.line import forks
from grader.wall.protocol.wire import pack, unpack


@dataclass(frozen=True)
class _Share:
    """What one process has drawn, and what the reference answered."""

    drawn: dict[Key, Drawn]
    answers: dict[tuple[str, bytes], bytes]


def draw(loaded: LoadedChapter, run: Run) -> None:
    """Have what every check needs drawn and answered, and keep it.  Raises JudgeError."""
    exercises = loaded.chapter.exercises
    count = min(len(cores()), len(exercises)) if forks() else 1
    with _helpers(loaded, [exercises[n::count] for n in range(1, count)], run) as helpers:
        _draw(loaded, exercises[::count], run)
        for part, helper in helpers:
            try:
                share = pickle.loads(helper.connection.recv_bytes())
            except EOFError:
                _draw(loaded, part, run)
            else:
                _adopt(loaded, share)


def _draw(loaded: LoadedChapter, exercises: Sequence[Exercise], run: Run) -> None:
    attempt = Attempt(recorded=loaded.recorded.recording())
    for exercise in exercises:
        judge_exercise(loaded, exercise, loaded.reference, run, attempt=attempt)


@contextmanager
def _helpers(
    loaded: LoadedChapter, parts: list[Sequence[Exercise]], run: Run
) -> Iterator[list[tuple[Sequence[Exercise], Fork]]]:
    """A fork for each part, whose pipe brings what it draws."""
    helpers = [(part, forked(_help, loaded, part, run)) for part in parts]
    try:
        yield helpers
    finally:
        for _, helper in helpers:
            helper.end()


def _help(
    end: Connection, progress: Progress, loaded: LoadedChapter, part: Sequence[Exercise], run: Run
) -> None:
    try:
        _draw(loaded, part, run)
        end.send_bytes(_pickled(_share(loaded)))
    except Exception:  # the parent does this part itself then, and says what is wrong
        return


def _share(loaded: LoadedChapter) -> _Share:
    return _Share(loaded.recorded.drawn, loaded.reference.known)


def _pickled(share: _Share) -> bytes:
    data = io.BytesIO()
    _Pickler(data).dump(share)
    return data.getvalue()


def _adopt(loaded: LoadedChapter, share: _Share) -> None:
    loaded.recorded.drawn.update(share.drawn)
    loaded.reference.known.update(share.answers)


class _Pickler(pickle.Pickler):
    """Between two processes of ours; arrays keep their layout, as on the wire."""

    def reducer_override(self, value: Any) -> Any:
        if is_plain_array(value):
            return unpack, (pack(value),)
        return NotImplemented
