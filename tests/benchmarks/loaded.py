"""Marks on a busy machine: right submissions beside eight busy processes, run after run.

    python tests/benchmarks/loaded.py [--runs 10] [--busy 8]

Prints for each the marks that it got, how many different reports there were, and seconds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SLOW = '''

def _slowly(function):
    """Needs 1.5 s of processor time when it is called first."""
    import functools
    import time

    ready = []

    @functools.wraps(function)
    def slow(*arguments, **keywords):
        end = time.process_time() + (0.0 if ready else 1.5)
        while time.process_time() < end:
            pass
        ready.append(True)
        return function(*arguments, **keywords)

    return slow


softmax, sigmoid, log_softmax = map(_slowly, (softmax, sigmoid, log_softmax))
'''


def slow_submission(folder: Path) -> Path:
    """A right ch4 of which some calls need 1.5 s."""
    path = folder / "ch4.py"
    path.write_text((ROOT / "solutions" / "ch04_softmax_cross_entropy.py").read_text() + SLOW)
    return path


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that do nothing but keep a core."""
    command = [sys.executable, "-S", "-c", "while True: pass"]
    processes = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--busy", type=int, default=8)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, busy(chosen.busy):
        submissions = {
            "ch8": ("ch8", ROOT / "solutions"),
            "ch9": ("ch9", ROOT / "solutions"),
            "1.5 s a call": ("ch4", slow_submission(Path(folder))),
        }
        for name, (chapter, path) in submissions.items():
            reports, seconds = [], []
            for _ in range(chosen.runs):
                started = time.monotonic()
                command = ["grade", chapter, "--submission", str(path), "--format", "json"]
                ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
                seconds.append(time.monotonic() - started)
                reports.append((ran.returncode, ran.stdout))
            full = sum(code == 0 for code, _ in reports)
            print(
                f"{name}: full marks in {full} of {chosen.runs} runs, "
                f"{len(set(reports))} different reports, {max(seconds):.1f} s at most"
            )


if __name__ == "__main__":
    main()
