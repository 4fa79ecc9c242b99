"""`grade watch` on a terminal of its own: what is drawn after a save, a key, a resize."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.blocks import blocks

pytestmark = [
    pytest.mark.xdist_group("wall"),
    pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal"),
]

ROOT = Path(__file__).resolve().parents[2]
MODULE = "ch04_softmax_cross_entropy.py"
STUB = (ROOT / "exercises" / MODULE).read_text()
SOLVED = blocks((ROOT / "solutions" / MODULE).read_text())
PATIENCE = 30.0
WRONG = "def softmax(z, axis=-1):\n    e = np.exp(z)\n    return e / e.sum(axis, keepdims=True)"
ENDLESS = "def softmax(z, axis=-1):\n    while True:\n        pass"
ESCAPE = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")


def with_block(name: str, text: str | None = None) -> str:
    """The stub with one exercise filled in: right, or as given."""
    return STUB.replace(blocks(STUB)[name].text, text or SOLVED[name].text)


class Watching:
    """The far side of a terminal on which `grade watch` runs."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        import pty

        self.descriptor, theirs = pty.openpty()
        self.resize(80, 30)
        self.output = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grader", "watch", *arguments],
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "OMP_NUM_THREADS": "1"},
            start_new_session=True,
            preexec_fn=lambda: self.own(theirs),
        )
        os.close(theirs)

    def own(self, terminal: int) -> None:
        """Make it the controlling terminal: only then it tells of its size."""
        import fcntl
        import termios

        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    def resize(self, columns: int, rows: int) -> None:
        import termios

        termios.tcsetwinsize(self.descriptor, (rows, columns))

    def press(self, keys: str) -> None:
        os.write(self.descriptor, keys.encode())

    def frame(self) -> list[str]:
        """The lines of what was drawn last."""
        last = self.output.rpartition("\x1b[H")[2]
        return [line.rstrip() for line in ESCAPE.sub("", last).split("\r\n")]

    def until(self, seen: str | Callable[[list[str]], bool]) -> str:
        """Read on until a frame holds the words, or is as asked; returns it as text."""
        fits = seen if callable(seen) else lambda lines: seen in "\n".join(lines)
        end = time.monotonic() + PATIENCE
        while not ("\x1b[J" in self.output.rpartition("\x1b[H")[2] and fits(self.frame())):
            left = end - time.monotonic()
            assert left > 0, f"not seen: {seen} in\n" + "\n".join(self.frame())
            if select.select([self.descriptor], [], [], left)[0]:
                self.output += os.read(self.descriptor, 1 << 16).decode(errors="replace")
        return "\n".join(self.frame())

    def ended(self) -> int:
        """The exit code; what is written meanwhile must be read, or it would wait for us."""
        while select.select([self.descriptor], [], [], PATIENCE)[0]:
            try:
                self.output += os.read(self.descriptor, 1 << 16).decode(errors="replace")
            except OSError:
                break
        return self.process.wait(PATIENCE)


@pytest.fixture
def path(tmp_path) -> Path:
    """The file that is watched, as yet a stub."""
    path = tmp_path / "exercises" / MODULE
    path.parent.mkdir()
    path.write_text(STUB)
    return path


@pytest.fixture
def watching(path) -> Iterator[Watching]:
    one = Watching(path.parent.parent, "ch4")
    yield one
    one.process.kill()
    one.process.wait()
    os.close(one.descriptor)


def test_an_hour_with_it(watching, path):
    shown = watching.until("0 of 10 done")
    assert "next: ch4.sigmoid   exercises/ch04_softmax_cross_entropy.py:" in shown
    path.write_text(with_block("softmax", WRONG))
    watching.until("checking ch4.softmax…")
    shown = watching.until("likely mistake  no-max-shift")
    assert "✗ ch4.softmax failed, 5.15 / 12 points" in shown
    watching.press("h")
    watching.until("hint for softmax  1/3")
    watching.press("h")
    assert "1/3" in watching.until("hint for softmax  2/3")
    path.write_text(with_block("softmax"))
    watching.until("✓ ch4.softmax passed, 12 / 12 points")
    watching.until("1 of 10 done, 12 / 100 points")
    watching.press("r")
    watching.until("checking ch4.softmax…")
    watching.until("✓ ch4.softmax passed")
    watching.press("l")
    assert "ch4.log_softmax                      not started" in watching.until(
        "✓  12  ch4.softmax"
    )
    watching.press("\x1b[A?n")
    watching.until("next: ch4.sigmoid")
    watching.press("c")
    watching.until("1 of 10 exercises passed, 12 / 100 points")
    path.write_text(with_block("softmax") + "\n# a remark\n")
    watching.until("saved: no exercise changed")
    watching.press("q")
    assert watching.ended() == 0
    assert watching.output.endswith("\x1b[?25h\x1b[?1049l")


def test_files_that_are_half_written_broken_or_gone(watching, path):
    watching.until("0 of 10 done")
    whole = with_block("softmax")
    path.write_text(whole[: whole.index("axis=axis") + 3])
    time.sleep(0.05)
    path.write_text(whole)
    watching.until("✓ ch4.softmax passed")
    assert "SyntaxError" not in watching.output
    path.write_text(with_block("softmax", "def softmax(z:\n    return z"))
    assert "def softmax(z:" in watching.until("SyntaxError")
    path.unlink()
    watching.until("is gone: waiting for it to come back")
    path.write_text(whole)
    watching.until("✓ ch4.softmax passed")
    other = path.with_suffix(".new")
    other.write_text(with_block("softmax", WRONG))
    other.replace(path)
    watching.until("no-max-shift")
    path.parent.rename(path.parent.with_name("elsewhere"))
    watching.until("is gone: waiting for it to come back")
    path.parent.mkdir()
    path.write_text(whole)
    watching.until("✓ ch4.softmax passed")


def test_a_save_ends_what_hangs(watching, path):
    watching.until("0 of 10 done")
    path.write_text(with_block("softmax", ENDLESS))
    watching.until("checking ch4.softmax…")
    time.sleep(1.0)
    path.write_text(with_block("softmax"))
    saved = time.monotonic()
    watching.until("✓ ch4.softmax passed")
    assert time.monotonic() - saved < 10, "eight checks of 2 s each would have been waited for"


def test_a_judge_that_dies_is_replaced(watching, path):
    watching.until("0 of 10 done")
    path.write_text(with_block("softmax", ENDLESS))
    watching.until("checking ch4.softmax…")
    (judge,) = children(watching.process.pid)
    os.kill(judge, signal.SIGKILL)
    watching.until("the judge ended unexpectedly: press r to try again")
    path.write_text(with_block("softmax"))
    watching.until("✓ ch4.softmax passed")


def test_nothing_is_left_running(watching, path):
    watching.until("0 of 10 done")
    path.write_text(with_block("softmax", ENDLESS))
    watching.until("checking ch4.softmax…")
    (judge,) = children(watching.process.pid)
    watching.process.kill()
    watching.process.wait()
    end = time.monotonic() + PATIENCE
    while alive(judge):
        assert time.monotonic() < end
        time.sleep(0.05)


def children(process: int) -> list[int]:
    """Its child processes."""
    task = Path(f"/proc/{process}/task/{process}/children")
    if not task.exists():
        pytest.skip("only Linux tells")
    return [int(child) for child in task.read_text().split()]


def alive(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_no_line_is_wider_and_no_frame_higher_than_the_window(watching, path):
    watching.until("0 of 10 done")
    path.write_text(with_block("softmax", WRONG))
    watching.until("no-max-shift")
    for columns, rows in ((50, 20), (80, 9), (30, 5), (200, 60)):
        watching.resize(columns, rows)
        watching.until(lambda lines, rows=rows: len(lines) == rows)
        assert max(map(len, watching.frame())) <= min(columns, 80)
    watching.resize(80, 9)
    assert "more lines: make the window taller" in watching.until("make the window")
    watching.resize(80, 14)
    frame = watching.until(lambda lines: len(lines) == 14 and "subtract" in "".join(lines))
    assert "make the window" in frame, "what helps stands at the end, and is seen"


def test_begun_exercises_are_checked_at_once_and_ctrl_c_leaves(path):
    path.write_text(with_block("softmax", WRONG))
    one = Watching(path.parent.parent, "ch4.softmax")
    one.until("no-max-shift")
    one.press("\x03")
    assert one.ended() == 0
    os.close(one.descriptor)


def test_without_a_terminal_it_says_what_to_do(path):
    command = [sys.executable, "-m", "grader", "watch"]
    done = subprocess.run(
        command, cwd=path.parent.parent, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "grade: watch needs a terminal: use grade ch3 to grade once\n"


def test_nothing_of_posix_is_imported_until_it_watches(path):
    program = (
        "import sys\n"
        "for name in ('termios', 'tty', 'fcntl', 'pty'): sys.modules[name] = None\n"
        "import grader.cli, grader.watch.command, grader.student_commands, grader.init_command\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
