"""A warm judge that stays: the same reports, for its user alone, and for no longer than it may."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.model import Course
from grader.course.reading import load_course
from grader.judge.assignment import Assignment, Run
from grader.judge.heir import reports
from grader.report.as_json import to_json
from grader.submission.reading import read_submission
from grader.wall.isolation import detect
from grader.watch import staying
from grader.watch.staying import Stay, asked, dismiss, leave_behind

SECONDS = 60.0


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where sockets are; the names of sockets must be short."""
    folder = Path(tempfile.mkdtemp(prefix="gs", dir="/tmp"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setattr(staying, "AT_ONCE", 20.0)  # on a machine that is busy with other tests
    found = staying.room()
    assert found is not None
    yield found
    for judge in staying.staying():
        dismiss(judge)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stay(room: Path, course: Course, tmp_path: Path) -> Stay:
    """ch1 in a copy of the course, and a folder with its solution."""
    chapter = course.chapter("ch1")
    root = tmp_path / "course"
    files = (course.solution(chapter), course.checks(chapter), course.mistakes(chapter))
    for path in (*files, course.stub(chapter), course.root / "exercises" / "course.toml"):
        copy = root / path.relative_to(course.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    folder = tmp_path / "handed in"
    folder.mkdir()
    shutil.copy(course.solution(chapter), folder)
    own = load_course(root)
    return Stay(own, own.chapter("ch1"), folder)


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def there(stay: Stay) -> Path:
    """The socket of the stay's judge, once it listens."""
    place = staying.room()
    assert place is not None
    leave_behind(stay)
    path = stay.socket(place)
    wait_for(path.exists)
    return path


def names(stay: Stay) -> tuple[str, ...]:
    return tuple(one.name for one in stay.chapter.exercises)


def cold(stay: Stay) -> str:
    submission = read_submission(stay.folder, stay.chapter)
    assignment = Assignment(stay.chapter, submission, stay.chapter.exercises)
    return to_json(reports(stay.course, [assignment], Run(), detect()))


def test_warm_reports_are_cold_ones_byte_for_byte(stay):
    there(stay)
    right = asked(stay, names(stay))
    assert right is not None
    assert right.passed
    assert to_json([right]) == cold(stay)
    path = stay.folder / f"{stay.chapter.module}.py"
    text = path.read_text()
    assert text.count(" - ") > 2
    path.write_text(text.replace(" - ", " + "))
    wrong = asked(stay, names(stay))
    assert wrong is not None
    assert not wrong.passed
    assert to_json([wrong]) == cold(stay)


def test_only_what_was_asked_for_is_graded(stay):
    there(stay)
    report = asked(stay, names(stay)[1:2])
    assert report is not None
    assert [one.id for one in report.exercises] == [stay.chapter.exercises[1].id]


def test_a_course_that_changed_has_another_judge(stay):
    before = there(stay)
    checks = stay.course.checks(stay.chapter)
    checks.write_text(f"{checks.read_text()}\n# changed\n")
    assert asked(stay, names(stay)) is None
    after = there(stay)
    assert after != before
    wait_for(lambda: not before.exists())
    assert asked(stay, names(stay)) is not None


@pytest.mark.parametrize("what", ["engine", "library"])
def test_another_engine_or_library_has_another_judge(stay, room, monkeypatch, tmp_path, what):
    before = stay.socket(room)
    if what == "engine":
        (tmp_path / "engine").mkdir()
        (tmp_path / "engine" / "new.py").write_text("")
        monkeypatch.setattr(staying, "ENGINE", tmp_path / "engine")
    else:
        version = "grader.watch.staying.importlib.metadata.version"
        monkeypatch.setattr(version, lambda name: f"{name} 99")
    assert stay.socket(room) != before


def test_a_folder_of_another_s_has_another_judge(stay, room, tmp_path):
    assert replace(stay, folder=tmp_path).socket(room) != stay.socket(room)


def test_nobody_waits_for_a_judge_that_is_busy(stay, monkeypatch):
    path = there(stay)
    monkeypatch.setattr(staying, "AT_ONCE", 0.25)
    with socket.socket(socket.AF_UNIX) as other:
        other.connect(str(path))
        other.recv(1)
        began = time.monotonic()
        assert asked(stay, names(stay)) is None
        assert time.monotonic() - began < 5
    monkeypatch.setattr(staying, "AT_ONCE", 20.0)
    assert asked(stay, names(stay)) is not None


def test_a_judge_that_is_dismissed_leaves_nothing(stay):
    path = there(stay)
    assert processes(path)
    dismiss(path)
    wait_for(lambda: not path.exists())
    wait_for(lambda: not processes(path))
    assert asked(stay, names(stay)) is None


def test_whoever_does_not_read_the_answer_ends_nothing(stay):
    path = there(stay)
    with staying._called(path) as judge:
        judge.send(staying.Request(1, names(stay)))
    assert processes(path)
    wait_for(lambda: asked(stay, names(stay)) is not None)


def processes(path: Path) -> list[int]:
    """Whose command line has that socket in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if str(path).encode() in words:
                found.append(int(entry.name))
    return found


def test_a_socket_is_its_user_s_alone(stay, room):
    assert stat.S_IMODE(there(stay).stat().st_mode) == 0o600
    assert stat.S_IMODE(room.stat().st_mode) == 0o700


def test_a_room_that_others_may_enter_is_not_used(room):
    room.chmod(0o755)
    assert staying.room() is None
    room.chmod(0o700)
    assert staying.room() == room
    room.rename(room.with_name("elsewhere"))
    room.symlink_to(room.with_name("elsewhere"))
    assert staying.room() is None
    room.unlink()


def test_there_are_not_many(stay, room, monkeypatch):
    started = []
    monkeypatch.setattr(staying.subprocess, "Popen", lambda *a, **k: started.append(a))
    monkeypatch.setattr(staying, "dismiss", lambda path: path.unlink())
    for number in range(5):
        (room / f"ch{number}-x-y").touch()
        os.utime(room / f"ch{number}-x-y", (number, number))
    leave_behind(stay)
    assert len(started) == 1
    assert sorted(path.name for path in staying.staying()) == ["ch3-x-y", "ch4-x-y"]


def test_it_leaves_when_nobody_asks(stay, room):
    path = stay.socket(room)
    arguments = [path, stay.course.root, stay.chapter.id, stay.folder]
    text = f"from grader.watch import staying; staying.STAYS = 0.2; {staying.BOOTSTRAP}"
    command = [sys.executable, "-P", "-c", text, *map(str, arguments)]
    assert subprocess.run(command, timeout=SECONDS, check=False).returncode == 0
    assert not path.exists()


def test_who_is_asked_by_the_command_line(course, stay, monkeypatch):
    from grader.cli import app, grading

    chosen: list[grading.Choice] = []

    def graded(course: Course, choice: grading.Choice) -> list[object]:
        chosen.append(choice)
        return []

    monkeypatch.setattr(grading, "graded", graded)
    monkeypatch.setattr(grading, "write", lambda *_: None)
    monkeypatch.chdir(stay.course.root)
    solution = str(stay.folder)
    for name in ("CI", "GRADE_COLD"):
        monkeypatch.delenv(name, raising=False)

    def warm(*words: str) -> bool:
        with pytest.raises(SystemExit):
            app.main(["ch1", *words])
        return chosen[-1].warm

    assert warm()
    assert warm("--format", "json")
    for words in (["--cold"], ["--seed", "1"], ["--examples", "5"], ["--submission", solution]):
        assert not warm(*words)
    monkeypatch.setenv("CI", "true")
    assert not warm()
