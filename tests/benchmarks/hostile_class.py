"""What hostile files cost a class: seconds, and the memory of the judge's and the sandbox's sides.

    python tests/benchmarks/hostile_class.py [FILE_OR_FOLDER ...]

Each file (by default those of tests/cheats) is handed in beside twenty honest ones of ch4, and the
whole command is measured: seconds over those of the honest ones alone, and the largest sum of
proportional set sizes (PSS) of all processes that judge, and of all in sandboxes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from grader.course.model import Chapter, Course, find_course
from grader.course.reading import load_course
from grader.wall.limits import MB

HERE = Path(__file__).resolve().parent
HONEST = 20
LOOK = 0.05


@dataclass
class Peak:
    """The most memory so far, in bytes, of one judge and of all processes in sandboxes."""

    judge: int = 0
    sandbox: int = 0

    def look(self, command: psutil.Process) -> None:
        judges, sandboxes = 0, 0
        for process in [command, *command.children(recursive=True)]:
            try:
                size = process.memory_full_info().pss
                inside = "inside" in " ".join(process.cmdline())
            except (psutil.Error, OSError):
                continue
            if inside:
                sandboxes += size
            else:
                judges = max(judges, size)
        self.judge, self.sandbox = max(self.judge, judges), max(self.sandbox, sandboxes)


def measured(course: Course, chapter: Chapter, hostile: Path | None) -> tuple[float, Peak, str]:
    """Seconds and memory of a class with that file in it, and what came of the file."""
    peak = Peak()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        honest = course.solution(chapter).read_text(encoding="utf-8")
        for number in range(HONEST):
            hand_in(root / "class" / f"honest{number:02d}", chapter, f"{honest}\n# {number}\n")
        if hostile is not None:
            hand_in(root / "class" / "hostile", chapter, hostile.read_text(encoding="utf-8"))
        began = time.monotonic()
        command = psutil.Popen(
            [sys.executable, "-m", "grader", "class", str(root / "class"), chapter.id],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        watcher = threading.Thread(target=watch, args=(command, peak), daemon=True)
        watcher.start()
        out, _ = command.communicate(timeout=600)
        seconds = time.monotonic() - began
        watcher.join()
    rows = [line.split()[1:] for line in out.splitlines()]  # behind a mark for passed or failed
    full = sum(row[0].startswith("honest") and row[1] == "100" for row in rows if len(row) > 1)
    assert full == HONEST, f"only {full} honest ones have full marks:\n{out}"
    return seconds, peak, next((" ".join(row[1:]) for row in rows if row[:1] == ["hostile"]), "")


def watch(command: psutil.Process, peak: Peak) -> None:
    while command.is_running() and command.status() != psutil.STATUS_ZOMBIE:
        peak.look(command)
        time.sleep(LOOK)


def hand_in(folder: Path, chapter: Chapter, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / f"{chapter.module}.py").write_text(text, encoding="utf-8")


def main() -> None:
    course = load_course(find_course(HERE))
    places = [Path(word) for word in sys.argv[1:]] or [HERE.parent / "cheats"]
    files = [file for place in places for file in (sorted(place.glob("*.py")) or [place])]
    chapter = course.chapter("ch4")
    alone, peak, _ = measured(course, chapter, None)
    print(f"{'alone':32} {alone:6.1f} s   judge {peak.judge // MB} MB")
    for file in files:
        if file.name.startswith("test_"):
            continue
        seconds, peak, came = measured(course, chapter, file)
        sizes = f"judge {peak.judge // MB:4d} MB, sandbox {peak.sandbox // MB:5d} MB"
        print(f"{file.stem:32} {seconds - alone:+6.1f} s   {sizes}   {came[:60]}", flush=True)


if __name__ == "__main__":
    main()
