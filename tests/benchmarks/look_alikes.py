"""Processor time and memory of the search for look-alikes, at three sizes of a class.

    python tests/benchmarks/look_alikes.py [ch4]

Every student has the reference with statements of their own in each function; one in fifty has
copied from the student before, and taken out the layout.  All copies must be found, and no more.
"""

from __future__ import annotations

import ast
import random
import resource
import sys
import time
from pathlib import Path

from grader.classroom.look_alikes import find_look_alikes
from grader.classroom.results import Result
from grader.course.model import Chapter, Course, find_course
from grader.course.reading import load_course
from grader.course.stubs import stub_of
from grader.submission.reading import Submission

SIZES = (250, 500, 1000)
EVERY = 50
OWN = 4
"""Statements of their own that a student has in each function."""

TERMS = ("x + 1 *", "y[0] -", "f(z, 3) /", "g.h(2) **", "-k[{}] %", "(a < {}) +", "sum(b) //")


def own_work(source: str, draw: random.Random) -> str:
    """The source with statements in it that nobody else has."""
    tree = ast.parse(source)
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for _ in range(OWN):
            terms = (draw.choice(TERMS).format(draw.randrange(99)) for _ in range(8))
            function.body[1:1] = ast.parse(f"own = {' '.join(terms)} 1").body
    return ast.unparse(tree)


def class_of(size: int, course: Course, chapter: Chapter) -> list[Result]:
    draw = random.Random(size)
    source = course.solution(chapter).read_text("utf-8")
    texts: list[str] = []
    for number in range(size):
        copied = number % EVERY == EVERY - 1
        texts.append(f"# mine\n{texts[-1]}" if copied else own_work(source, draw))
    return [
        Result(f"s{number:04d}", Submission(Path("x.py"), "x", {"x": text}), None)
        for number, text in enumerate(texts)
    ]


def main(name: str = "ch4") -> None:
    course = load_course(find_course(Path(__file__).resolve().parent))
    chapter = course.chapter(name)
    released = stub_of(course.solution(chapter), chapter)
    for size in SIZES:
        results = class_of(size, course, chapter)
        start = time.process_time()
        pairs = find_look_alikes(results, released).pairs
        seconds = time.process_time() - start
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        found = f"{len(pairs)} of {size // EVERY} copies"
        print(f"{size:5d} students  {seconds:5.1f} s of one core  {memory} MB  {found}", flush=True)
        assert {int(pair.second[1:]) % EVERY for pair in pairs} <= {EVERY - 1}


if __name__ == "__main__":
    main(*sys.argv[1:])
