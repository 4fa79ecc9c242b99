"""The chapters that are being judged: each with judges that stay, of the course as it is now."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from grader.classroom.bench import Bench
from grader.classroom.standing import Standing
from grader.course.model import Chapter, Course
from grader.course.reading import load_course
from grader.judge.assignment import Run
from grader.server.office import Office
from grader.wall.isolation import Isolation

WARM = 3
"""Chapters whose judges stay: a torch chapter's take some 500 MB."""

Stamp = tuple[tuple[str, int, int], ...]


@dataclass
class _Kept:
    """Judges, what they judge by, and how many submissions they have."""

    stamp: Stamp
    seed: int
    standing: Standing
    users: int = 0


class Benches:
    """Judges by chapter.  A course that was changed gets new ones."""

    def __init__(self, office: Office, isolation: Isolation) -> None:
        self._office, self._isolation = office, isolation
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[Standing]:
        """The judges of a chapter, until the block ends.  Raises CourseError, UnknownName."""
        with self._lock:
            kept = self._current(name)
            kept.users += 1
        try:
            yield kept.standing
        finally:
            with self._lock:
                kept.users -= 1
                self._dismiss_idle()

    def close(self) -> None:
        with self._lock:
            for kept in self._kept.values():
                kept.standing.close()
            self._kept.clear()

    def _current(self, name: str) -> _Kept:
        seed = self._office.settings.seed
        stamp = _stamp(self._office.course, self._office.course.chapter(name))
        kept = self._kept.get(name)
        if kept and (kept.stamp, kept.seed) == (stamp, seed) and not kept.standing.over:
            self._kept[name] = self._kept.pop(name)  # the last used stands last
            return kept
        if kept and not kept.users:
            kept.standing.close()
        course = load_course(self._office.course.root)
        bench = Bench(
            course, course.chapter(name), Run(seed), self._isolation, self._office.journal
        )
        _ = bench.versions  # here, where a broken course is said of the course
        self._kept[name] = _Kept(stamp, seed, Standing(bench))
        return self._kept[name]

    def _dismiss_idle(self) -> None:
        """Beyond so many chapters, the judges used longest ago leave when they are idle."""
        for name in list(self._kept)[:-WARM]:
            if not self._kept[name].users:
                self._kept.pop(name).standing.close()


def _stamp(course: Course, chapter: Chapter) -> Stamp:
    """What changes when somebody saves a file that judges this chapter."""
    solutions = sorted((course.root / "solutions").glob("*.py"))
    paths = [course.root / "exercises" / "course.toml", course.checks(chapter)]
    found = []
    for path in (*paths, course.mistakes(chapter), *solutions):
        if path.is_file():
            status = path.stat()
            found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)
