"""Judging on a Dask cluster: the same tasks elsewhere; the journal stays with the caller."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from grader.classroom.bench import Bench
from grader.classroom.remote import Carried, HandedOver, Task, carried, judge_remotely
from grader.classroom.run import Judges
from grader.course.model import Chapter, Course, CourseError
from grader.course.versions import engine_version
from grader.judge.assignment import Assignment, Finished, JudgeError
from grader.report.from_json import chapter_from
from grader.submission.errors import UnreadableSubmission

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 10
"""Seconds until a scheduler must have answered."""

LARGEST_BATCH = 16
"""Submissions of a task: it loads libraries and draws inputs once for all of them."""

ROUNDS = 4
"""Tasks a worker, at least: the fast ones get more of them."""

RETRIES = 2
"""How often a task is done elsewhere that a worker could not do."""


class ClusterError(UnreadableSubmission):
    """The cluster cannot judge; the message says what to do."""


@contextmanager
def connected(bench: Bench, address: str) -> Iterator[Judges]:
    """Who judges on the cluster with that scheduler.  Raises ClusterError."""
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError("Dask is missing: pip install 'gradschool[cluster]'") from None
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ClusterError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        yield lambda assignments: _judge_each(client, bench, assignments)


def _judge_each(
    client: Client, bench: Bench, assignments: Sequence[Assignment]
) -> Generator[Finished]:
    from distributed import as_completed

    if not assignments:
        return
    course = client.submit(carried, _course(bench.course, bench.chapter), pure=True)
    batches = {}
    for numbers in _batches(len(assignments), len(client.ncores())):
        task = _task(bench, [assignments[number] for number in numbers])
        future = client.submit(judge_remotely, course, task, pure=False, retries=RETRIES)
        batches[future] = numbers
    try:
        for future in as_completed(list(batches)):
            yield from _heard(future, batches.pop(future))
            future.release()
    finally:
        client.cancel(list(batches))


def _batches(count: int, workers: int) -> list[range]:
    size = min(LARGEST_BATCH, max(1, count // (ROUNDS * max(1, workers))))
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def _course(course: Course, chapter: Chapter) -> Carried:
    """The files that judge a chapter."""
    solutions = sorted((course.root / "solutions").glob("*.py"))
    own = [course.root / "exercises" / "course.toml", course.checks(chapter)]
    paths = [*own, course.mistakes(chapter), *solutions]
    files = {
        path.relative_to(course.root).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.is_file()
    }
    return Carried(course.name, files)


def _task(bench: Bench, assignments: Sequence[Assignment]) -> Task:
    handed_over = tuple(
        HandedOver(
            path=str(one.submission.path),
            module=one.submission.module,
            files=one.submission.files,
            cells=one.submission.cells,
            exercises=tuple(exercise.name for exercise in one.exercises),
        )
        for one in assignments
    )
    return Task(
        engine=engine_version(),
        chapter=bench.chapter.id,
        seed=bench.run.seed,
        examples=bench.run.examples,
        isolation=bench.isolation.name,
        submissions=handed_over,
    )


def _heard(future: Any, numbers: range) -> Iterator[Finished]:
    """What a task came to; a submission without an answer is a failure of ours.

    Raises CourseError, ClusterError where the workers cannot judge, JudgeError where they are gone.
    """
    if future.status == "cancelled":
        raise JudgeError("the connection to the Dask scheduler was lost: the same command goes on")
    error = future.exception()
    if isinstance(error, ImportError):
        raise ClusterError(f"a worker lacks gradschool: {error}; install it where workers run")
    answers = [] if error else [json.loads(line) for line in future.result()]
    missing = set(numbers)
    for answer in answers:
        if "broken" in answer:
            raise CourseError(answer["broken"])
        if "unfit" in answer:
            raise ClusterError(f"a worker of the cluster cannot judge: {answer['unfit']}")
        number = numbers[answer["number"]]
        missing.discard(number)
        if "report" in answer:
            yield number, chapter_from(answer["report"])
        else:
            yield number, JudgeError(answer["failure"])
    why = f"{type(error).__name__}" if error else "the judge ended"
    yield from ((number, JudgeError(f"on the cluster: {why}")) for number in sorted(missing))
