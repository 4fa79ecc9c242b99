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

from grader.judge.chapter import load_chapter
from grader.submission.blocks import blocks
from grader.watch.server import Ahead

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal")

ROOT = Path(__file__).resolve().parents[2]
POORER = Path(__file__).with_name("poorer.py")
MODULE = "ch04_softmax_cross_entropy.py"
STUB = (ROOT / "exercises" / MODULE).read_text()
SOLVED = blocks((ROOT / "solutions" / MODULE).read_text())
OTHER = "ch01_gradient_descent.py"
PATIENCE = 30.0
LEAVE = "\x1b[?25h\x1b[?1049l"
WRONG = "def softmax(z, axis=-1):\n    e = np.exp(z)\n    return e / e.sum(axis, keepdims=True)"
ENDLESS = "def softmax(z, axis=-1):\n    while True:\n        pass"
ESCAPE = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")


def with_block(name: str, text: str | None = None) -> str:
    """The stub with one exercise filled in: right, or as given."""
    return STUB.replace(blocks(STUB)[name].text, text or SOLVED[name].text)


class Watching:
    """The far side of a terminal on which `grade watch` runs."""

    def __init__(
        self, folder: Path, *arguments: str, program: tuple[str, ...] = ("-m", "grader")
    ) -> None:
        import pty
        import termios

        self.descriptor, theirs = pty.openpty()
        self.resize(80, 30)
        self.mode = termios.tcgetattr(self.descriptor)
        self.output = ""
        self.process = subprocess.Popen(
            [sys.executable, *program, "watch", *arguments],
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
        while not ("\x1b[?2026l" in self.output.rpartition("\x1b[H")[2] and fits(self.frame())):
            left = end - time.monotonic()
            assert left > 0, f"not seen: {seen} in\n" + "\n".join(self.frame())
            if select.select([self.descriptor], [], [], left)[0]:
                self.output += os.read(self.descriptor, 1 << 16).decode(errors="replace")
        return "\n".join(self.frame())

    def restored(self) -> bool:
        """Whether the terminal is as it was before."""
        import termios

        return LEAVE in self.output and termios.tcgetattr(self.descriptor) == self.mode

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
    assert re.search(r"✗ ch4.softmax failed, \d\.\d+ / 12 points", shown)
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
    assert "ch4.log_softmax                    not started" in watching.until("✓  12  ch4.softmax")
    watching.press("\x1b[A?n")
    watching.until("next: ch4.sigmoid")
    watching.press("c")
    watching.until("1 of 10 exercises passed, 12 / 100 points")
    path.write_text(with_block("softmax") + "\n# a remark\n")
    watching.until("saved: no exercise changed")
    watching.press("q")
    assert watching.ended() == 0
    assert watching.restored()


def test_files_that_are_half_written_broken_or_gone(watching, path):
    watching.until("0 of 10 done")
    whole = with_block("softmax")
    path.write_text(whole[: whole.index("axis=axis") + 3])
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


def test_what_is_python_is_graded_beside_what_is_not(watching, path):
    watching.until("0 of 10 done")
    broken = with_block("sigmoid", "def sigmoid(z:\n    return z")
    path.write_text(broken)
    watching.until("this is not Python yet")
    path.write_text(broken.replace(blocks(STUB)["softmax"].text, SOLVED["softmax"].text))
    watching.until("✓ ch4.softmax passed, 12 / 12 points")
    path.write_text(with_block("sigmoid", "def sigmoid(z, z):\n    return z"))
    watching.until("✗ sigmoid — does not parse")
    watching.until("duplicate argument 'z'")


def test_what_waits_is_not_said_to_be_not_started(watching, path):
    watching.until("0 of 10 done")
    path.write_text(
        with_block("log_softmax", "def log_softmax(z, axis=-1):\n    return softmax(z)")
    )
    watching.until("· ch4.log_softmax waits for ch4.softmax")
    watching.press("n")
    watching.until("ch4.log_softmax is written and waits for it.")


def test_a_loop_without_end_shows_its_seconds(watching, path):
    watching.until("0 of 10 done")
    path.write_text(with_block("softmax", ENDLESS))
    watching.until("checking ch4.softmax… 2 s")
    watching.until("checking ch4.softmax… 3 s")


def test_what_uses_a_changed_exercise_follows(watching, path):
    watching.until("0 of 10 done")
    user = blocks(STUB)["cross_entropy_gradient"].text
    both = with_block("softmax", WRONG).replace(user, SOLVED["cross_entropy_gradient"].text)
    assert "softmax(" in SOLVED["cross_entropy_gradient"].text
    path.write_text(both)
    watching.until("0 of 2 exercises passed")
    path.write_text(both.replace(WRONG, SOLVED["softmax"].text))
    watching.until("✓ ch4.softmax passed, 12 / 12 points")
    watching.until("✓ ch4.cross_entropy_gradient   all")
    watching.until("2 of 10 done, 22 / 100 points")
    path.write_text(both)
    watching.until("✗ ch4.softmax failed")
    watching.until("✗ ch4.cross_entropy_gradient   failed")
    watching.until("0 of 10 done")


def test_an_imported_file_is_watched_too(watching, path):
    watching.until("0 of 10 done")
    helper = path.with_name("helper.py")
    helper.write_text("def largest(z, axis):\n    return 0.0\n")
    own = SOLVED["softmax"].text.replace("z.max(axis=axis, keepdims=True)", "largest(z, axis)")
    assert "largest(" in own
    path.write_text("from helper import largest\n" + with_block("softmax", own))
    watching.until("✗ ch4.softmax failed")
    helper.write_text("def largest(z, axis):\n    return z.max(axis=axis, keepdims=True)\n")
    watching.until("✓ ch4.softmax passed")


def test_several_chapters(path):
    other = path.with_name(OTHER)
    other.write_text((ROOT / "exercises" / OTHER).read_text())
    one = Watching(path.parent.parent)
    one.until("next: ch1.")
    path.write_text(with_block("softmax"))
    one.until("✓ ch4.softmax passed")
    assert "1 of 10 done" in one.until("ch4 · ")
    other.with_name(f".{OTHER}.swp").touch()
    while len(children(one.process.pid)) < 2:
        time.sleep(0.05)
    other.write_text((ROOT / "solutions" / OTHER).read_text())
    shown = one.until("exercises passed, 100 / 100 points")
    assert shown.startswith("ch1 · ")
    one.press("n")
    one.until("next: ch4.sigmoid")
    path.write_text(with_block("softmax", WRONG))
    one.until("✗ ch4.softmax failed")
    one.press("q")
    assert one.ended() == 0
    os.close(one.descriptor)


def test_keys_in_every_state(watching, path):
    watching.until("0 of 10 done")
    path.write_text(with_block("softmax", ENDLESS))
    watching.until("checking ch4.softmax…")
    watching.press("l")
    watching.until("0 of 10 done\n")
    watching.press("h")
    watching.until("hint for softmax  1/3")
    path.write_text(with_block("softmax", "def softmax(z:\n    return z"))
    watching.until("this is not Python yet")
    watching.press("r")
    watching.until("this is not Python yet")
    watching.press("c")
    assert "def softmax(z:" in watching.until("✗ softmax — does not parse")
    watching.press("l")
    watching.until("~  12  ch4.softmax")
    path.unlink()
    watching.until("is gone: waiting for it to come back")
    for key in "rc":
        watching.press(key)
        watching.until("is gone: waiting for it to come back")
    watching.press("n")
    watching.until("grade init . --chapter ch4 writes it")
    watching.press("l")
    watching.until("grade init . --chapter ch4 writes its file")
    path.write_text((ROOT / "solutions" / MODULE).read_text())
    watching.press("c")
    watching.until("10 of 10 exercises passed, 100 / 100 points")
    watching.press("n")
    watching.until("ch4 is done.")
    watching.press("hr")
    watching.until("✓ ch4.softmax passed")


def test_the_last_verdict_is_remembered(watching, path):
    watching.until("0 of 10 done")
    path.write_text(with_block("softmax"))
    watching.until("✓ ch4.softmax passed")
    path.write_text(with_block("softmax", "def softmax(z:\n    return z"))
    shown = watching.until("SyntaxError")
    assert "before that:\n✓ ch4.softmax passed, 12 / 12 points" in shown
    assert "1 of 10 done" not in shown, "what is there now has not passed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_leave_the_terminal_as_it_was(watching, number):
    watching.until("0 of 10 done")
    os.kill(watching.process.pid, number)
    assert watching.ended() == 128 + number
    assert watching.restored()


def test_a_fault_of_ours_leaves_the_terminal_as_it_was(path):
    program = (
        "import grader.watch.command as command, grader.cli.app as cli\n"
        "def fail(self): raise RuntimeError('a fault')\n"
        "command.Watcher.hint = fail\n"
        "cli.main()"
    )
    one = Watching(path.parent.parent, "ch4", program=("-c", program))
    one.until("0 of 10 done")
    one.press("h")
    assert one.ended() == 3
    assert one.restored()
    line = "grade: the grader failed, no mark is given: RuntimeError: a fault"
    assert one.output.rpartition(LEAVE)[2].strip() == line
    os.close(one.descriptor)


def test_without_fork_and_terminal_settings_it_works_too(path):
    one = Watching(path.parent.parent, "ch4", program=(str(POORER), "grade"))
    one.until("0 of 10 done")
    path.write_text(with_block("softmax", WRONG))
    one.until("likely mistake  no-max-shift")
    path.write_text(with_block("softmax", ENDLESS))
    one.until("checking ch4.softmax…")
    path.write_text(with_block("softmax"))
    one.until("✓ ch4.softmax passed, 12 / 12 points")
    one.until("1 of 10 done")
    one.press("q")
    assert one.ended() == 0
    os.close(one.descriptor)


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
        "import grader.cli.app, grader.watch.command\n"
        "import grader.student.commands, grader.student.init\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_inputs_are_drawn_ahead_and_those_that_are_wanted_first(course):
    ahead = Ahead(load_chapter(course, course.chapter("ch4")))
    everything = len(ahead.pending)
    ahead.prefer(["softmax"])
    check = next(one for one in ahead.pending if one.strategies)
    assert check.exercise == "softmax"
    while check in ahead.pending:
        ahead.draw()
    assert len(ahead.pending) < everything
    recorded = {key[:2] for key in ahead.loaded.recorded.drawn}
    assert (check.exercise, check.slug) in recorded
