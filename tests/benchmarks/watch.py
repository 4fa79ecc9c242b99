"""From a save to the verdict on the screen in `grade watch`, measured from outside through a pty.

    python tests/benchmarks/watch.py [ch1 ch8 …]

For each chapter, every exercise is saved with a known mistake and saved right in turn; prints the
median and the largest time from the end of the write until the verdict has been drawn, over both
kinds of save and for each.
"""

from __future__ import annotations

import inspect
import os
import pty
import re
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader.bank import load_mistakes
from grader.course.model import Chapter, Course, Exercise
from grader.course.reading import load_course
from grader.judge.chapter import load_chapter
from grader.submission.blocks import blocks

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
WARM_UP = 1.5


class Terminal:
    """`grade watch` on a terminal of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.descriptor, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grader", "watch", *arguments],
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"},
            start_new_session=True,
        )
        os.close(theirs)

    def wait_for(self, *words: str) -> float:
        """When one of the words had been drawn, on the clock of `time.perf_counter`."""
        seen, end = "", time.perf_counter() + PATIENCE
        while not any(word in seen for word in words):
            if not select.select([self.descriptor], [], [], end - time.perf_counter())[0]:
                raise TimeoutError(f"none of {words} in {seen[-2000:]}")
            seen += os.read(self.descriptor, 1 << 16).decode(errors="replace")
        return time.perf_counter()

    def close(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(5)
        os.close(self.descriptor)


def measure(course: Course, chapter: Chapter) -> tuple[list[float], list[float]]:
    """Seconds from a save to its verdict, for wrong and for right answers."""
    solved = course.solution(chapter).read_text(encoding="utf-8")
    wrong, right = [], []
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "exercises", f"{chapter.module}.py")
        path.parent.mkdir()
        path.write_text(solved, encoding="utf-8")
        terminal = Terminal(Path(name), chapter.id)
        try:
            terminal.wait_for("✓", "✗")
            time.sleep(WARM_UP)
            for exercise in chapter.exercises:
                text = mistaken(course, chapter, exercise, solved)
                wrong.append(save(terminal, path, text, f"✗ {exercise.id}"))
                right.append(save(terminal, path, solved, f"✓ {exercise.id} passed"))
        finally:
            terminal.close()
    return wrong, right


def save(terminal: Terminal, path: Path, text: str, word: str) -> float:
    """Seconds until the word is on the screen."""
    path.write_text(text, encoding="utf-8")
    saved = time.perf_counter()
    return terminal.wait_for(word) - saved


def mistaken(course: Course, chapter: Chapter, exercise: Exercise, solved: str) -> str:
    """The solution with the first mistake of the bank that stands by itself in one exercise."""
    load_chapter(course, chapter)
    bank = load_mistakes(course.mistakes(chapter))
    own = [one.implementation for one in bank if one.exercise == exercise.name]
    sources = {one: inspect.getsource(one) for one in own}
    entry = next((one for one in own if "reference." not in sources[one]), own[0])
    lines = sources[entry].split("\n")
    start = next(n for n, line in enumerate(lines) if line.startswith(("def ", "class ")))
    head = f"(def|class) {re.escape(entry.__name__)}"
    text = re.sub(head, rf"\1 {exercise.name}", "\n".join(lines[start:]).rstrip(), count=1)
    return solved.replace(blocks(solved)[exercise.name].text, text)


def main(names: list[str]) -> None:
    course = load_course(ROOT)
    print("chapter   median  largest   wrong: median  largest   saves")
    for chapter in [course.chapter(name) for name in names] or course.chapters:
        wrong, right = measure(course, chapter)
        both = wrong + right
        print(
            f"{chapter.id:<8}{statistics.median(both):6.2f} s{max(both):7.2f} s"
            f"{statistics.median(wrong):14.2f} s{max(wrong):7.2f} s{len(both):8}",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
