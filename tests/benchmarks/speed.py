"""Speed and memory of grading, measured side by side in one run.

    python tests/benchmarks/speed.py [ch1 ch4 …]

Prints, for each chapter, the wall time of `grade` on the reference (a cold start, behind the
wall), of plain pytest running the same checks in one process without a wall, and their ratio,
with torch the ratio to importing it as well; the largest memory of a judge; and the median round
trip of a small array.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from grader.course.reading import load_course
from grader.judge.assignment import HEAVY
from grader.wall.clocks import Account
from grader.wall.isolation import detect
from grader.wall.limits import MB, Limits
from grader.wall.sandbox import Sandbox
from grader.wall.session import Session, Sources

ROOT = Path(__file__).resolve().parents[2]
RUNS = 5
TRIPS = 2000


def wall_time(*command: str) -> float:
    """Median seconds of a whole command."""
    took = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def round_trip() -> tuple[float, float]:
    """Median microseconds of a call with a 3x4 array, through the wall and in this process."""
    source = "def same(x):\n    return x\n"
    array, times = np.ones((3, 4)), []
    with Sandbox(detect(), ("numpy",), Limits()) as sandbox:
        core = min(_cores())
        session = Session(sandbox, Sources("m", {"m": source}, {}, core), Limits(), Account())
        _pin(core)
        for _ in range(TRIPS):
            started = time.perf_counter()
            session.call("same", [array], {})
            times.append(time.perf_counter() - started)
        session.close()
    copies = []
    for _ in range(TRIPS):
        started = time.perf_counter()
        array.copy()
        copies.append(time.perf_counter() - started)
    return 1e6 * statistics.median(times), 1e6 * statistics.median(copies)


def _cores() -> set[int]:
    import os

    return os.sched_getaffinity(0)


def _pin(core: int) -> None:
    import os

    os.sched_setaffinity(0, {core})


def main(names: list[str]) -> None:
    course = load_course(ROOT)
    chosen = [course.chapter(name) for name in names] or list(course.chapters)
    print("chapter   grade   pytest   ratio")
    heavy = wall_time(sys.executable, "-c", "import torch")
    for chapter in chosen:
        graded = wall_time("grade", chapter.id, "--submission", str(course.solution(chapter)))
        plain = wall_time(
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            str(course.checks(chapter)),
        )
        of_import = f"   {graded / heavy:.2f} of import torch" if HEAVY in chapter.imports else ""
        print(f"{chapter.id:<8}{graded:6.2f} s{plain:7.2f} s{graded / plain:8.2f}{of_import}")
    if not names:
        everything = wall_time("grade", "--submission", "solutions")
        print(f"all     {everything:6.2f} s")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"largest process: {peak:.0f} MB (limit of a submission {Limits().address_space // MB} MB)"
    )
    trip, copy = round_trip()
    print(f"round trip of a 3x4 array: {trip:.0f} µs (a copy of it: {copy:.1f} µs)")


if __name__ == "__main__":
    main(sys.argv[1:])
