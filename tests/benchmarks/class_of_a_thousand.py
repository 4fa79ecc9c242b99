"""A class of a thousand, measured: what `grade class` promises, each in one run.

    python tests/benchmarks/class_of_a_thousand.py throughput [40]
    python tests/benchmarks/class_of_a_thousand.py thousand   [1000]
    python tests/benchmarks/class_of_a_thousand.py hostile    [100]
    python tests/benchmarks/class_of_a_thousand.py kills      [60]
    python tests/benchmarks/class_of_a_thousand.py nbgrader   [40]

The number is how many hand in.  Submissions are right, which is the most work there is, and no
two are alike.  Times are those of whole commands, from start to table.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from grader.course.model import Chapter, Course, find_course
from grader.course.reading import load_course, load_module
from grader.wall.limits import MB

HERE = Path(__file__).resolve().parent
RATES = {"ch4": 3.0, "ch8": 1.5}
"""Right submissions a second that are promised on two cores."""

LARGEST_PARENT, LARGEST_JOURNAL = 300 * MB, 50 * MB
TIMES = 8.0
"""How many times the throughput of plain nbgrader is promised."""

KILLS = 20
HOSTILE = {
    "endless": "while True: pass",
    "exits": "import os; os._exit(0)",
    "forks": "import os\nwhile True: os.fork()",
    "hoards": "hoard = bytearray(3 << 30)\nhoard[:] = b'x' * len(hoard)",
}


@dataclass
class Class:
    """A class of a chapter that hands in to a folder, and the journal of its runs."""

    root: Path
    course: Course
    chapter: Chapter
    peak: int = field(default=0, init=False)
    """The most memory that the parent of a run has had, in bytes."""

    def __post_init__(self) -> None:
        (self.root / "submissions").mkdir(parents=True)

    @property
    def journal(self) -> Path:
        return self.root / "journal.db"

    def right(self, number: int) -> None:
        text = self.course.solution(self.chapter).read_text(encoding="utf-8")
        self.hand_in(f"student{number:04d}", f"{text}\n# student {number}\n")

    def hostile(self, number: int) -> None:
        names = list(HOSTILE)
        text = f"{HOSTILE[names[number % len(names)]]}\n# {number}\n"
        self.hand_in(f"hostile{number:04d}", text)

    def hand_in(self, student: str, text: str) -> None:
        (self.root / "submissions" / f"{student}.py").write_text(text, encoding="utf-8")

    def start(self) -> subprocess.Popen[bytes]:
        files = [str(self.root / "submissions"), self.chapter.id, "--journal", str(self.journal)]
        return subprocess.Popen(
            [sys.executable, "-m", "grader", "class", *files],
            cwd=self.course.root,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(HERE.parent.parent), "OMP_NUM_THREADS": "1"},
        )

    def grade(self) -> float:
        """Grade to the end; returns seconds."""
        begin = time.monotonic()
        run = self.start()
        while run.poll() is None:
            self.peak = max(self.peak, psutil.Process(run.pid).memory_info().rss)
            time.sleep(0.05)
        if run.returncode not in (0, 1):
            sys.exit(f"grade class ended with {run.returncode}")
        return time.monotonic() - begin

    def reports(self) -> dict[str, str]:
        with closing(sqlite3.connect(self.journal)) as database:
            return dict(database.execute("SELECT student, report FROM entries ORDER BY number"))


def throughput(root: Path, course: Course, count: int) -> bool:
    """Right submissions a second."""
    good = True
    for name, promised in RATES.items():
        one = Class(root / name, course, course.chapter(name))
        for number in range(count):
            one.right(number)
        rate = count / one.grade()
        print(f"{name}: {count} submissions, {rate:.2f} a second; promised are {promised:g}")
        good &= rate >= promised
    return good


def thousand(root: Path, course: Course, count: int) -> bool:
    """Time, memory of the parent and size of the journal, at a quarter, a half and the whole."""
    good = True
    for part in (count // 4, count // 2, count):
        one = Class(root / str(part), course, course.chapter("ch4"))
        for number in range(part):
            one.right(number)
        spent = one.grade()
        size = one.journal.stat().st_size
        print(
            f"{part:5} submissions: {spent:7.1f} s, {1000 * spent / part:5.0f} ms each, "
            f"parent {one.peak / MB:.0f} MB, journal {size / MB:.1f} MB"
        )
        good &= one.peak < LARGEST_PARENT and size < LARGEST_JOURNAL
    print(f"promised are a parent below {LARGEST_PARENT // MB} MB and a journal below 50 MB")
    return good


def hostile(root: Path, course: Course, count: int) -> bool:
    """The marks and the time of honest submissions with hostile ones among them."""
    chapter = course.chapter("ch4")
    alone, among = Class(root / "alone", course, chapter), Class(root / "among", course, chapter)
    for number in range(count):
        if number % 10:
            alone.right(number)
            among.right(number)
        else:
            among.hostile(number // 10)
    peaceful, troubled = alone.grade(), among.grade()
    # A file that does not load costs one call's limit an exercise, the chapter's at most.
    each = min(chapter.limits.call_seconds * len(chapter.exercises), chapter.limits.chapter_seconds)
    bombs = len(range(0, count, 10))
    most = peaceful + bombs * each / (os.cpu_count() or 1)
    marks = among.reports()
    same = all(marks[student] == report for student, report in alone.reports().items())
    print(f"{count - bombs} honest submissions alone: {peaceful:.1f} s")
    print(f"and with {bombs} hostile ones: {troubled:.1f} s; their limits allow {most:.1f} s")
    print(f"every honest report is {'the same' if same else 'NOT the same'}, byte for byte")
    return same and troubled <= most


def kills(root: Path, course: Course, count: int) -> bool:
    """Killed at random moments and resumed: the reports of an undisturbed run."""
    chapter, chance = course.chapter("ch4"), random.Random(0)
    quiet, killed = Class(root / "quiet", course, chapter), Class(root / "killed", course, chapter)
    for number in range(count):
        quiet.right(number)
        killed.right(number)
    spent = quiet.grade()
    for _ in range(KILLS):
        run = killed.start()
        time.sleep(chance.uniform(0.0, max(4.0, 2 * spent / KILLS)))
        run.kill()
        run.wait()
    killed.grade()
    same = killed.reports() == quiet.reports()
    with closing(sqlite3.connect(killed.journal)) as database:
        ((entries,),) = database.execute("SELECT count(*) FROM entries").fetchall()
    print(f"{count} submissions, killed {KILLS} times: {entries} entries in the journal")
    print(f"every report is {'the same' if same else 'NOT the same'}, byte for byte")
    return same and entries == count


def nbgrader(root: Path, course: Course, count: int) -> bool:
    """The same notebooks by plain `nbgrader autograde`."""
    pieces = load_module(HERE / "nbgrader_class.py", "nbgrader_class")
    pieces.STUDENTS = count
    chapter = course.chapter("ch4")
    root.mkdir()
    plain = pieces.prepared(root / "plain", course, chapter, pieces.PLAIN, in_kernel=True)
    walled = pieces.prepared(root / "ours", course, chapter, pieces.PLAIN, in_kernel=False)
    journal = str(root / "journal.db")
    ours = ["grade", "class", str(walled), chapter.id, "--journal", journal]
    fast = pieces.seconds(course.root, [ours])
    slow = pieces.seconds(plain, [["nbgrader", "autograde", chapter.id]])
    with closing(sqlite3.connect(journal)) as database:
        texts = [text for (text,) in database.execute("SELECT report FROM entries")]
    assert [json.loads(text)["score"] for text in texts] == [100.0] * count
    print(f"{count} notebooks: plain nbgrader {slow:.1f} s, ours {fast:.1f} s")
    print(f"{slow / fast:.1f} times the throughput; promised are {TIMES:g}")
    return slow / fast >= TIMES


MEASURED: dict[str, tuple[Callable[[Path, Course, int], bool], int]] = {
    "throughput": (throughput, 40),
    "thousand": (thousand, 1000),
    "hostile": (hostile, 100),
    "kills": (kills, 60),
    "nbgrader": (nbgrader, 40),
}


def main() -> int:
    """Measure what was asked for; 1 if less comes of it than is promised."""
    if len(sys.argv) < 2 or sys.argv[1] not in MEASURED:
        sys.exit(f"measure what? {', '.join(MEASURED)}")
    measure, count = MEASURED[sys.argv[1]]
    if len(sys.argv) > 2:
        count = int(sys.argv[2])
    print(f"{os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        return 0 if measure(Path(folder, "class"), load_course(find_course(HERE)), count) else 1


if __name__ == "__main__":
    sys.exit(main())
